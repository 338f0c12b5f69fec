"""Mitigate: what could be done, what each way assumes and costs, and a form to try it."""

from __future__ import annotations

import streamlit as st

from ui import jobpanel, lab, show, tuningview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(title="Mitigate", question="What could be done?", section="Repair", order=10, needs="result")

screen = enter(PAGE)
lab.introduction(screen)
jobpanel.watch(screen.id, "mitigate")
lab.tried(screen)

for stage, title, specs in lab.stages():
    st.header(title, anchor=False)
    show.note(lab.STAGES[stage][1])
    rows = lab.in_rows(specs)
    for row in rows:
        for column, spec in zip(st.columns(len(rows[0])), row, strict=False):
            with column:
                lab.card(screen, spec)

tuningview.section(screen)
