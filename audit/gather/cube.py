"""The finest cells over several columns, as arrays: what all coarser groupings of a search are sums of.

It leaves out the same rows as :meth:`audit.gather.audited.Audited.count`, for tables of hundreds of thousands of cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Attribute
from audit.engines.protocol import Key
from audit.grouping import attribute
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.gather.audited import Audited
    from audit.grouping import Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finest:
    """Audited rows by the levels of some columns, label and decision.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns with the levels that occur.
    codes : ndarray of int of shape (n_entries, n_columns)
        Position of each entry's level in each column.
    label, decision : ndarray of bool of shape (n_entries,)
        Whether they are positive.
    n, w, w2 : ndarray of shape (n_entries,)
        Rows, sum of weights and of squared weights.
    cluster : ndarray of int of shape (n_entries,) or None
        Position of the entry's cluster among all clusters, sorted by name; −1 where it is not recorded.
    """

    attributes: tuple[Attribute, ...]
    codes: NDArray[np.int64]
    label: NDArray[np.bool_]
    decision: NDArray[np.bool_]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    cluster: NDArray[np.int64] | None = None


def finest(audited: Audited, rules: Sequence[Rule], *, cluster: str | None = None) -> Finest:
    """Count the audited rows by some columns, label and decision.

    Parameters
    ----------
    audited : Audited
        The rows.
    rules : sequence of Rule
        How the columns make levels.
    cluster : str or None
        A column that says which rows belong together, counted by as well.

    Returns
    -------
    Finest
        One entry for each combination of stored values that occurs; a few may mean the same levels.
    """
    width = len(rules)
    keys = [Key(column=rule.column, cuts=rule.cuts) for rule in rules]
    keys += [*([Key(column=cluster)] if cluster else []), *audited.outcome_keys]
    counted = audited.engine.tabulate(audited.source, keys, weight=audited.weight)
    columns = [_encoded(key) for key in counted.keys]
    after = width + bool(cluster)
    label, known = _positive(columns[after], audited.outcomes.label)
    decision, decided = _decision(audited, columns[after + 1])
    keep = (counted.n > 0) & known & decided
    if audited.split:
        keep &= _tested(columns[after + 2])
    found = [_levels(rule, columns[i], keep) for i, rule in enumerate(rules)]
    return Finest(
        attributes=tuple(each for each, _ in found),
        codes=np.column_stack([np.zeros((int(keep.sum()), 0), dtype=np.int64), *(c for _, c in found)]),
        label=label[keep],
        decision=decision[keep],
        n=counted.n[keep],
        w=counted.w[keep],
        w2=counted.w2[keep],
        cluster=_clusters(columns[width], keep) if cluster else None,
    )


def capped(
    each: Attribute, totals: NDArray[np.float64], most: int
) -> tuple[Attribute, NDArray[np.int64], str]:
    """Join the rarer levels of a column into one.

    Parameters
    ----------
    each : Attribute
        The column with its levels.
    totals : ndarray of shape (n_levels,)
        Rows of each level.
    most : int
        Most levels that are left; a missing one comes on top.

    Returns
    -------
    attribute : Attribute
        The column with the most frequent levels in their order, then the joined ones, then the missing one.
    positions : ndarray of int of shape (n_levels,)
        Where each of the old levels went.
    joined : str
        The name of the joined level; empty where nothing was joined.
    """
    levels = [level for level in each.levels if level != each.missing]
    if len(levels) <= most:
        return each, np.arange(len(each.levels)), ""
    frequent = np.sort(np.argsort(-totals[: len(levels)], kind="stable")[: most - 1])
    kept = [levels[i] for i in frequent]
    name = "Other values"
    while name in each.levels:
        name += " (joined)"
    missing = [] if each.missing is None else [each.missing]
    positions = np.full(len(each.levels), len(kept), dtype=np.int64)
    positions[frequent] = np.arange(len(kept))
    if missing:
        positions[-1] = len(kept) + 1
    short = Attribute(
        column=each.column, levels=(*kept, name, *missing), missing=each.missing, cuts=each.cuts
    )
    return short, positions, name


def _encoded(column: Any) -> tuple[list[Any], NDArray[np.int64]]:
    """Give the distinct values of a column, None last, and each entry's position among them."""
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(column.combine_chunks() if hasattr(column, "combine_chunks") else column)
    if hasattr(coded, "combine_chunks"):
        coded = coded.combine_chunks()
    values = [*coded.dictionary.to_pylist(), None]
    codes = coded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
    return values, np.asarray(codes, dtype=np.int64)


def _positive(
    column: tuple[list[Any], NDArray[np.int64]], positive: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which labels are positive, and which are known."""
    values, codes = column
    texts = [canonical(value) for value in values]
    return np.array([t == positive for t in texts])[codes], np.array([t is not None for t in texts])[codes]


def _decision(
    audited: Audited, column: tuple[list[Any], NDArray[np.int64]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    values, codes = column
    texts = [canonical(value) for value in values]
    by_number = audited.decision is None or audited.made
    yes = [
        t is not None and (bool(value) if by_number else t in audited.outcomes.decision)
        for value, t in zip(values, texts, strict=True)
    ]
    return np.array(yes)[codes], np.array([t is not None for t in texts])[codes]


def _tested(column: tuple[list[Any], NDArray[np.int64]]) -> NDArray[np.bool_]:
    from audit.models.split import TEST, split_from_column

    values, codes = column
    used = np.flatnonzero(np.bincount(codes, minlength=len(values)))
    parts = split_from_column((values[i] for i in used), training=False) == TEST
    test = np.zeros(len(values), dtype=bool)
    test[used] = parts
    return np.asarray(test[codes])


def _levels(
    rule: Rule, column: tuple[list[Any], NDArray[np.int64]], keep: NDArray[np.bool_]
) -> tuple[Attribute, NDArray[np.int64]]:
    values, codes = column
    codes = codes[keep]
    used = np.flatnonzero(np.bincount(codes, minlength=len(values)))
    raw = {int(i): values[i] if canonical(values[i]) is not None else None for i in used}
    each, positions = attribute(rule, set(raw.values()))
    lookup = np.zeros(len(values), dtype=np.int64)
    for i, value in raw.items():
        lookup[i] = positions[value]
    return each, lookup[codes]


def _clusters(column: tuple[list[Any], NDArray[np.int64]], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    values, codes = column
    codes = codes[keep]
    named = {int(i): canonical(values[i]) for i in np.flatnonzero(np.bincount(codes, minlength=len(values)))}
    order = {text: place for place, text in enumerate(sorted({t for t in named.values() if t is not None}))}
    lookup = np.full(len(values), -1, dtype=np.int64)
    for i, text in named.items():
        if text is not None:
            lookup[i] = order[text]
    return lookup[codes]
