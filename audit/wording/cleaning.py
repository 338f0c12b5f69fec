"""Names that come from the data, made ready to be shown: literal, on one line, of a bearable length."""

from __future__ import annotations

import html
import unicodedata
from textwrap import wrap as fold
from typing import TYPE_CHECKING, Any, Final

from audit.errors import ROOM_FOR_AN_END, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LIMIT: Final = 200
_CUT = "…"
_BETWEEN = " × "
_SHORTEST = 3
"""Values are not cut to fewer characters than one more than these."""
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Controls, format signs (bidi overrides among them), surrogates, private and unassigned characters."""
_JOINERS: Final = frozenset({"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"})
"""Format signs that Arabic, Persian and Indic scripts need to be written correctly."""


def escape_plain(text: object, limit: int = _LIMIT) -> str:
    r"""Clean a name for display as plain text.

    Parameters
    ----------
    text : object
        Anything; it is turned into text first.
    limit : int, default 200
        Longest result, in characters.

    Returns
    -------
    str
        Text on one line without control characters or bidirectional overrides, cut with "…" where it is longer.

    Examples
    --------
    >>> escape_plain("a\n\tb\u202ec"), escape_plain("abcdef", limit=4)
    ('a bc', 'abc…')
    """
    # A name of ten million characters need not be normalised to show two hundred of them.
    room = 10 * limit + 500
    whole = str(text)
    raw = whole if len(whole) <= 2 * room else whole[:room] + whole[-room:]
    spaced = " ".join(unicodedata.normalize("NFC", raw).split())
    shown = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _UNSHOWN)
    shown = " ".join(shown.split())
    if len(shown) <= limit and len(whole) <= len(raw):
        return shown or "(blank)"
    return shortened(shown, limit)


def label(text: object, limit: int = _LIMIT) -> str:
    """Clean a name for a place that reads HTML, such as a label in a figure.

    Parameters
    ----------
    text : object
        Anything; it is turned into text first.
    limit : int, default 200
        Longest result before escaping, in characters.

    Returns
    -------
    str
        The cleaned text with ``<``, ``>``, ``&`` and quotation marks escaped, so that markup shows literally.

    Examples
    --------
    >>> label("<b>bold</b><br>")
    '&lt;b&gt;bold&lt;/b&gt;&lt;br&gt;'
    """
    # The figure library fills %{…} and $…$ (mathematics) in some texts; a wide form of the sign shows the same.
    cleaned = escape_plain(text, limit).replace("%{", "%\N{ZERO WIDTH NON-JOINER}{")
    return html.escape(cleaned, quote=True).replace("$", "&#36;")


def csv_safe(text: object) -> str:
    """Make a text safe for a cell that a spreadsheet will open.

    Parameters
    ----------
    text : object
        Anything; it is turned into text first.

    Returns
    -------
    str
        The text, with an apostrophe before it where a spreadsheet would read a formula.

    Examples
    --------
    >>> csv_safe("=cmd()"), csv_safe("White")
    ("'=cmd()", 'White')
    """
    raw = str(text)
    if raw.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}:
        return f"'{raw}"
    return raw


def wrap(text: object, width: int, lines: int = 2) -> tuple[str, ...]:
    """Fold a name into a few short lines, not escaped yet.

    Parameters
    ----------
    text : object
        Anything; it is cleaned first.
    width : int
        Longest line, in characters; wide characters count twice.
    lines : int, default 2
        Most lines; what is left over is cut with "…".

    Returns
    -------
    tuple of str
        The lines, one at least.
    """
    cleaned = escape_plain(text, _LIMIT)
    folded = fold(_spread(cleaned), width=width, break_long_words=True) or [cleaned]
    folded = [line.replace("\0", "") for line in folded]
    if len(folded) <= lines:
        return tuple(folded)
    for limit in range(width * lines, ROOM_FOR_AN_END - 1, -1):
        tried = fold(_spread(shortened(cleaned, limit)), width=width, break_long_words=True)
        if len(tried) <= lines:
            return tuple(line.replace("\0", "") for line in tried)
    kept = folded[:lines]
    kept[-1] = kept[-1][: width - 1].rstrip() + _CUT
    return tuple(kept)


def distinct(names: Sequence[Any], width: int, lines: int = 2) -> tuple[tuple[str, ...], ...]:
    """Fold several names and keep those apart that would look the same once cut.

    Parameters
    ----------
    names : sequence
        Names in their order.
    width : int
        Longest line, in characters.
    lines : int, default 2
        Most lines.

    Returns
    -------
    tuple of tuple of str
        The lines of each name; the second of two names that look the same ends in "… 2".
    """
    once = {name: _by_parts(name, width, lines) for name in dict.fromkeys(names)}
    bearers: dict[tuple[str, ...], list[Any]] = {}
    shown = []
    for name in names:
        folded = once[name]
        known = bearers.setdefault(folded, [])
        if name not in known:
            known.append(name)
        place = known.index(name) + 1
        if place > 1:
            mark = f"{_CUT} {place}"
            last = folded[-1].rstrip(_CUT)
            folded = (*folded[:-1], last[: max(width - len(mark), 0)] + mark)
        shown.append(folded)
    return tuple(shown)


def joined(parts: Sequence[str], fits: Callable[[str], bool]) -> str:
    """Join the values of a group, each cut to what leaves room for the others.

    Parameters
    ----------
    parts : sequence of str
        The values.
    fits : callable
        Says whether a text is short enough.

    Returns
    -------
    str
        The values with " × " between them: whole where that fits, otherwise with "…" at the end of the longest.

    Examples
    --------
    >>> joined(["Female", "American Indian alone", "With a disability"], lambda text: len(text) <= 40)
    'Female × American Indi… × With a disabi…'
    """
    for most in range(max(map(len, parts), default=0), _SHORTEST, -1):
        short = [part if len(part) <= most else shortened(part, most) for part in parts]
        if fits(_BETWEEN.join(short)):
            return _BETWEEN.join(short)
    return _BETWEEN.join(parts)


def _by_parts(name: Any, width: int, lines: int) -> tuple[str, ...]:
    """Fold a name; of several values that do not fit each keeps its beginning, or the last would be lost."""
    parts = escape_plain(name, _LIMIT).split(_BETWEEN)
    if len(parts) < 2:
        return wrap(name, width, lines)
    whole = joined(parts, lambda text: len(wrap(text, width, lines + 1)) <= lines)
    return wrap(whole, width, lines)


def _spread(text: str) -> str:
    """Put an invisible filler after each wide character, so that folding counts it twice."""
    return "".join(c + "\0" if unicodedata.east_asian_width(c) in "WF" else c for c in text)
