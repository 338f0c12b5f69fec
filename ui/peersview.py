"""How other tools would report it, as a part of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.chapters.other_tools import telling
from audit.wording.peers import peer_amount, peer_line, peer_subject, peers_sentence
from ui import controls, show, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.chapters.other_tools import OtherTool
    from ui.screen import Screen


def draw(screen: Screen, by: tuple[str, ...]) -> None:
    """Draw the part; nothing where there is nothing to say.

    Parameters
    ----------
    screen : Screen
        The open audit.
    by : tuple of str
        The grouping that the reader looks at.
    """
    every = screen.audit.chapter("other_tools")
    features = list(dict.fromkeys(row.sensitive for row in every))
    if not features:
        show.note("Other tools compare two to 25 groups of one feature; there is no such feature here.")
        return
    if by not in features:  # where attributes meet, other tools have nothing to say
        by = controls.grouping(features, label="Feature", name="tools_by")
    rows = [row for row in every if row.sensitive == by]
    show.answer(
        peers_sentence(
            len({row.tool for row in rows}),
            len(rows),
            sum(not row.same for row in rows),
            sum(row.why == "undefined_as_zero" for row in rows),
        )
    )
    told = telling(rows)
    if told:
        st.markdown("\n".join(_item(row) for row in told))
        show.note(
            "For each reason one number, the one that is furthest from ours. Each tool follows a rule of its own."
        )
    with st.expander("Every number of every tool", key="all_tools", on_change="rerun") as box:
        if box.open:
            _every(rows)


def _item(row: OtherTool) -> str:
    """Write one line of the list, with the tool's name in bold."""
    number, ours = amounts(row)
    subject = peer_subject(row.sensitive, row.group, row.reference)
    said = f"{peer_line(row.measure, subject, number, ours)} {row.explanation}"
    return f"- **{text.sentence(row.tool)}.** {text.sentence(said)}"


def amounts(row: OtherTool) -> tuple[str, str]:
    """Write what another tool prints, and what this audit says.

    Parameters
    ----------
    row : OtherTool
        The number.

    Returns
    -------
    tuple of str
        There and here.
    """
    there = peer_amount(row.value, kind=row.kind, ours=row.ours, people=row.why == "numbers_of_people")
    if row.here is None:
        return there, wording.not_estimable(row.reason)
    return there, peer_amount(row.here, kind=row.kind, ours=row.ours)


def _every(rows: list[OtherTool]) -> None:
    tools = {row.tool: f"{row.tool} {row.version}" for row in rows}
    tool = controls.choose("tool", "Tool", tools)
    show.table(
        lines([row for row in rows if row.tool == tool]),
        key="all_of_tool",
        alt=f"What {tool} would print about each group, beside our numbers.",
    )


def lines(rows: Iterable[OtherTool]) -> list[dict[str, str]]:
    """Write numbers of another tool beside ours.

    Parameters
    ----------
    rows : iterable of OtherTool
        The numbers.

    Returns
    -------
    list of dict
        Heading to text, one for each number.
    """
    found = []
    for row in rows:
        there, here = amounts(row)
        found.append(
            {
                "Its measure": row.measure,
                "About": peer_subject(row.sensitive, row.group, row.reference),
                "There": there,
                "Here": "the same" if row.same else here,
            }
        )
    return found
