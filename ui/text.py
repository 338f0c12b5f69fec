"""One way of writing names that come from data where Streamlit would read Markdown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from audit.wording import escape_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT: Final = 200
"""Longest name that is shown, in characters."""

_JOINER: Final = "\u2060"
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
# Emoji codes, arrows and bare addresses are replaced after Markdown has been read, so a backslash does not stop them;
# an invisible word joiner does.
_AFTERWARDS: Final = re.compile(
    r"(?<=:)(?=[\w+\-/]+[:\[])|(?<=[<>~=\-])(?=[>=\-])|(?<=w)(?=\.)|(?<=@)(?=\w)|(?<=:)(?=//)", re.ASCII
)


def shown(name: object) -> str:
    """Clean a name for display: one line, no control characters, at most 200 characters.

    Parameters
    ----------
    name : object
        Any text, such as the name of a column or of a group.

    Returns
    -------
    str
        The name as it is shown; "(blank)" where nothing visible is left.
    """
    return escape_plain(name, LIMIT)


def cut(name: object, limit: int) -> str:
    """Clean a name and cut it to a shorter length.

    Parameters
    ----------
    name : object
        Any text.
    limit : int
        Longest result, in characters.

    Returns
    -------
    str
        The name as it is shown, not escaped.
    """
    text = shown(name)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def md(name: object) -> str:
    r"""Escape a name, so that Markdown shows it literally.

    Parameters
    ----------
    name : object
        Any text.

    Returns
    -------
    str
        Text for ``st.markdown``, labels and help texts.

    Examples
    --------
    >>> md("**bold** <b>")
    '\\*\\*bold\\*\\* \\<b\\>'
    """
    text = shown(name)
    if any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text):
        text = f"\u2068{text}\u2069"
    return _PUNCTUATION.sub(r"\\\1", _AFTERWARDS.sub(_JOINER, text))


def sentence(text: object) -> str:
    """Escape a generated sentence, which may quote names, without cutting it.

    Parameters
    ----------
    text : object
        One or more sentences.

    Returns
    -------
    str
        Text for ``st.markdown``; paragraphs stay apart.
    """
    return _PUNCTUATION.sub(r"\\\1", _AFTERWARDS.sub(_JOINER, " ".join(str(text).split())))


def names(values: Iterable[object], *, joint: str = ", ") -> str:
    """Escape several names and join them.

    Parameters
    ----------
    values : iterable
        Any texts.
    joint : str, default ", "
        What stands between them.

    Returns
    -------
    str
        Text for Markdown.
    """
    return joint.join(md(value) for value in values)
