"""Which values a made column may hold and in which bins they lie, found from noisy counts alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from audit.mitigation.synthesis.private.line import (
    SURE,
    as_numbers,
    as_values,
    fit_line,
    never_missing,
)
from audit.mitigation.synthesis.private.noise import sigma_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.synthesis.private.line import Line
    from audit.mitigation.synthesis.private.noise import Noise

MOST_BINS: Final = 32
"""Bins of a column at most."""

_SINGLE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """The values that a made column may hold.

    Parameters
    ----------
    sample : pandas.Series
        The values; the missing one last, where there is one.
    bins : ndarray of int64 of shape (values,)
        The bin of each; every bin has one at least.
    weight : ndarray of float64 of shape (values,)
        How often each is drawn within its bin.
    ordered : bool
        Whether the order of the values means something.
    missing : bool
        Whether the last one stands for a missing value.
    noise : bool
        Whether the values follow from noise alone: too few people hold anything that could be told from it.
    """

    sample: pd.Series[Any]
    bins: NDArray[np.int64]
    weight: NDArray[np.float64]
    ordered: bool
    missing: bool
    noise: bool = False

    @property
    def width(self) -> int:
        """Number of bins."""
        return int(self.bins.max()) + 1

    def draw(self, bins: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a value for each row from its bin.

        Parameters
        ----------
        bins : ndarray of int64 of shape (m,)
            Bins.
        generator : numpy.random.Generator
            Draws.

        Returns
        -------
        ndarray of int64 of shape (m,)
            Places of values.
        """
        found = np.zeros(len(bins), dtype=np.int64)
        for code in np.unique(bins).tolist():
            rows, own = np.flatnonzero(bins == code), np.flatnonzero(self.bins == code)
            share = self.weight[own] / self.weight[own].sum()
            found[rows] = generator.choice(own, size=len(rows), p=share)
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """A column as it is read.

    Parameters
    ----------
    sample : pandas.Series
        Its distinct values; a missing one last.
    codes : ndarray of int64 of shape (n,)
        Which of them each row holds.
    ordered : bool
        Whether the order of the values means something.
    missing : bool
        Whether the last value stands for a missing one.
    """

    sample: pd.Series[Any]
    codes: NDArray[np.int64]
    ordered: bool
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Budget:
    """What may be spent on a column.

    Parameters
    ----------
    noise : Noise
        Where noise comes from.
    rho : float
        The cost.
    delta : float
        The chance that a value which only one person holds is named.
    """

    noise: Noise
    rho: float
    delta: float


def fit_grid(column: Column, budget: Budget, *, most: int = MOST_BINS) -> tuple[Grid, NDArray[np.int64]]:
    """Find the values that a made column may hold.

    Parameters
    ----------
    column : Column
        The column.
    budget : Budget
        What may be spent.
    most : int, default 32
        Bins at most.

    Returns
    -------
    tuple of Grid and ndarray of int64 of shape (n,)
        The values, and the bin of each row; one more than there are for rows whose value is in none.
    """
    return (_numbers if column.ordered else _levels)(column, budget, most)


def _levels(column: Column, budget: Budget, most: int) -> tuple[Grid, NDArray[np.int64]]:
    """Name the levels that enough people share; each is a bin."""
    named, gap = _common(column, budget, budget.rho)
    named = named[: most - 1]
    gap = gap or not len(named)
    parts = [column.sample.iloc[named]]
    if gap:
        parts.append(pd.Series([None], dtype=object, name=column.sample.name).astype(column.sample.dtype))
    sample = _own_levels(pd.concat(parts, ignore_index=True))
    bin_of = np.full(len(column.sample), len(sample))
    bin_of[named] = np.arange(len(named))
    if gap and column.missing:
        bin_of[-1] = len(named)
    grid = Grid(
        sample=sample, bins=np.arange(len(sample)), weight=np.ones(len(sample)), ordered=False, missing=gap
    )
    return grid, bin_of[column.codes]


def _own_levels(sample: pd.Series[Any]) -> pd.Series[Any]:
    """Let a categorical type know the levels only that are named."""
    if isinstance(sample.dtype, pd.CategoricalDtype):
        return sample.cat.remove_unused_categories()
    return sample


def _numbers(column: Column, budget: Budget, most: int) -> tuple[Grid, NDArray[np.int64]]:
    """Name single numbers that very many share; put the others into ranges of about as many people each."""
    numbers = as_numbers(column.sample)
    spikes, gap = _common(column, budget, _SINGLE * budget.rho)
    spikes = np.sort(spikes[: most // 2])
    ranged = np.isfinite(numbers[column.codes]) & ~np.isin(column.codes, spikes)
    line = fit_line(
        numbers[column.codes[ranged]],
        whole=pd.api.types.is_integer_dtype(column.sample.dtype),
        noise=budget.noise,
        rho=(1 - _SINGLE) * budget.rho,
    )
    range_of = _ranges(line, max(most - len(spikes) - 1, 1))
    if len(spikes) and not line.sure:  # all that is known of the others is noise
        line, range_of = replace(line, edges=np.zeros(1), people=np.zeros(0)), np.zeros(1, dtype=np.int64)
    values, bins, weight = _written(line, range_of, numbers[spikes])
    if not len(values):
        values, bins, weight = np.zeros(1), np.zeros(1, dtype=np.int64), np.ones(1)
    used, closed = np.unique(bins, return_inverse=True)
    renamed = np.full(int(range_of.max()) + len(spikes) + 2, len(used) + gap)
    renamed[used] = np.arange(len(used))
    found = np.full(len(column.codes), len(used) + gap)
    if len(line.people):
        found[ranged] = renamed[range_of[line.cell(numbers[column.codes[ranged]])]]
    for at, spike in enumerate(spikes.tolist()):
        found[column.codes == spike] = renamed[int(range_of.max()) + 1 + at]
    if gap and column.missing:
        found[column.codes == len(column.sample) - 1] = len(used)
    if gap:
        closed, weight = np.append(closed, len(used)), np.append(weight, 1.0)
    return (
        Grid(
            sample=as_values(values, column.sample, missing=gap),
            bins=closed.astype(np.int64),
            weight=weight,
            ordered=True,
            missing=gap,
            noise=not line.sure and not len(spikes),
        ),
        found,
    )


def _common(column: Column, budget: Budget, rho: float) -> tuple[NDArray[np.int64], bool]:
    """Find the values that enough people share to be named, the commonest first, and whether some have none.

    A value that one person holds alone is named with a chance of delta at most, because its noisy count must pass a
    limit. That is what lets values be found that nobody knew of before.
    """
    counts = np.bincount(column.codes, minlength=len(column.sample))
    noisy = budget.noise.counts(counts if column.missing else np.append(counts, 0), rho)
    limit = 1.5 - sigma_of(rho) * float(ndtri(budget.delta))  # 1 person, and half a one for rounding
    known = len(column.sample) - column.missing
    named = np.flatnonzero((noisy[:known] > limit) & (counts[:known] > 0))
    texts = column.sample.iloc[named].astype(str).to_numpy()
    gap = not never_missing(column.sample.dtype) and bool(noisy[-1] > SURE * sigma_of(rho))
    # Equals are put in the order of their texts: the order in which rows came would say something about them.
    return named[np.lexsort((texts, -noisy[named]))], gap


def _ranges(line: Line, room: int) -> NDArray[np.int64]:
    """Join neighbouring cells to ranges of about as many people each."""
    below = np.cumsum(line.people) - line.people
    place = np.floor(below / max(float(line.people.sum()), 1.0) * room + 1e-9)
    return np.unique(np.minimum(place, room - 1), return_inverse=True)[1].ravel().astype(np.int64)


def _written(
    line: Line, range_of: NDArray[np.int64], spikes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Give the numbers of all bins by size, with their bins and weights; single numbers belong to no range."""
    values, bins, weight = (
        [spikes],
        [int(range_of.max()) + 1 + np.arange(len(spikes))],
        [np.ones(len(spikes))],
    )
    for cell, people in enumerate(line.people.tolist()):
        inside = np.setdiff1d(line.values(cell), spikes)
        values.append(inside)
        bins.append(np.full(len(inside), range_of[cell]))
        # A range without anybody after noise is drawn from evenly.
        weight.append(np.full(len(inside), (people + 1e-9) / max(len(inside), 1)))
    every = np.concatenate(values)
    order = np.argsort(every, kind="stable")
    return every[order], np.concatenate(bins)[order], np.concatenate(weight)[order]
