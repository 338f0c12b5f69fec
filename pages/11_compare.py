"""Compare: before, control and after each repair, on the same test rows."""

from __future__ import annotations

import streamlit as st

from ui import adoptview, compareview, controls, qualityview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Compare", question="Did it help, and who paid?", section="Repair", order=11, needs="trials"
)

screen = enter(PAGE)
audit = screen.audit
favourable = audit.plan.roles.favourable

left, *middle, right = st.columns([3, 3, 4] if len(audit.groupings) > 1 else [5, 5])
with left:
    place = compareview.trial(audit)
with middle[0] if middle else left:
    by, rate = compareview.start(audit, place)
    sensitive = controls.grouping(audit.groupings, first=by, width="stretch")
with right:
    metric = controls.metric(favourable, default=rate, width="stretch")

view = compareview.View(screen, place, sensitive, metric)
view.headline()
view.rates()

paid, gaps, together, done, adopt = st.tabs(
    ["Who paid", "Gaps and accuracy", "All repairs", "What it did", "Adopt"],
    key="compare_parts",
    on_change="rerun",
    bind="query-params",
)
if paid.open:
    with paid:
        view.gained()
        view.flipped()
if gaps.open:
    with gaps:
        view.gaps()
if together.open:
    with together:
        view.tradeoff()
if done.open:
    with done:
        view.training()
        qualityview.quality(screen, place)
        view.course()
if adopt.open:
    with adopt:
        adoptview.adopt(screen, place)
        adoptview.rows(screen, place)
