"""What identifies data that lie in place: the bytes of a file, the files of a folder, or the rows of a table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from audit.errors import InputError, quote
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit.progress import Progress

FingerprintKind = Literal["bytes", "files", "rows"]

_STEP: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A file as it was when it was read.

    Parameters
    ----------
    path : str
        Its real place.
    n_bytes : int
        Its size.
    changed : int
        When it was written last, in nanoseconds.
    """

    path: str
    n_bytes: int
    changed: int

    def to_dict(self) -> dict[str, Any]:
        """Give the stamp as plain values.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {"path": self.path, "n_bytes": self.n_bytes, "changed": self.changed}


def stamp(path: Path) -> Stamp:
    """Note the size and the time of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Stamp
        What it is now.

    Raises
    ------
    InputError
        Where it is gone.
    """
    try:
        kept = path.stat()
    except OSError as error:
        raise changed_since(path.name, "It is not there any more.") from error
    return Stamp(path=str(path), n_bytes=kept.st_size, changed=kept.st_mtime_ns)


def changed_since(name: str, why: str) -> InputError:
    """Build the error for data that are not what they were.

    Parameters
    ----------
    name : str
        The file.
    why : str
        What is different, as a sentence.

    Returns
    -------
    InputError
        With code "data_changed".
    """
    return InputError(
        f"{quote(name)} has changed since it was first read.",
        why=why,
        fix="Open it again as a new audit. What was found before stays in this one, and nothing new is mixed into it.",
        code="data_changed",
    )


def of_files(stamps: Sequence[Stamp], *, progress: Progress = silent) -> tuple[str, FingerprintKind]:
    """Take the fingerprint of one or more files.

    Parameters
    ----------
    stamps : sequence of Stamp
        The files as they are now.
    progress : callable
        Told after every few megabytes; may raise to stop.

    Returns
    -------
    fingerprint : str
        64 hexadecimal digits. Of a single file, what ``sha256sum`` prints.
    kind : {"bytes", "files"}
        Whether it is of one file or of several.

    Notes
    -----
    Of several files it is the SHA-256 of lines of each file's name and SHA-256, in the order of the names: what
    ``sha256sum *`` prints in their folder, sorted by name.
    """
    from pathlib import Path

    total = sum(each.n_bytes for each in stamps) or 1
    done = 0
    lines = []
    for each in stamps:
        sha, done = _of_file(Path(each.path), done, total, progress)
        lines.append((Path(each.path).name, sha))
    if len(lines) == 1:
        return lines[0][1], "bytes"
    digest = hashlib.sha256()
    for name, sha in sorted(lines):
        digest.update(f"{sha}  {name}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest(), "files"


def _of_file(path: Path, done: int, total: int, progress: Progress) -> tuple[str, int]:
    digest = hashlib.sha256()
    buffer = bytearray(_STEP)
    view = memoryview(buffer)
    try:
        with path.open("rb", buffering=0) as stream:
            while size := stream.readinto(buffer):
                digest.update(view[:size])
                done += size
                progress(min(done / total, 1.0), f"Taking the fingerprint, {done / 1e9:,.1f} GB read")
    except OSError as error:
        raise InputError(
            f"{quote(path.name)} cannot be read.",
            why=f"{error.strerror or 'The system refuses it'}.",
            fix="Check that it is there and may be read.",
            code="file_unreadable",
        ) from error
    return digest.hexdigest(), done
