"""The rows in memory: for models that are trained or run here, and for the mitigations tried on them.

A bench holds the training rows and the rows that are measured, once; every model of an audit works on the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.cells import from_arrays
from audit.comparison import COLUMNS, Trial
from audit.errors import ModelError, PlanError, listing, quote
from audit.grouping import codes_in_memory, too_many_groups
from audit.models.split import TEST, TRAIN, VALIDATION, split_from_column, split_rows
from audit.progress import silent, within
from audit.roles import check_weights, nothing_left
from audit.rows import CellCount, Dropped, TrialRecord
from audit.values import canonical

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from audit.cells import Attribute, Cells
    from audit.data.dataset import Dataset
    from audit.grouping import Rule
    from audit.models.baseline import Fitted
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress
    from audit.roles import Outcomes

GROUP_BY: Final = "group_by"
"""Setting of every mitigation: the sensitive column whose groups it works on; "all" for the intersection."""


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
        """
        weight = None if self.weight is None else self.weight[rows]
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
    needed = dict.fromkeys([*features, *extra, *taken])
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
    y = np.array(
        [text == outcomes.label for text, kept in zip(label, keep, strict=True) if kept], dtype=np.int8
    )
    found = [codes_in_memory(rule, frame[rule.column]) for rule in rules]
    codes = np.column_stack([c for _, c in found])
    weight = frame[roles.weight].to_numpy(dtype=float) if roles.weight else None
    if weight is not None:
        with np.errstate(over="ignore"):
            check_weights(float(weight.sum()), float((weight * weight).sum()))
    strata = _flat(codes, [len(a.levels) for a, _ in found]) * 2 + y
    split = (
        split_from_column(_texts(frame[roles.split])) if roles.split else split_rows(strata, seed=plan.seed)
    )
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
    if n_groups > 200:
        raise too_many_groups(n_groups, " × ".join(roles.sensitive))
    return bench


def _texts(column: Any) -> list[str | None]:
    """Canonical texts of a column, one look-up for each distinct value."""
    import pandas as pd

    codes, values = pd.factorize(column, use_na_sentinel=True)
    known = [canonical(value) for value in values]
    return [known[code] if code >= 0 else None for code in codes]


def _count(reason: str, mask: NDArray[np.bool_]) -> list[Dropped]:
    n = int(mask.sum())
    return [Dropped(reason=reason, n=n)] if n else []


def _flat(codes: NDArray[np.int64], sizes: list[int]) -> NDArray[np.int64]:
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Before:
    """The model that a mitigation starts from, and what it decides on the test rows.

    Parameters
    ----------
    fit : callable
        Fits the same kind of model: (frame, label, weight, progress) → Fitted.
    baseline : str
        Its id.
    score : ndarray of shape (n_test,)
        Its scores on the test rows.
    original : ndarray of int8 of shape (n_test,) or None
        Decisions of the audited model on the same rows, where that is another model.
    threshold : float
        A score at or above it is a positive decision.
    """

    fit: Any
    baseline: str
    score: NDArray[np.float64]
    original: NDArray[np.int8] | None
    threshold: float


def fitter(plan: Plan, model: Path | None, info: Any, outcomes: Outcomes) -> tuple[Any, str]:
    """Say how the model before a mitigation is trained.

    Parameters
    ----------
    plan : Plan
        The audited model and the baseline that stands in where it cannot be refitted.
    model : Path or None
        The uploaded model file.
    info : ModelInfo or None
        What is known of it.
    outcomes : Outcomes
        The texts that count as positive.

    Returns
    -------
    fit : callable
        (frame, label, weight, progress) → Fitted.
    id : str
        What is trained.
    """
    from audit.models.baseline import fit_baseline

    if plan.model.kind == "skops" and model is not None and info.refittable:
        from audit.models.isolated import refit

        def again(frame: Any, label: Any, weight: Any, progress: Progress) -> Fitted:
            del progress
            return refit(model, info, frame, label, weight=weight, seed=plan.seed)

        return again, "skops"
    algorithm = plan.model.algorithm if plan.model.kind == "train" else plan.baseline

    def train(frame: Any, label: Any, weight: Any, progress: Progress) -> Fitted:
        return fit_baseline(algorithm, frame, label, weight=weight, seed=plan.seed, progress=progress)

    del outcomes
    return train, algorithm


def control_decisions(
    score: NDArray[np.float64], weight: NDArray[np.float64] | None, target: float
) -> tuple[NDArray[np.int8], float]:
    """Move the threshold so that the overall selection rate comes as near to a target as it can.

    Parameters
    ----------
    score : ndarray of shape (n,)
        Scores of the model before.
    weight : ndarray of shape (n,) or None
        Row weights.
    target : float
        The selection rate wanted, 0 to 1.

    Returns
    -------
    decisions : ndarray of int8
        1 for a score at or above the moved threshold.
    reached : float
        The selection rate reached; rows with equal scores stay together.
    """
    w = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    rates = np.cumsum(w[order]) / w.sum()
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    reachable = np.concatenate([[0.0], rates[last]])
    pick = int(np.argmin(np.abs(reachable - target)))
    if pick == 0:
        return np.zeros(len(score), dtype=np.int8), 0.0
    return decide(score, float(score[order][last[pick - 1]])), float(reachable[pick])


def attempt(
    bench: Bench, plan: Plan, choice: MitigationChoice, before: Before, *, progress: Progress = silent
) -> Trial:
    """Try one mitigation: treat the training rows, train the same model, decide on the test rows.

    Parameters
    ----------
    bench : Bench
        The rows.
    plan : Plan
        Seed and roles.
    choice : MitigationChoice
        Which mitigation, with its settings.
    before : Before
        The model it starts from.
    progress : callable
        Where the work reports.

    Returns
    -------
    Trial
        Decisions of every model on the same test rows.
    """
    from audit.mitigation.catalogue import make
    from audit.mitigation.spec import TrainingTable

    given = dict(choice.params)
    attributes, codes = _grouped(bench, str(given.pop(GROUP_BY, "all")))
    method = make(choice.id, given)
    rows, test = bench.rows(TRAIN), bench.rows(TEST)
    sizes = [len(a.levels) for a in attributes]
    flat = _flat(codes[rows], sizes)
    present, group = np.unique(flat, return_inverse=True)
    names = tuple(_name(int(code), attributes, sizes) for code in present)
    sensitive = {a.column for a in attributes}
    table = TrainingTable(
        frame=bench.frame.loc[rows, list(bench.features)].reset_index(drop=True),
        label=bench.label[rows],
        group=group,
        groups=names,
        weight=np.ones(len(rows)) if bench.weight is None else bench.weight[rows],
        fixed=tuple(name for name in bench.features if name in sensitive),
    )
    treated = method.treat(table, seed=plan.seed, progress=within(progress, 0.0, 0.7))
    progress(0.7, "Training the model again")
    fitted = before.fit(treated.frame, treated.label, treated.weight, within(progress, 0.7, 0.95))
    progress(0.95, "Measuring on the test rows")
    after = decide(fitted.score(bench.frame.loc[test]), before.threshold)
    return _trial(bench, choice, before, after, treated=treated, method=method, n_train=len(rows))


def _trial(
    bench: Bench,
    choice: MitigationChoice,
    before: Before,
    after: NDArray[np.int8],
    *,
    treated: Any,
    method: Any,
    n_train: int,
) -> Trial:
    test = bench.rows(TEST)
    weight = None if bench.weight is None else bench.weight[test]
    target = float(np.average(after, weights=weight))
    decisions: dict[str, NDArray[np.int8]] = {
        "before": decide(before.score, before.threshold),
        "after": after,
    }
    reached, reason = None, "no_scores"
    if len(np.unique(before.score)) > 2:
        decisions["control"], reached = control_decisions(before.score, weight, target)
        reason = ""
    if before.original is not None:
        decisions["original"] = before.original
    columns = tuple(name for name in COLUMNS if name in decisions)
    record = TrialRecord(
        mitigation=choice.id,
        title=method.spec.title,
        params={**method.get_params(), GROUP_BY: str(choice.params.get(GROUP_BY, "all"))},
        baseline=before.baseline,
        n_train=n_train,
        n_test=len(test),
        cells=tuple(
            CellCount(
                group=cell.group,
                label=int(cell.label),
                before=float(cell.before),
                after=float(cell.after),
                added=int(cell.added),
                removed=int(cell.removed),
            )
            for cell in treated.cells
        ),
        control_rate=reached,
        after_rate=target,
        reason=reason,
        notes=tuple(treated.notes),
        quality={name: float(value) for name, value in treated.quality.items()},
    )
    return Trial(
        record=record, columns=columns, cells=bench.cells(test, [decisions[name] for name in columns])
    )


def _grouped(bench: Bench, group_by: str) -> tuple[tuple[Attribute, ...], NDArray[np.int64]]:
    """Pick the sensitive columns whose groups a mitigation works on."""
    names = [a.column for a in bench.attributes]
    if group_by == "all":
        return bench.attributes, bench.codes
    if group_by not in names:
        raise PlanError(
            f"A mitigation is to work on the groups of {quote(group_by)}, which is not a sensitive column.",
            why=f"Sensitive columns: {listing(names)}.",
            fix='Name one of them, or "all" for their intersection.',
            code="group_by",
        )
    at = names.index(group_by)
    return (bench.attributes[at],), bench.codes[:, [at]]


def _name(code: int, attributes: tuple[Attribute, ...], sizes: list[int]) -> tuple[str, ...]:
    parts = []
    for each, size in zip(reversed(attributes), reversed(sizes), strict=True):
        code, level = divmod(code, size)
        parts.append(each.levels[level])
    return tuple(reversed(parts))


def train_before(
    bench: Bench, plan: Plan, fit: Any, baseline: str, *, threshold: float, progress: Progress = silent
) -> tuple[Before, Fitted]:
    """Train the model that mitigations start from and score the test rows.

    Parameters
    ----------
    bench : Bench
        The rows.
    plan : Plan
        Roles.
    fit : callable
        From :func:`fitter`.
    baseline : str
        Its id.
    threshold : float
        A score at or above it is a positive decision.
    progress : callable
        Where the work reports.

    Returns
    -------
    before : Before
        The model on the test rows, without the original's decisions.
    fitted : Fitted
        The model itself.

    Raises
    ------
    ModelError
        Where there is nothing to learn from.
    """
    if not bench.features:
        raise ModelError(
            "There is no column to learn from.",
            why="Every column is a label, decision, score, weight, split or sensitive feature.",
            fix="Add other columns, or switch some of these on as features.",
            code="no_features",
        )
    rows, test = bench.rows(TRAIN), bench.rows(TEST)
    weight = None if bench.weight is None else bench.weight[rows]
    frame = bench.frame.loc[rows, list(bench.features)].reset_index(drop=True)
    fitted = fit(frame, bench.label[rows], weight, progress)
    before = Before(
        fit=fit,
        baseline=baseline,
        score=fitted.score(bench.frame.loc[test]),
        original=None,
        threshold=threshold,
    )
    del plan
    return before, fitted


def with_original(before: Before, decisions: NDArray[np.int8]) -> Before:
    """Put the audited model's decisions on the test rows beside the model that was retrained.

    Parameters
    ----------
    before : Before
        The retrained model.
    decisions : ndarray of int8 of shape (n_test,)
        The audited model's decisions.

    Returns
    -------
    Before
        A new value.
    """
    return replace(before, original=decisions)
