"""Draws that decide about people: a number for each row that follows from the row itself.

A draw by the place of a row would give another decision in another order, and always the same number to whoever is
decided about alone. Here the same person gets the same decision wherever and whenever the model is asked.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.models.columns import as_numbers
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_NOTHING: Final = np.uint64(0x6E6F7468696E67)
"""Stands for a value that was not recorded."""
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_SURE: Final = 1e-12
"""Chances this near to 0 or 1 are 0 or 1: shares that add up to 1 but for rounding must not leave anything to a draw."""


def row_draws(frame: pd.DataFrame, columns: Sequence[str], *, seed: int) -> NDArray[np.float64]:
    """Give every row a number between 0 and 1 that follows from its values and a seed.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows.
    columns : sequence of str
        The columns whose values count; their order does not.
    seed : int
        Another seed gives other numbers.

    Returns
    -------
    ndarray of float64 of shape (n_rows,)
        At least 0 and below 1, spread evenly over rows that differ; rows alike in all columns get the same number.

    Notes
    -----
    Each value is hashed to 64 bits (numbers by their double, other texts by BLAKE2b of their one form, so that 1, 1.0 and
    "1" are alike) and mixed in by the finaliser of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
    """
    mixed = np.full(len(frame), _of_text(f"seed {seed}"), dtype=np.uint64)
    for name in sorted(map(str, columns)):
        values = _of_values(frame[name])
        mixed = _mix(_mix(mixed ^ _of_text(name)) ^ values)
    return np.asarray((_mix(mixed) >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def chance_of(score: NDArray[np.float64], thresholds: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
    """Give the chance of a positive decision where one of several thresholds is drawn.

    Parameters
    ----------
    score : ndarray of float64 of shape (n,)
        Scores.
    thresholds : iterable of (float, float)
        Each threshold with the probability that it counts; a score at or above it is a positive decision.

    Returns
    -------
    ndarray of float64 of shape (n,)
        0 to 1.
    """
    total = np.zeros(len(score))
    for threshold, share in thresholds:
        total += share * (score >= threshold)
    return np.clip(total, 0.0, 1.0)


def decided(chance: NDArray[np.float64], draw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Decide by chances and draws.

    Parameters
    ----------
    chance : ndarray of float64 of shape (n,)
        Probabilities of a positive decision.
    draw : ndarray of float64 of shape (n,)
        Numbers from 0 to below 1.

    Returns
    -------
    ndarray of bool of shape (n,)
        Whether the decision is positive; a chance of 0 or 1, but for rounding, is left to no draw.
    """
    return np.asarray(((chance > draw) & (chance > _SURE)) | (chance > 1 - _SURE))


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = bits + _STEP
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(bits ^ (bits >> np.uint64(31)))


def _of_values(series: pd.Series[Any]) -> NDArray[np.uint64]:
    numbers = as_numbers(series)
    if numbers is not None:
        return _of_numbers(numbers)
    codes, values = pd.factorize(series.astype(object))
    known = np.array([*map(_of_value, values), _NOTHING], dtype=np.uint64)
    return np.asarray(known[codes])


def _of_numbers(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    # −0 and 0 are one number, and every NaN is nothing recorded.
    bits = (numbers + 0.0).view(np.uint64)
    return np.where(np.isnan(numbers), _NOTHING, bits)


def _of_value(value: Any) -> np.uint64:
    """Hash a value that stands among texts: one that reads as a number is that number."""
    text = canonical(value)
    if text is None:
        return _NOTHING
    try:
        number = float({"true": "1", "false": "0"}.get(text.lower(), text))
    except ValueError:
        return _of_text(text)
    return _of_numbers(np.array([number]))[0] if math.isfinite(number) else _of_text(text)


def _of_text(text: str) -> np.uint64:
    digest = hashlib.blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))
