"""How strong a penalty is to be: one network for each strength, or one whose strength grows until a gap is closed.

Gaps are measured on the training and the held-out rows together. A gap of chances on a few thousand held-out rows is
mostly chance itself, and a small network that stops early has learned little by heart: see decision 019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.networks.lesson import PLAIN, Learned, Lesson, learn
from audit.mitigation.networks.penalty import GAPS, FairLoss, gap
from audit.models.networks.judged import judge
from audit.models.networks.rows import one_thread, together
from audit.models.networks.trainer import scored
from audit.progress import shown, within
from audit.rows.series import Series

if TYPE_CHECKING:
    import torch

    from audit.models.network import Net
    from audit.models.networks.judged import Judged
    from audit.models.networks.recipe import Recipe
    from audit.models.networks.rows import NetRows
    from audit.progress import Progress

STRENGTHS: Final = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
"""The coefficients that are tried."""

MOST: Final = 20.0
"""The largest coefficient that is allowed."""

_GROWTH: Final = 2.0
"""How much the coefficient grows in an epoch, times the distance from the tolerance."""

_MISSED: Final = 1e3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """One strength that was tried.

    Parameters
    ----------
    coefficient : float
        The strength.
    learned : Learned
        The network that came of it.
    judged : Judged
        What it does on all rows, those that it learned from and those kept to judge by.
    gap : float or None
        The gap of its decisions there.
    accuracy : float
        Its accuracy there.
    """

    coefficient: float
    learned: Learned
    judged: Judged
    gap: float | None
    accuracy: float


def train_with(taught: Lesson, aim: str, coefficient: float, *, progress: Progress) -> Tried:
    """Train a network under one strength.

    Parameters
    ----------
    taught : Lesson
        The rows.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap is to close.
    coefficient : float
        The strength.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    Tried
        The network and what it does.
    """
    objective = FairLoss(aim, coefficient, cut=taught.cut, good=taught.good)
    said = f"Training the network with a penalty times {coefficient:g}"
    return _tried(taught, aim, coefficient, learn(taught, PLAIN, objective, progress=progress, message=said))


def _tried(taught: Lesson, aim: str, coefficient: float, learned: Learned) -> Tried:
    with one_thread():
        judged = judge_all(learned.net, taught.rows, taught.held, cut=taught.cut)
    return Tried(
        coefficient=coefficient,
        learned=learned,
        judged=judged,
        gap=gap(judged, aim, taught.good),
        accuracy=float(judged.rates()[0][0]),
    )


def judge_all(net: Net, rows: NetRows, held: NetRows, *, cut: float) -> Judged:
    """Measure what a network does on all rows.

    Parameters
    ----------
    net : Net
        The network.
    rows, held : NetRows
        The rows that it learned from, and those kept to judge by; they may be the same.
    cut : float
        Log-odds from which on the decision is positive.

    Returns
    -------
    Judged
        Decisions by group.
    """
    every = rows if held is rows else together(rows, held)
    return judge(scored(net, every), every, cut=cut, areas=False)


def sweep(taught: Lesson, aim: str, give_up: float, *, progress: Progress) -> tuple[Tried, tuple[Tried, ...]]:
    """Train a network for each strength and choose one.

    Parameters
    ----------
    taught : Lesson
        The rows.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap is to close.
    give_up : float
        How much accuracy may be lost against no penalty.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    chosen : Tried
        The smallest gap among those that keep the accuracy and have not collapsed; no penalty where no gap is known.
    every : tuple of Tried
        All of them, from no penalty on.
    """
    every: list[Tried] = []
    show = shown(progress)
    for k, coefficient in enumerate(STRENGTHS):
        part = within(progress, k / len(STRENGTHS), (k + 1) / len(STRENGTHS))
        every.append(train_with(taught, aim, coefficient, progress=part))
        if show is not None and k:
            show(path(taught, aim, every, None))
    least = every[0].accuracy - give_up
    able = [
        one
        for one in every
        if one.gap is not None and one.accuracy >= least - 1e-12 and not one.judged.collapsed
    ]
    return min(able, key=lambda one: one.gap or 0.0) if able else every[0], tuple(every)


class UntilMet(FairLoss):
    """A penalty whose coefficient grows after each epoch by how far the gap is beyond a tolerance, and falls below it.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap is to close.
    tolerance : float
        The gap that may be left (ε).
    cut : float
        Log-odds from which on the decision is positive.
    good : {0, 1}
        The label of those to whom the decision that is good for the person is due.

    Notes
    -----
    λ ← max(0, λ + η (gap − ε)) (dual ascent), with the gap of the decisions on all rows.
    """

    def __init__(self, aim: str, tolerance: float, *, cut: float, good: int) -> None:
        super().__init__(aim, 0.0, cut=cut, good=good)
        self.tolerance = tolerance
        self.used: list[float] = []

    def begin(self, net: Net, rows: NetRows, held: NetRows, recipe: Recipe, *, seed: int) -> None:
        """Start without a penalty."""
        super().begin(net, rows, held, recipe, seed=seed)
        self.coefficient, self.used = 0.0, []

    def rank(self, judged: Judged, logits: torch.Tensor) -> float:
        """Prefer epochs that meet the tolerance, of these the one with the smallest loss; then move the coefficient."""
        del logits
        self.used.append(self.coefficient)
        wide = gap(judge_all(self.net, self.rows, self.held, cut=self.cut), self.aim, self.good)
        if wide is None:
            return judged.loss
        moved = self.coefficient + _GROWTH * (wide - self.tolerance)
        self.coefficient = min(max(moved, 0.0), MOST)
        met = wide <= self.tolerance and not judged.collapsed
        return judged.loss if met else _MISSED * (1 + wide + judged.collapsed)


def meet(taught: Lesson, aim: str, tolerance: float, *, progress: Progress) -> Tried:
    """Train one network, with a penalty that grows until the gap is within a tolerance.

    Parameters
    ----------
    taught : Lesson
        The rows.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap is to close.
    tolerance : float
        The gap that may be left.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    Tried
        The network of the best epoch that meets it; of the smallest gap where none does.
    """
    objective = UntilMet(aim, tolerance, cut=taught.cut, good=taught.good)
    recipe = replace(PLAIN, patience=PLAIN.epochs)
    learned = learn(
        taught, recipe, objective, progress=progress, message="Training until the gap is small enough"
    )
    return _tried(taught, aim, objective.used[learned.course.kept - 1], learned)


def path(taught: Lesson, aim: str, every: list[Tried] | tuple[Tried, ...], chosen: Tried | None) -> Series:
    """Give what each strength does as curves.

    Parameters
    ----------
    taught : Lesson
        The rows.
    aim : {"selection", "opportunity", "odds", "error"}
        Which gap is to close.
    every : sequence of Tried
        The strengths, rising.
    chosen : Tried or None
        The one that was kept.

    Returns
    -------
    Series
        Of kind "path": the gap, the accuracy, and the rates that the gap is between.
    """
    nobody: list[list[float | None]] = [[None] * len(every) for _ in taught.groups]
    lines: dict[str, list[list[float | None]]] = {
        f"{GAPS[aim]}_difference": [[one.gap for one in every], *nobody]
    }
    for name, place, turned in (("accuracy", 0, False), *_rates(aim, taught.good)):
        table = np.stack([one.judged.rates()[place] for one in every], axis=1)
        lines[name] = [[_known(1 - value if turned else value) for value in line] for line in table]
    return Series(
        id="strength",
        kind="path",
        title="What a stronger penalty does",
        across="Weight of the penalty (λ)",
        measures=tuple(lines),
        groups=(None, *taught.groups),
        x=tuple(one.coefficient for one in every),
        values=tuple(tuple(tuple(line) for line in by_group) for by_group in lines.values()),
        picked=None if chosen is None else chosen.coefficient,
        rows="train" if taught.judges == "train" else "both",
    )


def _rates(aim: str, good: int) -> tuple[tuple[str, int, bool], ...]:
    """Name the rates that an aim is about, where they stand among a judgement's rates, and whether turned round."""
    if aim == "selection":
        return (("selection_rate", 1, False),)
    if aim == "opportunity":
        return (("true_positive_rate", 2, False),) if good else (("true_negative_rate", 3, True),)
    if aim == "odds":
        return (("true_positive_rate", 2, False), ("false_positive_rate", 3, False))
    return ()


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
