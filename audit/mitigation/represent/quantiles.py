"""Numeric columns brought to the same distribution in every group: fitted on training rows, applied to any row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.models.columns import as_numbers, column_kind
from audit.models.moves import Distribution, to_median

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable

FEWEST: Final = 20
"""With fewer known values than this a group has no distribution of its own to speak of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repair:
    """How one column is repaired.

    Parameters
    ----------
    name : str
        The column.
    groups : tuple of (Distribution or None)
        Of each group; None where it has too few values and is treated like everybody.
    everybody : Distribution
        Of all rows.
    """

    name: str
    groups: tuple[Distribution | None, ...]
    everybody: Distribution

    def map(self, values: NDArray[np.float64], group: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Bring values to the median over groups of the quantile they have within their own.

        Parameters
        ----------
        values : ndarray of float64 of shape (n,)
            Values; those that are not finite stay.
        group : ndarray of int of shape (n,)
            Group codes; −1 for a group that training did not know.

        Returns
        -------
        ndarray of float64 of shape (n,)
            The values after a full repair.
        """
        return to_median(values, group, groups=self.groups, everybody=self.everybody)


def fit_repairs(table: TrainingTable) -> tuple[tuple[Repair, ...], tuple[str, ...]]:
    """Read the distributions of the numeric columns in every group.

    Parameters
    ----------
    table : TrainingTable
        The training rows; rows of weight 0 have no say.

    Returns
    -------
    repairs : tuple of Repair
        One for each column that has an order and at least three values.
    left : tuple of str
        The other columns, which stay as they are; those that go with the group are not among them.
    """
    repairs, left = [], []
    for name in table.frame.columns:
        if name in table.fixed:
            continue
        values = _ordered(table.frame[name])
        counts = np.zeros(0) if values is None else np.where(np.isfinite(values), table.weight, 0.0)
        if values is None or len(np.unique(values[counts > 0])) < 3:
            left.append(str(name))
            continue
        everybody = _distribution(values, counts)
        own = tuple(
            _distribution(values, np.where(table.group == code, counts, 0.0), fewest=FEWEST)
            for code in range(len(table.groups))
        )
        if everybody is not None:
            repairs.append(Repair(name=name, groups=own, everybody=everybody))
    return tuple(repairs), tuple(left)


def apply_repairs(
    repairs: tuple[Repair, ...],
    frame: pd.DataFrame,
    group: NDArray[np.integer[Any]],
    *,
    strength: float,
) -> pd.DataFrame:
    """Repair the columns of any rows.

    Parameters
    ----------
    repairs : tuple of Repair
        From :func:`fit_repairs`.
    frame : pandas.DataFrame
        Rows with these columns; others are left as they are.
    group : ndarray of int of shape (n,)
        Group codes; −1 for a group that training did not know.
    strength : float
        0 leaves values as they are, 1 repairs them fully.

    Returns
    -------
    pandas.DataFrame
        With the columns and types of the frame; whole numbers are rounded to whole numbers, and short floats are widened.
    """
    found = frame.copy(deep=False)
    for repair in repairs:
        values = as_numbers(frame[repair.name])
        if values is None:  # text where training had numbers: the model says what is wrong with it
            continue
        moved = (1 - strength) * values + strength * repair.map(values, group)
        found[repair.name] = _like(frame[repair.name], moved)
    return found


def _ordered(series: pd.Series[Any]) -> NDArray[np.float64] | None:
    """Give a column as numbers where its values have an order and a distance; truth values and dates do not count."""
    if column_kind(series) != "number" or pd.api.types.infer_dtype(series, skipna=True) == "boolean":
        return None
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return None
    return as_numbers(series)


def _distribution(
    values: NDArray[np.float64], counts: NDArray[np.float64], *, fewest: int = 1
) -> Distribution | None:
    rows = counts > 0
    if rows.sum() < fewest:
        return None
    distinct, place = np.unique(values[rows], return_inverse=True)
    mass = np.bincount(place, weights=counts[rows])
    return Distribution(values=distinct, ranks=(np.cumsum(mass) - 0.5 * mass) / mass.sum())


def _like(series: pd.Series[Any], values: NDArray[np.float64]) -> Any:
    """Give repaired values the type of the column; what was not finite stays as it was."""
    found = series.copy()
    known = np.isfinite(values)
    kind: Any = series.dtype
    if pd.api.types.is_integer_dtype(series.dtype):
        values = np.where(known, np.round(values), 0)
        found[known] = values[known].astype(getattr(kind, "numpy_dtype", kind))
    elif pd.api.types.is_float_dtype(series.dtype):
        if getattr(kind, "itemsize", 8) < 8:
            # A value between two of single precision may need more digits than they have.
            found = found.astype(_wider(kind))
        found[known] = values[known]
    else:  # numbers kept as objects
        found[known] = [float(value) for value in values[known]]
    return found


def _wider(dtype: Any) -> Any:
    if isinstance(dtype, pd.ArrowDtype):
        return "double[pyarrow]"
    return "float64" if isinstance(dtype, np.dtype) else "Float64"
