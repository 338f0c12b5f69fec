"""People whose group is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.bounds import probable, probable_alt, unknown, unknown_alt
from audit.report.blocks import Figure, Heading, Paragraph, Run
from audit.wording import column_title, short_title
from audit.wording.bounds import ANYBODY, WEIGHTED, probable_sentence, unknown_sentence

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def bounds(audit: Audit) -> list[Block]:
    """People whose group is not known.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        Part of a section; nothing where there is nothing to say.
    """
    return [*_unknown(audit), *_probable(audit)]


def _unknown(audit: Audit) -> list[Block]:
    rows = [row for row in audit.chapter("bounds") if row.assumed == "any"]
    if not rows:
        return []
    favourable = audit.plan.roles.favourable
    found: list[Block] = [Heading("If the unknown belonged to a group", level=2)]
    for sensitive in dict.fromkeys(row.sensitive for row in rows):
        here = [row for row in rows if row.sensitive == sensitive]
        lead = next((row for row in here if row.survives is False), here[0])
        found.append(Paragraph((Run(unknown_sentence(lead, favourable)),)))
        found.append(
            Figure(
                unknown(here, favourable=favourable),
                f"Gaps by {column_title(sensitive)}, and what people without a recorded group could make of them.",
                unknown_alt(here, favourable=favourable),
            )
        )
    return [*found, Paragraph((Run(ANYBODY),))]


def _probable(audit: Audit) -> list[Block]:
    rows = audit.chapter("probable")
    if not rows:
        return []
    favourable = audit.plan.roles.favourable
    gap = rows[0]
    groups = [row for row in rows if row.metric == gap.metric and row.group is not None]
    return [
        Heading("If groups are only known by probability", level=2),
        Paragraph((Run(probable_sentence(gap, favourable)),)),
        Figure(
            probable(groups, favourable=favourable),
            f"{short_title(gap.metric, favourable)} of groups that are known by probability.",
            probable_alt(groups, favourable=favourable),
        ),
        Paragraph((Run(WEIGHTED),)),
    ]
