"""Worst-group training of the audited kind of model: trained again with more weight on groups that do badly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.mitigation.minimax.choice import MAX_COST, MIN_ROWS, pick, prepare
from audit.mitigation.minimax.losses import LOSSES, loss_setting
from audit.mitigation.minimax.own import own_loss
from audit.mitigation.minimax.paths import curve
from audit.mitigation.minimax.rounds import averages, play, vote
from audit.mitigation.minimax.words import at_more_cost, floor, kept_aside, measured, nothing_gained, outcome
from audit.mitigation.repair import InProcessing, Repaired, Task, by_threshold
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.mitigation.minimax.choice import Judge, Standing
    from audit.mitigation.minimax.rounds import Rounds
    from audit.models.baseline import Fitted
    from audit.progress import Progress
    from audit.rows.series import Series

_EVERYBODY = 0.05

SPEC = MitigationSpec(
    id="minimax_hedge",
    title="Worst-group training, any model",
    stage="in",
    summary=(
        "Trains the audited kind of model again and again. After each round the groups with the largest losses on the "
        "validation rows weigh more (multiplicative weights, Hedge). The result is the average of the models' scores, or "
        "the best single one. It aims at as small a loss as can be for the group that is worst off (minimax)."
    ),
    assumes=(
        "The model can be trained with row weights, and weights change what it learns: a model that fits every training "
        "row anyhow does not care. The labels are right in every group. Groups are large enough for their losses to be "
        "more than chance."
    ),
    caution=(
        "It lowers the worst loss and does not make losses or selection rates equal; others may pay, and the notes name "
        "them. There is no certificate that a better model does not exist. An average of many models takes as many times "
        "longer to decide and is harder to explain than one. Groups are used in training only; whether that is lawful "
        "depends on place and purpose, so have it checked."
    ),
    reading=(
        "Look at the worst group's loss and at who pays. The curve by round shows whether weighing groups still helped "
        "when it stopped. Losses on the test rows differ by chance."
    ),
    params=(
        loss_setting(
            ("log_loss", "brier", "error"),
            "The groups are weighed by this loss; each model learns in its own way.",
        ),
        Param(
            id="rounds",
            title="Rounds",
            kind="int",
            default=15,
            low=2,
            high=30,
            help="How many models are trained, with the one without the mitigation; the time grows with it.",
        ),
        Param(
            id="step",
            title="Step",
            kind="float",
            default=3.0,
            low=0.1,
            high=10.0,
            help=(
                "How far the weights of the groups move in the first round; later rounds move less. Losses are divided "
                "by their range first, so that a step means the same for every data set."
            ),
        ),
        Param(
            id="output",
            title="What is kept",
            kind="choice",
            default="average",
            choices=("average", "best_round"),
            choice_titles=("The average of the models so far", "The best single model"),
            help=(
                "The average is steadier; its scores are the mean of the models' scores, and nothing is drawn at random. A "
                "single model is quicker and can be handed over as one file."
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
            "Freund, Y. and Schapire, R. E. (1997). A decision-theoretic generalization of on-line learning and an "
            "application to boosting. Journal of Computer and System Sciences 55(1), 119–139. doi:10.1006/jcss.1997.1504"
        ),
        (
            "Martinez, N., Bertran, M. and Sapiro, G. (2020). Minimax Pareto fairness: a multi objective perspective. "
            "International Conference on Machine Learning, PMLR 119, 6755–6764. doi:10.48550/arXiv.2011.01821"
        ),
    ),
    aims=("worst_group",),
)


class MinimaxHedge(InProcessing):
    r"""Raise the weight of each group by its loss, train again, and average.

    Parameters
    ----------
    loss : {"log_loss", "brier", "error"}, default "log_loss"
        By which loss groups are weighed and models judged.
    rounds : int, default 15
        How many models, with the one without the mitigation.
    step : float, default 3.0
        How far weights may move.
    output : {"average", "best_round"}, default "average"
        Whether scores are averaged or one model is kept.
    max_cost : float, default 0.05
        Share by which everybody's loss may rise.
    min_rows : int, default 50
        Training rows below which a group does not compete.

    Notes
    -----
    Round t multiplies the weight of group g by :math:`\exp(a\, t^{-1/2} (L_g - \min L) / (\max L - \min L))`, with the
    smallest and largest loss of any group in any round so far. Model t counts t times in the average.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        loss: str = "log_loss",
        rounds: int = 15,
        step: float = 3.0,
        output: str = "average",
        max_cost: float = 0.05,
        min_rows: int = 50,
    ) -> None:
        self.loss = loss
        self.rounds = rounds
        self.step = step
        self.output = output
        self.max_cost = max_cost
        self.min_rows = min_rows

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Play the rounds and keep what is best for the worst group at a cost that is allowed.

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
        settings = resolve_params(SPEC, self.get_params())
        loss, max_cost = LOSSES[str(settings["loss"])], float(settings["max_cost"])
        progress(0.0, "Looking at the losses of the groups")
        used, judge = prepare(
            task, loss, min_rows=int(settings["min_rows"]), progress=within(progress, 0.0, 0.05)
        )
        played = play(
            used,
            judge,
            rounds=int(settings["rounds"]),
            step=float(settings["step"]),
            everybody=_EVERYBODY,
            progress=within(progress, 0.05, 0.9),
        )
        averaged = settings["output"] == "average"
        tried = averages(played.scores) if averaged else played.scores
        standings = [judge.measure(score) for score in tried]
        at = pick(standings, max_cost=max_cost)
        before, after = standings[0], standings[at]
        own = own_loss(used, judge, before.worst_group, progress=within(progress, 0.9, 0.98))
        fitted = _model(played, at, averaged=averaged)
        told = outcome(judge, before, after) if at else (nothing_gained(judge, before, max_cost),)
        progress(1.0, "The model is chosen")
        return replace(
            by_threshold(fitted if at else task.base, task.threshold),
            notes=(
                *judge.notes,
                *kept_aside(judge),
                *_kept(judge, played, at, averaged=averaged),
                *told,
                *(at_more_cost(judge, standings, at, max_cost) or floor(judge, before, after, own=own)),
                "There is no certificate: another model of this kind may do better for the worst group.",
            ),
            measured=measured(before, after, own),
            series=(_rounds(judge, standings, at, averaged=averaged),),
        )


def _model(played: Rounds, at: int, *, averaged: bool) -> Fitted:
    if not averaged:
        return played.members[at]
    counts = [float(t) if t <= at + 1 else 0.0 for t in range(1, len(played.members) + 1)]
    return vote(played.members, counts, title=f"Average of {at + 1} models")


def _rounds(judge: Judge, standings: Sequence[Standing], at: int, *, averaged: bool) -> Series:
    return curve(
        judge,
        standings,
        range(1, len(standings) + 1),
        kind="training",
        title=f"By round: {judge.loss.name} of the {'average so far' if averaged else 'model'}",
        across="Round",
        picked=float(at + 1),
    )


def _kept(judge: Judge, played: Rounds, at: int, *, averaged: bool) -> tuple[str, ...]:
    """Say what was kept, and which group the weights went to."""
    from audit.mitigation.table import group_name

    if not at:
        return ()
    what = (
        f"Kept: the average of the scores of {at + 1} models, later rounds counting for more"
        if averaged
        else f"Kept: the model of round {at + 1}"
    )
    last = played.weights[at]
    top = int(last.argmax())
    name = group_name(judge.rows.groups[top])
    return (
        f"{what}. In round {at + 1} group {name} weighed most: {100 * last[top]:.0f} % of the weight of the groups.",
    )
