"""Report: the document as it will look, beside its options and the files to hand over."""

from __future__ import annotations

import streamlit as st

from ui import handover, show
from ui.pagespec import PageSpec
from ui.problems import boundary
from ui.shell import enter

PAGE = PageSpec(
    title="Report", question="What do I hand over?", section="Hand over", order=12, needs="result"
)

screen = enter(PAGE)
show.answer(
    "One document for people with one minute and for people who must check. The first page says what was found and "
    "what could not be known; the results and the plan travel inside the PDF, so that anybody can repeat the audit."
)

options, preview = st.columns([2, 3], gap="large")
with options, boundary():
    st.header("Files", anchor=False)
    handover.files(screen)
    st.header("Sections", anchor=False)
    handover.sections(screen)
    st.header("Words on the cover", anchor=False)
    handover.words(screen)
with preview, boundary():
    st.header("Preview", anchor=False)
    handover.preview(screen)
