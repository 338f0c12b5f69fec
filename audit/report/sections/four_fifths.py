"""Selections held against the four-fifths rule of thumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.report.blocks import Cell, Column
from audit.report.document import table
from audit.report.sections.words import CAP, left_in_file, span
from audit.rows import group_name
from audit.wording import column_title, count, level, not_estimable, percent, pvalue, ratio
from audit.wording.certainty import FOUR_FIFTHS_RULE

if TYPE_CHECKING:
    from audit.chapters.four_fifths import FourFifthsRow
    from audit.report.blocks import Block
    from audit.result import Audit


def four_fifths(audit: Audit, sensitive: tuple[str, ...]) -> list[Block]:
    """Table the impact ratios of one sensitive feature.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The feature.

    Returns
    -------
    list of blocks
        One table of the favourable decision; nothing where no ratio is known.
    """
    every = [row for row in audit.chapter("four_fifths") if row.sensitive == sensitive]
    rows = [row for row in every if row.decision == every[0].decision]
    if not any(row.value is not None for row in rows):
        return []
    columns = (
        Column("Group", weight=1),
        Column("Selected" if every[0].decision == "positive" else "Not flagged", "right"),
        Column("Rate", "right"),
        Column("Impact ratio", "right"),
        Column("p", "right"),
        Column("Missing for 0.80", "right"),
        Column("for the same", "right"),
    )
    what = "selection" if every[0].decision == "positive" else "not being flagged"
    turned = [group_name(row.group) for row in rows if row.turns_finding or row.turns_order]
    hangs = (
        f" One person decided otherwise turns the order or the finding for: {', '.join(turned[:4])}."
        if turned
        else ""
    )
    note = (
        f"{FOUR_FIFTHS_RULE}{hangs} Below the ratio: its {level(audit.plan.confidence)} interval. "
        f"{left_in_file(min(len(rows), CAP), len(rows))}"
    )
    caption = f"Impact ratios of {what} by {column_title(sensitive)}."
    return [table(columns, [_line(row) for row in rows[:CAP]], caption=caption, note=note.strip())]


def _line(row: FourFifthsRow) -> tuple[str | Cell, ...]:
    if row.value is None:
        said = Cell(not_estimable(row.reason).removeprefix("not estimable: "), muted=True)
    elif row.group == row.reference:
        said = Cell("highest", muted=True)
    else:
        # Just below four fifths is not written as four fifths.
        close = row.below and round(row.value, 2) >= 0.8
        written = f"{row.value:.4f}" if close else ratio(row.value)
        said = Cell(written, below=span(row.low, row.high, kind="ratio"), strong=bool(row.below))
    return (
        group_name(row.group),
        f"{count(row.selected)} of {count(row.n)}",
        percent(row.rate) if row.rate is not None else "",
        said,
        pvalue(row.p).removeprefix("p = ").removeprefix("p ") if row.p is not None else "",
        "" if row.to_four_fifths is None else count(row.to_four_fifths),
        "" if row.to_equal is None else count(row.to_equal),
    )
