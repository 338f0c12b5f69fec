"""Keeps files that are too large for memory: they are read in pieces and stored with codes, like smaller ones.

A file that is audited once is better counted where it is; one that is audited often is counted several times faster
from what is stored here.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.data.columns import plain_column
from audit.data.profile import profiles_of
from audit.data.stored import ROWS_PER_GROUP, Stored, footer, writing
from audit.engines import codes
from audit.engines.protocol import Files
from audit.progress import silent, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.engines.protocol import Described, Engine, Source
    from audit.progress import Progress

_PIECE: Final = 4 * ROWS_PER_GROUP


def keep(source: Files, path: Path, engine: Engine, *, progress: Progress = silent) -> Stored:
    """Store Parquet files as one file with profiles and codes, a piece at a time.

    Parameters
    ----------
    source : Files
        Parquet files.
    path : Path
        Where the stored file goes; it is put there in one step.
    engine : Engine
        Describes the columns in a first scan.
    progress : callable
        Where the work reports; it may raise to stop it.

    Returns
    -------
    Stored
        What the footer says.

    Raises
    ------
    InputError
        Where a file cannot be read, or files do not agree.
    """
    watched = engine.watched(within(progress, 0.0, 0.3))
    looked = watched.look(source)
    described = watched.describe(looked)
    stored = Stored(n_rows=described.n_rows, columns=profiles_of(described), reader="parquet")
    coded = _codes(described)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-", suffix=".parquet")
    os.close(handle)
    temporary = Path(name)
    try:
        _write(looked, temporary, stored, coded, within(progress, 0.3, 1.0))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return stored


def _codes(described: Described) -> dict[str, codes.Coded]:
    levels: dict[str, pa.Array] = {}
    for each in described.columns:
        if each.values and len(levels) < codes.MOST_COLUMNS and described.n_rows >= codes.FEWEST_ROWS:
            values = pa.array([value for value, _ in each.values])
            few = codes.worthwhile(len(values), described.n_rows)
            found = codes.sorted_values(values) if few else None
            if found is not None:
                levels[each.column.name] = found
    names = codes.free_names([each.column.name for each in described.columns], len(levels))
    return {
        name: codes.Coded(name=free, levels=each)
        for free, (name, each) in zip(names, levels.items(), strict=True)
    }


def _write(
    source: Source, path: Path, stored: Stored, coded: dict[str, codes.Coded], progress: Progress
) -> None:
    writer = None
    done = 0
    try:
        for piece in _pieces(source):
            table = _with_codes(piece, coded)
            if writer is None:
                writer = writing(path, table.schema, stored, coded)
            writer.write_table(table.cast(writer.schema), row_group_size=ROWS_PER_GROUP)
            done += table.num_rows
            progress(done / max(stored.n_rows, 1), "Storing the rows")
        if writer is not None:
            writer.add_key_value_metadata(footer(stored, coded))
    finally:
        if writer is not None:
            writer.close()


def _pieces(source: Source) -> Iterator[pa.Table]:
    assert isinstance(source, Files)  # noqa: S101 - keep() takes nothing else
    names = [column.stored for column in source.columns]
    texts = [column.stored for column in source.columns if column.dtype == "string"]
    for path in source.paths:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(_PIECE, columns=names):
                table = pa.Table.from_batches([batch]).select(names)
                yield table.rename_columns([column.name for column in source.columns])


def _with_codes(piece: pa.Table, coded: dict[str, codes.Coded]) -> pa.Table:
    columns: dict[str, Any] = {name: plain_column(piece.column(name)) for name in piece.column_names}
    added = {
        each.name: codes.encode(columns[name].cast(each.levels.type), each.levels)
        for name, each in coded.items()
    }
    return pa.table({**columns, **added})
