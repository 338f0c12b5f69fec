"""The queries, written once with Narwhals over a lazy frame with columns c0, c1, …: every engine runs the same words.

Casts and arithmetic come before an aggregation, never inside one: not every engine can do them there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from audit.engines.protocol import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from audit.engines.codes import Coded
    from audit.engines.ends import Ends
    from audit.engines.protocol import Key

SUMS: Final = tuple(f"m{i}" for i in range(len(MOMENTS)))
"""Names of the summed powers."""

_MOST_JOINED: Final = 2**40
_MOST_SMALL: Final = 2**16


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
    plain : bool
        Whether the codes are a stored column.
    number : narwhals.Expr or None
        The same codes as decimals, where that spares a cast when keys are joined.
    """

    expression: Any
    levels: pa.Array | None = None
    size: int = 0
    plain: bool = False
    number: Any | None = None


@dataclass(slots=True)
class Asked:
    """The columns that a query needs, by their place.

    Parameters
    ----------
    coded : mapping of str to Coded
        Columns that have codes.
    names : list of str
        The columns needed, as the source calls them; the first is c0.
    stages : tuple of two lists of narwhals.Expr
        Numbers, and what is made of them, that several expressions share.
    clean : bool
        Whether no number of the source is "not a number": what is missing is null, which needs no second look.
    ends : callable
        Gives the least and the largest number of a column and whether all are recorded, or None where it is not known.
    """

    coded: Mapping[str, Coded] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    stages: tuple[list[Any], list[Any]] = field(default_factory=lambda: ([], []))
    clean: bool = False
    ends: Callable[[str], Ends | None] = lambda _name: None
    _added: set[str] = field(default_factory=set)

    def prepared(self, rows: Any) -> Any:
        """Add what several expressions share, so that it is worked out once for each row.

        Parameters
        ----------
        rows : narwhals.LazyFrame
            The columns needed, c0, c1 and so on.

        Returns
        -------
        narwhals.LazyFrame
            With numbers, then with what is made of them.
        """
        for stage in self.stages:
            rows = rows.with_columns(*stage) if stage else rows
        return rows

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
        alias = f"x{self.names.index(name)}"
        if alias not in self._added:
            self._added.add(alias)
            known = number if self.clean else nw.when(~number.is_nan()).then(number)
            self.stages[0].append(known.alias(alias))
        return nw.col(alias)

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
        if key.at_least is None and key.cuts is None and key.bins is None:
            if coded is None:
                return KeyColumn(expression=self.column(key.column))
            return KeyColumn(
                expression=self.column(coded.name), levels=coded.levels, size=coded.size, plain=True
            )
        if coded is not None and key.bins is None and _is_number(coded.levels):
            code = self.column(coded.name)
            return _numbered(key, code > 0, lambda cut: code >= coded.at_or_above(cut))
        number = self.number(key.column)
        # Where an engine keeps missing numbers as "not a number", comparing them says False: they are left out by name.
        known = ~number.is_null()
        if key.bins is not None:
            start, width, _ = key.bins
            place = f"b{len(self.stages[1])}"
            self.stages[1].append(((number - start) / width).floor().alias(place))
            above = None if key.at_least is None else number >= key.at_least
            return _binned(
                key.bins, nw.col(place), None if self.clean else known, above, self.ends(key.column)
            )
        alone = self.clean and bool(key.cuts or key.at_least is not None)
        return _numbered(key, None if alone else known, lambda cut: number >= cut)


def _is_number(levels: pa.Array) -> bool:
    return bool(pt.is_integer(levels.type) or pt.is_floating(levels.type))


def _numbered(key: Key, known: Any | None, reaches: Callable[[float], Any]) -> KeyColumn:
    """Count the cuts that a value reaches; one more stands for it, and 0 for a missing value."""
    cuts = (key.at_least,) if key.at_least is not None else key.cuts or ()
    size, levels = len(cuts) + 2, pa.array(range(len(cuts) + 1))
    if known is None:
        # A comparison with null is null, and so is a sum that holds one.
        reached = [reaches(cut).cast(nw.Int64) for cut in cuts]
        return KeyColumn(
            expression=nw.coalesce(sum(reached[1:], reached[0]) + 1, nw.lit(0)), levels=levels, size=size
        )
    total = known.cast(nw.Int64)
    for cut in cuts:
        total = total + reaches(cut).cast(nw.Int64)
    found = nw.when(known).then(total).otherwise(nw.lit(0))
    return KeyColumn(expression=found, levels=levels, size=size)


def _binned(
    bins: tuple[float, float, int], place: Any, known: Any | None, above: Any | None, ends: Ends | None
) -> KeyColumn:
    """Number the bins from 1, one more from a threshold on; 0 stands for a missing value."""
    start, width, number = bins
    last = number - 1
    if ends is None or (ends.low - start) / width < 0 or math.floor((ends.high - start) / width) > last:
        place = (
            nw.when(place < 0).then(nw.lit(0.0)).when(place > last).then(nw.lit(float(last))).otherwise(place)
        )
    found = place + 1.0 if above is None else place + above.cast(nw.Float64) + 1.0
    if known is not None:
        found = nw.when(known).then(found).otherwise(nw.lit(0.0))
    elif ends is None or not ends.complete:
        # Arithmetic with null is null.
        found = nw.coalesce(found, nw.lit(0.0))
    levels = pa.array(np.arange(number + (above is not None), dtype=float))
    return KeyColumn(expression=found.cast(nw.Int64), levels=levels, size=len(levels) + 1, number=found)


def joined(keys: Sequence[KeyColumn], narrow: int, *, small: bool = False) -> Any | None:
    """Make one whole number of several keys, where all of them are codes.

    Parameters
    ----------
    keys : sequence of KeyColumn
        The keys.
    narrow : int
        Up to so many combinations of stored codes the engine groups by the columns themselves faster.
    small : bool, default False
        Whether the engine groups faster by a number of 16 bits without a sign, where the combinations fit.

    Returns
    -------
    narwhals.Expr or None
        None where the keys are better left apart.
    """
    most = 1
    for key in keys:
        most *= key.size
    if len(keys) < 2 or not 0 < most < _MOST_JOINED:
        return None
    if most <= narrow and all(key.plain for key in keys):
        return None
    if small and most <= _MOST_SMALL:
        return _sum(keys, [_or(key.number, key.expression.cast(nw.Int32)) for key in keys]).cast(nw.UInt16)
    return _sum(keys, [key.expression.cast(nw.Int64) for key in keys])


def _or(number: Any | None, other: Any) -> Any:
    return other if number is None else number


def _sum(keys: Sequence[KeyColumn], numbers: Sequence[Any]) -> Any:
    total = numbers[0]
    for key, number in zip(keys[1:], numbers[1:], strict=True):
        total = total * key.size + number
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


def powers(
    asked: Asked, keys: Sequence[KeyColumn], numbers: tuple[str, str, str | None], centre: float
) -> Any:
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
        known = (
            asked.prepared(rows)
            .select(*picked)
            .filter(*(~nw.col(name).is_null() for name in ("y", "p", *(["w"] if weight else []))))
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


def same(
    asked: Asked,
    columns: Sequence[str],
    split: str | None,
    parts: Sequence[Sequence[Any]],
    texts: Collection[str] = (),
) -> Any:
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
    texts : collection of str
        Columns of texts as they are stored, in which blanks around a text tell nothing and a blank text is missing.

    Returns
    -------
    callable
        From the lazy frame of the rows to that of one row of sums.
    """

    def compared(name: str) -> Any:
        column = asked.column(name)
        if name not in texts:
            return column
        trimmed = column.str.strip_chars()
        return nw.when(trimmed != "").then(trimmed)

    picked = [compared(name).alias(f"k{i}") for i, name in enumerate(columns)]
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
            asked.prepared(rows)
            .select(*picked)
            .group_by(*(f"k{i}" for i in range(len(columns))))
            .agg(nw.len().alias("n"), *(nw.col(f"p{j}").sum() for j in places))
        )
        shared = [(nw.col(f"p{j}") * (nw.col("p0") > 0).cast(nw.Int64)).alias(f"s{j}") for j in places]
        ends = [nw.col("n").sum(), nw.len().alias("distinct")]
        ends += [nw.col(f"{name}{j}").sum() for name in "ps" for j in places]
        return found.with_columns(*shared).select(*ends) if shared else found.select(*ends)

    return query


def tallied(rows: Any) -> Any:
    """Count the values of the one column there is.

    Parameters
    ----------
    rows : narwhals.LazyFrame
        One column, c0.

    Returns
    -------
    narwhals.LazyFrame
        Each value "v" with its number of rows "n".
    """
    return rows.select(nw.col("c0").alias("v")).group_by("v").agg(nw.len().alias("n"))
