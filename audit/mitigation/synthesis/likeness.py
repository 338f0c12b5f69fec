"""Measures of how like real rows made ones are, each a function of numbered rows."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.coded import Coded, Comparison

_EXPECTED: Final = 20.0
"""Rows that two levels would share if they went together at random, from which their never meeting is no chance."""

_AT_ONCE: Final = 500


def column_likeness(real: NDArray[np.int64], made: NDArray[np.int64], *, in_order: bool, width: int) -> float:
    """Compare one column.

    Parameters
    ----------
    real, made : ndarray of int64
        Numbered values.
    in_order : bool
        Whether the numbers follow the size of the values.
    width : int
        How many values there are.

    Returns
    -------
    float
        1 minus the Kolmogorov–Smirnov distance where there is an order, else 1 minus the total variation distance;
        1 is the same.
    """
    first, second = _shares(real, width), _shares(made, width)
    gap = np.abs(np.cumsum(first - second)).max() if in_order else np.abs(first - second).sum() / 2
    return 1 - float(gap)


def marginals(comparison: Comparison, real: Coded, made: Coded) -> float:
    """Compare one column at a time.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    real, made : Coded
        The rows.

    Returns
    -------
    float
        Mean of :func:`column_likeness`.
    """
    found = [
        column_likeness(
            real.codes[:, place],
            made.codes[:, place],
            in_order=ordered,
            width=int(comparison.widths[place]),
        )
        for place, ordered in enumerate(comparison.ordered)
    ]
    return float(np.mean(found))


def pair_trends(real: NDArray[np.int64], made: NDArray[np.int64]) -> float:
    """Compare two columns at a time.

    Parameters
    ----------
    real, made : ndarray of int64 of shape (n, columns)
        Values in few bins.

    Returns
    -------
    float
        Mean over all two-way tables of 1 minus the total variation distance; 1 is the same. With one column only,
        that column's table.
    """
    places = range(real.shape[1])
    pairs: Sequence[tuple[int, int]] = list(combinations(places, 2)) or [(0, 0)]
    found = []
    for first, second in pairs:
        width = int(max(real[:, second].max(), made[:, second].max())) + 1
        one, other = (rows[:, first] * width + rows[:, second] for rows in (real, made))
        size = int(max(one.max(), other.max())) + 1
        found.append(1 - float(np.abs(_shares(one, size) - _shares(other, size)).sum()) / 2)
    return float(np.mean(found))


def equal_rows(rows: NDArray[np.int64], among: NDArray[np.int64]) -> float:
    """Give the share of rows that equal one of others in every column.

    Parameters
    ----------
    rows, among : ndarray of int64 of shape (n, columns) and (m, columns)
        Numbered values.

    Returns
    -------
    float
        Share of ``rows``, 0 to 1.
    """
    return float(np.isin(_keys(rows), _keys(among)).mean())


def nearest(comparison: Comparison, rows: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.float32]:
    """Give the distance from each row to the closest of others.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    rows, among : ndarray of int64 of shape (n, columns) and (m, columns)
        Numbered values.

    Returns
    -------
    ndarray of float32 of shape (n,)
        Mean over columns of the difference in rank among ``among`` (numbers) or of whether levels differ (Gower);
        0 for an equal row, at most 1.
    """
    one, other = _placed(comparison, rows, among), _placed(comparison, among, among)
    found = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        part = one[start : start + _AT_ONCE]
        total = np.zeros((len(part), len(other)), dtype=np.float32)
        for place, ordered in enumerate(comparison.ordered):
            left, right = part[:, place, None], other[None, :, place]
            total += np.abs(left - right) if ordered else (left != right).astype(np.float32)
        found[start : start + _AT_ONCE] = total.min(axis=1)
    return found / np.float32(len(comparison.ordered))


def outside(comparison: Comparison, rows: NDArray[np.int64], learned: NDArray[np.int64]) -> float:
    """Give the share of rows with a value outside what was observed.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    rows, learned : ndarray of int64 of shape (n, columns) and (m, columns)
        Numbered values.

    Returns
    -------
    float
        Share of rows with a number beyond the smallest or largest learned, or with a level that was not learned.
    """
    bad = np.zeros(len(rows), dtype=bool)
    for place, ordered in enumerate(comparison.ordered):
        column, known = rows[:, place], learned[:, place]
        if ordered:
            bad |= (column < known.min()) | (column > known.max())
        else:
            bad |= ~np.isin(column, known)
    return float(bad.mean())


def impossible(rows: NDArray[np.int64], real: NDArray[np.int64]) -> float:
    """Give the share of rows with two values that never go together among real rows though both are common.

    Parameters
    ----------
    rows, real : ndarray of int64 of shape (n, columns) and (m, columns)
        Values in few bins.

    Returns
    -------
    float
        Share of rows with such a pair: one that 20 or more real rows would have if the two columns had nothing to do
        with each other, and none has.
    """
    bad = np.zeros(len(rows), dtype=bool)
    for first, second in combinations(range(real.shape[1]), 2):
        sizes = [int(max(real[:, place].max(), rows[:, place].max())) + 1 for place in (first, second)]
        table = np.zeros(sizes)
        np.add.at(table, (real[:, first], real[:, second]), 1)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / len(real)
        never = (table == 0) & (expected >= _EXPECTED)
        bad |= never[rows[:, first], rows[:, second]]
    return float(bad.mean())


def _placed(comparison: Comparison, rows: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.float32]:
    """Give the rank of numbers, 0 to 1, and the number of levels."""
    placed = rows.astype(np.float32)
    for place, ordered in enumerate(comparison.ordered):
        if ordered:
            inside = np.sort(among[:, place])
            middle = np.searchsorted(inside, rows[:, place], "left") + np.searchsorted(
                inside, rows[:, place], "right"
            )
            placed[:, place] = middle / (2 * len(inside))
    return placed


def _shares(values: NDArray[np.int64], width: int) -> NDArray[np.float64]:
    return np.bincount(values, minlength=width) / max(len(values), 1)


def _keys(values: NDArray[np.int64]) -> NDArray[Any]:
    """Give each row as one comparable piece of bytes."""
    packed = np.ascontiguousarray(values.astype(np.int32))
    return packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
