"""Why another tool prints another number: one plain sentence for each convention."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count, percent, points, ratio, signed_points
from audit.wording.sentences import group_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

DIFFERENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "undefined_as_zero": "The rate is undefined and the tool prints 0; here it is not estimable.",
        "undefined_in_gap": (
            "A group whose rate is undefined counts as 0 there and sets the gap; here the gap is taken over the others."
        ),
        "undefined_left_out": "The tool compares what is left; here the measure is not estimable.",
        "one_rate_alone": "One of the two rates cannot be compared, and the tool reports the other one alone.",
        "zero_reference": "The reference rate is 0: the tool divides by it, here the ratio is undefined.",
        "filled_with_ten": "The reference rate is 0, and the tool fills in 10; here the ratio is undefined.",
        "ratio_set_to_zero": "One of the two rates is 0, and the tool sets the ratio to 0.",
        "share_of_selected": (
            "Divided by all people selected, so a larger group gets a larger value; here by the group's own people."
        ),
        "totals_of_all": (
            "Divided by the totals of the whole data, so a value grows with the size of the group; here by the group's own "
            "people."
        ),
        "numbers_of_people": "A difference between numbers of people, not between rates.",
        "mean_over_pairs": "The mean over all pairs of groups, which hides the widest gap; here the widest gap.",
        "mean_of_rates": "The mean of two differences; here the larger one.",
        "signed_mean": (
            "The mean of two signed differences, in which opposite ones cancel; here the larger one, whatever its sign."
        ),
        "favourable_outcome": "Counted on the decision that is good for the person; here rates keep the positive decision.",
        "positive_outcome": (
            "Read on the positive outcome; here on the one that is good for the person, which is the negative one."
        ),
        "rows_not_weights": "The tool counts rows; here each row has its weight.",
        "unknown_as_group": (
            "People whose group is not recorded count as a group there; here they are listed and left out of gaps."
        ),
        "minimum_size": "Here a group below the plan's smallest denominator is not estimable.",
        "other_convention": "The tool counts in another way.",
    }
)
"""Why a number differs, by code."""


def difference(code: str) -> str:
    """Say why another tool prints another number.

    Parameters
    ----------
    code : str
        A code of :data:`DIFFERENCES`, or empty.

    Returns
    -------
    str
        A sentence; empty where the numbers are the same.
    """
    return DIFFERENCES[code] if code else ""


def peers_sentence(tools: int, numbers: int, other: int, wrong_zero: int) -> str:
    """Say in one or two sentences how far other tools agree.

    Parameters
    ----------
    tools : int
        How many tools.
    numbers : int
        How many numbers were compared.
    other : int
        How many of them differ.
    wrong_zero : int
        How many stand for something that is undefined.

    Returns
    -------
    str
        The sentences.
    """
    if not other:
        return f"{tools} other tools would print the same {numbers} numbers."
    said = (
        f"{tools} other tools would print {numbers} numbers about these groups; {numbers - other} are the same as here, "
        f"{other} differ by convention."
    )
    if wrong_zero:
        verb = "stands" if wrong_zero == 1 else "stand"
        said += f" {wrong_zero} of them {verb} for something that nobody can know from these data."
    return said


def peer_amount(value: float | None, *, kind: str, ours: str, people: bool = False) -> str:
    """Write a number of another tool, or ours beside it, in its own unit.

    Parameters
    ----------
    value : float or None
        The number.
    kind : {"rate", "gap", "difference", "ratio", "odds"}
        What it is.
    ours : str
        Id of the rate or disparity.
    people : bool, default False
        Whether it is a number of people.

    Returns
    -------
    str
        "31.8 %", "−12.0 points", "0.81" or "32 people"; "no number" where there is none.
    """
    if value is None:
        return "no number"
    if people:
        return f"{count(value)} {'person' if value == 1 else 'people'}"
    if kind == "ratio" or ours.endswith("_ratio"):
        return ratio(value)
    if kind == "rate":
        return percent(value)
    return signed_points(value) if kind == "difference" or value < 0 else points(value)


def peer_subject(
    sensitive: tuple[str, ...], group: tuple[str, ...] | None, reference: tuple[str, ...] | None
) -> str:
    """Name what a number is about.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group, reference : tuple of str or None
        The group, or the pair; None for all groups together.

    Returns
    -------
    str
        "All groups", "Female" or "Female against Male".
    """
    if group is None:
        return "All groups"
    name = group_phrase(sensitive, group)
    return name if reference is None else f"{name} against {group_phrase(sensitive, reference)}"


def peer_line(measure: str, subject: str, there: str, here: str) -> str:
    """Say a number of another tool beside ours.

    Parameters
    ----------
    measure : str
        The measure in the tool's own words.
    subject : str
        What it is about.
    there, here : str
        Both numbers as they are written.

    Returns
    -------
    str
        "equal_opportunity_difference (all groups): 57.7 points there, 36.2 points here."
    """
    about = "all groups" if subject == "All groups" else subject
    return f"{measure} ({about}): {there} there, {here} here."
