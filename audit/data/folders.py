"""The folders whose files may be audited where they lie: named by an administrator, read only, with no way out.

Every path that comes from outside is made of a folder's number and a path inside it, is followed through its symbolic
links, and has to end inside the folder. Whoever opens a file later asks :func:`checked` again.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from audit.data.columns import clean_name
from audit.errors import InputError, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "EVENHAND_DATA_FOLDERS"
"""Names the folders, separated as the system separates paths."""

MOST_NAMES: Final = 10_000
"""Names of a folder that are looked at."""

_MOST_FOOTER: Final = 64 * 1024 * 1024

ENDINGS: Final = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".csv": "CSV",
    ".tsv": "TSV",
}
"""Files that can be audited where they lie, by the ending of their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A data folder.

    Parameters
    ----------
    name : str
        As shown: the last part of its path, numbered where two are called the same.
    path : Path
        Its real place, without symbolic links.
    reason : str, default ""
        Why it cannot be read, as a sentence; empty where it can.
    """

    name: str
    path: Path
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name in a data folder.

    Parameters
    ----------
    name : str
        The name on disk.
    kind : {"folder", "file"}
        What it is.
    format : str, default ""
        For a file: "Parquet", "CSV" or "TSV".
    n_bytes : int, default 0
        For a file: its size.
    changed : int, default 0
        For a file: when it was written last, in nanoseconds.
    """

    name: str
    kind: Literal["folder", "file"]
    format: str = ""
    n_bytes: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a data folder holds.

    Parameters
    ----------
    entries : tuple of Entry
        Folders, then files that can be audited, by name.
    others : int
        Names that are shown to nobody: hidden, no table, no file, or a link that leads out.
    complete : bool
        Whether every name was looked at; False in a folder of very many.
    """

    entries: tuple[Entry, ...]
    others: int
    complete: bool

    @property
    def files(self) -> tuple[Entry, ...]:
        """The files that can be audited."""
        return tuple(entry for entry in self.entries if entry.kind == "file")


def data_folders() -> tuple[Folder, ...]:
    """List the folders that the environment names.

    Returns
    -------
    tuple of Folder
        In the order given, each once; one that cannot be read says why.
    """
    found: dict[Path, Folder] = {}
    names: dict[str, int] = {}
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        if not text.strip():
            continue
        path = Path(text.strip()).expanduser().absolute()
        try:
            path = path.resolve()
        except (OSError, RuntimeError):
            continue
        if path in found:
            continue
        name = clean_name(path.name) or str(path)
        names[name] = names.get(name, 0) + 1
        shown = name if names[name] == 1 else f"{name} ({names[name]})"
        found[path] = Folder(name=shown, path=path, reason=_unreadable(path))
    return tuple(found.values())


def _unreadable(path: Path) -> str:
    """Say why a folder cannot be read; nothing where it can."""
    try:
        if not path.exists():
            return "It does not exist on this server."
        if not path.is_dir():
            return "It is a file, not a folder."
        with os.scandir(path) as names:
            next(names, None)
    except PermissionError:
        return "This application has no right to read it."
    except OSError as error:
        return f"It cannot be read: {(error.strerror or 'unknown reason').lower()}."
    return ""


def offered(folder: str) -> Path:
    """Find a data folder by its place, if the administrator still names it.

    Parameters
    ----------
    folder : str
        Its real place.

    Returns
    -------
    Path
        The same place.

    Raises
    ------
    InputError
        With code "outside_folder" where it is not among the data folders.
    """
    root = Path(folder)
    if root not in {each.path for each in data_folders()}:
        raise InputError(
            f"The data folder {quote(clean_name(root.name))} is not offered any more.",
            why="The administrator took it off the list of data folders.",
            fix="Ask for it to be named again, or begin an audit of other data.",
            code="outside_folder",
        )
    return root


def inside(folder: Path, relative: str) -> Path:
    """Find a path inside a data folder, and refuse one that leads out of it.

    Parameters
    ----------
    folder : Path
        The real place of the folder.
    relative : str
        A path below it with "/" between its parts; empty for the folder itself.

    Returns
    -------
    Path
        The real place, without symbolic links.

    Raises
    ------
    InputError
        Where a part is "..", hidden or absolute, where a link leads out, or where there is nothing.
    """
    parts = [part for part in relative.split("/") if part]
    odd = any(part.startswith(".") or "\\" in part or "\0" in part for part in parts)
    if odd or relative.startswith(("/", "~")):
        raise _outside()
    return checked(folder.joinpath(*parts), folder)


def checked(path: Path, folder: Path) -> Path:
    """Follow a path to its real place and make sure that it is inside a folder.

    Parameters
    ----------
    path : Path
        Any path.
    folder : Path
        The folder that it may not leave.

    Returns
    -------
    Path
        The real place, without symbolic links.

    Raises
    ------
    InputError
        With code "outside_folder" where it leads out or to something hidden, "file_not_found" where it leads nowhere.
    """
    try:
        real, root = path.resolve(strict=True), folder.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # nothing there, a circle of links, a name too long
        raise InputError(
            f"There is no {quote(clean_name(path.name[:200]))} in the data folder any more.",
            why="It was moved, renamed or deleted, or may not be read.",
            fix="Open the folder again and choose from what it holds now.",
            code="file_not_found",
        ) from error
    below = real.relative_to(root).parts if real.is_relative_to(root) else None
    if below is None or any(part.startswith(".") for part in below):
        raise _outside()
    return real


def _outside() -> InputError:
    return InputError(
        "This path leads out of the data folder.",
        why="Only what lies inside a folder that the administrator named is read.",
        fix="Choose a file from the list, or ask the administrator to name its folder.",
        code="outside_folder",
    )


def listing(folder: Path, relative: str = "") -> Listing:
    """List what a data folder, or a folder inside it, holds for an audit.

    Parameters
    ----------
    folder : Path
        The real place of the data folder.
    relative : str, default ""
        A path below it.

    Returns
    -------
    Listing
        Folders and files by name; hidden ones, and links that lead out, are not in it.

    Raises
    ------
    InputError
        Where the path leads out, is no folder or cannot be read.
    """
    place = inside(folder, relative)
    entries: list[Entry] = []
    looked = 0
    others = 0
    try:
        for found in _names(place):
            looked += 1
            if looked > MOST_NAMES:
                break
            entry = _entry(found, folder)
            entries.append(entry) if entry else None
            others += entry is None
    except OSError as error:
        raise InputError(
            f"The folder {quote(clean_name(place.name))} cannot be read.",
            why=f"{error.strerror or 'The system refuses it'}.",
            fix="Ask the administrator for the right to read it.",
            code="folder_unreadable",
        ) from error
    ordered = sorted(entries, key=lambda entry: (entry.kind == "file", entry.name.casefold(), entry.name))
    return Listing(entries=tuple(ordered), others=others, complete=looked <= MOST_NAMES)


def _names(place: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(place) as found:
        yield from found


def _entry(found: os.DirEntry[str], folder: Path) -> Entry | None:
    """Describe a name; nothing for what is hidden, leads out, or is no table."""
    if found.name.startswith("."):
        return None
    try:
        found.name.encode()
        if found.is_symlink():
            checked(Path(found.path), folder)
        kept = found.stat()
    except (InputError, OSError, UnicodeEncodeError):
        return None
    if stat.S_ISDIR(kept.st_mode):
        return Entry(name=found.name, kind="folder")
    kind = ENDINGS.get(Path(found.name).suffix.casefold())
    if kind is None or not stat.S_ISREG(kept.st_mode) or found.name.startswith("_"):
        return None
    return Entry(name=found.name, kind="file", format=kind, n_bytes=kept.st_size, changed=kept.st_mtime_ns)


def parquet_rows(folder: Path, relative: str) -> int | None:
    """Read the number of rows from the end of a Parquet file, without reading the rows.

    Parameters
    ----------
    folder : Path
        The real place of the data folder.
    relative : str
        The file below it.

    Returns
    -------
    int or None
        The number of rows; None where the file cannot be read as Parquet, or its end is too large to be looked at.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        path = inside(folder, relative)
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 8, 0))
            if int.from_bytes(file.read(4), "little") > _MOST_FOOTER:
                return None
        return int(pq.read_metadata(path).num_rows)
    except (InputError, OSError, pa.ArrowException, ValueError):
        return None
