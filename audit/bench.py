"""The rows in memory: for models that are trained or run here, and for the mitigations tried on them.

A bench holds the training rows and the rows that are measured, once; every model of an audit works on the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import from_arrays
from audit.grouping import MOST_GROUPS, codes_in_memory, join_small, too_many_groups
from audit.models.split import TRAIN, VALIDATION, split_from_column, split_rows
from audit.roles import check_weights, nothing_left
from audit.rows import Dropped
from audit.values import canonical

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.cells import Attribute, Cells
    from audit.data.dataset import Dataset
    from audit.grouping import Rule
    from audit.plan import Plan
    from audit.roles import Outcomes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """Rows in memory, with their groups, labels, weights and split.

    Parameters
    ----------
    frame : pandas.DataFrame
        Every column that a model may need.
    features : tuple of str
        The columns that a model trained here looks at.
    label : ndarray of int8
        1 for the positive label.
    attributes : tuple of Attribute
        The sensitive columns with their levels.
    codes : ndarray of shape (n_rows, n_attributes)
        Position of each row's level.
    weight : ndarray or None
        Row weights.
    split : ndarray of int8
        0 for training, 1 for validation, 2 for test.
    dropped : tuple of Dropped
        Rows of the data that are not here.
    read : int
        Rows of the data.
    named : bool
        Whether the split comes from a column.
    """

    frame: pd.DataFrame
    features: tuple[str, ...]
    label: NDArray[np.int8]
    attributes: tuple[Attribute, ...]
    codes: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    split: NDArray[np.int8]
    dropped: tuple[Dropped, ...]
    read: int
    named: bool

    def rows(self, part: int | None) -> NDArray[np.int64]:
        """Give the positions of the rows of one split, or of all rows.

        Parameters
        ----------
        part : int or None
            0 for training, 1 for validation, 2 for test; None for all.

        Returns
        -------
        ndarray of int
            Positions, rising.
        """
        return np.arange(len(self.label)) if part is None else np.flatnonzero(self.split == part)

    def cells(self, rows: NDArray[np.int64], decisions: list[NDArray[np.int8]]) -> Cells:
        """Count some rows by group, label and decisions.

        Parameters
        ----------
        rows : ndarray of int
            Positions of the rows.
        decisions : list of ndarray of int8
            One or more decisions, 0 or 1 for each of these rows.

        Returns
        -------
        Cells
            The rows counted.

        Raises
        ------
        RoleError
            Where all of these rows have weight 0.
        """
        weight = None if self.weight is None else self.weight[rows]
        if weight is not None:
            check_weights(float(weight.sum()), float((weight * weight).sum()))
        return from_arrays(self.attributes, self.codes[rows], [self.label[rows], *decisions], weight=weight)


def set_up(
    dataset: Dataset, plan: Plan, outcomes: Outcomes, rules: tuple[Rule, ...], *, extra: tuple[str, ...] = ()
) -> Bench:
    """Load what models need and split it.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Roles and seed.
    outcomes : Outcomes
        The texts that count as positive.
    rules : tuple of Rule
        How the sensitive columns make groups.
    extra : tuple of str, default ()
        Columns an uploaded model needs besides the features.

    Returns
    -------
    Bench
        Rows with a label, a weight and, where the plan names a decision column, a decision.

    Raises
    ------
    InputError
        Where no row is left.
    """
    roles = plan.roles
    taken = roles.taken()
    features = (
        roles.features if roles.features is not None else tuple(n for n in dataset.names if n not in taken)
    )
    needed = dict.fromkeys([*features, *extra, *taken, *roles.control, *plan.search.columns])
    frame = dataset.frame(list(needed))
    label = _texts(frame[roles.label])
    dropped: list[Dropped] = []
    keep = np.array([text is not None for text in label])
    dropped += _count("label missing", ~keep)
    if roles.weight:
        missing = keep & frame[roles.weight].isna().to_numpy()
        dropped += _count("weight missing", missing)
        keep &= ~missing
    if plan.model.kind == "column":
        column = roles.decision or roles.score or ""
        missing = keep & np.array([text is None for text in _texts(frame[column])])
        dropped += _count("decision missing" if roles.decision else "score missing", missing)
        keep &= ~missing
    if not keep.any():
        raise nothing_left(", ".join(item.reason for item in dropped))
    frame = frame.loc[keep].reset_index(drop=True)
    y = outcomes.positive(frame[roles.label])
    found = [codes_in_memory(rule, frame[rule.column]) for rule in rules]
    codes = np.column_stack([c for _, c in found])
    weight = frame[roles.weight].to_numpy(dtype=float) if roles.weight else None
    if weight is not None:
        with np.errstate(over="ignore"):
            check_weights(float(weight.sum()), float((weight * weight).sum()))
    strata = flat_codes(codes, [len(a.levels) for a, _ in found]) * 2 + y
    trained = plan.model.kind == "train"
    if roles.split:
        split = split_from_column(_texts(frame[roles.split]), training=trained)
    else:
        split = split_rows(strata, seed=plan.seed, needed=trained)
    bench = Bench(
        frame=frame,
        features=tuple(features),
        label=y,
        attributes=tuple(a for a, _ in found),
        codes=codes,
        weight=weight,
        split=split,
        dropped=tuple(dropped),
        read=dataset.n_rows,
        named=bool(roles.split),
    )
    n_groups = len(np.unique(strata // 2))
    if n_groups > MOST_GROUPS:
        raise too_many_groups(n_groups, " × ".join(roles.sensitive))
    return bench


def without_small(
    bench: Bench, rows: NDArray[np.int64], rules: tuple[Rule, ...], plan: Plan
) -> tuple[Bench, tuple[Rule, ...], tuple[str, ...]]:
    """Join small groups, where the plan asks for it, before anything is trained or decided; the split stays.

    Parameters
    ----------
    bench : Bench
        The rows.
    rows : ndarray of int
        Positions of the audited rows: they say which groups are small.
    rules : tuple of Rule
        How the sensitive columns make groups.
    plan : Plan
        The policy for small groups.

    Returns
    -------
    bench : Bench
        The same rows, in joined groups.
    rules : tuple of Rule
        The rules of these groups.
    notes : tuple of str
        What was joined; empty where nothing was.
    """
    if plan.grouping.small != "merge":
        return bench, rules, ()
    now, notes = join_small(rules, bench.cells(rows, []), plan.grouping)
    found = [codes_in_memory(rule, bench.frame[rule.column]) for rule in now]
    codes = np.column_stack([each for _, each in found])
    return replace(bench, attributes=tuple(a for a, _ in found), codes=codes), now, notes


def column_decisions(
    bench: Bench, rows: NDArray[np.int64], plan: Plan, outcomes: Outcomes
) -> NDArray[np.int8]:
    """Read the decisions that are a column of the data.

    Parameters
    ----------
    bench : Bench
        The rows.
    rows : ndarray of int
        Positions of the rows wanted.
    plan : Plan
        The decision column, or the score column and its threshold.
    outcomes : Outcomes
        What counts as positive.

    Returns
    -------
    ndarray of int8 of shape (n_rows,)
        0 or 1.
    """
    roles = plan.roles
    if roles.decision:
        decided = bench.frame[roles.decision].iloc[rows]
        return np.array([canonical(value) in outcomes.decision for value in decided], dtype=np.int8)
    return decide(bench.frame[roles.score or ""].iloc[rows].to_numpy(dtype=float), roles.threshold)


def _texts(column: Any) -> list[str | None]:
    """Canonical texts of a column, one look-up for each distinct value."""
    import pandas as pd

    codes, values = pd.factorize(column, use_na_sentinel=True)
    known = [canonical(value) for value in values]
    return [known[code] if code >= 0 else None for code in codes]


def _count(reason: str, mask: NDArray[np.bool_]) -> list[Dropped]:
    n = int(mask.sum())
    return [Dropped(reason=reason, n=n)] if n else []


def flat_codes(codes: NDArray[np.int64], sizes: list[int]) -> NDArray[np.int64]:
    """Number the combinations of levels.

    Parameters
    ----------
    codes : ndarray of shape (n_rows, n_attributes)
        Position of each row's level in its attribute.
    sizes : list of int
        Number of levels of each attribute.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        One number for each combination.
    """
    flat = np.zeros(len(codes), dtype=np.int64)
    for column, size in enumerate(sizes):
        flat = flat * size + codes[:, column]
    return flat


def left_out(bench: Bench) -> tuple[Dropped, ...]:
    """Explain which rows are not in the test split.

    Parameters
    ----------
    bench : Bench
        The rows.

    Returns
    -------
    tuple of Dropped
        What was dropped before, then the training and validation rows.
    """
    how = "named by the split column" if bench.named else "drawn by the seed"
    parts = (("kept for training", TRAIN), ("kept for validation", VALIDATION))
    rows = [Dropped(reason=f"{words}, {how}", n=int((bench.split == part).sum())) for words, part in parts]
    return (*bench.dropped, *(row for row in rows if row.n))


def decide(score: NDArray[np.float64], threshold: float) -> NDArray[np.int8]:
    """Turn scores into decisions: positive at or above the threshold.

    Parameters
    ----------
    score : ndarray
        Scores.
    threshold : float
        The threshold.

    Returns
    -------
    ndarray of int8
        0 or 1.
    """
    return (score >= threshold).astype(np.int8)
