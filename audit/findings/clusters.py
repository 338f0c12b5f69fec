"""Findings about rows that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.inference.clusters import design_effects, ties
from audit.metrics.rates import RATE
from audit.rows import Finding
from audit.wording import count, escape_plain, short_title

if TYPE_CHECKING:
    from audit.findings.facts import Facts

STRONG: Final = 1.5
"""Design effect from which it is told that rows belong together."""

_LOOKED_AT: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")


def design_effect(facts: Facts) -> list[Finding]:
    """Rows of one cluster are alike, so that they tell less than as many others."""
    everybody = facts.cells.overall()
    found = ties(facts.basis.clusters, facts.cells)
    if facts.basis.clusters is None or found is None:
        return []
    whole = found.overall()
    effects = {
        name: float(design_effects(whole, RATE[name].numerator, RATE[name].denominator, everybody)[0])
        for name in _LOOKED_AT
    }
    name = max(effects, key=lambda each: effects[each])
    if effects[name] <= STRONG:
        return []
    rate = short_title(name, facts.plan.roles.favourable).lower()
    return [
        Finding(
            code="FA331",
            severity="low",
            title="Rows that belong together are alike",
            evidence=(
                f"{count(facts.cells.total)} rows are in {count(facts.basis.clusters.total)} clusters of "
                f"{escape_plain(facts.basis.clusters.column, 60)}. For {rate} the variance is {effects[name]:.1f} times that "
                f"of independent rows, as if there were {count(facts.cells.total / effects[name])} of them."
            ),
            advice="All intervals allow for it: read the effective n, not the number of rows.",
        )
    ]


CHECKS = (design_effect,)
