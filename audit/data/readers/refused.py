"""Files that are never read: pickles, because they can run code, and formats that are not tables of this kind."""

from __future__ import annotations

import bz2
import lzma
import pickletools
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from audit.data.readers.spec import unreadable
from audit.errors import InputError, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.data.readers.spec import Content

_PICKLE_NAMES = (".pkl", ".pickle", ".joblib")
_NUMPY_PICKLE = b"ZF0x"
_OLD_PICKLE_STARTS: Final = frozenset(b"(]}lcIFSVNLK)")
_OLD_PICKLE_CHECKED: Final = 1_000_000
_LARGEST_PROTOCOL: Final = 5
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_UNPACK = "Unpack it and open the table inside."
_AS_CSV = "Save the table as CSV, Parquet or Excel (.xlsx)."
_KNOWN: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\x1f\x8b", "It is a gzip archive.", _UNPACK),
    (b"BZh", "It is a bzip2 archive.", _UNPACK),
    (b"\xfd7zXZ\x00", "It is an xz archive.", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "It is a zstd archive.", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "It is a 7z archive.", _UNPACK),
    (b"Rar!", "It is a rar archive.", _UNPACK),
    (b"%PDF-", "It is a PDF document, not a table.", _AS_CSV),
    (b"\x89PNG", "It is a picture.", _AS_CSV),
    (b"\xff\xd8\xff", "It is a picture.", _AS_CSV),
    (b"GIF8", "It is a picture.", _AS_CSV),
    (b"\x7fELF", "It is a program.", _AS_CSV),
    (b"SQLite format 3\x00", "It is a database.", "Export the table as CSV."),
    (b"\x89HDF", "It is an HDF5 file.", _AS_CSV),
    (b"\x93NUMPY", "It is a NumPy array without column names.", _AS_CSV),
    (b"<stata_dta>", "It is a Stata file.", _AS_CSV),
    (b"$FL2", "It is an SPSS file.", _AS_CSV),
    (b"PARE", "It is an encrypted Parquet file.", "Save it without encryption."),
    (b"FEA1", "It is a Feather file of the first version.", "Save it as Feather version 2 or as Parquet."),
)
_MARKUP = (b"<!doctype html", b"<html", b"<?xml")


def refuse(content: Content) -> None:
    """Refuse what must not or cannot be read, with the reason and a way out.

    Parameters
    ----------
    content : Content
        The file.

    Raises
    ------
    InputError
        With the code "pickle_refused" for a pickle, however it is named or packed; else "unreadable_file".
    """
    head = content.head()
    if _is_pickle(content, head):
        raise _pickle(content)
    if head.startswith(b"PK\x03\x04"):
        _refuse_zip(content)
    if head.startswith(_OLE):
        _refuse_old_excel(content)
    for magic, why, fix in _KNOWN:
        if head.startswith(magic):
            raise unreadable(content, why=why, fix=fix)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_MARKUP):
        raise unreadable(content, why="It is a web page or an XML document, not a table.", fix=_AS_CSV)
    if start[:1] in {b"{", b"["} and start[1:].lstrip()[:1] in {b'"', b"{", b"["}:
        raise unreadable(content, why="It is JSON, not a table with a header line.", fix=_AS_CSV)


def _is_pickle(content: Content, head: bytes) -> bool:
    return _starts_pickle(head) or _starts_pickle(_unpacked(head)) or _is_old_pickle(content, head)


def _starts_pickle(head: bytes) -> bool:
    return head.startswith(_NUMPY_PICKLE) or (
        len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= _LARGEST_PROTOCOL  # the PROTO instruction
    )


def _is_old_pickle(content: Content, head: bytes) -> bool:
    """Recognise protocols 0 and 1, which have no magic number: read the instructions, without following them."""
    ends = content.tail(1) == b"." and 1 < len(content.data) <= _OLD_PICKLE_CHECKED
    if not ends or head[0] not in _OLD_PICKLE_STARTS:
        return False
    last = None
    try:
        for opcode, _, position in pickletools.genops(bytes(content.data)):
            last = (opcode.name, position)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not a pickle
        return False
    return last == ("STOP", len(content.data) - 1)


def _unpacked(head: bytes) -> bytes:
    """Give the first bytes inside a compressed stream, as joblib writes it; nothing where it is not one."""
    openers: tuple[tuple[bytes, Callable[[], bytes]], ...] = (
        (b"\x1f\x8b", lambda: zlib.decompressobj(31).decompress(head, 16)),
        (b"\x78", lambda: zlib.decompressobj().decompress(head, 16)),
        (b"BZh", lambda: bz2.BZ2Decompressor().decompress(head, 16)),
        (b"\xfd7zXZ", lambda: lzma.LZMADecompressor().decompress(head, 16)),
        (b"\x5d\x00\x00", lambda: lzma.LZMADecompressor().decompress(head, 16)),
    )
    for magic, opener in openers:
        if head.startswith(magic):
            try:
                return opener()
            except (zlib.error, OSError, lzma.LZMAError, EOFError):
                return b""
    # joblib's lz4 frames cannot be opened without another package; the pickle's first bytes are stored as they are
    return head[15:] if head.startswith(b"\x04\x22\x4d\x18") else b""


def _refuse_zip(content: Content) -> None:
    """Let an Excel workbook pass and refuse every other archive."""
    try:
        with zipfile.ZipFile(_file(content)) as archive:
            names = archive.namelist()
            pickles = any(_holds_pickle(archive, name) for name in names[:1000])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as broken:
        raise unreadable(
            content, why="It is a damaged or cut-off archive.", fix="Save or download it again."
        ) from broken
    if pickles:
        raise _pickle(content)
    if "xl/workbook.xml" in names:
        return
    if "schema.json" in names:
        raise unreadable(content, why="It is a skops model, not a table.", fix="Open it on the Model screen.")
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise unreadable(
            content, why="It is a spreadsheet in another format.", fix="Save it as .xlsx or CSV."
        )
    raise unreadable(content, why="It is a zip archive.", fix=_UNPACK)


def _holds_pickle(archive: zipfile.ZipFile, name: str) -> bool:
    if name.lower().endswith(_PICKLE_NAMES):
        return True
    try:
        with archive.open(name) as member:
            return _starts_pickle(member.read(2))
    except (RuntimeError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return False  # encrypted or damaged members are refused later, with the archive


def _refuse_old_excel(content: Content) -> None:
    secret = "EncryptedPackage".encode("utf-16-le")
    if secret in content.head(1_000_000) or secret in content.tail(1_000_000):
        raise unreadable(
            content,
            why="It is an Excel workbook protected by a password.",
            fix="Remove the password in Excel and save it as .xlsx, or save it as CSV.",
        )
    raise unreadable(
        content,
        why="It is in the old binary Office format (.xls).",
        fix="Open it in Excel and save it as .xlsx or CSV.",
    )


def _pickle(content: Content) -> InputError:
    return InputError(
        f"{quote(content.name)} is a pickle and is not opened.",
        why="Reading a pickle or joblib file can run any code that was put into it.",
        fix="Where you trust it, load it in Python and save the table with frame.to_parquet(…) or "
        "frame.to_csv(…), a model as ONNX or skops.",
        code="pickle_refused",
    )


def _file(content: Content) -> Any:
    import pyarrow as pa

    return pa.BufferReader(pa.py_buffer(content.data))
