"""Sentences about thresholds and scores: what another threshold would do, and whether scores keep their promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.limits import EXACT
from audit.wording.numbers import at_most, count, percent, points
from audit.wording.sentences import group_phrase
from audit.wording.titles import short_title
from audit.wording.units import amount, gap_amount, gap_amount_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.plan import Outcome, ScoreBins
    from audit.rows import DisparityRow, MetricRow

LAWFUL = (
    "Thresholds that differ by group treat two people with the same score differently. That may not be lawful where you "
    "are: ask before you use them."
)
"""What has to be said wherever thresholds differ by group."""

AGAIN = "Adopting a threshold changes the plan. The audit then has to be run again, and repairs that were tried are removed."
"""What adopting a threshold does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closest:
    """The common threshold at which the groups are closest.

    Parameters
    ----------
    threshold, gap : float
        The threshold and the gap there.
    accuracy, accuracy_now : float
        Share of right decisions there, and at the threshold in use.
    """

    threshold: float
    gap: float
    accuracy: float
    accuracy_now: float


def threshold_answer(
    row: DisparityRow,
    threshold: float,
    closest: Closest | None,
    *,
    favourable: Outcome = "positive",
    confidence: float = 0.95,
) -> str:
    """Say what the gap is at the threshold in use, and how much smaller any common threshold makes it.

    Parameters
    ----------
    row : DisparityRow
        The gap at the threshold in use.
    threshold : float
        That threshold.
    closest : Closest or None
        Where the gap is smallest, short of selecting nearly nobody or everybody.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        Two sentences.
    """
    name = short_title(row.metric, favourable)
    if row.value is None:
        return f"{name}: no gap can be estimated at the threshold in use."
    interval = gap_amount_interval(row.metric, row.low, row.high, confidence=confidence)
    over = ""
    if row.groups_estimable < row.groups_total:
        over = f", over {row.groups_estimable} of {row.groups_total} groups"
    said = (
        f"{name}: at the threshold in use, {threshold:.4g}, the groups are {points(row.value)} apart"
        f"{f' ({interval})' if interval else ''}{over}."
    )
    if closest is None:
        return said
    # A gap is compared as it is written.
    if points(closest.gap) == points(row.value) or closest.gap >= row.value:
        return f"{said} No common threshold brings them closer without selecting nearly everybody or nearly nobody."
    change = closest.accuracy - closest.accuracy_now
    cost = (
        "accuracy would stay as it is"
        if points(change) == "0.0 points"
        else f"accuracy would {'rise' if change > 0 else 'fall'} from {percent(closest.accuracy_now)} to "
        f"{percent(closest.accuracy)}"
    )
    return (
        f"{said} The closest that one threshold for all brings them, without selecting nearly everybody or nearly nobody, "
        f"is {points(closest.gap)}, at {closest.threshold:.3g}; {cost}."
    )


def promise_answer(row: DisparityRow, rates: Sequence[MetricRow], *, confidence: float = 0.95) -> str:
    """Say whether scores promise more to one group than to another.

    Parameters
    ----------
    row : DisparityRow
        The difference in calibration-in-the-large.
    rates : sequence of MetricRow
        Calibration-in-the-large of every group.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        One sentence; "could not be shown" where the interval contains 0.
    """
    if row.reason == "not_probabilities":
        return "The scores are not probabilities from 0 to 1, so what they promise cannot be held against what happened."
    if row.value is None or row.group is None or row.reference is None:
        return ""
    interval = gap_amount_interval(row.metric, row.low, row.high, confidence=confidence)
    bracket = f" ({interval})" if interval else ""
    if row.low is None or row.low <= 0:
        return (
            "That scores promise more to one group than to another could not be shown: the largest difference between "
            f"mean score and outcome is {gap_amount(row.metric, row.value)}{bracket}."
        )
    known = {one.group: one.value for one in rates}
    sides = [
        f"{group_phrase(row.sensitive, group)} {_promised(row.metric, known.get(group))}"
        for group in (row.group, row.reference)
    ]
    return (
        f"The same score means different things: compared with what happened, scores are {sides[0]} and {sides[1]}, "
        f"{gap_amount(row.metric, row.value)} apart{bracket}."
    )


def _promised(metric: str, value: float | None) -> str:
    if value is None:
        return "of unknown height"
    written = amount(metric, abs(value))
    if float(written) == 0:
        return "right on average"
    return f"{written} too {'high' if value > 0 else 'low'}"


def ranking_answer(row: DisparityRow, rates: Sequence[MetricRow], *, confidence: float = 0.95) -> str:
    """Say how well the groups are ranked.

    Parameters
    ----------
    row : DisparityRow
        The difference in AUC.
    rates : sequence of MetricRow
        AUC of every group.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        One sentence.
    """
    if row.value is None or row.group is None or row.reference is None:
        known = sum(one.value is not None for one in rates)
        return f"Ranking: no gap can be told, {known} of {row.groups_total} groups have an AUC."
    values = {one.group: one.value for one in rates}
    interval = gap_amount_interval(row.metric, row.low, row.high, confidence=confidence)
    over = ""
    if row.groups_estimable < row.groups_total:
        over = f", over {row.groups_estimable} of {row.groups_total} groups"
    return (
        f"Inside the groups, ranking is best for {group_phrase(row.sensitive, row.group)} (AUC "
        f"{amount(row.metric, values.get(row.group))}) and worst for {group_phrase(row.sensitive, row.reference)} "
        f"({amount(row.metric, values.get(row.reference))}): {gap_amount(row.metric, row.value)} apart"
        f"{f' ({interval})' if interval else ''}{over}."
    )


def counting(bins: int, bounds: Iterable[float | None], *, exact: bool, asked: ScoreBins) -> str:
    """Say how scores are counted, and how far that can move an area under a curve.

    Parameters
    ----------
    bins : int
        Bins in which they are counted.
    bounds : iterable of float or None
        How far each area can be from that of the scores themselves; None where there is no area.
    exact : bool
        Whether every bin holds one score only.
    asked : int or "exact"
        What the plan asks for.

    Returns
    -------
    str
        One or two sentences.
    """
    if exact:
        return "Every score is counted by itself: areas under curves are exact."
    known = [bound for bound in bounds if bound is not None]
    too_many = "There are too many different scores to count each by itself. " if asked == EXACT else ""
    counted = f"{too_many}Scores are counted in {count(bins)} bins"
    if not known:
        return f"{counted}."
    if max(known) <= 0:
        return f"{counted}, and no bin holds both labels: areas under curves are exact."
    return f"{counted}: no area under a curve here is off by more than {at_most(max(known))} for it."
