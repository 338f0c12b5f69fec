"""Counts the data before a model: people by group and label, missing values and repeated rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.engines.protocol import Key
from audit.gather.audited import place
from audit.models.split import SPLIT_WORDS, SPLITS
from audit.tables.profile import GroupCounts, Profile, Repeats
from audit.values import canonical, natural_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Counted, Engine
    from audit.gather.audited import Audited
    from audit.grouping import Rule
    from audit.plan import Plan
    from audit.roles import Outcomes

MOST_COLUMNS: Final = 40
"""Columns whose missing values are counted."""

MOST_CLASSES: Final = 50
"""Values of the label that are counted apart."""

MOST_ROWS: Final = 5_000_000
"""Rows that are compared with each other."""

MOST_COMPARED: Final = 60
"""Columns in which rows are compared."""

OTHERS: Final = "all others"
"""The values of a label with very many values that are not the positive one."""


def gather(audited: Audited) -> Profile | None:
    """Count missing values, repeated rows and labels by group, over all rows of the data.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Profile or None
        The counts; every audit has them.
    """
    return profile_of(
        audited.dataset,
        audited.plan,
        outcomes=audited.outcomes,
        rules=audited.rules,
        engine=audited.engine,
        bench=audited.bench,
    )


def profile_of(
    dataset: Dataset,
    plan: Plan,
    *,
    outcomes: Outcomes,
    rules: tuple[Rule, ...],
    engine: Engine,
    bench: Bench | None = None,
) -> Profile:
    """Count the data before a model.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Which column plays which part.
    outcomes : Outcomes
        What counts as the positive label.
    rules : tuple of Rule
        How the sensitive columns make groups.
    engine : Engine
        Where rows are counted.
    bench : Bench or None
        The rows in memory with the split that a model was trained on here, where there is one.

    Returns
    -------
    Profile
        The counts.

    Notes
    -----
    One pass over the rows counts the groups, labels and missing values; a column without a missing value anywhere is not
    looked at again. A second pass finds repeated rows.
    """
    roles = plan.roles
    gaps = _columns_with_gaps(dataset, plan)
    columns = gaps[:MOST_COLUMNS]
    keys = [Key(column=rule.column, cuts=rule.cuts) for rule in rules]
    keys.append(outcomes.label_key(roles.label))
    keys += [Key(column=roles.split)] if roles.split else []
    counted, missing = engine.absent(dataset.source, keys, columns, weight=roles.weight)
    parts, part = _parts(counted, split=bool(roles.split))
    classes, labels = _classes([canonical(key[len(rules)]) for key in counted.keys], outcomes.label)
    return Profile(
        rows=int(counted.n.sum()),
        weightless=int(counted.weightless.sum()),
        weighted=bool(roles.weight),
        parts=parts,
        classes=classes,
        positive=tuple(text == outcomes.label for text in classes),
        columns=tuple(columns),
        uncounted=len(gaps) - len(columns),
        groups=_groups(rules, counted, missing, (part, labels), (len(parts), len(classes) + 1)),
        repeats=_repeats(dataset, plan, engine, bench, counted),
    )


def _columns_with_gaps(dataset: Dataset, plan: Plan) -> list[str]:
    """Name the columns with missing values: those that play a part, then the features, each worst first."""
    roles = plan.roles
    part = dict.fromkeys((*roles.taken(), *roles.control))
    features = [name for name in _features(dataset, plan) if name not in part]
    gaps = {name: dataset.column(name).n_missing for name in (*part, *features)}
    return [
        name for names in (part, features) for name in sorted(names, key=lambda n: -gaps[n]) if gaps[name]
    ]


def _features(dataset: Dataset, plan: Plan) -> tuple[str, ...]:
    taken = plan.roles.taken()
    named = plan.roles.features
    return tuple(name for name in dataset.names if name not in taken) if named is None else named


def _parts(counted: Counted, *, split: bool) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Name the splits that occur and say which one each entry is in; −1 where its word is not understood."""
    if not split:
        return ("all",), np.zeros(len(counted.keys), dtype=np.int64)
    codes = [_split_code(key[-1]) for key in counted.keys]
    present = sorted({code for code in codes if code is not None}) or [0]
    position = {code: place for place, code in enumerate(present)}
    where = np.array([-1 if code is None else position[code] for code in codes], dtype=np.int64)
    return tuple(SPLITS[code] for code in present), where


def _split_code(value: Any) -> int | None:
    text = canonical(value)
    return None if text is None else SPLIT_WORDS.get(text.casefold())


def _classes(texts: Sequence[str | None], positive: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Name the labels in order, and give each entry the position of its own; the last is the missing one."""
    known = sorted({text for text in texts if text is not None} | {positive}, key=natural_key)
    if len(known) > MOST_CLASSES:
        known = [OTHERS, positive]
    position = {text: place for place, text in enumerate(known)}
    codes = [len(known) if text is None else position.get(text, 0) for text in texts]
    return tuple(known), np.array(codes, dtype=np.int64)


def _groups(
    rules: tuple[Rule, ...],
    counted: Counted,
    missing: NDArray[np.float64],
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    shape: tuple[int, int],
) -> tuple[GroupCounts, ...]:
    attributes, codes = place(rules, counted.keys)
    part, label = where
    kept = part >= 0
    found = []
    for j, attribute in enumerate(attributes):
        level, size = codes[:, j], len(attribute.levels)

        def filled(
            values: NDArray[np.float64], level: NDArray[np.int64] = level, size: int = size
        ) -> NDArray[np.float64]:
            out = np.zeros((shape[0], size, shape[1]))
            np.add.at(out, (part[kept], level[kept], label[kept]), values[kept])
            return out

        rows, gone = np.zeros(size), np.zeros((size, missing.shape[1]))
        np.add.at(rows, level, counted.n)
        np.add.at(gone, level, missing)
        left = (counted.n - counted.weightless).astype(float)
        found.append(
            GroupCounts(
                attribute=attribute,
                rows=rows,
                missing=gone,
                n=filled(left),
                w=filled(counted.w),
                w2=filled(counted.w2),
            )
        )
    return tuple(found)


def _repeats(dataset: Dataset, plan: Plan, engine: Engine, bench: Bench | None, counted: Counted) -> Repeats:
    """Compare the rows with each other, and the splits where there are any."""
    roles = plan.roles
    features = _features(dataset, plan)
    columns = tuple(dict.fromkeys([*features, *roles.sensitive, roles.label]))
    reason = (
        "no_features"
        if not features
        else "too_many_columns"
        if len(columns) > MOST_COMPARED
        else "too_many_rows"
        if dataset.n_rows > MOST_ROWS
        else ""
    )
    if reason:
        return Repeats(columns=len(columns), reason=reason, split_reason=reason)
    if roles.split:
        values: list[list[Any]] = [[] for _ in SPLITS]
        for value in dict.fromkeys(key[-1] for key in counted.keys):
            code = _split_code(value)
            if code is not None:
                values[code].append(value)
        found = engine.repeated(dataset.source, columns, split=roles.split, parts=values)
        whole = Repeats(columns=len(columns), rows=found.rows, distinct=found.distinct)
        return _shared(whole, found.sizes, found.in_first)
    found = engine.repeated(dataset.source, columns)
    whole = Repeats(columns=len(columns), rows=found.rows, distinct=found.distinct)
    if bench is None or plan.model.kind != "train":
        return replace(whole, split_reason="no_split")
    table, split = _with_split(bench, columns)
    found = engine.repeated(table, columns, split=split, parts=[[code] for code in range(len(SPLITS))])
    return _shared(whole, found.sizes, found.in_first)


def _shared(whole: Repeats, sizes: Sequence[int], shared: Sequence[int]) -> Repeats:
    return replace(
        whole,
        train=sizes[0],
        validation=sizes[1],
        test=sizes[2],
        validation_in_train=shared[1],
        test_in_train=shared[2],
        split_reason="" if sizes[0] and (sizes[1] or sizes[2]) else "no_split",
    )


def _with_split(bench: Bench, columns: Sequence[str]) -> tuple[Any, str]:
    """Give the rows in memory with their split as a further column."""
    import pyarrow as pa

    table = pa.Table.from_pandas(bench.frame[list(columns)], preserve_index=False)
    known = {name.casefold() for name in columns}
    split = next(name for i in range(len(known) + 1) if (name := f"split {i}") not in known)
    return table.append_column(split, pa.array(bench.split.astype("int64"))), split
