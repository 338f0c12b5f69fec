"""Findings about small groups that were joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.rows import Finding
from audit.wording.small import joined_notes

if TYPE_CHECKING:
    from audit.findings.facts import Facts


def joined(facts: Facts) -> list[Finding]:
    """Small groups were joined before anything was computed."""
    notes = joined_notes(facts.data.notes)
    if not notes:
        return []
    return [
        Finding(
            code="FA361",
            severity="info",
            title="Small groups are joined",
            evidence=" ".join(notes),
            advice="A joined group can hide that one of its parts fares badly; collect more people of each.",
        )
    ]


CHECKS = (joined,)
