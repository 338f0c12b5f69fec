"""Arrow files and streams; Feather version 2 is the Arrow file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.types as pt

from audit.data.readers.spec import Loaded, Reader, too_many_cells, unpacked_too_large, unreadable
from audit.errors import InputError, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.data.readers.spec import Content

_FILE = b"ARROW1"
_STREAM = b"\xff\xff\xff\xff"


def _sniff(content: Content) -> bool:
    head = content.head(8)
    if head.startswith(_FILE):
        return True
    # a stream begins with the length of its schema, which is a multiple of 8 and lies within the file
    size = int.from_bytes(head[4:8], "little")
    return head.startswith(_STREAM) and 0 < size < len(content.data) and size % 8 == 0


def _read(content: Content) -> Loaded:
    try:
        return _load(content)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise unreadable(
            content,
            why="It begins like an Arrow file and is cut off or damaged.",
            fix="Save or download it again.",
        ) from error


def _load(content: Content) -> Loaded:
    buffer = pa.BufferReader(pa.py_buffer(content.data))
    if content.head(6) == _FILE:
        opened = pa.ipc.open_file(buffer)
        batches: Iterator[Any] = (opened.get_batch(i) for i in range(opened.num_record_batches))
    else:
        opened = pa.ipc.open_stream(buffer)
        batches = iter(opened)
    schema = opened.schema
    kept, rows, size = [], 0, 0
    for batch in batches:
        batch.validate(full=True)  # lengths and codes that point out of the file would be followed later
        rows, size = rows + batch.num_rows, size + batch.nbytes
        too_many_cells(content, rows, len(schema))
        unpacked_too_large(content, size)
        kept.append(batch)
    table = pa.Table.from_batches(kept, schema=schema)
    nested = [field.name for field in schema if _is_nested(field.type)]
    places = [at for at, field in enumerate(schema) if not _is_nested(field.type)]
    notes = (f"Left out, because they hold lists or structures: {listing(nested)}.",) if nested else ()
    return Loaded(
        names=tuple(schema.field(at).name for at in places),
        columns=tuple(table.column(at) for at in places),
        notes=notes,
    )


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pt.is_nested(kind)) and not pt.is_run_end_encoded(kind)


READER = Reader(
    id="arrow",
    title="an Arrow file",
    extensions=(".arrow", ".feather", ".ipc", ".arrows"),
    sniff=_sniff,
    read=_read,
)
