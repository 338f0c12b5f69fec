"""The embedded engine: DuckDB counts files without loading them.

The queries are written once with Narwhals, so that names never become SQL text and another engine can run the same words.
"""

from __future__ import annotations

import glob
import hashlib
import math
import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import narwhals as nw

from audit.engines import left_out, looking, narrowing
from audit.engines.codes import is_stored
from audit.engines.drawing import positions, taken
from audit.engines.duckdb_told import memory_mb, understood
from audit.engines.ends import ends_of
from audit.engines.lazy import LazyEngine
from audit.engines.protocol import EngineSpec, Files, Held
from audit.engines.watching import watched
from audit.errors import EngineError
from audit.values import MISSING_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from audit.engines.ends import Ends
    from audit.engines.protocol import Source

MOST_SORTED: Final = 5_000_000
"""Most rows whose values are held in memory for a quantile."""

_TYPES: Final = {
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
    "timestamp[us]": "TIMESTAMP",
}
_BATCH: Final = 122_880
_ABSENT: Final = sorted(MISSING_TEXTS)


class DuckDBEngine(LazyEngine):
    """Counts rows with an in-process DuckDB; reads only the columns it needs, out of core.

    Parameters
    ----------
    temp : Path or None, default None
        Where what does not fit into memory goes; by default the folder ``temp`` of the store, or the system's.
    """

    name = "duckdb"
    narrow = 512
    small = True

    def __init__(self, temp: Path | None = None) -> None:
        super().__init__()
        self.temp = temp
        self._databases: dict[tuple[int | None, int, bool], Any] = {}

    @contextmanager
    def _connected(self, threads: int | None = None, *, doubtful: bool = False) -> Iterator[Any]:
        # Opening a database costs more than counting a small file: it is kept, and each scan has a connection of its own.
        settings = (threads, memory_mb(), doubtful)
        if settings not in self._databases:
            config: dict[str, Any] = {
                "memory_limit": f"{settings[1]}MB",
                "temp_directory": str(self.temp or _temp()),
                "enable_external_access": "true",
                "enable_external_file_cache": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                # A key of 16 bits is looked up in a plain array: half the cost of hashing it, and some MB for each thread.
                "perfect_ht_threshold": 17,
            }
            if threads:
                config["threads"] = threads
            if doubtful:
                # The ends of a column in a Parquet file's footer do not count "not a number": DuckDB concludes from
                # them that there is none, and then takes such a score for a positive decision.
                config["disabled_optimizers"] = "statistics_propagation"
            self._databases[settings] = duckdb.connect(":memory:", config=config)
        connection = self._databases[settings].cursor()
        try:
            yield connection
        finally:
            # A connection whose scan was given up on is busy and cannot be closed: it goes when the scan ends.
            with suppress(duckdb.Error):
                connection.close()

    def _run(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], *, ordered: bool = False
    ) -> pa.Table:
        """Run a query; sums of floats depend on their order, so one thread makes them repeatable to the last bit."""
        source = self.look(source)
        doubtful = _doubtful(source, names)
        with self._connected(1 if ordered else None, doubtful=doubtful) as connection, understood():
            rows = nw.from_native(_relation(connection, source, names)).select(
                *(nw.nth(i).alias(f"c{i}") for i in range(len(names)))
            )
            plan = query(_plain(rows, source, names))
            return self._watched(connection, lambda: plan.collect(backend="pyarrow").to_native())

    def _clean(self, source: Source) -> bool:
        return isinstance(source, Path) and is_stored(source)

    def _ends(self, source: Source, name: str) -> Ends | None:
        return ends_of(source, name) if isinstance(source, Path) and is_stored(source) else None

    def _watched(self, connection: Any, scan: Callable[[], Any]) -> Any:
        def share() -> float:
            return max(float(connection.query_progress()), 0.0) / 100

        return watched(scan, connection.interrupt, self.progress, share)

    def look(self, source: Source) -> Source:
        """Find the columns and types of files, and refuse files that do not agree; others stay as they are.

        Parameters
        ----------
        source : Path, pyarrow.Table or Files
            Where the rows are.

        Returns
        -------
        Source
            The same source, with its columns.

        Raises
        ------
        InputError
            Where a file is missing or damaged, or files do not have the same columns of the same types.
        EngineError
            Where the rows are held by another engine.
        """
        if isinstance(source, Held):
            raise EngineError(
                "DuckDB cannot count a table of another engine.",
                why="The table is held by Spark or Dask.",
                fix="Name that engine, or give files.",
                code="wrong_engine",
            )
        if not isinstance(source, Files) or source.columns:
            return source
        if source.format == "parquet":
            columns = looking.of_parquet(source.paths)
            return replace(source, columns=columns, left_out=left_out.of_parquet(source.paths[0]))
        return looking.settled_texts(source, self._head, self._misfits)

    def _head(self, path: str, delimiter: str) -> Any:
        with self._connected() as connection:
            try:
                rows = connection.read_csv(
                    _literal(path),
                    header=True,
                    all_varchar=True,
                    delimiter=delimiter,
                    quotechar='"',
                    escapechar='"',
                )
                return rows.limit(looking.HEAD).to_arrow_table()
            except duckdb.Error as error:
                raise looking.damaged(path) from error

    def _misfits(self, source: Files) -> list[tuple[int, int, int]]:
        """Count for each column the rows that do not fit its type, are no number, and are decimal."""
        with self._connected() as connection, understood():
            rows = _csv(connection, source, dict.fromkeys(range(len(source.columns)), "VARCHAR"))
            counts = ", ".join(
                f"count(c{i}) - count(try_cast(c{i} AS {_TYPES.get(c.dtype, 'VARCHAR')})), "
                f"count(c{i}) - count(try_cast(c{i} AS DOUBLE)), "
                f"count(*) FILTER (c{i} LIKE '%.%' OR c{i} LIKE '%e%')"
                for i, c in enumerate(source.columns)
            )
            row = self._watched(connection, lambda: rows.aggregate(counts).fetchall()[0])
        return [(row[3 * i], row[3 * i + 1], row[3 * i + 2]) for i in range(len(source.columns))]

    def _quantiles(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], levels: Sequence[float]
    ) -> list[Any]:
        """DuckDB's own quantiles hold every value in memory: of many rows they are found by counting."""
        if _rows_of(source) <= MOST_SORTED:
            return super()._quantiles(source, names, query, levels)
        return narrowing.quantiles(
            lambda onward: self._run(source, names, lambda rows: onward(query(rows))), levels
        )

    def draw(self, source: Source, columns: Sequence[str], *, rows: int, of: int, seed: int) -> pa.Table:
        """Draw rows by their place in the files; the same seed draws the same rows.

        Parameters
        ----------
        source : Path, pyarrow.Table or Files
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
            The rows in the order of the files, each at most once.
        """
        source = self.look(source)
        places = positions(rows, of, seed)
        with self._connected() as connection, understood():
            opened = nw.from_native(_relation(connection, source, columns)).select(
                *(nw.nth(i).alias(f"c{i}") for i in range(len(columns)))
            )
            native = _plain(opened, source, columns).to_native()

            def scan() -> pa.Table:
                reader = native.to_arrow_reader(_BATCH)
                return taken(reader, places, reader.schema)

            return self._watched(connection, scan).rename_columns(list(columns))

    def _estimated(self, source: Source, names: Sequence[str]) -> list[int]:
        measures = ", ".join(f"approx_count_distinct(c{i})" for i in range(len(names)))
        return [int(n) for n in self._aggregated(source, names, measures)]

    def _aggregated(self, source: Source, names: Sequence[str], measures: str) -> Any:
        """Run aggregates that Narwhals has no word for; columns are called by their place here too."""
        with self._connected(doubtful=_doubtful(source, names)) as connection, understood():
            rows = nw.from_native(_relation(connection, source, names)).select(
                *(nw.nth(i).alias(f"c{i}") for i in range(len(names)))
            )
            native = _plain(rows, source, names).to_native()
            return self._watched(connection, lambda: native.aggregate(measures).fetchall()[0])

    def _listed(self, source: Source, names: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
        """List values; of CSV files in one pass, because each pass reads all of their text."""
        if not (isinstance(source, Files) and source.format == "csv" and names):
            return super()._listed(source, names)
        measures = ", ".join(f"map_entries(histogram(c{i}))" for i in range(len(names)))
        row = self._aggregated(source, names, measures)
        return {
            name: [(one["key"], one["value"]) for one in entries or []]
            for name, entries in zip(names, row, strict=True)
        }

    def fingerprint(self, source: Source) -> str:
        """Hash the rows in one scan, whatever their order.

        Parameters
        ----------
        source : Path, pyarrow.Table or Files
            Where the rows are.

        Returns
        -------
        str
            64 hexadecimal digits, of the names and types, the number of rows, and two sums and a parity of hashes of
            64 bits of the rows.

        Notes
        -----
        It tells a changed table from an unchanged one. It is no proof against somebody who looks for two tables with
        the same hash, and another engine or release of DuckDB gives another one.
        """
        source = self.look(source)
        columns = looking.columns_of(source)
        names = [column.name for column in columns] or _names(source)
        every = ", ".join(f"c{i}" for i in range(len(names)))
        measures = f"count(*), sum(hash({every})), sum(hash({every}, 1)), bit_xor(hash({every}, 2))"
        row = self._aggregated(source, names, measures)
        shape = [(column.name, column.dtype) for column in columns] or names
        text = repr(
            ("evenhand rows, any order", f"duckdb {duckdb.__version__}", shape, [str(x) for x in row])
        )
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _temp() -> Path:
    """Give the folder for what does not fit into memory; DuckDB makes it when it is needed."""
    home = os.environ.get("EVENHAND_HOME")
    if home or Path(".evenhand").is_dir():
        return Path(home or ".evenhand") / "temp"
    return Path(tempfile.gettempdir()) / f"evenhand-engine-{os.getpid()}"


def _relation(connection: Any, source: Source, names: Sequence[str]) -> Any:
    """Give the columns in the order asked for; no name of the data becomes part of a query."""
    if isinstance(source, Files):
        return _files(connection, source, names)
    if isinstance(source, Path):
        relation = connection.read_parquet(_literal(str(source)), hive_partitioning=False)
        # DuckDB folds case: of "Sex" and "sex" it would rename one, so such files are read by Arrow.
        folded = {name.casefold() for name in relation.columns}
        if len(folded) == len(relation.columns) and set(names) <= set(relation.columns):
            return nw.from_native(relation).select(*(nw.col(name) for name in names)).to_native()
        import pyarrow.parquet as pq

        source = pq.read_table(source, columns=list(names))
    assert not isinstance(source, Held)  # noqa: S101 - look() has refused it
    table = source.select(list(names)).rename_columns([f"c{i}" for i in range(len(names))])
    return connection.from_arrow(table)


def _files(connection: Any, source: Files, names: Sequence[str]) -> Any:
    place = {column.name: i for i, column in enumerate(source.columns)}
    if source.format == "csv":
        kinds = {i: _TYPES.get(column.dtype, "VARCHAR") for i, column in enumerate(source.columns)}
        relation = _csv(connection, source, kinds)
        return nw.from_native(relation).select(*(nw.col(f"c{place[name]}") for name in names)).to_native()
    import pyarrow.parquet as pq

    relation = connection.read_parquet([_literal(path) for path in source.paths], hive_partitioning=False)
    # DuckDB renames one of "Sex" and "sex": columns are taken by their place.
    order = {name: i for i, name in enumerate(pq.read_schema(source.paths[0]).names)}
    stored = looking.stored_names(source, names)
    return nw.from_native(relation).select(*(nw.nth(order[name]) for name in stored)).to_native()


def _literal(path: str) -> str:
    """Write a path so that a "*" or "[" in a name is no pattern, which would open other files."""
    return glob.escape(path)


def _csv(connection: Any, source: Files, kinds: dict[int, str]) -> Any:
    return connection.read_csv(
        [_literal(path) for path in source.paths],
        header=True,
        auto_detect=False,
        delimiter=source.delimiter,
        quotechar='"',
        escapechar='"',
        columns={f"c{i}": kind for i, kind in kinds.items()},
        na_values=_ABSENT,
        allow_quoted_nulls=True,
    )


def _plain(rows: Any, source: Source, names: Sequence[str]) -> Any:
    """Cast what is stored in an unusual type, such as decimals, to the type in which it is counted."""
    if not isinstance(source, Files) or source.format == "csv":
        return rows
    kinds = {column.name: column.dtype for column in source.columns}
    schema = rows.collect_schema()
    casts = []
    for i, name in enumerate(names):
        kind = schema[f"c{i}"]
        if kinds.get(name) == "double" and isinstance(kind, nw.Decimal):
            casts.append(nw.col(f"c{i}").cast(nw.Float64))
        elif kinds.get(name) == "string" and kind != nw.String:
            casts.append(nw.col(f"c{i}").cast(nw.String))
    return rows.with_columns(*casts) if casts else rows


def _doubtful(source: Source, names: Sequence[str]) -> bool:
    """Say whether a value may be "not a number" that a Parquet footer is silent about.

    From the least and largest value in a footer DuckDB concludes that no value is "not a number", but footers leave such
    values out. Files that this program stored have none; of others that conclusion is forbidden, which costs speed.
    """
    if isinstance(source, Path):
        return not is_stored(source)
    kinds = {column.name: column.dtype for column in looking.columns_of(source)}
    return isinstance(source, Files) and any(kinds.get(name) in {"float", "double"} for name in names)


def _rows_of(source: Source) -> float:
    """Give the number of rows, infinite where only a scan would tell."""
    import pyarrow.parquet as pq

    if isinstance(source, Path):
        return int(pq.read_metadata(source).num_rows)
    if isinstance(source, Files):
        paths = source.paths if source.format == "parquet" else ()
        return sum(pq.read_metadata(path).num_rows for path in paths) if paths else math.inf
    return int(source.num_rows) if hasattr(source, "num_rows") else math.inf


def _names(source: Source) -> list[str]:
    if isinstance(source, Path):
        import pyarrow.parquet as pq

        from audit.engines.codes import codes_of

        hidden = {coded.name for coded in codes_of(source).values()}
        return [name for name in pq.read_schema(source).names if name not in hidden]
    return list(source.column_names) if hasattr(source, "column_names") else []


ENGINE: Final = EngineSpec(
    id="duckdb",
    title="DuckDB, on this machine",
    address="",
    needs="",
    make=lambda _address, _frame: DuckDBEngine(),
)
