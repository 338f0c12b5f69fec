"""Which alphabet a text file is written in; everything after this is UTF-8."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from audit.data.readers.spec import unreadable

if TYPE_CHECKING:
    from audit.data.readers.spec import Content
    from audit.errors import InputError

_STEP: Final = 4 * 1024 * 1024
_HEAD: Final = 64 * 1024
# what a text may hold besides characters: tab, line ends, form feed and the end mark of old systems
_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26}) + b"\x7f"
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


def to_utf8(content: Content) -> tuple[memoryview, tuple[str, ...]]:
    """Give a text file as UTF-8 without a byte order mark.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    memoryview
        The text; the file's own bytes where they are UTF-8 already.
    tuple of str
        A note where the file is written in something else.

    Raises
    ------
    InputError
        Where the file is not text.
    """
    head = content.head(_HEAD)
    for mark, codec, title in _MARKS:
        if head.startswith(mark):
            return _decoded(content, codec, f"The file is written in {title}.")
    codec = _utf16_without_mark(head)
    if codec:
        return _decoded(content, codec, "The file is written in UTF-16 without a byte order mark.")
    data = content.data
    if head.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    share = _control_share(head)
    if _is_utf8(data):
        if share > 0.2:
            raise _binary(content)
        return data, ()
    if share > 0.001:
        raise _binary(content)
    return _western(bytes(data))


def _decoded(content: Content, codec: str, note: str) -> tuple[memoryview, tuple[str, ...]]:
    try:
        text = bytes(content.data).decode(codec)
    except UnicodeDecodeError as error:
        raise _binary(content) from error
    # unassigned characters and controls all over say that the mark was an accident
    sample = text[:_HEAD]
    if sum(not (c.isprintable() or c in "\t\n\r\u200f\u200e\ufeff") for c in sample) > 0.2 * len(sample):
        raise _binary(content)
    return memoryview(text.removeprefix("\ufeff").encode("utf-8")), (note,)


def _utf16_without_mark(head: bytes) -> str:
    """Recognise UTF-16 by its zero bytes, which lie on one side only where the text is mostly Latin."""
    if len(head) < 4 or b"\x00" not in head:
        return ""
    even, odd = head[0::2], head[1::2]
    first, second = even.count(0) / len(even), odd.count(0) / len(odd)
    if second > 0.6 and first < 0.05:
        return "utf-16-le"
    if first > 0.6 and second < 0.05:
        return "utf-16-be"
    return ""


def _control_share(head: bytes) -> float:
    return 1 - len(head.translate(None, _CONTROLS)) / len(head)


def _is_utf8(data: memoryview) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _STEP):
            decoder.decode(data[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _western(data: bytes) -> tuple[memoryview, tuple[str, ...]]:
    try:
        text, title = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, title = data.decode("latin-1"), "Latin-1"
    note = (
        f"The file is not UTF-8; it was read as Western European text ({title}). Check letters with accents."
    )
    return memoryview(text.encode("utf-8")), (note,)


def _binary(content: Content) -> InputError:
    return unreadable(
        content,
        why="Its content is neither text nor a table format that is known here.",
        fix="Save the table as CSV, Parquet, Arrow or Excel (.xlsx).",
    )
