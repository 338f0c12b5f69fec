"""A sample of rows in place: which rows, decided by a seed alone, and taken from a stream that is never held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def positions(rows: int, of: int, seed: int) -> NDArray[np.int64]:
    """Choose rows by their place.

    Parameters
    ----------
    rows : int
        How many.
    of : int
        How many there are.
    seed : int
        Where the draw starts.

    Returns
    -------
    ndarray of int of shape (min(rows, of),)
        Places from 0, rising, each once; every row has the same chance.

    Notes
    -----
    Floyd's idea in blocks: numbers are drawn until enough of them are different, so that memory follows the sample and
    not the rows.
    """
    if rows >= of:
        return np.arange(of, dtype=np.int64)
    rng = np.random.default_rng([seed, 0x5A3F1E])
    chosen = np.unique(rng.integers(0, of, size=rows, dtype=np.int64))
    while len(chosen) < rows:
        more = rng.integers(0, of, size=rows - len(chosen), dtype=np.int64)
        chosen = np.union1d(chosen, more)
    return chosen


def taken(batches: Iterable[pa.RecordBatch], places: NDArray[np.int64], schema: pa.Schema) -> pa.Table:
    """Take rows from a stream by their place.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        All rows in order, piece by piece.
    places : ndarray of int
        Places of the rows wanted, rising.
    schema : pyarrow.Schema
        Of the rows.

    Returns
    -------
    pyarrow.Table
        The rows wanted, in order.
    """
    found = []
    start = 0
    for batch in batches:
        low, high = np.searchsorted(places, [start, start + batch.num_rows])
        if high > low:
            # A copy: a slice would keep the whole batch alive.
            found.append(batch.take(pa.array(places[low:high] - start)))
        start += batch.num_rows
        if high == len(places):
            break
    return pa.Table.from_batches(found, schema=schema)
