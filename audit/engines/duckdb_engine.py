"""The embedded engine: DuckDB counts a Parquet file without loading it.

The query is written once with Narwhals, so that names never become SQL text and another engine can run the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import narwhals as nw
import numpy as np

from audit.engines.protocol import MOMENTS, Counted, Key, Repeated, Source, Summed, Tabulated

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
        table = self._grouped(source, keys, weight=weight, total=total)
        return _counted(table, len(keys), weighted=bool(weight), total=bool(total))

    def tabulate(self, source: Source, keys: Sequence[Key], *, weight: str | None = None) -> Tabulated:
        """Count as :meth:`count` does, with one array for each key: for tables of very many cells.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        keys : sequence of Key
            How columns become keys.
        weight : str or None
            The column of weights.

        Returns
        -------
        Tabulated
            The same cells in any order.
        """
        table = self._grouped(source, keys, weight=weight, total=None)
        n = _array(table["n"], float)
        return Tabulated(
            keys=tuple(table[f"k{i}"] for i in range(len(keys))),
            n=n - _array(table["no_w"], float) if weight else n,
            w=_array(table["w"], float) if weight else n,
            w2=_array(table["w2"], float) if weight else n,
        )

    def _grouped(self, source: Source, keys: Sequence[Key], *, weight: str | None, total: str | None) -> Any:
        """Run the GROUP BY and give an Arrow table whose keys are called k0, k1 and so on."""
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
            return cells.collect(backend="pyarrow").to_native()

    def quantiles(
        self,
        source: Source,
        column: str,
        levels: Sequence[float],
        *,
        known: Sequence[str] = (),
        among: tuple[str, Sequence[Any]] | None = None,
    ) -> tuple[float, ...]:
        """Give the quantiles of a numeric column, missing values left out.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        column : str
            A numeric column.
        levels : sequence of float
            Levels between 0 and 1.
        known : sequence of str, default ()
            Columns that have to be known in a row for it to count.
        among : tuple of (str, sequence) or None
            A column and the values that it has to hold, as stored.

        Returns
        -------
        tuple of float
            Values at each level, interpolated between neighbours; empty where every value is missing.
        """
        names = list(dict.fromkeys([column, *known, *([among[0]] if among else [])]))
        with _connect() as connection:
            rows = _relation(connection, source, names).filter(~nw.col("c0").is_null())
            for other in known:
                rows = rows.filter(~nw.col(f"c{names.index(other)}").is_null())
            if among:
                rows = rows.filter(nw.col(f"c{names.index(among[0])}").is_in(list(among[1])))
            picks = [
                nw.col("c0").quantile(level, interpolation="linear").alias(f"q{i}")
                for i, level in enumerate(levels)
            ]
            values = rows.select(*picks).collect(backend="pyarrow").to_native().to_pylist()[0]
        found = [values[f"q{i}"] for i in range(len(levels))]
        return () if any(value is None for value in found) else tuple(float(value) for value in found)

    def moments(
        self,
        source: Source,
        keys: Sequence[Key],
        label: str,
        prediction: str,
        *,
        centre: float = 0.0,
        weight: str | None = None,
    ) -> Summed:
        """Sum powers of the error and of the label for every combination of keys.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        keys : sequence of Key
            How columns become keys.
        label, prediction : str
            Two numeric columns; the error is prediction − label.
        centre : float, default 0
            What is taken from the label before it is raised to a power.
        weight : str or None
            The column of weights.

        Returns
        -------
        Summed
            One entry for each combination with a row whose label, prediction and weight are known.
        """
        asked = [*(key.column for key in keys), label, prediction, *([weight] if weight else [])]
        names = list(dict.fromkeys(asked))
        with _connect(threads=1) as connection:
            rows = _relation(connection, source, names)
            columns = [_key(key, names).alias(f"k{i}") for i, key in enumerate(keys)]
            columns += [_number(label, names).alias("y"), _number(prediction, names).alias("p")]
            columns += [_number(weight, names).alias("w")] if weight else []
            known = rows.select(*columns).filter(
                *(~nw.col(name).is_null() for name in ("y", "p", *(["w"] if weight else [])))
            )
            cells = (
                _powers(known, len(keys), centre, weighted=bool(weight))
                .group_by(*(f"k{i}" for i in range(len(keys))))
                .agg(nw.len().alias("n"), *(nw.col(name).sum() for name in ("w", "w2", "a", *_NAMES)))
            )
            table = cells.collect(backend="pyarrow").to_native()
        order = [list(column) for column in (table[f"k{i}"].to_pylist() for i in range(len(keys)))]
        return Summed(
            keys=list(zip(*order, strict=True)) if order else [()] * table.num_rows,
            n=_array(table["n"], np.int64),
            w=_array(table["w"], float),
            w2=_array(table["w2"], float),
            absolute=_sum(table["a"]),
            moments=np.column_stack([_sum(table[name]) for name in _NAMES]),
        )

    def absent(
        self, source: Source, keys: Sequence[Key], columns: Sequence[str], *, weight: str | None = None
    ) -> tuple[Counted, np.ndarray]:
        """Count the rows of every combination of keys, and how many of them miss each of some columns.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        keys : sequence of Key
            How columns become keys.
        columns : sequence of str
            The columns that may be missing.
        weight : str or None
            The column of weights.

        Returns
        -------
        counted : Counted
            One entry for each combination that occurs.
        missing : ndarray of shape (n_cells, n_columns)
            Rows without a value.
        """
        asked = [*(key.column for key in keys), *columns, *([weight] if weight else [])]
        names = list(dict.fromkeys(asked))
        with _connect(threads=1 if weight else None) as connection:
            rows = _relation(connection, source, names)
            picked = [_key(key, names).alias(f"k{i}") for i, key in enumerate(keys)]
            gone = [
                nw.col(f"c{names.index(name)}").is_null().cast(nw.Int64).alias(f"m{i}")
                for i, name in enumerate(columns)
            ]
            if weight:
                w = nw.col(f"c{names.index(weight)}").cast(nw.Float64)
                picked += [w.alias("w"), (w * w).alias("w2"), w.is_null().cast(nw.Int64).alias("no_w")]
            cells = rows.select(*picked, *gone).group_by(*(f"k{i}" for i in range(len(keys))))
            sums = [nw.col(f"m{i}").sum() for i in range(len(columns))]
            counted = cells.agg(*_sums(weighted=bool(weight), total=False), *sums)
            table = counted.collect(backend="pyarrow").to_native()
        missing = np.column_stack(
            [np.zeros((table.num_rows, 0)), *(_array(table[f"m{i}"], float) for i in range(len(columns)))]
        )
        return _counted(table, len(keys), weighted=bool(weight)), missing

    def repeated(
        self,
        source: Source,
        columns: Sequence[str],
        *,
        split: str | None = None,
        parts: Sequence[Sequence[Any]] = (),
    ) -> Repeated:
        """Count the rows that are the same in some columns, within the table and across its parts.

        Parameters
        ----------
        source : Path or pyarrow.Table
            Where the rows are.
        columns : sequence of str
            The columns that are compared; missing values are the same.
        split : str or None
            The column that says which part a row is in.
        parts : sequence of sequence
            The values of that column, part by part.

        Returns
        -------
        Repeated
            How many rows, how many different ones, and how many of each part occur in the first part as well.
        """
        names = list(dict.fromkeys([*columns, *([split] if split else [])]))
        with _connect() as connection:
            rows = _relation(connection, source, names)
            picked = [nw.col(f"c{names.index(name)}").alias(f"k{i}") for i, name in enumerate(columns)]
            if split:
                where = nw.col(f"c{names.index(split)}")
                picked += [
                    (where.is_in(list(values)) if len(values) else where.is_null() & ~where.is_null())
                    .fill_null(value=False)
                    .cast(nw.Int64)
                    .alias(f"p{j}")
                    for j, values in enumerate(parts)
                ]
            places = range(len(parts) if split else 0)
            same = (
                rows.select(*picked)
                .group_by(*(f"k{i}" for i in range(len(columns))))
                .agg(nw.len().alias("n"), *(nw.col(f"p{j}").sum() for j in places))
            )
            shared = [(nw.col(f"p{j}") * (nw.col("p0") > 0).cast(nw.Int64)).alias(f"s{j}") for j in places]
            ends = [nw.col("n").sum(), nw.len().alias("distinct")]
            ends += [nw.col(f"{name}{j}").sum() for name in "ps" for j in places]
            found = same.with_columns(*shared).select(*ends) if shared else same.select(*ends)
            total = found.collect(backend="pyarrow").to_native().to_pylist()[0]
        return Repeated(
            rows=int(total["n"] or 0),
            distinct=int(total["distinct"]),
            sizes=tuple(int(total[f"p{j}"] or 0) for j in places),
            in_first=tuple(int(total[f"s{j}"] or 0) for j in places),
        )


_NAMES: Final = tuple(f"m{i}" for i in range(len(MOMENTS)))


def _number(name: str, names: Sequence[str]) -> Any:
    """Read a column as numbers; what is not a number is missing."""
    number = nw.col(f"c{names.index(name)}").cast(nw.Float64)
    return nw.when(~number.is_nan()).then(number)


def _powers(known: Any, n_keys: int, centre: float, *, weighted: bool) -> Any:
    """Give keys, weights and the products that are summed, as columns."""
    w = nw.col("w") if weighted else nw.lit(1.0)
    error = nw.col("p") - nw.col("y")
    keys = [nw.col(f"k{i}") for i in range(n_keys)]
    ready = known.select(*keys, w.alias("w"), error.alias("e"), (nw.col("y") - centre).alias("y"))
    products = []
    for name, (errors, labels) in zip(_NAMES, MOMENTS, strict=True):
        product = nw.col("w")
        for factor in ["e"] * errors + ["y"] * labels:
            product = product * nw.col(factor)
        products.append(product.alias(name))
    w = nw.col("w")
    return ready.select(*keys, w, (w * w).alias("w2"), (w * nw.col("e").abs()).alias("a"), *products)


def _sum(column: Any) -> np.ndarray:
    """Read sums as they are: one that is not a number stays so, and its value is not estimable."""
    return np.asarray(column.to_numpy(), dtype=float)


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


def _counted(table: Any, width: int, *, weighted: bool, total: bool = False) -> Counted:
    n = _array(table["n"], np.int64)
    order = [list(column) for column in (table[f"k{i}"].to_pylist() for i in range(width))]
    return Counted(
        keys=list(zip(*order, strict=True)) if order else [()] * len(n),
        n=n,
        w=_array(table["w"], float) if weighted else n.astype(float),
        w2=_array(table["w2"], float) if weighted else n.astype(float),
        weightless=_array(table["no_w"], np.int64) if weighted else np.zeros(len(n), dtype=np.int64),
        lowest_weight=_lowest(table) if weighted else 1.0,
        total=_array(table["t"], float) if total else None,
    )


def _array(column: Any, kind: Any) -> np.ndarray:
    values = (
        column.to_numpy(zero_copy_only=False) if hasattr(column, "combine_chunks") else np.asarray(column)
    )
    numbers = np.asarray(values, dtype=float)
    return np.asarray(np.nan_to_num(numbers, posinf=np.inf, neginf=-np.inf), dtype=kind)


def _lowest(table: Any) -> float:
    found = [value for value in table["lowest"].to_pylist() if value is not None]
    return float(min(found)) if found else 1.0
