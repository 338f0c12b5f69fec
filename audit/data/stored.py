"""The Parquet file of a data set: the table, and in its footer what was learnt about it when it was read.

Columns with few values have narrow columns of codes behind the table's own (:mod:`audit.engines.codes`); only engines
read them.

One file holds everything, so that copying it copies the profiles and deleting it leaves nothing behind.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.data.dataset import ColumnProfile
from audit.data.profile import profile_table
from audit.engines import codes

_KEY: Final = codes.STORED
_VERSION: Final = 1
ROWS_PER_GROUP: Final = 122_880  # what DuckDB reads as one piece of work
_CELLS_PER_GROUP: Final = 20_000_000
_MANY: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the footer of a stored Parquet file says.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    columns : tuple of ColumnProfile
        The columns.
    reader : str
        Id of the reader that read the file, or empty.
    notes : tuple of str
        What reading changed or noticed, as sentences; nothing that depends on the file's name.
    n_bytes : int
        Size of what was read, in bytes.
    """

    n_rows: int
    columns: tuple[ColumnProfile, ...]
    reader: str = ""
    notes: tuple[str, ...] = ()
    n_bytes: int = 0


def write_parquet(table: pa.Table, path: Path, stored: Stored) -> None:
    """Write a table under a temporary name and put it in place in one step.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    path : Path
        Where it belongs.
    stored : Stored
        What is to be said in the footer.
    """
    rows = max(1024, min(ROWS_PER_GROUP, _CELLS_PER_GROUP // max(table.num_columns, 1)))
    table, coded = _with_codes(table, stored)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-", suffix=".parquet")
    os.close(handle)
    temporary = Path(name)
    try:
        with writing(temporary, table.schema, stored, coded) as writer:
            writer.write_table(table, row_group_size=rows)
            writer.add_key_value_metadata(footer(stored, coded))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def writing(path: Path, schema: pa.Schema, stored: Stored, coded: dict[str, codes.Coded]) -> pq.ParquetWriter:
    """Open a stored file for writing.

    Parameters
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        Its columns.
    stored : Stored
        What was learnt about the table.
    coded : dict of str to Coded
        Columns and their codes.

    Returns
    -------
    pyarrow.parquet.ParquetWriter
        It compresses everything but decimals that take many values: those hardly shrink, and reading them as they are
        costs a quarter.
    """
    many = {
        column.name
        for column in stored.columns
        if column.name in schema.names
        and column.name not in coded
        and pa.types.is_floating(schema.field(column.name).type)
        and column.n_distinct > _MANY
    }
    others = [name for name in schema.names if name not in many]
    return pq.ParquetWriter(
        path,
        schema,
        compression=dict.fromkeys(others, "zstd") | dict.fromkeys(many, "none"),
        use_dictionary=others,
        version="2.6",
    )


def footer(stored: Stored, coded: dict[str, codes.Coded]) -> dict[bytes, bytes]:
    """Give what the footer of a stored file holds.

    Parameters
    ----------
    stored : Stored
        What was learnt about the table.
    coded : dict of str to Coded
        Columns and their codes.

    Returns
    -------
    dict of bytes to bytes
        For the file's metadata.
    """
    return {_KEY: _pack(stored)} | ({codes.KEY: codes.packed(coded)} if coded else {})


def open_parquet(path: Path) -> Stored:
    """Read what a stored Parquet file says about itself.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Stored
        From the footer; profiles are computed again where another version wrote it.
    """
    with pq.ParquetFile(path) as file:
        n_rows = file.metadata.num_rows
        found = _unpack((file.metadata.metadata or {}).get(_KEY), n_rows)
        if found:
            return found
        hidden = {each.name for each in codes.codes_of(path).values()}
        return Stored(
            n_rows=n_rows,
            columns=profile_table(
                file.read().select([n for n in file.schema_arrow.names if n not in hidden])
            ),
        )


def _with_codes(table: pa.Table, stored: Stored) -> tuple[pa.Table, dict[str, codes.Coded]]:
    """Put columns of codes behind the table's own."""
    if table.num_rows < codes.FEWEST_ROWS:
        return table, {}
    levels: dict[str, pa.Array] = {}
    for profile in stored.columns:
        if len(levels) < codes.MOST_COLUMNS and profile.kind != "empty":
            found = codes.values_of(table.column(profile.name), profile.n_distinct)
            if found is not None:
                levels[profile.name] = found
    names = codes.free_names(table.column_names, len(levels))
    coded = {}
    for free, (name, each) in zip(names, levels.items(), strict=True):
        table = table.append_column(free, codes.encode(table.column(name), each))
        coded[name] = codes.Coded(name=free, levels=each)
    return table, coded


def _pack(stored: Stored) -> bytes:
    content: dict[str, Any] = {
        "version": _VERSION,
        "reader": stored.reader,
        "notes": stored.notes,
        "n_bytes": stored.n_bytes,
        "columns": [column.to_dict() for column in stored.columns],
    }
    return base64.b64encode(zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 1))


def _unpack(packed: bytes | None, n_rows: int) -> Stored | None:
    if packed is None:
        return None
    try:
        raw = json.loads(zlib.decompress(base64.b64decode(packed)))
        if raw["version"] != _VERSION:
            return None
        return Stored(
            n_rows=n_rows,
            columns=tuple(ColumnProfile.from_dict(column) for column in raw["columns"]),
            reader=raw["reader"],
            notes=tuple(raw["notes"]),
            n_bytes=raw["n_bytes"],
        )
    except (ValueError, KeyError, TypeError, zlib.error):
        return None
