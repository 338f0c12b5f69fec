"""The measures that this audit holds: how each is read, its formula and what it does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.metrics.scores import are_probabilities
from audit.names import CRITERIA, FAMILIES, MORE_CRITERIA, RATES
from audit.report.blocks import Cell, Column, Heading, Separator, Table
from audit.report.sections.scores import PROMISES, RANKING
from audit.wording import FAMILY_TITLES, criterion_rates, text

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit

_ALWAYS: Final = ("base_rate", "selection_rate", "error_rate", "false_positive_rate", "precision")
"""Rates that every report shows; those of its criteria come with them."""


def glossary(audit: Audit) -> list[Block]:
    """Explain the measures that were used.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    favourable = audit.plan.roles.favourable
    rows: list[Separator | tuple[Cell, ...]] = []
    for title, names in _used(audit):
        if names:
            rows.append(Separator(title))
        for name in names:
            said = text(name, favourable)
            rows.append(
                (
                    Cell(said.title, strong=True, below=said.formula),
                    Cell(said.reading),
                    Cell(said.caution),
                )
            )
    return [
        Heading("The words"),
        Table(
            columns=(
                Column("Measure", weight=1.1),
                Column("How it is read", weight=1.3),
                Column("What it does not tell", weight=1.3),
            ),
            rows=tuple(rows),
            note=(
                "TP, FP, FN and TN are true positives, false positives, false negatives and true negatives of a group. "
                "Indices, further criteria and further measures of scores stand in the attached results."
            ),
        ),
    ]


def _used(audit: Audit) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Name what is explained, by family."""
    favourable = audit.plan.roles.favourable
    named = {name.rsplit("_", 1)[0] for name in audit.plan.tolerances}
    # The first three stand among the methods with their formula, and among the limits with what they do not tell.
    further = tuple(name for name in MORE_CRITERIA if name in named)
    compared = {rate for name in (*CRITERIA, *further) for rate in criterion_rates(name, favourable)}
    used = {*_ALWAYS, *compared, *named}
    if audit.plan.roles.no_outcome:
        used = {"base_rate", "selection_rate"}
    rates = tuple(name for name in RATES if name in used)
    return (
        ("Criteria", further),
        ("Comparisons between groups", ("difference", "ratio", "worst_group")),
        ("Rates", rates),
        *((FAMILY_TITLES[family], _shown(audit, family, named)) for family in FAMILIES),
    )


def _shown(audit: Audit, family: str, named: set[str]) -> tuple[str, ...]:
    """Choose the measures of a family that stand on these pages or have a tolerance."""
    cells = audit.basis.scores
    tabled: tuple[str, ...] = ()
    if family == "scores" and cells is not None:
        tabled = (*RANKING, *(PROMISES if are_probabilities(cells) else ()))
    if family == "values" and audit.basis.values is not None:
        tabled = FAMILIES[family]
    held = audit.protection is None
    return tuple(name for name in FAMILIES[family] if held and (name in tabled or name in named))
