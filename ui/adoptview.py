"""Adopting a repaired model: what one gets, the files, and how to audit them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import jobs
from audit.before import AS_IT_IS
from ui import actions, cached, jobpanel, show, text, workspace

if TYPE_CHECKING:
    from ui.screen import Screen

FILES: Final = (
    ("model.skops", "the model as a scikit-learn pipeline over the columns of the data; no pickle"),
    ("model.onnx", "the same as an ONNX graph, where it can be one"),
    ("thresholds.json", "where scores become decisions, for each group where they differ"),
    ("model-card.md", "what it is, what it did to whom, what it assumes and what to clear first"),
    ("plan.json", "the plan that audits the file again"),
)
"""What is in the archive."""

_WITHOUT_MODEL: Final = ("thresholds.json", "model-card.md")
"""What is in it where the model stays as it is."""

_MODEL: Final = (
    "The repaired model can leave this app as files. It is trained once more from the same rows and seed, and only kept if "
    "it decides exactly as it did here."
)
_THRESHOLDS: Final = (
    "The audited model stays as it is: its new thresholds can leave this app as files. They are set once more from the same "
    "people and seed, and only kept if they decide exactly as they did here."
)
_AGAIN: Final = (
    "To audit it again, upload model.skops as the model of an audit, or run python -m audit run --plan plan.json. It gives "
    "the numbers of this screen on the same test rows; without a split column an uploaded model is measured on all rows."
)
_DECIDE: Final = (
    "To audit them again, write the decisions of the scores at these thresholds as a column of the data, and audit that "
    "column."
)


def adopt(screen: Screen, place: int) -> None:
    """Offer the model of a repair as files to hand over.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Its place among the audit's trials.
    """
    key = actions.trial_at(screen, place)
    if key is None:
        return
    stays = screen.audit.trials[place].baseline == AS_IT_IS
    st.header("Adopt these thresholds" if stays else "Adopt this model", anchor=False)
    show.answer(_THRESHOLDS if stays else _MODEL)
    st.markdown(
        "\n".join(f"- `{name}`: {what}" for name, what in FILES if not stays or name in _WITHOUT_MODEL)
    )
    store = cached.store()
    archive = store.adopted_path(screen.id, key)
    if archive is not None:
        st.download_button(
            "Download the files (ZIP)",
            data=archive.read_bytes(),
            file_name="adopted.zip",
            mime="application/zip",
            key=f"adopted_{place}",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )
        show.note(_DECIDE if stays else _AGAIN)
        return
    if jobpanel.watch(screen.id, "adopt"):
        return
    running = any(job.kind == "adopt" and job.key == key for job in jobs.active(store, screen.id))
    if st.button("Make the files", key=f"adopt_{place}", type="primary", disabled=running):
        title = text.sentence(screen.audit.trials[place].title)
        actions.adopt(screen, key, title)
        workspace.notify(f"{title}: the files are being made.")
        st.rerun()
