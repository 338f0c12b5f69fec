"""In which portions a network sees the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


SMALLEST: Final = 128
"""Rows of a portion, however few rows there are, if there are so many."""

STEPS: Final = 4
"""Portions in one pass over few rows, so that a network is not left half trained."""


def portion(n: int, most: int) -> int:
    """Say how many rows a portion has.

    Parameters
    ----------
    n : int
        Rows there are.
    most : int
        Rows of a portion where there are many.

    Returns
    -------
    int
        A fourth of the rows, at least 128 and at most ``most``.
    """
    return min(most, max(SMALLEST, n // STEPS))


def shuffled(n: int, batch: int, seed: int) -> Iterator[torch.Tensor]:
    """Go through all rows once, in random order.

    Parameters
    ----------
    n : int
        Rows there are.
    batch : int
        Rows of a portion; the last one may be smaller.
    seed : int
        Where the draw starts.

    Yields
    ------
    Tensor of int64
        Positions of rows.
    """
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    yield from torch.split(order, batch)


def stratified(cell: NDArray[np.integer[Any]], batch: int, seed: int) -> Iterator[torch.Tensor]:
    """Go through all rows once, so that every portion holds every cell in its share.

    Parameters
    ----------
    cell : ndarray of int, shape (n,)
        The cell of each row.
    batch : int
        Rows of a portion at least, where there are so many.
    seed : int
        Where the draw starts.

    Yields
    ------
    Tensor of int64
        Positions of rows; the number of rows of a cell differs by at most 1 from portion to portion, but for how the
        portions are cut.
    """
    generator = np.random.default_rng(seed)
    place = np.empty(len(cell))
    for value in np.unique(cell):
        rows = generator.permutation(np.flatnonzero(cell == value))
        # Rows of a cell are spread evenly over the epoch, each cell from a start of its own.
        place[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    order = np.argsort(place, kind="stable")
    for part in np.array_split(order, max(len(order) // batch, 1)):
        yield torch.from_numpy(part)


class Portions:
    """The rows of each group in random order, as many as are asked for, again and again.

    Parameters
    ----------
    group : ndarray of int, shape (n,)
        The group of each row.
    seed : int
        Where the draws start.
    """

    def __init__(self, group: NDArray[np.integer[Any]], seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._rows = {int(code): np.flatnonzero(group == code) for code in np.unique(group)}
        self._left = {code: np.empty(0, dtype=np.int64) for code in self._rows}

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups that have rows."""
        return tuple(self._rows)

    def of(self, group: int, wanted: int) -> NDArray[np.int64]:
        """Take the next rows of a group; every row comes once before one comes again.

        Parameters
        ----------
        group : int
            The group.
        wanted : int
            How many rows.

        Returns
        -------
        ndarray of int64
            Positions of rows.
        """
        found = [self._left[group]]
        while sum(map(len, found)) < wanted:
            found.append(self._generator.permutation(self._rows[group]))
        every = np.concatenate(found)
        self._left[group] = every[wanted:]
        return every[:wanted]

    def balanced(self, batch: int) -> torch.Tensor:
        """Take as many rows of every group.

        Parameters
        ----------
        batch : int
            About how many rows in all.

        Returns
        -------
        Tensor of int64
            Positions of rows.
        """
        each = max(batch // len(self._rows), 1)
        return torch.from_numpy(np.concatenate([self.of(code, each) for code in self._rows]))
