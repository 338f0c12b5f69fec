"""A band around the threshold in which the group decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.hull.aims import rate_of
from audit.mitigation.hull.curves import reached
from audit.mitigation.rule import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.mitigation.hull.programme import Outcome, Problem
    from audit.mitigation.repair import Scores

_MARGINS: Final = 60


def sides(problem: Problem) -> list[bool]:
    """Say which groups are favoured more.

    Parameters
    ----------
    problem : Problem
        The groups, their threshold of now, and the aim.

    Returns
    -------
    list of bool
        For each of the problem's curves; by chances where the aim is chances, else by favourable decisions.
    """
    rate = "chance" if problem.aim.id == "opportunity" else "share"
    now = (Step(threshold=problem.threshold),)
    rates = [
        float(rate_of(rate, curve, problem.aim.favourable, *reached(curve, now))) for curve in problem.curves
    ]
    middle = (max(rates) + min(rates)) / 2
    return [value > middle for value in rates]


def margins(scores: Scores) -> list[float]:
    """Give the margins that are worth trying.

    Parameters
    ----------
    scores : Scores
        Rows or bins.

    Returns
    -------
    list of float
        Rising from 0; as many people come in with each as with the one before.
    """
    counts = scores.weight > 0
    distance = np.abs(scores.score[counts] - scores.threshold)
    order = np.argsort(distance)
    filled = np.cumsum(scores.weight[counts][order])
    at = np.searchsorted(filled, np.linspace(0, 1, _MARGINS + 1)[1:-1] * filled[-1])
    return sorted({0.0, *distance[order][np.minimum(at, len(order) - 1)].tolist()})


def with_margin(problem: Problem, favoured: list[bool], margin: float) -> list[tuple[Step, ...]]:
    """Give the thresholds that a margin leads to.

    Parameters
    ----------
    problem : Problem
        The groups and their threshold of now.
    favoured : list of bool
        Which groups are favoured more.
    margin : float
        Scores at most this far from the threshold are decided by the group; 0 leaves everything as it is.

    Returns
    -------
    list of tuple of Step
        One for each of the problem's curves.
    """
    if margin == 0:
        return [(Step(threshold=problem.threshold),) for _ in favoured]
    # A score exactly on either end of the band is inside it, however the ends were rounded.
    slack = 4 * float(np.spacing(abs(problem.threshold) + margin))
    ends = {
        True: problem.threshold - margin - slack,
        False: math.nextafter(problem.threshold + margin + slack, math.inf),
    }
    selecting = problem.aim.favourable == "positive"
    return [(Step(threshold=ends[more != selecting]),) for more in favoured]


def pick(found: Sequence[Outcome], tolerance: float) -> int:
    """Choose among the margins.

    Parameters
    ----------
    found : sequence of Outcome
        What each margin leads to.
    tolerance : float
        The widest gap accepted.

    Returns
    -------
    int
        The cheapest whose gap is within the tolerance, or the one with the smallest gap; the smaller margin of equals.
    """
    inside = [i for i, outcome in enumerate(found) if outcome.gap <= tolerance]
    if inside:
        return min(inside, key=lambda i: found[i].cost)
    return min(range(len(found)), key=lambda i: found[i].gap)
