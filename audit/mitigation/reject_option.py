"""Reject option: near the threshold, decide for the group that is favoured less and against the one favoured more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.mitigation.hull.aims import AIM, Aim
from audit.mitigation.repair import Adjusted, PostProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Scores
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="reject_option",
    title="Reject option",
    stage="post",
    summary=(
        "Where a score is close to the threshold, the model is least sure. There the group that is favoured less often "
        "gets the favourable decision, and the group that is favoured more often does not. How close is close is "
        "chosen so that the gap is as small as wanted."
    ),
    assumes=(
        "The group of a person is known, and may be used, when it is decided. "
        "Decisions close to the threshold are those in which a difference between groups does most harm. "
        "The method was made for two groups; with more, a group belongs to the less favoured where its rate is below "
        "the middle between the highest and the lowest."
    ),
    caution=(
        "Both groups move by the same margin, one up and one down: it takes from one group what it gives to the other, "
        "and costs more right decisions than thresholds chosen for each group. "
        "People with the same score get different decisions because of their group; have that checked by a lawyer "
        "first."
    ),
    reading=(
        "The curve shows the gap over the margin: it falls to nothing and then opens the other way. The margin kept is "
        "the cheapest whose gap, without its sign, is within the tolerance; where none is, the one whose gap is nearest "
        "to 0. Some libraries choose by a signed gap, and then go as far as possible the other way."
    ),
    params=(
        replace(AIM, default="selection", choices=AIM.choices[:3], choice_titles=AIM.choice_titles[:3]),
        Param(
            id="tolerance",
            title="Tolerance",
            kind="float",
            default=0.02,
            low=0.0,
            high=1.0,
            help="The widest gap that is accepted, as a share: 0.02 is 2 points.",
        ),
    ),
    references=(
        (
            "Kamiran, F., Karim, A. and Zhang, X. (2012). Decision theory for discrimination-aware classification. "
            "IEEE International Conference on Data Mining, 924–929. doi:10.1109/ICDM.2012.45"
        ),
    ),
    aims=("selection", "opportunity", "odds"),
    group_at_decision=True,
)


class RejectOption(PostProcessing):
    """Move the threshold of the less favoured groups down and that of the others up, by one margin.

    Parameters
    ----------
    constraint : {"opportunity", "selection", "odds"}, default "selection"
        What is to be alike.
    tolerance : float, default 0.02
        The widest gap accepted.
    """

    spec = SPEC

    def __init__(self, *, constraint: str = "selection", tolerance: float = 0.02) -> None:
        self.constraint = constraint
        self.tolerance = tolerance

    def adjust(self, scores: Scores, *, seed: int, progress: Progress) -> Adjusted:  # noqa: ARG002 - nothing is drawn
        """Choose the margin.

        Parameters
        ----------
        scores : Scores
            Rows or bins.
        seed : int
            Without effect: nothing is drawn.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Adjusted
            One threshold for each group, and the curve over the margin.

        Raises
        ------
        PlanError
            Where a setting is out of range.
        InputError
            Where no group has people enough.
        """
        from audit.mitigation.hull.band import margins, pick, sides, with_margin
        from audit.mitigation.hull.programme import weigh
        from audit.mitigation.hull.setting import pose
        from audit.mitigation.hull.telling import coarse, curve_series, how_sure, left_alone, what_changed
        from audit.wording.numbers import points

        settings = resolve_params(SPEC, self.get_params())
        tolerance = float(settings["tolerance"])
        progress(0.0, "Drawing the curve of each group")
        problem = pose(scores, Aim(id=str(settings["constraint"]), favourable=scores.favourable))
        favoured = sides(problem)
        places = margins(scores)
        found = []
        for i, margin in enumerate(places):
            if i % 10 == 0:
                progress(0.1 + 0.8 * i / len(places), "Trying margins")
            found.append(weigh(problem, with_margin(problem, favoured, margin)))
        at = pick(found, tolerance)
        after = found[at]
        sure, measured = how_sure(problem, after)
        short = (f"No margin brings the gap within {points(tolerance)}: the one kept comes nearest to 0.",)
        progress(1.0, "The margin is chosen")
        return Adjusted(
            rule=after.rule(problem),
            notes=(
                f"Scores within {places[at]:.3g} of the threshold {scores.threshold:.3g} are decided by the group."
                if at
                else "No margin does better than the threshold of now: nothing is changed.",
                *what_changed(problem, found[0], after),
                *(short if after.gap > tolerance else ()),
                *left_alone(problem),
                *coarse(scores),
                *sure,
            ),
            measured={"fitted_gap": after.gap, **measured},
            series=(
                curve_series(
                    problem,
                    found,
                    places,
                    across="Margin",
                    picked=places[at],
                    title="What each margin does",
                ),
            ),
        )
