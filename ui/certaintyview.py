"""The parts of the screen Certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.disparity.verdict import leading_gap
from audit.plan import CRITERIA
from audit.wording.certainty import GUARD_RULE, SPLIT_RULE, fresh, guard, turning
from ui import boundsview, cached, certaintylines, controls, overview, peersview, regretview, show

if TYPE_CHECKING:
    from audit.chapters.guards import GapGuardRow
    from audit.chapters.robustness import RobustnessRow
    from audit.result import Audit
    from audit.rows import DisparityRow
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the screen.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    audit = screen.audit
    first = overview.lead(audit)
    sensitive = controls.grouping(audit.groupings, first=first.sensitive if first else None)
    row = first if first and first.sensitive == sensitive else _leading(audit, sensitive)
    answer(audit, row, sensitive)
    _picture(audit, sensitive)
    names = ["What would change a verdict", "Worst groups", "A model of each group's own", "Other tools"]
    unknown = bool(audit.chapter("bounds") or audit.chapter("probable"))
    if unknown:
        names.insert(2, "Unknown groups")
    tabs = dict(
        zip(names, st.tabs(names, on_change="rerun", key="certainty_parts", bind="query-params"), strict=True)
    )
    parts = {
        "What would change a verdict": lambda: _robustness(audit, sensitive),
        "Worst groups": lambda: _worst(audit, sensitive),
        "Unknown groups": lambda: boundsview.draw(screen),
        "A model of each group's own": lambda: regretview.draw(screen),
        "Other tools": lambda: peersview.draw(screen, sensitive),
    }
    for name, tab in tabs.items():
        if tab.open:  # the parts of closed tabs are not computed
            with tab:
                parts[name]()


def _leading(audit: Audit, sensitive: tuple[str, ...]) -> DisparityRow | None:
    return leading_gap([row for row in audit.disparities if row.sensitive == sensitive], audit.larger)


def answer(audit: Audit, row: DisparityRow | None, sensitive: tuple[str, ...]) -> None:
    """Say what it would take to change the leading verdict, and what of its gap chance explains.

    Parameters
    ----------
    audit : Audit
        The audit.
    row : DisparityRow or None
        The gap to speak of.
    sensitive : tuple of str
        The grouping.
    """
    if row is None:
        show.answer(f"By {wording.column_title(sensitive)}, no gap has a verdict that could change.")
        return
    said = [firmness(audit, row)]
    found = [each for each in guards(audit, sensitive) if each.metric == row.metric]
    said += [
        guard(
            metric=each.metric,
            sensitive=sensitive,
            value=each.value,
            expected=each.expected,
            debiased=each.debiased,
            roles=audit.plan.roles,
        )
        for each in found
    ]
    show.answer(" ".join(part for part in said if part), row.verdict)


def firmness(audit: Audit, row: DisparityRow) -> str:
    """Say how many decisions, or labels, would have to differ for a verdict to change.

    Parameters
    ----------
    audit : Audit
        The audit.
    row : DisparityRow
        A disparity with a verdict.

    Returns
    -------
    str
        One sentence.
    """
    rows = [
        each
        for each in audit.chapter("robustness")
        if (each.metric, each.comparison, each.sensitive) == (row.metric, row.comparison, row.sensitive)
    ]
    known = [each for each in rows if each.value is not None and each.what != "people"]
    if not known:
        return "One kind of change in one group is not enough to change this verdict." if rows else ""
    return _said(audit, min(known, key=lambda each: each.what))


def _said(audit: Audit, row: RobustnessRow) -> str:
    return turning(
        what=row.what,
        people=row.value or 0,
        n=row.n,
        who=(row.sensitive, row.group),
        now=(row.label, row.decision),
        verdicts=(row.verdict, row.becomes),
        roles=audit.plan.roles,
    )


def guards(audit: Audit, sensitive: tuple[str, ...]) -> list[GapGuardRow]:
    """List the main criteria of a grouping beside chance.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of GapGuardRow
        One row for each main criterion that the plan names; for all where it names none.
    """
    rows = [row for row in audit.chapter("guards") if row.sensitive == sensitive and row.metric in CRITERIA]
    return [row for row in rows if f"{row.metric}_difference" in audit.plan.tolerances] or rows


def _picture(audit: Audit, sensitive: tuple[str, ...]) -> None:
    from audit.figures.guards import guards as draw_guards
    from audit.figures.guards import guards_alt

    rows = tuple(guards(audit, sensitive))
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    bounds = tuple(audit.plan.tolerances.get(f"{row.metric}_difference") for row in rows)
    every = [row for row in audit.chapter("guards") if row.sensitive == sensitive]
    show.figure(
        cached.drawn(
            draw_guards, rows, bounds, theme=show.theme(), favourable=favourable, confidence=confidence
        ),
        key="guards",
        alt=guards_alt(rows, favourable=favourable),
        rows=certaintylines.gap_guards(every, favourable, confidence=confidence),
        name=f"chance-{audit.groupings.index(sensitive) + 1}",
        words=CRITERIA,
        favourable=favourable,
    )
    show.note(GUARD_RULE)


def _robustness(audit: Audit, sensitive: tuple[str, ...]) -> None:
    rows = [row for row in audit.chapter("robustness") if row.sensitive == sensitive]
    if not rows:
        show.note("The plan names no tolerance, so there is no verdict that could change.")
        return
    show.table(
        certaintylines.robustness(rows, audit.plan.roles),
        key="robustness",
        alt="For each verdict the fewest decisions and labels in one group that would change it.",
    )
    show.note(
        "The fewest people of one group who, decided or labelled otherwise, would change the verdict; found by counting, "
        "with the same intervals. Changes in several groups at once could be fewer. A verdict that few people could turn "
        "is worth a second look at how they were recorded."
    )


def _worst(audit: Audit, sensitive: tuple[str, ...]) -> None:
    rows = [row for row in audit.chapter("worst_guards") if row.sensitive == sensitive]
    error = next(row for row in rows if row.metric == "error_rate")
    show.answer(
        fresh(
            metric=error.metric,
            who=(sensitive, error.group),
            value=error.value,
            shrunken=error.shrunken,
            split_fresh=error.split_fresh,
            overall=error.overall,
            roles=audit.plan.roles,
        )
    )
    show.table(
        certaintylines.worst_guards(rows, audit.plan.roles.favourable),
        key="worst_guards",
        alt="Worst group of each rate: observed, shrunken, on fresh halves, and by chance alone.",
    )
    show.note(SPLIT_RULE)
