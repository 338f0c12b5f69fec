"""A model of each group's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.chapters.regrets import LargestRegretRow, RegretRow
from audit.report.blocks import Cell, Column, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections.words import span
from audit.rows import REASONS, group_name
from audit.wording import column_title, count, level, percent, signed_points
from audit.wording.several import BASELINE_WORDS, best_worst_group
from audit.wording.several import regret as said_of

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit


def regret(audit: Audit) -> list[Block]:
    """Hold the decisions about each group against a model of its own.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        Part of a section; nothing where no such models were trained.
    """
    rows = audit.chapter("regrets")
    if not rows:
        return []
    largest = [row for row in rows if isinstance(row, LargestRegretRow)]
    lead = max(largest, key=lambda row: row.low if row.low is not None else -1.0)
    said = [said_of(lead, confidence=audit.plan.confidence), best_worst_group(lead)]
    return [
        Heading("Against a model of each group's own", level=2),
        Paragraph((Run(" ".join(part for part in said if part)),), lead=True),
        _table(audit, [row for row in rows if isinstance(row, RegretRow)], lead.baseline),
    ]


def _table(audit: Audit, rows: list[RegretRow], baseline: str) -> Table:
    body: list[RowLike] = []
    for sensitive in dict.fromkeys(row.sensitive for row in rows):
        body.append(Separator(f"By {column_title(sensitive)}"))
        body += [_line(row) for row in rows if row.sensitive == sensitive]
    columns = (
        Column("Group", weight=1),
        Column("Trained on", "right"),
        Column("Measured on", "right"),
        Column("Wrong decisions", "right"),
        Column("Wrong with its own model", "right"),
        Column("Regret in points", "right"),
    )
    model = BASELINE_WORDS.get(baseline, "a model")
    return table(
        columns,
        body,
        caption="Wrong decisions, and wrong decisions of a model trained on the group alone.",
        note=f"Each group's own model is {model}; both are measured on the same test rows. Below the regret: its paired "
        f"{level(audit.plan.confidence)} interval.",
    )


def _line(row: RegretRow) -> RowLike:
    if row.value is None:
        return (
            group_name(row.group),
            count(row.n_train),
            count(row.n),
            Cell(REASONS.get(row.reason, "not estimable"), muted=True),
            Cell("", muted=True),
            Cell("", muted=True),
        )
    shown = row.low is not None and row.high is not None and (row.low > 0 or row.high < 0)
    return (
        group_name(row.group),
        count(row.n_train),
        count(row.n),
        percent(row.error),
        percent(row.own_error),
        Cell(
            signed_points(row.value).removesuffix(" points"),
            below=span(row.low, row.high, kind="gap"),
            strong=shown,
        ),
    )
