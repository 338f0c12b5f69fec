"""The features as one matrix of numbers with readable names, for methods that compute with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from audit.errors import ModelError
from audit.models.features import build_encoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.models.features import Encoder, LevelColumn

MOST_CELLS: Final = 100_000_000
"""Rows times columns of the largest matrix that is held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matrix:
    """How a table becomes a matrix.

    Parameters
    ----------
    encoder : Encoder
        How each column is used, as for a model that is trained here.
    names : tuple of str
        The columns of the matrix, each once.
    """

    encoder: Encoder
    names: tuple[str, ...]

    def of(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Give rows as numbers.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.

        Returns
        -------
        ndarray of float64 of shape (n_rows, n_names)
            Standardised numbers without gaps, 1 where a number was missing, and 0 or 1 for each level.

        Raises
        ------
        ModelError
            Where a column is missing or holds other values than in training, or the matrix would be too large.
        """
        if len(frame) * len(self.names) > MOST_CELLS:
            raise ModelError(
                f"{len(frame):,} rows of {len(self.names):,} columns are too many for this repair.",
                why="It holds every level of every column as a number of its own.",
                fix="Leave out columns with many levels, or use fewer rows.",
                code="matrix_too_large",
            )
        return self.encoder.dense(frame)

    def frame(self, values: NDArray[np.float64]) -> pd.DataFrame:
        """Give a matrix its names.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_names)
            The matrix.

        Returns
        -------
        pandas.DataFrame
            One column for each name.
        """
        return pd.DataFrame(values, columns=list(self.names))


def as_matrix(frame: pd.DataFrame) -> Matrix:
    """Decide from the training rows how a table becomes a matrix.

    Parameters
    ----------
    frame : pandas.DataFrame
        The features of the training rows.

    Returns
    -------
    Matrix
        How.

    Raises
    ------
    ModelError
        Where no column can be used.
    """
    encoder = build_encoder(frame)
    names = [
        *(column.name for column in encoder.numbers),
        *(f"{column.name} is missing" for column in encoder.numbers if column.indicator),
        *(f"{column.name} = {level}" for column in encoder.texts for level in _levels(column)),
    ]
    return Matrix(encoder=encoder, names=_once(names))


def _levels(column: LevelColumn) -> list[str]:
    return [
        *column.levels,
        *(["(other values)"] if column.infrequent else []),
        *(["(missing)"] if column.missing else []),
    ]


def _once(names: list[str]) -> tuple[str, ...]:
    """Number names that come up again."""
    seen: set[str] = set()
    found = []
    for name in names:
        fresh, times = name, 1
        while fresh in seen:
            times += 1
            fresh = f"{name} ({times})"
        seen.add(fresh)
        found.append(fresh)
    return tuple(found)
