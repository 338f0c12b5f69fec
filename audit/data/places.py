"""Which files a path, a folder or a pattern means, and whether they are one table."""

from __future__ import annotations

import glob
import os
import stat
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.data.columns import clean_name
from audit.data.folders import ENDINGS, checked
from audit.errors import InputError, listing, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_FILES: Final = 10_000
"""Files of one table."""

_MAGIC: Final = "*?["


def find_all(texts: Sequence[str], root: Path | None = None) -> tuple[Path, ...]:
    """Say which files some paths, folders and patterns mean together.

    Parameters
    ----------
    texts : sequence of str
        Each as :func:`find_files` understands it.
    root : Path or None, default None
        A folder that no file may lie outside of.

    Returns
    -------
    tuple of Path
        Real places of regular files, each once, in the order of their names.
    """
    if len(texts) == 1:
        return find_files(texts[0], root)
    found = dict.fromkeys(path for text in texts for path in find_files(text, root))
    return _one_format(list(found))


def named_twice(texts: Sequence[str], root: Path | None = None) -> tuple[str, ...]:
    """Say which files some paths, folders and patterns mean more than once.

    Parameters
    ----------
    texts : sequence of str
        As :func:`find_all` takes them.
    root : Path or None, default None
        A folder that no file may lie outside of.

    Returns
    -------
    tuple of str
        Names of files, as shown.
    """
    if len(texts) < 2:
        return ()
    times = Counter(path for text in texts for path in find_files(text, root))
    return tuple(clean_name(path.name) for path, n in times.items() if n > 1)


def find_files(text: str, root: Path | None = None) -> tuple[Path, ...]:
    """Say which files a path, a folder or a pattern means.

    Parameters
    ----------
    text : str
        A file, a folder of files of one format, or a pattern such as "people/*.parquet". What exists under exactly
        this name is taken for it, also where the name holds a "*" or "[".
    root : Path or None, default None
        A folder that no file may lie outside of; patterns are not understood there.

    Returns
    -------
    tuple of Path
        Real places of regular files, in the order of their names.

    Raises
    ------
    InputError
        Where there is no file, where formats are mixed, where there are too many, or where a link leads out.
    """
    path = Path(text)
    try:
        if root is not None:
            path = checked(path, root)
        if path.is_dir():
            return _one_format(_in_folder(path, root), path.name)
        if path.exists() or root is not None or not any(mark in text for mark in _MAGIC):
            return (_regular(path),)
        found = list(islice(_matching(text), MOST_FILES + 1))
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise _not_there(text) from error
    if not found:
        raise InputError(
            f"No file matches {quote(clean_name(text))}.",
            why="A pattern takes '*' for any text and '?' for any character; hidden files are left out.",
            fix="Check the pattern, and put it in quotation marks so that the shell leaves it alone.",
            code="file_missing",
        )
    return _one_format(found, text)


def _matching(text: str) -> Iterable[Path]:
    for name in glob.iglob(text, recursive=True):  # noqa: PTH207 - Path.glob takes no absolute pattern
        found = Path(name)
        if not found.name.startswith("_") and found.is_file():
            yield found.resolve(strict=True)


def _in_folder(folder: Path, root: Path | None) -> list[Path]:
    """List the tables that lie directly in a folder; those of Spark's that only mark something are left out."""
    found: list[Path] = []
    real = folder.resolve(strict=True)
    with os.scandir(real) as names:
        for at, entry in enumerate(names):
            if at >= 20 * MOST_FILES or len(found) > MOST_FILES:
                raise _too_many(folder.name)
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir() and "=" in entry.name:
                raise InputError(
                    f"The folder {quote(clean_name(folder.name))} is parted by the names of the folders in it.",
                    why="A column that is written in folder names is in none of the files.",
                    fix="Register it as a table and audit that with Spark, or name one of the folders in it.",
                    code="parted_folder",
                )
            if Path(entry.name).suffix.casefold() not in ENDINGS:
                continue
            place = checked(Path(entry.path), root if root is not None else real)
            if place.is_file():
                found.append(place)
    if not found:
        raise InputError(
            f"The folder {quote(clean_name(folder.name))} holds no table.",
            why="A table is a Parquet, CSV or TSV file that lies directly in the folder and is not hidden.",
            fix="Name the folder that holds the files.",
            code="empty_folder",
        )
    return found


def _one_format(found: Sequence[Path], text: str = "") -> tuple[Path, ...]:
    """See that files have one format; the text that means them is empty where several do."""
    if len(found) > MOST_FILES:
        raise _too_many(text)
    formats = {ENDINGS.get(path.suffix.casefold(), path.suffix) for path in found}
    if len(formats) > 1:
        raise InputError(
            f"{_said(text)} {'holds' if text else 'hold'} files of more than one format: {listing(sorted(formats))}.",
            why="The files of one table have one format.",
            fix="Name the files with a pattern such as '*.parquet', or move the others away.",
            code="mixed_formats",
        )
    return tuple(sorted(dict.fromkeys(_regular(path) for path in found), key=str))


def _regular(path: Path) -> Path:
    """Give the real place of a regular file; a pipe or a device would never end."""
    try:
        real = path.resolve(strict=True)
        kept = real.stat()
    except (OSError, RuntimeError, ValueError) as error:
        raise _not_there(str(path)) from error
    if not stat.S_ISREG(kept.st_mode):
        raise InputError(
            f"{quote(clean_name(path.name))} is not a file.",
            why="It is a pipe, a device or a socket.",
            fix="Name a file, a folder or a pattern.",
            code="file_missing",
        )
    if not os.access(real, os.R_OK):
        raise InputError(
            f"{quote(clean_name(path.name))} cannot be read.",
            why="This program has no right to read it.",
            fix="Ask its owner for the right to read it.",
            code="file_unreadable",
        )
    return real


def _not_there(text: str) -> InputError:
    return InputError(
        f"The data file {quote(clean_name(Path(text[-300:]).name))} is not there.",
        fix="Check the path.",
        code="file_missing",
    )


def _said(text: str) -> str:
    return quote(clean_name(text)) if text else "The paths together"


def _too_many(text: str) -> InputError:
    return InputError(
        f"{_said(Path(text[-300:]).name)} mean{'s' * bool(text)} more than {MOST_FILES:,} files.",
        why="Opening each of them would take longer than counting their rows.",
        fix="Join the files to fewer, larger ones, or register them as a table and audit that with Spark.",
        code="too_many_files",
    )
