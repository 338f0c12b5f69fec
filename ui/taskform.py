"""What kind of label a column holds, as a part of the form of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit.grouping import is_number
from audit.roles import MOST_CLASSES
from ui import show

if TYPE_CHECKING:
    from audit.data.dataset import ColumnProfile
    from audit.plan import Task

WORDS: Final[dict[Task, str]] = {
    "binary": "Two values",
    "multiclass": "Several classes: one against the rest",
    "regression": "A number",
}


def kinds(profile: ColumnProfile | None) -> list[Task]:
    """List what a label column can be audited as.

    Parameters
    ----------
    profile : ColumnProfile or None
        The column; None where none is chosen.

    Returns
    -------
    list of str
        Tasks, the likeliest first; two values wherever nothing else is possible.
    """
    if profile is None or profile.n_distinct <= 2:
        return ["binary"]
    number: list[Task] = ["regression"] if is_number(profile) else []
    several: list[Task] = ["multiclass"] if profile.n_distinct <= MOST_CLASSES else []
    return (number + several if profile.kind == "numeric" else several + number) or ["binary"]


def pick(profile: ColumnProfile | None, now: Task, *, key: str) -> Task:
    """Ask what a label column holds, where that is a question.

    Parameters
    ----------
    profile : ColumnProfile or None
        The column.
    now : {"binary", "multiclass", "regression"}
        What is saved.
    key : str
        Key of the picker.

    Returns
    -------
    {"binary", "multiclass", "regression"}
        The task.
    """
    options = kinds(profile)
    if len(options) == 1:
        if options[0] == "regression":
            show.note("This column holds a number: predictions of it are audited, and their errors.")
        elif options[0] == "multiclass":
            show.note("This column has several classes: one is held against the rest.")
        return options[0]
    return st.radio(
        "What does it hold?",
        options,
        index=options.index(now) if now in options else 0,
        format_func=lambda name: WORDS[name],
        help="A class is held against all others. A number is audited by its errors, and as high above the median.",
        key=key,
        persist_state="session",
    )
