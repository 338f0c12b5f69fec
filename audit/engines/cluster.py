"""What engines share that count on workers: looking, drawing and hashing are said once, and each engine fills in its words."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from audit.engines import left_out, looking
from audit.engines.drawing import positions
from audit.engines.lazy import LazyEngine
from audit.engines.protocol import Files, Held
from audit.engines.queries import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from audit.engines.protocol import Column, Source


class ClusterEngine(LazyEngine):
    """Counts rows on the workers of a cluster; a child opens sources as its own lazy frames."""

    @abstractmethod
    def _opened(self, source: Source, stored: Sequence[str] | None = None) -> Any:
        """Open a source as a frame of the engine, with its stored names; other columns than some may be left out."""

    @abstractmethod
    def _lazy(self, frame: Any) -> Any:
        """Hand a frame of the engine to Narwhals."""

    @abstractmethod
    def _understood(self, source: Source) -> AbstractContextManager[None]:
        """Turn the engine's failures into sentences; its own may quote the data."""

    @abstractmethod
    def _head(self, path: str, delimiter: str) -> pa.Table:
        """Read the beginning of a CSV file as texts."""

    @abstractmethod
    def _misfits(self, source: Files) -> list[tuple[int, int, int]]:
        """Count for each column the rows that do not fit its type, are no number, and are decimal."""

    @abstractmethod
    def _thinned(self, rows: Any, share: float, seed: int) -> Any:
        """Give a share of the rows of a lazy frame, by the engine's own seeded draw."""

    @abstractmethod
    def _hashes(self, source: Source, names: Sequence[str]) -> list[Any]:
        """Count the rows, and add up hashes of them, whatever their order."""

    def _columns(self, source: Files) -> tuple[Column, ...]:
        """Find the columns on which Parquet files agree."""
        return looking.of_parquet(source.paths)

    def look(self, source: Source) -> Source:
        """Find the columns and types of rows in place, and refuse files that do not agree; others stay as they are.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.

        Returns
        -------
        Source
            The same source, with its columns.

        Raises
        ------
        InputError
            Where the rows cannot be found or read, or files do not agree.
        """
        if not isinstance(source, Files | Held) or source.columns:
            return source
        with self._understood(source):
            if isinstance(source, Held):
                frame = self._lazy(self._opened(source))
                return replace(source, columns=looking.of_frame(frame), left_out=left_out.of_frame(frame))
            if source.format == "csv":
                return looking.settled_texts(source, self._head, self._misfits)
            columns, remote = self._columns(source), "://" in source.paths[0]
            return replace(
                source, columns=columns, left_out=() if remote else left_out.of_parquet(source.paths[0])
            )

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

    def fingerprint(self, source: Source) -> str:
        """Hash the rows in one scan, whatever their order.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.

        Returns
        -------
        str
            64 hexadecimal digits, of the names and types, the number of rows, and sums of hashes of 64 bits of the rows.

        Notes
        -----
        It tells a changed table from an unchanged one, and is no proof against somebody who looks for two tables with
        the same hash. Another engine gives another one.
        """
        source = self.look(source)
        columns = looking.columns_of(source)
        with self._understood(source):
            names = [column.name for column in columns] or list(self._opened(source).columns)
            found = self._hashes(source, names)
        shape = [(column.name, column.dtype) for column in columns] or names
        text = repr(("evenhand rows, any order", self.name, shape, found))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
