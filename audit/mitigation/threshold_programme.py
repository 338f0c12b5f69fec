"""Thresholds by group: the cheapest thresholds whose rates are alike within a tolerance, by a linear programme."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from audit.mitigation.hull.aims import AIM, Aim
from audit.mitigation.repair import Adjusted, PostProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Scores
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="threshold_programme",
    title="Thresholds by group",
    stage="post",
    summary=(
        "Leaves the scores as they are and gives every group its own threshold: the one at which the rates of the "
        "groups are alike within a tolerance, and errors cost as little as they then can. It takes a moment, works for "
        "any number of groups and shows what each tolerance would cost."
    ),
    assumes=(
        "The group of a person is known, and may be used, when it is decided. "
        "The scores rank people within each group about equally well. "
        "The labels of the rows that thresholds are set on are right."
    ),
    caution=(
        "Two people with the same score get different decisions because of their group. In many places and purposes "
        "that is not lawful, so have it checked before anything else. "
        "Without a minimum for the chances of each group, part of the gap closes because the better-off group is "
        "favoured less often. Thresholds must be set again when the scores or the people change."
    ),
    reading=(
        "On the rows that thresholds were set on, the gap is within the tolerance, or as near as single thresholds "
        "come. On the test rows it differs from that by chance, most where a group is small: read its interval. The "
        "curve shows the price of each tolerance; a small tolerance often costs much less than none."
    ),
    params=(
        AIM,
        Param(
            id="tolerance",
            title="Tolerance",
            kind="float",
            default=0.0,
            low=0.0,
            high=1.0,
            help=(
                "The widest gap between two groups that is accepted, as a share: 0.05 is 5 points. 0 makes the rates "
                "equal; 1 only looks for the cheapest threshold of each group."
            ),
        ),
        Param(
            id="draw",
            title="Let a draw decide between two thresholds",
            kind="bool",
            default=False,
            help=(
                "With a draw the rates become exactly equal, and for some people chance decides. Without it everybody "
                "of a group with the same score gets the same decision, and a small gap is left."
            ),
        ),
        Param(
            id="keep_chances",
            title="Take no group's chances away",
            kind="bool",
            default=False,
            help=(
                "Levelling up: among those who merit the favourable decision, no group gets it less often than now. "
                "The price is more wrongly favourable decisions."
            ),
        ),
        Param(
            id="least_chance",
            title="Least chance in every group",
            kind="float",
            default=0.0,
            low=0.0,
            high=1.0,
            help=(
                "Among those who merit the favourable decision, at least this share gets it in every group. "
                "0 asks for nothing."
            ),
        ),
        Param(
            id="cost_ratio",
            title="Cost of a false positive",
            kind="float",
            default=1.0,
            low=0.01,
            high=100.0,
            help=(
                "How many false negatives cost as much as one false positive, with positive as in the data. "
                "1 looks for the fewest errors."
            ),
        ),
    ),
    references=(
        (
            "Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. Advances in "
            "Neural Information Processing Systems 29. doi:10.48550/arXiv.1610.02413"
        ),
        (
            "Cruz, A. F. and Hardt, M. (2024). Unprocessing seven years of algorithmic fairness. International "
            "Conference on Learning Representations. doi:10.48550/arXiv.2306.07261"
        ),
    ),
    aims=("opportunity", "selection", "odds", "error"),
    group_at_decision=True,
)

_WIDER = 0.01
_NOT_REACHED = (
    "One threshold for each group comes no nearer to the tolerance unless more than one decision in a hundred is given "
    "up for it; with a draw between two thresholds the gap would be within the tolerance on these rows."
)


class ThresholdProgramme(PostProcessing):
    """Choose points on the hulls of the groups' curves by a linear programme, and thresholds that lead to them.

    Parameters
    ----------
    constraint : {"opportunity", "selection", "odds", "false_positive_rate", "error"}, default "opportunity"
        What is to be alike.
    tolerance : float, default 0.0
        The widest gap accepted.
    draw : bool, default False
        Whether a draw may decide between two thresholds of a group.
    keep_chances : bool, default False
        Whether no group's chances may fall.
    least_chance : float, default 0.0
        The least chance in every group.
    cost_ratio : float, default 1.0
        What a false positive costs, in false negatives.

    Notes
    -----
    It needs no rows: counts by group, label and bin of the score give the same answer, to the width of a bin.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        constraint: str = "opportunity",
        tolerance: float = 0.0,
        draw: bool = False,
        keep_chances: bool = False,
        least_chance: float = 0.0,
        cost_ratio: float = 1.0,
    ) -> None:
        self.constraint = constraint
        self.tolerance = tolerance
        self.draw = draw
        self.keep_chances = keep_chances
        self.least_chance = least_chance
        self.cost_ratio = cost_ratio

    def adjust(self, scores: Scores, *, seed: int, progress: Progress) -> Adjusted:  # noqa: ARG002 - nothing is drawn here
        """Set the thresholds.

        Parameters
        ----------
        scores : Scores
            Rows or bins.
        seed : int
            Without effect: the programme draws nothing.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Adjusted
            Thresholds for each group, and the curve over the tolerance.

        Raises
        ------
        PlanError
            Where a setting is out of range.
        InputError
            Where no group has people enough.
        """
        from audit.mitigation.hull.programme import solve, weigh
        from audit.mitigation.hull.setting import as_now, pose
        from audit.mitigation.hull.single import choose
        from audit.mitigation.hull.telling import coarse, how_drawn, how_sure, left_alone, path, what_changed

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Drawing the curve of each group")
        problem = pose(
            scores,
            Aim(id=str(settings["constraint"]), favourable=scores.favourable),
            cost_ratio=float(settings["cost_ratio"]),
            least=float(settings["least_chance"]),
            keep=bool(settings["keep_chances"]),
        )
        before = weigh(problem, as_now(problem))
        after, series = path(
            problem,
            partial(solve if settings["draw"] else choose, problem),
            picked=float(settings["tolerance"]),
            start=before.gap,
            tell=lambda share: progress(0.1 + 0.85 * share, "Solving for each tolerance"),
        )
        drawn, share = how_drawn(problem, after, scores)
        wider = after.gap > float(settings["tolerance"]) + _WIDER
        sure, margin = how_sure(problem, after)
        progress(1.0, "Thresholds are set")
        return Adjusted(
            rule=after.rule(problem),
            notes=(
                *what_changed(problem, before, after),
                *left_alone(problem),
                *coarse(scores),
                *((_NOT_REACHED,) if wider else ()),
                *drawn,
                *sure,
            ),
            measured={"fitted_gap": after.gap, **share, **margin},
            series=(series,),
        )
