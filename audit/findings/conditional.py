"""Findings about people who are comparable: whether a gap is still there among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.rows import Finding
from audit.wording.comparable import adjusted_sentence, control_phrase, pattern_title

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.rows.comparable import AdjustedRow

_CHANGED = {"shrinks", "vanishes", "reverses", "appears"}


def comparable(facts: Facts) -> list[Finding]:
    """A gap is another one among people with the same values of the control columns."""
    if facts.basis.strata is None:
        return []
    found = []
    for (column,) in (sensitive for sensitive in facts.groupings if len(sensitive) == 1):
        rows = [
            row
            for row in facts.chapter("simpson")
            if row.sensitive == (column,) and row.pattern in _CHANGED and row.metric != "error_rate"
        ]
        if not rows:
            continue
        row = max(rows, key=_size)
        others = len({(other.group, other.metric) for other in rows}) - 1
        also = (
            f" {others} more {'comparison changes' if others == 1 else 'comparisons change'} as well."
            if others
            else ""
        )
        found.append(
            Finding(
                code="FA321",
                severity="medium",
                title=pattern_title(row, facts.plan.roles.favourable),
                evidence=f"{adjusted_sentence(row, facts.plan.roles, confidence=facts.plan.confidence)}{also}",
                advice=(
                    f"Look at each value of {control_phrase(row.control)}, and ask how people come to it: a control column "
                    "may itself carry the disadvantage."
                ),
            )
        )
    return found


def _size(row: AdjustedRow) -> float:
    return max(abs(row.crude or 0.0), abs(row.value or 0.0))


CHECKS = (comparable,)
