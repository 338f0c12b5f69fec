"""What all engines share: each only knows how to open a source as a lazy frame, and how to run a query on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from audit.engines import describing, looking, narrowing, results
from audit.engines.codes import codes_of
from audit.engines.protocol import MOST_VALUES, Described, Repeated
from audit.engines.queries import Asked, joined, powers, same, sums, tallied, weights
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    import pyarrow as pa

    from audit.engines.codes import Coded
    from audit.engines.ends import Ends
    from audit.engines.protocol import Counted, Key, Source, Summed, Tabulated
    from audit.engines.queries import KeyColumn
    from audit.progress import Progress

_NEARLY = 1.2


class LazyEngine(ABC):
    """Counts rows by the common queries; a child opens sources and runs queries."""

    name = ""
    narrow = 0
    """Combinations of codes up to which grouping by several columns is cheaper than by one joined number."""
    small = False
    """Whether grouping by a number of 16 bits without a sign is cheaper still."""

    def __init__(self) -> None:
        self.progress: Progress = silent

    def watched(self, progress: Progress) -> Self:
        """Give the same engine, whose long scans report and can be stopped.

        Parameters
        ----------
        progress : callable
            Called ten times a second during a scan; it may raise to stop it.

        Returns
        -------
        Engine
            Another value over the same connection.
        """
        other = copy(self)
        other.progress = progress
        return other

    @abstractmethod
    def _run(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], *, ordered: bool = False
    ) -> pa.Table:
        """Open columns of a source as c0, c1, …, run a query and give its rows; ``ordered`` asks for repeatable sums."""

    def _clean(self, _source: Source) -> bool:
        return False  # a number of the source may be "not a number"

    @abstractmethod
    def _estimated(self, source: Source, names: Sequence[str]) -> list[int]:
        """Give about how many values each column takes."""

    @abstractmethod
    def fingerprint(self, source: Source) -> str:
        """Give 64 hexadecimal digits that stay the same in any order of the rows, and change with any value."""

    @abstractmethod
    def look(self, source: Source) -> Source:
        """Find the columns and types of rows in place, and refuse files that do not agree; others stay as they are."""

    @abstractmethod
    def draw(self, source: Source, columns: Sequence[str], *, rows: int, of: int, seed: int) -> pa.Table:
        """Draw rows by a seed: the same ones each time, as far as the engine keeps their order."""

    def count(
        self, source: Source, keys: Sequence[Key], *, weight: str | None = None, total: str | None = None
    ) -> Counted:
        """Count the rows of every combination of keys that occurs.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
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
        table, columns = self._grouped(source, keys, weight=weight, total=total)
        return results.counted(table, columns, weighted=bool(weight), total=bool(total))

    def tabulate(self, source: Source, keys: Sequence[Key], *, weight: str | None = None) -> Tabulated:
        """Count as :meth:`count` does, with one array for each key: for tables of very many cells.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
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
        table, columns = self._grouped(source, keys, weight=weight, total=None)
        return results.tabulated(table, columns, weighted=bool(weight))

    def _grouped(
        self, source: Source, keys: Sequence[Key], *, weight: str | None, total: str | None
    ) -> tuple[pa.Table, list[Any]]:
        """Run the GROUP BY; give its rows and its keys. A key that is asked for twice is worked out once."""
        asked = self._asked(source)
        unique = list(dict.fromkeys(keys))
        wanted = [asked.key(key) for key in unique]
        summed = weights(asked, weight, total)
        picked, one = self._picked(wanted, weighted=bool(weight))
        names = ["k"] if one else [f"k{i}" for i in range(len(unique))]
        totals = sums(weighted=bool(weight), total=bool(total))

        def query(rows: Any) -> Any:
            return asked.prepared(rows).select(*picked, *summed).group_by(*names).agg(*totals)

        table = self._run(source, asked.names, query, ordered=bool(weight or total))
        columns = results.with_values(table, wanted, joined=one)
        return table, [columns[unique.index(key)] for key in keys]

    def _picked(self, wanted: Sequence[KeyColumn], *, weighted: bool) -> tuple[list[Any], bool]:
        one = joined(wanted, self.narrow, small=self.small and not weighted)
        if one is not None:
            return [one.alias("k")], True
        return [key.expression.alias(f"k{i}") for i, key in enumerate(wanted)], False

    def _asked(self, source: Source) -> Asked:
        ends = partial(self._ends, source)
        return Asked(coded=self._codes(source), clean=self._clean(source), ends=ends)

    def _ends(self, _source: Source, _name: str) -> Ends | None:
        return None  # only a scan would tell the ends of a column

    def _codes(self, source: Source) -> Mapping[str, Coded]:
        return codes_of(source) if isinstance(source, Path) else {}

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
        source : Path, pyarrow.Table, Files or Held
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
        asked = Asked()
        coded = self._codes(source).get(column)
        value = asked.number(column) if coded is None else asked.column(coded.name)
        others = [asked.column(name) for name in known]
        where = asked.column(among[0]).is_in(list(among[1])) if among else None

        def query(rows: Any) -> Any:
            rows = asked.prepared(rows)
            for other in others:
                rows = rows.filter(~other.is_null())
            rows = rows if where is None else rows.filter(where)
            return rows.select(value.alias("v")).filter(~nw.col("v").is_null())

        if coded is not None:
            table = self._run(
                source, asked.names, lambda rows: query(rows).group_by("v").agg(nw.len().alias("n"))
            )
            found: list[Any] = narrowing.of_codes(coded, table, levels)
        else:
            found = self._quantiles(source, asked.names, query, levels)
        return () if any(one is None for one in found) else tuple(float(one) for one in found)

    def _quantiles(
        self, source: Source, names: Sequence[str], query: Callable[[Any], Any], levels: Sequence[float]
    ) -> list[Any]:
        """Give exact quantiles of the one column v that a query gives."""
        picks = [
            nw.col("v").quantile(level, interpolation="linear").alias(f"q{i}")
            for i, level in enumerate(levels)
        ]
        values = self._run(source, names, lambda rows: query(rows).select(*picks)).to_pylist()
        return [values[0].get(f"q{i}") for i in range(len(levels))] if values else [None]

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
        source : Path, pyarrow.Table, Files or Held
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
        asked = self._asked(source)
        wanted = [asked.key(key) for key in keys]
        query = powers(asked, wanted, (label, prediction, weight), centre)
        table = self._run(source, asked.names, query, ordered=True)
        return results.summed(table, results.with_values(table, wanted, joined=False))

    def absent(
        self, source: Source, keys: Sequence[Key], columns: Sequence[str], *, weight: str | None = None
    ) -> tuple[Counted, np.ndarray]:
        """Count the rows of every combination of keys, and how many of them miss each of some columns.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
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
        asked = self._asked(source)
        wanted = [asked.key(key) for key in keys]
        summed = weights(asked, weight, None)
        kinds = {column.name: column.dtype for column in looking.columns_of(source)}
        gone = [
            describing.missing(asked, name, kinds.get(name, "")).cast(nw.Int64).alias(f"m{i}")
            for i, name in enumerate(columns)
        ]
        picked, one = self._picked(wanted, weighted=bool(weight))
        names = ["k"] if one else [f"k{i}" for i in range(len(keys))]
        totals = [
            *sums(weighted=bool(weight), total=False),
            *(nw.col(f"m{i}").sum() for i in range(len(columns))),
        ]

        def query(rows: Any) -> Any:
            return asked.prepared(rows).select(*picked, *summed, *gone).group_by(*names).agg(*totals)

        table = self._run(source, asked.names, query, ordered=bool(weight))
        found = [results.array(table[f"m{i}"], float) for i in range(len(columns))]
        missing = np.column_stack([np.zeros((table.num_rows, 0)), *found])
        values = results.with_values(table, wanted, joined=one)
        return results.counted(table, values, weighted=bool(weight)), missing

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
        source : Path, pyarrow.Table, Files or Held
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
        asked = Asked()
        query = same(asked, columns, split, parts, looking.texts_of(source))
        total = self._run(source, asked.names, query).to_pylist()[0]
        places = range(len(parts) if split else 0)
        return Repeated(
            rows=int(total["n"] or 0),
            distinct=int(total["distinct"]),
            sizes=tuple(int(total[f"p{j}"] or 0) for j in places),
            in_first=tuple(int(total[f"s{j}"] or 0) for j in places),
        )

    def over(self, source: Source, columns: Sequence[str], limit: float) -> int:
        """Count the rows in which some numbers, missing ones left out, add up to more than a limit.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.
        columns : sequence of str
            Numeric columns.
        limit : float
            The limit.

        Returns
        -------
        int
            Rows above it.
        """
        asked = Asked()
        total = nw.lit(0.0)
        for name in columns:
            total = total + asked.number(name).fill_null(0.0)

        def query(rows: Any) -> Any:
            return (
                asked.prepared(rows)
                .select((total > limit).cast(nw.Int64).alias("n"))
                .select(nw.col("n").sum())
            )

        return int(self._run(source, asked.names, query).to_pylist()[0]["n"] or 0)

    def fetch(self, source: Source, columns: Sequence[str], *, most: int | None = None) -> pa.Table:
        """Read columns into memory.

        Parameters
        ----------
        source : Path, pyarrow.Table, Files or Held
            Where the rows are.
        columns : sequence of str
            The columns wanted.
        most : int or None, default None
            Most rows; None means all.

        Returns
        -------
        pyarrow.Table
            The columns in the order asked for; which rows come first is up to the engine.
        """
        asked = Asked()
        picked = [asked.column(name) for name in columns]

        def query(rows: Any) -> Any:
            chosen = rows.select(*picked)
            return chosen if most is None else chosen.head(most)

        return self._run(source, asked.names, query).rename_columns(list(columns))

    def describe(self, source: Source) -> Described:
        """Say of every column what values it takes, and how many rows there are.

        Parameters
        ----------
        source : Files or Held
            Where the rows are.

        Returns
        -------
        Described
            Exact numbers; the number of different values is an estimate where there are more than 1,000.
        """
        source = self.look(source)
        columns = looking.columns_of(source)
        asked = Asked()
        measures = [one for i, column in enumerate(columns) for one in describing.measures(asked, i, column)]
        rows_to = [
            nw.len().alias("n"),
            *(pick for i, c in enumerate(columns) for pick in describing.summary(i, c)),
        ]
        table = self._run(
            source, asked.names, lambda rows: asked.prepared(rows).select(*measures).select(*rows_to)
        )
        found = table.to_pylist()[0]
        names = [column.name for column in columns]
        about = self._estimated(source, names)
        listed = [name for name, n in zip(names, about, strict=True) if n <= MOST_VALUES * _NEARLY]
        values = self._listed(source, listed)
        return Described(
            n_rows=int(found["n"]),
            columns=tuple(
                describing.described(column, i, found, about[i], values.get(column.name))
                for i, column in enumerate(columns)
            ),
        )

    def _listed(self, source: Source, names: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
        """Give the values of some columns with their numbers of rows."""
        tables = {name: self._run(source, [name], tallied) for name in names}
        return {
            name: list(zip(table["v"].to_pylist(), table["n"].to_pylist(), strict=True))
            for name, table in tables.items()
        }
