"""Compare: before, control and after each repair, on the same test rows."""

from __future__ import annotations

import streamlit as st

from ui import compareview, controls
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Compare", question="Did it help, and who paid?", section="Repair", order=11, needs="trials"
)

screen = enter(PAGE)
audit = screen.audit
favourable = audit.plan.roles.favourable

left, middle, right = st.columns([3, 3, 4])
with left:
    place = compareview.trial(audit)
with middle:
    sensitive = controls.grouping(audit.groupings, width="stretch")
with right:
    metric = controls.metric(favourable, width="stretch")

view = compareview.View(screen, place, sensitive, metric)
view.headline()
view.rates()
view.gained()
view.flipped()
view.gaps()
view.tradeoff()
view.training()
