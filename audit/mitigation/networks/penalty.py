"""A penalty for what sets groups apart, smooth enough to be trained with, and the gap that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
import torch

from audit.models.networks.batches import stratified
from audit.models.networks.trainer import Objective

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.models.networks.judged import Judged

Aims: TypeAlias = Literal["selection", "opportunity", "odds", "error"]

GAPS: Final[dict[str, str]] = {
    "selection": "demographic_parity",
    "opportunity": "equal_opportunity",
    "odds": "equalized_odds",
    "error": "accuracy_equality",
}
"""The criterion whose gap each aim is to close."""

FEW: Final = 8
"""Rows of a group in a portion below which it is passed over: its rate there is mostly chance."""

SMALL: Final = 30
"""Rows of a group below which it has no say in a gap by which something is chosen: its rate is mostly chance."""


def conditions(aim: str, good: int) -> tuple[int | None, ...]:
    """Say among whom rates are compared.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds", "error"}
        What is to come closer.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.

    Returns
    -------
    tuple of (int or None)
        Labels; None for everybody.
    """
    return {"opportunity": (good,), "odds": (0, 1)}.get(aim, (None,))


class FairLoss(Objective):
    """The plain loss and, times a coefficient, the squared distances of the groups' rates from everybody's.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds", "error"}
        Which rates.
    coefficient : float
        How much the distances count.
    cut : float
        Log-odds from which on the decision is positive.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.

    Notes
    -----
    With z the log-odds and c the cut, s = σ(z − c) stands for the decision (for "error": y(1 − s) + (1 − y)s). In a
    portion, γ_g is the weighted mean of s over the rows of group g that the aim is about and γ that over all of them.
    The penalty is the mean of (γ_g − γ)² over the groups with at least eight such rows, divided by γ(1 − γ), through
    which no slope is taken; for "odds" the mean of those among either label. It is 0 with slope 0 where all rates are
    equal, unlike a penalty of absolute distances; selecting fewer people does not make it smaller, and it is the same
    whichever decision is called positive.
    """

    def __init__(self, aim: str, coefficient: float, *, cut: float, good: int) -> None:
        self.aim, self.coefficient, self.cut, self.good = aim, coefficient, cut, good

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Give portions in which every group has both labels in its shares."""
        cell = (self.rows.group * 2 + self.rows.label.long()).numpy()
        return stratified(cell, self.portion, self.seed + epoch)

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Give the plain loss of a portion and the penalty."""
        logits = self.logits(batch)
        plain = self.losses(logits, batch).mean()
        if not self.coefficient:
            return plain
        rows = self.rows
        return plain + self.coefficient * self.penalty(
            logits, rows.label[batch], rows.weight[batch], rows.group[batch]
        )

    def rank(self, judged: Judged, logits: torch.Tensor) -> float:
        """Judge by the same sum on the rows kept to judge by."""
        plain = super().rank(judged, logits)
        if not self.coefficient:
            return plain
        held = self.held
        return plain + self.coefficient * float(self.penalty(logits, held.label, held.weight, held.group))

    def penalty(
        self, logits: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, group: torch.Tensor
    ) -> torch.Tensor:
        """Measure how far apart the groups' rates are.

        Parameters
        ----------
        logits, label, weight : Tensor of float32, shape (n,)
            Log-odds, labels and weights of rows.
        group : Tensor of int64, shape (n,)
            Their groups.

        Returns
        -------
        Tensor of float32, scalar
            0 or more.
        """
        decided = torch.sigmoid(logits - self.cut)
        if self.aim == "error":
            decided = label * (1 - decided) + (1 - label) * decided
        parts = []
        for condition in conditions(self.aim, self.good):
            there = torch.ones_like(weight) if condition is None else (label == condition).float()
            parts.append(distance(decided, weight * there, there, group, self.rows.groups))
        return torch.stack(parts).mean()


def distance(
    decided: torch.Tensor, weight: torch.Tensor, there: torch.Tensor, group: torch.Tensor, groups: int
) -> torch.Tensor:
    """Give the mean squared distance of the groups' rates from everybody's, as a part of the variance of the decision.

    Parameters
    ----------
    decided : Tensor of float32, shape (n,)
        What stands for the decision, 0 to 1.
    weight, there : Tensor of float32, shape (n,)
        What each row counts, and 1 for the rows that are compared.
    group : Tensor of int64, shape (n,)
        The group of each row.
    groups : int
        How many groups there are.

    Returns
    -------
    Tensor of float32, scalar
        0 where no group has enough rows.
    """
    none = torch.zeros(groups)
    mass = none.index_add(0, group, weight)
    rates = none.index_add(0, group, weight * decided) / mass.clamp(min=1e-12)
    enough = (none.index_add(0, group, there) >= FEW) & (mass > 0)
    if not enough.any():
        return decided.sum() * 0.0
    everybody = (rates[enough] * mass[enough]).sum() / mass[enough].sum()
    spread = (everybody * (1 - everybody)).clamp(min=1e-4).detach()
    return ((rates[enough] - everybody) ** 2).mean() / spread


def gap(judged: Judged, aim: str, good: int) -> float | None:
    """Give the gap of the decisions that an aim is to close.

    Parameters
    ----------
    judged : Judged
        Decisions by group.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.

    Returns
    -------
    float or None
        Highest less lowest rate among the groups that are large enough; of both labels the wider gap. None where
        fewer than two groups are.
    """
    found = []
    share = judged.rows / np.maximum(judged.cells.sum(axis=(1, 2)), 1e-12)
    for condition in conditions(aim, good):
        rates, mass = _rates(judged.cells, aim, condition)
        known = rates[mass * share >= SMALL]
        if len(known) > 1:
            found.append(float(known.max() - known.min()))
    return max(found) if found else None


def without_say(judged: Judged, aim: str, good: int) -> tuple[int, ...]:
    """List the groups that are too small to have a say in a gap.

    Parameters
    ----------
    judged : Judged
        Decisions by group.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.

    Returns
    -------
    tuple of int
        Positions of groups with fewer than 30 rows that the aim is about; for "odds" of either label.
    """
    share = judged.rows / np.maximum(judged.cells.sum(axis=(1, 2)), 1e-12)
    few = [_rates(judged.cells, aim, one)[1] * share < SMALL for one in conditions(aim, good)]
    return tuple(int(code) for code in np.flatnonzero(np.any(few, axis=0)))


def _rates(
    cells: NDArray[np.float64], aim: str, condition: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give each group's rate, and the weight it stands on."""
    if condition is not None:
        mass, hit = cells[:, condition].sum(axis=1), cells[:, condition, 1]
    elif aim == "error":
        mass, hit = cells.sum(axis=(1, 2)), cells[:, 0, 1] + cells[:, 1, 0]
    else:
        mass, hit = cells.sum(axis=(1, 2)), cells[:, :, 1].sum(axis=1)
    return hit / np.maximum(mass, 1e-12), mass
