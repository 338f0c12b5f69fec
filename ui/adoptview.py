"""Handing over what a repair gave: its model with what is needed to audit it again, and the rows that it made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import jobs
from audit.before import AS_IT_IS
from ui import actions, cached, controls, jobpanel, show, text, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.screen import Screen

FILES: Final = (
    ("model.skops", "the model as a scikit-learn pipeline over the columns of the data; no pickle"),
    ("model.onnx", "the same as an ONNX graph, where it can be one"),
    ("thresholds.json", "where scores become decisions, for each group where they differ"),
    ("model-card.md", "what it is, what it did to whom, what it assumes and what to clear first"),
    ("plan.json", "the plan that audits the file again"),
)
"""What is in the archive of a model."""

ROW_FILES: Final = (
    ("card.md", "which method made them, how like real rows they are, and what to beware of"),
    ("generator.safetensors, generator.json", "what made them, as numbers and text"),
)
"""What is in the archive of rows besides the table; the generator where it can be handed over."""

_ROWS: Final = {"augmented": "Training rows and made rows", "made": "Made rows only"}
_FORMATS: Final = {"parquet": "Parquet", "csv": "CSV"}


@dataclass(frozen=True, slots=True)
class Part:
    """What can be made of a trial.

    Parameters
    ----------
    name : str
        The name under which the store keeps it.
    kind : str
        The kind of job that makes it.
    words : str
        What it is called on buttons.
    file : str
        Name of the downloaded file.
    asked : mapping of str to str
        What the job is told besides the trial.
    """

    name: str
    kind: str
    words: str
    file: str
    asked: Mapping[str, str] = field(default_factory=dict)


MODEL: Final = Part("model", "adopt", "files", "adopted.zip")
"""The model of a trial."""

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
    stays = screen.audit.trials[place].baseline == AS_IT_IS
    st.header("Adopt these thresholds" if stays else "Adopt this model", anchor=False)
    show.answer(_THRESHOLDS if stays else _MODEL)
    st.markdown(
        "\n".join(f"- `{name}`: {what}" for name, what in FILES if not stays or name in _WITHOUT_MODEL)
    )
    _files(screen, place, MODEL, _DECIDE if stays else _AGAIN)


def rows(screen: Screen, place: int) -> None:
    """Offer the training rows with the rows that a repair made, where it made some.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Its place among the audit's trials.
    """
    from audit.handover.rows import withheld
    from audit.mitigation.catalogue import catalogue

    record = screen.audit.trials[place]
    known = catalogue().get(record.mitigation)
    if known is None or not known[0].adds_rows or not any(cell.added for cell in record.cells):
        return
    small = withheld(screen.audit.plan)
    st.header("Take the made rows along", anchor=False)
    show.answer(
        "The rows that were made can leave this app as a table, each marked in a column, with a data card. They are made once "
        "more from the same rows and seed, and only kept if the model then decides exactly as it did here."
    )
    if small:
        show.note(_withheld(small, private=known[0].private))
    elif known[0].kept_back:
        show.note(known[0].kept_back)
    left, right = st.columns(2)
    offered = {key: said for key, said in _ROWS.items() if not small or key == "made"}
    with left:
        which = controls.choose("rows", "Rows", offered, width="stretch")
    with right:
        kind = controls.choose("table", "Format", _FORMATS, width="stretch")
    stays = known[0].kept_back or (small and not known[0].private)
    table = (f"{which}.{kind}", "the rows; is_synthetic says which were made")
    named = (table, *ROW_FILES[: 1 if stays else 2])
    st.markdown("\n".join(f"- `{name}`: {what}" for name, what in named))
    if which == "augmented":
        show.note(
            "The real rows are those of people: hand this table only to whom you may give the data themselves."
        )
    elif known[0].private:
        show.note(
            f"What these rows and the generator tell about any one person is bounded: epsilon {record.params['epsilon']:g}. It "
            "adds up: each file of another seed or setting that is handed over adds its epsilon."
        )
    _files(
        screen,
        place,
        Part(f"{which}-{kind}", "rows", "table", "made-rows.zip", {"rows": which, "kind": kind}),
    )


def _withheld(small: int, *, private: bool) -> str:
    """Say what is left out where small groups are withheld."""
    alike = (
        ""
        if private
        else (
            ", and none that equals the rows of so few. The generator stays here, as it knows values of single people"
        )
    )
    return (
        f"This audit withholds groups of fewer than {small} people from every file. So the table holds made rows only: none "
        f"for cells of so few people{alike}. The card says so too."
    )


def _files(screen: Screen, place: int, part: Part, told: str = "") -> None:
    """Offer an archive where it is made already, show its making, or offer to make it."""
    key = actions.trial_at(screen, place)
    if key is None:
        return
    store = cached.store()
    archive = store.adopted_path(screen.id, key, part=part.name)
    if archive is not None:
        st.download_button(
            f"Download the {part.words} (ZIP)",
            data=archive.read_bytes,
            file_name=part.file,
            mime="application/zip",
            key=f"{part.kind}_download_{place}",
            on_click="ignore",
            type="primary",
            icon=":material/download:",
        )
        if told:
            show.note(told)
        return
    if jobpanel.watch(screen.id, part.kind):
        return
    running = any(job.kind == part.kind and job.key == key for job in jobs.active(store, screen.id))
    if st.button(f"Make the {part.words}", key=f"{part.kind}_{place}", type="primary", disabled=running):
        title = screen.audit.trials[place].title
        actions.hand_over(screen, part.kind, {"trial": key, **part.asked}, title)
        workspace.notify(
            f"{text.sentence(title)}: the {part.words} {'is' if part.words == 'table' else 'are'} being made."
        )
        st.rerun()
