"""The embedded engine: DuckDB counts a Parquet file without loading it.

The query is written once with Narwhals, so that names never become SQL text and another engine can run the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import narwhals as nw
import numpy as np

from audit.engines.protocol import Counted, Key, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMORY_LIMIT: Final = "2GB"


class DuckDBEngine:
    """Counts rows with an in-process DuckDB; reads only the columns it needs, out of core."""

    name = "duckdb"

    def count(
        self, source: Source, keys: Sequence[Key], *, weight: str | None = None, total: str | None = None
    ) -> Counted:
        """Count the rows of every combination of keys that occurs.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        keys : sequence of Key
            How columns become keys.
        weight : str or None
            The column of weights.
        total : str or None
            A numeric column that is summed, times the weight.

        Returns
        -------
        Counted
            One entry for each combination; missing values make keys of their own.
        """
        asked = [*(key.column for key in keys), *(name for name in (weight, total) if name)]
        names = list(dict.fromkeys(asked))
        # Sums of floats depend on their order: one thread makes a weighted count repeatable to the last bit.
        with _connect(threads=1 if weight or total else None) as connection:
            rows = _relation(connection, source, names)
            columns = [_key(key, names).alias(f"k{i}") for i, key in enumerate(keys)]
            if weight:
                w = nw.col(f"c{names.index(weight)}").cast(nw.Float64)
                columns += [w.alias("w"), (w * w).alias("w2"), w.is_null().cast(nw.Int64).alias("no_w")]
            if total:
                t = nw.col(f"c{names.index(total)}").cast(nw.Float64)
                t = nw.when(~t.is_nan()).then(t)
                columns.append((t * w if weight else t).alias("t"))
            cells = (
                rows.select(*columns)
                .group_by(*(f"k{i}" for i in range(len(keys))))
                .agg(*_sums(weighted=bool(weight), total=bool(total)))
            )
            table = cells.collect(backend="pyarrow").to_native()
        n = _array(table["n"], np.int64)
        order = [list(column) for column in (table[f"k{i}"].to_pylist() for i in range(len(keys)))]
        w_sum = _array(table["w"], float) if weight else n.astype(float)
        return Counted(
            keys=list(zip(*order, strict=True)) if order else [()] * len(n),
            n=n,
            w=w_sum,
            w2=_array(table["w2"], float) if weight else n.astype(float),
            weightless=_array(table["no_w"], np.int64) if weight else np.zeros(len(n), dtype=np.int64),
            lowest_weight=_lowest(table) if weight else 1.0,
            total=_array(table["t"], float) if total else None,
        )

    def quantiles(self, source: Source, column: str, levels: Sequence[float]) -> tuple[float, ...]:
        """Give the quantiles of a numeric column, missing values left out.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        column : str
            A numeric column.
        levels : sequence of float
            Levels between 0 and 1.

        Returns
        -------
        tuple of float
            Values at each level, interpolated between neighbours; empty where every value is missing.
        """
        with _connect() as connection:
            rows = _relation(connection, source, [column]).filter(~nw.col("c0").is_null())
            picks = [
                nw.col("c0").quantile(level, interpolation="linear").alias(f"q{i}")
                for i, level in enumerate(levels)
            ]
            values = rows.select(*picks).collect(backend="pyarrow").to_native().to_pylist()[0]
        found = [values[f"q{i}"] for i in range(len(levels))]
        return () if any(value is None for value in found) else tuple(float(value) for value in found)


def _connect(threads: int | None = None) -> Any:
    config: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "enable_external_access": "true"}
    if threads:
        config["threads"] = threads
    return duckdb.connect(":memory:", config=config)


def _relation(connection: Any, source: Source, names: Sequence[str]) -> Any:
    """Give a lazy frame whose columns are called c0, c1, … so that no name of the data reaches a query."""
    if isinstance(source, Path):
        relation = connection.read_parquet(str(source))
        # DuckDB folds case: of "Sex" and "sex" it would rename one, so such files are read by Arrow.
        if len({name.casefold() for name in relation.columns}) == len(relation.columns) and set(names) <= set(
            relation.columns
        ):
            return nw.from_native(relation).select(
                *(nw.col(name).alias(f"c{i}") for i, name in enumerate(names))
            )
        import pyarrow.parquet as pq

        source = pq.read_table(source, columns=list(names))
    table = source.select(list(names)).rename_columns([f"c{i}" for i in range(len(names))])
    return nw.from_native(connection.from_arrow(table)).lazy()


def _key(key: Key, names: Sequence[str]) -> Any:
    column = nw.col(f"c{names.index(key.column)}")
    if key.at_least is None and key.cuts is None and key.bins is None:
        return column
    number = column.cast(nw.Float64)
    # To DuckDB "not a number" is larger than every number: here it is a missing value.
    column = nw.when(~number.is_nan()).then(number)
    if key.bins is not None:
        start, width, last = key.bins[0], key.bins[1], key.bins[2] - 1
        bin_ = ((column - start) / width).floor()
        return nw.when(bin_ < 0).then(0).when(bin_ > last).then(last).otherwise(bin_)
    if key.at_least is not None:
        return (column >= key.at_least).cast(nw.Int64)
    if key.cuts is not None:
        parts = [(column >= cut).cast(nw.Int64) for cut in key.cuts]
        total = parts[0] if parts else (column == column).cast(nw.Int64) * 0  # noqa: PLR0124 - keeps a missing value missing
        for part in parts[1:]:
            total = total + part
        return total
    return column


def _sums(*, weighted: bool, total: bool) -> list[Any]:
    sums = [nw.len().alias("n")]
    if total:
        sums.append(nw.col("t").sum())
    if weighted:
        sums += [
            nw.col("w").sum(),
            nw.col("w2").sum(),
            nw.col("no_w").sum(),
            nw.col("w").min().alias("lowest"),
        ]
    return sums


def _array(column: Any, kind: Any) -> np.ndarray:
    values = (
        column.to_numpy(zero_copy_only=False) if hasattr(column, "combine_chunks") else np.asarray(column)
    )
    numbers = np.asarray(values, dtype=float)
    return np.asarray(np.nan_to_num(numbers, posinf=np.inf, neginf=-np.inf), dtype=kind)


def _lowest(table: Any) -> float:
    found = [value for value in table["lowest"].to_pylist() if value is not None]
    return float(min(found)) if found else 1.0
