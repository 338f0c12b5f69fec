"""The columns of every table alike: names that are unique and printable, types that every engine reads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from audit.errors import listing
from audit.text_types import LAST_ZEROS

if TYPE_CHECKING:
    from collections.abc import Sequence

# Marks that turn the direction of a text, joiners of lines, the byte order mark: none of them belongs in a name.
_UNSAFE: Final = frozenset(
    "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
_SPACES = re.compile(r"[\t\n\r\v\f\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Column names after cleaning.

    Parameters
    ----------
    names : tuple of str
        Unique names, none of them blank.
    renamed_from : tuple of str or None
        The name as written where it had to be changed, otherwise None.
    notes : tuple of str
        What was changed, as sentences.
    """

    names: tuple[str, ...]
    renamed_from: tuple[str | None, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Changes:
    blank: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    spaces: int = 0


def clean_name(name: str) -> str:
    """Take out of a name what cannot be shown: control characters and marks that turn the direction of text.

    Parameters
    ----------
    name : str
        A name as written.

    Returns
    -------
    str
        The name on one line without spaces around it; it may be empty.
    """
    name = _SPACES.sub(" ", name)
    if not name.isprintable():  # only then is there something to take out
        name = "".join(c for c in name if c not in _UNSAFE and unicodedata.category(c) not in {"Cc", "Cs"})
    return name.strip()


def clean_names(written: Sequence[str]) -> Names:
    """Make column names unique and printable, and say what was changed.

    Two names that differ only in upper and lower case count as the same: SQL engines cannot tell them apart.

    Parameters
    ----------
    written : sequence of str
        Names as written in the file.

    Returns
    -------
    Names
        One name for each.
    """
    cleaned = [clean_name(name) for name in written]
    reserved = {name.casefold() for name in cleaned}
    used: set[str] = set()
    names: list[str] = []
    origins: list[str | None] = []
    changes = _Changes()
    for at, (before, wanted) in enumerate(zip(written, cleaned, strict=True), start=1):
        final = _unique(wanted, at, used, reserved)
        used.add(final.casefold())
        names.append(final)
        origins.append(before if _record(changes, before, wanted, final) else None)
    return Names(names=tuple(names), renamed_from=tuple(origins), notes=tuple(_name_notes(changes)))


def _unique(wanted: str, at: int, used: set[str], reserved: set[str]) -> str:
    if wanted and wanted.casefold() not in used:
        return wanted
    base = wanted or f"column {at}"
    final, number = base, 1
    while final.casefold() in used or final.casefold() in reserved:
        number += 1
        final = f"{base} ({number})"
    return final


def _record(changes: _Changes, before: str, wanted: str, final: str) -> bool:
    """Remember how a name was changed; say whether the name as written is to be kept."""
    if not wanted:
        changes.blank.append(final)
    elif final != wanted:
        changes.repeated.append(final)
    elif before.strip() != wanted:
        changes.cleaned.append(final)
    else:
        changes.spaces += before != wanted
        return False
    return True


def _name_notes(changes: _Changes) -> list[str]:
    notes = []
    if changes.blank:
        notes.append(f"{_count(changes.blank)} without a name: now {listing(changes.blank)}.")
    if changes.repeated:
        notes.append(
            f"{_count(changes.repeated)} with a name that was taken (upper and lower case count as the same): "
            f"now {listing(changes.repeated)}."
        )
    if changes.cleaned:
        notes.append(
            f"Control characters were removed from {_count(changes.cleaned, 'column name')}: "
            f"now {listing(changes.cleaned)}."
        )
    if changes.spaces:
        notes.append(
            f"Spaces around {changes.spaces:,} column name{'s' * (changes.spaces != 1)} were removed."
        )
    return notes


def _count(names: Sequence[str], what: str = "column") -> str:
    return f"{len(names):,} {what}{'s' * (len(names) != 1)}"


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Give a column a type that every engine reads, with everything that is missing as null.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        A column of any type.

    Returns
    -------
    pyarrow.ChunkedArray or None
        The column; None where the type cannot be audited (lists, structures, bytes).
    """
    try:
        column = _flat(column)
        kind = column.type
        if pt.is_null(kind):
            return _cast(column, pa.string())
        if _is_text(kind):
            return _text(column)
        if pt.is_floating(kind) or pt.is_decimal(kind):
            return _numbers(column)
        if pt.is_boolean(kind) or pt.is_integer(kind) or pt.is_timestamp(kind) or pt.is_date32(kind):
            return column
        if pt.is_date64(kind):
            return _cast(column, pa.date32())
        if pt.is_time(kind):
            return pc.replace_substring_regex(_cast(column, pa.string()), LAST_ZEROS, r"\1\2")
        if pt.is_duration(kind):
            return _seconds(column)
        if pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_fixed_size_binary(kind):
            return _text(_cast(_cast(column, pa.binary()), pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return None
    return None


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take codes, runs and extension types off a column."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = _cast(column, column.type.storage_type)
    if pt.is_run_end_encoded(column.type):
        column = pa.chunked_array([pc.run_end_decode(c) for c in column.chunks], type=column.type.value_type)
    if pt.is_dictionary(column.type):
        column = _cast(column, column.type.value_type)
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pt.is_string(column.type):
        column = _as_string(column)
    trimmed = pc.utf8_trim_whitespace(column)
    blank = pc.equal(pc.binary_length(trimmed), 0)
    if pc.any(blank).as_py():
        column = pc.if_else(blank, pa.scalar(None, column.type), column)
    return column


def _as_string(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Store texts with short offsets, piece by piece where one piece would be too long for them."""
    try:
        return _cast(column, pa.string())
    except pa.ArrowInvalid:
        return _cast(column, pa.large_string())


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pt.is_float16(column.type):
        column = _cast(column, pa.float32())
    if not pt.is_float32(column.type):
        column = _cast(column, pa.float64(), safe=False)
    not_a_number = pc.is_nan(column)
    if pc.any(not_a_number).as_py():
        column = pc.if_else(not_a_number, pa.scalar(None, column.type), column)
    return column


def _seconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    per_second = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    return pc.divide(_cast(_cast(column, pa.int64()), pa.float64(), safe=False), per_second)


def _cast(column: pa.ChunkedArray, kind: Any, *, safe: bool = True) -> pa.ChunkedArray:
    return pc.cast(column, kind, safe=safe)
