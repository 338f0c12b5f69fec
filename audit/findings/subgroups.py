"""Findings about subgroups that a search found and the other half of the people confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.rows import Finding
from audit.wording import count
from audit.wording.subgroups import subgroup_sentence

if TYPE_CHECKING:
    from audit.findings.facts import Facts

_SAID = 3


def confirmed(facts: Facts) -> list[Finding]:
    """Subgroups stand out where columns meet, and no single column shows it."""
    if facts.basis.searched is None:
        return []
    rows = [
        row
        for row in facts.chapter("subgroups")
        if row.confirmed == "yes" and not row.folded and row.depth > 1 and row.worse is not False
    ]
    if not rows:
        return []
    roles, confidence = facts.plan.roles, facts.plan.confidence
    said = " ".join(subgroup_sentence(row, roles, confidence=confidence) for row in rows[:_SAID])
    more = len(rows) - _SAID
    also = f" {count(more)} more {'stands' if more == 1 else 'stand'} out." if more > 0 else ""
    number = "One subgroup stands" if len(rows) == 1 else f"{count(len(rows))} subgroups stand"
    return [
        Finding(
            code="FA341",
            severity="medium",
            title=f"{number} out where columns meet",
            evidence=f"{said}{also} Each was found in one half of the people and confirmed in the other.",
            advice="Look at these people by themselves: no single column shows the difference.",
        )
    ]


CHECKS = (confirmed,)
