"""Worst-group training of any model that takes weights: round after round, the worse off a group, the more it weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.mitigation.minimax.weights import Hedge, shares_of
from audit.models.baseline import Fitted, mean_of
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.minimax.choice import Judge
    from audit.mitigation.repair import Task
    from audit.progress import Progress

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rounds:
    """The models of a game between a learner and a weigher of groups.

    Parameters
    ----------
    members : tuple of Fitted
        The model of each round; the first is the model without the mitigation.
    scores : tuple of ndarray of float64
        Their scores on the judge's rows.
    weights : tuple of ndarray of float64 of shape (groups,)
        The weights of the groups under which each was trained.
    """

    members: tuple[Fitted, ...]
    scores: tuple[Array, ...]
    weights: tuple[Array, ...]


def play(
    task: Task, judge: Judge, *, rounds: int, step: float, everybody: float, progress: Progress
) -> Rounds:
    """Train again and again, each time with more weight on the groups whose loss was high.

    Parameters
    ----------
    task : Task
        Training rows, how the model is trained, and the model of the first round.
    judge : Judge
        The rows on which losses are looked at.
    rounds : int
        How many models, with the first.
    step : float
        How far the weights may move in a round.
    everybody : float
        Weight of everybody's loss beside the weighted groups'.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    Rounds
        Every model.
    """
    train, shares = task.train, shares_of(task.train, judge.loss.counted)
    mass = np.bincount(train.group, weights=shares.everybody, minlength=len(train.groups))
    start = np.where(judge.judged, mass, 0.0)
    hedge = Hedge(start=start / start.sum(), step=step)
    members, scores, weights = [task.base], [task.base.score(judge.rows.frame)], [hedge.weights()]
    for at in range(1, rounds):
        progress(at / rounds, f"Round {at + 1} of {rounds}: weighing groups by their losses")
        hedge.learn(judge.measure(scores[-1]).by_group)
        weights.append(hedge.weights())
        row = shares.blend(weights[-1], everybody) * len(train.label) / (1 + everybody)
        part = within(progress, at / rounds, (at + 1) / rounds)
        members.append(task.fit(train.frame, train.label, row, part))
        scores.append(members[-1].score(judge.rows.frame))
    return Rounds(members=tuple(members), scores=tuple(scores), weights=tuple(weights))


def averages(scores: Sequence[Array]) -> list[Array]:
    """Average the scores of the rounds so far, later ones counting for more.

    Parameters
    ----------
    scores : sequence of ndarray of float64 of shape (n,)
        Scores by round.

    Returns
    -------
    list of ndarray
        After each round, the mean in which round t counts t times.
    """
    total = np.zeros_like(scores[0])
    means = []
    for at, score in enumerate(scores, start=1):
        total = total + at * score
        means.append(total / (at * (at + 1) / 2))
    return means


def vote(members: Sequence[Fitted], weights: Sequence[float], *, title: str) -> Fitted:
    """Make one model of several by averaging their scores; nothing is drawn at random.

    Parameters
    ----------
    members : sequence of Fitted
        Models of the same kind.
    weights : sequence of float
        What each counts, 0 or more.
    title : str
        What the model is called.

    Returns
    -------
    Fitted
        The mean of their scores; a member itself where it is the only one that counts.
    """
    counting = [(one, float(w)) for one, w in zip(members, weights, strict=True) if w > 0]
    if len(counting) == 1:
        return counting[0][0]
    return mean_of([(w, one) for one, w in counting], title=title)
