"""What the first screen offers: samples, recent audits and an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.data.folders import data_folders
from ui import actions, cached, show, text, workspace
from ui.pagespec import page
from ui.problems import message

if TYPE_CHECKING:
    from audit.data.samples import Sample
    from audit.rows import Verdict
    from audit.store import AuditSummary

_FIRST = 5
_WORDS = 500
"""Width of the words beside the buttons; in a narrow window the buttons stand below them, together."""
_FORMATS = ["csv", "tsv", "txt", "parquet", "pq", "feather", "arrow", "xlsx"]


def sample_card(sample: Sample) -> None:
    """Offer one sample with the question its audit asks.

    Parameters
    ----------
    sample : Sample
        The sample.
    """
    with st.container(border=True, height="stretch"):
        st.subheader(text.md(sample.title), anchor=False)
        st.markdown(text.sentence(sample.question))
        show.quiet(f"{wording.count(sample.rows)} rows. {text.sentence(sample.licence)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            wanted = st.button("Open and audit", key=f"sample_{sample.id}", type="primary")
            with st.popover("About the data", type="tertiary"):
                st.markdown(text.sentence(sample.summary))
                st.markdown("\n".join(f"- {text.sentence(caveat)}" for caveat in sample.caveats))
                show.quiet(text.sentence(sample.origin))
    if wanted:
        actions.open_sample(sample.id)


def upload() -> None:
    """Take a file from the reader's machine."""
    file = st.file_uploader(
        "A table with one row for each person or decision",
        type=_FORMATS,
        key=workspace.upload_key("data"),
        help="CSV, TSV, Parquet, Feather or Excel. The file stays on this server, in the store of this application.",
    )
    refusal = workspace.take_refusal()
    if refusal is not None:
        message(refusal)
    if file is not None:
        actions.take_upload(file)


def recent() -> None:
    """List the audits of the store, the latest first."""
    every = cached.store().list_audits()
    if not every:
        return
    st.header("Recent audits", anchor=False)
    more = len(every) > _FIRST and st.toggle(f"Show all {len(every)}", key="all_audits")
    for summary in every if more else every[:_FIRST]:
        _row(summary)


def _row(summary: AuditSummary) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        with st.container(gap=None, width=_WORDS):
            st.markdown(f"**{text.md(text.cut(summary.title, 90))}**")
            show.quiet(
                f"{text.md(text.cut(summary.data_name, 60))}, {wording.count(summary.n_rows)} rows. "
                f"Changed {summary.updated[:16].replace('T', ' ')} UTC."
            )
            st.markdown(_chips(summary))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _buttons(summary)


def _buttons(summary: AuditSummary) -> None:
    name = text.md(text.cut(summary.title, 60))
    if st.button("Open", key=f"open_{summary.id}", help=f"Open {name}"):
        actions.open_page("overview" if summary.has_result else "data", summary.id)
    if st.button("Duplicate", key=f"copy_{summary.id}", type="tertiary", help=f"Copy {name}"):
        copy = cached.store().duplicate_audit(summary.id)
        workspace.notify("The audit was duplicated. This is the copy.")
        actions.open_page("overview" if summary.has_result else "data", copy)
    if st.button("Delete", key=f"delete_{summary.id}", type="tertiary", help=f"Delete {name}"):
        _confirm_delete(summary)


def _chips(summary: AuditSummary) -> str:
    if not summary.has_result:
        return ":gray-badge[○ Not run yet]"
    verdicts: tuple[Verdict, ...] = ("beyond", "cannot_tell", "within")
    kept = summary.verdicts.get("verdicts", {})
    counted = {name: kept.get(name, 0) for name in verdicts}
    shown = [
        show.chip(name, f"{number} {wording.verdict_word(name).lower()}")
        for name, number in counted.items()
        if number
    ]
    return " ".join(shown) or ":gray-badge[○ No criteria]"


@st.dialog("Delete this audit?")
def _confirm_delete(summary: AuditSummary) -> None:
    st.markdown(
        f"**{text.md(text.cut(summary.title, 90))}** and everything that belongs to it is removed: data, model, "
        "results, repairs. This cannot be undone."
    )
    if data_folders():
        show.note("Files that were read in place stay where they are.")
    with st.container(horizontal=True):
        if st.button("Delete", key="really_delete", type="primary"):
            cached.store().delete_audit(summary.id)
            workspace.notify("The audit was deleted.")
            if workspace.current().audit == summary.id:
                st.switch_page(page("start").path, query_params={})
            st.rerun()
        if st.button("Keep it", key="keep_audit"):
            st.rerun()
