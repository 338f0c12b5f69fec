"""What the report screen offers: files, sections, words on the cover, and a preview."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from audit.plan import About
from audit.report.compose import SECTIONS
from ui import actions, cached, downloads, rolesform, show, text, workspace

if TYPE_CHECKING:
    from ui.screen import Screen


def files(screen: Screen) -> None:
    """Offer the files; each is made when it is asked for.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    audit = screen.audit
    for key, label, name, mime, make in downloads.FILES:
        st.download_button(
            label,
            data=partial(make, audit),
            file_name=name,
            mime=mime,
            key=f"file_{key}",
            on_click="ignore",
            type="primary" if key == "pdf" else "secondary",
            icon=":material/download:",
            width="stretch",
        )
    if audit.plan.grouping.small == "suppress":
        show.note(
            f"Counts of 1 to {audit.plan.grouping.small_size - 1} people are withheld in every file, with those that would give "
            "them away. The screens show them."
        )
    show.note("The PDF is tagged for screen readers and for archives, and holds audit.json and plan.json.")


def sections(screen: Screen) -> None:
    """Let the reader choose what the document holds.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    saved = screen.plan.sections or tuple(SECTIONS)
    chosen = tuple(
        name
        for name, title in SECTIONS.items()
        if st.checkbox(text.sentence(title), value=name in saved, key=f"section_{screen.id}_{name}")
    )
    if not chosen:
        show.note("At least one section stays in the document.")
        return
    wanted = () if chosen == tuple(SECTIONS) else chosen
    if wanted != screen.plan.sections:
        actions.save_plan(screen, replace(screen.plan, sections=wanted))
        st.rerun()


def words(screen: Screen) -> None:
    """Let the reader change title, system and people.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    with st.expander("Title, system, people, notes", key="cover_words"):
        about = About(**rolesform.about(screen.plan, screen.id))
        if st.button("Save these words", key="save_about", disabled=about == screen.plan.about):
            actions.save_plan(screen, replace(screen.plan, about=about))
            workspace.notify("Saved. The preview follows.")
            st.rerun()


def preview(screen: Screen) -> None:
    """Show the document page by page, as it will look.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    record = screen.record
    if record is None:
        return
    images = cached.preview(record.id, record.revision, screen.plan, screen.audit)
    number = st.number_input(
        f"Page (1 to {len(images)})",
        min_value=1,
        max_value=len(images),
        value=1,
        key="preview_page",
        width=180,
    )
    with st.container(border=True):
        st.image(
            images[int(number) - 1],
            width="stretch",
            alt=f"Page {number} of {len(images)} of the report. The same content is in the accessible PDF.",
        )
