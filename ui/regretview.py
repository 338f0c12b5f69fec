"""A model of each group's own, as a part of a screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.chapters.regrets import LargestRegretRow, RegretRow
from audit.rows import group_name
from audit.wording.several import best_worst_group, regret
from ui import actions, jobpanel, show, tables
from ui.problems import boundary

if TYPE_CHECKING:
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the decisions against a model of each group's own, or offer to train such models.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    if screen.audit.plan.roles.task == "regression":
        show.note("No such models are trained for predicted numbers.")
        return
    rows = screen.audit.chapter("regrets")
    if not rows:
        _offer(screen)
        return
    largest = [row for row in rows if isinstance(row, LargestRegretRow)]
    lead = max(largest, key=lambda row: row.low if row.low is not None else -1.0)
    said = (regret(lead, confidence=screen.audit.plan.confidence), best_worst_group(lead))
    show.answer(" ".join(part for part in said if part))
    show.table(
        lines([row for row in rows if isinstance(row, RegretRow)], screen.audit.plan.confidence),
        key="regrets",
        alt="Wrong decisions about each group, and those of a model trained on the group alone.",
    )
    show.note(
        "Regret: how much more often the decision is wrong than a model trained on the group's own training rows, on the "
        "same test rows. It shows what the data would allow, and is no advice to decide by group."
    )


def _offer(screen: Screen) -> None:
    """Say what is missing and train the models on request."""
    with st.container(border=True, gap="small"):
        st.markdown(
            "A group can be worst off because it is hard to judge, or because the decisions were made for others. Training "
            "one model for each group and measuring it on the group's own test rows tells the two apart.",
            width=780,
        )
        if jobpanel.watch(screen.id, "audit"):
            return
        with boundary():
            if st.button("Train a model for each group", key="train_regret", type="primary"):
                changed = replace(screen.plan, regret=True)
                actions.save_plan(screen, changed)
                actions.run(screen.id, changed, then="certainty")
    show.note("This saves the plan and runs the audit again. Repairs that were tried on it are removed.")


def lines(rows: list[RegretRow], confidence: float) -> tables.Lines:
    """Write the regret of every group.

    Parameters
    ----------
    rows : list of RegretRow
        The groups.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    several = len({row.sensitive for row in rows}) > 1
    return [
        {
            **({"By": wording.column_title(row.sensitive)} if several else {}),
            "Group": group_name(row.group),
            "Wrong decisions": wording.percent(row.error, reason=row.reason),
            "With its own model": wording.percent(row.own_error) if row.own_error is not None else "",
            "Regret": wording.signed_points(row.value) if row.value is not None else "",
            f"Paired {wording.level(confidence)} interval": tables.ends(row.low, row.high, "gap"),
            "Trained on": wording.count(row.n_train),
            "Measured on": wording.count(row.n),
        }
        for row in rows
    ]
