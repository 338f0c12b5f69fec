"""Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from audit.data.readers.spec import Loaded, Reader, too_many_cells, unpacked_too_large, unreadable
from audit.engines import codes
from audit.errors import InputError, listing, quote

if TYPE_CHECKING:
    from audit.data.readers.spec import Content

_INDEX_PREFIX = "__index_level_"


def _sniff(content: Content) -> bool:
    return content.head(4) == b"PAR1"


def _read(content: Content) -> Loaded:
    try:
        return _load(content)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise unreadable(
            content,
            why="It begins like a Parquet file and is cut off or damaged.",
            fix="Save or download it again.",
        ) from error


def _load(content: Content) -> Loaded:
    buffer = pa.BufferReader(pa.py_buffer(content.data))
    with pq.ParquetFile(buffer) as file:
        hidden = codes.unpacked((file.metadata.metadata or {}).get(codes.KEY)).values()
        schema = _shown(file.schema_arrow, {each.name for each in hidden})
        rows = file.metadata.num_rows
        too_many_cells(content, rows, len(schema))
    nested = [field.name for field in schema if pt.is_nested(field.type)]
    flat = _flat_places(schema)
    if not flat:
        raise _only_nested(content)
    names = [schema.field(at).name for at in flat]
    texts = [name for name, at in zip(names, flat, strict=True) if _is_text(schema.field(at).type)]
    with pq.ParquetFile(buffer, read_dictionary=texts) as file:
        leaves = [file.schema.column(i).path for i in range(len(file.schema))]
        table = file.read_row_groups(
            list(range(file.num_row_groups)), columns=[leaves[i] for i in _leaf_places(schema)]
        )
    table.validate(full=True)
    places = _places(table.column_names, names)
    columns = [table.column(at) for at in places]
    unpacked_too_large(content, sum(_decoded_size(column) for column in columns))
    return Loaded(names=tuple(names), columns=tuple(columns), notes=_notes(nested))


def _shown(schema: pa.Schema, hidden: set[str]) -> pa.Schema:
    """Leave out the codes of a file that this program stored; they are its last columns."""
    while len(schema) and schema.names[-1] in hidden:
        schema = schema.remove(len(schema) - 1)
    return schema


def _flat_places(schema: pa.Schema) -> list[int]:
    """Find the columns that can be audited; pandas' index is not one of them."""
    return [
        at
        for at, field in enumerate(schema)
        if not pt.is_nested(field.type) and not field.name.startswith(_INDEX_PREFIX)
    ]


def _leaf_places(schema: pa.Schema) -> list[int]:
    """Find where the flat columns are among the leaves, which nested columns have several of."""
    places, leaf = [], 0
    for field in schema:
        width = _leaves(field.type)
        if not pt.is_nested(field.type) and not field.name.startswith(_INDEX_PREFIX):
            places.append(leaf)
        leaf += width
    return places


def _leaves(kind: pa.DataType) -> int:
    if not pt.is_nested(kind):
        return 1
    return sum(_leaves(kind.field(i).type) for i in range(kind.num_fields))


def _places(found: list[str], wanted: list[str]) -> list[int]:
    """Match names to places in order, so that a name that repeats is taken once for each time."""
    if found == wanted:
        return list(range(len(found)))
    places, start = [], 0
    for name in wanted:
        start = found.index(name, start) + 1
        places.append(start - 1)
    return places


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_binary(kind))


def _decoded_size(column: pa.ChunkedArray) -> int:
    """Say how many bytes a column takes without its codes: a few codes can stand for gigabytes of text."""
    if not pt.is_dictionary(column.type):
        return int(column.nbytes)
    total = 0
    for chunk in column.chunks:
        kind: Any = chunk.dictionary.type
        if not _is_text(kind):
            total += len(chunk) * 8
        else:
            lengths = pc.cast(pc.binary_length(chunk.dictionary), pa.int64())
            total += (pc.sum(lengths.take(chunk.indices)).as_py() or 0) + 4 * len(chunk)
    return total


def _notes(nested: list[str]) -> tuple[str, ...]:
    if not nested:
        return ()
    return (f"Left out, because they hold lists or structures: {listing(nested)}.",)


def _only_nested(content: Content) -> InputError:
    return InputError(
        f"{quote(content.name)} has no column that can be audited.",
        why="Every column holds lists or structures, or there is none.",
        fix="Save a table with one value in each cell.",
        code="no_columns",
    )


READER = Reader(
    id="parquet", title="a Parquet file", extensions=(".parquet", ".pq"), sniff=_sniff, read=_read
)
