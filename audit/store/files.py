"""Files named by the hash of their bytes: written whole or not at all, and never outside their folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.errors import ModelError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHA: Final = re.compile(r"[0-9a-f]{64}")
_KIND: Final = re.compile(r"[a-z0-9]{1,12}")
_PARTIAL: Final = ".partial-"
_BLOCK: Final = 1 << 20


def checked_sha(sha: object) -> str:
    """Accept a fingerprint only if it is one, so that it can name a file.

    Parameters
    ----------
    sha : object
        64 hexadecimal digits in small letters.

    Returns
    -------
    str
        The fingerprint.

    Raises
    ------
    StoreError
        Where it is anything else.
    """
    if isinstance(sha, str) and _SHA.fullmatch(sha):
        return sha
    raise StoreError(
        "A fingerprint is not readable.",
        why="A fingerprint is 64 hexadecimal digits.",
        fix="Take it from the audit or from the plan that names it.",
        code="bad_fingerprint",
    )


def checked_kind(kind: object) -> str:
    """Accept the kind of a model file only if it can be the end of a file name.

    Parameters
    ----------
    kind : object
        Such as "onnx" or "skops".

    Returns
    -------
    str
        The kind.

    Raises
    ------
    ModelError
        Where it is anything else.
    """
    if isinstance(kind, str) and _KIND.fullmatch(kind):
        return kind
    raise ModelError(
        "The kind of the model file is not known.",
        why="A model is kept under the name of its kind.",
        fix="Upload an ONNX or a skops file.",
        code="model_kind",
    )


def fingerprint(source: Path | bytes) -> str:
    """Compute the SHA-256 of a file or of bytes.

    Parameters
    ----------
    source : Path or bytes
        What to read; a file is read in blocks.

    Returns
    -------
    str
        64 hexadecimal digits, as `sha256sum` prints them.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomic(target: Path, source: Path | bytes) -> None:
    """Write a file so that others see all of it or nothing.

    Parameters
    ----------
    target : Path
        The file to write; its folder exists.
    source : Path or bytes
        What to write.
    """
    handle, name = tempfile.mkstemp(prefix=_PARTIAL, dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            if isinstance(source, bytes):
                stream.write(source)
            else:
                with source.open("rb") as origin:
                    shutil.copyfileobj(origin, stream, _BLOCK)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def remove_named(folder: Path, sha: str) -> None:
    """Remove every file of a folder that a fingerprint names, with what was derived from it.

    Parameters
    ----------
    folder : Path
        The folder; nothing outside it is touched.
    sha : str
        The fingerprint that the names begin with.
    """
    for path in folder.glob(f"{checked_sha(sha)}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sweep(folder: Path, *, keep: Iterable[str], older_than_seconds: float) -> None:
    """Remove what nobody refers to any more: files of other names and parts of files that were never finished.

    Parameters
    ----------
    folder : Path
        The folder.
    keep : iterable of str
        Beginnings of names that stay.
    older_than_seconds : float
        Younger files stay: somebody may be about to refer to them.
    """
    kept = set(keep)
    limit = time.time() - older_than_seconds
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.name[:64].split(".", 1)[0] not in kept and path.lstat().st_mtime < limit:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
