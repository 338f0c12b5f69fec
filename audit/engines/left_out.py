"""The columns of rows in place that cannot be counted, and a word for what they hold."""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw
import pyarrow.types as pt

from audit.engines import looking
from audit.engines.protocol import Column

_NESTED: Final = "lists or structures"
_BYTES: Final = "bytes"
_LENGTHS: Final = "lengths of time"
_OTHER: Final = "values of another kind"

_KINDS: Final = (
    (pt.is_nested, _NESTED),
    (pt.is_binary, _BYTES),
    (pt.is_large_binary, _BYTES),
    (pt.is_fixed_size_binary, _BYTES),
    (pt.is_duration, _LENGTHS),
)
_OF_FRAMES: Final = (
    (nw.List, _NESTED),
    (nw.Array, _NESTED),
    (nw.Struct, _NESTED),
    (nw.Binary, _BYTES),
    (nw.Duration, _LENGTHS),
)


def of_parquet(path: str) -> tuple[Column, ...]:
    """Find the columns of a Parquet file that cannot be counted.

    Parameters
    ----------
    path : str
        A file on this machine that could be read before.

    Returns
    -------
    tuple of Column
        Each with a word for what it holds in the place of a type.
    """
    import pyarrow.parquet as pq

    return tuple(
        Column(name=field.name, stored=field.name, dtype=_word(field.type))
        for field in pq.read_schema(path)
        if looking.plain_type(field.type) is None
    )


def of_frame(frame: Any) -> tuple[Column, ...]:
    """Find the columns of a lazy frame that cannot be counted.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The frame.

    Returns
    -------
    tuple of Column
        Each with a word for what it holds in the place of a type.
    """
    counted = {column.stored for column in looking.of_frame(frame)}
    return tuple(
        Column(
            name=name,
            stored=name,
            dtype=next((word for one, word in _OF_FRAMES if isinstance(kind, one) or kind == one), _OTHER),
        )
        for name, kind in frame.collect_schema().items()
        if name not in counted
    )


def _word(kind: Any) -> str:
    return next((word for is_kind, word in _KINDS if is_kind(kind)), _OTHER)
