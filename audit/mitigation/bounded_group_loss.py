"""Bounded group loss: the least loss of everybody among models under which no group loses more than a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.mitigation.minimax.choice import MAX_COST, MIN_ROWS, judge_training, pick, prepare
from audit.mitigation.minimax.losses import LOSSES, loss_setting
from audit.mitigation.minimax.own import own_loss
from audit.mitigation.minimax.words import at_more_cost, floor, kept_aside, measured, nothing_gained, outcome
from audit.mitigation.repair import InProcessing, Repaired, Task, by_threshold
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.progress import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.minimax.choice import Judge, Standing
    from audit.models.baseline import Fitted
    from audit.progress import Progress

_LOOKING = 6
"""Rounds of worst-group training by which a bound is found."""

_STEP = 3.0
_EVERYBODY = 0.05

SPEC = MitigationSpec(
    id="bounded_group_loss",
    title="Bounded group loss",
    stage="in",
    summary=(
        "Sets a bound that no group's loss may exceed, and looks for the model with the least loss of everybody under "
        "it. The audited kind of model is trained again and again with other weights of the groups (Fairlearn's "
        "reductions); the result is the average of the models' scores, or one of them."
    ),
    assumes=(
        "A bound can be named that is worth keeping, such as what the worst group can have at best. The model can be "
        "trained with row weights. The bound is kept on the training rows, so a model that knows its training rows by "
        "heart keeps it there and not elsewhere."
    ),
    caution=(
        "A bound that no model can keep is not kept, and the notes say so. Groups below the bound may lose up to it. "
        "Fairlearn's answer draws one of its models at random for every decision; here their scores are averaged, so that "
        "two equal people get equal decisions, and the loss is near the one that Fairlearn promises, not equal to it. Groups are used "
        "in training only; whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Compare the worst group's loss with the bound: on the training rows, where it was set, and on the validation "
        "rows. A group that stays above it needs better features or labels rather than other weights."
    ),
    params=(
        loss_setting(("brier", "error"), "Fairlearn bounds these two; it has no log-loss."),
        Param(
            id="bound",
            title="Bound for every group's loss (0: find one)",
            kind="float",
            default=0.0,
            low=0.0,
            high=1.0,
            help=(
                "No group is to have a larger loss than this on the training rows. 0 finds one between the worst "
                "group's loss without the mitigation and the best that a few rounds of worst-group training reach."
            ),
        ),
        Param(
            id="ambition",
            title="How near to the best the found bound is",
            kind="float",
            default=0.8,
            low=0.1,
            high=1.0,
            help="Where a bound is found: 0.1 is hardly below the worst group's loss of now, 1 is the best that was reached.",
        ),
        Param(
            id="search",
            title="How models are looked for",
            kind="choice",
            default="gradient",
            choices=("gradient", "grid"),
            choice_titles=("Exponentiated gradient: an average of models", "Grid: one model"),
            help=(
                "The gradient searches all mixtures of models. The grid tries weights from everybody towards each group and "
                "keeps one model, which is quicker to use and can be handed over as one file."
            ),
        ),
        Param(
            id="fits",
            title="Most models to train",
            kind="int",
            default=30,
            low=5,
            high=200,
            help="The search stops training when it has made so many, and works with those.",
        ),
        MAX_COST,
        MIN_ROWS,
    ),
    references=(
        (
            "Agarwal, A., Dudík, M. and Wu, Z. S. (2019). Fair regression: quantitative definitions and reduction-based "
            "algorithms. International Conference on Machine Learning, PMLR 97, 120–129. doi:10.48550/arXiv.1905.12843"
        ),
        (
            "Weerts, H., Dudík, M., Edgar, R., Jalali, A., Lutz, R. and Madaio, M. (2023). Fairlearn: assessing and "
            "improving fairness of AI systems. Journal of Machine Learning Research 24(257), 1–8."
        ),
    ),
    aims=("worst_group",),
)


class BoundedGroupLoss(InProcessing):
    r"""Minimise everybody's loss under :math:`L_g \le ζ` for every group.

    Parameters
    ----------
    loss : {"brier", "error"}, default "brier"
        What is bounded.
    bound : float, default 0.0
        ζ; 0 finds one.
    ambition : float, default 0.8
        Where a found bound lies between the worst loss of now (0) and the best that was reached (1).
    search : {"gradient", "grid"}, default "gradient"
        Fairlearn's ExponentiatedGradient or GridSearch.
    fits : int, default 30
        Most models to train.
    max_cost : float, default 0.05
        Share by which everybody's loss may rise.
    min_rows : int, default 50
        Training rows below which a group has no bound.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        loss: str = "brier",
        bound: float = 0.0,
        ambition: float = 0.8,
        search: str = "gradient",
        fits: int = 30,
        max_cost: float = 0.05,
        min_rows: int = 50,
    ) -> None:
        self.loss = loss
        self.bound = bound
        self.ambition = ambition
        self.search = search
        self.fits = fits
        self.max_cost = max_cost
        self.min_rows = min_rows

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Set the bound, search models under it, and choose on the validation rows.

        Parameters
        ----------
        task : Task
            Training and validation rows, and how the model is trained.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            An average of models, or one, with the threshold there was.
        """
        from audit.mitigation.minimax.bounded import reduce

        settings = resolve_params(SPEC, self.get_params())
        loss, max_cost = LOSSES[str(settings["loss"])], float(settings["max_cost"])
        progress(0.0, "Looking at the losses of the groups")
        used, judge = prepare(
            task, loss, min_rows=int(settings["min_rows"]), progress=within(progress, 0.0, 0.05)
        )
        used = _without_the_silent(used)
        bound = _find_bound(used, judge, settings, progress=within(progress, 0.05, 0.25))
        first = judge.measure(used.base.score(judge.rows.frame))
        grid = settings["search"] == "grid"
        made: list[tuple[Fitted, Standing]] = [(used.base, first)]
        if bound.binds:
            found = reduce(
                used,
                loss=loss.id,
                bounds=np.where(judge.inside, bound.value, 1.0),
                most=int(settings["fits"]),
                grid=grid,
                progress=within(progress, 0.25, 0.9),
            )
            made += _candidates(judge, found, bound.value, grid=grid)
        standings = [standing for _, standing in made]
        at = pick(standings, max_cost=max_cost)
        fitted, after = made[at]
        progress(0.9, "Training a model of the worst group alone")
        own = own_loss(used, judge, first.worst_group, progress=within(progress, 0.9, 1.0))
        told = outcome(judge, first, after) if at else (nothing_gained(judge, first, max_cost),)
        return replace(
            by_threshold(fitted if at else task.base, task.threshold),
            notes=(
                *judge.notes,
                *kept_aside(judge),
                *bound.notes,
                *(told if bound.binds else ()),
                *(_kept(used, judge, fitted, bound.value) if at else ()),
                *(at_more_cost(judge, standings, at, max_cost) or floor(judge, first, after, own=own)),
            ),
            measured={**measured(first, after, own), "bound": bound.value},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    value: float
    binds: bool
    notes: tuple[str, ...]


def _find_bound(used: Task, judge: Judge, settings: dict[str, Any], *, progress: Progress) -> _Bound:
    """Take the bound that was set, or find one between what the worst group has and the best it can have."""
    from audit.mitigation.minimax.rounds import averages, play

    on_training = judge_training(used, judge)
    now = on_training.measure(used.base.score(used.train.frame)).worst
    given = float(settings["bound"])
    if given > 0:
        said = (
            f"The bound is {given:.4f}; without the mitigation the worst group's {judge.loss.name} on the training rows is "
            f"{now:.4f}."
        )
        idle = f"{said} The bound is kept already: the model was left as it is."
        return _Bound(value=given, binds=given < now, notes=(said if given < now else idle,))
    played = play(used, on_training, rounds=_LOOKING, step=_STEP, everybody=_EVERYBODY, progress=progress)
    reached = (*played.scores, *averages(played.scores))
    best = min(on_training.measure(score).worst for score in reached)
    value = now - float(settings["ambition"]) * (now - best)
    said = (
        f"The bound was found: {value:.4f}, between the worst group's {judge.loss.name} on the training rows without the "
        f"mitigation ({now:.4f}) and the best that {_LOOKING} rounds of worst-group training reached ({best:.4f})."
    )
    if value < now - 1e-9:
        return _Bound(value=value, binds=True, notes=(said,))
    idle = (
        f"Nothing to gain: {_LOOKING} rounds of worst-group training found no model with a lower {judge.loss.name} in the "
        f"worst group on the training rows than {now:.4f}. The model was left as it is without the mitigation."
    )
    return _Bound(value=now, binds=False, notes=(idle,))


def _candidates(judge: Judge, found: Any, bound: float, *, grid: bool) -> list[tuple[Fitted, Standing]]:
    """Give the average of the mixture, or the model of the grid that costs least under the bound."""
    from audit.mitigation.minimax.rounds import vote

    if not grid:
        counting = sum(weight > 0 for weight in found.weights)
        mixed = vote(found.members, found.weights, title=f"Average of {counting} models")
        return [(mixed, judge.measure(mixed.score(judge.rows.frame)))]
    tried = [(one, judge.measure(one.score(judge.rows.frame))) for one in found.members]
    tried.sort(key=lambda each: each[1].overall)
    # under the bound the cheapest is wanted; where none is under it, the usual rule decides among all
    return next(([each] for each in tried if each[1].worst <= bound), tried)


def _kept(used: Task, judge: Judge, fitted: Fitted, bound: float) -> tuple[str, ...]:
    """Say whether the bound was kept where it was set."""
    worst = judge_training(used, judge).measure(fitted.score(used.train.frame)).worst
    if worst <= bound + 1e-4:
        return (f"On the training rows the bound is kept: {worst:.4f}.",)
    return (f"On the training rows the bound is not kept: the worst group has {worst:.4f}.",)


def _without_the_silent(task: Task) -> Task:
    """Leave out training rows of weight 0, which Fairlearn would divide by."""
    says: NDArray[np.bool_] = task.train.weight > 0
    if says.all():
        return task
    train = task.train
    return replace(
        task,
        train=replace(
            train,
            frame=train.frame.loc[says].reset_index(drop=True),
            label=train.label[says],
            group=train.group[says],
            weight=train.weight[says],
        ),
    )
