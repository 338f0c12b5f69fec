"""Copies of real rows, moved within a radius to where a quick model errs most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.synthesis.values import Values

_MOST_LEVELS: Final = 50
_ITERATIONS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """A logistic regression of standardised numbers and one-hot levels.

    Parameters
    ----------
    columns : tuple of int
        The columns of numbers that can be moved.
    coefficients : ndarray of float64 of shape (columns,)
        What the log-odds of the label gain for each standard deviation.
    """

    columns: tuple[int, ...]
    coefficients: NDArray[np.float64]

    def move(
        self,
        values: Values,
        codes: NDArray[np.int64],
        label: NDArray[np.int64],
        *,
        radius: float,
        scale: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """Move numbers against their label, each by at most the radius.

        Parameters
        ----------
        values : Values
            The vocabulary.
        codes : ndarray of int64 of shape (n, all columns)
            Numbered values of the rows to move.
        label : ndarray of int64 of shape (n,)
            Their labels.
        radius : float
            How far a number is moved at most, in standard deviations of its column.
        scale : ndarray of float64 of shape (columns,)
            Those standard deviations.

        Returns
        -------
        ndarray of int64 of shape (n, all columns)
            Numbered values, each an observed one no further away than the radius.

        Notes
        -----
        The loss of a logistic regression grows fastest along :math:`-(2y - 1) w`, so that its sign is the direction
        (fast gradient sign method); a linear model needs no further steps. A value lands on the furthest observed one
        within the radius, so whole numbers stay whole and nothing leaves the observed range. Missing values stay.
        """
        moved = codes.copy()
        for place, weight, spread in zip(self.columns, self.coefficients, scale, strict=True):
            known = numbers_of(values, place)
            code = codes[:, place]
            there = code < len(known)
            if weight == 0 or not there.any():
                continue
            now = known[code[there]]
            way = np.where(label[there] == 1, -np.sign(weight), np.sign(weight))
            ends = now + way * radius * spread
            up = np.searchsorted(known, ends, side="right") - 1
            down = np.searchsorted(known, ends, side="left")
            landed = np.where(way > 0, np.maximum(up, code[there]), np.minimum(down, code[there]))
            moved[there, place] = np.clip(landed, 0, len(known) - 1)
        return moved


def numbers_of(values: Values, place: int) -> NDArray[np.float64]:
    """Give the distinct numbers of a column in rising order, dates as numbers.

    Parameters
    ----------
    values : Values
        The vocabulary.
    place : int
        Position of the column.

    Returns
    -------
    ndarray of float64
        Without the missing one; values that are no finite number are counted through instead.
    """
    import pandas as pd

    sample = values.samples[place]
    known = sample.iloc[: len(sample) - values.missing[place]]
    if pd.api.types.is_numeric_dtype(known.dtype):
        found = known.to_numpy(dtype=np.float64)
        if np.isfinite(found).all():
            return found
    elif pd.api.types.is_datetime64_any_dtype(known.dtype) or pd.api.types.is_timedelta64_dtype(known.dtype):
        dates: NDArray[np.float64] = known.astype("int64").to_numpy().astype(np.float64)
        return dates
    places: NDArray[np.float64] = np.arange(len(known)).astype(np.float64)
    return places


def fit_slope(
    values: Values, codes: NDArray[np.int64], label: NDArray[np.int64], columns: tuple[int, ...]
) -> tuple[Slope, NDArray[np.float64]]:
    """Learn in which direction of each number the label changes.

    Parameters
    ----------
    values : Values
        The vocabulary.
    codes : ndarray of int64 of shape (n, all columns)
        Numbered values.
    label : ndarray of int64 of shape (n,)
        Labels, of both kinds.
    columns : tuple of int
        Columns that are looked at.

    Returns
    -------
    tuple of Slope and ndarray of float64
        The slope, and the standard deviation of each number.
    """
    import warnings

    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    moved = tuple(place for place in columns if values.ordered[place])
    numbers, scale = [], []
    for place in moved:
        known = numbers_of(values, place)
        code = codes[:, place]
        there = code < len(known)
        column = np.full(len(code), known[code[there]].mean() if there.any() else 0.0)
        column[there] = known[code[there]]
        spread = float(column.std()) or 1.0
        numbers.append((column - column.mean()) / spread)
        scale.append(spread)
    parts: list[Any] = [sparse.csr_array(np.column_stack(numbers))] if numbers else []
    parts += [_marks(codes[:, place], values.widths[place]) for place in columns if not values.ordered[place]]
    model = LogisticRegression(max_iter=_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(sparse.hstack(parts, format="csr"), label)
    found = np.asarray(model.coef_[0][: len(moved)], dtype=np.float64)
    return Slope(columns=moved, coefficients=found), np.asarray(scale, dtype=np.float64)


def _marks(codes: NDArray[np.int64], width: int) -> Any:
    """Give the commonest levels of a column as marks."""
    from scipy import sparse

    rank = np.empty(width, dtype=np.int64)
    rank[np.argsort(-np.bincount(codes, minlength=width), kind="stable")] = np.arange(width)
    level = np.minimum(rank[codes], _MOST_LEVELS)
    return sparse.csr_array(
        (np.ones(len(level)), (np.arange(len(level)), level)),
        shape=(len(level), min(width, _MOST_LEVELS + 1)),
    )
