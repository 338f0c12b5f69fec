"""What the columns of a table look like, and how much is missing in which group.

Everything is counted by Arrow over whole columns; only distinct values are looked at one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from audit.data.dataset import MAX_LEVELS, ColumnProfile, Dataset
from audit.text_types import ISO_DATE, ISO_TIME, matches
from audit.values import canonical, natural_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.data.dataset import Kind
    from audit.engines.protocol import Described, DescribedColumn

_MERGED: Final = 1_000
"""Distinct values up to which equal texts such as "1" and "1.0" are counted as one."""

_FEW_NUMBERS: Final = 20
_FEW_GROUPS: Final = 20
_COLUMNS_AT_ONCE: Final = 64
NOT_RECORDED: Final = "not recorded"
"""Group of the rows whose group is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """How much of a column is missing in one group.

    Parameters
    ----------
    column : str
        The column.
    group : str
        The group's value as shown; "not recorded" where it is missing.
    n : int
        Rows of the group.
    n_missing : int
        Rows of the group in which the column is missing.
    share : float
        ``n_missing / n``, from 0 to 1.
    """

    column: str
    group: str
    n: int
    n_missing: int
    share: float


def profile_table(
    table: pa.Table, renamed_from: Sequence[str | None] | None = None
) -> tuple[ColumnProfile, ...]:
    """Describe every column of a table.

    Parameters
    ----------
    table : pyarrow.Table
        A table with plain types; what is missing is null.
    renamed_from : sequence of str or None, default None
        The name in the file of each column that had to be renamed.

    Returns
    -------
    tuple of ColumnProfile
        One for each column, in order.
    """
    origins = renamed_from if renamed_from is not None else [None] * table.num_columns
    return tuple(
        _profile(name, column, origin)
        for name, column, origin in zip(table.column_names, table.columns, origins, strict=True)
    )


def profiles_of(described: Described) -> tuple[ColumnProfile, ...]:
    """Describe the columns of rows that are counted in place.

    Parameters
    ----------
    described : Described
        What an engine's scan said.

    Returns
    -------
    tuple of ColumnProfile
        One for each column; of a column with more than 1,000 values none is listed, and how many there are is an
        estimate.
    """
    return tuple(_of_description(each) for each in described.columns)


def _of_description(each: DescribedColumn) -> ColumnProfile:
    column = each.column
    plain: dict[str, Any] = {"name": column.name, "dtype": column.dtype}
    plain |= {} if column.name == column.stored else {"renamed_from": column.stored}
    if each.values is None:
        number = column.dtype in {"float", "double"} or "int" in column.dtype
        kind: Kind = "numeric" if number else "text" if column.dtype == "string" else "date"
        return ColumnProfile(
            **plain,
            kind=kind,
            n_missing=each.n_missing,
            n_distinct=each.n_distinct,
            low=each.low,
            high=each.high,
        )
    # Whole numbers have their type named: what is 2⁶³ or more does not fit the one that Arrow would take.
    kind_of = pa.uint64() if column.dtype == "uint64" else None
    values = pa.array([value for value, _ in each.values], kind_of)
    levels, n_distinct, n_blank = _levels(values, np.array([n for _, n in each.values], dtype=np.int64))
    return ColumnProfile(
        **plain,
        kind=_kind(values, n_distinct),
        n_missing=each.n_missing + n_blank,
        n_distinct=n_distinct,
        levels=levels,
        low=each.low,
        high=each.high,
    )


def _profile(name: str, column: pa.ChunkedArray, origin: str | None) -> ColumnProfile:
    counted = pc.value_counts(column)
    return profile_counts(
        name,
        counted.field("values"),
        counted.field("counts").to_numpy(),
        dtype=str(column.type),
        origin=origin,
    )


def profile_counts(
    name: str, values: pa.Array, counts: NDArray[np.int64], *, dtype: str, origin: str | None = None
) -> ColumnProfile:
    """Describe a column of which every different value and its number of rows is known.

    Parameters
    ----------
    name : str
        The column.
    values : pyarrow.Array of shape (n_values,)
        Each different value once; null for the rows in which nothing was recorded.
    counts : ndarray of shape (n_values,)
        Rows of each value.
    dtype : str
        The column's type as Arrow names it.
    origin : str or None, default None
        The name in the file, where it had to be changed.

    Returns
    -------
    ColumnProfile
        The same for the same values and counts, in whatever order they come.
    """
    n_missing = 0
    if values.null_count:
        known = pc.is_valid(values).to_numpy(zero_copy_only=False)
        n_missing = int(counts[~known].sum())
        values, counts = values.drop_null(), counts[known]
    levels, n_distinct, n_blank = _levels(values, counts)
    low, high = _range(values)
    return ColumnProfile(
        name=name,
        kind=_kind(values, n_distinct),
        dtype=dtype,
        n_missing=n_missing + n_blank,
        n_distinct=n_distinct,
        levels=levels,
        low=low,
        high=high,
        renamed_from=origin,
    )


def _levels(values: pa.Array, counts: NDArray[np.int64]) -> tuple[tuple[tuple[str, int], ...], int, int]:
    """Give the most frequent values as canonical text, the number of values, and rows that are blank."""
    # different numbers have different texts, apart from 0 and -0; only texts such as "1" and "1.0" need merging
    many = len(values) > (MAX_LEVELS if _is_number(values.type) else _MERGED)
    shown = _most_frequent(values, counts) if many else np.arange(len(values))
    texts: Counter[str | None] = Counter()
    for value, n in zip(values.take(pa.array(shown)).to_pylist(), counts[shown].tolist(), strict=True):
        texts[canonical(value)] += n
    n_blank = texts.pop(None, 0)
    ordered = sorted(((str(text), n) for text, n in texts.items()), key=lambda level: _rank(*level))
    return tuple(ordered[:MAX_LEVELS]), len(values) if many else len(ordered), n_blank


def _most_frequent(values: pa.Array, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the places of the largest counts; among equal ones the smallest values, wherever in the file they are."""
    least = np.partition(counts, -MAX_LEVELS)[-MAX_LEVELS]
    sure, tied = np.flatnonzero(counts > least), np.flatnonzero(counts == least)
    room = MAX_LEVELS - len(sure)
    if len(tied) > room:
        tied = tied[pc.bottom_k_unstable(values.take(pa.array(tied)), room).to_numpy()]
    return np.concatenate([sure, tied])


def _rank(text: str, n: int) -> tuple[int, tuple[int, float, str]]:
    return -n, natural_key(text)


def _range(values: pa.Array) -> tuple[float | None, float | None]:
    if not _is_number(values.type):
        return None, None
    if pt.is_floating(values.type):
        values = values.filter(pc.is_finite(values))
    ends = pc.min_max(values).as_py()
    return (None, None) if ends["min"] is None else (float(ends["min"]), float(ends["max"]))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_floating(kind))


def _kind(values: pa.Array, n_distinct: int) -> Kind:
    if n_distinct == 0:
        return "empty"
    if n_distinct == 2:
        return "binary"
    kind = values.type
    if pt.is_temporal(kind):
        return "date"
    if _is_number(kind):
        return "categorical" if n_distinct <= _FEW_NUMBERS else "numeric"
    if pt.is_string(kind) and (matches(values, ISO_DATE) or matches(values, ISO_TIME)):
        return "date"
    return "categorical" if n_distinct <= MAX_LEVELS else "text"


def missing_by_group(
    dataset: Dataset, columns: Sequence[str], sensitive_column: str
) -> tuple[MissingRow, ...]:
    """Count in each group how much of each column is missing.

    Parameters
    ----------
    dataset : Dataset
        The data.
    columns : sequence of str
        The columns to look at.
    sensitive_column : str
        The column that makes the groups; numbers of more than 20 values are cut at their quartiles, and of more
        than 20 texts the most frequent are shown and the others together.

    Returns
    -------
    tuple of MissingRow
        For each column, the groups from the largest to the smallest.

    Raises
    ------
    RoleError
        Where there is no such column.
    """
    profiles = [dataset.column(name) for name in columns]
    dataset.column(sensitive_column, role="sensitive feature")
    codes, groups = _groups(dataset.table([sensitive_column]).column(0))
    sizes = np.bincount(codes, minlength=len(groups))
    order = sorted(range(len(groups)), key=lambda g: (groups[g] == NOT_RECORDED, -sizes[g], groups[g]))
    with_gaps = [profile.name for profile in profiles if profile.n_missing]
    gaps: dict[str, NDArray[np.int64]] = {}
    for start in range(0, len(with_gaps), _COLUMNS_AT_ONCE):
        table = dataset.table(with_gaps[start : start + _COLUMNS_AT_ONCE])
        for name, column in zip(table.column_names, table.columns, strict=True):
            missing = pc.is_null(column).to_numpy()
            gaps[name] = np.bincount(codes[missing], minlength=len(groups))
    nothing = np.zeros(len(groups), dtype=np.int64)
    return tuple(
        _missing_row(name, groups[g], int(sizes[g]), int(gaps.get(name, nothing)[g]))
        for name in columns
        for g in order
    )


def _missing_row(column: str, group: str, n: int, n_missing: int) -> MissingRow:
    return MissingRow(column=column, group=group, n=n, n_missing=n_missing, share=n_missing / n if n else 0.0)


def _groups(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Give every row the number of its group, and the groups' names."""
    if _is_number(column.type):
        n_values = pc.count_distinct(column).as_py()
        if n_values > _FEW_NUMBERS:
            return _quartiles(column)
    encoded = pa.chunked_array([column.combine_chunks()]).dictionary_encode().chunk(0)
    raw = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    texts = [canonical(value) for value in encoded.dictionary.to_pylist()]
    sizes = Counter[str]()
    for text, n in zip(texts, np.bincount(raw[raw >= 0], minlength=len(texts)).tolist(), strict=True):
        if text is not None:
            sizes[text] += n
    ranked = sorted(sizes, key=lambda text: _rank(text, sizes[text]))
    groups = ranked if len(ranked) <= _FEW_GROUPS else ranked[: _FEW_GROUPS - 1]
    rest = f"{len(ranked) - len(groups):,} other values"
    return _numbered(raw, texts, groups, rest)


def _numbered(
    raw: NDArray[np.int64], texts: list[str | None], groups: list[str], rest: str
) -> tuple[NDArray[np.int64], list[str]]:
    place: dict[str | None, int] = {text: at for at, text in enumerate(groups)}
    names = [*groups, rest, NOT_RECORDED]
    table = np.array(
        [place.get(text, len(names) - 1 if text is None else len(groups)) for text in texts]
        + [len(names) - 1],  # the last place is where -1 points
        dtype=np.int64,
    )
    return _without_empty(table[raw], names)


def _quartiles(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    numbers = pc.cast(column, pa.float64(), safe=False).to_numpy()
    known = np.isfinite(numbers)
    cuts = np.unique(np.quantile(numbers[known], [0.25, 0.5, 0.75]))
    codes = np.where(known, np.searchsorted(cuts, numbers, side="right"), len(cuts) + 1)
    shown = [str(canonical(cut)) for cut in cuts.tolist()]
    between = [f"{low} to under {high}" for low, high in pairwise(shown)]
    return _without_empty(codes, [f"under {shown[0]}", *between, f"{shown[-1]} or more", NOT_RECORDED])


def _without_empty(codes: NDArray[Any], names: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Leave out the groups that nobody is in."""
    present = np.bincount(codes, minlength=len(names)) > 0
    number = np.cumsum(present) - 1
    return number[codes], [name for name, there in zip(names, present, strict=True) if there]
