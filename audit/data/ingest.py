"""From the bytes of a file, or a frame, to a data set: fingerprint, Parquet, profiles and notes."""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from audit.data.columns import clean_name, clean_names, plain_column
from audit.data.dataset import Dataset, parquet_path
from audit.data.profile import profile_table
from audit.data.readers import readers, recognise
from audit.data.readers.spec import Content
from audit.data.stored import Stored, open_parquet, write_parquet
from audit.errors import InputError, listing, quote
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_STEP: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """Where a table came from."""

    name: str
    reader: str = ""
    n_bytes: int = 0
    notes: tuple[str, ...] = ()


def ingest(
    source: Path | bytes, folder: Path, *, name: str | None = None, limit: int | None = None
) -> Dataset:
    """Read a file and keep it as Parquet under the fingerprint of its bytes.

    What the file is, is decided by its content and not by its name. A file that has been read before is not read
    again.

    Parameters
    ----------
    source : Path or bytes
        A file, or the bytes of one.
    folder : Path
        Where the Parquet file goes; it is made where it does not exist.
    name : str or None, default None
        Name of the file as shown; None takes the path's own.
    limit : int or None, default None
        Largest size in bytes; None means no limit.

    Returns
    -------
    Dataset
        The data, with ``fingerprint`` equal to what ``sha256sum`` prints for the file.

    Raises
    ------
    InputError
        Where the file is missing, too large, empty, damaged, a pickle or not a table.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _ingest(memoryview(source), folder, _shown(name or "data"), limit)
    path = Path(source)
    shown = _shown(name or path.name)
    if not path.is_file():
        raise InputError(
            f"There is no file {quote(shown)}.",
            why="The path is a folder." if path.is_dir() else "The path leads nowhere.",
            fix="Check the path.",
            code="file_not_found",
        )
    _check_size(path.stat().st_size, shown, limit)
    with path.open("rb") as file:
        # never closed by hand: Arrow's columns may still point into it
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _ingest(memoryview(mapped), folder, shown, limit)


def _ingest(data: memoryview, folder: Path, name: str, limit: int | None) -> Dataset:
    _check_size(len(data), name, limit)
    fingerprint = _sha256(data)
    path = parquet_path(folder, fingerprint)
    stored = _already(path)
    if stored is None:
        content = Content(data=data, name=name)
        reader = recognise(content)
        loaded = reader.read(content)
        origin = _Origin(name=name, reader=reader.id, n_bytes=len(data), notes=loaded.notes)
        stored = _keep(path, _table(loaded.names, loaded.columns, origin))
    return _dataset(path, fingerprint, name, stored)


def ingest_frame(frame: pd.DataFrame, folder: Path, *, name: str = "frame") -> Dataset:
    """Keep a pandas frame as Parquet under a fingerprint of its content.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame; its index is ignored.
    folder : Path
        Where the Parquet file goes; it is made where it does not exist.
    name : str, default "frame"
        Name as shown.

    Returns
    -------
    Dataset
        The data. The fingerprint changes with any cell, column name, type or order, and with nothing else.

    Raises
    ------
    InputError
        Where the frame has no rows or no columns that can be audited.
    """
    written = [str(column) for column in frame.columns]
    columns = [_from_pandas(frame.iloc[:, at]) for at in range(frame.shape[1])]
    ready = _table(written, columns, _Origin(name=_shown(name)))
    fingerprint, n_bytes = _frame_fingerprint(written, ready.table)
    ready = replace(ready, origin=replace(ready.origin, n_bytes=n_bytes))
    path = parquet_path(folder, fingerprint)
    return _dataset(path, fingerprint, ready.origin.name, _already(path) or _keep(path, ready))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ready:
    """A table that can be kept."""

    table: pa.Table
    renamed_from: tuple[str | None, ...]
    origin: _Origin


def _table(written: Sequence[str], columns: Sequence[Any], origin: _Origin) -> _Ready:
    """Clean the names and types of a table; refuse one that holds nothing."""
    names = clean_names(written)
    kept, left_out = [], []
    for at, column in enumerate(columns):
        plain = plain_column(column)
        if plain is None:
            left_out.append(names.names[at])
        else:
            kept.append((at, plain))
    if not kept:
        raise InputError(
            f"{quote(origin.name)} has no column that can be audited.",
            why="There is none, or every column holds lists, structures or bytes.",
            fix="Give a table with one value in each cell.",
            code="no_columns",
        )
    table = pa.table([column for _, column in kept], names=[names.names[at] for at, _ in kept])
    if table.num_rows == 0:
        raise InputError(
            f"{quote(origin.name)} has columns and no rows.",
            why="There is nobody to audit.",
            fix="Save the table with its rows, and open it again.",
            code="no_rows",
        )
    notes = (*origin.notes, *names.notes)
    if left_out:
        notes = (*notes, f"Left out, because they hold lists, structures or bytes: {listing(left_out)}.")
    return _Ready(
        table=table,
        renamed_from=tuple(names.renamed_from[at] for at, _ in kept),
        origin=replace(origin, notes=notes),
    )


def _keep(path: Path, ready: _Ready) -> Stored:
    columns = profile_table(ready.table, ready.renamed_from)
    empty = [column.name for column in columns if column.kind == "empty"]
    notes = ready.origin.notes
    if empty:
        notes = (
            *notes,
            f"Nothing is recorded in {len(empty):,} column{'s' * (len(empty) != 1)}: {listing(empty)}.",
        )
    stored = Stored(
        n_rows=ready.table.num_rows,
        columns=columns,
        reader=ready.origin.reader,
        notes=notes,
        n_bytes=ready.origin.n_bytes,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(ready.table, path, stored)
    return stored


def _dataset(path: Path, fingerprint: str, name: str, stored: Stored) -> Dataset:
    return Dataset(
        path=path,
        fingerprint=fingerprint,
        name=name,
        n_bytes=stored.n_bytes,
        n_rows=stored.n_rows,
        columns=stored.columns,
        notes=(*_extension_notes(name, stored.reader), *stored.notes),
    )


def _already(path: Path) -> Stored | None:
    """Open what an earlier call kept; nothing where the file is missing or damaged."""
    if not path.is_file():
        return None
    try:
        return open_parquet(path)
    except (pa.ArrowException, OSError):
        return None


def _extension_notes(name: str, reader: str) -> tuple[str, ...]:
    """Say where a file is something else than its name promises."""
    ending = Path(name).suffix.lower()
    promised = next((other for other in readers() if ending in other.extensions), None)
    if promised is None or not reader or promised.id == reader:
        return ()
    actual = next((other.title for other in readers() if other.id == reader), reader)
    return (f"The file is called {ending} and is {actual}; it was read as what it is.",)


def _shown(name: str) -> str:
    """Take folders and control characters out of a file's name."""
    return clean_name(name.replace("\\", "/").rsplit("/", 1)[-1])[:255] or "data"


def _check_size(size: int, name: str, limit: int | None) -> None:
    if size == 0:
        raise InputError(
            f"{quote(name)} is empty.",
            why="It has no bytes.",
            fix="Check that the table was saved, and open it again.",
            code="empty_file",
        )
    if limit is not None and size > limit:
        raise InputError(
            f"{quote(name)} has {_megabytes(size)} MB; the limit is {_megabytes(limit)} MB.",
            why="A larger file could take the memory that other audits need.",
            fix="Save it as Parquet, keep only the columns that play a part, or use the command line, which has no limit.",
            code="too_large",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}" if size >= 100_000 else f"{size / 1e6:,.6f}".rstrip("0").rstrip(".")


def _sha256(data: memoryview) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(data), _STEP):
        digest.update(data[start : start + _STEP])
    return digest.hexdigest()


def _from_pandas(series: pd.Series[Any]) -> pa.ChunkedArray:
    """Convert a column; one that mixes types becomes text."""
    if str(series.dtype).startswith(("category", "Sparse", "period", "interval")):
        series = series.astype(object)
    try:
        column = pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        column = pa.array([_text(value) for value in series], pa.string())
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _text(value: Any) -> str | None:
    text = canonical(value)
    return None if text is None else text.encode("utf-8", "replace").decode()


def _frame_fingerprint(written: Sequence[str], table: pa.Table) -> tuple[str, int]:
    """Hash names, types and cells so that neither Arrow's padding nor its pieces play a part."""
    digest = hashlib.sha256(b"evenhand frame 1")
    n_bytes = 0
    for name in (*written, "", *table.column_names):
        _add(digest, name.encode("utf-8", "surrogatepass"))
    for column in table.columns:
        _add(digest, f"{column.type} {len(column)}".encode())
        for part in _cell_bytes(column):
            n_bytes += len(part)
            _add(digest, part)
    return digest.hexdigest(), n_bytes


def _add(digest: Any, part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "little"))
    digest.update(part)


def _cell_bytes(column: pa.ChunkedArray) -> tuple[bytes, ...]:
    """Give which cells are missing, and the values of all cells with missing ones as zero."""
    missing = np.packbits(pc.is_null(column).to_numpy()).tobytes()
    kind = column.type
    if pt.is_string(kind) or pt.is_large_string(kind):
        filled = pc.fill_null(column, "")
        lengths = pc.cast(pc.binary_length(filled), pa.int64()).to_numpy().tobytes()
        return missing, lengths, "".join(filled.to_pylist()).encode()
    if pt.is_boolean(kind):
        return missing, np.packbits(pc.fill_null(column, False).to_numpy()).tobytes()  # noqa: FBT003 - a cell
    if pt.is_temporal(kind):
        column = pc.cast(column, pa.int32() if pt.is_date32(kind) else pa.int64())
    return missing, pc.fill_null(column, 0).to_numpy().tobytes()
