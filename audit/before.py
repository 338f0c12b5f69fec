"""The model that a mitigation starts from: how it is trained again, and what it decides on the test rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.bench import decide
from audit.errors import ModelError, PlanError
from audit.models.split import TEST, TRAIN
from audit.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.mitigation.spec import MitigationSpec
    from audit.models.baseline import Fitted
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress

GROUP_BY: Final = "group_by"
"""Setting of every mitigation: the sensitive column whose groups it works on; "all" for the intersection."""

BASELINE: Final = "baseline"
"""Setting of every mitigation: what is trained before and after it, where the audited model cannot be refitted."""

SEEDS: Final = "seeds"
"""Setting of every mitigation: how often it is tried, each time on rows drawn anew."""

USUAL_SEEDS: Final = 5
MOST_SEEDS: Final = 20

AS_IT_IS: Final = "as_it_is"
"""Id of a model whose own scores are used: nothing is trained."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Before:
    """The model that a mitigation starts from, and what it decides on the test rows.

    Parameters
    ----------
    fit : callable
        Fits the same kind of model: (frame, label, weight, progress) → Fitted.
    baseline : str
        Its id.
    fitted : Fitted
        The model, trained on the training rows as they are.
    score : ndarray of shape (n_test,)
        Its scores on the test rows.
    original : ndarray of int8 of shape (n_test,) or None
        Decisions of the audited model on the same rows, where that is another model.
    threshold : float
        A score at or above it is a positive decision.
    """

    fit: Any
    baseline: str
    fitted: Fitted
    score: NDArray[np.float64]
    original: NDArray[np.int8] | None
    threshold: float


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
    return {key: value for key, value in choice.params.items() if key not in {GROUP_BY, BASELINE, SEEDS}}


def seeds_of(choice: MitigationChoice) -> int:
    """Say how often a mitigation is tried.

    Parameters
    ----------
    choice : MitigationChoice
        A mitigation with its settings.

    Returns
    -------
    int
        1 to 20; 5 where the settings do not say.

    Raises
    ------
    PlanError
        Where the setting is no such number.
    """
    given = choice.params.get(SEEDS, USUAL_SEEDS)
    if (
        isinstance(given, bool)
        or not isinstance(given, int | float)
        or given != int(given)
        or not (1 <= given <= MOST_SEEDS)
    ):
        raise PlanError(
            f"'{SEEDS}' is {given}.", fix=f"Choose a whole number from 1 to {MOST_SEEDS}.", code="plan_range"
        )
    return int(given)


def stand_in(plan: Plan, choice: MitigationChoice, spec: MitigationSpec) -> str:
    """Name the kind of model that a mitigation trains, where it is not the audited one.

    Parameters
    ----------
    plan : Plan
        Its baseline is the default.
    choice : MitigationChoice
        May name another one.
    spec : MitigationSpec
        A mitigation may train a kind of model of its own.

    Returns
    -------
    str
        Id of a baseline.

    Raises
    ------
    PlanError
        Where there is no such baseline.
    """
    named = spec.own_model or str(choice.params.get(BASELINE, plan.baseline))
    return replace(plan, baseline=named).baseline


def fitter(plan: Plan, model: Path | None, info: Any, *, own_model: str = "", seed: int | None = None) -> Any:
    """Say how the model before a mitigation is trained.

    Parameters
    ----------
    plan : Plan
        The audited model and the baseline that stands in where it cannot be refitted.
    model : Path or None
        The uploaded model file.
    info : ModelInfo or None
        What is known of it.
    own_model : str, default ""
        The kind of model that the mitigation trains itself.
    seed : int or None
        Where random draws start; None takes the plan's.

    Returns
    -------
    fit : callable
        (frame, label, weight, progress) → Fitted.
    id : str
        What is trained.
    """
    from audit.models.baseline import fit_baseline

    start = plan.seed if seed is None else seed
    if not own_model and plan.model.kind == "skops" and model is not None and info.refittable:
        from audit.models.isolated import refit

        def again(frame: Any, label: Any, weight: Any, progress: Progress) -> Fitted:
            del progress
            return refit(model, info, frame, label, weight=weight, seed=start)

        return again, "skops"
    algorithm = own_model or (plan.model.algorithm if plan.model.kind == "train" else plan.baseline)

    def train(frame: Any, label: Any, weight: Any, progress: Progress) -> Fitted:
        return fit_baseline(algorithm, frame, label, weight=weight, seed=start, progress=progress)

    return train, algorithm


def train_before(
    bench: Bench, fit: Any, baseline: str, *, threshold: float, progress: Progress = silent
) -> Before:
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
    Before
        The model on the test rows, without the original's decisions.

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
    rows = bench.rows(TRAIN)
    weight = None if bench.weight is None else bench.weight[rows]
    frame = bench.frame.loc[rows, list(bench.features)].reset_index(drop=True)
    fitted = fit(frame, bench.label[rows], weight, progress)
    return as_it_is(bench, fitted, baseline, fit=fit, threshold=threshold)


def as_it_is(bench: Bench, fitted: Fitted, baseline: str, *, fit: Any, threshold: float) -> Before:
    """Take a model as it is and score the test rows.

    Parameters
    ----------
    bench : Bench
        The rows.
    fitted : Fitted
        The model.
    baseline : str
        Its id.
    fit : callable
        How the same kind of model is trained again.
    threshold : float
        A score at or above it is a positive decision.

    Returns
    -------
    Before
        The model on the test rows, without the original's decisions.
    """
    return Before(
        fit=fit,
        baseline=baseline,
        fitted=fitted,
        score=fitted.score(bench.frame.loc[bench.rows(TEST)]),
        original=None,
        threshold=threshold,
    )


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
