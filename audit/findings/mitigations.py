"""Findings about what was tried: did it help, who paid, and would a plain threshold have done the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.disparity.chance import CRITERION_RATES
from audit.rows import Finding
from audit.wording import (
    LEVELLING,
    change,
    column_title,
    criterion_rates,
    direction,
    levelling_down,
    listed,
    points,
    short_title,
    shown_change,
)

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.rows import ComparisonRow
    from audit.rows.trials import TrialRecord

SAME = 0.01
"""Gaps less than a point apart are called the same."""

MOST_TOLD = 3
"""Repairs above which they share one finding."""


def _gap(facts: Facts, mitigation: str, sensitive: tuple[str, ...], criterion: str) -> ComparisonRow | None:
    for row in facts.comparison:
        if (row.mitigation, row.sensitive, row.metric, row.comparison) == (
            mitigation,
            sensitive,
            criterion,
            "difference",
        ):
            return row
    return None


def changed(facts: Facts) -> list[Finding]:
    """What mitigations did to the gaps, against before and against a plain threshold; many are told together."""
    if len(facts.trials) > MOST_TOLD:
        return [found for sensitive in facts.groupings if (found := _together(facts, sensitive))]
    return [
        found
        for trial in facts.trials
        for sensitive in facts.groupings
        if (found := _alone(facts, trial, sensitive))
    ]


def _alone(facts: Facts, trial: TrialRecord, sensitive: tuple[str, ...]) -> Finding | None:
    """Say what one repair did to the gaps of one grouping."""
    rows = [
        row
        for criterion in CRITERION_RATES
        if (row := _gap(facts, trial.mitigation, sensitive, criterion)) and row.change is not None
    ]
    if not rows:
        return None
    helped = any(shown_change(row) < 0 for row in rows)
    return _changed(
        f"{trial.title}, by {column_title(sensitive)}: {'a gap closed' if helped else 'no closing gap could be shown'}",
        " ".join(_told(facts, row) for row in rows),
    )


def _together(facts: Facts, sensitive: tuple[str, ...]) -> Finding | None:
    """Say what many repairs did to the gaps of one grouping: how many closed each, and which one most."""
    said, helped, known = [], set(), set()
    for criterion in CRITERION_RATES:
        rows = [
            (trial, row)
            for trial in facts.trials
            if (row := _gap(facts, trial.mitigation, sensitive, criterion)) and row.change is not None
        ]
        known |= {trial.mitigation for trial, _ in rows}
        closed = [(trial, row) for trial, row in rows if shown_change(row) < 0]
        wider = [trial.title for trial, row in rows if shown_change(row) > 0]
        helped |= {trial.mitigation for trial, _ in closed}
        if closed:
            best, row = min(closed, key=lambda one: one[1].change or 0.0)
            which = f"the most of {len(closed)} repairs that closed it" if len(closed) > 1 else "the only one"
            said.append(f"{_told(facts, row)} That is {best.title}, {which}.")
        elif rows:
            name = short_title(criterion, facts.plan.roles.favourable)
            said.append(f"{name}: none could be shown to close the gap.")
        if wider:
            said.append(f"Wider with {listed(wider)}.")
    if not said:
        return None
    many = (
        f"{len(helped)} of {len(known)} repairs"
        if helped
        else f"none of {len(known)} repairs could be shown to have"
    )
    return _changed(f"By {column_title(sensitive)}, {many} closed a gap", " ".join(said))


def _told(facts: Facts, row: ComparisonRow) -> str:
    """Say how a gap changed, and what a plain threshold gives where that is as little."""
    said = change(row, facts.plan.roles.favourable, confidence=facts.plan.confidence)
    plain = (
        row.control is not None
        and row.after is not None
        and (row.change or 0.0) < 0
        and row.control <= row.after + SAME
    )
    return (
        f"{said} A plain threshold at the same selection rate gives {points(row.control)}." if plain else said
    )


def _changed(title: str, evidence: str) -> Finding:
    return Finding(
        code="FA501",
        severity="info",
        title=title,
        evidence=evidence,
        advice="Compare it with the control: only what goes beyond a moved threshold is the mitigation's own.",
    )


def levelled_down(facts: Facts) -> list[Finding]:
    """A gap closed because somebody got worse; of many repairs that do so the worst one is told."""
    found = []
    for sensitive in facts.groupings:
        all_of_them = [_levelled(facts, trial, sensitive) for trial in facts.trials]
        told = [one for one in all_of_them if one is not None]
        by = column_title(sensitive)
        if len(told) <= MOST_TOLD:
            found += [
                _finding(f"{one.title} levels down by {by}", " ".join(map(_began, one.said))) for one in told
            ]
            continue
        worst = max(told, key=lambda one: one.loss)
        said = " ".join(map(_began, worst.said))
        found.append(
            _finding(
                f"{len(told)} of {len(facts.trials)} repairs level down by {by}",
                f"They closed a gap at least partly because a group got worse: {listed(one.title for one in told)}. "
                f"The largest loss is that of {worst.title}. {said}",
            )
        )
    return found


def _finding(title: str, evidence: str) -> Finding:
    return Finding(
        code="FA502",
        severity="medium",
        title=title,
        evidence=evidence,
        advice="Ask whether the loss is acceptable, and try a mitigation that lifts the worse-off group instead.",
    )


def _began(sentence: str) -> str:
    """Begin a sentence anew without the words that the title has said."""
    rest = sentence.removeprefix("Levelling down: ")
    return rest[:1].upper() + rest[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levelled:
    """What a repair took away.

    Parameters
    ----------
    title : str
        The repair.
    said : list of str
        A sentence for each criterion whose gap closed so.
    loss : float
        The largest loss of a group that the sentences speak of, as a share.
    """

    title: str
    said: list[str]
    loss: float


def _levelled(facts: Facts, trial: TrialRecord, sensitive: tuple[str, ...]) -> _Levelled | None:
    favourable = facts.plan.roles.favourable
    said, losses = [], []
    for criterion in LEVELLING:
        row = _gap(facts, trial.mitigation, sensitive, criterion)
        if row is None:
            continue
        rate = criterion_rates(criterion, favourable)[0]
        rates = [
            r
            for r in facts.comparison
            if (r.mitigation, r.sensitive, r.metric, r.comparison)
            == (trial.mitigation, sensitive, rate, None)
        ]
        sentence = levelling_down(row, rates, favourable)
        if sentence:
            said.append(sentence)
            losses += [-direction(rate, favourable) * (r.change or 0.0) for r in rates if r.group is not None]
    return _Levelled(title=trial.title, said=said, loss=max(losses)) if said else None


CHECKS = (changed, levelled_down)
