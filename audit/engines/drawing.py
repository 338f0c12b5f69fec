"""A sample of rows in place: which rows, decided by a seed alone, and taken from a stream that is never held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from audit.engines.queries import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from audit.engines.protocol import Source


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


class Drawing:
    """Draws a sample with an engine's own seeded draw; a part of every engine that runs lazy queries."""

    _run: Callable[..., pa.Table]

    def draw(self, source: Source, columns: Sequence[str], *, rows: int, of: int, seed: int) -> pa.Table:
        """Draw rows by a seed: the same ones each time, as long as the engine parts the rows in the same way.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.
        columns : sequence of str
            The columns wanted.
        rows : int
            How many rows.
        of : int
            How many there are.
        seed : int
            Where the draw starts.

        Returns
        -------
        pyarrow.Table
            At most so many rows, each at most once.
        """
        asked = Asked()
        picked = [asked.column(name) for name in columns]
        # A little more than wanted, so that hardly ever too few come; what is too many is drawn away.
        share = min(1.0, (rows + 6 * rows**0.5 + 10) / max(of, 1))

        def query(every: Any) -> Any:
            chosen = every.select(*picked)
            return chosen if rows >= of else self._thinned(chosen, share, seed)

        found = self._run(source, asked.names, query).rename_columns(list(columns))
        if found.num_rows <= rows:
            return found
        return found.take(pa.array(positions(rows, found.num_rows, seed)))

    def _thinned(self, rows: Any, share: float, seed: int) -> Any:
        """Give a share of the rows of a lazy frame, by the engine's own seeded draw."""
        raise NotImplementedError
