"""The measures that this audit holds: how each is read, its formula and what it does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.names import CRITERIA, FAMILIES, MORE_CRITERIA, RATES
from audit.report.blocks import Cell, Column, Heading, Paragraph, Run, Separator, Table
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
        Paragraph(
            (
                Run(
                    "TP, FP, FN and TN are true positives, false positives, false negatives and true negatives of a "
                    "group. Indices and further criteria stand in the attached results."
                ),
            )
        ),
        Table(
            columns=(
                Column("Measure", weight=1.1),
                Column("How it is read", weight=1.3),
                Column("What it does not tell", weight=1.3),
            ),
            rows=tuple(rows),
        ),
    ]


def _used(audit: Audit) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Name what is explained, by family."""
    favourable = audit.plan.roles.favourable
    named = {name.rsplit("_", 1)[0] for name in audit.plan.tolerances}
    criteria = tuple(name for name in (*CRITERIA, *MORE_CRITERIA) if name in CRITERIA or name in named)
    compared = {rate for name in criteria for rate in criterion_rates(name, favourable)}
    rates = tuple(name for name in RATES if name in {*_ALWAYS, *compared, *named})
    held = {
        "indices": audit.protection is None,
        "scores": audit.protection is None and audit.basis.scores is not None,
        "values": audit.protection is None and audit.basis.values is not None,
    }
    return (
        ("Criteria", criteria),
        ("Comparisons between groups", ("difference", "ratio", "worst_group")),
        ("Rates", rates),
        *((FAMILY_TITLES[family], FAMILIES[family]) for family in FAMILIES if held[family]),
    )
