"""Scores that are withheld from a share of a group: what the groups' costs were and become."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import InputError
from audit.mitigation.hull.aims import FEWEST, wide
from audit.mitigation.hull.telling import MOST_NAMED, listed
from audit.mitigation.rule import GroupRule, Step
from audit.mitigation.table import group_name
from audit.wording.numbers import fixed, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Scores

    Array = NDArray[np.float64]

_PLACES: Final = {"opportunity": 0, "false_positive_rate": 1, "weighted": 2}
_NAMES: Final = (
    "scores that speak against those who merit the favourable decision",
    "scores that speak for the others",
    "both kinds of cost together",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Withheld:
    """What is withheld from whom, and the gaps in cost before and after.

    Parameters
    ----------
    rule : GroupRule
        The thresholds.
    share : dict of int to float
        Share of people whose score is put aside, of each group that takes part.
    base : dict of int to float
        Their base rates.
    equalised : int
        Which cost was made equal: 0, 1 or, for both together, 2.
    before, after : tuple of float
        Gap of each kind of cost.
    drawn : float
        Share of all people whose score is put aside.
    left : tuple of int
        Groups with too few people.
    short : tuple of int
        Groups that stay better off even with every score put aside.
    """

    rule: GroupRule
    share: dict[int, float]
    base: dict[int, float]
    equalised: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    drawn: float
    left: tuple[int, ...]
    short: tuple[int, ...]


def withhold(scores: Scores, cost: str) -> Withheld:
    """Choose for each group the share of people whose score is put aside.

    Parameters
    ----------
    scores : Scores
        Rows or bins; scores are probabilities.
    cost : {"opportunity", "false_positive_rate", "weighted"}
        The cost to make equal.

    Returns
    -------
    Withheld
        Shares, thresholds and gaps.

    Raises
    ------
    InputError
        Where a score is no probability, or no group has people enough of both labels.
    """
    _check(scores)
    turned = scores.favourable == "negative"
    score = 1 - scores.score if turned else scores.score
    label = 1 - scores.label if turned else scores.label
    which = _PLACES[cost]
    costs, trivial, base, left = {}, {}, {}, []
    for code in range(len(scores.groups)):
        rows = (scores.group == code) & (scores.weight > 0)
        people = np.ones(int(rows.sum())) if scores.people is None else scores.people[rows]
        own = label[rows]
        if min(people[own == 1].sum(), people[own == 0].sum()) < FEWEST:
            left += [code] if rows.any() else []
            continue
        weight = scores.weight[rows]
        base[code] = float(np.average(own, weights=weight))
        costs[code] = _costs(score[rows], own, weight, base[code])
        trivial[code] = _costs(np.full(len(own), base[code]), own, weight, base[code])
    if not costs:
        raise InputError(
            "No group has enough people of both labels.",
            why=f"Each needs {FEWEST} of either label.",
            fix="Bring more rows, or work on the groups of fewer columns.",
            code="thresholds_too_few",
        )
    worst = max(values[which] for values in costs.values())
    share = {code: _share(values[which], trivial[code][which], worst) for code, values in costs.items()}
    mixed = {code: (1 - share[code]) * costs[code] + share[code] * trivial[code] for code in costs}
    return Withheld(
        rule=_rule(scores, share, base, turned=turned),
        share=share,
        base=base,
        equalised=which,
        before=_gaps(list(costs.values())),
        after=_gaps(list(mixed.values())),
        drawn=_drawn(scores, share),
        left=tuple(left),
        short=tuple(code for code in mixed if mixed[code][which] < worst - 1e-9),
    )


def _check(scores: Scores) -> None:
    own = scores.score[scores.weight > 0]
    if not np.isfinite(own).all() or own.min(initial=0) < 0 or own.max(initial=1) > 1:
        raise InputError(
            "The scores are no probabilities.",
            why="A base rate can only take the place of a score from 0 to 1.",
            fix='Use "threshold_programme", which takes any scores.',
            code="scores_no_probabilities",
        )


def _costs(score: Array, label: NDArray[np.int8], weight: Array, base: float) -> Array:
    """Give both generalised error rates, and their mean weighted by the base rate."""
    missed = float(np.average(1 - score[label == 1], weights=weight[label == 1]))
    false = float(np.average(score[label == 0], weights=weight[label == 0]))
    return np.array([missed, false, base * missed + (1 - base) * false])


def _share(cost: float, trivial: float, worst: float) -> float:
    if worst <= cost or trivial <= cost:
        return 0.0
    return float(min((worst - cost) / (trivial - cost), 1.0))


def _gaps(values: list[Array]) -> tuple[float, float, float]:
    gaps = [wide([float(own[kind]) for own in values]) for kind in range(3)]
    return gaps[0], gaps[1], gaps[2]


def _rule(scores: Scores, share: dict[int, float], base: dict[int, float], *, turned: bool) -> GroupRule:
    steps = []
    for code in range(len(scores.groups)):
        own = share.get(code, 0.0)
        rate = base.get(code, 0.0)
        rate = 1 - rate if turned else rate
        constant = -math.inf if rate >= scores.threshold else math.inf
        parts = (Step(threshold=scores.threshold, share=1 - own), Step(threshold=constant, share=own))
        steps.append(tuple(step for step in parts if step.share > 0))
    return GroupRule(groups=scores.groups, steps=tuple(steps), otherwise=scores.threshold)


def _drawn(scores: Scores, share: dict[int, float]) -> float:
    total = float(scores.weight.sum())
    return sum(own * float(scores.weight[scores.group == code].sum()) for code, own in share.items()) / total


def describe(found: Withheld, scores: Scores) -> tuple[str, ...]:
    """Say what was withheld from whom, and what became of both costs.

    Parameters
    ----------
    found : Withheld
        What :func:`withhold` found.
    scores : Scores
        The rows.

    Returns
    -------
    tuple of str
        Sentences.
    """
    said = _put_aside(found, scores) or ["No group is better off in this cost: nothing is changed."]
    for kind in (found.equalised, *(k for k in (0, 1) if k != found.equalised)):
        verb = "was to be made equal" if kind == found.equalised else "was not looked at"
        said.append(
            f"The cost that {verb}, {_NAMES[kind]}: its gap went from {fixed(found.before[kind], 3)} to "
            f"{fixed(found.after[kind], 3)}."
        )
    for codes, why in (
        (found.short, "better off even with every score put aside"),
        (found.left, f"left with their threshold: fewer than {FEWEST} people of one label"),
    ):
        if codes:
            names = listed([group_name(scores.groups[code]) for code in codes])
            said.append(f"{'Group' if len(codes) == 1 else 'Groups'} {why}: {names}.")
    return tuple(said)


def _put_aside(found: Withheld, scores: Scores) -> list[str]:
    """Say what is put aside in the groups that lose most."""
    shares = sorted(((own, code) for code, own in found.share.items() if own > 0), reverse=True)
    said = []
    for own, code in shares[:MOST_NAMED]:
        rate = found.base[code] if scores.favourable == "positive" else 1 - found.base[code]
        word = "positive" if rate >= scores.threshold else "negative"
        said.append(
            f"For {percent(own)} of group {group_name(scores.groups[code])} the score is put aside and the base rate, "
            f"{percent(rate)}, taken: all of them get a {word} decision."
        )
    if len(shares) > MOST_NAMED:
        said.append(f"So it is, for a smaller share, in {len(shares) - MOST_NAMED} more groups.")
    return said
