"""From scores to a problem: which groups take part, what errors cost and what may not get worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import InputError
from audit.mitigation.hull.aims import FEWEST, Aim, rate_of
from audit.mitigation.hull.curves import curves, reached
from audit.mitigation.hull.programme import Problem
from audit.mitigation.rule import Step

if TYPE_CHECKING:
    from audit.mitigation.hull.curves import Curve
    from audit.mitigation.repair import Scores


def pose(
    scores: Scores,
    aim: Aim,
    *,
    cost_ratio: float = 1.0,
    least: float = 0.0,
    keep: bool = False,
    both_labels: bool = False,
) -> Problem:
    """Pose the problem.

    Parameters
    ----------
    scores : Scores
        Rows or bins.
    aim : Aim
        What is to be alike.
    cost_ratio : float, default 1.0
        What a false positive costs, in false negatives.
    least : float, default 0.0
        The least chance that people of any group may have.
    keep : bool, default False
        Whether no group's chance may fall below what it is.
    both_labels : bool, default False
        Whether a group takes part only with people of both labels.

    Returns
    -------
    Problem
        The two costs have a mean of 1.

    Raises
    ------
    InputError
        Where no group has people enough, or a score is missing.
    """
    drawn = [curve for curve in curves(scores) if curve is not None]
    usable = {
        curve.code: aim.usable(curve) and (not both_labels or min(curve.n_positive, curve.n_negative) > 0)
        for curve in drawn
    }
    taking = tuple(curve for curve in drawn if usable[curve.code])
    if not taking:
        raise InputError(
            "No group has enough people to set a threshold on.",
            why=f"Each needs {FEWEST} people in every rate that is to be alike.",
            fix="Bring more rows, or work on the groups of fewer columns.",
            code="thresholds_too_few",
        )
    return Problem(
        curves=taking,
        others=tuple(curve for curve in drawn if not usable[curve.code]),
        aim=aim,
        cost=(2 * cost_ratio / (1 + cost_ratio), 2 / (1 + cost_ratio)),
        floors=tuple(_floor(curve, scores, least, keep=keep) for curve in taking),
        groups=scores.groups,
        threshold=scores.threshold,
    )


def _floor(curve: Curve, scores: Scores, least: float, *, keep: bool) -> float:
    """Give the least chance of a group; 0 where too few of its people say anything of it."""
    aim = Aim(id="opportunity", favourable=scores.favourable)
    if not aim.usable(curve):
        return 0.0
    now = (Step(threshold=scores.threshold),)
    kept = float(rate_of("chance", curve, scores.favourable, *reached(curve, now))) if keep else 0.0
    return min(max(least, kept), 1.0)


def as_now(problem: Problem) -> list[tuple[Step, ...]]:
    """Give the threshold of now for each group that takes part.

    Parameters
    ----------
    problem : Problem
        The groups.

    Returns
    -------
    list of tuple of Step
        One for each of its curves.
    """
    return [(Step(threshold=problem.threshold),) for _ in problem.curves]
