"""A network whose loss also counts how far the groups' rates are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.mitigation.repair import InProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from audit.mitigation.networks.lesson import Lesson
    from audit.mitigation.networks.strength import Tried
    from audit.mitigation.repair import Repaired, Task
    from audit.progress import Progress
    from audit.rows.series import Series

SPEC = MitigationSpec(
    id="fair_loss",
    title="Penalty on gaps",
    stage="in",
    summary=(
        "Trains a neural network that is also charged for the distance between the groups' rates. The charge can be "
        "set by hand, chosen among several, or raised while training until a gap is small enough."
    ),
    assumes=(
        "The labels are taken as they are: for equal chances and equal errors they have to be right. "
        "Each group has enough rows with each label for its rates to be learned. "
        "The gap in the training rows is of the same kind as later ones."
    ),
    caution=(
        "Equal selection rates mean that groups with different base rates are held to different standards of merit: "
        "watch the chances and errors of each group. Part of a gap closes because the better-off group loses. "
        "Scores no longer match the frequency of the outcome. Groups are used in training and not at decision time; "
        "whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "The path shows what each weight of the penalty does to the gap and to the accuracy; the one marked was kept. "
        "It was chosen on rows that were looked at, so the gap on the test rows is usually wider."
    ),
    params=(
        Param(
            id="aim",
            title="What should come closer",
            kind="choice",
            default="opportunity",
            choices=("selection", "opportunity", "odds", "error"),
            choice_titles=(
                "Selection rates (demographic parity)",
                "Chances of those it is due to (equal opportunity)",
                "Both error rates (equalized odds)",
                "Shares of wrong decisions",
            ),
            help="Which rates of the groups the penalty compares.",
        ),
        Param(
            id="mode",
            title="How strong",
            kind="choice",
            default="path",
            choices=("path", "tolerance", "fixed"),
            choice_titles=(
                "Try six weights and choose",
                "Grow until a tolerance is met",
                "As set below",
            ),
            help=(
                "Six networks show the whole trade-off and take six times as long; a tolerance needs one network."
            ),
        ),
        Param(
            id="strength",
            title="Weight of the penalty",
            kind="float",
            default=0.5,
            low=0.0,
            high=20.0,
            help="Used as set only where nothing is tried or grown; 0 is the plain network.",
        ),
        Param(
            id="tolerance",
            title="Gap that may be left",
            kind="float",
            default=0.02,
            low=0.0,
            high=0.5,
            help="For growing: the penalty rises while the gap is wider (0.02 is 2 points).",
        ),
        Param(
            id="give_up",
            title="Accuracy that may be lost",
            kind="float",
            default=0.01,
            low=0.0,
            high=0.2,
            help=(
                "For choosing: the smallest gap is taken among networks that lose no more accuracy than this "
                "(0.01 is 1 point)."
            ),
        ),
    ),
    references=(
        (
            "Bechavod, Y. and Ligett, K. (2017). Penalizing unfairness in binary classification. "
            "doi:10.48550/arXiv.1707.00044"
        ),
        (
            "Han, X., Chi, J., Chen, Y., Wang, Q., Zhao, H., Zou, N. and Hu, X. (2024). FFB: A fair fairness benchmark "
            "for in-processing group fairness methods. International Conference on Learning Representations. "
            "doi:10.48550/arXiv.2306.09468"
        ),
    ),
    aims=("selection", "opportunity", "odds", "error"),
    own_model="mlp",
)

_NAMED: Final = 6

_NAMES: Final = {
    "selection": "selection rates",
    "opportunity": "chances",
    "odds": "error rates",
    "error": "shares of wrong decisions",
}


class FairLoss(InProcessing):
    """Add λ R to the loss, where R is the mean squared distance of the groups' rates from everybody's.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds", "error"}, default "opportunity"
        Which rates.
    mode : {"path", "tolerance", "fixed"}, default "path"
        How λ comes about.
    strength : float, default 0.5
        λ for "fixed".
    tolerance : float, default 0.02
        Gap that may be left, for "tolerance".
    give_up : float, default 0.01
        Accuracy that may be lost, for "path".

    Notes
    -----
    R is given at :class:`audit.mitigation.networks.penalty.FairLoss`. Chances are those of people to whom the decision
    that is good for them is due: with the label 1, or with the label 0 where the negative decision is the good one.
    """

    spec = SPEC

    def __init__(
        self,
        aim: str = "opportunity",
        mode: str = "path",
        strength: float = 0.5,
        tolerance: float = 0.02,
        give_up: float = 0.01,
    ) -> None:
        self.aim = aim
        self.mode = mode
        self.strength = strength
        self.tolerance = tolerance
        self.give_up = give_up

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train the network.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The network, with the threshold that the model had.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        from audit.mitigation.networks.lesson import answer, lesson
        from audit.mitigation.networks.strength import meet, path, sweep, train_with

        settings = resolve_params(SPEC, self.get_params())
        aim, mode = str(settings["aim"]), str(settings["mode"])
        progress(0.0, "Preparing the rows")
        taught = lesson(task)
        series: tuple[Series, ...] = ()
        notes: tuple[str, ...] = ()
        if mode == "path":
            kept, every = sweep(taught, aim, float(settings["give_up"]), progress=progress)
            series, notes = (path(taught, aim, every, kept),), _of_path(kept, every, aim)
        elif mode == "tolerance":
            kept = meet(taught, aim, float(settings["tolerance"]), progress=progress)
            notes = _of_tolerance(kept, float(settings["tolerance"]), aim)
        else:
            kept = train_with(taught, aim, float(settings["strength"]), progress=progress)
        return answer(
            taught,
            kept.learned,
            title=SPEC.title,
            notes=(*notes, *_no_say(taught, kept, aim)),
            measured={"coefficient": kept.coefficient},
            series=series,
        )


def _of_path(kept: Tried, every: tuple[Tried, ...], aim: str) -> tuple[str, ...]:
    """Say what was tried and why one was chosen."""
    plain = every[0]
    collapsed = [f"{one.coefficient:g}" for one in every if one.judged.collapsed]
    said = []
    if kept.gap is not None and plain.gap is not None:
        said.append(
            f"Of {len(every)} weights of the penalty, λ = {kept.coefficient:g} was kept: on training and held-out rows the gap between "
            f"{_NAMES[aim]} is {100 * kept.gap:.1f} points (without penalty {100 * plain.gap:.1f}), and the accuracy "
            f"{100 * kept.accuracy:.1f} % (without {100 * plain.accuracy:.1f} %)."
        )
    if collapsed:
        said.append(
            f"The network collapsed at the weights {', '.join(collapsed)}: these were not considered."
        )
    return tuple(said)


def _of_tolerance(kept: Tried, tolerance: float, aim: str) -> tuple[str, ...]:
    """Say whether the tolerance was met on the rows kept to judge by."""
    if kept.gap is None:
        return ()
    if kept.gap <= tolerance:
        met = (
            f"On training and held-out rows the gap between {_NAMES[aim]} came down to {100 * kept.gap:.1f} points, within the "
            f"{100 * tolerance:.1f} asked for, at a weight of the penalty of {kept.coefficient:.2f}."
        )
        return (met,)
    missed = (
        f"The tolerance of {100 * tolerance:.1f} points was not met in any epoch: the smallest gap between "
        f"{_NAMES[aim]} on training and held-out rows is {100 * kept.gap:.1f} points."
    )
    return (missed,)


def _no_say(taught: Lesson, kept: Tried, aim: str) -> tuple[str, ...]:
    """Say which groups are too small to have a say in the gap, and where there is none."""
    from audit.mitigation.networks.penalty import SMALL, without_say

    if kept.gap is None:
        said = (
            f"The gap between {_NAMES[aim]} cannot be estimated on {len(taught.rows):,} training rows: fewer than two "
            f"groups have {SMALL} rows that it is about."
        )
        return (said,)
    few = [group_name(taught.groups[code]) for code in without_say(kept.judged, aim, taught.good)]
    if not few:
        return ()
    more = f" and {len(few) - _NAMED:,} more" if len(few) > _NAMED else ""
    return (f"Too few rows to have a say in the gap (fewer than {SMALL}): {', '.join(few[:_NAMED])}{more}.",)
