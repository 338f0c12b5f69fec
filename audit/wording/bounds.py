"""Sentences about people whose group is not recorded, or known by probability only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, not_estimable, points
from audit.wording.titles import column_title, short_title

if TYPE_CHECKING:
    from audit.plan import Outcome
    from audit.rows.comparable import BoundRow, ProbableRow

ANYBODY = (
    "The range holds whoever these people are: every unknown person is put into a group in the way that makes the gap "
    "narrowest, and widest. Chance in the sample comes on top."
)
"""What the bounds of a gap assume."""

WEIGHTED = (
    "The estimate counts everybody as much as they probably belong to the group. It is right only if, among people with the "
    "same probability, group and decision have nothing to do with each other. The bounds do without that; both need "
    "probabilities that are right on average."
)
"""What estimates and bounds of groups known by probability assume."""


def unknown_sentence(row: BoundRow, favourable: Outcome = "positive") -> str:
    """Say what the people whose group is not recorded could make of a gap, and of its verdict.

    Parameters
    ----------
    row : BoundRow
        The bounds over any assignment.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Two or three sentences.
    """
    who = (
        f"{column_title(row.sensitive)} is not recorded for {count(row.unknown)} of the {count(row.n + row.unknown)} people "
        f"behind ‘{short_title(row.metric, favourable)}’"
    )
    if row.value is None or row.low is None or row.high is None:
        return f"{who}. The gap is {not_estimable(row.reason)}."
    said = (
        f"{who}. Without them the gap is {points(row.value)}; depending on the groups they belong to, it "
        f"is between {_short(row.low)} and {points(row.high)}."
    )
    return " ".join(part for part in (said, survival(row)) if part)


def survival(row: BoundRow) -> str:
    """Say whether a verdict holds whatever the unknown people's groups are.

    Parameters
    ----------
    row : BoundRow
        The bounds over any assignment.

    Returns
    -------
    str
        A sentence; empty where there is no verdict to hold.
    """
    if row.survives is None or row.verdict is None:
        return ""
    bound = f"{row.verdict} the tolerance of {100 * (row.tolerance or 0.0):.4g} points"
    if row.survives:
        return f"Whoever they are, the gap stays {bound}."
    return f"The verdict, {bound}, does not hold in every case."


def probable_sentence(row: ProbableRow, favourable: Outcome = "positive") -> str:
    """Say how far groups are apart that are known by probability only.

    Parameters
    ----------
    row : ProbableRow
        The gap between the groups.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        The weighted estimate of the gap, and what the probabilities can tell at most.
    """
    name = short_title(row.metric, favourable)
    if row.value is None:
        return f"{name}: the gap between groups known by probability is {not_estimable(row.reason)}."
    said = f"{name}: weighted by the probabilities, the groups are {points(row.value)} apart."
    if row.bound_low is None or row.bound_high is None:
        return said
    ends = f"from {_short(row.bound_low)} to {points(row.bound_high)}"
    if _short(row.bound_low) == _short(row.bound_high):
        return f"{said} The probabilities leave no doubt about it."
    return f"{said} Without further assumptions they allow any gap {ends}."


def probable_group(row: ProbableRow) -> str:
    """Name a group that is known by probability.

    Parameters
    ----------
    row : ProbableRow
        A rate of the group, or the gap.

    Returns
    -------
    str
        The column's name, "not " and the name, or "Gap".
    """
    return "Gap" if row.group is None else escape_plain(row.group[0], 80)


def _short(value: float) -> str:
    return points(value).removesuffix(" points")
