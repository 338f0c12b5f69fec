"""Spark: rows of a DataFrame, a table of the catalogue or files, counted by whatever cluster the session runs on."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from audit.engines import looking
from audit.engines.cluster import ClusterEngine
from audit.engines.protocol import EngineSpec, Files, Held
from audit.engines.watching import watched
from audit.errors import EngineError, InputError, quote
from audit.values import MISSING_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from audit.engines.protocol import Column, Source

_KINDS: Final = {
    "int64": "bigint",
    "uint64": "decimal(20,0)",
    "double": "double",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us]": "timestamp_ntz",
}
_MEANING: Final = {"spark.sql.session.timeZone": "UTC", "spark.sql.caseSensitive": "true"}
"""What decides how rows are understood, whoever runs Spark."""

_SETTINGS: Final = {
    **_MEANING,
    "spark.ui.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.showConsoleProgress": "false",
}
_PATIENCE: Final = 15.0
"""Seconds in which a Spark Connect server has to answer: its client would go on asking for many minutes."""


class SparkEngine(ClusterEngine):
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
            plan = query(self._lazy(self._frame(source, names))).to_native()
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

    def _opened(self, source: Source, stored: Sequence[str] | None = None) -> Any:
        del stored  # Spark reads only the columns that are picked from the frame
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

    def _lazy(self, frame: Any) -> Any:
        return nw.from_native(frame)

    def _understood(self, source: Source) -> AbstractContextManager[None]:
        return _understood(source)

    def _columns(self, source: Files) -> tuple[Column, ...]:
        if all("://" not in path for path in source.paths):
            return super()._columns(source)
        return looking.of_frame(self._lazy(self._opened(source)))

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
            rows = query(self._lazy(self._frame(source, names))).to_native()
            asked = rows.agg(sf.percentile("v", sf.array(*(sf.lit(level) for level in levels))).alias("q"))
            return list(self._watched(asked.collect)[0]["q"] or [None])

    def _thinned(self, rows: Any, share: float, seed: int) -> Any:
        return self._lazy(rows.to_native().sample(withReplacement=False, fraction=share, seed=seed))

    def _estimated(self, source: Source, names: Sequence[str]) -> list[int]:
        from pyspark.sql import functions as sf

        with _understood(source):
            rows = self._frame(source, names)
            asked = rows.agg(*(sf.approx_count_distinct(f"c{i}") for i in range(len(names))))
            return [int(n) for n in self._watched(asked.collect)[0]]

    def _hashes(self, source: Source, names: Sequence[str]) -> list[Any]:
        """Count the rows, add up two of their xxHash64, and give the parity of a third."""
        from pyspark.sql import functions as sf

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
        return [str(value) for value in self._watched(rows.agg(*measures).collect)[0]]


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


def make(address: str = "", frame: Any = None) -> SparkEngine:
    """Start or reach a Spark session.

    Parameters
    ----------
    address : str, default ""
        The URL of a master ("spark://…", "yarn", "local[4]") or of a Spark Connect server ("sc://…"); empty takes the
        session that is active, or runs Spark on this machine.
    frame : pyspark.sql.DataFrame or None
        A data frame that is to be counted: only its own session can, be it active in this thread or not.

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
    if frame is not None:
        return SparkEngine(frame.sparkSession)
    active = SparkSession.getActiveSession()
    if active is not None and not address:
        return SparkEngine(active)
    try:
        if address.startswith("sc://"):
            return SparkEngine(_connected(address))
        return SparkEngine(_started(address))
    except ImportError as error:
        raise EngineError(
            "Spark Connect is not installed.",
            why="A server at sc://… is spoken to with packages of its own.",
            fix='Install them: pip install "pyspark[connect]", of the same release as pyspark.',
            code="engine_missing",
        ) from error
    except Exception as error:
        remote = address.startswith("sc://")
        raise EngineError(
            "Spark could not be started." if not address else f"Nobody answers as Spark at {quote(address)}.",
            why=f"{'Another session is active, or' if remote else 'Java is missing, or'} the address is wrong or not "
            "reachable from here.",
            fix="Check the address, and that the server runs."
            if remote
            else "Install Java 17 (see tests/java/install.sh), or check the address.",
            code="engine_unreachable",
        ) from error


def _started(address: str) -> Any:
    """Run Spark on this machine, or reach a master."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1" if address.startswith("local") or not address else "")
    builder: Any = SparkSession.builder.master(address or "local[*]")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")  # its warnings quote the data
    return session


def _connected(address: str) -> Any:
    """Reach a Spark Connect server: by the session that there is, if it is one of that server."""
    from pyspark.sql import SparkSession

    def connect() -> Any:
        builder: Any = SparkSession.builder.remote(address)
        session = builder.getOrCreate()
        if _endpoint(session) not in {"", _endpoint_of(address)}:
            session = builder.create()
        for name, value in _MEANING.items():
            session.conf.set(name, value)  # the first word to the server: a wrong address is noticed here
        return session

    until = time.monotonic() + _PATIENCE

    def wait(_share: float, _message: str) -> None:
        if time.monotonic() > until:
            raise TimeoutError

    return watched(connect, lambda: None, wait)


def _endpoint(session: Any) -> str:
    """Give host and port that a Connect session speaks to; empty where it does not say."""
    return str(getattr(getattr(session.client, "_builder", None), "endpoint", ""))


def _endpoint_of(address: str) -> str:
    from pyspark.sql.connect.client import DefaultChannelBuilder

    return str(DefaultChannelBuilder(address).endpoint)


ENGINE: Final = EngineSpec(
    id="spark",
    title="Spark",
    address="spark://host:7077, sc://host:15002, yarn or local[4]",
    needs="requirements-spark.txt",
    make=make,
)
