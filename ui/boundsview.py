"""People whose group is not known, as a part of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.figures.bounds import probable, probable_alt, unknown, unknown_alt
from audit.rows import group_name
from audit.wording.bounds import (
    ANYBODY,
    WEIGHTED,
    probable_group,
    probable_sentence,
    survival,
    unknown_sentence,
)
from ui import cached, controls, show, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.result import Audit
    from audit.rows.comparable import BoundRow, ProbableRow
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the part; nothing where there is nothing to say.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    _unknown(screen.audit)
    _probable(screen.audit)


def _unknown(audit: Audit) -> None:
    rows = audit.chapter("bounds")
    if not rows:
        return
    st.header("If the unknown belonged to a group", anchor=False)
    features = list(dict.fromkeys(row.sensitive for row in rows))
    sensitive = controls.grouping(features, label="Not recorded for some people", name="unknown_by")
    rows = tuple(row for row in rows if row.sensitive == sensitive)
    anybody = [row for row in rows if row.assumed == "any"]
    lead = next((row for row in anybody if row.survives is False), anybody[0])
    favourable = audit.plan.roles.favourable
    show.answer(unknown_sentence(lead, favourable))
    show.figure(
        cached.drawn(unknown, tuple(anybody), theme=show.theme(), favourable=favourable),
        key="unknown_bounds",
        alt=unknown_alt(anybody, favourable=favourable),
        rows=unknown_lines(rows, audit),
        name="unknown-groups",
    )
    show.note(ANYBODY)


def unknown_lines(rows: Sequence[BoundRow], audit: Audit) -> tables.Lines:
    """Write the bounds of the gaps.

    Parameters
    ----------
    rows : sequence of BoundRow
        Bounds over any assignment, and all unknown people in one group.
    audit : Audit
        The audit.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    return [
        {
            "Gap in": wording.short_title(row.metric, audit.plan.roles.favourable),
            "Unknown people": "left out" if row.group is None else f"all in {group_name(row.group)}",
            "Gap": wording.points(row.value, reason=row.reason),
            "Any assignment": "" if row.assumed != "any" else tables.ends(row.low, row.high, "gap"),
            "n known": wording.count(row.n),
            "n unknown": wording.count(row.unknown),
            "Verdict": survival(row),
        }
        for row in rows
    ]


def _probable(audit: Audit) -> None:
    rows = audit.chapter("probable")
    if not rows:
        return
    st.header("If groups are only known by probability", anchor=False)
    favourable = audit.plan.roles.favourable
    titles = {row.metric: wording.metric_title(row.metric, favourable) for row in rows}
    metric = controls.choose("probable_rate", "Rate", titles, width=420)
    gap = next(row for row in rows if row.metric == metric and row.group is None)
    groups = tuple(row for row in rows if row.metric == metric and row.group is not None)
    show.answer(probable_sentence(gap, favourable))
    show.figure(
        cached.drawn(probable, groups, theme=show.theme(), favourable=favourable),
        key="probable_bounds",
        alt=probable_alt(groups, favourable=favourable),
        rows=probable_lines([row for row in rows if row.metric == metric], audit.plan.confidence),
        name=f"probable-groups-{metric}",
    )
    show.note(WEIGHTED)


def probable_lines(rows: Sequence[ProbableRow], confidence: float) -> tables.Lines:
    """Write the rates of groups known by probability.

    Parameters
    ----------
    rows : sequence of ProbableRow
        The gap and the groups.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    found = []
    for row in rows:
        kind, write = ("gap", wording.points) if row.group is None else ("rate", wording.percent)
        found.append(
            {
                "Group": probable_group(row),
                "Weighted estimate": write(row.value, reason=row.reason),
                f"{wording.level(confidence)} interval": tables.ends(row.low, row.high, kind),
                "What the probabilities allow": tables.ends(row.bound_low, row.bound_high, kind),
                "Expected people": "" if row.people is None else wording.count(row.people),
                "Effective n": "" if row.n_effective is None else wording.count(row.n_effective),
            }
        )
    return found
