"""One module for each kind of file; each holds a ``READER``. What a file is, is decided by its content."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from audit.data.readers.refused import refuse
from audit.errors import InputError, quote

if TYPE_CHECKING:
    from audit.data.readers.spec import Content, Reader


@cache
def readers() -> tuple[Reader, ...]:
    """List the kinds of file that can be read, in the order in which they are tried.

    Returns
    -------
    tuple of Reader
        Sorted by rank and name; the kind that recognises anything is the last.
    """
    found = []
    for module in pkgutil.iter_modules(__path__):
        reader = getattr(import_module(f"{__name__}.{module.name}"), "READER", None)
        if reader is not None:
            found.append(reader)
    return tuple(sorted(found, key=lambda reader: (reader.rank, reader.id)))


def recognise(content: Content) -> Reader:
    """Find the reader of a file by its first bytes.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    Reader
        The reader.

    Raises
    ------
    InputError
        Where the file is a pickle or nothing that can be read here.
    """
    refuse(content)
    for reader in readers():
        if reader.sniff(content):
            return reader
    raise InputError(
        f"{quote(content.name)} is not a table that can be read here.",
        why="Its content is not text and not a known table format.",
        fix="Save it as CSV, Parquet, Arrow or Excel (.xlsx).",
        code="unreadable_file",
    )
