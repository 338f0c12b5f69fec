"""Objectives that look at the group with the largest loss instead of the mean over everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from audit.models.networks.batches import Portions
from audit.models.networks.judged import judge
from audit.models.networks.trainer import Objective, scored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.models.network import Net
    from audit.models.networks.judged import Judged
    from audit.models.networks.recipe import Recipe
    from audit.models.networks.rows import NetRows

_LEAST: Final = 32
"""Rows of each group in a portion, at least."""

_LOOKED_AT: Final = 400
"""Rows of each group by which the worst one is found between epochs."""

_STEPS: Final = 4
"""Steps after which it is looked for again."""


class Balanced(Objective):
    """Portions with as many rows of every group, and what the groups' losses are put together to."""

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Set the rows of each group in order."""
        super().begin(net, rows, held, recipe, seed=seed)
        self.portions = Portions(rows.group.numpy(), seed)
        self.batch = max(self.portion, _LEAST * len(self.portions.groups))

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Give as many portions as there are in one pass over all rows."""
        del epoch
        for _ in range(max(len(self.rows) // self.batch, 1)):
            yield self.portions.balanced(self.batch)

    def of_groups(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the mean loss of each group of a portion, and which groups are in it."""
        each, group = self.losses(self.logits(batch), batch), self.rows.group[batch]
        none = torch.zeros(self.rows.groups)
        mass = none.index_add(0, group, self.rows.weight[batch])
        there = torch.nonzero(mass > 0).squeeze(1)
        return (none.index_add(0, group, each) / mass.clamp(min=1e-12))[there], there


class GroupDRO(Balanced):
    """Weights of the groups grow with their losses.

    Parameters
    ----------
    step : float
        How fast (η).
    adjustment : float
        C: what is added to a group's loss is C/√n, so that small groups count for more.

    Notes
    -----
    After each portion q_g ← q_g exp(η (L_g + C/√n_g)), normalised; the step makes Σ q_g L_g smaller.
    """

    def __init__(self, step: float, adjustment: float) -> None:
        self.size, self.adjustment = step, adjustment

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Start with equal weights."""
        super().begin(net, rows, held, recipe, seed=seed)
        people = torch.bincount(rows.group, minlength=rows.groups)
        self.added = self.adjustment / people.clamp(min=1).float().sqrt()
        self.q = torch.full((rows.groups,), 1.0 / rows.groups)

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Move the weights and give the weighted losses."""
        losses, there = self.of_groups(batch)
        with torch.no_grad():
            self.q[there] *= torch.exp(self.size * (losses + self.added[there]))
            self.q /= self.q.sum()
        return (self.q[there] * losses).sum() / self.q[there].sum()


class SmoothMax(Balanced):
    """A smooth maximum of the groups' losses.

    Parameters
    ----------
    softness : float
        τ: the smaller, the more only the worst group counts.

    Notes
    -----
    τ log (1/K Σ exp(L_g/τ)) lies between the mean and the maximum of the K losses.
    """

    def __init__(self, softness: float) -> None:
        self.softness = softness

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Give the smooth maximum in a portion."""
        losses, there = self.of_groups(batch)
        found: torch.Tensor = torch.logsumexp(losses / self.softness, dim=0) - np.log(len(there))
        return self.softness * found


class Active(Balanced):
    """Every portion comes from the group that is worst off on the rows kept to judge by."""

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Choose the rows by which the worst group is found."""
        super().begin(net, rows, held, recipe, seed=seed)
        group = held.group.numpy()
        some = [np.flatnonzero(group == code)[:_LOOKED_AT] for code in self.portions.groups]
        self.looked = held.take(np.concatenate(some))

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Look for the worst group every few portions and take rows of it."""
        del epoch
        worst = self.portions.groups[0]
        for count in range(max(len(self.rows) // self.batch, 1) * len(self.portions.groups)):
            if count % _STEPS == 0:
                worst = self._worst(worst)
            yield torch.from_numpy(self.portions.of(worst, self.batch // len(self.portions.groups)))

    def _worst(self, otherwise: int) -> int:
        found: Judged = judge(scored(self.net, self.looked), self.looked, cut=0.0, areas=False)
        self.net.train()
        losses = np.where(np.isin(np.arange(self.rows.groups), self.portions.groups), found.losses, np.nan)
        return otherwise if np.isnan(losses).all() else int(np.nanargmax(losses))

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Give the loss of the group that the portion comes from."""
        return self.of_groups(batch)[0].sum()
