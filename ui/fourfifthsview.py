"""The four-fifths rule for selections, and differences of other rates in people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.rows import group_name
from audit.wording.certainty import FOUR_FIFTHS_RULE
from ui import certaintylines, show

if TYPE_CHECKING:
    from audit.chapters.four_fifths import PeopleRow
    from audit.result import Audit
    from ui.tables import Lines


def draw(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> None:
    """Draw the part that belongs to a rate; nothing where there is none.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.
    """
    if metric == "selection_rate":
        with st.expander("Four fifths: impact ratios, and how many people are missing", key="four_fifths"):
            _ratios(audit, sensitive)
    rows = [
        row
        for row in audit.chapter("gap_in_people")
        if (row.metric, row.sensitive) == (metric, sensitive) and row.value is not None
    ]
    if rows:
        with st.expander("The difference in people", key="gap_in_people"):
            show.table(lines(rows), key="people", alt="Differences to the reference group in people.")
            show.note(
                "The difference to the reference group times the people in the group's denominator: so many more (or "
                "fewer) of them are counted than with the reference group's rate."
            )


def _ratios(audit: Audit, sensitive: tuple[str, ...]) -> None:
    every = [row for row in audit.chapter("four_fifths") if row.sensitive == sensitive]
    first = every[0].decision
    rows = [row for row in every if row.decision == first]
    below = [row for row in rows if row.below]
    known = [row for row in rows if row.value is not None]
    counted = "selected" if first == "positive" else "not flagged"
    if not known:
        show.note("No impact ratio can be given for these groups.")
    else:
        names = ", ".join(group_name(row.group) for row in below[:4])
        said = f": {names}{' and others' if len(below) > 4 else ''}" if below else ""
        show.answer(
            f"{wording.count(len(below))} of {wording.count(len(known))} groups with a ratio are {counted} at less than "
            f"four fifths of the highest rate{said}."
        )
    show.table(
        certaintylines.four_fifths(rows, confidence=audit.plan.confidence),
        key="four_fifths_table",
        alt="Selections of each group against the most selected group.",
    )
    show.note(FOUR_FIFTHS_RULE)


def lines(rows: list[PeopleRow]) -> Lines:
    """Write differences to the reference group in people.

    Parameters
    ----------
    rows : list of PeopleRow
        The groups.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    return [
        {
            "Group": group_name(row.group),
            "Reference": group_name(row.reference),
            "Difference": wording.signed_points(row.difference),
            "In people": signed(row.value),
            "Interval": f"{signed(row.low)} to {signed(row.high)}" if row.low is not None else "",
            "n": wording.count(row.n),
        }
        for row in rows
    ]


def signed(people: float | None) -> str:
    """Write a number of people with its sign.

    Parameters
    ----------
    people : float or None
        A number.

    Returns
    -------
    str
        "+312", "−12" or "0".
    """
    if people is None:
        return ""
    written = wording.count(people)
    return f"+{written}" if round(people) > 0 else written
