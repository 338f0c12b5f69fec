"""Intersections: the groups in which several sensitive features meet."""

from __future__ import annotations

import streamlit as st

from audit.figures.matrix import matrix, matrix_alt
from ui import cached, controls, crossview, searchview, show, tables
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Intersections",
    question="Is it worse where attributes meet?",
    section="Audit",
    order=6,
    needs="result",
)

screen = enter(PAGE)
audit = screen.audit
favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
if len(audit.cells.sensitive) == 1:
    show.empty(
        "This audit looks at one sensitive feature only.",
        "A gap can hide where two features meet: women of one age, say, and not women or that age by themselves.",
        label="Add a sensitive feature",
        slug="data",
    )
    searchview.draw(screen)
    st.stop()

with st.container(horizontal=True, gap="medium"):
    sensitive = controls.grouping(crossview.crossings(audit), label="Where these meet", name="cross")
    metric = controls.metric(favourable)

rows = crossview.rates(audit, metric, sensitive)
show.answer(crossview.summary(audit, metric, rows))
show.figure(
    cached.drawn(matrix, rows, theme=show.theme(), favourable=favourable, confidence=confidence),
    key="matrix",
    alt=matrix_alt(rows, favourable=favourable),
    name=f"intersections-{metric}",
    words=(metric, "worst_group"),
    favourable=favourable,
)

st.header("The groups, ranked", anchor=False)
show.note(
    "Thin groups have wide intervals. A group that cannot be estimated is listed last, with the reason."
)
show.table(
    tables.rates(crossview.ranked(rows), confidence=confidence),
    key="ranked",
    alt="Every group in which the features meet, by falling rate.",
)

searchview.draw(screen)
