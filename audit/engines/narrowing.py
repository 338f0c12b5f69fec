"""Exact quantiles by counting: intervals become narrower until few values are left, so that no engine sorts all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from audit.engines.codes import Coded

PARTS: Final = 2_048
"""Bins of one pass over the rows."""

FEW: Final = 200_000
"""Rows whose values are looked at one by one."""


_HELD: Final = 2


def quantiles(run: Callable[[Callable[[Any], Any]], pa.Table], levels: Sequence[float]) -> list[float | None]:
    """Find quantiles, interpolated between neighbours.

    Parameters
    ----------
    run : callable
        Runs a query on a lazy frame whose one column v holds numbers, none of them missing, and gives its rows.
    levels : sequence of float
        Levels between 0 and 1.

    Returns
    -------
    list of float or None
        One for each level; one None where there are no rows.

    Notes
    -----
    One pass finds the ends, and one counts the rows in 2,048 bins. The bin that holds a quantile is counted in 2,048
    bins again, until it has at most 200,000 rows or cannot be parted, and then by its values. Two or three passes do;
    of few values, such as ages, every bin holds one, and the first count is all there is to know.
    """
    finite = (nw.col("v") > -np.inf) & (nw.col("v") < np.inf)
    ends = [nw.len().alias("n"), nw.col("f").min().alias("low"), nw.col("f").max().alias("high")]
    found = run(
        lambda rows: rows.with_columns(nw.when(finite).then(nw.col("v")).alias("f")).select(*ends)
    ).to_pylist()[0]
    if not found["n"]:
        return [None]
    n = int(found["n"])
    low = -1.0 if found["low"] is None else float(found["low"])
    high = 1.0 if found["high"] is None else float(found["high"])
    search = _Search(run, n, (low, high))
    return [search.quantile(level) for level in levels]


def of_codes(coded: Coded, table: pa.Table, levels: Sequence[float]) -> list[float | None]:
    """Find quantiles of a column of numbers from the counts of its codes.

    Parameters
    ----------
    coded : Coded
        The codes.
    table : pyarrow.Table
        A code "v" and its number of rows "n" in each row.
    levels : sequence of float
        Levels between 0 and 1.

    Returns
    -------
    list of float or None
        One for each level; None where no row has a value.
    """
    counts = np.zeros(coded.size, dtype=np.int64)
    counts[table["v"].to_numpy()] = table["n"].to_numpy()
    return from_counts(coded.numbers, counts[1:], levels)


def from_counts(
    values: NDArray[np.float64], counts: NDArray[np.int64], levels: Sequence[float]
) -> list[float | None]:
    """Find quantiles of values that are counted.

    Parameters
    ----------
    values : ndarray of float
        Rising values.
    counts : ndarray of int
        Rows of each.
    levels : sequence of float
        Levels between 0 and 1.

    Returns
    -------
    list of float or None
        One for each level; one None where there are no rows.
    """
    until = np.cumsum(counts)
    if not len(until) or not until[-1]:
        return [None]
    return [_between(values, until, (int(until[-1]) - 1) * level) for level in levels]


def _between(values: NDArray[np.float64], until: NDArray[np.int64], place: float) -> float:
    ranks = [int(np.floor(place)), int(np.ceil(place))]
    one, two = (float(values[at]) for at in np.searchsorted(until, ranks, side="right"))
    return one if one == two else one + (two - one) * (place - ranks[0])


def _points(table: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Give the values and their rows where no bin holds two values."""
    low, high = (np.asarray(table[name].to_numpy(), dtype=float) for name in ("low", "high"))
    if not np.array_equal(low, high):
        return None
    order = np.argsort(low)
    return low[order], np.asarray(table["n"].to_numpy(), dtype=np.int64)[order]


def _edge(bins: int, low: float, high: float, width: float) -> float:
    return low if bins < 0 else high if bins >= PARTS else min(low + bins * width, high)


class _Search:
    """Passes over the rows; the first is the same for all quantiles and is made once."""

    def __init__(
        self, run: Callable[[Callable[[Any], Any]], pa.Table], n: int, ends: tuple[float, float]
    ) -> None:
        self._run = run
        self._n = n
        self._ends = ends
        self._counted: dict[tuple[float, float], NDArray[np.int64]] = {}
        self._every: tuple[NDArray[np.float64], NDArray[np.int64]] | None = None

    def quantile(self, level: float) -> float:
        place = (self._n - 1) * level
        ranks = [int(np.floor(place)), int(np.ceil(place))]
        (low, high), inside, held = self._ends, self._n, 0
        while inside > FEW:
            width = (high - low) / PARTS
            if not (np.isfinite(width) and low + width > low):
                break
            until = np.cumsum(self._counts(low, width))
            if self._every is not None:
                return _between(self._every[0], np.cumsum(self._every[1]), place)
            left, right = (int(at) for at in np.searchsorted(until, ranks, side="right"))
            # Place 0 is below the interval, the last one is its upper end and what lies above.
            bounds = (_edge(left - 1, low, high, width), _edge(right, low, high, width))
            if bounds == (low, high):
                break
            before, inside = inside, int(until[min(right, PARTS)] - until[max(left - 1, 0)])
            low, high = bounds
            held = held + 1 if 2 * inside > before else 0
            if held == _HELD:
                break  # one value, or a few, have nearly all of the rows
        values, counts = self._values(low, high)
        return _between(values, np.cumsum(counts), place)

    def _counts(self, low: float, width: float) -> NDArray[np.int64]:
        """Count rows below the interval, in its bins, and from its end on."""
        if (low, width) not in self._counted:
            place = ((nw.col("v") - low) / width).floor()
            bins = nw.when(place < 0).then(-1.0).when(place >= PARTS).then(float(PARTS)).otherwise(place)
            told = [] if self._counted else [nw.col("v").min().alias("low"), nw.col("v").max().alias("high")]
            table = self._run(
                lambda rows: (
                    rows.select(bins.alias("b"), nw.col("v")).group_by("b").agg(nw.len().alias("n"), *told)
                )
            )
            if told:
                self._every = _points(table)
            out = np.zeros(PARTS + 2, dtype=np.int64)
            out[np.asarray(table["b"].to_numpy(), dtype=np.int64) + 1] = table["n"].to_numpy()
            self._counted[low, width] = out
        return self._counted[low, width]

    def _values(self, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Count the values in the interval, and what lies below and above it."""
        value = (
            nw.when(nw.col("v") < low)
            .then(-np.inf)
            .when(nw.col("v") > high)
            .then(np.inf)
            .otherwise(nw.col("v"))
        )
        table = self._run(lambda rows: rows.select(value.alias("b")).group_by("b").agg(nw.len().alias("n")))
        values = np.asarray(table["b"].to_numpy(), dtype=float)
        order = np.argsort(values)
        return values[order], np.asarray(table["n"].to_numpy(), dtype=np.int64)[order]
