"""Data that are audited where they lie: files, folders and tables are looked at by an engine, and nothing is copied."""

from __future__ import annotations

import mmap
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.data.columns import clean_name, clean_names, plain_column
from audit.data.dataset import Dataset
from audit.data.fingerprints import of_files, stamp
from audit.data.place import ADDRESSES, Place, engine_of
from audit.data.places import find_all, named_twice
from audit.data.profile import profile_counts, profiles_of
from audit.data.readers import recognise
from audit.data.readers.spec import Content
from audit.engines.catalogue import make
from audit.engines.protocol import Files, Held, Key
from audit.errors import InputError, listing, quote
from audit.progress import silent, within
from audit.wording.places import ENGINE_TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.data.dataset import ColumnProfile
    from audit.data.fingerprints import Stamp
    from audit.engines.protocol import Column, Engine
    from audit.progress import Progress

__all__ = ["engine_of", "frame_engine", "is_large", "open_frame", "open_in_place", "table_of"]

LARGE_BYTES: Final = 200_000_000
"""A file of more bytes is audited in place rather than read into the store; an upload may not be larger."""

JOB_ROWS: Final = 2_000_000
"""From so many rows on, counting takes a process of its own."""

MOST_COUNTED: Final = 100_000
"""Different values of a column up to which each of them is counted, however many rows there are."""

_TABLE: Final = re.compile(r"(spark|dask):([\w.`-]{1,400})")
_FORMATS: Final[Mapping[str, str]] = {"parquet": "parquet", "delimited": "csv"}


def table_of(text: str) -> tuple[str, str] | None:
    """Read the name of a table that an engine holds.

    Parameters
    ----------
    text : str
        Such as "spark:sales.people".

    Returns
    -------
    tuple of (engine, table) or None
        None where the text is a path; a file of that name comes first.
    """
    found = _TABLE.fullmatch(text)
    return None if found is None or Path(text).exists() else (found[1], found[2])


def frame_engine(data: Any) -> str:
    """Say which engine a lazy data frame belongs to.

    Parameters
    ----------
    data : object
        Anything that an audit is given.

    Returns
    -------
    {"spark", "dask", ""}
        Empty where it is no data frame of a distributed engine.
    """
    home = type(data).__module__.partition(".")[0]
    if home == "pyspark" and hasattr(data, "schema"):
        return "spark"
    return "dask" if home in {"dask", "dask_expr"} and hasattr(data, "map_partitions") else ""


def is_large(path: Path) -> bool:
    """Say whether a file is large enough to be left where it lies unless something else is asked for.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    bool
        Whether it is larger than an upload may be.
    """
    try:
        return path.stat().st_size > LARGE_BYTES
    except OSError:
        return False


def open_in_place(
    what: str | os.PathLike[str] | Sequence[str],
    *,
    engine: str = "",
    address: str = "",
    root: Path | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Look at data where they lie and describe them; their rows stay there.

    Parameters
    ----------
    what : str, path or sequence of str
        A file, a folder, a pattern, a table such as "spark:sales.people", or several files.
    engine : {"", "duckdb", "spark", "dask"}
        Who counts the rows; by default the engine that the table names, or DuckDB.
    address : str, default ""
        Where the engine runs; by default what the environment says, or this machine.
    root : Path or None, default None
        A data folder that nothing may lie outside of.
    progress : callable
        Where the work reports; may raise to stop.

    Returns
    -------
    Dataset
        Profiles, fingerprint and the place; no rows.

    Raises
    ------
    InputError
        Where there is nothing, formats or columns differ between files, or a path leads out of its folder.
    EngineError
        Where the engine cannot be had.
    """
    texts = [os.fspath(what)] if isinstance(what, str | os.PathLike) else [str(each) for each in what]
    text = texts[0]
    table = None if root is not None or len(texts) > 1 else table_of(text)
    if table is not None:
        if engine not in {"", table[0]}:
            raise InputError(
                f"The table {quote(text)} is not one of {ENGINE_TITLES.get(engine, engine)}.",
                fix=f"Leave out --engine, or name {table[0]}.",
                code="usage",
            )
        return _of_held(Held(table=table[1]), table[0], address, clean_name(table[1]), progress)
    paths = find_all(texts, root)
    stamps = tuple(stamp(path) for path in paths)
    source = Files(paths=tuple(str(path) for path in paths), format=_format(paths))  # type: ignore[arg-type]
    _no_patterns(paths, engine)
    counting = _engine(engine or "duckdb", address, within(progress, 0.5, 1.0))
    looked, notes = _looked(counting, source)
    twice = named_twice(texts, root)
    notes = (*notes, f"Named more than once and counted once: {listing(twice)}.") if twice else notes
    progress(0.0, "Taking the fingerprint")
    fingerprint, kind = of_files(stamps, progress=within(progress, 0.0, 0.5))
    place = Place(
        engine=counting.name,
        fingerprint_kind=kind,
        source=looked,
        files=stamps,
        root=str(root) if root is not None else "",
        address=address,
    )
    name = clean_name(Path(text).name) or clean_name(paths[0].parent.name) or "data"
    if len(paths) > 1:
        name = f"{name} ({len(paths):,} files)"
    dataset = _described(counting, place, (name, fingerprint), notes, within(progress, 0.5, 1.0))
    _still(stamps)
    return dataset


def open_frame(data: Any, *, name: str = "", progress: Progress = silent) -> Dataset:
    """Look at a lazy data frame of Spark or Dask; its rows stay where they are.

    Parameters
    ----------
    data : pyspark.sql.DataFrame or dask.dataframe.DataFrame
        The data frame.
    name : str, default ""
        As shown.
    progress : callable
        Where the work reports.

    Returns
    -------
    Dataset
        Profiles and a fingerprint of the rows in any order.
    """
    engine = frame_engine(data)
    return _of_held(Held(frame=data), engine, "", name or f"{ENGINE_TITLES[engine]} data frame", progress)


def _of_held(source: Held, engine: str, address: str, name: str, progress: Progress) -> Dataset:
    counting = _engine(engine, address, progress, source.frame)
    found, notes = _looked(counting, source)
    progress(0.1, "Taking the fingerprint")
    fingerprint = counting.fingerprint(found)
    place = Place(engine=engine, fingerprint_kind="rows", source=found, address=address)
    return _described(counting, place, (name, fingerprint), notes, within(progress, 0.5, 1.0))


def _engine(name: str, address: str, progress: Progress, frame: Any = None) -> Engine:
    return make(name, address or os.environ.get(ADDRESSES.get(name, ""), ""), frame).watched(progress)


def _no_patterns(paths: tuple[Path, ...], engine: str) -> None:
    """Refuse names that Spark or Dask would take for a pattern and open other files."""
    odd = next((path for path in paths if any(mark in str(path) for mark in "*?[]{}")), None)
    if odd is not None and engine in {"spark", "dask"}:
        raise InputError(
            f"{quote(clean_name(odd.name))} has a '*', '?', '[' or '{{' in its path.",
            why=f"{ENGINE_TITLES[engine]} takes these for a pattern and would read other files.",
            fix="Rename it, or count it with DuckDB.",
            code="pattern_in_name",
        )


def _format(paths: tuple[Path, ...]) -> str:
    """Say what the files are, by their content and not by their names."""
    kinds: dict[str, str] = {}
    for path in paths:
        if path.stat().st_size == 0:
            raise InputError(
                f"{quote(clean_name(path.name))} is empty.",
                why="It has no bytes.",
                fix="Check that the table was saved, or leave the file out.",
                code="empty_file",
            )
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            content = Content(data=memoryview(mapped), name=clean_name(path.name))
            try:
                reader = recognise(content)
            finally:
                content.data.release()
        kind = _FORMATS.get(reader.id)
        if kind is None:
            raise InputError(
                f"{quote(clean_name(path.name))} is {reader.title}, which is not read in place.",
                why="Parquet and delimited text are.",
                fix="Save it as Parquet, or upload it.",
                code="not_in_place",
            )
        kinds.setdefault(kind, path.name)
        if len(kinds) > 1:
            raise InputError(
                f"The files are of more than one format: {listing(sorted(kinds))}.",
                why="The files of one table have one format.",
                fix="Name the files of one format with a pattern.",
                code="mixed_formats",
            )
    return next(iter(kinds))


def _looked(engine: Engine, source: Files | Held) -> tuple[Any, tuple[str, ...]]:
    """Find the columns, and give those a clean name that have none."""
    found: Any = engine.look(source)
    names = clean_names(
        [column.stored if column.written is None else column.written for column in found.columns]
    )
    columns = tuple(
        replace(column, name=name, written=before)
        for column, name, before in zip(found.columns, names.names, names.renamed_from, strict=True)
    )
    if not columns:
        raise InputError(
            "The data have no column that can be audited.",
            why="There is none, or every column holds lists, structures or bytes.",
            fix="Give a table with one value in each cell.",
            code="no_columns",
        )
    left_out = tuple(replace(each, name=clean_name(each.stored)) for each in found.left_out)
    return replace(found, columns=columns, left_out=left_out), (*_left_out(left_out), *names.notes)


def _left_out(columns: tuple[Column, ...]) -> list[str]:
    """Say of columns that cannot be counted what they hold."""
    words = dict.fromkeys(column.dtype for column in columns)
    return [
        f"Left out, because they hold {word}: {listing([each.name for each in columns if each.dtype == word])}."
        for word in words
    ]


def _described(
    engine: Engine, place: Place, named: tuple[str, str], notes: tuple[str, ...], progress: Progress
) -> Dataset:
    name, fingerprint = named
    progress(0.0, "Describing the columns")
    described = engine.describe(place.source)
    if not described.n_rows:
        raise InputError(
            f"{quote(name)} has columns and no rows.",
            why="There is nobody to audit.",
            fix="Name data that hold rows.",
            code="no_rows",
        )
    columns = _exact(engine, place, described.n_rows, profiles_of(described))
    origins = {column.name: column.written for column in place.source.columns}
    columns = tuple(replace(column, renamed_from=origins[column.name]) for column in columns)
    empty = [column.name for column in columns if column.kind == "empty"]
    if empty:
        notes = (
            *notes,
            f"Nothing is recorded in {len(empty):,} column{'s' * (len(empty) != 1)}: {listing(empty)}.",
        )
    progress(1.0, "Described")
    return Dataset(
        path=place.paths[0] if place.files else Path(),
        fingerprint=fingerprint,
        name=name,
        n_bytes=sum(each.n_bytes for each in place.files),
        n_rows=described.n_rows,
        columns=columns,
        notes=notes,
        rows=place.source,
        place=place,
    )


def _exact(
    engine: Engine, place: Place, n_rows: int, profiles: tuple[ColumnProfile, ...]
) -> tuple[ColumnProfile, ...]:
    """Count the values of columns that a description does not list, as long as they are not too many."""
    found = []
    for profile in profiles:
        if profile.levels or profile.kind == "empty":
            found.append(profile)
        elif n_rows > JOB_ROWS and profile.n_distinct > MOST_COUNTED:
            found.append(replace(profile, about=True))
        else:
            counted = engine.tabulate(place.source, [Key(column=profile.name)])
            values = plain_column(_whole(counted.keys[0]))
            if values is None:
                found.append(replace(profile, about=True))
                continue
            exact = profile_counts(
                profile.name, values.combine_chunks(), counted.n.astype("int64"), dtype=profile.dtype
            )
            found.append(exact)
    return tuple(found)


def _whole(values: Any) -> Any:
    import pyarrow as pa

    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def _still(stamps: tuple[Stamp, ...]) -> None:
    """Refuse files that were written while they were being looked at."""
    for each in stamps:
        if stamp(Path(each.path)) != each:
            raise InputError(
                f"{quote(clean_name(Path(each.path).name))} is being written.",
                why="It changed while it was read, so its fingerprint and its numbers would not belong together.",
                fix="Open it again when whoever writes it has finished.",
                code="data_changed",
            )
