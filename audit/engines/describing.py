"""What a scan says about the columns of rows in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from audit.engines import looking
from audit.engines.protocol import MOST_VALUES, DescribedColumn

if TYPE_CHECKING:
    from audit.engines.protocol import Column
    from audit.engines.queries import Asked


def missing(asked: Asked, name: str, dtype: str) -> Any:
    """Say whether nothing is recorded: in rows in place a blank text and what is not a number are missing too.

    Parameters
    ----------
    asked : Asked
        The columns needed.
    name : str
        The column.
    dtype : str
        Its type, where it is known.

    Returns
    -------
    narwhals.Expr
        Whether a row has no value.
    """
    column = asked.column(name)
    if dtype == "string":
        return column.is_null() | (column.str.strip_chars() == "").fill_null(value=False)
    if dtype in {"float", "double"}:
        return column.is_null() | column.is_nan().fill_null(value=False)
    return column.is_null()


def measures(asked: Asked, i: int, column: Column) -> list[Any]:
    """Give what is measured of every row of a column: whether it is missing, and its number where it is finite.

    Parameters
    ----------
    asked : Asked
        The columns needed.
    i : int
        Place of the column.
    column : Column
        The column.

    Returns
    -------
    list of narwhals.Expr
        Columns m0 and v0 and so on.
    """
    found = [missing(asked, column.name, column.dtype).cast(nw.Int64).alias(f"m{i}")]
    if looking.is_number(column.dtype):
        number = asked.number(column.name)
        found.append(nw.when((number > -np.inf) & (number < np.inf)).then(number).alias(f"v{i}"))
    return found


def summary(i: int, column: Column) -> list[Any]:
    """Give what is added up of :func:`measures`.

    Parameters
    ----------
    i : int
        Place of the column.
    column : Column
        The column.

    Returns
    -------
    list of narwhals.Expr
        Rows without a value, the lowest and the highest number.
    """
    found = [nw.col(f"m{i}").sum()]
    if looking.is_number(column.dtype):
        found += [nw.col(f"v{i}").min().alias(f"l{i}"), nw.col(f"v{i}").max().alias(f"h{i}")]
    return found


def described(
    column: Column, i: int, found: dict[str, Any], about: int, values: list[tuple[Any, int]] | None
) -> DescribedColumn:
    """Put together what was found out about a column.

    Parameters
    ----------
    column : Column
        The column.
    i : int
        Its place.
    found : dict
        Sums of all columns.
    about : int
        About how many values it takes.
    values : list of (value, int) or None
        Its values, where there are few.

    Returns
    -------
    DescribedColumn
        The description.
    """
    known = None
    if values is not None:
        known = sorted(
            ((v, int(n)) for v, n in values if v is not None and v == v and str(v).strip()),  # noqa: PLR0124 - not a number
            key=lambda pair: (-pair[1], str(pair[0])),
        )
    low, high = found.get(f"l{i}"), found.get(f"h{i}")
    return DescribedColumn(
        column=column,
        n_missing=int(found[f"m{i}"] or 0),
        n_distinct=about if known is None else len(known),
        values=tuple(known) if known is not None and len(known) <= MOST_VALUES else None,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )
