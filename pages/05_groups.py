"""Groups: one measure of every group with its interval, and how far the groups are apart."""

from __future__ import annotations

import streamlit as st

from audit.figures.forest import forest, forest_alt
from ui import cached, controls, fourfifthsview, groupview, overview, show, tables, taskview, testsview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Groups",
    question="Who is treated differently, and how sure is that?",
    section="Audit",
    order=5,
    needs="result",
)

screen = enter(PAGE)
audit = screen.audit
favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence

with st.container(horizontal=True, gap="medium"):
    leading = overview.lead(audit)
    sensitive = controls.grouping(audit.groupings, first=leading.sensitive if leading else None)
    metric = controls.metric(favourable, groupview.offered(audit))

groupview.headline(audit, metric, sensitive)
rows = audit.metric_rows(metric, sensitive)
overall = audit.metric(metric, sensitive)
show.figure(
    cached.drawn(
        forest,
        rows,
        overall=overall,
        tolerance=groupview.half_band(audit, metric, sensitive),
        theme=show.theme(),
        favourable=favourable,
        confidence=confidence,
    ),
    key="forest",
    alt=forest_alt(rows, overall=overall, favourable=favourable),
    rows=tables.rates((overall, *rows), confidence=confidence),
    name=f"groups-{metric}",
    words=(metric, "difference", "ratio", "worst_group", "to_reference"),
    favourable=favourable,
)

st.header("How far the groups are apart", anchor=False)
show.table(
    tables.disparities(groupview.between(audit, metric, sensitive), favourable, confidence=confidence),
    key="disparities",
    alt="Gap, ratio and worst group of this measure, and the criteria it belongs to.",
)

against = groupview.against_reference(audit, metric, sensitive)
if against:
    st.header("Each group against the reference group", anchor=False)
    show.note(
        "The largest group is the reference unless the roles name another. Intervals are for one difference each."
    )
    show.table(
        tables.references(against, confidence=confidence),
        key="references",
        alt="Signed difference of each group to the reference group.",
    )
testsview.draw(audit, metric, sensitive)
fourfifthsview.draw(audit, metric, sensitive)
taskview.draw(screen)
