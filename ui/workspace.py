"""What this browser tab is looking at: one frozen value, replaced by one assignment.

The audit's id lives in the address bar, so a link, a refresh and the back button all say the same; the rest lives in
the session. No other module touches the session state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.errors import AuditError

_KEY: Final = "workspace"
_AUDIT: Final = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What is open and how it is looked at.

    Parameters
    ----------
    audit : str, default ""
        Id of the open audit.
    view : tuple of (name, value), default ()
        Choices of the pickers that stay when the screen changes.
    uploads : int, default 0
        Counts finished uploads; part of every uploader's key, so that its bytes are released.
    notice : str, default ""
        One sentence to show after the next drawing of the screen.
    refusal : AuditError or None, default None
        Why the last uploaded file was not taken in.
    closed : bool, default False
        Whether small counts are kept out of every file, so that screens offer none of their own.
    """

    audit: str = ""
    view: tuple[tuple[str, str], ...] = ()
    uploads: int = 0
    notice: str = ""
    refusal: AuditError | None = None
    closed: bool = False


def current() -> Workspace:
    """Give what is open now; the address bar decides which audit that is.

    Returns
    -------
    Workspace
        The current value.
    """
    held: Workspace = st.session_state.get(_KEY) or Workspace()
    asked = str(st.query_params.get(_AUDIT, ""))
    return held if held.audit == asked else _keep(replace(held, audit=asked, view=()))


def _keep(workspace: Workspace) -> Workspace:
    st.session_state[_KEY] = workspace
    return workspace


def leave() -> None:
    """Let go of the open audit, which is no longer there."""
    if _AUDIT in st.query_params:
        del st.query_params[_AUDIT]
    _keep(replace(current(), audit="", view=()))


def close(*, closed: bool) -> None:
    """Remember whether the plan of the open audit keeps small counts out of every file.

    Parameters
    ----------
    closed : bool
        Whether it does.
    """
    now = current()
    if now.closed != closed:
        _keep(replace(now, closed=closed))


def chosen(name: str) -> str:
    """Give the remembered choice of a picker.

    Parameters
    ----------
    name : str
        The picker's name.

    Returns
    -------
    str
        The choice, or an empty text.
    """
    return dict(current().view).get(name, "")


def remember(name: str, value: str) -> None:
    """Remember the choice of a picker for the other screens.

    Parameters
    ----------
    name : str
        The picker's name.
    value : str
        What was chosen.
    """
    now = current()
    if dict(now.view).get(name) != value:
        _keep(replace(now, view=tuple(sorted({**dict(now.view), name: value}.items()))))


def seed(name: str, options: Sequence[str], first: str = "") -> None:
    """Let a picker that has just appeared start where it was left.

    Parameters
    ----------
    name : str
        The picker's name, which is its key and its name in the address bar.
    options : sequence of str
        What it offers now.
    first : str, default ""
        Where it starts when nobody has chosen yet; the first option by default.
    """
    start = next((value for value in (chosen(name), first) if value in options), None)
    if start is not None and name not in st.session_state and name not in st.query_params:
        st.session_state[name] = start


def set_widget(key: str, value: Any) -> None:
    """Give a widget a value before it is drawn.

    Parameters
    ----------
    key : str
        The widget's key.
    value : object
        The value it shall show.
    """
    st.session_state[key] = value


def widget(key: str, default: Any = None) -> Any:
    """Give the present value of a widget, also before it is drawn.

    Parameters
    ----------
    key : str
        The widget's key.
    default : object, default None
        What to give when there is no such widget yet.

    Returns
    -------
    object
        Its value.
    """
    return st.session_state.get(key, default)


def upload_key(name: str) -> str:
    """Give an uploader's key, which changes when its file has been taken in.

    Parameters
    ----------
    name : str
        The uploader's name.

    Returns
    -------
    str
        The key.
    """
    return f"{name}_{current().uploads}"


def upload_taken() -> None:
    """Let go of the uploaded bytes: the next uploader has a new key."""
    now = current()
    _keep(replace(now, uploads=now.uploads + 1))


def refuse(error: AuditError) -> None:
    """Keep why a file was not taken in, to show beside the new, empty uploader.

    Parameters
    ----------
    error : AuditError
        What is wrong with the file, why, and how to mend it.
    """
    _keep(replace(current(), refusal=error))


def take_refusal() -> AuditError | None:
    """Give once why the last file was not taken in.

    Returns
    -------
    AuditError or None
        The error; None where nothing was refused.
    """
    now = current()
    if now.refusal is not None:
        _keep(replace(now, refusal=None))
    return now.refusal


def notify(sentence: str) -> None:
    """Keep one sentence to show once the screen has been drawn anew.

    Parameters
    ----------
    sentence : str
        What has been done.
    """
    _keep(replace(current(), notice=sentence))


def take_notice() -> str:
    """Give the kept sentence once.

    Returns
    -------
    str
        The sentence, or an empty text.
    """
    now = current()
    if now.notice:
        _keep(replace(now, notice=""))
    return now.notice


def link(audit: str | None = None) -> dict[str, str]:
    """Give the address parameters that keep an audit open on another screen.

    Parameters
    ----------
    audit : str or None, default None
        Id of an audit; None means the open one.

    Returns
    -------
    dict
        For the ``query_params`` of links and page switches.
    """
    identity = current().audit if audit is None else audit
    return {_AUDIT: identity} if identity else {}
