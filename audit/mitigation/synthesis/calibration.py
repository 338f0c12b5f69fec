"""Put the shares of single columns right in each cell, and leave the links between columns as the network made them.

A network learns how columns go together more easily than the exact share of every value. The second is known, so it
need not be left to chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_ROUNDS: Final = 12
_LARGEST_STEP: Final = 2.0
_GRID: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellShares:
    """The shares of single columns among the real rows of each cell.

    Parameters
    ----------
    quantiles : ndarray of float32 of shape (cells, numeric, 513)
        Evenly spaced quantiles of each number's scores.
    shares : ndarray of float64 of shape (cells, levels of all columns)
        Share of each level.
    widths : tuple of int
        Levels of each column.
    """

    quantiles: NDArray[np.float32]
    shares: NDArray[np.float64]
    widths: tuple[int, ...]

    def levels_of(self, cell: int) -> tuple[NDArray[np.float64], ...]:
        """Give the shares of the levels of each column in one cell.

        Parameters
        ----------
        cell : int
            The cell.

        Returns
        -------
        tuple of ndarray of float64
            One array for each column of levels.
        """
        return tuple(np.split(self.shares[cell], np.cumsum(self.widths)[:-1])) if self.widths else ()

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the shares as arrays.

        Returns
        -------
        dict of str to ndarray
            By name.
        """
        return {
            "quantiles": self.quantiles,
            "shares": self.shares,
            "widths": np.asarray(self.widths, dtype=np.int64),
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> CellShares:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            By name.

        Returns
        -------
        CellShares
            The shares.
        """
        return cls(
            quantiles=arrays["quantiles"],
            shares=arrays["shares"],
            widths=tuple(int(width) for width in arrays["widths"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What is done to the outputs of the network for one cell.

    Parameters
    ----------
    made : tuple of ndarray of float
        For each numeric column: scores the network makes, sorted.
    real : ndarray of float of shape (numeric, 513)
        For each numeric column: quantiles of the scores of the cell's real rows.
    offsets : tuple of ndarray of float
        For each column of levels: what is added to the logits.
    """

    made: tuple[NDArray[np.floating[Any]], ...]
    real: NDArray[np.floating[Any]]
    offsets: tuple[NDArray[np.floating[Any]], ...]

    def scores(self, numbers: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Give made scores the distribution of the real ones, in the same order.

        Parameters
        ----------
        numbers : ndarray of float of shape (m, numeric)
            Scores the network made.

        Returns
        -------
        ndarray of float32 of shape (m, numeric)
            Scores distributed as in the real rows of the cell.
        """
        moved = np.empty(numbers.shape, dtype=np.float32)
        for place, (made, real) in enumerate(zip(self.made, self.real, strict=True)):
            below = np.searchsorted(made, numbers[:, place], side="left")
            share = np.clip((below + 0.5) / (len(made) + 1), 0, 1)
            moved[:, place] = np.interp(share * (len(real) - 1), np.arange(len(real)), real)
        return moved

    def levels(self, drawn: Sequence[NDArray[np.floating[Any]]]) -> NDArray[np.int64]:
        """Choose levels so that their shares are those of the real rows.

        Parameters
        ----------
        drawn : sequence of ndarray of float of shape (m, levels)
            For each column, of which there is one at least: logits with Gumbel noise.

        Returns
        -------
        ndarray of int64 of shape (m, columns)
            The level of each row and column.
        """
        chosen = [np.argmax(part + offset, axis=1) for part, offset in zip(drawn, self.offsets, strict=True)]
        return np.column_stack(chosen).astype(np.int64)


def count_shares(
    scores: NDArray[np.floating[Any]],
    known: NDArray[np.bool_],
    levels: NDArray[np.int64],
    widths: tuple[int, ...],
    cell: NDArray[np.int64],
    *,
    cells: int,
) -> CellShares:
    """Count the shares of single columns in each cell.

    Parameters
    ----------
    scores : ndarray of float of shape (n, numeric)
        Scores of real rows.
    known : ndarray of bool of shape (n, numeric)
        Which of them are of a number and not of a gap.
    levels : ndarray of int64 of shape (n, levels)
        Levels of real rows.
    widths : tuple of int
        Levels of each column.
    cell : ndarray of int64 of shape (n,)
        Cells of real rows.
    cells : int
        Number of cells.

    Returns
    -------
    CellShares
        The shares; those of a cell without rows are 0.
    """
    at = np.linspace(0, 1, _GRID + 1)
    quantiles = np.zeros((cells, scores.shape[1], _GRID + 1), dtype=np.float32)
    shares = np.zeros((cells, sum(widths)))
    for code in np.unique(cell):
        rows = np.flatnonzero(cell == code)
        for place in range(scores.shape[1]):
            found = scores[rows[known[rows, place]], place]
            if len(found):
                quantiles[code, place] = np.quantile(found, at)
        counted = [
            np.bincount(levels[rows, place], minlength=width) / len(rows)
            for place, width in enumerate(widths)
        ]
        if counted:
            shares[code] = np.concatenate(counted)
    return CellShares(quantiles=quantiles, shares=shares, widths=widths)


def level_offsets(drawn: NDArray[np.floating[Any]], share: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Find what to add to logits so that levels are chosen with given shares.

    Parameters
    ----------
    drawn : ndarray of float of shape (m, levels)
        Logits with Gumbel noise.
    share : ndarray of float of shape (levels,)
        Shares wanted; a level with share 0 is never chosen.

    Returns
    -------
    ndarray of float64 of shape (levels,)
        The offsets.
    """
    rows, width = drawn.shape
    offsets = np.where(share > 0, 0.0, -np.inf)
    possible = share > 0
    for _ in range(_ROUNDS):
        counts = np.bincount(np.argmax(drawn + offsets, axis=1), minlength=width)
        step = np.log(np.maximum(share[possible] * rows, 0.5) / np.maximum(counts[possible], 0.5))
        offsets[possible] += np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
    return offsets
