"""Spark: rows of a DataFrame, a table of the catalogue or files, counted by whatever cluster the session runs on."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from audit.engines import looking
from audit.engines.lazy import LazyEngine
from audit.engines.protocol import EngineSpec, Files, Held
from audit.engines.watching import watched
from audit.errors import EngineError, InputError, quote
from audit.values import MISSING_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from audit.engines.protocol import Source

_KINDS: Final = {
    "int64": "bigint",
    "uint64": "decimal(20,0)",
    "double": "double",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us]": "timestamp_ntz",
}
_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.showConsoleProgress": "false",
}


class SparkEngine(LazyEngine):
    """Counts rows with a Spark session.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        A session, classic or Connect.
    """

    name = "spark"
    narrow = 2**40

    def __init__(self, session: Any) -> None:
        super().__init__()
        self.session = session

    def _run(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], *, ordered: bool = False
    ) -> pa.Table:
        """Run a query; sums of floats differ in the last bits between runs, so ``ordered`` asks for nothing."""
        del ordered
        source = self.look(source)
        with _understood(source):
            plan = query(nw.from_native(self._frame(source, names))).to_native()
            return self._watched(plan.toArrow)

    def _watched(self, scan: Callable[[], Any]) -> Any:
        tag = f"evenhand-{secrets.token_hex(8)}"

        def tagged() -> Any:
            self.session.addTag(tag)
            return scan()

        return watched(tagged, lambda: self.session.interruptTag(tag), self.progress)

    def _frame(self, source: Source, names: Sequence[str]) -> Any:
        """Give columns called c0, c1, …: they are renamed by their place, so that no name becomes part of a query."""
        if isinstance(source, Files) and source.format == "csv":
            return self._csv(source, names)
        frame = self._opened(source)
        stored = looking.stored_names(source, names)
        kinds = {column.name: column.dtype for column in looking.columns_of(source)}
        places = [frame.columns.index(name) for name in stored]
        frame = frame.toDF(*(f"x{i}" for i in range(len(frame.columns))))
        types = dict(frame.dtypes)
        picked = []
        for i, (name, place) in enumerate(zip(names, places, strict=True)):
            column = frame[f"x{place}"]
            if kinds.get(name) == "double" and types[f"x{place}"].startswith("decimal"):
                column = column.cast("double")
            picked.append(column.alias(f"c{i}"))
        return frame.select(*picked)

    def _opened(self, source: Source) -> Any:
        if isinstance(source, Held):
            return source.frame if source.frame is not None else self.session.table(source.table)
        if isinstance(source, Files):
            return self.session.read.parquet(*source.paths)
        if isinstance(source, Path):
            return self.session.read.parquet(str(source))
        return self.session.createDataFrame(source)

    def _csv(self, source: Files, names: Sequence[str]) -> Any:
        from pyspark.sql import functions as sf

        rows = self.session.read.csv(
            list(source.paths), header=True, sep=source.delimiter, escape='"', multiLine=True
        ).toDF(*(f"x{i}" for i in range(len(source.columns))))
        place = {column.name: i for i, column in enumerate(source.columns)}
        picked = []
        for i, name in enumerate(names):
            text = rows[f"x{place[name]}"]
            known = sf.when(~text.isin(*MISSING_TEXTS), text)
            kind = _KINDS.get(source.columns[place[name]].dtype)
            picked.append((known if kind is None else sf.trim(known).cast(kind)).alias(f"c{i}"))
        return rows.select(*picked)

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
        with _understood(source):
            if isinstance(source, Held):
                columns = looking.of_frame(nw.from_native(self._opened(source)))
                return Held(table=source.table, frame=source.frame, columns=columns)
            if source.format == "csv":
                return looking.settled_texts(source, self._head, self._misfits)
            local = all("://" not in path for path in source.paths)
            columns = (
                looking.of_parquet(source.paths)
                if local
                else looking.of_frame(nw.from_native(self._opened(source)))
            )
            return Files(paths=source.paths, format="parquet", columns=columns)

    def _head(self, path: str, delimiter: str) -> Any:
        rows = self.session.read.csv(path, header=True, sep=delimiter, escape='"', multiLine=True)
        return rows.limit(looking.HEAD).toArrow()

    def _misfits(self, source: Files) -> list[tuple[int, int, int]]:
        """Count for each column the rows that do not fit its type, are no number, and are decimal."""
        from pyspark.sql import functions as sf

        texts = Files(
            paths=source.paths,
            format="csv",
            columns=tuple(looking.as_text(column) for column in source.columns),
            delimiter=source.delimiter,
        )
        rows = self._csv(texts, [column.name for column in source.columns])
        measures = []
        for i, column in enumerate(source.columns):
            text = sf.trim(rows[f"c{i}"])
            kind = _KINDS.get(column.dtype, "string")
            wrong = (
                text.try_cast(kind).isNull(),
                text.try_cast("double").isNull(),
                text.like("%.%") | text.like("%e%"),
            )
            measures += [sf.count(sf.when(text.isNotNull() & each, 1)) for each in wrong]
        found = self._watched(rows.agg(*measures).collect)[0]
        return [tuple(int(n) for n in found[3 * i : 3 * i + 3]) for i in range(len(source.columns))]  # type: ignore[misc]

    def _quantiles(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], levels: Sequence[float]
    ) -> list[Any]:
        """Narwhals has no exact quantile for Spark; Spark has one."""
        from pyspark.sql import functions as sf

        source = self.look(source)
        with _understood(source):
            rows = query(nw.from_native(self._frame(source, names))).to_native()
            asked = rows.agg(sf.percentile("v", sf.array(*(sf.lit(level) for level in levels))).alias("q"))
            return list(self._watched(asked.collect)[0]["q"] or [None])

    def _thinned(self, rows: Any, share: float, seed: int) -> Any:
        return nw.from_native(rows.to_native().sample(withReplacement=False, fraction=share, seed=seed))

    def _estimated(self, source: Source, names: Sequence[str]) -> list[int]:
        from pyspark.sql import functions as sf

        with _understood(source):
            rows = self._frame(source, names)
            asked = rows.agg(*(sf.approx_count_distinct(f"c{i}") for i in range(len(names))))
            return [int(n) for n in self._watched(asked.collect)[0]]

    def fingerprint(self, source: Source) -> str:
        """Hash the rows in one scan, whatever their order.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.

        Returns
        -------
        str
            64 hexadecimal digits, of the names and types, the number of rows, and sums and a parity of xxHash64 of the
            rows.

        Notes
        -----
        It tells a changed table from an unchanged one, and is no proof against somebody who looks for two tables with
        the same hash. Another engine gives another one.
        """
        from pyspark.sql import functions as sf

        source = self.look(source)
        columns = looking.columns_of(source)
        with _understood(source):
            names = [column.name for column in columns] or list(self._opened(source).columns)
            rows = self._frame(source, names)
            every = [rows[f"c{i}"] for i in range(len(names))]
            shown = [sf.coalesce(one.cast("string"), sf.lit("\x00")) for one in every]
            hashes = [sf.xxhash64(*shown), sf.xxhash64(*shown, sf.lit(1)), sf.xxhash64(*shown, sf.lit(2))]
            measures = [
                sf.count(sf.lit(1)),
                sf.sum(hashes[0].cast("decimal(38,0)")),
                sf.sum(hashes[1].cast("decimal(38,0)")),
                sf.bit_xor(hashes[2]),
            ]
            row = self._watched(rows.agg(*measures).collect)[0]
        shape = [(column.name, column.dtype) for column in columns] or names
        text = repr(("evenhand rows, any order", "spark", shape, [str(x) for x in row]))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@contextmanager
def _understood(source: Source) -> Iterator[None]:
    """Turn Spark's failures into sentences; its own may quote the data."""
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except AnalysisException as error:
        if isinstance(source, Held) and source.table:
            raise InputError(
                f"Spark has no table {quote(source.table)}.",
                why="It is not in the catalogue of this session.",
                fix="Check its name, with its catalogue and schema.",
                code="unknown_table",
            ) from error
        raise _unreadable() from error
    except PySparkException as error:
        raise _failed(str(error)) from error
    except Exception as error:
        # Failures of the Java side come as py4j's own exceptions, which the Connect client does not have.
        if type(error).__module__.split(".")[0] in {"py4j", "grpc"}:
            raise _failed(str(error)) from error
        raise


def _failed(text: str) -> EngineError | InputError:
    if "OutOfMemoryError" in text or "Container killed" in text:
        return EngineError(
            "Spark ran out of memory while it counted.",
            why="There are very many different values or groups, or the executors are small.",
            fix="Give the executors more memory, or name columns with fewer values.",
            code="engine_memory",
        )
    if "No space left" in text:
        return EngineError(
            "Spark ran out of disk while it counted.",
            why="A shuffle did not fit on the executors' disks.",
            fix="Free some room there, or name columns with fewer values.",
            code="engine_disk",
        )
    if any(word in text for word in ("CAST_INVALID_INPUT", "PARQUET", "FAILED_READ_FILE", "MALFORMED")):
        return _unreadable()
    return EngineError(
        "Spark could not finish counting.",
        why="The cluster stopped the work or cannot be reached.",
        fix="Look into the log of the cluster, and try again.",
        code="engine_failed",
    )


def _unreadable() -> InputError:
    return InputError(
        "Spark cannot read the rows as they are.",
        why="A file is missing or damaged, or a value does not fit the type of its column.",
        fix="Check the path as the cluster sees it, and the files.",
        code="unreadable_rows",
    )


def make(address: str = "") -> SparkEngine:
    """Start or reach a Spark session.

    Parameters
    ----------
    address : str, default ""
        The URL of a master ("spark://…", "yarn", "local[4]") or of a Spark Connect server ("sc://…"); empty takes the
        session that is active, or runs Spark on this machine.

    Returns
    -------
    SparkEngine
        Ready to count.

    Raises
    ------
    EngineError
        Where Spark or Java is not installed, or nobody answers.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            "Spark is not installed.",
            why="It is an extra that few need.",
            fix="Install it: pip install --requirement requirements-spark.txt. It needs Java 17.",
            code="engine_missing",
        ) from error
    active = SparkSession.getActiveSession()
    if active is not None and not address:
        return SparkEngine(active)
    builder: Any = SparkSession.builder
    builder = (
        builder.remote(address) if address.startswith("sc://") else builder.master(address or "local[*]")
    )
    if not address.startswith("sc://"):
        os.environ.setdefault(
            "SPARK_LOCAL_IP", "127.0.0.1" if address.startswith("local") or not address else ""
        )
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
        if not address.startswith("sc://"):
            session.sparkContext.setLogLevel("ERROR")  # its warnings quote the data
        return SparkEngine(session)
    except Exception as error:
        raise EngineError(
            "Spark could not be started." if not address else f"Nobody answers as Spark at {quote(address)}.",
            why="Java is missing, or the address is wrong or not reachable from here.",
            fix="Install Java 17 (see tests/java/install.sh), or check the address.",
            code="engine_unreachable",
        ) from error


ENGINE: Final = EngineSpec(
    id="spark",
    title="Spark",
    address="spark://host:7077, sc://host:15002, yarn or local[4]",
    needs="requirements-spark.txt",
    make=make,
)
