"""The columns and types of rows in place: what every file of a folder agrees on, before anything is counted."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import fsspec
import narwhals as nw
import pyarrow as pa
import pyarrow.types as pt

from audit.engines.encodings import check_utf8
from audit.engines.protocol import Column, Files, Held
from audit.errors import InputError, quote
from audit.text_types import type_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.engines.protocol import Source

HEAD: Final = 20_000
"""Rows at the beginning of each CSV file that decide its types; every other row has to fit them."""

_DELIMITERS: Final = (",", "\t", ";", "|")

_WORDS: Final = {
    "int64": "whole numbers",
    "uint64": "whole numbers",
    "double": "numbers",
    "bool": "true or false",
    "string": "texts",
    "date32[day]": "dates",
    "timestamp[us]": "times",
}


def columns_of(source: Source) -> tuple[Column, ...]:
    """Give the columns of rows in place; none for others."""
    return source.columns if isinstance(source, Files | Held) else ()


def stored_names(source: Source, names: Sequence[str]) -> list[str]:
    """Give the names of columns where they are stored.

    Parameters
    ----------
    source : Source
        Where the rows are.
    names : sequence of str
        Names as they are asked for.

    Returns
    -------
    list of str
        The stored names.
    """
    known = {column.name: column.stored for column in columns_of(source)}
    return [known.get(name, name) for name in names]


def texts_of(source: Source) -> frozenset[str]:
    """Give the names of the columns of texts."""
    if isinstance(source, Files | Held):
        return frozenset(column.name for column in source.columns if column.dtype == "string")
    import pyarrow.parquet as pq

    schema = source.schema if isinstance(source, pa.Table) else pq.read_schema(source)
    return frozenset(
        field.name for field in schema if pt.is_string(field.type) or pt.is_large_string(field.type)
    )


def is_number(dtype: str) -> bool:
    """Say whether a type is one of numbers."""
    return dtype in {"float", "double"} or "int" in dtype


def plain_type(kind: Any) -> str | None:
    """Give the type in which a column is counted.

    Parameters
    ----------
    kind : pyarrow.DataType
        The stored type.

    Returns
    -------
    str or None
        The name of a plain type; None for what cannot be audited (lists, structures, bytes).
    """
    if pt.is_dictionary(kind):
        return plain_type(kind.value_type)
    for is_kind, name in (
        (pt.is_boolean, "bool"),
        (pt.is_integer, str(kind)),
        (pt.is_float32, "float"),
        (pt.is_floating, "double"),
        (pt.is_decimal, "double"),
        (pt.is_date, "date32[day]"),
        (pt.is_timestamp, "timestamp[us]"),
    ):
        if is_kind(kind):
            return name
    texts = (pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_null, pt.is_time)
    return "string" if any(is_kind(kind) for is_kind in texts) else None


_OF_FRAMES: Final = (
    (nw.Boolean, "bool"),
    (nw.Float32, "float"),
    (nw.Float64, "double"),
    (nw.Decimal, "double"),
    (nw.Date, "date32[day]"),
    (nw.Datetime, "timestamp[us]"),
    (nw.String, "string"),
    (nw.Categorical, "string"),
    (nw.Enum, "string"),
    (nw.Time, "string"),
)


def of_frame(frame: Any) -> tuple[Column, ...]:
    """Find the columns of a lazy frame.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The frame.

    Returns
    -------
    tuple of Column
        Those that can be audited.
    """
    found = []
    for name, kind in frame.collect_schema().items():
        plain = str(kind).lower() if kind.is_integer() else ""
        plain = plain or next((word for one, word in _OF_FRAMES if isinstance(kind, one) or kind == one), "")
        if plain:
            found.append(Column(name=name, stored=name, dtype=plain))
    return tuple(found)


def of_parquet(paths: Sequence[str]) -> tuple[Column, ...]:
    """Read the footers of Parquet files and see that they agree.

    Parameters
    ----------
    paths : sequence of str
        Files on this machine.

    Returns
    -------
    tuple of Column
        The columns of the first, those that cannot be audited left out.

    Raises
    ------
    InputError
        Where a file is missing or damaged, or has other columns or types than the first.
    """
    import pyarrow.parquet as pq

    first: dict[str, str | None] = {}
    for place, path in enumerate(paths):
        try:
            schema = pq.read_schema(path)
        except FileNotFoundError as error:
            raise no_file(path) from error
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, several=len(paths) > 1) from error
        here = {field.name: plain_type(field.type) for field in schema}
        if place == 0:
            first = here
        elif here != first:
            raise _disagree(paths[0], path, first, here)
    found = tuple(Column(name=name, stored=name, dtype=kind) for name, kind in first.items() if kind)
    if not found:
        raise damaged(paths[0])
    return found


def of_texts(paths: Sequence[str], heads: Sequence[pa.Table]) -> tuple[Column, ...]:
    """Decide the types of CSV files by the beginnings of all of them.

    Parameters
    ----------
    paths : sequence of str
        The files.
    heads : sequence of pyarrow.Table
        The first rows of each, as texts.

    Returns
    -------
    tuple of Column
        The columns.

    Raises
    ------
    InputError
        Where the files do not have the same columns, or a column has another type in another file.
    """
    names = heads[0].column_names
    kinds: dict[str, tuple[str, str]] = {}
    for path, head in zip(paths, heads, strict=True):
        if head.column_names != names:
            raise _disagree(paths[0], path, dict.fromkeys(names), dict.fromkeys(head.column_names))
        for name in names:
            column = type_texts(head.column(name))
            if column.null_count == len(column):
                continue
            kind = str(column.type)
            before, where = kinds.get(name, (kind, path))
            both = {kind, before}
            if len(both) == 2 and both != {"int64", "double"}:
                raise _mixed(name, (where, before), (path, kind))
            kinds[name] = ("double" if len(both) == 2 else kind, where)
    return tuple(Column(name=name, stored=name, dtype=kinds.get(name, ("string", ""))[0]) for name in names)


def as_text(column: Column) -> Column:
    """Give a column as texts."""
    return replace(column, dtype="string")


def delimiter_of(path: str) -> str:
    """Find what parts the values in the first line of a CSV file.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    str
        The mark that occurs most often outside quotation marks; a comma where none does.
    """
    try:
        with fsspec.open(path, "rt", encoding="utf-8-sig", errors="replace", compression="infer") as file:
            line = file.readline(1_000_000)
    except FileNotFoundError as error:
        raise no_file(path) from error
    except OSError as error:
        raise damaged(path) from error
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=bare.count) if any(mark in bare for mark in _DELIMITERS) else ","


def settled_texts(
    source: Files,
    head: Callable[[str, str], pa.Table],
    misfits: Callable[[Files], Sequence[tuple[int, int, int]]],
) -> Files:
    """Decide the types of CSV files by their beginnings, and see that every row fits them.

    Parameters
    ----------
    source : Files
        CSV files.
    head : callable
        Gives the first rows of a file as texts, from its path and the delimiter.
    misfits : callable
        Counts for each column the rows that do not fit its type, are no number, and are written as decimals.

    Returns
    -------
    Files
        With columns and delimiter.

    Raises
    ------
    InputError
        Where files or rows do not agree. Whole numbers that turn out decimal further down are decimal throughout.
    """
    for path in source.paths:
        check_utf8(path)
    delimiter = delimiter_of(source.paths[0])
    columns = of_texts(source.paths, _heads(source, head, delimiter))
    columns = _as_written(columns, source.paths[0], delimiter)
    begun = Files(paths=source.paths, format="csv", columns=columns, delimiter=delimiter)
    if all(column.dtype == "string" for column in columns):
        return begun
    try:
        counted = misfits(begun)
    except InputError:
        for path in source.paths:
            check_utf8(path, whole=True)
        raise
    settled = []
    for column, (bad, no_number, decimal) in zip(columns, counted, strict=True):
        if "int" in column.dtype and (bad or decimal) and not no_number:
            settled.append(replace(column, dtype="double"))
        elif bad and column.dtype != "string":
            raise not_as_begun(column.name, column.dtype, bad)
        else:
            settled.append(column)
    return replace(begun, columns=tuple(settled))


def _heads(source: Files, head: Callable[[str, str], pa.Table], delimiter: str) -> list[pa.Table]:
    found = []
    for path in source.paths:
        try:
            found.append(head(path, delimiter))
        except InputError as error:
            if error.code != "unreadable":
                raise
            raise damaged(path, several=len(source.paths) > 1) from error
    return found


def _as_written(columns: tuple[Column, ...], path: str, delimiter: str) -> tuple[Column, ...]:
    """Remember the names of the header where an engine gave others: to repeated names, blank ones, or in other case."""
    try:
        with fsspec.open(path, "rt", encoding="utf-8-sig", newline="", compression="infer") as file:
            names = next(csv.reader(file, delimiter=delimiter), [])
    except (OSError, ValueError, csv.Error):
        return columns
    if len(names) != len(columns):
        return columns
    return tuple(
        column if column.stored == name else replace(column, written=name)
        for column, name in zip(columns, names, strict=True)
    )


def _base(path: str) -> str:
    return quote(path.replace("\\", "/").rsplit("/", 1)[-1])


def no_file(path: str) -> InputError:
    """Build the error for a file that is not there."""
    return InputError(
        f"There is no file {_base(path)}.",
        why="The path leads nowhere.",
        fix="Check the path.",
        code="file_not_found",
    )


def damaged(path: str, *, several: bool = False) -> InputError:
    """Build the error for a file that cannot be read."""
    return InputError(
        f"{_base(path)} cannot be read as a table.",
        why="It is cut off, damaged or something else than its name says.",
        fix="Save it again, or leave it out." if several else "Save it again.",
        code="unreadable",
    )


def _disagree(
    first: str, other: str, before: dict[str, str | None], here: dict[str, str | None]
) -> InputError:
    for name in [*(n for n in before if n not in here), *(n for n in here if n not in before)]:
        where, not_there = (first, other) if name in before else (other, first)
        return InputError(
            f"Column {quote(name)} is in {_base(where)} and not in {_base(not_there)}.",
            why="Files that are counted as one table have the same columns.",
            fix="Add or remove the column, or audit the files apart.",
            code="files_disagree",
        )
    if list(before) != list(here):
        return InputError(
            f"The columns of {_base(other)} are in another order than those of {_base(first)}.",
            why="Files that are counted as one table have the same columns.",
            fix="Save the files with their columns in one order.",
            code="files_disagree",
        )
    name = next(name for name in before if before[name] != here[name])
    return _mixed(name, (first, before[name] or ""), (other, here[name] or ""))


def _mixed(name: str, first: tuple[str, str], other: tuple[str, str]) -> InputError:
    return InputError(
        f"Column {quote(name)} holds {_word(first[1])} in {_base(first[0])} and {_word(other[1])} in {_base(other[0])}.",
        why="Files that are counted as one table have one type in each column.",
        fix="Save the column in one form in all files.",
        code="mixed_types",
    )


def _word(kind: str) -> str:
    if kind in _WORDS and kind != "double":
        return _WORDS[kind]
    return f"numbers ({kind})" if is_number(kind) else kind or "lists or structures"


def not_as_begun(name: str, kind: str, n: int) -> InputError:
    """Build the error for a CSV column whose later rows do not fit the type of its first ones.

    Parameters
    ----------
    name : str
        The column.
    kind : str
        The type of its first rows.
    n : int
        Rows that do not fit.

    Returns
    -------
    InputError
        The error.
    """
    return InputError(
        f"Column {quote(name)} begins with {_WORDS.get(kind, kind)}; {n:,} later {'row holds' if n == 1 else 'rows hold'} something else.",
        why="A CSV file that is counted in place has one type in each column.",
        fix="Save the column in one form, or save the table as Parquet.",
        code="mixed_types",
    )
