"""Compare: before, control and after each repair, on the same test rows."""

from __future__ import annotations

import streamlit as st

from ui import compareview, controls, show
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Compare", question="Did it help, and who paid?", section="Repair", order=8, needs="trials"
)

screen = enter(PAGE)
audit = screen.audit
favourable = audit.plan.roles.favourable

with st.container(horizontal=True, gap="medium"):
    place = compareview.trial(audit)
    sensitive = controls.grouping(audit.groupings)
    metric = controls.metric(favourable)

view = compareview.View(screen, place, sensitive, metric)
view.headline()
view.rates()
view.gained()
view.gaps()
view.tradeoff()
view.training()
show.words((metric, "demographic_parity", "equal_opportunity", "equalized_odds"), favourable)
