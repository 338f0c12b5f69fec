"""What a reader is, what it is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from audit.errors import InputError, quote

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CELLS: Final = 2_000_000_000
"""Rows times columns that are read at most."""

MAX_UNPACKED: Final = 16 * 1024**3
"""Bytes that a file may unpack to in memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Content:
    """The bytes of a file and the name it was given.

    Parameters
    ----------
    data : memoryview
        Every byte of the file; mapped from disk where the file is on disk.
    name : str
        The file's name, for messages.
    """

    data: memoryview
    name: str

    def head(self, size: int = 4096) -> bytes:
        """Give the first bytes.

        Parameters
        ----------
        size : int, default 4096
            How many bytes at most.

        Returns
        -------
        bytes
            A copy of them.
        """
        return bytes(self.data[:size])

    def tail(self, size: int = 16) -> bytes:
        """Give the last bytes.

        Parameters
        ----------
        size : int, default 16
            How many bytes at most.

        Returns
        -------
        bytes
            A copy of them.
        """
        return bytes(self.data[-size:])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """A table as a file gives it: names may be blank or repeat, types are whatever the file says.

    Parameters
    ----------
    names : tuple of str
        Column names as written.
    columns : tuple of pyarrow.ChunkedArray
        One for each name, all of the same length.
    notes : tuple of str, default ()
        What a reader of the report should know, as sentences.
    """

    names: tuple[str, ...]
    columns: tuple[Any, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one kind of file is recognised and read.

    Parameters
    ----------
    id : str
        Short name, such as "parquet".
    title : str
        Name for a reader of notes, such as "a Parquet file".
    extensions : tuple of str
        Usual endings of its file names, with the dot.
    sniff : callable
        Says from the content whether the file is of this kind.
    read : callable
        Reads the file or raises :class:`audit.errors.InputError`.
    rank : int, default 0
        Readers with a lower rank are asked first.
    """

    id: str
    title: str
    extensions: tuple[str, ...]
    sniff: Callable[[Content], bool]
    read: Callable[[Content], Loaded]
    rank: int = 0


def unreadable(content: Content, *, why: str, fix: str) -> InputError:
    """Build the error for a file that cannot be read.

    Parameters
    ----------
    content : Content
        The file.
    why, fix : str
        One sentence each.

    Returns
    -------
    InputError
        With the code "unreadable_file".
    """
    return InputError(f"{quote(content.name)} cannot be read.", why=why, fix=fix, code="unreadable_file")


def too_many_cells(content: Content, n_rows: int, n_columns: int) -> None:
    """Refuse a table that would not fit in memory.

    Parameters
    ----------
    content : Content
        The file.
    n_rows, n_columns : int
        Size of the table as the file declares it.

    Raises
    ------
    InputError
        Where the table has more cells than are read.
    """
    if n_rows * n_columns > MAX_CELLS:
        raise InputError(
            f"{quote(content.name)} has {n_rows:,} rows and {n_columns:,} columns.",
            why=f"At most {MAX_CELLS:,} cells can be read.",
            fix="Keep the columns that play a part, or a sample of the rows.",
            code="too_large",
        )


def unpacked_too_large(content: Content, n_bytes: int, limit: int = MAX_UNPACKED) -> None:
    """Refuse a file that unpacks to far more than it weighs.

    Parameters
    ----------
    content : Content
        The file.
    n_bytes : int
        Size after unpacking, in bytes.
    limit : int
        The most that is unpacked, in bytes.

    Raises
    ------
    InputError
        Where the size is over the limit.
    """
    if n_bytes > limit:
        raise InputError(
            f"{quote(content.name)} unpacks to {n_bytes / 1e6:,.0f} MB.",
            why=f"At most {limit / 1e6:,.0f} MB are unpacked.",
            fix="Save the table as CSV or Parquet with the columns that play a part.",
            code="too_large",
        )
