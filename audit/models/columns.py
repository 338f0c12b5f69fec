"""Columns of a table as a model sees them: which are there, and which hold numbers, dates or texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from audit.errors import ModelError, did_you_mean, listing, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NUMBER_LIKE = frozenset({"integer", "floating", "mixed-integer-float", "decimal", "boolean"})
_DATE_LIKE = frozenset({"date", "datetime", "datetime64"})


def require_columns(frame: pd.DataFrame, features: Sequence[str]) -> None:
    """Check that a table has every feature of a model.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    features : sequence of str
        The columns the model looks at.

    Raises
    ------
    ModelError
        Naming the columns that are not there.
    """
    missing = [name for name in features if name not in frame.columns]
    if missing:
        raise ModelError(
            f"The data lack {len(missing):,} of the model's {len(features):,} features: {listing(missing)}.",
            why="A model can only be run on the columns it was trained on.",
            fix=did_you_mean(missing[0], map(str, frame.columns))
            or "Add the columns, or train the model without them.",
            code="model_features",
        )


def as_numbers(series: pd.Series[Any]) -> NDArray[np.float64] | None:
    """Give a column as numbers where it holds numbers, truth values or dates.

    Parameters
    ----------
    series : pandas.Series
        A column of any type.

    Returns
    -------
    array of float64 or None
        Dates as days since 1970, NaN where nothing was recorded or the value is infinite; None for a column of
        texts or categories.
    """
    kind = column_kind(series)
    if kind == "text":
        return None
    if kind == "date":
        # A start in nanoseconds would have every date in them, which hold the years 1678 to 2261 only.
        return _days(pd.to_datetime(series, utc=True) - pd.Timestamp(0, tz="UTC").as_unit("us"))
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return _days(series)
    values = np.array(series.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def column_kind(series: pd.Series[Any]) -> Literal["number", "date", "text"]:
    """Tell how the values of a column are used.

    Parameters
    ----------
    series : pandas.Series
        A column of any type.

    Returns
    -------
    {"number", "date", "text"}
        "number" also for truth values; "text" for everything that is neither a number nor a date.
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "text"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return "number"
    if pd.api.types.is_object_dtype(dtype):
        inferred = pd.api.types.infer_dtype(series, skipna=True)
        if inferred in _NUMBER_LIKE:
            return "number"
        if inferred in _DATE_LIKE:
            return "date"
    return "text"


def numbers_again(series: pd.Series[Any]) -> NDArray[np.float64]:
    """Give a column as numbers where a model takes numbers, even if it was read as text.

    Parameters
    ----------
    series : pandas.Series
        A column of any type.

    Returns
    -------
    array of float64
        As :func:`as_numbers`.

    Raises
    ------
    ModelError
        If it holds text that is no number.
    """
    values = as_numbers(series)
    if values is not None:
        return values
    texts = series.astype(object)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan, copy=True)
    broken = int(np.sum(np.isnan(values) & texts.notna().to_numpy()))
    if broken:
        raise ModelError(
            f"Column {quote(str(series.name))} holds text in {broken:,} rows where the model takes numbers.",
            why="The model was trained on numbers in this column.",
            fix="Bring the same kind of values as in training.",
            code="model_types",
        )
    return values


def _days(spans: pd.Series[Any]) -> NDArray[np.float64]:
    return np.asarray(spans.dt.total_seconds(), dtype=np.float64) / 86_400.0
