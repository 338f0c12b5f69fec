"""Deals counted people to two halves at random, and sums the finest cells to every coarser grouping."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from audit.gather.cube import Finest
    from audit.metrics.rates import Rate

    Array = NDArray[np.float64]

MOST_CELLS: Final = 2_000_000
"""Most cells of a cube that is held in full; a larger one is summed from the cells that occur."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Halves:
    """The finest cells that occur, with what a rate needs in each half.

    Parameters
    ----------
    cell : ndarray of int of shape (n_cells,)
        Number of the combination of levels.
    counts : ndarray of shape (n_cells, 4 or 8)
        For the first half, then for the second: rows in the denominator and rows in the numerator; with weights rows in
        the denominator, their weight, the weight of those in the numerator, and the squared weights of the denominator.
    """

    cell: NDArray[np.int64]
    counts: Array


def halved(
    cells: Finest, sizes: Sequence[int], rate: Rate, *, seed: int, stream: str, weighted: bool
) -> Halves:
    r"""Deal every row to one of two halves by a fair coin.

    Parameters
    ----------
    cells : Finest
        The rows, counted.
    sizes : sequence of int
        Number of levels of each column.
    rate : Rate
        The rate whose numerator and denominator are kept.
    seed : int
        The plan's seed.
    stream : str
        Name of the stream of random numbers.
    weighted : bool
        Whether rows carry weights.

    Returns
    -------
    Halves
        The same whatever the order of the rows.

    Notes
    -----
    Rows of one cell are exchangeable, so a coin for each of n rows is a draw of Binomial(n, 1/2) for the cell. The
    weight of the rows drawn has, given their number k, mean :math:`k \bar w` and variance
    :math:`k (n - k) s^2 / (n - 1)`; it is drawn one standard deviation above or below its mean, which is exact for two
    rows. Rows of a cluster stay together: one coin for each cluster.
    """
    flat = _flat(cells.codes, sizes) * 4 + cells.label * 2 + cells.decision
    own = np.ones(len(flat), dtype=bool) if cells.cluster is None else cells.cluster < 0
    place, inverse = _numbered(flat, 4 * float(np.prod([float(size) for size in sizes])))

    def total(values: Array, rows: NDArray[np.bool_]) -> Array:
        return np.asarray(np.bincount(inverse[rows], weights=values[rows], minlength=len(place)), dtype=float)

    n, w, w2 = (total(array, own) for array in (cells.n, cells.w, cells.w2))
    first = deal(n, w, w2, np.random.default_rng([seed, zlib.crc32(stream.encode())]), weighted=weighted)
    second = [whole - part for whole, part in zip((n, w, w2), first, strict=True)]
    if cells.cluster is not None:
        heads = _coins(cells.cluster, seed)
        for i, array in enumerate((cells.n, cells.w, cells.w2)):
            first[i] = first[i] + total(array, ~own & heads)
            second[i] = second[i] + total(array, ~own & ~heads)
    return _of_rate(place, first, second, rate, weighted=weighted)


def _flat(codes: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    flat = np.zeros(len(codes), dtype=np.int64)
    for column, size in enumerate(sizes):
        flat = flat * size + codes[:, column]
    return flat


def _numbered(flat: NDArray[np.int64], most: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the numbers that occur, rising, and each entry's place among them."""
    if most > 4 * MOST_CELLS:
        place, inverse = np.unique(flat, return_inverse=True)
        return place, inverse
    occurs = np.zeros(int(most), dtype=bool)
    occurs[flat] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[flat]


def deal(n: Array, w: Array, w2: Array, rng: np.random.Generator, *, weighted: bool) -> list[Array]:
    """Deal the rows of cells to the first of two halves, by a fair coin for each row.

    Parameters
    ----------
    n, w, w2 : ndarray of shape (n_cells,)
        Rows, sum of weights and sum of squared weights.
    rng : numpy.random.Generator
        Where the draws come from.
    weighted : bool
        Whether rows carry weights.

    Returns
    -------
    list of ndarray
        The same three of the first half; see the notes of :func:`halved`.
    """
    k = rng.binomial(n.astype(np.int64), 0.5).astype(float)
    side = rng.integers(0, 2, len(n)) * 2.0 - 1.0
    if not weighted:
        return [k, k, k]
    share = np.divide(k, n, out=np.zeros_like(k), where=n > 0)
    mean = np.divide(w, n, out=np.zeros_like(k), where=n > 0)
    spread = np.maximum(np.divide(w2, n, out=np.zeros_like(k), where=n > 0) - mean * mean, 0)
    sd = np.sqrt(k * (n - k) / np.maximum(n - 1, 1) * spread)
    part = np.clip(k * mean + side * sd, 0, w)
    part = np.where(k <= 0, 0.0, np.where(k >= n, w, part))
    # The squares of the weights are at least what equal weights of the same sum would give, in either half.
    squares = w2 * share
    least = np.divide(part * part, k, out=np.zeros_like(k), where=k > 0)
    rest = np.divide((w - part) ** 2, n - k, out=np.zeros_like(k), where=n > k)
    return [k, part, np.clip(squares, least, np.maximum(w2 - rest, least))]


def _coins(cluster: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    rng = np.random.default_rng([seed, zlib.crc32(b"subgroup search, clusters")])
    coins = rng.integers(0, 2, int(cluster.max(initial=-1)) + 2).astype(bool)
    return np.asarray(coins[cluster])


def _of_rate(
    place: NDArray[np.int64], first: list[Array], second: list[Array], rate: Rate, *, weighted: bool
) -> Halves:
    outcome = place % 4
    below = np.isin(outcome, [2 * label + decision for label, decision in rate.denominator]).astype(float)
    above = np.isin(outcome, [2 * label + decision for label, decision in rate.numerator]).astype(float)
    columns = []
    for n, w, w2 in (first, second):
        columns += [n * below, w * below, w * above, w2 * below] if weighted else [n * below, n * above]
    use = below > 0
    return Halves(cell=place[use] // 4, counts=np.column_stack(columns)[use])


def marginals(halves: Halves, sizes: Sequence[int], depth: int) -> dict[tuple[int, ...], Array]:
    """Sum the finest cells to every grouping by one to a few columns.

    Parameters
    ----------
    halves : Halves
        The finest cells.
    sizes : sequence of int
        Number of levels of each column.
    depth : int
        Most columns of a grouping.

    Returns
    -------
    dict of tuple of int to ndarray
        Positions of the columns to an array with one axis for each, and one for the values.
    """
    depth = min(depth, len(sizes))
    total = int(np.prod([float(size) for size in sizes]))
    if total <= MOST_CELLS:
        full = _filled(halves.cell, halves.counts, sizes)
        return dict(_summed(tuple(range(len(sizes))), full, 0, depth))
    found: dict[tuple[int, ...], Array] = {}
    parts, rest = [], halves.cell
    for size in reversed(sizes):
        parts.append(rest % size)
        rest = rest // size
    parts.reverse()
    for axes in combinations(range(len(sizes)), depth):
        local = [sizes[axis] for axis in axes]
        cell = _flat(np.column_stack([parts[axis] for axis in axes]), local)
        found |= nested(axes, _filled(cell, halves.counts, local), found)
    return found


def nested(
    axes: tuple[int, ...], full: Array, known: dict[tuple[int, ...], Array]
) -> dict[tuple[int, ...], Array]:
    """Sum one grouping to those by fewer of its columns.

    Parameters
    ----------
    axes : tuple of int
        The columns of the grouping.
    full : ndarray
        Its values.
    known : dict
        Groupings that need not be summed again.

    Returns
    -------
    dict of tuple of int to ndarray
        The grouping itself, and the coarser ones that were not known.
    """
    found = {axes: full}
    for width in range(1, len(axes)):
        for kept in combinations(range(len(axes)), width):
            name = tuple(axes[i] for i in kept)
            if name not in known:
                found[name] = full.sum(axis=tuple(i for i in range(len(axes)) if i not in kept))
    return found


def _filled(cell: NDArray[np.int64], values: Array, sizes: Sequence[int]) -> Array:
    length = int(np.prod(sizes))
    columns = [np.bincount(cell, weights=values[:, c], minlength=length) for c in range(values.shape[1])]
    return np.asarray(np.stack(columns, axis=-1), dtype=float).reshape(*sizes, values.shape[1])


def _summed(
    axes: tuple[int, ...], full: Array, start: int, depth: int
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Give every grouping once: axes are summed away in rising order."""
    if len(axes) <= depth:
        yield axes, full
    if len(axes) > 1:
        for i in range(start, len(axes)):
            yield from _summed((*axes[:i], *axes[i + 1 :]), full.sum(axis=i), i, depth)
