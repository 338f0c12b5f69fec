"""An adversary that guesses the group from the scores, and a network that learns to leave it guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from audit.mitigation.networks.penalty import conditions
from audit.models.networks.batches import stratified
from audit.models.networks.judged import area
from audit.models.networks.trainer import Objective

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.models.network import Net
    from audit.models.networks.recipe import Recipe
    from audit.models.networks.rows import NetRows

WIDTH: Final = 32
"""Width of the adversary's one hidden layer."""

_RATE: Final = 1e-2
_PROBE_EPOCHS: Final = 5
_PROBE_BATCH: Final = 512


class Adversary(nn.Module):
    """One hidden layer that guesses the group from the log-odds, and from the label where the aim allows it.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds"}
        "odds" also shows it the label, since groups may differ there as much as their labels do.
    groups : int
        How many groups there are.
    """

    def __init__(self, aim: str, groups: int) -> None:
        super().__init__()
        self.sees_label = aim == "odds"
        self.layers = nn.Sequential(
            nn.Linear(3 if self.sees_label else 1, WIDTH), nn.ReLU(), nn.Linear(WIDTH, groups)
        )

    def forward(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Guess the group.

        Parameters
        ----------
        logits, label : Tensor of float32, shape (n,)
            Log-odds, and labels.

        Returns
        -------
        Tensor of float32, shape (n, groups)
            Log-odds of each group, but for a common constant.
        """
        seen = (logits, logits * label, label) if self.sees_label else (logits,)
        found: torch.Tensor = self.layers(torch.stack(seen, dim=1))
        return found


class Game(Objective):
    """Two that learn in turn: the adversary guesses the group, the network makes it guess worse.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds"}
        From what the group should not be told.
    alpha : float
        How much it counts to mislead the adversary.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.
    project : bool
        Whether the part of the network's own gradient that would help the adversary is taken out.

    Notes
    -----
    The network makes L_P − α L_A small, where L_P is its own loss and L_A that of the adversary. With projection (Zhang,
    Lemoine and Mitchell 2018) it follows g = ∇L_P − proj(∇L_P onto ∇L_A) − α ∇L_A, where the gradients of all
    parameters together are one vector.
    """

    def __init__(self, aim: str, alpha: float, *, good: int, project: bool) -> None:
        self.aim, self.alpha, self.good, self.project = aim, alpha, good, project

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Make the adversary."""
        super().begin(net, rows, held, recipe, seed=seed)
        self.adversary = Adversary(self.aim, rows.groups)
        self.its = torch.optim.Adam(self.adversary.parameters(), lr=_RATE)

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Give portions in which every group has both labels in its shares."""
        cell = (self.rows.group * 2 + self.rows.label.long()).numpy()
        return stratified(cell, self.portion, self.seed + epoch)

    def guessed(self, logits: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        """Give the loss of the adversary on a portion."""
        rows = self.rows
        return guess_loss(
            self.adversary(logits, rows.label[batch]),
            rows.group[batch],
            counted(self.aim, self.good, rows.label[batch], rows.weight[batch]),
        )

    def step(self, batch: torch.Tensor) -> None:
        """Let the adversary learn, then the network."""
        logits = self.logits(batch)
        self.its.zero_grad()
        self.guessed(logits.detach(), batch).backward()  # type: ignore[no-untyped-call]
        self.its.step()
        own, other = self.losses(logits, batch).mean(), self.guessed(logits, batch)
        if not self.project:
            self.descent.down(own - self.alpha * other)
            return
        weights = list(self.net.parameters())
        mine = torch.autograd.grad(own, weights, retain_graph=True, allow_unused=True)
        its = torch.autograd.grad(other, weights, allow_unused=True)
        for weight, gradient in zip(
            weights, without(_whole(mine, weights), _whole(its, weights), self.alpha), strict=True
        ):
            weight.grad = gradient
        self.descent.step()


def _whole(gradients: Sequence[torch.Tensor | None], weights: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [
        torch.zeros_like(weight) if one is None else one
        for one, weight in zip(gradients, weights, strict=True)
    ]


def without(mine: Sequence[torch.Tensor], its: Sequence[torch.Tensor], alpha: float) -> list[torch.Tensor]:
    """Take out of a gradient its part along another one, and go against that one.

    Parameters
    ----------
    mine, its : sequence of Tensor
        Gradients of the same parameters: of the network's loss and of the adversary's.
    alpha : float
        How much it counts to mislead the adversary.

    Returns
    -------
    list of Tensor
        g = mine − (⟨mine, its⟩ / ⟨its, its⟩) its − alpha its, where ⟨·, ·⟩ sums over all entries of all parameters
        (for matrices the Frobenius product).
    """
    along = sum(float((a * b).sum()) for a, b in zip(mine, its, strict=True))
    size = sum(float((b * b).sum()) for b in its)
    share = along / size if size > 0 else 0.0
    return [a - (share + alpha) * b for a, b in zip(mine, its, strict=True)]


def counted(aim: str, good: int, label: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Give the weights of those among whom the group should not be told.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds"}
        The aim.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.
    label, weight : Tensor of float32, shape (n,)
        Labels and weights.

    Returns
    -------
    Tensor of float32, shape (n,)
        The weights; for "opportunity" 0 for everybody else.
    """
    return weight * (label == good).float() if aim == "opportunity" else weight


def guess_loss(guesses: torch.Tensor, group: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Give the weighted loss of guesses of the group."""
    each = cross_entropy(guesses, group, reduction="none")
    return (each * weight).sum() / weight.sum().clamp(min=1e-12)


def told_apart(
    train: tuple[torch.Tensor, NetRows],
    held: tuple[torch.Tensor, NetRows],
    *,
    aim: str,
    good: int,
    seed: int,
) -> float | None:
    """Measure how well a fresh adversary tells the group from the scores of rows that it did not learn from.

    Parameters
    ----------
    train, held : tuple of (Tensor of float32, NetRows)
        Log-odds and rows: those that the adversary learns from, and those that it is measured on.
    aim : {"selection", "opportunity", "odds"}
        From what the group is to be told.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.
    seed : int
        Where every random draw starts.

    Returns
    -------
    float or None
        Area under the ROC curve of each group against all others, averaged by weight, within each label that the aim
        is about; 0.5 is guessing. None where no group stands against another.

    Notes
    -----
    The adversary of the training has adapted to a network that moved; a fresh one shows what is left.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        probe = Adversary(aim, train[1].groups)
        _teach(probe, *train, aim=aim, good=good, seed=seed)
    logits, rows = held
    with torch.inference_mode():
        guesses = probe(logits, rows.label).softmax(dim=1).numpy().astype(np.float64)
    label, group = rows.label.numpy(), rows.group.numpy()
    weight = rows.weight.numpy().astype(np.float64)
    areas, masses = [], []
    for condition in conditions(aim, good):
        inside = np.ones(len(label), dtype=bool) if condition is None else label == condition
        for code in range(rows.groups if rows.groups > 2 else 1):
            order = np.flatnonzero(inside)[np.argsort(guesses[inside, code], kind="stable")]
            mine = (group[order] == code).astype(np.int64)
            found = area(guesses[order, code], mine, weight[order])
            if not np.isnan(found):
                areas.append(found)
                masses.append(float((weight[order] * mine).sum()))
    return float(np.average(areas, weights=masses)) if areas else None


def _teach(probe: Adversary, logits: torch.Tensor, rows: NetRows, *, aim: str, good: int, seed: int) -> None:
    logits = logits.clone()  # made without gradients, and needed where gradients are
    its = torch.optim.Adam(probe.parameters(), lr=_RATE)
    weight = counted(aim, good, rows.label, rows.weight)
    for epoch in range(_PROBE_EPOCHS):
        for batch in stratified(rows.group.numpy(), _PROBE_BATCH, seed + epoch):
            its.zero_grad()
            guesses = probe(logits[batch], rows.label[batch])
            guess_loss(guesses, rows.group[batch], weight[batch]).backward()  # type: ignore[no-untyped-call]
            its.step()
