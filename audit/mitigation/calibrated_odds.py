"""Calibrated odds: withhold information from the better-off groups until one kind of cost is equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.repair import Adjusted, PostProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Scores
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="calibrated_odds",
    title="Calibrated equalized odds",
    stage="post",
    summary=(
        "Keeps probabilities honest in every group and makes one kind of cost equal: for a share of the people in the "
        "better-off groups, drawn at random, the score is put aside and the base rate of their group taken in its "
        "place. It is here to show what it costs; thresholds by group do the same with less harm."
    ),
    assumes=(
        "Scores are probabilities, as good in every group. "
        "The group of a person is known, and may be used, when it is decided. "
        "It is acceptable to decide about some people without looking at what is known of them."
    ),
    caution=(
        "It makes one cost equal and usually the other one more unequal: both cannot be equal while probabilities stay "
        "honest and base rates differ. Nobody gains: the better-off group is made worse until it is as badly off. Who "
        "is decided without their score is drawn at random. Have all of this checked by a lawyer first."
    ),
    reading=(
        "The notes give both costs before and after, on the rows that the shares were set on. Costs are means of "
        "scores, not of decisions: a gap in decisions can stay, or grow, while the gap in costs is 0."
    ),
    params=(
        Param(
            id="cost",
            title="The cost to make equal",
            kind="choice",
            default="opportunity",
            choices=("opportunity", "false_positive_rate", "weighted"),
            choice_titles=(
                "Scores that speak against those who merit the favourable decision",
                "Scores that speak for the others",
                "Both, weighted by how many there are",
            ),
            help="Which of the two costs is made equal; the other one is not looked at.",
        ),
    ),
    references=(
        (
            "Pleiss, G., Raghavan, M., Wu, F., Kleinberg, J. and Weinberger, K. Q. (2017). On fairness and calibration. "
            "Advances in Neural Information Processing Systems 30. doi:10.48550/arXiv.1709.02012"
        ),
    ),
    aims=("calibration",),
    group_at_decision=True,
)


class CalibratedOdds(PostProcessing):
    """Mix the scores of the better-off groups with their base rate.

    Parameters
    ----------
    cost : {"opportunity", "false_positive_rate", "weighted"}, default "opportunity"
        The cost to make equal.

    Notes
    -----
    With c the cost of a group, c* that of the worst and t that of its base rate, the share is (c* − c) / (t − c), at
    most 1. The paper has two groups; with more, every group is brought to the worst.
    """

    spec = SPEC

    def __init__(self, *, cost: str = "opportunity") -> None:
        self.cost = cost

    def adjust(self, scores: Scores, *, seed: int, progress: Progress) -> Adjusted:  # noqa: ARG002 - the rule draws
        """Choose the shares.

        Parameters
        ----------
        scores : Scores
            Rows or bins.
        seed : int
            Without effect: only decisions are drawn.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Adjusted
            The threshold of now, and for a share of people everybody or nobody.

        Raises
        ------
        PlanError
            Where a setting is unknown.
        InputError
            Where scores are no probabilities, or no group has people of both labels.
        """
        from audit.mitigation.hull.withheld import describe, withhold

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Comparing the costs of the groups")
        found = withhold(scores, str(settings["cost"]))
        progress(1.0, "Shares are set")
        return Adjusted(
            rule=found.rule,
            notes=describe(found, scores),
            measured={
                "fitted_gap": found.after[found.equalised],
                "other_gap": found.after[1 - found.equalised] if found.equalised < 2 else found.after[0],
                "drawn_share": found.drawn,
            },
        )
