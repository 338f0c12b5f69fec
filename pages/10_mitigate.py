"""Mitigate: what could be done, what each way assumes and costs, and a form to try it."""

from __future__ import annotations

import streamlit as st

from ui import jobpanel, lab, seriesview, trials, tuningview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(title="Mitigate", question="What could be done?", section="Repair", order=10, needs="result")

screen = enter(PAGE)
lab.introduction(screen)
jobpanel.watch(screen.id, "mitigate", picture=seriesview.growing(screen.plan.roles.favourable))
trials.tried(screen)

st.header("Choose a repair", anchor=False)
found = lab.stage(screen)
choices, offer = st.columns([2, 3], gap="large")
with choices:
    spec = lab.choose(found)
with offer:
    lab.card(screen, spec)

tuningview.section(screen)
