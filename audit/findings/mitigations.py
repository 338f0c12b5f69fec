"""Findings about what was tried: did it help, who paid, and would a plain threshold have done the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.disparity.compare import CRITERION_RATES
from audit.rows import Finding
from audit.wording import (
    LEVELLING,
    change,
    column_title,
    criterion_rates,
    levelling_down,
    points,
    shown_change,
)

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.rows import ComparisonRow

SAME = 0.01
"""Gaps less than a point apart are called the same."""


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
    """What a mitigation did to the gaps, against before and against a plain threshold."""
    found = []
    for trial in facts.trials:
        for sensitive in facts.groupings:
            sentences, helped = [], False
            for criterion in CRITERION_RATES:
                row = _gap(facts, trial.mitigation, sensitive, criterion)
                if row is None or row.change is None:
                    continue
                sentences.append(change(row, facts.plan.roles.favourable, confidence=facts.plan.confidence))
                helped = helped or shown_change(row) < 0
                if (
                    row.control is not None
                    and row.after is not None
                    and row.change < 0
                    and row.control <= row.after + SAME
                ):
                    sentences.append(
                        f"A plain threshold at the same selection rate gives {points(row.control)}."
                    )
            if sentences:
                found.append(
                    Finding(
                        code="FA501",
                        severity="info",
                        title=f"{trial.title}, by {column_title(sensitive)}: {'a gap closed' if helped else 'no closing gap could be shown'}",
                        evidence=" ".join(sentences),
                        advice="Compare it with the control: only what goes beyond a moved threshold is the mitigation's own.",
                    )
                )
    return found


def levelled_down(facts: Facts) -> list[Finding]:
    """A gap closed because somebody got worse."""
    found = []
    for trial in facts.trials:
        for sensitive in facts.groupings:
            said = [_levelled(facts, trial.mitigation, sensitive, name) for name in LEVELLING]
            if any(said):
                found.append(
                    Finding(
                        code="FA502",
                        severity="medium",
                        title=f"{trial.title} levels down by {column_title(sensitive)}",
                        evidence=" ".join(sentence for sentence in said if sentence),
                        advice=(
                            "Ask whether the loss is acceptable, and try a mitigation that lifts the worse-off group instead."
                        ),
                    )
                )
    return found


def _levelled(facts: Facts, mitigation: str, sensitive: tuple[str, ...], criterion: str) -> str:
    row = _gap(facts, mitigation, sensitive, criterion)
    if row is None:
        return ""
    rate = criterion_rates(criterion, facts.plan.roles.favourable)[0]
    groups = [
        r for r in facts.comparison if (r.mitigation, r.sensitive, r.metric) == (mitigation, sensitive, rate)
    ]
    rates = [r for r in groups if r.comparison is None]
    return levelling_down(row, rates, facts.plan.roles.favourable)


CHECKS = (changed, levelled_down)
