"""Fairlearn's grid search on the audited kind of model."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.mitigation.reductions.moments import constraint
from audit.mitigation.reductions.oracle import HALF, Oracle, Workshop, at_half, model_of, scored
from audit.mitigation.reductions.rows import rows_of, without_thin
from audit.mitigation.reductions.told import nothing_to_do, reached
from audit.mitigation.repair import by_threshold
from audit.models.constant import always
from audit.progress import within
from audit.rows.series import Series
from audit.wording.numbers import percent, points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.hull.aims import Aim
    from audit.mitigation.reductions.rows import Rows
    from audit.mitigation.repair import Repaired, Task
    from audit.models.baseline import Fitted
    from audit.progress import Progress


def repaired(task: Task, aim: Aim, *, size: int, limit: float, weight: float, progress: Progress) -> Repaired:
    """Train the grid, keep one model and say what it reached.

    Parameters
    ----------
    task : Task
        The rows and the model.
    aim : Aim
        What is to be alike.
    size : int
        How many prices are tried.
    limit : float
        The highest price.
    weight : float
        How much the gap counts in the choice.
    progress : callable
        Told with every model; may raise to stop.

    Returns
    -------
    Repaired
        The model.
    """
    rows = without_thin(rows_of(task.train, seed=task.seed), aim)
    before = (task.base.score(rows.frame) >= task.threshold).astype(np.float64)
    workshop = Workshop(
        frame=rows.frame, fit=task.fit, progress=within(progress, 0.05, 0.9), expected=size + 1
    )
    models = [model_of(found) for found in _run(rows, aim, workshop, task, size=size, limit=limit)]
    progress(0.9, "Choosing among the models")
    judge = (
        rows
        if task.validation is None
        else replace(rows_of(task.validation, seed=task.seed, most=None), thin=rows.thin)
    )
    decided = [(scored(model, judge.frame) >= HALF).astype(np.float64) for model in models]
    gaps = [judge.gap(aim, own)[0] for own in decided]
    errors = [judge.error(own) for own in decided]
    best = int(np.argmin([(1 - weight) * e + weight * g for e, g in zip(errors, gaps, strict=True)]))
    train = (scored(models[best], rows.frame) >= HALF).astype(np.float64)
    where = "training" if task.validation is None else "validation"
    return replace(
        by_threshold(_kept(models[best], rows), HALF),
        rule=at_half(task.threshold),
        notes=(
            *nothing_to_do(rows, aim, before, None),
            (
                f"Of {len(models)} models, the one kept has {percent(errors[best])} errors and a gap of "
                f"{points(gaps[best])} on the {where} rows; gaps went from {points(min(gaps))} to {points(max(gaps))}."
            ),
            *reached(
                aim,
                before=(rows, before),
                train=(rows, train),
                tuning=None if task.validation is None else (judge, decided[best]),
            ),
            *rows.notes,
        ),
        measured={"oracle_calls": float(workshop.trained)},
        series=(_curve((judge, aim), decided, gaps, errors, best, where=where),),
    )


def _run(rows: Rows, aim: Aim, workshop: Workshop, task: Task, *, size: int, limit: float) -> list[Any]:
    from fairlearn.reductions import GridSearch

    group, rarest = rows.constrained(aim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moment = constraint(aim.id, aim.favourable, weight=rows.weight, threshold=task.threshold, bound=0.0)
        place = np.arange(len(rows.label)).reshape(-1, 1)
        found = GridSearch(Oracle(workshop), moment, grid_size=size, grid_limit=limit * rarest).fit(
            place, rows.label.astype(int), sensitive_features=group
        )
    return list(found.predictors_)


def _kept(model: Fitted | int, rows: Rows) -> Fitted:
    return always(model, [str(name) for name in rows.frame.columns]) if isinstance(model, int) else model


def _curve(
    asked: tuple[Rows, Aim],
    decided: list[NDArray[np.float64]],
    gaps: list[float],
    errors: list[float],
    best: int,
    *,
    where: str,
) -> Series:
    """Draw every model of the grid, by its gap."""
    judge, aim = asked
    order = np.argsort(gaps, kind="stable").tolist()
    empty = (None,) * len(order)
    own = [judge.gap(aim, decided[i])[1] for i in order]
    measures = ["accuracy", "fitted_gap"]
    values: list[tuple[tuple[float | None, ...], ...]] = [
        (tuple(1 - errors[i] for i in order), *(empty for _ in judge.groups)),
        (tuple(gaps[i] for i in order), *(empty for _ in judge.groups)),
    ]
    for rate in aim.rates:
        shown, same = aim.shown(rate)
        measures.append(shown)
        by_group = [
            tuple(_known(at[rate][code], same=same) for at in own) for code in range(len(judge.groups))
        ]
        values.append((empty, *by_group))
    return Series(
        id="grid",
        kind="path",
        title="What each model of the grid reaches",
        across="Model, by its gap",
        measures=tuple(measures),
        groups=(None, *judge.groups),
        x=tuple(float(i + 1) for i in range(len(order))),
        values=tuple(values),
        picked=float(order.index(best) + 1),
        rows="train" if where == "training" else "validation",
    )


def _known(value: float, *, same: bool) -> float | None:
    if np.isnan(value):
        return None
    return value if same else 1 - value
