"""A line of numbers cut into cells, found from noisy counts: where numbers lie, how fine they are, how many are where."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.errors import AuditError, quote
from audit.mitigation.synthesis.private.noise import sigma_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.synthesis.private.noise import Noise

SURE: Final = 3.5
"""Standard deviations of the noise above which a count is taken to be more than chance."""

_LOWEST, _HIGHEST = -20, 62
_POWERS = _HIGHEST - _LOWEST + 1
"""Powers of two by which numbers are told apart, on both sides of 0: they are fixed, so they say nothing of the rows."""

_DECIMALS = 6
_MOST_CELLS = 256
_FEWEST_CELLS = 16
_VALUES_PER_CELL = 16
_SHARES = (0.2, 0.15, 0.65)
_TAIL = 1.5
_GOLDEN = (5**0.5 - 1) / 2
_EPOCH = pd.Timestamp(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A line cut into cells.

    Parameters
    ----------
    edges : ndarray of float64 of shape (cells + 1,)
        Where cells begin and end, rising.
    people : ndarray of float64 of shape (cells,)
        How many people there are in each, after noise, 0 or more.
    step : float
        The unit of the numbers, such as 1 or 0.01; 0 where they have none.
    sure : bool
        Whether anywhere on it are more people than chance would have it.
    """

    edges: NDArray[np.float64]
    people: NDArray[np.float64]
    step: float
    sure: bool

    def cell(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Find the cell of each number; one that lies outside belongs to the nearest.

        Parameters
        ----------
        numbers : ndarray of float64 of shape (n,)
            Numbers.

        Returns
        -------
        ndarray of int64 of shape (n,)
            Cells.
        """
        place = np.searchsorted(self.edges, numbers, side="right") - 1
        return np.clip(place, 0, len(self.people) - 1).astype(np.int64)

    def values(self, cell: int) -> NDArray[np.float64]:
        """Give the numbers by which a cell is written: every one of few, some of many, evenly spread.

        Parameters
        ----------
        cell : int
            The cell.

        Returns
        -------
        ndarray of float64
            Rising; none where the unit is wider than the cell.
        """
        low, high = float(self.edges[cell]), float(self.edges[cell + 1])
        if self.step > 0:
            first = math.ceil(low / self.step - 1e-9)
            last = math.ceil(high / self.step - 1e-9) - 1
            if last - first < _VALUES_PER_CELL:
                return np.asarray(np.arange(first, last + 1) * self.step, dtype=np.float64)
        place = np.arange(_VALUES_PER_CELL)
        # Parts of the golden ratio, or cells of powers of two would give round numbers only.
        spread = low + (place + (place + cell + 1) * _GOLDEN % 1) / _VALUES_PER_CELL * (high - low)
        return np.unique(np.rint(spread / self.step) * self.step) if self.step > 0 else spread


def fit_line(numbers: NDArray[np.float64], *, whole: bool, noise: Noise, rho: float) -> Line:
    """Find where numbers lie.

    Parameters
    ----------
    numbers : ndarray of float64 of shape (n,)
        One for each person, finite.
    whole : bool
        Whether the type of the column holds whole numbers only.
    noise : Noise
        Where noise comes from.
    rho : float
        What it may cost.

    Returns
    -------
    Line
        Powers of two that hold people are cut the finer, the more they hold.
    """
    powers, units, cells = (share * rho for share in _SHARES)
    step = 1.0 if whole else _unit(numbers, noise=noise, rho=units)
    edges, sure = _edges(numbers, step, noise=noise, rho=powers, fine=sigma_of(cells))
    line = Line(edges=edges, people=np.zeros(len(edges) - 1), step=step, sure=sure)
    noisy = noise.counts(np.bincount(line.cell(numbers), minlength=len(edges) - 1), cells).astype(np.float64)
    return replace(line, people=closest(noisy, max(float(noisy.sum()), 1.0)))


def _unit(numbers: NDArray[np.float64], *, noise: Noise, rho: float) -> float:
    """Find how many decimals numbers have: the most that more than chance need."""
    need = np.full(len(numbers), _DECIMALS)
    for places in reversed(range(_DECIMALS)):
        scaled = numbers * 10.0**places
        need[np.abs(scaled - np.rint(scaled)) < 1e-6 * np.maximum(1.0, np.abs(numbers))] = places
    noisy = noise.counts(np.bincount(need, minlength=_DECIMALS + 1), rho)
    many = np.flatnonzero(noisy > SURE * sigma_of(rho))
    places = int(many.max()) if len(many) else 0
    return 10.0**-places if places < _DECIMALS else 0.0


def _edges(
    numbers: NDArray[np.float64], step: float, *, noise: Noise, rho: float, fine: float
) -> tuple[NDArray[np.float64], bool]:
    """Cut the line: first by powers of two, then those that hold many people into equal parts."""
    size = np.abs(numbers)
    power = np.clip(np.floor(np.log2(np.maximum(size, 2.0**_LOWEST))), _LOWEST, _HIGHEST) - _LOWEST
    place = np.where(numbers > 0, _POWERS + 1 + power, _POWERS - 1 - power)
    place = np.where(size < 2.0**_LOWEST, _POWERS, place).astype(np.int64)
    noisy = noise.counts(np.bincount(place, minlength=2 * _POWERS + 1), rho)
    sure = set(np.flatnonzero(noisy > SURE * sigma_of(rho)).tolist())
    many = _with_tails(sure or {int(np.argmax(noisy))}, noisy, sigma_of(rho))
    total = sum(max(int(noisy[at]), 1) for at in many)
    finest = float(np.clip(total / (2 * fine), _FEWEST_CELLS, _MOST_CELLS))
    cuts: list[float] = []
    for at in range(min(many), max(many) + 1):
        low, high = _interval(at - _POWERS)
        share = max(int(noisy[at]), 1) / total if at in many else 0.0
        pieces = 2 ** round(math.log2(max(finest * share, 1.0)))
        if step > 0:
            pieces = max(1, min(pieces, int((high - low) / step)))
        cuts += np.linspace(low, high, pieces + 1)[:-1].tolist()
    return np.array([*cuts, _interval(max(many) - _POWERS)[1]]), bool(sure)


def _with_tails(many: set[int], noisy: NDArray[np.int64], sigma: float) -> set[int]:
    """Add neighbours on both sides as long as they hold somewhat more than chance: a tail goes on where it was."""
    found = set(many)
    for end, step in ((max(many), 1), (min(many), -1)):
        at = end + step
        while 0 <= at < len(noisy) and noisy[at] > _TAIL * sigma:
            found.add(at)
            at += step
    return found


def _interval(place: int) -> tuple[float, float]:
    """Give the ends of a power of two, counted from 0 to both sides."""
    if place == 0:
        return -(2.0**_LOWEST), 2.0**_LOWEST
    power = _LOWEST + abs(place) - 1
    low, high = 2.0**power, 2.0 ** (power + 1)
    return (low, high) if place > 0 else (-high, -low)


def closest(noisy: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Give the counts of 0 or more with a known sum that lie closest to noisy ones.

    Parameters
    ----------
    noisy : ndarray of float64
        Counts with noise.
    total : float
        What they should add up to, above 0.

    Returns
    -------
    ndarray of float64
        Of the same shape: all are moved by one amount, and those below 0 become 0.
    """
    falling = np.sort(noisy.ravel())[::-1]
    over = (np.cumsum(falling) - total) / np.arange(1, len(falling) + 1)
    return np.asarray(np.maximum(noisy - over[np.flatnonzero(falling > over)[-1]], 0.0), dtype=np.float64)


def as_numbers(sample: pd.Series[Any]) -> NDArray[np.float64]:
    """Turn the values of a column that has an order into numbers; dates become days.

    Parameters
    ----------
    sample : pandas.Series
        Values.

    Returns
    -------
    ndarray of float64
        Not a number where there is no value.

    Raises
    ------
    AuditError
        Where they are neither numbers nor dates ("private_values").
    """
    kind = sample.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        return _days(sample)
    if pd.api.types.is_numeric_dtype(kind):
        return np.asarray(sample.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.infer_dtype(sample, skipna=True) == "date":
        return _days(pd.to_datetime(sample))
    raise AuditError(
        f"Column {quote(str(sample.name))} holds values that cannot be counted in ranges.",
        why="Noisy tables know numbers, dates and levels.",
        fix="Leave the column out of the features, write it as numbers, or choose another generator.",
        code="private_values",
    )


def as_values(numbers: NDArray[np.float64], like: pd.Series[Any], *, missing: bool) -> pd.Series[Any]:
    """Turn numbers into values of a column; the other way from :func:`as_numbers`.

    Parameters
    ----------
    numbers : ndarray of float64
        Numbers.
    like : pandas.Series
        Values of the column, for its name and type.
    missing : bool
        Whether a missing value is added at the end.

    Returns
    -------
    pandas.Series
        Values of the type of the column.
    """
    kind = like.dtype
    words: list[Any]
    if pd.api.types.is_integer_dtype(kind):
        words = [int(number) for number in _within(numbers, kind)]
    elif pd.api.types.is_numeric_dtype(kind):
        words = [float(number) for number in numbers]
    else:
        # Noise can lead beyond the years 1 to 9999, or beyond what nanoseconds hold: in days since the start of 2000.
        ends = (-117_000, 95_000) if "ns" in str(kind) else (-730_000, 2_921_000)
        moments = _EPOCH + pd.to_timedelta(np.clip(numbers, *ends), unit="D")
        words = list(moments if pd.api.types.is_datetime64_any_dtype(kind) else moments.date)
    found = pd.Series([*words, *([None] if missing else [])], dtype=object, name=like.name)
    if pd.api.types.is_datetime64_any_dtype(kind):
        zone = getattr(kind, "tz", None)
        dates: pd.Series[Any] = pd.to_datetime(found)
        return (dates if zone is None else dates.dt.tz_localize("UTC").dt.tz_convert(zone)).astype(kind)
    return found.astype("float64").astype(kind) if str(kind).startswith("float") else found.astype(kind)


def never_missing(kind: Any) -> bool:
    """Say whether a type has no word for a missing value.

    Parameters
    ----------
    kind : dtype
        The type of a column.

    Returns
    -------
    bool
        True for NumPy's whole numbers and truth values.
    """
    return isinstance(kind, np.dtype) and kind.kind in "iub"


def _within(numbers: NDArray[np.float64], kind: Any) -> NDArray[np.float64]:
    """Keep numbers within what a type can hold."""
    inner = getattr(kind, "numpy_dtype", kind)
    ends = np.iinfo(inner if isinstance(inner, np.dtype) else np.int64)
    whole = np.clip(np.rint(numbers), float(ends.min), np.nextafter(float(ends.max), 0.0))
    return np.asarray(whole, dtype=np.float64)


def _days(moments: pd.Series[Any]) -> NDArray[np.float64]:
    zone = getattr(moments.dtype, "tz", None)
    plain = moments if zone is None else moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray((plain - _EPOCH) / pd.Timedelta(days=1), dtype=np.float64)
