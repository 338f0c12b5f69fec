"""How columns become numbers a model can learn from: decided on the training rows, repeated on any others.

Numbers, truth values and dates are imputed with the median, marked where they were missing, and standardised.
Everything else is a set of levels, with a level for missing values and one for rare levels. Weights play no part
here, so that two models that differ in their weights only see the same features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.errors import ModelError, listing
from audit.models.columns import as_numbers, numbers_again, require_columns
from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LEVELS: Final = 200
"""A column of texts with more distinct values than this is not a feature."""

RARE: Final = 10
"""A level with fewer training rows than this is folded into the infrequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """A column that is used as a number.

    Parameters
    ----------
    name : str
        The column.
    median, mean, scale : float
        Of the training rows: what replaces a missing value, and what standardises.
    indicator : bool
        Whether the training rows had missing values, which then are a feature of their own.
    """

    name: str
    median: float
    mean: float
    scale: float
    indicator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelColumn:
    """A column that is used as a set of levels.

    Parameters
    ----------
    name : str
        The column.
    levels : tuple of str
        The frequent levels of the training rows, as canonical text.
    infrequent, missing : bool
        Whether the training rows had rare levels, and missing values; each is then one more level.
    """

    name: str
    levels: tuple[str, ...]
    infrequent: bool
    missing: bool

    @property
    def width(self) -> int:
        """Count the levels, with those for infrequent and missing values."""
        return len(self.levels) + self.infrequent + self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """The features a model looks at and how each becomes numbers.

    Parameters
    ----------
    numbers : tuple of NumberColumn
        Columns used as numbers.
    texts : tuple of LevelColumn
        Columns used as levels.
    notes : tuple of str
        What was left out, and why.
    """

    numbers: tuple[NumberColumn, ...]
    texts: tuple[LevelColumn, ...]
    notes: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Name the columns that are used."""
        return (*(column.name for column in self.numbers), *(column.name for column in self.texts))

    def raw(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Give the numbers as they are.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.

        Returns
        -------
        array of float64, shape (n_rows, n_numbers)
            NaN where nothing was recorded.

        Raises
        ------
        ModelError
            If a column is missing or holds text where the training rows held numbers.
        """
        require_columns(frame, self.features)
        table = np.empty((len(frame), len(self.numbers)))
        for position, column in enumerate(self.numbers):
            table[:, position] = numbers_again(frame[column.name])
        return table

    def standard(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Give the numbers imputed and standardised, and a 0/1 column for each that may be missing.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.

        Returns
        -------
        array of float64, shape (n_rows, n_numbers + n_indicators)
            No NaN.

        Raises
        ------
        ModelError
            As :meth:`raw`.
        """
        table = self.raw(frame)
        absent = np.isnan(table)
        marked = [position for position, column in enumerate(self.numbers) if column.indicator]
        for position, column in enumerate(self.numbers):
            values = table[:, position]
            values[absent[:, position]] = column.median
            values -= column.mean
            values /= column.scale
        return np.hstack([table, absent[:, marked].astype(float)])

    def codes(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Give the code of each level, from 0 within each column.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.

        Returns
        -------
        array of int64, shape (n_rows, n_texts)
            -1 for a level the training rows did not have, where they had no infrequent levels either.

        Raises
        ------
        ModelError
            If a column is missing.
        """
        require_columns(frame, self.features)
        table = np.empty((len(frame), len(self.texts)), dtype=np.int64)
        for position, column in enumerate(self.texts):
            table[:, position] = _level_codes(frame[column.name], column)
        return table

    def dense(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Give everything as one matrix: numbers as :meth:`standard` gives them, then 0 or 1 for each level.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.

        Returns
        -------
        array of float64, shape (n_rows, n_numbers + n_indicators + n_levels)
            No NaN.

        Raises
        ------
        ModelError
            As :meth:`raw`.
        """
        codes = self.codes(frame)
        blocks = [self.standard(frame)]
        for position, column in enumerate(self.texts):
            blocks.append((codes[:, [position]] == np.arange(column.width)).astype(np.float64))
        return np.hstack(blocks)


def build_encoder(frame: pd.DataFrame) -> Encoder:
    """Decide from the training rows how each column is used.

    Parameters
    ----------
    frame : pandas.DataFrame
        The features of the training rows.

    Returns
    -------
    Encoder
        With a note for every column that cannot be used.

    Raises
    ------
    ModelError
        If no column can be used.
    """
    numbers: list[NumberColumn] = []
    texts: list[LevelColumn] = []
    left_out: dict[str, list[str]] = {}
    for name in frame.columns:
        column = _describe(frame[name])
        if isinstance(column, NumberColumn):
            numbers.append(column)
        elif isinstance(column, LevelColumn):
            texts.append(column)
        else:
            left_out.setdefault(column, []).append(str(name))
    notes = tuple(f"Not used as features, {why}: {listing(names)}." for why, names in left_out.items())
    if not numbers and not texts:
        raise ModelError(
            "There is no feature to learn from.",
            why=" ".join(notes) or "No column was chosen as a feature.",
            fix="Choose at least one column with two or more values as a feature.",
            code="no_features",
        )
    return Encoder(numbers=tuple(numbers), texts=tuple(texts), notes=notes)


def _describe(series: pd.Series[Any]) -> NumberColumn | LevelColumn | str:
    """Describe how a column is used, or say why it is not."""
    values = as_numbers(series)
    return _describe_texts(series) if values is None else _describe_numbers(str(series.name), values)


def _describe_numbers(name: str, values: NDArray[np.float64]) -> NumberColumn | str:
    absent = np.isnan(values)
    known = values[~absent]
    if not known.size:
        return "every value is missing"
    indicator = bool(absent.any())
    if known.min() == known.max() and not indicator:
        return "there is only one value"
    median = float(np.median(known))
    filled = np.where(absent, median, values)
    scale = float(filled.std())
    # The spread of very large constants is rounding noise; dividing by it would blow the noise up.
    usable = scale > 1e-12 * max(1.0, float(np.abs(filled).max()))
    return NumberColumn(
        name=name,
        median=median,
        mean=float(filled.mean()),
        scale=scale if usable else 1.0,
        indicator=indicator,
    )


def _describe_texts(series: pd.Series[Any]) -> LevelColumn | str:
    positions, texts = _texts(series)
    if not texts:
        return "every value is missing"
    if len(texts) > MOST_LEVELS:
        return f"there are more than {MOST_LEVELS} distinct texts"
    counts = np.bincount(positions[positions >= 0], minlength=len(texts))
    levels = tuple(sorted(text for text, count in zip(texts, counts, strict=True) if count >= RARE))
    column = LevelColumn(
        name=str(series.name),
        levels=levels,
        infrequent=len(levels) < len(texts),
        missing=bool((positions < 0).any()),
    )
    if column.width < 2:
        return "there is only one value" if len(texts) == 1 else f"every value has fewer than {RARE} rows"
    return column


def _texts(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Give each row's position in the list of canonical texts; -1 where nothing was recorded."""
    try:
        raw, uniques = pd.factorize(series)
    except TypeError:  # lists and the like cannot be hashed
        raw, uniques = pd.factorize(series.map(str, na_action="ignore"))
    found: dict[str, int] = {}
    places = np.full(len(uniques) + 1, -1, dtype=np.int64)  # the last place serves code -1
    for position, value in enumerate(uniques):
        text = canonical(value)
        if text is not None:
            places[position] = found.setdefault(text, len(found))
    return places[np.asarray(raw)], list(found)


def _level_codes(series: pd.Series[Any], column: LevelColumn) -> NDArray[np.int64]:
    positions, texts = _texts(series)
    known = {level: code for code, level in enumerate(column.levels)}
    other = len(column.levels) if column.infrequent else -1
    codes = np.array([*(known.get(text, other) for text in texts), other], dtype=np.int64)
    if column.missing:
        codes[-1] = column.width - 1
    return codes[positions]
