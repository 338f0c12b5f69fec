"""What a column of texts really holds: numbers, truth values, dates or text. Decided over the whole column."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from audit.values import MISSING_TEXTS

ISO_DATE: Final = r"^\d{4}-\d{2}-\d{2}$"
"""A date as YYYY-MM-DD."""

ISO_TIME: Final = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"
"""A date with a time of day and no zone."""

LAST_ZEROS: Final = r"^([^.]*)(?:\.0*|(\.\d*[1-9])0*)$"
"""A time of day with a fraction, in two groups that leave out the zeros at its end."""

# A number with leading zeros, such as "007", is a code and stays text; so does "1,234.5".
_INTEGER: Final = r"^-?(0|[1-9]\d*)$"
_FLOAT: Final = r"^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^[+-]?(inf|Inf|INF|Infinity|infinity)$"
_BOOLEAN: Final = r"^(?i:true|false)$"
_FIRST_LOOK: Final = 64


def type_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a column of texts the type that all of its values share.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string
        Texts as a file holds them.

    Returns
    -------
    pyarrow.ChunkedArray
        Whole numbers, floating-point numbers, truth values, dates, times or text; missing texts are null and
        spaces around a text are gone.
    """
    if column.num_chunks == 0:
        return column
    encoded = column.dictionary_encode()
    values = encoded.chunk(0).dictionary
    texts = _trimmed(values)
    typed = _typed(texts)
    if typed is texts and texts.equals(values):
        return column
    chunks = [typed.take(chunk.indices) for chunk in encoded.chunks]
    return pa.chunked_array(chunks, type=typed.type)


def _trimmed(values: pa.Array) -> pa.Array:
    """Take the spaces off and make missing texts null."""
    texts = pc.utf8_trim_whitespace(values)
    missing = pc.is_in(texts, value_set=pa.array(sorted(MISSING_TEXTS), type=texts.type))
    return pc.if_else(missing, pa.scalar(None, texts.type), texts)


def _typed(texts: pa.Array) -> pa.Array:
    known = texts.drop_null()
    if not len(known):
        return texts
    if matches(known, _INTEGER):
        return _first_cast(texts, pa.int64(), pa.uint64())
    if matches(known, _FLOAT):
        numbers = pc.cast(texts, pa.float64())
        return numbers if pc.any(pc.is_finite(numbers)).as_py() else texts
    if matches(known, _BOOLEAN):
        return pc.equal(pc.utf8_lower(texts), "true")
    if matches(known, ISO_DATE):
        return _first_cast(texts, pa.date32())
    if matches(known, ISO_TIME):
        return _first_cast(texts, pa.timestamp("us"))
    return texts


def matches(known: Any, pattern: str) -> bool:
    """Say whether every text matches a pattern.

    Parameters
    ----------
    known : pyarrow array of string
        Texts without missing ones.
    pattern : str
        A regular expression.

    Returns
    -------
    bool
        Whether all of them match.
    """
    look = known.slice(0, _FIRST_LOOK)  # nearly every column that does not match says so early
    return all(
        pc.all(pc.match_substring_regex(part, pattern=pattern)).as_py() is True for part in (look, known)
    )


def _first_cast(texts: pa.Array, *kinds: pa.DataType) -> pa.Array:
    """Cast to the first type that holds every value exactly; stay text where none does."""
    for kind in kinds:
        try:
            return pc.cast(texts, kind)
        except pa.ArrowInvalid:
            continue
    return texts
