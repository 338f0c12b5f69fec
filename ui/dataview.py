"""What the data screen shows: the row flow, the people by group, missing values and the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.data.inplace import JOB_ROWS
from audit.gather.scores import check_exact
from audit.roles import check_roles
from audit.wording.places import in_place
from ui import cached, controls, peopleview, show, tables, text
from ui.people import from_audit
from ui.problems import boundary

if TYPE_CHECKING:
    from audit.data.dataset import ColumnProfile
    from audit.plan import Plan
    from audit.rows import DataRecord
    from ui.people import People
    from ui.screen import Screen

_KINDS: Final = {
    "binary": "Two values",
    "categorical": "Categories",
    "numeric": "Numbers",
    "date": "Dates",
    "text": "Texts",
    "empty": "Empty",
}
_SHOWN_LEVELS: Final = 4


def summary(screen: Screen) -> str:
    """Say what was read.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    str
        One or two sentences.
    """
    data = screen.dataset
    gaps = sum(column.n_missing > 0 for column in data.columns)
    have = "has" if gaps == 1 else "have"
    missing = (
        f"{wording.count(gaps)} of them {have} missing values" if gaps else "none of them has missing values"
    )
    notes = " ".join(data.notes)
    if data.place is not None:
        notes = f"{in_place(data.place.engine, data.place.fingerprint_kind)} {notes}".strip()
    return (
        f"{text.cut(data.name, 80)} has {wording.count(data.n_rows)} rows and {wording.count(len(data.columns))} "
        f"columns; {missing}. {notes}"
    )


def lacking(plan: Plan) -> str:
    """Say which roles an audit still needs.

    Parameters
    ----------
    plan : Plan
        The plan as the form says it.

    Returns
    -------
    str
        One or two sentences.
    """
    parts = []
    if not plan.roles.label:
        parts.append("the column that holds what really happened")
    if not plan.roles.sensitive:
        parts.append("at least one sensitive feature, such as sex, race or age")
    return f"Still needed: {' and '.join(parts)}."


def check(screen: Screen, plan: Plan) -> None:
    """Refuse roles that do not fit the data, before they are saved.

    Parameters
    ----------
    screen : Screen
        The open audit.
    plan : Plan
        The roles.
    """
    from dataclasses import replace

    from audit.plan import ModelChoice

    columns = bool(plan.roles.decision or plan.roles.score)
    kind = (
        plan.model if columns and plan.model.kind == "column" else ModelChoice(kind="train", algorithm="mlp")
    )
    if plan.roles.task == "regression":
        kind = ModelChoice()  # a predicted number is always a column
    check_roles(screen.dataset, replace(plan, model=kind))
    check_exact(screen.dataset, replace(plan, model=kind))


def people(screen: Screen) -> None:
    """Show the groups: how many people, their base rates, what could be seen, and what else is known of them.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    st.header("The people, by group", anchor=False)
    if not (screen.plan.roles.label and screen.plan.roles.sensitive):
        show.note("Group sizes and base rates appear here once a label and a sensitive feature are saved.")
        return
    large = screen.dataset.place is not None and screen.dataset.n_rows > JOB_ROWS
    if large and not screen.has_result:
        show.note(
            "Group sizes and base rates appear here once the audit has been run: it counts these rows in one go, "
            "and nothing is counted twice."
        )
        return
    with boundary():
        found = (
            from_audit(screen.audit)
            if large
            else cached.people(screen.id, screen.dataset.fingerprint, screen.plan)
        )
        sensitive = controls.grouping(found.groupings)
        _base_rates(screen, found, sensitive, rows="the audited rows" if large else "all rows of the file")
        peopleview.power(screen, sensitive)
        peopleview.tabs(screen, found, sensitive)
        if screen.has_result:
            _row_flow(screen.audit.data)


def _base_rates(screen: Screen, found: People, sensitive: tuple[str, ...], *, rows: str) -> None:
    from audit.figures.sizes import sizes, sizes_alt

    plan = screen.plan
    counts = [row for row in found.counts if row.sensitive == sensitive]
    rates = [row for row in found.base_rates if row.sensitive == sensitive]
    label = text.cut(plan.roles.label, 60)
    number = plan.roles.task == "regression"
    positive = "above its median" if number else text.cut(plan.roles.positive, 40)
    show.answer(sizes_alt(counts, rates))
    show.note(f"Share of people whose {label} is {positive}, over {rows}.")
    show.figure(
        cached.drawn(sizes, counts, rates, theme=show.theme(), confidence=plan.confidence),
        key="sizes",
        alt=sizes_alt(counts, rates),
        rows=tables.rates(rates, confidence=plan.confidence),
        name="groups",
        words=("base_rate", "count"),
        favourable=plan.roles.favourable,
    )


def _row_flow(data: DataRecord) -> None:
    from audit.figures.training import rowflow, rowflow_alt

    st.subheader("What became of the rows", anchor=False)
    if data.read == data.audited:
        show.note(f"All {wording.count(data.read)} rows that were read are audited; none was left out.")
        return
    show.figure(
        cached.drawn(rowflow, data, theme=show.theme()),
        key="row_flow",
        alt=rowflow_alt(data),
        rows=tables.row_flow(data),
        name="row-flow",
    )


def columns(screen: Screen) -> None:
    """Show what every column looks like.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    with st.expander("All columns", key="columns", on_change="rerun") as box:
        if not box.open:
            return
        st.dataframe(
            [_line(column) for column in screen.dataset.columns],
            hide_index=True,
            key="column_table",
            alt="Every column with its kind, missing values and most frequent values.",
        )


def _line(column: ColumnProfile) -> dict[str, str]:
    levels = ", ".join(
        f"{text.cut(level, 24)} ({wording.count(n)})" for level, n in column.levels[:_SHOWN_LEVELS]
    )
    spread = "" if column.low is None or column.high is None else f"{column.low:g} to {column.high:g}"
    return {
        "Column": text.shown(column.name),
        "Kind": _KINDS[column.kind],
        "Missing": wording.count(column.n_missing),
        "Different values": ("about " if column.about else "") + wording.count(column.n_distinct),
        "Range": spread,
        "Most frequent": levels,
    }
