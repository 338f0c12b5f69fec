"""Losses by group, and the weights that groups get from them.

Nothing here knows a model: a linear solver, boosted trees and a network all need the same few lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """How much each row has to say in its group's mean loss, and in everybody's.

    Parameters
    ----------
    group : ndarray of int of shape (n,)
        Position of each row's group.
    own : ndarray of float64 of shape (n,)
        Share of the row in its group's loss; the shares of a group add up to 1, or to 0 where no row of it counts.
    everybody : ndarray of float64 of shape (n,)
        Share of the row in the loss of everybody; adds up to 1.
    known : ndarray of bool of shape (groups,)
        Whether any row of the group counts.
    """

    group: NDArray[np.integer[Any]]
    own: Array
    everybody: Array
    known: NDArray[np.bool_]

    def by_group(self, loss: Array) -> Array:
        """Average a loss in every group.

        Parameters
        ----------
        loss : ndarray of float64 of shape (n,)
            The loss of each row.

        Returns
        -------
        ndarray of float64 of shape (groups,)
            NaN for a group of which no row counts.
        """
        mean = np.bincount(self.group, weights=self.own * loss, minlength=len(self.known))
        return np.where(self.known, mean, np.nan)

    def overall(self, loss: Array) -> float:
        """Average a loss over everybody.

        Parameters
        ----------
        loss : ndarray of float64 of shape (n,)
            The loss of each row.

        Returns
        -------
        float
            The weighted mean.
        """
        return float(self.everybody @ loss)

    def blend(self, of_group: Array, of_everybody: float) -> Array:
        """Give the row weights whose weighted loss is a sum of group losses and of everybody's.

        Parameters
        ----------
        of_group : ndarray of float64 of shape (groups,)
            Factor of each group's mean loss.
        of_everybody : float
            Factor of everybody's mean loss.

        Returns
        -------
        ndarray of float64 of shape (n,)
            Row weights; they add up to the sum of the factors.
        """
        return np.asarray(of_group[self.group] * self.own + of_everybody * self.everybody)


def shares_of(table: TrainingTable, counted: int | None) -> Shares:
    """Work out what each row has to say.

    Parameters
    ----------
    table : TrainingTable
        The rows.
    counted : {0, 1} or None
        The label whose rows make a group's loss, such as 0 for false positives; None for all rows. Everybody's loss is
        about all rows in any case.

    Returns
    -------
    Shares
        By row.
    """
    counts = table.weight if counted is None else table.weight * (table.label == counted)
    mass = np.bincount(table.group, weights=counts, minlength=len(table.groups)).astype(np.float64)
    known = mass > 0
    return Shares(
        group=table.group,
        own=counts / np.where(known, mass, 1.0)[table.group],
        everybody=table.weight / table.weight.sum(),
        known=known,
    )


def smooth_max(losses: Array, temperature: float) -> tuple[float, Array]:
    r"""Give a smooth stand-in for the largest loss, and the weight that it puts on each group.

    Parameters
    ----------
    losses : ndarray of float64 of shape (groups,)
        Loss of each group.
    temperature : float
        Above 0; the smaller, the nearer to the largest loss.

    Returns
    -------
    value : float
        :math:`τ \log \frac1K \sum_g e^{L_g/τ}`, between the largest loss less :math:`τ \log K` and the largest loss.
    weights : ndarray of float64 of shape (groups,)
        :math:`e^{L_g/τ}`, scaled to add up to 1: the derivative by each loss.
    """
    top = losses.max()
    raised = np.exp((losses - top) / temperature)
    return float(top + temperature * np.log(raised.mean())), raised / raised.sum()


@dataclass(slots=True, eq=False)
class Hedge:
    """Weights of groups that grow with their losses, by multiplicative steps.

    Losses are divided by the range seen so far. The published step is tuned for losses between 0 and 1 whose groups
    differ by about 1; where they differ by a hundredth it takes a hundred times as many rounds.

    Parameters
    ----------
    start : ndarray of float64 of shape (groups,)
        Weights of the first round, which add up to 1; 0 keeps a group out for good.
    step : float
        How far a round may move.
    """

    start: Array
    step: float
    _raised: Array | None = None
    _low: float = np.inf
    _high: float = -np.inf
    _round: int = 0

    def weights(self) -> Array:
        """Give the weights of the coming round.

        Returns
        -------
        ndarray of float64 of shape (groups,)
            They add up to 1.
        """
        if self._raised is None:
            return self.start
        usable = self.start > 0
        logs = np.where(usable, np.log(np.where(usable, self.start, 1.0)) + self._raised, -np.inf)
        raised = np.exp(logs - logs.max())
        return np.asarray(raised / raised.sum())

    def learn(self, losses: Array) -> None:
        """Take in the losses of a round.

        Parameters
        ----------
        losses : ndarray of float64 of shape (groups,)
            Loss of each group; those of groups that are kept out are not looked at.
        """
        usable = self.start > 0
        seen = losses[usable]
        self._low, self._high = min(self._low, float(seen.min())), max(self._high, float(seen.max()))
        spread = self._high - self._low
        self._round += 1
        if spread <= 0:
            return
        moved = np.where(usable, (np.where(usable, losses, 0.0) - self._low) / spread, 0.0)
        before = np.zeros(len(losses)) if self._raised is None else self._raised
        self._raised = before + self.step / np.sqrt(self._round) * moved
