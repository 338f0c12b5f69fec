"""The queries, written once with Narwhals over a lazy frame with columns c0, c1, …: every engine runs the same words.

Casts and arithmetic come before an aggregation, never inside one: not every engine can do them there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from audit.engines.protocol import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from audit.engines.codes import Coded
    from audit.engines.protocol import Key

SUMS: Final = tuple(f"m{i}" for i in range(len(MOMENTS)))
"""Names of the summed powers."""

_MOST_JOINED: Final = 2**40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyColumn:
    """One key as it is asked for.

    Parameters
    ----------
    expression : narwhals.Expr
        Gives the key of a row.
    levels : pyarrow.Array or None
        The values that codes stand for; None where the key is the value itself.
    size : int
        How many codes there are, from 0; 0 where it is not known.
    """

    expression: Any
    levels: pa.Array | None = None
    size: int = 0


@dataclass(slots=True)
class Asked:
    """The columns that a query needs, by their place.

    Parameters
    ----------
    coded : mapping of str to Coded
        Columns that have codes.
    names : list of str
        The columns needed, as the source calls them; the first is c0.
    """

    coded: Mapping[str, Coded] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def column(self, name: str) -> Any:
        """Ask for a column.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        narwhals.Expr
            The column in the lazy frame.
        """
        if name not in self.names:
            self.names.append(name)
        return nw.col(f"c{self.names.index(name)}")

    def number(self, name: str) -> Any:
        """Ask for a column of numbers; what is not a number is missing.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        narwhals.Expr
            The numbers.
        """
        number = self.column(name).cast(nw.Float64)
        return nw.when(~number.is_nan()).then(number)

    def key(self, key: Key) -> KeyColumn:
        """Ask for a key, by codes where the column has some.

        Parameters
        ----------
        key : Key
            The key.

        Returns
        -------
        KeyColumn
            How a row gets it, and how it is read afterwards.
        """
        coded = self.coded.get(key.column)
        if coded is not None and key.bins is None:
            if key.at_least is None and key.cuts is None:
                return KeyColumn(
                    expression=self.column(coded.name), levels=coded.levels, size=len(coded.levels) + 1
                )
            if _is_number(coded.levels):
                return KeyColumn(expression=_cut_codes(self.column(coded.name), key, coded))
        if key.at_least is None and key.cuts is None and key.bins is None:
            return KeyColumn(expression=self.column(key.column))
        return KeyColumn(expression=_cut_numbers(self.number(key.column), key))


def _is_number(levels: pa.Array) -> bool:
    import pyarrow.types as pt

    return bool(pt.is_integer(levels.type) or pt.is_floating(levels.type) or pt.is_boolean(levels.type))


def _cut_codes(code: Any, key: Key, coded: Coded) -> Any:
    """Compare codes instead of numbers: both rise together."""
    if key.at_least is not None:
        found = (code >= coded.at_or_above(key.at_least)).cast(nw.Int64)
    else:
        found = _number_of(code, [coded.at_or_above(cut) for cut in key.cuts or ()])
    return nw.when(code > 0).then(found)


def _cut_numbers(column: Any, key: Key) -> Any:
    if key.bins is not None:
        start, width, last = key.bins[0], key.bins[1], key.bins[2] - 1
        bin_ = ((column - start) / width).floor()
        return nw.when(bin_ < 0).then(0).when(bin_ > last).then(last).otherwise(bin_)
    # Where an engine keeps missing numbers as "not a number", comparing them says False: they are left out by name.
    known = ~column.is_null()
    if key.at_least is not None:
        return nw.when(known).then((column >= key.at_least).cast(nw.Int64))
    return nw.when(known).then(_number_of(column, list(key.cuts or ())))


def _number_of(column: Any, cuts: Sequence[float]) -> Any:
    """Count the cuts at or below a value that is not missing."""
    total = (column == column).cast(nw.Int64) * 0 if not cuts else None  # noqa: PLR0124 - 0 in every row
    for cut in cuts:
        part = (column >= cut).cast(nw.Int64)
        total = part if total is None else total + part
    return total


def joined(keys: Sequence[KeyColumn], narrow: int) -> Any | None:
    """Make one whole number of several keys, where all of them are codes.

    Parameters
    ----------
    keys : sequence of KeyColumn
        The keys.
    narrow : int
        Up to so many combinations the engine groups by the columns themselves faster.

    Returns
    -------
    narwhals.Expr or None
        None where the keys are better left apart.
    """
    most = 1
    for key in keys:
        most *= key.size
    if len(keys) < 2 or not narrow < most < _MOST_JOINED:
        return None
    total = keys[0].expression.cast(nw.Int64)
    for key in keys[1:]:
        total = total * key.size + key.expression.cast(nw.Int64)
    return total


def weights(asked: Asked, weight: str | None, total: str | None) -> list[Any]:
    """Give the columns that are summed.

    Parameters
    ----------
    asked : Asked
        The columns needed.
    weight, total : str or None
        The column of weights, and the one that is summed times the weight.

    Returns
    -------
    list of narwhals.Expr
        Columns w, w2, no_w and t, as far as they are needed.
    """
    columns = []
    w = None
    if weight:
        w = asked.number(weight)
        columns += [w.alias("w"), (w * w).alias("w2"), w.is_null().cast(nw.Int64).alias("no_w")]
    if total:
        t = asked.number(total)
        columns.append((t if w is None else t * w).alias("t"))
    return columns


def sums(*, weighted: bool, total: bool) -> list[Any]:
    """Give what is added up in every cell.

    Parameters
    ----------
    weighted, total : bool
        Whether there are weights, and a column that is summed.

    Returns
    -------
    list of narwhals.Expr
        For ``agg``.
    """
    found = [nw.len().alias("n")]
    if total:
        found.append(nw.col("t").sum())
    if weighted:
        found += [nw.col(name).sum() for name in ("w", "w2", "no_w")]
        found.append(nw.col("w").min().alias("lowest"))
    return found


def powers(asked: Asked, keys: Sequence[KeyColumn], numbers: tuple[str, str, str | None], centre: float) -> Any:
    """Write the query of :meth:`audit.engines.protocol.Engine.moments`.

    Parameters
    ----------
    asked : Asked
        The columns needed.
    keys : sequence of KeyColumn
        The keys.
    numbers : tuple of (label, prediction, weight)
        Columns.
    centre : float
        What is taken from the label.

    Returns
    -------
    callable
        From the lazy frame of the rows to that of the sums.
    """
    label, prediction, weight = numbers
    picked = [key.expression.alias(f"k{i}") for i, key in enumerate(keys)]
    picked += [asked.number(label).alias("y"), asked.number(prediction).alias("p")]
    picked += [asked.number(weight).alias("w")] if weight else []
    names = [f"k{i}" for i in range(len(keys))]

    def query(rows: Any) -> Any:
        known = rows.select(*picked).filter(
            *(~nw.col(name).is_null() for name in ("y", "p", *(["w"] if weight else [])))
        )
        w = nw.col("w") if weight else nw.lit(1.0)
        error = nw.col("p") - nw.col("y")
        ready = known.select(
            *(nw.col(name) for name in names),
            w.alias("w"),
            error.alias("e"),
            (nw.col("y") - centre).alias("y"),
        )
        return (
            ready.select(*(nw.col(name) for name in names), *_products())
            .group_by(*names)
            .agg(nw.len().alias("n"), *(nw.col(name).sum() for name in ("w", "w2", "a", *SUMS)))
        )

    return query


def _products() -> list[Any]:
    w = nw.col("w")
    products = [w, (w * w).alias("w2"), (w * nw.col("e").abs()).alias("a")]
    for name, (errors, labels) in zip(SUMS, MOMENTS, strict=True):
        product = w
        for factor in ["e"] * errors + ["y"] * labels:
            product = product * nw.col(factor)
        products.append(product.alias(name))
    return products


def same(asked: Asked, columns: Sequence[str], split: str | None, parts: Sequence[Sequence[Any]]) -> Any:
    """Write the query of :meth:`audit.engines.protocol.Engine.repeated`.

    Parameters
    ----------
    asked : Asked
        The columns needed.
    columns : sequence of str
        The columns that are compared.
    split : str or None
        The column that says which part a row is in.
    parts : sequence of sequence
        The values of that column, part by part.

    Returns
    -------
    callable
        From the lazy frame of the rows to that of one row of sums.
    """
    picked = [asked.column(name).alias(f"k{i}") for i, name in enumerate(columns)]
    if split:
        where = asked.column(split)
        picked += [
            (where.is_in(list(values)) if len(values) else where.is_null() & ~where.is_null())
            .fill_null(value=False)
            .cast(nw.Int64)
            .alias(f"p{j}")
            for j, values in enumerate(parts)
        ]
    places = range(len(parts) if split else 0)

    def query(rows: Any) -> Any:
        found = (
            rows.select(*picked)
            .group_by(*(f"k{i}" for i in range(len(columns))))
            .agg(nw.len().alias("n"), *(nw.col(f"p{j}").sum() for j in places))
        )
        shared = [(nw.col(f"p{j}") * (nw.col("p0") > 0).cast(nw.Int64)).alias(f"s{j}") for j in places]
        ends = [nw.col("n").sum(), nw.len().alias("distinct")]
        ends += [nw.col(f"{name}{j}").sum() for name in "ps" for j in places]
        return found.with_columns(*shared).select(*ends) if shared else found.select(*ends)

    return query
