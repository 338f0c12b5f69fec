"""What a reader must know of thresholds by group: what they reach, who gives, and how sure that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.hull.aims import FEWEST, rate_of
from audit.mitigation.hull.curves import reached
from audit.mitigation.table import group_name
from audit.rows.series import Series
from audit.wording.numbers import count, percent, points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.mitigation.hull.programme import Outcome, Problem
    from audit.mitigation.repair import Scores

_Z: Final = 1.959963984540054
_WANTED: Final = 0.03
MOST_NAMED: Final = 4
"""How many groups a sentence names."""

_LOST: Final = 0.005
_FEW_VALUES: Final = 20

_WHAT: Final = {
    "chance": "favourable decisions among {who}",
    "favour": "favourable decisions among {who}",
    "share": "favourable decisions",
    "error": "wrong decisions",
}


def what_changed(problem: Problem, before: Outcome, after: Outcome) -> list[str]:
    """Say what was made alike and at what price, on the rows that thresholds were set on.

    Parameters
    ----------
    problem : Problem
        The groups and the aim.
    before, after : Outcome
        With the threshold of now, and with the new ones.

    Returns
    -------
    list of str
        Sentences.
    """
    aim = problem.aim
    what = " and of ".join(_WHAT[rate].format(who=aim.who(rate)) for rate in aim.rates)
    said = [
        (
            f"On the rows that the thresholds were set on, the gap in the shares of {what} went from "
            f"{points(before.gap)} to {points(after.gap)}, and the share of right decisions from "
            f"{percent(before.accuracy)} to {percent(after.accuracy)}."
        )
    ]
    if after.gap > before.gap + _LOST:
        said.append(
            "The gap was narrower than the tolerance already: what is left of it is now used to make fewer errors."
        )
    losers = _losers(problem, before, after)
    if losers:
        said.append(
            f"Some pay for it there: among {aim.who('chance')}, favourable decisions became rarer {listed(losers)}."
        )
    return said + _collapsed(problem, after)


def _losers(problem: Problem, before: Outcome, after: Outcome) -> list[str]:
    """Say whose chances fell."""
    named = []
    for curve in problem.curves:
        if problem.aim.people(curve, "chance") < FEWEST:
            continue
        pair = [
            float(rate_of("chance", curve, problem.aim.favourable, *reached(curve, found.steps[curve.code])))
            for found in (before, after)
        ]
        if pair[1] < pair[0] - _LOST:
            named.append(
                (
                    pair[1] - pair[0],
                    f"in group {group_name(problem.groups[curve.code])}, {percent(pair[1])} after {percent(pair[0])}",
                )
            )
    return [name for _, name in sorted(named)]


def _collapsed(problem: Problem, after: Outcome) -> list[str]:
    """Say where everybody or nobody is selected."""
    said = []
    for end, word in ((-math.inf, "everybody"), (math.inf, "nobody")):
        groups = [
            group_name(problem.groups[curve.code])
            for curve in problem.curves
            if len(curve.threshold) > 2
            and all(step.threshold == end for step in after.steps[curve.code] if step.share > 0.001)
        ]
        if groups:
            said.append(
                f"The thresholds give a positive decision to {word} in {_groups(groups)}: "
                "the scores then play no part there."
            )
    return said


def left_alone(problem: Problem) -> list[str]:
    """Say which groups keep their threshold because too few of their people are in the rates.

    Parameters
    ----------
    problem : Problem
        The groups.

    Returns
    -------
    list of str
        Sentences.
    """
    if not problem.others:
        return []
    names = [group_name(problem.groups[curve.code]) for curve in problem.others]
    verb = "keeps its threshold" if len(names) == 1 else "keep their threshold"
    who = " or ".join(dict.fromkeys(problem.aim.who(rate) for rate in problem.aim.rates))
    return [f"{_groups(names, first=True)} {verb}: fewer than {FEWEST} {who} to set one on."]


def how_sure(problem: Problem, after: Outcome) -> tuple[list[str], dict[str, float]]:
    """Say how far the rates can be from those of other people, and how many people would tell them well.

    Parameters
    ----------
    problem : Problem
        The groups and the aim.
    after : Outcome
        The thresholds that were chosen.

    Returns
    -------
    sentences : list of str
        Empty where there are fewer than two groups.
    measured : dict of str to float
        "rate_margin": half the width of the widest interval.
    """
    worst, at = 0.0, None
    for rate in problem.aim.rates:
        for curve, value in zip(problem.curves, after.rates[rate], strict=True):
            n = problem.aim.people(curve, rate)
            shrunk = (value * n + 2) / (n + 4)
            margin = _Z * math.sqrt(shrunk * (1 - shrunk) / (n + 4))
            if margin > worst:
                worst, at = margin, (rate, curve, n, shrunk)
    if at is None or len(problem.curves) < 2:
        return [], {}
    rate, curve, n, shrunk = at
    needed = shrunk * (1 - shrunk) * (_Z / _WANTED) ** 2
    name = group_name(problem.groups[curve.code])
    said = (
        f"A gap on other people differs by chance: in group {name} the thresholds were set on {count(n)} "
        f"{problem.aim.who(rate)}, which tells that share to ± {points(worst)} (95 %)."
    )
    if needed > n:
        said += (
            f" For ± {points(_WANTED)} about {count(_rounded(needed))} such people are needed in each group."
        )
    return [said], {"rate_margin": worst}


def _rounded(value: float) -> float:
    """Round to two digits, which is all that a rule of thumb deserves."""
    digits = max(math.floor(math.log10(value)) - 1, 0)
    return float(math.ceil(value / 10**digits) * 10**digits)


def how_drawn(problem: Problem, after: Outcome, scores: Scores) -> tuple[list[str], dict[str, float]]:
    """Say for how many people a draw decides.

    Parameters
    ----------
    problem : Problem
        The groups.
    after : Outcome
        The thresholds that were chosen.
    scores : Scores
        The rows that they were set on.

    Returns
    -------
    sentences : list of str
        Empty where nothing is drawn.
    measured : dict of str to float
        "drawn_share", where something is drawn.
    """
    rule = after.rule(problem)
    chance = rule.probability(scores.score, scores.group)
    drawn = float(np.average((chance > 0) & (chance < 1), weights=scores.weight))
    if not rule.drawn or drawn == 0:
        return [], {}
    said = (
        f"For {percent(drawn)} of people the decision is drawn at random: two people with the same score in the same "
        "group can get different decisions."
    )
    return [said], {"drawn_share": drawn}


def coarse(scores: Scores) -> list[str]:
    """Say that scores take few values, so that thresholds can reach few rates.

    Parameters
    ----------
    scores : Scores
        The rows.

    Returns
    -------
    list of str
        Empty where there are many.
    """
    values = len(np.unique(scores.score[scores.weight > 0]))
    if values > _FEW_VALUES:
        return []
    if values == 1:
        return ["Every score is the same: thresholds can only select everybody or nobody."]
    return [f"The scores take {values} values only: thresholds without a draw can reach few rates."]


def path(
    problem: Problem,
    settle: Callable[[float], Outcome],
    *,
    picked: float,
    start: float,
    tell: Callable[[float], None],
) -> tuple[Outcome, Series]:
    """Solve for several tolerances, so that the trade can be seen.

    Parameters
    ----------
    problem : Problem
        The groups and the aim.
    settle : callable
        Tolerance → what is reached.
    picked : float
        The tolerance of the plan.
    start : float
        The gap of now: wider tolerances are of no interest.
    tell : callable
        Told the share done.

    Returns
    -------
    Outcome
        For the tolerance that was picked.
    Series
        Accuracy and gap of everybody and the rates of each group, over the tolerance.
    """
    usual = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
    places = sorted({picked, *(tolerance for tolerance in usual if tolerance <= start + 0.02)})
    found = []
    for i, tolerance in enumerate(places):
        tell(i / len(places))
        found.append(settle(tolerance))
    return found[places.index(picked)], curve_series(
        problem, found, places, across="Tolerance", picked=picked, title="What each tolerance costs"
    )


def curve_series(
    problem: Problem,
    found: Sequence[Outcome],
    places: Sequence[float],
    *,
    across: str,
    picked: float | None,
    title: str,
) -> Series:
    """Draw what was reached at each place of a setting.

    Parameters
    ----------
    problem : Problem
        The groups and the aim.
    found : sequence of Outcome
        What each place led to.
    places : sequence of float
        Values of the setting.
    across : str
        Name of the setting.
    picked : float or None
        The place that was kept.
    title : str
        What it shows.

    Returns
    -------
    Series
        Of the kind "path".
    """
    empty = (None,) * len(places)
    names = tuple(problem.groups[curve.code] for curve in problem.curves)
    measures = ["accuracy", "fitted_gap"]
    values: list[tuple[tuple[float | None, ...], ...]] = [
        (tuple(outcome.accuracy for outcome in found), *(empty for _ in names)),
        (tuple(outcome.gap for outcome in found), *(empty for _ in names)),
    ]
    for rate in problem.aim.rates:
        shown, same = problem.aim.shown(rate)
        measures.append(shown)
        own = np.array([outcome.rates[rate] for outcome in found]).T
        own = own if same else 1 - own
        values.append((empty, *(tuple(float(v) for v in row) for row in own)))
    return Series(
        id=across.split(" ", maxsplit=1)[0].lower(),
        kind="path",
        title=title,
        across=across,
        measures=tuple(measures),
        groups=(None, *names),
        x=tuple(float(place) for place in places),
        values=tuple(values),
        picked=picked,
    )


def _groups(names: list[str], *, first: bool = False) -> str:
    word = "group" if len(names) == 1 else "groups"
    return f"{word.capitalize() if first else word} {listed(names)}"


def listed(names: list[str]) -> str:
    """List names, and only count those beyond a few.

    Parameters
    ----------
    names : list of str
        Names.

    Returns
    -------
    str
        Such as "a, b and c".
    """
    if len(names) <= MOST_NAMED:
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
