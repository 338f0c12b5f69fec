"""Rows changed on purpose: numbers moved a little, in the direction that misleads a network most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from audit.mitigation.networks.penalty import SMALL
from audit.models.networks.batches import stratified
from audit.models.networks.judged import Judged, judge
from audit.models.networks.trainer import Objective, scored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.models.features import Encoder
    from audit.models.network import Net
    from audit.models.networks.rows import NetRows

STEPS: Final = 7
"""Steps by which rows are changed when robustness is measured."""

_REACH: Final = 2.5
"""All steps together could go this many times the largest change; what goes too far is brought back."""

_TWO_VALUES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Room:
    """Which numbers may be moved, and within which bounds.

    Parameters
    ----------
    low, high : Tensor of float32, shape (numbers,)
        Smallest and largest value among the training rows.
    movable : Tensor of float32, shape (numbers,)
        1 for columns that may be moved.
    marks : tuple of (int, int)
        For each column that may be missing, its place and that of the column that marks where it is.
    """

    low: torch.Tensor
    high: torch.Tensor
    movable: torch.Tensor
    marks: tuple[tuple[int, int], ...]

    def free(self, numbers: torch.Tensor) -> torch.Tensor:
        """Say which values may be moved.

        Parameters
        ----------
        numbers : Tensor of float32, shape (n, numbers)
            Standardised.

        Returns
        -------
        Tensor of float32, same shape
            1 where a value was recorded in a column that may be moved.
        """
        found = self.movable.expand_as(numbers).clone()
        for column, mark in self.marks:
            found[:, column] *= 1 - numbers[:, mark]
        return found


def room(encoder: Encoder, rows: NetRows) -> Room:
    """Learn from the training rows what may be moved.

    Parameters
    ----------
    encoder : Encoder
        Which columns are numbers.
    rows : NetRows
        The training rows.

    Returns
    -------
    Room
        Numbers with more than two values may be moved, within the range that was seen; levels and marks of missing
        values may not.
    """
    numbers = rows.numbers
    movable = torch.zeros(numbers.shape[1])
    for place in range(len(encoder.numbers)):
        movable[place] = float(len(torch.unique(numbers[:, place])) > _TWO_VALUES)
    marked = [place for place, column in enumerate(encoder.numbers) if column.indicator]
    empty = torch.zeros(numbers.shape[1])
    some = len(numbers) > 0
    return Room(
        low=numbers.amin(dim=0) if some else empty,
        high=numbers.amax(dim=0) if some else empty,
        movable=movable,
        marks=tuple((place, len(encoder.numbers) + k) for k, place in enumerate(marked)),
    )


def moved(
    net: Net,
    inputs: tuple[torch.Tensor, torch.Tensor],
    label: torch.Tensor,
    limits: Room,
    *,
    size: float,
    steps: int,
) -> torch.Tensor:
    """Move numbers so that the network's loss grows.

    Parameters
    ----------
    net : Net
        The network; it is used as it decides, without leaving anything out.
    inputs : tuple of Tensor
        Numbers and codes.
    label : Tensor of float32
        Labels.
    limits : Room
        What may be moved.
    size : float
        Largest change of a number, in standard deviations (ε).
    steps : int
        1 for the fast gradient sign, more for projected gradient steps.

    Returns
    -------
    Tensor of float32
        The numbers after it.
    """
    net.eval()
    start, codes = inputs
    free = limits.free(start)
    low = torch.minimum(torch.maximum(start - size, limits.low), start)
    high = torch.maximum(torch.minimum(start + size, limits.high), start)
    step = size if steps == 1 else _REACH * size / steps
    now = start.clone()
    for _ in range(steps):
        now.requires_grad_()
        loss = cross_entropy(net(now, codes), label, reduction="sum")
        (slope,) = torch.autograd.grad(loss, now)
        now = torch.minimum(torch.maximum(now.detach() + step * free * slope.sign(), low), high)
    return now


class Hardened(Objective):
    """The plain loss of a portion, half on the rows as they are and half on rows moved against the network.

    Parameters
    ----------
    size : float
        Largest change of a number, in standard deviations (ε).
    steps : int
        Steps by which they are moved.
    limits : Room
        What may be moved.
    """

    def __init__(self, size: float, steps: int, limits: Room) -> None:
        self.size, self.steps, self.limits = size, steps, limits

    def batches(self, epoch: int) -> Iterator[torch.Tensor]:
        """Give portions in which every group has both labels in its shares."""
        cell = (self.rows.group * 2 + self.rows.label.long()).numpy()
        return stratified(cell, self.portion, self.seed + epoch)

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Move the rows and give both losses."""
        rows = self.rows
        numbers, codes, label = rows.numbers[batch], rows.codes[batch], rows.label[batch]
        against = moved(self.net, (numbers, codes), label, self.limits, size=self.size, steps=self.steps)
        self.net.train()
        clean = self.losses(self.net(numbers, codes), batch).mean()
        return 0.5 * clean + 0.5 * self.losses(self.net(against, codes), batch).mean()

    def rank(self, judged: Judged, logits: torch.Tensor) -> float:
        """Judge by both losses on the rows kept to judge by."""
        held = self.held
        against = moved(
            self.net, (held.numbers, held.codes), held.label, self.limits, size=self.size, steps=1
        )
        with torch.inference_mode():
            each = cross_entropy(self.net(against, held.codes), held.label, reduction="none") * held.weight
        return 0.5 * super().rank(judged, logits) + 0.5 * float(each.mean())


def withstood(net: Net, rows: NetRows, limits: Room, *, size: float, cut: float) -> Judged:
    """Measure what a network decides about rows moved against it.

    Parameters
    ----------
    net : Net
        The network.
    rows : NetRows
        The rows.
    limits : Room
        What may be moved.
    size : float
        Largest change of a number, in standard deviations; 0 moves nothing.
    cut : float
        Log-odds from which on the decision is positive.

    Returns
    -------
    Judged
        Decisions by group.
    """
    if size <= 0:
        return judge(scored(net, rows), rows, cut=cut, areas=False)
    numbers = moved(net, (rows.numbers, rows.codes), rows.label, limits, size=size, steps=STEPS)
    with torch.inference_mode():
        logits = net(numbers, rows.codes)
    return judge(logits, rows, cut=cut, areas=False)


def accuracies(judged: Judged) -> list[float | None]:
    """Give the accuracy of everybody and of each group.

    Parameters
    ----------
    judged : Judged
        Decisions by group.

    Returns
    -------
    list of (float or None)
        None where nobody counts.
    """
    found: Sequence[Any] = judged.rates()[0]
    return [None if np.isnan(value) else float(value) for value in found]


def disparity(judged: Judged) -> float | None:
    """Give how far the accuracies of the groups are apart.

    Parameters
    ----------
    judged : Judged
        Decisions by group.

    Returns
    -------
    float or None
        Highest less lowest among groups of at least 30 rows; None where there are fewer than two.
    """
    known = judged.rates()[0][1:][judged.rows >= SMALL]
    return float(known.max() - known.min()) if len(known) > 1 else None
