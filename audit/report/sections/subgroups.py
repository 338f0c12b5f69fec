"""Show what a search over subgroups found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.subgroups import subgroup_alt, subgroup_tree
from audit.report.blocks import Bullets, Cell, Column, Figure, Heading, Paragraph, Run, Table
from audit.wording import count, gap_interval, level, percent, signed_points
from audit.wording.subgroups import (
    CONFIRMATIONS,
    SEARCH_METHOD,
    search_answer,
    search_power,
    subgroup_name,
    subgroup_sentence,
)

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit
    from audit.rows.subgroups import SubgroupRow

_SAID: Final = 3
_DRAWN: Final = 14
_LISTED: Final = 14


def subgroups(audit: Audit) -> list[Block]:
    """Show what a search over subgroups found.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where nothing was searched.
    """
    found = audit.chapter("search")
    if not found:
        return []
    search, favourable = found[0], audit.plan.roles.favourable
    rows: tuple[SubgroupRow, ...] = audit.chapter("subgroups")
    blocks: list[Block] = [
        Heading("Subgroups that stand out"),
        Paragraph((Run(search_answer(search, favourable)),), lead=True),
    ]
    standing = [row for row in rows if row.discovered and not row.folded]
    confirmed = [row for row in standing if row.confirmed == "yes"]
    confidence = audit.plan.confidence
    if confirmed:
        said = (subgroup_sentence(row, audit.plan.roles, confidence=confidence) for row in confirmed[:_SAID])
        blocks.append(Bullets(tuple((Run(sentence),) for sentence in said)))
    if standing:
        drawn = subgroup_tree(rows, search, favourable=favourable, confidence=confidence, most=_DRAWN)
        blocks += [
            Figure(
                drawn,
                "Subgroups against everybody else, each under the one that it is a part of.",
                subgroup_alt(rows, search, favourable=favourable, most=_DRAWN),
            ),
            _table(standing, confidence),
        ]
    blocks += [Paragraph((Run(search_power(search)),)), Paragraph((Run(SEARCH_METHOD),))]
    return [block for block in blocks if block != Paragraph((Run(""),))]


def _table(rows: list[SubgroupRow], confidence: float) -> Table:
    left = len(rows) - _LISTED
    return Table(
        columns=(
            Column("Subgroup", weight=1.0),
            Column("Rate", "decimal"),
            Column("Difference", "decimal"),
            Column(f"{level(confidence)} interval"),
            Column("n", "right"),
            Column("When found", "decimal"),
            Column("Other half"),
        ),
        rows=tuple(
            (
                Cell(subgroup_name(row)),
                Cell(percent(row.rate)),
                Cell(signed_points(row.value).removesuffix(" points")),
                Cell(gap_interval(row.low, row.high).partition(" interval ")[2].removesuffix(" points")),
                Cell(count(row.n)),
                Cell(signed_points(row.seen).removesuffix(" points"), muted=True),
                Cell(CONFIRMATIONS[row.confirmed] if row.confirmed else ""),
            )
            for row in rows[:_LISTED]
        ),
        caption="Differences from everybody else in points, in the half that confirms.",
        note=f"{count(left)} more are in the attached audit.json." if left > 0 else "",
    )
