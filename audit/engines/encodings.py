"""Whether a CSV file in place is written in UTF-8, which is all that engines read."""

from __future__ import annotations

import codecs
from typing import Final

import fsspec

from audit.errors import InputError, quote

_STEP: Final = 1_000_000
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "in UTF-32"),
    (codecs.BOM_UTF32_BE, "in UTF-32"),
    (codecs.BOM_UTF16_LE, "in UTF-16"),
    (codecs.BOM_UTF16_BE, "in UTF-16"),
)


def check_utf8(path: str, *, whole: bool = False) -> None:
    """Refuse a text file that is not written in UTF-8.

    Parameters
    ----------
    path : str
        A file, packed or not; one that cannot be opened is left to whoever reads it.
    whole : bool, default False
        Whether to read all of it, and not the first million bytes only.

    Raises
    ------
    InputError
        With code "not_utf8".
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with fsspec.open(path, "rb", compression="infer") as file:
            data = file.read(_STEP)
            for mark, written in _MARKS:
                if data.startswith(mark):
                    raise _other(path, written)
            # One in two bytes of plain text in UTF-16 is 0; a stray one in a text is for the engine to judge.
            if data.count(b"\0") > len(data) // 5:
                raise _other(path, "in UTF-16, or is no text")
            while data:
                decoder.decode(data)
                data = file.read(_STEP) if whole else b""
    except UnicodeDecodeError as error:
        raise _other(path, "in another encoding, such as Windows-1252") from error
    except (OSError, EOFError):
        return


def _other(path: str, written: str) -> InputError:
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return InputError(
        f"{quote(name)} is not written in UTF-8.",
        why=f"It is written {written}, and text that is counted in place has to be UTF-8.",
        fix="Save it as UTF-8, or read it into memory with --no-in-place.",
        code="not_utf8",
    )
