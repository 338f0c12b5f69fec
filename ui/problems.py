"""Where an error becomes a sentence: what happened, why, and how to mend it."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import streamlit as st

from audit.errors import AuditError
from ui import text

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logging.getLogger("evenhand")


@contextmanager
def boundary() -> Iterator[None]:
    """Show errors of what is drawn inside as readable messages; everything else on the screen stays.

    Yields
    ------
    None
        Nothing; the body runs inside.
    """
    try:
        yield
    except AuditError as error:
        message(error)
    except Exception as error:  # noqa: BLE001 - the one place where nothing may pass
        unexpected(error)


def message(error: AuditError) -> None:
    """Show an error that a person can act on.

    Parameters
    ----------
    error : AuditError
        What happened, why, and how to mend it.
    """
    st.error(
        "\n\n".join(text.sentence(part) for part in (error.why, error.fix) if part)
        or "Nothing of your work is lost.",
        title=text.sentence(error.what),
    )


def unexpected(error: Exception) -> None:
    """Log an error that nobody foresaw and show its reference.

    Parameters
    ----------
    error : Exception
        Whatever was raised. Its text can hold values of people, so the log gets its kind and place only.
    """
    reference = uuid4().hex[:8]
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("reference %s: %s\n%s", reference, type(error).__name__, where)
    st.error(
        f"Your work is kept. Try again; if it happens again, quote reference {reference}.",
        title="Something went wrong that was not foreseen.",
    )
