"""What every generator of rows answers, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.values import Values
    from audit.progress import Progress
    from audit.rows.series import Series

    State = tuple[dict[str, NDArray[Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """The rows that a generator learns from; they are training rows, and none of any other kind.

    Parameters
    ----------
    values : Values
        The distinct values of every column.
    codes : ndarray of int64 of shape (n, columns)
        Which value each row holds.
    cell : ndarray of int64 of shape (n,)
        Cell of each row: twice its group, plus its label.
    groups : tuple of tuple of str
        The groups, by their number.
    columns : tuple of int
        Columns that are to be imitated: those with more than one value that do not go with the group.
    aside : ndarray of bool of shape (n,)
        Rows that are not learned from, to test on.
    """

    values: Values
    codes: NDArray[np.int64]
    cell: NDArray[np.int64]
    groups: tuple[tuple[str, ...], ...]
    columns: tuple[int, ...]
    aside: NDArray[np.bool_]

    @property
    def cells(self) -> int:
        """Number of cells, those without rows included."""
        return 2 * len(self.groups)

    @property
    def learned(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The codes and the cells of the rows that are learned from."""
        return self.codes[~self.aside], self.cell[~self.aside]


class Generator(ABC):
    """Learns from rows and their cells; then makes rows of the cells wanted.

    Groups and labels are given to it, never made by it.
    """

    id: ClassVar[str]

    @abstractmethod
    def fit(self, lesson: Lesson, *, seed: int, progress: Progress = silent) -> None:
        """Learn.

        Parameters
        ----------
        lesson : Lesson
            The rows.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.
        """

    @abstractmethod
    def sample(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> NDArray[np.int64]:
        """Make rows.

        Parameters
        ----------
        cell : ndarray of int64 of shape (m,)
            The cell of each row to make; each has rows in the lesson.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        ndarray of int64 of shape (m, columns)
            Numbered values; 0 for columns that are not imitated.
        """

    def vocabulary(self, learned: Values) -> Values:
        """Say what the numbers of :meth:`sample` stand for.

        Parameters
        ----------
        learned : Values
            The values of the rows that were learned from.

        Returns
        -------
        Values
            The same, unless the generator has values of its own.
        """
        return learned

    @property
    def guarantee(self) -> str:
        """What bounds how much made rows tell about one person, as sentences; empty where nothing does."""
        return ""

    @property
    def lost(self) -> tuple[str, ...]:
        """Which columns made rows say nothing about, as sentences that tell no more than the rows do."""
        return ()

    @property
    def series(self) -> tuple[Series, ...]:
        """Curves of the training; none where nothing was trained in steps."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the training, as sentences."""
        return ()

    @property
    def measured(self) -> Mapping[str, float]:
        """What was measured while learning, by id."""
        return {}

    @abstractmethod
    def state(self) -> State:
        """Give what it has learned, to be written down.

        Returns
        -------
        tuple of dict and dict
            Arrays by name, and plain values that JSON can hold.
        """

    @classmethod
    @abstractmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> Generator:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays, info : mapping
            Arrays by name, and plain values.

        Returns
        -------
        Generator
            It makes the same rows from the same seed.
        """


def part_of(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """Take the arrays of one part out of those of a whole.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        All of them.
    name : str
        What the names of the part begin with, followed by a slash.

    Returns
    -------
    dict of str to ndarray
        Without that beginning.
    """
    start = f"{name}/"
    return {key.removeprefix(start): value for key, value in arrays.items() if key.startswith(start)}


def named(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """Name the arrays of a part so that :func:`part_of` finds them again.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays of the part.
    name : str
        Name of the part.

    Returns
    -------
    dict of str to ndarray
        With the name and a slash before theirs.
    """
    return {f"{name}/{key}": np.ascontiguousarray(value) for key, value in arrays.items()}
