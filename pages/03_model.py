"""Model: four doors through which decisions come into the audit."""

from __future__ import annotations

import streamlit as st

from ui import actions, jobpanel, modeldoors, scoresview, show
from ui.pagespec import PageSpec
from ui.problems import boundary
from ui.shell import enter

PAGE = PageSpec(
    title="Model",
    question="Where do the decisions come from?",
    section="Prepare",
    order=3,
    needs="dataset",
)

screen = enter(PAGE)
roles = screen.plan.roles
if not (roles.label and roles.sensitive):
    show.empty(
        "The columns have no roles yet.",
        "An audit needs to know what really happened and whose treatment is compared.",
        label="Give the columns their roles",
        slug="data",
    )
    st.stop()

left, right = st.columns([2, 3], gap="large")
with left:
    kind = modeldoors.door(screen)
plan = None
with right, boundary():
    st.header(modeldoors.DOORS[kind][0], anchor=False)
    show.note(modeldoors.DOORS[kind][1])
    if kind == "column":
        plan = modeldoors.column(screen)
    elif kind == "train":
        plan = modeldoors.train(screen)
    else:
        plan = modeldoors.file(screen, kind)

    running = jobpanel.watch(screen.id, "audit")
    if plan is not None and not running:
        if screen.has_result and actions.numbers_change(screen.plan, plan):
            show.note("Running replaces the present result and removes repairs that were tried on it.")
        with st.container(horizontal=True):
            if st.button("Run the audit", type="primary", key="run"):
                actions.save_plan(screen, plan)
                actions.run(screen.id, plan)
            if screen.has_result and not actions.numbers_change(screen.plan, plan):
                show.go("See the result", "overview", key="see_result")

if screen.has_result:
    scoresview.beside_model(screen.audit)
