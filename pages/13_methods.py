"""Methods: what every number is and how it is computed; no number of an audit is shown here."""

from __future__ import annotations

import streamlit as st

from ui import methods
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Methods", question="How was it computed?", section="Hand over", order=13, needs="nothing"
)

screen = enter(PAGE)
favourable = screen.stored_plan.roles.favourable if screen.stored_plan else "positive"
st.markdown(
    "Every measure, criterion and repair in this application, with its formula, how it is read and what it does not tell."
)

st.header("Conventions", anchor=False)
methods.conventions()

st.header("Criteria", anchor=False)
methods.catalogue_of(methods.CRITERIA, favourable)

st.header("Comparisons between groups", anchor=False)
methods.catalogue_of(methods.COMPARISONS, favourable)

st.header("Rates", anchor=False)
methods.catalogue_of(methods.RATES, favourable)

for title, measures in methods.FURTHER.items():
    st.header(title, anchor=False)
    methods.catalogue_of(measures, favourable)

st.header("Repairs", anchor=False)
methods.repairs()
