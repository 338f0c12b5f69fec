"""Dask: rows of a Dask DataFrame or of files, counted by the workers of a scheduler."""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pyarrow as pa

from audit.engines import looking, narrowing
from audit.engines.cluster import ClusterEngine
from audit.engines.dask_local import keep_quiet, start
from audit.engines.dask_plain import plainly
from audit.engines.protocol import EngineSpec, Files, Held
from audit.errors import EngineError, InputError, quote
from audit.values import MISSING_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd

    from audit.engines.protocol import Source

_DTYPES: Final = {
    "int64": "int64[pyarrow]",
    "uint64": "uint64[pyarrow]",
    "double": "double[pyarrow]",
    "bool": "bool[pyarrow]",
    "date32[day]": "date32[pyarrow]",
    "timestamp[us]": "timestamp[us][pyarrow]",
    "string": "string[pyarrow]",
}
_BLOCK: Final = "64MiB"
_TICK: Final = 0.1


class DaskEngine(ClusterEngine):
    """Counts rows with a Dask client.

    Parameters
    ----------
    client : distributed.Client
        A client of any scheduler.
    """

    name = "dask"
    narrow = 1

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client = client

    def _run(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], *, ordered: bool = False
    ) -> pa.Table:
        """Run a query; partitions are added up in the order in which they come, so ``ordered`` asks for nothing."""
        del ordered
        source = self.look(source)
        with _understood():
            plan = query(self._lazy(self._frame(source, names))).to_native()
            return _arrow(self._computed(plan))

    def _computed(self, plan: Any) -> Any:
        """Compute on the workers; whoever is told how far it is may raise to stop it."""
        future = self.client.compute(plan)
        try:
            began = time.monotonic()
            while not future.done():
                time.sleep(min(_TICK, 0.01 + (time.monotonic() - began) / 10))
                self.progress(0.0, "Counting people")
        except BaseException:
            self.client.cancel([future], force=True)
            raise
        return future.result()

    def _frame(self, source: Source, names: Sequence[str]) -> Any:
        """Give columns called c0, c1 and so on."""
        stored = looking.stored_names(source, names)
        frame = self._opened(source, stored)[stored]
        frame.columns = [f"c{i}" for i in range(len(names))]
        kinds = {column.name: column.dtype for column in looking.columns_of(source)}
        return plainly(frame, {f"c{i}": kinds.get(name, "") for i, name in enumerate(names)})

    def _opened(self, source: Source, stored: Sequence[str] | None = None) -> Any:
        import dask.dataframe as dd

        if isinstance(source, Held):
            if source.frame is None:
                raise EngineError(
                    "Dask has no catalogue of tables.",
                    why="A table is named, and not given as a DataFrame.",
                    fix="Give the DataFrame, or files.",
                    code="wrong_engine",
                )
            return source.frame
        if isinstance(source, Files) and source.format == "csv":
            return self._csv(source)
        if isinstance(source, Files | Path):
            paths = list(source.paths) if isinstance(source, Files) else str(source)
            columns = None if stored is None else list(dict.fromkeys(stored))
            return dd.read_parquet(
                paths,
                columns=columns,
                index=False,
                dtype_backend="pyarrow",
                blocksize=_BLOCK,
                split_row_groups="adaptive",
                aggregate_files=False,
            )
        return dd.from_pandas(source.to_pandas(types_mapper=_mapped), npartitions=2)  # type: ignore[no-untyped-call]

    def _csv(self, source: Files, *, texts: bool = False) -> Any:
        import dask.dataframe as dd

        names = [column.stored for column in source.columns]
        kinds = {column.stored: _DTYPES["string" if texts else column.dtype] for column in source.columns}
        packed = any(path.endswith((".gz", ".bz2", ".xz")) for path in source.paths)
        return dd.read_csv(
            list(source.paths),
            sep=source.delimiter,
            names=names,
            header=0,
            dtype=kinds,
            na_values=sorted(MISSING_TEXTS),
            keep_default_na=False,
            blocksize=None if packed else _BLOCK,
        )

    def _lazy(self, frame: Any) -> Any:
        """Hand a frame to Narwhals, without its notice that Dask will need a package of its own one day."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Dask support is moving", category=FutureWarning)
            return nw.from_native(frame).lazy()

    def _understood(self, source: Source) -> AbstractContextManager[None]:
        del source
        return _understood()

    def _head(self, path: str, delimiter: str) -> pa.Table:
        import pandas as pd

        frame = pd.read_csv(
            path, sep=delimiter, dtype=str, keep_default_na=False, nrows=looking.HEAD, encoding="utf-8-sig"
        )
        return pa.table({name: pa.array(frame[name].tolist(), pa.string()) for name in frame.columns})

    def _misfits(self, source: Files) -> list[tuple[int, int, int]]:
        """Count for each column the rows that do not fit its type, are no number, and are decimal."""
        texts = self._csv(source, texts=True)
        kinds = [column.dtype for column in source.columns]
        counted = texts.map_partitions(_misfits_of(), kinds, meta=_plain_meta(3 * len(kinds)))
        row = [int(n) for n in self._computed(counted.sum())]
        return [(row[3 * i], row[3 * i + 1], row[3 * i + 2]) for i in range(len(kinds))]

    def _quantiles(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], levels: Sequence[float]
    ) -> list[Any]:
        """Count in ever narrower bins: Dask's own quantiles are estimates."""
        return narrowing.quantiles(
            lambda onward: self._run(source, names, lambda rows: onward(query(rows))), levels
        )

    def _thinned(self, rows: Any, share: float, seed: int) -> Any:
        return self._lazy(rows.to_native().sample(frac=share, random_state=seed))

    def _estimated(self, source: Source, names: Sequence[str]) -> list[int]:
        frame = self._frame(source, names)
        with _understood():
            return [int(self._computed(frame[f"c{i}"].nunique_approx())) for i in range(len(names))]

    def _hashes(self, source: Source, names: Sequence[str]) -> list[Any]:
        """Count the rows and add up two hashes of 64 bits."""
        rows = self._computed(
            self._frame(source, names).map_partitions(_hashed(), meta=_plain_meta(3, "object"))
        )
        return [sum(int(value) for value in rows[name]) % 2**128 for name in rows.columns]


def _mapped(kind: Any) -> Any:
    import pandas as pd

    return pd.ArrowDtype(kind)


def _plain_meta(width: int, kind: str = "int64") -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({f"m{i}": pd.Series(dtype=kind) for i in range(width)})


# What runs on a worker is made inside a function: it then travels whole, and workers need not have this program.


def _misfits_of() -> Callable[[pd.DataFrame, list[str]], pd.DataFrame]:
    """Make what counts misfits in one partition."""

    def unfit(texts: Any, numbers: Any, kind: str) -> int:
        import pandas as pd

        if "int" in kind:
            return int((numbers.isna() | texts.str.contains(r"[.e]").fillna(value=False)).sum())
        if kind == "double":
            return int(numbers.isna().sum())
        if kind == "bool":
            return int((~texts.str.lower().isin(["true", "false"])).sum())
        if kind == "string":
            return 0
        return int(pd.to_datetime(texts.astype(object), errors="coerce", format="ISO8601").isna().sum())

    def misfits(part: pd.DataFrame, kinds: list[str]) -> pd.DataFrame:
        import pandas as pd

        found: list[int] = []
        for name, kind in zip(part.columns, kinds, strict=True):
            texts = part[name].astype("string[pyarrow]").str.strip().dropna()
            numbers = pd.to_numeric(texts.astype(object), errors="coerce")
            found += [
                unfit(texts, numbers, kind),
                int(numbers.isna().sum()),
                int(texts.str.contains(r"[.e]").sum()),
            ]
        return pd.DataFrame([found], columns=[f"m{i}" for i in range(len(found))])

    return misfits


def _hashed() -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Make what hashes one partition."""

    def hashed(part: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        if not len(part):
            return pd.DataFrame([[0, 0, 0]], columns=["m0", "m1", "m2"], dtype=object)
        plain = pd.DataFrame(
            {name: part[name].astype(object).where(part[name].notna(), None) for name in part}
        )
        texts = plain.map(lambda value: "\x00" if value is None else repr(value))
        sums = [
            int(pd.util.hash_pandas_object(texts, index=False, hash_key=key).astype(object).sum())
            for key in ("evenhand rows  1", "evenhand rows  2")
        ]
        return pd.DataFrame([[len(part), *sums]], columns=["m0", "m1", "m2"], dtype=object)

    return hashed


def _arrow(frame: Any) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


@contextmanager
def _understood() -> Iterator[None]:
    """Turn Dask's failures into sentences; its own may quote the data."""
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        yield
    except (InputError, EngineError):
        raise
    except (KilledWorker, MemoryError) as error:
        raise EngineError(
            "The Dask workers ran out of memory while they counted.",
            why="There are very many different values or groups, or the workers are small.",
            fix="Give the workers more memory, or name columns with fewer values.",
            code="engine_memory",
        ) from error
    except FileNotFoundError as error:
        raise InputError(
            "A file cannot be found by the Dask workers.",
            why="The path leads nowhere where they run.",
            fix="Give a path that every worker sees.",
            code="file_not_found",
        ) from error
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InputError(
            "Dask cannot read the rows as they are.",
            why="A file is damaged, or a value does not fit the type of its column.",
            fix="Mend the files, or save them as Parquet.",
            code="unreadable_rows",
        ) from error
    except (ImportError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "deserializ" not in str(error):
            raise
        raise EngineError(
            "The Dask workers cannot read the work that is sent to them.",
            why="They have other packages than this program.",
            fix="Install the same releases there: pip install --requirement requirements-dask.txt.",
            code="engine_differs",
        ) from error
    except (OSError, FutureCancelledError) as error:
        full = "No space left" in str(error)
        raise EngineError(
            "A Dask worker's disk is full." if full else "The Dask scheduler does not answer any more.",
            why="What does not fit into memory is written there." if full else "The connection was lost.",
            fix="Free some room on the workers." if full else "Check that the scheduler runs, and try again.",
            code="engine_disk" if full else "engine_unreachable",
        ) from error


def make(address: str = "", frame: Any = None) -> DaskEngine:
    """Reach a Dask scheduler, or start one on this machine.

    Parameters
    ----------
    address : str, default ""
        A scheduler such as "tcp://host:8786"; empty takes the client that is active, or starts two workers here.
    frame : dask.dataframe.DataFrame or None
        A data frame that is to be counted; it runs wherever a client is.

    Returns
    -------
    DaskEngine
        Ready to count.

    Raises
    ------
    EngineError
        Where Dask is not installed or nobody answers.
    """
    try:
        import distributed
    except ImportError as error:
        raise EngineError(
            "Dask is not installed.",
            why="It is an extra that few need.",
            fix="Install it: pip install --requirement requirements-dask.txt.",
            code="engine_missing",
        ) from error
    del frame
    if address:
        keep_quiet()
    try:
        try:
            # The client that is active, if it is one of that scheduler: an audit asks for its engine several times.
            return DaskEngine(distributed.get_client(address or None, timeout=10))
        except ValueError:
            if address:
                raise
            return DaskEngine(start())
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(
            f"Nobody answers as a Dask scheduler at {quote(address)}."
            if address
            else "Dask could not be started.",
            why="The address is wrong, or not reachable from here.",
            fix="Check the address and that the scheduler runs.",
            code="engine_unreachable",
        ) from error


ENGINE: Final = EngineSpec(
    id="dask",
    title="Dask",
    address="tcp://host:8786",
    needs="requirements-dask.txt",
    make=make,
)
