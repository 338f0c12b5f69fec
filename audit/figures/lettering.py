"""How text that came with the data is made safe to print: nothing hidden, nothing endless, nothing that no font has.

A text stays a text: what looks like Markdown, HTML, a formula or a command is printed as it is. Only what cannot be
seen or cannot be printed is taken out or spelled as its code point.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from audit.figures.fonts import coverages

NAME_LIMIT: Final = 200
"""Names of columns, groups and files are cut at this many characters."""

SENTENCE_LIMIT: Final = 4000
"""Sentences, which may hold several names, are cut at this many characters."""

_JOINERS: Final = "\u200c\u200d"
_SPACES: Final = re.compile(r"\s+")
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_SELECTORS: Final = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810)])
_UNSEEN: Final = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0})
_PLACEHOLDERS: Final = frozenset({0x2028, 0x2029, 0xFFFC, 0xFFFD})
_MOST_MARKS: Final = 3


@lru_cache(maxsize=16_384)
def clean(text: str, *, limit: int = NAME_LIMIT, glyphs: bool = True) -> str:
    """Make a text safe to print, literally.

    Parameters
    ----------
    text : str
        Any text, also a hostile one.
    limit : int, default 200
        Longest result in characters, before glyphs are spelled out; a longer text ends in "…".
    glyphs : bool, default True
        Whether characters that no font of the report has are spelled as "[U+6C49]".

    Returns
    -------
    str
        One line, in Unicode's composed form, without controls, private-use and unassigned characters and without
        marks that turn the direction of the text.
    """
    # A name of a megabyte costs no more than one of a few pages.
    window = str(text)[: limit * 8 + 64]
    seen = "".join(" " if _is_space(c) else c for c in window if _is_space(c) or _is_seen(c))
    composed = unicodedata.normalize("NFC", seen)
    line = _SPACES.sub(" ", _without_piles(_without_stray_joiners(composed))).strip()
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return "".join(_drawable(cluster) for cluster in _clusters(line)) if glyphs else line


def breakable(text: str, *, run: int = 18) -> str:
    """Give long unbroken runs of letters places where a line may end.

    Parameters
    ----------
    text : str
        A clean text.
    run : int, default 18
        Longest run without a place to break.

    Returns
    -------
    str
        The text with zero-width spaces after separators of long words, and inside endless ones.
    """
    return " ".join(_broken(word, run) if len(word) > run else word for word in text.split(" "))


def _broken(word: str, run: int) -> str:
    parts = re.findall(r"[^_/\\.,;:=|-]*[_/\\.,;:=|-]+|[^_/\\.,;:=|-]+", word)
    pieces: list[str] = []
    for part in parts:
        clusters = _clusters(part)
        pieces.extend("".join(clusters[k : k + run]) for k in range(0, len(clusters), run))
    return "\u200b".join(pieces)


def _is_space(character: str) -> bool:
    return character.isspace() or ord(character) in {0x2028, 0x2029}


def _is_seen(character: str) -> bool:
    code = ord(character)
    if code in _SELECTORS or code in _UNSEEN or code in _PLACEHOLDERS:
        return False
    return character in _JOINERS or unicodedata.category(character) not in _UNPRINTABLE


def _without_stray_joiners(text: str) -> str:
    """Keep a joiner only between two Arabic letters, where it changes how a word is written."""
    if not any(joiner in text for joiner in _JOINERS):
        return text
    kept = [
        c
        for k, c in enumerate(text)
        if c not in _JOINERS
        or (0 < k < len(text) - 1 and _is_arabic(text[k - 1]) and _is_arabic(text[k + 1]))
    ]
    return "".join(kept)


def _is_arabic(character: str) -> bool:
    return unicodedata.bidirectional(character) == "AL"


def _without_piles(text: str) -> str:
    """Leave at most three marks on a letter, so that a name cannot climb over its neighbours."""
    kept: list[str] = []
    pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.category(character) in _MARKS else 0
        if pile <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _clusters(text: str) -> list[str]:
    """Split a text into letters with their marks."""
    found: list[str] = []
    for character in text:
        if found and (unicodedata.category(character) in _MARKS or character in _JOINERS):
            found[-1] += character
        else:
            found.append(character)
    return found


def _drawable(cluster: str) -> str:
    """Keep a letter and its marks where one font has them all; spell out what no font has."""
    codes = [ord(character) for character in cluster if character not in _JOINERS]
    if unicodedata.category(cluster[0]) in _MARKS:
        return _spelled(codes)
    if any(all(code in covered for code in codes) for covered in coverages()):
        return cluster
    if len(codes) > 1:
        return _drawable(cluster[0]) + _spelled(codes[1:])
    return _spelled(codes)


def _spelled(codes: list[int]) -> str:
    return "".join(f"[U+{code:04X}]" for code in codes)
