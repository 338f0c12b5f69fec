"""Findings about scores: whether they mean the same in every group, and whether they rank every group alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.disparity.areas import area_bounds
from audit.disparity.scoring import Scored, gap_row, measure
from audit.limits import EXACT
from audit.metrics.scores import are_probabilities
from audit.rows import Finding, MetricRow
from audit.wording import column_title, count, group_phrase
from audit.wording.thresholds import promise_answer, ranking_answer

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.tables.scores import ScoreCells

UNLIKE: Final = 0.05
"""AUCs that are surely further apart than this are a finding."""

BLUR: Final = 0.01
"""Areas that bins can move by more than this are a finding."""

PROMISE: Final = 0.02
"""Mean scores that are surely further from the outcomes in one group than in another are a finding from here on."""


def meaning(facts: Facts) -> list[Finding]:
    """A score promises more to one group than to another."""
    cells = facts.basis.scores
    if cells is None or not are_probabilities(cells):
        return []
    found = []
    for scores, known in _each(facts, cells, "calibration_in_the_large"):
        row = gap_row(known, scores, facts.plan, chance=False)
        if row.low is None or row.low <= PROMISE:
            continue
        found.append(
            Finding(
                code="FA351",
                severity="medium",
                title=f"By {column_title(scores.sensitive)}, a score means different things",
                evidence=promise_answer(row, _values(known, scores), confidence=facts.plan.confidence),
                advice="Look at the calibration of each group; the same threshold asks more of one group than of another.",
            )
        )
    return found


def ranking(facts: Facts) -> list[Finding]:
    """Scores rank people of one group better than those of another."""
    cells = facts.basis.scores
    if cells is None:
        return []
    found = []
    for scores, known in _each(facts, cells, "auc"):
        row = gap_row(known, scores, facts.plan, chance=False)
        if row.low is None or row.low <= UNLIKE:
            continue
        found.append(
            Finding(
                code="FA352",
                severity="low",
                title=f"By {column_title(scores.sensitive)}, scores rank some groups better than others",
                evidence=ranking_answer(row, _values(known, scores), confidence=facts.plan.confidence),
                advice="No threshold mends this; ask which features say less about the group that is ranked worse.",
            )
        )
    return found


def blurred(facts: Facts) -> list[Finding]:
    """Counting scores in bins hides much of how they rank people."""
    cells = facts.basis.scores
    if cells is None or cells.exact:
        return []
    whole = cells.overall()
    places = [("everybody", whole, 0)]
    for sensitive in facts.groupings:
        if len(sensitive) == 1:
            part = cells.marginal(sensitive)
            places += [(group_phrase(sensitive, group), part, k) for k, group in enumerate(part.groups)]
    bounds = [(float(area_bounds(part, whole, "auc")[k]), name) for name, part, k in places]
    most, name = max((pair for pair in bounds if pair[0] == pair[0]), default=(0.0, ""))
    if most <= BLUR:
        return []
    asked = facts.plan.score_bins
    return [
        Finding(
            code="FA353",
            severity="low",
            title="Bins hide how well the scores rank",
            evidence=(
                f"Scores were counted in {count(len(cells.cuts))} bins of equal width, and many lie in a few of them: the "
                f"area under the curve of {name} can be off by up to {most:.3f}. The intervals allow for it."
            ),
            advice=(
                "Give the score a scale that spreads people, such as its rank or its logarithm."
                if asked == EXACT
                else "Count every score by itself: choose so where the score is named, or with --score-bins exact."
            ),
        )
    ]


def _each(facts: Facts, cells: ScoreCells, metric: str) -> list[tuple[ScoreCells, Scored]]:
    """Measure one thing by each single column."""
    parts = [cells.marginal(sensitive) for sensitive in facts.groupings if len(sensitive) == 1]
    return [(part, measure(part, facts.plan, metric)) for part in parts]


def _values(known: Scored, scores: ScoreCells) -> list[MetricRow]:
    return [
        MetricRow(
            metric=known.metric,
            sensitive=scores.sensitive,
            group=group,
            value=float(value),
            low=None,
            high=None,
            n=int(n),
            n_effective=None,
        )
        for group, value, n in zip(scores.groups, known.groups.value, known.n, strict=True)
    ]


CHECKS = (meaning, ranking, blurred)
