"""How other tools would report it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.chapters.other_tools import telling
from audit.report.blocks import Bullets, Heading, Paragraph, Run
from audit.wording import not_estimable
from audit.wording.peers import peer_amount, peer_line, peer_subject, peers_sentence

if TYPE_CHECKING:
    from audit.chapters.other_tools import OtherTool
    from audit.report.blocks import Block
    from audit.result import Audit


def peers(audit: Audit) -> list[Block]:
    """How other tools would report it.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        Part of a section; nothing where there is nothing to say.
    """
    every = audit.chapter("other_tools")
    if not every:
        return []
    # Where the decision is its own label, what other tools print of errors is said once, by the limits.
    differ = [row for row in telling(every) if row.here is not None or not audit.plan.roles.no_outcome]
    found: list[Block] = [
        Heading("How other tools would report it", 2),
        Paragraph(
            (
                Run(
                    peers_sentence(
                        len({row.tool for row in every}),
                        len(every),
                        sum(not row.same for row in every),
                        sum(row.why == "undefined_as_zero" for row in every),
                    )
                ),
            )
        ),
    ]
    if not differ:
        return found
    found.append(Bullets(tuple((Run(f"{row.tool}. ", "strong"), Run(_said(row))) for row in differ)))
    return found


def _said(row: OtherTool) -> str:
    there = peer_amount(row.value, kind=row.kind, ours=row.ours, people=row.why == "numbers_of_people")
    here = (
        not_estimable(row.reason) if row.here is None else peer_amount(row.here, kind=row.kind, ours=row.ours)
    )
    subject = peer_subject(row.sensitive, row.group, row.reference)
    return f"{peer_line(row.measure, subject, there, here)} {row.explanation}"
