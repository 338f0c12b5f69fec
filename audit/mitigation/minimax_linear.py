"""Worst-group training of a linear model: solved to its optimum, with a certificate and a curve of trade-offs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.mitigation.minimax.choice import MAX_COST, MIN_ROWS, keep_aside, pick, set_judge
from audit.mitigation.minimax.linear import (
    Point,
    Problem,
    certificate,
    lower_bound,
    solve_path,
)
from audit.mitigation.minimax.losses import LOSSES, loss_setting
from audit.mitigation.minimax.own import own_loss
from audit.mitigation.minimax.paths import curve
from audit.mitigation.minimax.weights import shares_of
from audit.mitigation.minimax.words import at_more_cost, floor, kept_aside, measured, nothing_gained, outcome
from audit.mitigation.repair import InProcessing, Repaired, Task, by_threshold
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.minimax.choice import Judge, Standing
    from audit.mitigation.minimax.losses import Loss
    from audit.mitigation.table import TrainingTable
    from audit.models.baseline import Fitted
    from audit.models.features import Encoder
    from audit.progress import Progress
    from audit.rows.series import Series

PATH: Final = (3.0, 1.0, 0.3, 0.1, 0.05, 0.02, 0.01)
GUARDED: Final = (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
"""Weights of everybody's loss that are tried; more of it where one kind of error alone is lowered."""

SPEC = MitigationSpec(
    id="minimax_linear",
    title="Worst-group training, linear",
    stage="in",
    summary=(
        "Trains a logistic regression so that the group with the largest loss has as small a loss as can be (minimax), "
        "while everybody's loss still counts a little. It solves a whole curve, from the usual model to the best "
        "one for the worst group, and keeps the model on it that helps the worst group at the least cost to others."
    ),
    assumes=(
        "A logistic regression is a sensible model for the task. The labels are right in every group: in a group with "
        "wrong labels the loss stays high whatever is done, and the training chases it. Groups are large enough for "
        "their losses to be more than chance."
    ),
    caution=(
        "It lowers the worst loss and does not make losses or selection rates equal. Other groups can lose more than the "
        "worst group gains: the notes name them. Where the worst group's outcomes are simply hard to "
        "predict, there is next to nothing to gain, and the notes say so. Groups are used in training only; whether "
        "that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Look at the worst group's loss and at who pays. The certificate says how much lower any logistic regression "
        "with these features could bring the worst group on the training rows: near 0 means that this is the best there is. "
        "Losses on the test rows differ by chance."
    ),
    params=(
        loss_setting(
            tuple(LOSSES),
            "For the three rates the training uses the log-loss of the rows concerned in their place; the rate is what is "
            "judged and reported. One kind of error alone could be brought to 0 by deciding everybody alike, so that "
            "there the rise of the overall error rate is limited.",
        ),
        Param(
            id="choose",
            title="How the trade-off is chosen",
            kind="choice",
            default="validation",
            choices=("validation", "fixed"),
            choice_titles=("By the validation rows", "By the weight below"),
            help=(
                "By the validation rows: the model that costs everybody least among those with nine tenths of the best "
                "gain for the worst group."
            ),
        ),
        Param(
            id="rho",
            title="Weight of everybody's loss (ρ), where it is fixed",
            kind="float",
            default=0.05,
            low=0.0,
            high=100.0,
            help=(
                "How much everybody's loss counts beside the worst group's. 0 looks at the worst group only and can "
                "harm others for nothing; large values give the usual model."
            ),
        ),
        MAX_COST,
        MIN_ROWS,
    ),
    references=(
        (
            "Diana, E., Gill, W., Kearns, M., Kenthapadi, K. and Roth, A. (2021). Minimax group fairness: algorithms and "
            "experiments. AAAI/ACM Conference on AI, Ethics, and Society, 66–76. doi:10.1145/3461702.3462523"
        ),
        (
            "Martinez, N., Bertran, M. and Sapiro, G. (2020). Minimax Pareto fairness: a multi objective perspective. "
            "International Conference on Machine Learning, PMLR 119, 6755–6764. doi:10.48550/arXiv.2011.01821"
        ),
    ),
    aims=("worst_group",),
    own_model="logistic_regression",
)


class MinimaxLinear(InProcessing):
    r"""Minimise the smooth maximum of group losses plus ρ times everybody's, over logistic regressions.

    Parameters
    ----------
    loss : {"log_loss", "brier", "error", "false_positive", "false_negative"}, default "log_loss"
        What is lowered in the worst group.
    choose : {"validation", "fixed"}, default "validation"
        How ρ is chosen.
    rho : float, default 0.05
        Weight of everybody's loss, where it is fixed.
    max_cost : float, default 0.05
        Share by which everybody's loss may rise, where the validation rows choose.
    min_rows : int, default 50
        Training rows below which a group does not compete.

    Notes
    -----
    .. math:: \min_θ τ \log \frac1K \sum_g e^{L_g(θ)/τ} + ρ L(θ) + (1 + ρ) \frac{|θ|^2}{2n}

    by L-BFGS, with τ lowered to 0.002 and each ρ started from the one before. The penalty is that of the audited logistic
    regression, so that a large ρ gives exactly that model.
    """

    spec = SPEC

    def __init__(
        self,
        loss: str = "log_loss",
        choose: str = "validation",
        rho: float = 0.05,
        max_cost: float = 0.05,
        min_rows: int = 50,
    ) -> None:
        self.loss = loss
        self.choose = choose
        self.rho = rho
        self.max_cost = max_cost
        self.min_rows = min_rows

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Solve the curve and keep one model of it.

        Parameters
        ----------
        task : Task
            Training and validation rows.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            A logistic regression with the threshold there was.
        """
        settings = resolve_params(SPEC, self.get_params())
        loss, max_cost = LOSSES[str(settings["loss"])], float(settings["max_cost"])
        progress(0.0, "Preparing the features")
        learn, held = (
            (task.train, task.validation) if task.validation else keep_aside(task.train, seed=task.seed)
        )
        judge = set_judge(
            task.train,
            held,
            loss,
            threshold=task.threshold,
            min_rows=int(settings["min_rows"]),
            source="validation" if task.validation else "aside",
        )
        given = float(settings["rho"]) if settings["choose"] == "fixed" else None
        focuses = _focuses(loss, given)
        rows = learn if judge.source == "aside" else task.train
        tried = _solve(task, judge, rows, focuses, progress=within(progress, 0.05, 0.5))
        standings = tried.standings(judge)[: len(focuses)]
        at = len(focuses) - 1 if given is not None else pick(standings, max_cost=max_cost)
        solved = tried
        if judge.source == "aside":  # the choice is made: the model learns from every row
            solved = _solve(task, judge, task.train, focuses[: at + 1], progress=within(progress, 0.5, 0.85))
        progress(0.85, "Training a model of the worst group alone")
        own = own_loss(task, judge, standings[0].worst_group, progress=within(progress, 0.85, 0.95))
        progress(0.95, "Certifying the worst group")
        sure = _certify(solved, at)
        more = () if given is not None else at_more_cost(judge, standings, at, max_cost)
        notes = (
            *judge.notes,
            *kept_aside(judge),
            *_chosen(judge, standings, at, focuses[at], given=given, max_cost=max_cost),
            *(more or floor(judge, standings[0], standings[at], own=own, reachable=sure.reachable)),
            *sure.notes,
        )
        progress(1.0, "The model is trained")
        return replace(
            by_threshold(solved.fitted(at), task.threshold),
            notes=notes,
            measured={**measured(standings[0], standings[at], own), **sure.measured},
            series=(_path(judge, standings, focuses, at),),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Solved:
    """The models of a path, and last the best for the worst group only, where that is a question."""

    problem: Problem
    encoder: Encoder
    points: tuple[Point, ...]

    def fitted(self, at: int) -> Fitted:
        from audit.models.baseline import linear

        return linear(
            self.encoder, _estimator(self.points[at].theta), title="Worst-group logistic regression"
        )

    def standings(self, judge: Judge) -> tuple[Standing, ...]:
        from audit.models.baseline import one_hot, positive_probability

        table = one_hot(self.encoder, judge.rows.frame)
        scores = (positive_probability(_estimator(point.theta), table) for point in self.points)
        return tuple(judge.measure(score) for score in scores)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sure:
    measured: dict[str, float]
    notes: tuple[str, ...] = ()
    reachable: float | None = None


def _focuses(loss: Loss, given: float | None) -> tuple[float, ...]:
    """Give the shares of the worst group to try, from none."""
    path: tuple[float, ...] = PATH if loss.counted is None else GUARDED
    if given is not None:
        path = (*(rho for rho in path if rho > given), given)
    return (0.0, *(1 / (1 + rho) for rho in path))


def _solve(
    task: Task, judge: Judge, rows: TrainingTable, focuses: Sequence[float], *, progress: Progress
) -> _Solved:
    from audit.models.baseline import one_hot
    from audit.models.features import build_encoder

    encoder = task.base.encoder or build_encoder(task.train.frame)
    problem = Problem(
        table=one_hot(encoder, rows.frame),
        label=rows.label,
        shares=shares_of(rows, judge.loss.counted),
        inside=judge.inside,
        loss=judge.loss,
        ridge=1.0 / len(rows.label),
    )
    # One kind of error alone is lowest where everybody is decided alike: the worst group only is then no question.
    alone = judge.loss.counted is None and focuses[-1] < 1
    points = solve_path(problem, (*focuses, 1.0) if alone else focuses, progress=progress)
    return _Solved(problem=problem, encoder=encoder, points=points)


def _estimator(theta: NDArray[np.float64]) -> Any:
    """Put the coefficients into the classifier that scikit-learn would have fitted."""
    from sklearn.linear_model import LogisticRegression

    made = LogisticRegression(max_iter=500)
    made.classes_ = np.array([0, 1])
    made.coef_, made.intercept_ = theta[None, :-1].copy(), theta[-1:].copy()
    made.n_features_in_ = len(theta) - 1
    made.n_iter_ = np.array([1], dtype=np.int32)
    return made


def _certify(solved: _Solved, at: int) -> _Sure:
    """Bound by one more weighted fit what any logistic regression could do for the worst group."""
    problem, picked = solved.problem, solved.points[at]
    if not problem.loss.convex:
        said = "There is no certificate: the Brier score of a logistic regression is not convex."
        return _Sure(measured={}, notes=(said,))
    if problem.loss.counted is not None:
        return _guarded(problem, picked)
    bound = lower_bound(problem, solved.points[-1])
    usual = solved.points[0]
    spare = certificate(problem, usual, bound)
    worst = float(problem.losses(usual.theta)[0][problem.inside].max())
    what = "The certificate is about the log-loss, which the training lowers in place of the error rate."
    return _Sure(
        measured={"duality_gap": certificate(problem, picked, bound), "reachable_gain": spare},
        notes=(what,) if problem.loss.decided else (),
        reachable=None if problem.loss.decided else spare / worst,
    )


def _guarded(problem: Problem, picked: Point) -> _Sure:
    """Certify the worst group among models that cost everybody no more: their sum is minimised, with one multiplier."""
    if picked.focus in {0.0, 1.0}:
        return _Sure(measured={})
    rho = (1 - picked.focus) / picked.focus
    whole = replace(problem, ridge=problem.ridge * (1 + rho))
    bound = lower_bound(whole, picked, of_everybody=rho)
    gap = certificate(whole, picked, bound, of_everybody=rho)
    what = "The certificate is about the log-loss of the rows concerned, which the training lowers in place of the rate."
    return _Sure(measured={"guarded_gap": gap}, notes=(what,))


def _chosen(
    judge: Judge,
    standings: Sequence[Standing],
    at: int,
    focus: float,
    *,
    given: float | None,
    max_cost: float,
) -> tuple[str, ...]:
    """Say which model was kept and what it did."""
    before, after = standings[0], standings[at]
    if at == 0:
        return (nothing_gained(judge, before, max_cost),)
    rho = (1 - focus) / focus
    times = "as much as" if rho == 1 else f"{rho:.2g} times as much as"
    meaning = f"everybody's loss counts {times} the worst group's" if rho else "others do not count"
    how = "as set" if given is not None else "chosen by the worst group's loss and its cost"
    return (f"Trade-off kept: ρ = {rho:.2g}, {how}; {meaning}.", *outcome(judge, before, after))


def _path(judge: Judge, standings: Sequence[Standing], focuses: Sequence[float], at: int) -> Series:
    return curve(
        judge,
        standings,
        focuses,
        kind="path",
        title=f"From the usual model to the best for the worst group: {judge.loss.name}",
        across="Share of the worst group in what is minimised, 1 / (1 + ρ)",
        picked=focuses[at],
    )
