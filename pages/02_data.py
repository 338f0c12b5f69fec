"""Data: what was read, what the columns are, and which role each plays."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from audit.plan import About
from ui import actions, cached, dataview, rolesform, show, workspace
from ui.pagespec import PageSpec
from ui.problems import boundary
from ui.shell import enter

PAGE = PageSpec(
    title="Data",
    question="Who is in the data, and what is missing?",
    section="Prepare",
    order=2,
    needs="dataset",
)

screen = enter(PAGE)
show.answer(dataview.summary(screen))
# Where the roles have led to a result, the people come first; before that, the form does.
if screen.has_result:
    dataview.people(screen)

st.header("Roles of the columns", anchor=False)
with boundary():
    plan = rolesform.RolesForm(screen.dataset, screen.plan, screen.id).draw()
    changed = plan != screen.plan
    with st.container(horizontal=True, vertical_alignment="center"):
        saved = st.button("Save the roles", type="primary", key="save_roles", disabled=not changed)
        if not changed and plan.roles.label and plan.roles.sensitive:
            show.go("Continue to the model", "model", key="to_model")
        undo = cached.store().undo_steps(screen.id) and st.button(
            "Undo the last change", key="undo", type="tertiary"
        )
    if not (plan.roles.label and plan.roles.sensitive):
        show.note(dataview.lacking(plan))
    if changed and screen.has_result:
        show.note(
            "Saving removes the present result: it no longer belongs to these roles. It can be run again."
        )
    if saved:
        dataview.check(screen, plan)
        actions.save_plan(screen, plan)
        workspace.notify("The roles are saved.")
        st.rerun()
    if undo:
        actions.undo(screen)
        workspace.notify("The last change of the plan is undone.")
        st.rerun()

if not screen.has_result:
    dataview.people(screen)
dataview.columns(screen)

with st.expander("About this audit: title, system, people", key="about"):
    typed = rolesform.about(screen.plan, screen.id)
    if st.button("Save these words", key="save_about", disabled=About(**typed) == screen.plan.about):
        actions.save_plan(screen, replace(screen.plan, about=About(**typed)))
        workspace.notify("Saved.")
        st.rerun()
