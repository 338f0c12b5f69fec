"""Put the shares of single columns right in each cell, and leave the links between columns as the network made them.

A network learns how columns go together more easily than the exact share of every value. The second is known, so it
need not be left to chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ROUNDS: Final = 12
_LARGEST_STEP: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What is done to the outputs of the network for one cell.

    Parameters
    ----------
    made : tuple of ndarray of float
        For each numeric column: scores the network makes, sorted.
    real : tuple of ndarray of float
        For each numeric column: scores of the cell's real rows, sorted.
    offsets : tuple of ndarray of float
        For each column of levels: what is added to the logits.
    """

    made: tuple[NDArray[np.floating], ...]
    real: tuple[NDArray[np.floating], ...]
    offsets: tuple[NDArray[np.floating], ...]

    def scores(self, numbers: NDArray[np.floating]) -> NDArray[np.float32]:
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
            share = (below + 0.5) / (len(made) + 1)
            moved[:, place] = np.quantile(real, np.clip(share, 0, 1)) if len(real) else numbers[:, place]
        return moved

    def levels(self, drawn: Sequence[NDArray[np.floating]]) -> NDArray[np.int64]:
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


def level_offsets(drawn: NDArray[np.floating], share: NDArray[np.floating]) -> NDArray[np.float64]:
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
