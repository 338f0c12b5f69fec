"""Overview: the findings by weight, and for each sensitive feature one picture of its criteria."""

from __future__ import annotations

import streamlit as st

from audit import wording
from ui import overview, show
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(title="Overview", question="What did we find?", section="Audit", order=4, needs="result")

screen = enter(PAGE)
audit = screen.audit
show.answer(wording.overview(audit.data, audit.model, audit.disparities, audit.plan.roles))
overview.chips(audit)

overview.findings(audit)

st.header("By sensitive feature", anchor=False)
for place, sensitive in enumerate(audit.groupings):
    overview.feature(audit, sensitive, place)
show.words(overview.WORDS, audit.plan.roles.favourable)

overview.tolerances(screen)
