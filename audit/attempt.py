"""Mitigations tried on a bench: treat the training rows, train the same model again, decide on the test rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.bench import decide, flat_codes
from audit.comparison import COLUMNS, Trial
from audit.errors import ModelError, PlanError, listing, quote
from audit.models.split import TEST, TRAIN
from audit.progress import silent, within
from audit.rows import TrialRecord

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.cells import Attribute
    from audit.models.baseline import Fitted
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress

GROUP_BY: Final = "group_by"
"""Setting of every mitigation: the sensitive column whose groups it works on; "all" for the intersection."""

BASELINE: Final = "baseline"
"""Setting of every mitigation: what is trained before and after it, where the audited model cannot be refitted."""


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
    named : str, default ""
        The baseline that was asked for as a stand-in.
    """

    fit: Any
    baseline: str
    score: NDArray[np.float64]
    original: NDArray[np.int8] | None
    threshold: float
    named: str = ""


def own_params(choice: MitigationChoice) -> dict[str, bool | int | float | str]:
    """Give the settings that a mitigation itself understands.

    Parameters
    ----------
    choice : MitigationChoice
        A mitigation with its settings.

    Returns
    -------
    dict
        The settings without those that every mitigation has.
    """
    return {key: value for key, value in choice.params.items() if key not in {GROUP_BY, BASELINE}}


def stand_in(plan: Plan, choice: MitigationChoice) -> str:
    """Name the baseline that stands in for a model that cannot be refitted.

    Parameters
    ----------
    plan : Plan
        Its baseline is the default.
    choice : MitigationChoice
        May name another one.

    Returns
    -------
    str
        Id of a baseline.

    Raises
    ------
    PlanError
        Where there is no such baseline.
    """
    return replace(plan, baseline=str(choice.params.get(BASELINE, plan.baseline))).baseline


def fitter(plan: Plan, model: Path | None, info: Any) -> tuple[Any, str]:
    """Say how the model before a mitigation is trained.

    Parameters
    ----------
    plan : Plan
        The audited model and the baseline that stands in where it cannot be refitted.
    model : Path or None
        The uploaded model file.
    info : ModelInfo or None
        What is known of it.

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

    attributes, codes = _grouped(bench, str(choice.params.get(GROUP_BY, "all")))
    method = make(choice.id, own_params(choice))
    rows, test = bench.rows(TRAIN), bench.rows(TEST)
    sizes = [len(a.levels) for a in attributes]
    flat = flat_codes(codes[rows], sizes)
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
        params={
            **method.get_params(),
            GROUP_BY: str(choice.params.get(GROUP_BY, "all")),
            **({} if before.original is None or before.baseline == "skops" else {BASELINE: before.baseline}),
        },
        baseline=before.baseline,
        n_train=n_train,
        n_test=len(test),
        cells=tuple(treated.cells),
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
    bench: Bench, fit: Any, baseline: str, *, threshold: float, progress: Progress = silent
) -> tuple[Before, Fitted]:
    """Train the model that mitigations start from and score the test rows.

    Parameters
    ----------
    bench : Bench
        The rows.
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
    return before, fitted


def with_original(before: Before, decisions: NDArray[np.int8], named: str) -> Before:
    """Put the audited model's decisions on the test rows beside the model that was retrained.

    Parameters
    ----------
    before : Before
        The retrained model.
    decisions : ndarray of int8 of shape (n_test,)
        The audited model's decisions.
    named : str
        The baseline that was asked for as a stand-in.

    Returns
    -------
    Before
        A new value.
    """
    return replace(before, original=decisions, named=named)
