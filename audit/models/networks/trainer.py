"""The one loop in which every network is trained, whatever its objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from audit.models.networks.batches import portion, shuffled
from audit.models.networks.judged import Judged, judge
from audit.models.networks.recipe import Descent, Recipe
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.models.network import Net
    from audit.models.networks.rows import NetRows
    from audit.progress import Progress

_STEPS_BETWEEN: Final = 16
"""Steps after which a long epoch says again where it is, and hears whether it should stop."""

_FIRST_SHARE: Final = 0.1


class Objective:
    """What a training makes small; this one is the plain loss. Others override what they do differently."""

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Get ready for a training.

        Parameters
        ----------
        net : Net
            What is trained.
        rows, held : NetRows
            The rows to learn from, and those to judge by, which may be none.
        recipe : Recipe
            How it is trained.
        seed : int
            Where every random draw starts.
        """
        self.net, self.rows, self.held, self.recipe, self.seed = net, rows, held, recipe, seed
        self.descent = Descent(net.parameters(), recipe)
        self.portion = portion(len(rows), recipe.batch)

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Give the portions of an epoch.

        Parameters
        ----------
        epoch : int
            From 1.

        Returns
        -------
        iterator of Tensor of int64
            Positions among the training rows.
        """
        return shuffled(len(self.rows), self.portion, self.seed + epoch)

    def logits(self, batch: torch.Tensor) -> torch.Tensor:
        """Give the log-odds of some training rows.

        Parameters
        ----------
        batch : Tensor of int64
            Positions.

        Returns
        -------
        Tensor of float32
            Any numbers.
        """
        return self.net(self.rows.numbers[batch], self.rows.codes[batch])  # type: ignore[no-any-return]

    def losses(self, logits: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        """Give the log-loss of some training rows, each times its weight.

        Parameters
        ----------
        logits : Tensor of float32
            Their log-odds.
        batch : Tensor of int64
            Positions.

        Returns
        -------
        Tensor of float32
            0 or more.
        """
        each = cross_entropy(logits, self.rows.label[batch], reduction="none")
        return each * self.rows.weight[batch]

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Give what one step is to make smaller.

        Parameters
        ----------
        batch : Tensor of int64
            Positions of its rows.

        Returns
        -------
        Tensor of float32, scalar
            Any number.
        """
        return self.losses(self.logits(batch), batch).mean()

    def step(self, batch: torch.Tensor) -> None:
        """Learn from one portion.

        Parameters
        ----------
        batch : Tensor of int64
            Positions of its rows.
        """
        self.descent.down(self.loss(batch))

    def rank(self, judged: Judged, logits: torch.Tensor) -> float:
        """Say how good the network is after an epoch.

        Parameters
        ----------
        judged : Judged
            What it does on the rows kept to judge by.
        logits : Tensor of float32
            Log-odds of these rows.

        Returns
        -------
        float
            The smaller, the better.
        """
        del logits
        return judged.worst if self.recipe.stop == "worst_group" else judged.loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """What happened in a training.

    Parameters
    ----------
    kept : int
        The epoch after which the network was kept, from 1.
    judged : tuple of Judged
        What it did after each epoch; empty where no rows were kept to judge by.
    averaged : Judged or None
        What the network does whose weights were averaged over the last epochs, where that one was kept.
    """

    kept: int
    judged: tuple[Judged, ...]
    averaged: Judged | None = None

    @property
    def final(self) -> Judged | None:
        """What the network that was kept does, where that is known."""
        if self.averaged is not None:
            return self.averaged
        return self.judged[self.kept - 1] if self.judged else None


def _nobody(course: list[Judged]) -> None:
    """Show the course of a training to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told what happens in a training.

    Parameters
    ----------
    progress : callable
        Told after every epoch, and within long ones.
    message : str
        What is being done.
    cut : float
        Log-odds from which on the decision is positive.
    areas : bool
        Whether areas under the ROC curve are wanted.
    show : callable
        Given what is known after each epoch.
    """

    progress: Progress = silent
    message: str = "Training the network"
    cut: float = 0.0
    areas: bool = True
    show: Callable[[list[Judged]], None] = _nobody


def train(
    net: Net,
    rows: NetRows,
    held: NetRows,
    recipe: Recipe,
    objective: Objective,
    *,
    seed: int,
    watch: Watch | None = None,
) -> Course:
    """Train a network in place and keep its best epoch.

    Parameters
    ----------
    net : Net
        Fresh weights; the caller has set the random state.
    rows : NetRows
        The rows to learn from.
    held : NetRows
        The rows to judge by; none of them trains all epochs.
    recipe : Recipe
        How it is trained.
    objective : Objective
        What is made small.
    seed : int
        Where the draws of portions start.
    watch : Watch or None
        Who is told.

    Returns
    -------
    Course
        Which epoch was kept, and what happened after each.
    """
    told = watch or Watch()
    objective.begin(net, rows, held, recipe, seed=seed)
    best, kept, kept_at = np.inf, _copy(net), recipe.epochs
    mean = _Mean(net, recipe)
    course: list[Judged] = []
    for epoch in range(1, recipe.epochs + 1):
        _one_epoch(net, objective, epoch, mean, told)
        if not len(held):
            continue
        logits = scored(net, held)
        course.append(judge(logits, held, cut=told.cut, areas=told.areas))
        told.show(course)
        rank = objective.rank(course[-1], logits)
        if rank < best or not recipe.patience:
            best, kept, kept_at = rank, _copy(net), epoch
        elif epoch - kept_at >= recipe.patience:
            break
    if mean.steps:
        net.load_state_dict(mean.weights())
        last = judge(scored(net, held), held, cut=told.cut, areas=told.areas) if len(held) else None
        return Course(kept=recipe.epochs, judged=tuple(course), averaged=last)
    if len(held):
        net.load_state_dict(kept)
    return Course(kept=kept_at, judged=tuple(course))


class _Mean:
    """The mean of weights over the last steps of a training."""

    def __init__(self, net: Net, recipe: Recipe) -> None:
        self.net, self.epochs, self.steps = net, recipe.epochs, 0
        self._from = (
            recipe.epochs - recipe.averaged if recipe.averaged and not recipe.patience else recipe.epochs
        )
        self._sums: dict[str, torch.Tensor] = {}

    def add(self, epoch: int) -> None:
        if epoch > self._from:
            self.steps += 1
            for name, value in self.net.state_dict().items():
                if self.steps == 1:
                    self._sums[name] = value.detach().clone()
                else:
                    self._sums[name] += value.detach()

    def weights(self) -> dict[str, Any]:
        return {name: value / self.steps for name, value in self._sums.items()}


def _one_epoch(net: Net, objective: Objective, epoch: int, mean: _Mean, told: Watch) -> None:
    net.train()
    epochs = mean.epochs
    said = f"{told.message}: epoch {epoch} of at most {epochs}"
    for count, batch in enumerate(objective.batches(epoch)):
        if count and count % _STEPS_BETWEEN == 0:
            told.progress(_share(epoch - 1, epochs), said)
        objective.step(batch)
        mean.add(epoch)
    told.progress(_share(epoch, epochs), said)


def _share(done: int, epochs: int) -> float:
    return _FIRST_SHARE + (1 - _FIRST_SHARE) * done / epochs


def scored(net: Net, rows: NetRows) -> torch.Tensor:
    """Give the log-odds of rows as they are decided about: nothing is left out at random.

    Parameters
    ----------
    net : Net
        The network.
    rows : NetRows
        The rows.

    Returns
    -------
    Tensor of float32, shape (n,)
        Without gradients.
    """
    net.eval()
    with torch.inference_mode():
        found: torch.Tensor = net(rows.numbers, rows.codes)
    return found


def _copy(net: Net) -> dict[str, Any]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}
