"""Fairlearn's ThresholdOptimizer: thresholds by group on a grid, with a draw between two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.errors import PlanError
from audit.mitigation.hull.aims import AIM, Aim
from audit.mitigation.repair import Adjusted, PostProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Scores
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="threshold_optimizer",
    title="Fairlearn's threshold optimizer",
    stage="post",
    summary=(
        "Leaves the scores as they are and gives every group thresholds of its own, found by the ThresholdOptimizer of "
        "the library Fairlearn. Between two thresholds of a group a draw decides. It is here so that its answer can be "
        "held against that of the linear programme."
    ),
    assumes=(
        "The group of a person is known, and may be used, when it is decided. "
        "The labels of the rows that thresholds are set on are right. "
        "A decision may be left to chance."
    ),
    caution=(
        "Two people with the same score get different decisions because of their group, and two of the same group and "
        "score because of a draw. Whether either is lawful depends on place and purpose, so have it checked. "
        "Part of the gap closes because the better-off group is favoured less often."
    ),
    reading=(
        "On the rows that thresholds were set on, the gap is 0 or within the tolerance, to the width of a grid of "
        "1,000. On the test rows it differs by chance. People of a group that was not seen keep the threshold of now, "
        "where Fairlearn itself would give them all a negative decision."
    ),
    params=(
        replace(AIM, choices=AIM.choices[:-1], choice_titles=AIM.choice_titles[:-1]),
        Param(
            id="objective",
            title="What to keep high",
            kind="choice",
            default="accuracy_score",
            choices=("accuracy_score", "balanced_accuracy_score"),
            choice_titles=(
                "Right decisions (accuracy)",
                "Both kinds of right decisions alike (balanced accuracy)",
            ),
            help="What is as high as possible among all thresholds that make the rates alike.",
        ),
        Param(
            id="tolerance",
            title="Tolerance",
            kind="float",
            default=0.0,
            low=0.0,
            high=1.0,
            help="The widest gap that is accepted, as a share. Not offered by Fairlearn for equalized odds.",
        ),
    ),
    references=(
        (
            "Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. Advances in "
            "Neural Information Processing Systems 29. doi:10.48550/arXiv.1610.02413"
        ),
        (
            "Weerts, H., Dudík, M., Edgar, R., Jalali, A., Lutz, R. and Madaio, M. (2023). Fairlearn: assessing and "
            "improving fairness of AI systems. Journal of Machine Learning Research 24(257), 1–8."
        ),
    ),
    aims=("opportunity", "selection", "odds"),
    group_at_decision=True,
)


class ThresholdOptimizer(PostProcessing):
    """Run Fairlearn's optimiser and keep its answer as thresholds with shares.

    Parameters
    ----------
    constraint : {"opportunity", "selection", "odds", "false_positive_rate"}, default "opportunity"
        What is to be alike.
    objective : {"accuracy_score", "balanced_accuracy_score"}, default "accuracy_score"
        What is kept high.
    tolerance : float, default 0.0
        The widest gap accepted.

    Notes
    -----
    Fairlearn takes rows without weights. Weighted rows, and more than 50,000, are stood for by every so many in the
    order of group, label and score.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        constraint: str = "opportunity",
        objective: str = "accuracy_score",
        tolerance: float = 0.0,
    ) -> None:
        self.constraint = constraint
        self.objective = objective
        self.tolerance = tolerance

    def adjust(self, scores: Scores, *, seed: int, progress: Progress) -> Adjusted:  # noqa: ARG002 - nothing is drawn here
        """Set the thresholds.

        Parameters
        ----------
        scores : Scores
            Rows or bins.
        seed : int
            Without effect: the optimiser draws nothing.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Adjusted
            Thresholds for each group.

        Raises
        ------
        PlanError
            Where a setting is out of range, or a tolerance is asked for with equalized odds.
        InputError
            Where no group has people of both labels.
        """
        from audit.mitigation.hull.peer import CONSTRAINTS, optimize, stand_ins
        from audit.mitigation.hull.programme import weigh
        from audit.mitigation.hull.setting import as_now, pose
        from audit.mitigation.hull.telling import how_drawn, how_sure, left_alone, what_changed
        from audit.wording.numbers import count

        settings = resolve_params(SPEC, self.get_params())
        constraint, tolerance = str(settings["constraint"]), float(settings["tolerance"])
        if constraint == "odds" and tolerance > 0:
            raise PlanError(
                "Fairlearn's threshold optimizer knows no tolerance for equalized odds.",
                fix='Set the tolerance to 0, or use "threshold_programme".',
                code="mitigation_setting_range",
            )
        progress(0.0, "Drawing the curve of each group")
        problem = pose(scores, Aim(id=constraint, favourable=scores.favourable), both_labels=True)
        rows, exact = stand_ins(scores, [curve.code for curve in problem.curves])
        progress(0.2, "Running Fairlearn's optimizer")
        found = optimize(
            scores,
            rows,
            constraint=CONSTRAINTS[constraint, scores.favourable],
            objective=str(settings["objective"]),
            tolerance=tolerance or None,
        )
        before = weigh(problem, as_now(problem))
        after = weigh(problem, [found[curve.code] for curve in problem.curves])
        drawn, share = how_drawn(problem, after, scores)
        sure, margin = how_sure(problem, after)
        stood = (
            f"Fairlearn takes rows without weights: {count(len(rows))} rows in the same proportions stood for them.",
        )
        progress(1.0, "Thresholds are set")
        return Adjusted(
            rule=after.rule(problem),
            notes=(
                *what_changed(problem, before, after),
                *left_alone(problem),
                *drawn,
                *(() if exact else stood),
                *sure,
            ),
            measured={"fitted_gap": after.gap, **share, **margin},
        )
