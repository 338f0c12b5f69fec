"""Where one is: the screens, the open audit, the next step and the work in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.errors import StoreError
from audit.wording.places import ENGINE_TITLES, FINGERPRINT_SHORT
from ui import cached, jobpanel, show, text, workspace
from ui.pagespec import SECTIONS, page, pages
from ui.screen import open_screen

if TYPE_CHECKING:
    from audit.plan import Plan
    from ui.screen import Screen


def draw(here: str) -> None:
    """Draw the sidebar of every screen.

    Parameters
    ----------
    here : str
        The screen that is shown; empty for the first.
    """
    _navigation()
    try:
        screen = open_screen()
    except StoreError:
        return  # the screen itself says so
    if screen.record is None:
        return
    jobpanel.sidebar(screen.id)
    st.divider()
    _card(screen, here)
    _others(screen)


def _navigation() -> None:
    for section in SECTIONS:
        with st.container(gap="xxsmall"):
            show.quiet(section)
            for file in pages():
                if file.spec.section == section:
                    st.page_link(
                        file.path, label=file.spec.title, query_params=workspace.link(), width="stretch"
                    )


def _card(screen: Screen, here: str) -> None:
    """Say what is audited, in the order of the work."""
    record, plan = screen.record, screen.plan
    if record is None:
        return
    st.markdown(f"**{text.md(text.cut(record.title, 80))}**")
    if not screen.has_data:
        return
    lines = [("Data", f"{text.md(text.cut(record.data_name, 60))}, {wording.count(record.n_rows)} rows")]
    place = (record.dataset or {}).get("place")
    if place:
        kind = FINGERPRINT_SHORT[place["fingerprint_kind"]]
        lines.append(("Read in place by", f"{ENGINE_TITLES[place['engine']]}; fingerprint: {kind}"))
    if plan.roles.label:
        lines.append(("Outcome", _outcome(plan)))
    lines.append(("Model", text.md(text.cut(_model(screen), 90))))
    if screen.has_result:
        lines.append(("Measured on", text.md(screen.audit.data.split)))
    if plan.roles.sensitive:
        lines.append(("Groups by", ", ".join(text.md(text.cut(name, 40)) for name in plan.roles.sensitive)))
    st.markdown("  \n".join(f":small[{head}: {said}]" for head, said in lines))
    _steps(screen, here)


def _outcome(plan: Plan) -> str:
    roles = plan.roles
    label, positive = text.md(text.cut(roles.label, 40)), text.md(text.cut(roles.positive, 40))
    if roles.task == "regression":
        high = "high" if roles.favourable == "positive" else "low"
        return f"{label}, a number; a {high} prediction is good for the person"
    return f"{label} is {positive}; a {roles.favourable} decision is good for the person"


def _model(screen: Screen) -> str:
    if screen.has_result:
        return screen.audit.model.title
    return model_title(screen.plan)


def model_title(plan: Plan) -> str:
    """Say where the decisions come from.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        One line, not escaped.
    """
    model = plan.model
    if model.kind == "train":
        return (
            f"{model.algorithm.replace('_', ' ').capitalize().replace('Mlp', 'Neural network')}, trained here"
        )
    if model.kind in {"onnx", "skops"}:
        return f"{model.name} ({model.kind})"
    column = plan.roles.decision or plan.roles.score
    return f"column {column}" if column else "not chosen yet"


def _steps(screen: Screen, here: str) -> None:
    """Mark the steps that are done and lead to the next one."""
    roles = screen.plan.roles
    mapped = bool(roles.label and roles.sensitive)
    steps = (
        ("Roles", mapped, "data", "Give the columns their roles"),
        ("Audit", screen.has_result, "model", "Choose the model and run"),
        ("Repair", screen.has_trials, "mitigate", "Try a repair"),
    )
    st.markdown(":small[" + "   ".join(f"{'✓' if done else '○'} {name}" for name, done, _, _ in steps) + "]")
    slug, label = next(
        ((slug, said) for _, done, slug, said in steps if not done), ("report", "Hand over the report")
    )
    if slug != here:
        st.page_link(
            page(slug).path,
            label=f"Next: {label[:1].lower()}{label[1:]}",
            icon=":material/arrow_forward:",
            query_params=workspace.link(),
        )


def _others(screen: Screen) -> None:
    """Lead to another audit without going back to the start."""
    others = st.popover("Other audits", on_change="rerun", key="others", width="stretch")
    if not others.open:
        return
    with others:
        st.page_link(page("start").path, label="New audit", icon=":material/add:", query_params={})
        for summary in cached.store().list_audits(limit=9):
            if summary.id != screen.id:
                st.page_link(
                    page("overview" if summary.has_result else "data").path,
                    label=f"{text.md(text.cut(summary.title, 50))} · {summary.updated[:16].replace('T', ' ')}",
                    query_params=workspace.link(summary.id),
                )
