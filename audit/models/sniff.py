"""What a model file is, judged by its first bytes and never by its name.

Nothing is loaded here: only enough is read to tell a pickle, in any of its disguises, from the two kinds of file
that can be used.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import zlib
from typing import TYPE_CHECKING, Final, Literal

from audit.errors import ModelError, quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HEAD: Final = 65_536
_PICKLE_FILES: Final = (".pkl", ".pickle", ".joblib")
_RUNS_CODE: Final = frozenset({"GLOBAL", "INST", "OBJ", "REDUCE", "BUILD", "STACK_GLOBAL", "NEWOBJ"})
_OPENS: Final = frozenset({"PROTO", "MARK", "GLOBAL", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"})


def sniff(path: Path, *, name: str) -> Literal["onnx", "zip"]:
    """Tell from its first bytes whether a file can be an ONNX or a skops model.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called, for the message.

    Returns
    -------
    {"onnx", "zip"}
        "zip" for what may be a skops file; "onnx" for everything that is not recognised as something else.

    Raises
    ------
    ModelError
        If it is empty or a pickle.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise unreadable(name, why="The file is empty.")
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if _is_pickle(head) or _is_pickle(_unpacked(head)) or head.startswith(b"ZF"):
        raise pickle_refused(name)
    return "onnx"


def holds_pickle(names: list[str]) -> bool:
    """Tell whether an archive holds pickles, as the files of torch do.

    Parameters
    ----------
    names : list of str
        The names in the archive.

    Returns
    -------
    bool
        True if any of them is a pickle by name.
    """
    return any(name.lower().endswith(_PICKLE_FILES) for name in names)


def pickle_refused(name: str) -> ModelError:
    """Build the error for a file that would run code when it is opened.

    Parameters
    ----------
    name : str
        What the file is called.

    Returns
    -------
    ModelError
        With the two ways to convert it.
    """
    return ModelError(
        f"{quote(name)} is a pickle, and pickles are not opened here.",
        why="A pickle (also joblib, cloudpickle and torch files) can run any code when it is opened.",
        fix="Where you trust the file, load it and save it again with skops.io.dump(model, 'model.skops'), "
        "or as ONNX with skl2onnx.to_onnx(model, X[:1]).",
        code="pickle_refused",
    )


def unreadable(name: str, *, why: str = "") -> ModelError:
    """Build the error for a file that is neither a whole ONNX nor a whole skops model.

    Parameters
    ----------
    name : str
        What the file is called.
    why : str, default ""
        What is known about the reason.

    Returns
    -------
    ModelError
        With what to do about it.
    """
    return ModelError(
        f"{quote(name)} cannot be read as a model.",
        why=why or "It is not an ONNX or skops file, or it was cut short.",
        fix="Save the model again as ONNX or with skops, and upload the whole file.",
        code="model_unreadable",
    )


def _is_pickle(head: bytes) -> bool:
    if head[:1] == b"\x80" and head[1:2] <= b"\x05" and len(head) > 2:
        return True
    seen: set[str] = set()
    try:
        for opcode, _, _ in pickletools.genops(io.BytesIO(head)):
            if not seen and opcode.name not in _OPENS:
                return False
            seen.add(opcode.name)
    except (ValueError, UnicodeDecodeError, OverflowError):
        pass  # the head was cut, or it is no pickle after all: judged by what came before
    return bool(seen & _RUNS_CODE)


def _unpacked(head: bytes) -> bytes:
    """Give the first bytes of what may have been compressed, as joblib does."""
    openers: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
        (b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=io.BytesIO(raw)).read(256)),
        (b"x", lambda raw: zlib.decompressobj().decompress(raw, 256)),
        (b"BZh", lambda raw: bz2.BZ2Decompressor().decompress(raw, 256)),
        (b"\xfd7zXZ", lambda raw: lzma.LZMADecompressor().decompress(raw, 256)),
        (b"\x5d\x00\x00", lambda raw: lzma.LZMADecompressor().decompress(raw, 256)),
        (
            b"\x04\x22\x4d\x18",
            lambda _: b"\x80\x04.",
        ),  # LZ4 is not in the standard library; only joblib uses it here
    )
    for magic, unpack in openers:
        if head.startswith(magic):
            try:
                return unpack(head)
            except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
                return b""
    return b""
