"""Findings about the data before a model: who is missing, what is missing, what was seen before, what cannot be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.chapters.missing import MissingGapRow
from audit.chapters.power import TURNED
from audit.chapters.representation import FitRow, RepresentationRow
from audit.rows import Finding
from audit.wording import (
    column_title,
    count,
    detectable,
    escape_plain,
    group_phrase,
    listed,
    missing_gap,
    percent,
    ratio,
)

if TYPE_CHECKING:
    from audit.findings.facts import Facts

RARER: Final = 0.8
"""A group is much rarer than in the population where its ratio is below this for sure."""

OFTEN: Final = 0.05
"""A gap in missing values from which it is a finding."""

SEEN: Final = 0.01
"""Share of test rows that occur in training from which it is a finding."""

FEW: Final = 30
"""People in a denominator below which a rate is called thin."""


def underrepresented(facts: Facts) -> list[Finding]:
    """A group is much rarer in the data than in the population."""
    found = []
    for sensitive in [one for one in facts.groupings if one[0] in facts.plan.population and len(one) == 1]:
        rows = [
            row
            for row in facts.chapter("representation")
            if row.sensitive == sensitive and row.among == "all" and not isinstance(row, FitRow)
        ]
        rare = sorted(
            (row for row in rows if row.ratio is not None and (row.ratio_high or 0.0) < RARER),
            key=lambda row: row.ratio,
        )
        if not rare:
            continue
        said = listed(_share(row) for row in rare)
        n = len(rare)
        found.append(
            Finding(
                code="FA311",
                severity="medium",
                title=f"By {column_title(sensitive)}, {n} {'group is' if n == 1 else 'groups are'} much rarer than in the population",
                evidence=f"Share in the data against the population: {said}.",
                advice="Find out who is left out, and why; numbers about everybody speak less for these groups.",
            )
        )
    return found


def _share(row: RepresentationRow) -> str:
    name = group_phrase(row.sensitive, row.group)
    if row.n == 0:
        return f"{name}, nobody against {percent(row.population)}"
    return f"{name}, {percent(row.value)} against {percent(row.population)} (ratio {ratio(row.ratio)})"


def missing_more_often(facts: Facts) -> list[Finding]:
    """A column is missing more often for one group than for another."""
    found = []
    for sensitive in [one for one in facts.groupings if len(one) == 1]:
        wide = [
            row
            for row in facts.chapter("missing")
            if isinstance(row, MissingGapRow)
            and row.sensitive == sensitive
            and row.value is not None
            and row.value >= OFTEN
            and (row.low or 0.0) > 0
        ]
        if not wide:
            continue
        n = len(wide)
        more = f" {count(n - 1)} more {'column differs' if n == 2 else 'columns differ'}: " if n > 1 else ""
        names = listed(escape_plain(row.column, 60) for row in wide[1:]) + "." if n > 1 else ""
        found.append(
            Finding(
                code="FA312",
                severity="medium",
                title=f"By {column_title(sensitive)}, {'a column is' if n == 1 else f'{n} columns are'} missing more often for one group",
                evidence=f"{missing_gap(wide[0], confidence=facts.plan.confidence)}{more}{names}",
                advice="Find out why; what is not recorded for one group makes every number about it less sure.",
            )
        )
    return found


def seen_before(facts: Facts) -> list[Finding]:
    """Rows of the test are also in training."""
    row = next((one for one in facts.chapter("repeats") if one.where == "test_in_train"), None)
    if row is None or row.value is None or row.value < SEEN:
        return []
    return [
        Finding(
            code="FA313",
            severity="medium",
            title="Some test rows are also training rows",
            evidence=(
                f"{count(row.repeated)} of {count(row.n)} test rows ({percent(row.value)}) have the same values as a "
                f"training row in all {count(row.columns)} columns compared."
            ),
            advice=(
                "If they are the same people, split by person and audit again: a model looks better on rows that it has "
                "seen. If these columns cannot tell people apart, nothing is wrong."
            ),
        )
    ]


def out_of_sight(facts: Facts) -> list[Finding]:
    """The data cannot show a gap as large as the tolerance for some groups."""
    opportunity = TURNED[facts.plan.roles.favourable][1]
    found = []
    for sensitive in facts.groupings:
        rows = [
            row
            for row in facts.chapter("power")
            if (row.metric, row.sensitive, row.reference) == (opportunity, sensitive, None)
        ]
        bound = next((row.tolerance for row in rows if row.tolerance), None)
        thin = [row for row in rows if row.n > 0 and (row.value is None or row.value > (bound or 1.0))]
        if bound is None or not thin:
            continue
        few = sum(row.n < FEW for row in thin)
        said = detectable([row for row in rows if row.n > 0], facts.plan.roles.favourable)
        behind = f" Fewer than {FEW} people stand behind the rate of {few} of them." if few else ""
        n = len(thin)
        found.append(
            Finding(
                code="FA314",
                severity="low",
                title=(
                    f"By {column_title(sensitive)}, the data cannot show a gap of {100 * bound:.4g} points for "
                    f"{count(n)} of {count(len(rows))} groups"
                ),
                evidence=f"{said}{behind}",
                advice="Read their intervals, not their points; collect more people or join groups that belong together.",
            )
        )
    return found


CHECKS = (underrepresented, missing_more_often, seen_before, out_of_sight)
