"""Fairlearn's exponentiated gradient on the audited kind of model."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.mitigation.reductions.mixture import Mixture
from audit.mitigation.reductions.moments import constraint
from audit.mitigation.reductions.oracle import Oracle, Workshop, at_half, model_of
from audit.mitigation.reductions.rows import rows_of, without_thin
from audit.mitigation.reductions.told import nothing_to_do, reached
from audit.mitigation.repair import Repaired
from audit.progress import within
from audit.wording.numbers import count, percent

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.hull.aims import Aim
    from audit.mitigation.reductions.rows import Rows
    from audit.mitigation.repair import Groups, Task
    from audit.progress import Progress

_CALLS = 3
_LEAST_SHARE = 1e-6
_ENOUGH = 1e-3


def repaired(
    task: Task, aim: Aim, *, bound: float, eps: float, max_iter: int, draw: bool, progress: Progress
) -> Repaired:
    """Train the mixture and say what it reached.

    Parameters
    ----------
    task : Task
        The rows and the model.
    aim : Aim
        What is to be alike.
    bound, eps : float
        The difference allowed, and the slack of the solver.
    max_iter : int
        Most steps.
    draw : bool
        Whether one model is drawn for each person.
    progress : callable
        Told with every model; may raise to stop.

    Returns
    -------
    Repaired
        The mixture.
    """
    rows = without_thin(rows_of(task.train, seed=task.seed), aim)
    before = (task.base.score(rows.frame) >= task.threshold).astype(np.float64)
    workshop = Workshop(
        frame=rows.frame, fit=task.fit, progress=within(progress, 0.05, 0.95), expected=_CALLS * max_iter + 1
    )
    # Without a mistake on the training rows there is nothing to step towards, and Fairlearn would never stop.
    idle = rows.error(before) == 0 and aim.id != "selection"
    steps = {"max_iter": 1, "nu": _ENOUGH} if idle else {"max_iter": max_iter, "nu": None}
    found = _run(rows, aim, workshop, task, settings={"bound": bound, "eps": eps, **steps})
    mixture = _mixture(found, drawn=draw)
    progress(0.95, "Measuring the mixture")
    tuning = (
        None
        if task.validation is None
        else replace(rows_of(task.validation, seed=task.seed, most=None), thin=rows.thin)
    )
    return _answer(task, aim, mixture, (rows, before), tuning, workshop=workshop, bound=bound)


def _run(rows: Rows, aim: Aim, workshop: Workshop, task: Task, *, settings: dict[str, Any]) -> Any:
    from fairlearn.reductions import ExponentiatedGradient

    group, _ = rows.constrained(aim)
    solver = {name: value for name, value in settings.items() if name != "bound"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moment = constraint(
            aim.id, aim.favourable, weight=rows.weight, threshold=task.threshold, bound=settings["bound"]
        )
        place = np.arange(len(rows.label)).reshape(-1, 1)
        return ExponentiatedGradient(Oracle(workshop), moment, **solver).fit(
            place, rows.label.astype(int), sensitive_features=group
        )


def _mixture(found: Any, *, drawn: bool) -> Mixture:
    kept = [(t, float(share)) for t, share in found.weights_.items() if share > _LEAST_SHARE]
    total = sum(share for _, share in kept)
    return Mixture(
        models=tuple(model_of(found.predictors_[t]) for t, _ in kept),
        shares=tuple(share / total for _, share in kept),
        drawn=drawn,
    )


def _answer(
    task: Task,
    aim: Aim,
    mixture: Mixture,
    start: tuple[Rows, NDArray[np.float64]],
    tuning: Rows | None,
    *,
    workshop: Workshop,
    bound: float,
) -> Repaired:
    """Put the mixture into the words and numbers of an answer."""
    rows, before = start
    train = mixture.chance(rows.frame)
    fresh = None if tuning is None else (tuning, mixture.chance(tuning.frame))
    told, drawn = _told(mixture, fresh or (rows, train), workshop)

    def score(frame: pd.DataFrame, group: Groups) -> NDArray[np.float64]:
        del group
        return mixture.score(frame)

    def decide(frame: pd.DataFrame, group: Groups) -> NDArray[np.int8]:
        del group
        return mixture.decide(frame, seed=task.seed)

    return Repaired(
        decide=decide,
        score=score,
        fitted=mixture.fitted([str(name) for name in rows.frame.columns]),
        rule=at_half(task.threshold),
        notes=(
            *nothing_to_do(rows, aim, before, bound),
            *reached(aim, before=start, train=(rows, train), tuning=fresh),
            *told,
            *rows.notes,
        ),
        measured={
            "oracle_calls": float(workshop.trained),
            "mixture_size": float(len(mixture.models)),
            **drawn,
        },
    )


def _told(
    mixture: Mixture, on: tuple[Rows, NDArray[np.float64]], workshop: Workshop
) -> tuple[list[str], dict[str, float]]:
    """Say how the mixture decides."""
    size = len(mixture.models)
    if size == 1:
        return [f"Of {count(workshop.trained)} models trained on the way, one decides."], {}
    said = [f"{size} of {count(workshop.trained)} models trained on the way decide together."]
    if not mixture.drawn:
        said.append(
            "The mean of their scores decides; the constraint was met by drawing among them, and may be less so."
        )
        return said, {}
    rows, chance = on
    share = float(np.average((chance > 0) & (chance < 1), weights=rows.weight))
    said.append(f"One of them is drawn for each person, which decides for {percent(share)} of people.")
    return said, {"drawn_share": share}
