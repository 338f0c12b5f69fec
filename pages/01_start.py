"""Start: open a sample, a recent audit or a file of one's own."""

from __future__ import annotations

import streamlit as st

from audit.data.samples import SAMPLES
from ui import startfolders, startlist
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Start", question="What would you like to audit?", section="Prepare", order=1, needs="nothing"
)

enter(PAGE)
st.markdown(
    "Bring data with decisions, or data and a model. Learn who is treated how, how sure that is, "
    "what repairs it and at whose cost."
)

startlist.recent()

startfolders.draw()

st.header("Open a sample", anchor=False)
st.markdown("Real data, ready to run. One click shows the result.")
for left in range(0, len(SAMPLES), 2):
    for column, sample in zip(st.columns(2), SAMPLES[left : left + 2], strict=False):
        with column:
            startlist.sample_card(sample)

st.header("Bring your own data", anchor=False)
startlist.upload()
