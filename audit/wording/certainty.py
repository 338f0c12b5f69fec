"""Sentences about how firm a verdict is, about tests, guards and the four-fifths rule."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, not_estimable, percent, points
from audit.wording.sentences import group_phrase
from audit.wording.titles import column_title, short_title
from audit.wording.verdicts import verdict_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.plan import Roles
    from audit.rows import Verdict

METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fisher": "Fisher exact",
        "fisher_mid_p": "Fisher mid-P",
        "pooled_z": "pooled z",
        "pooled_z_effective": "pooled z, effective n",
    }
)
"""How a p-value was found, in a few words."""

_MANY: Final = 1_000_000
"""More people than this is only said to be more: nobody collects them."""

TEST_RULE: Final = (
    "Two-sided. Fisher's exact test where the smallest expected count is below 1, its mid-P below 5, the pooled z from 5 "
    "on; with weights or clusters the pooled z on effective numbers. Holm: over the groups of this rate. q: share of "
    "false alarms among all tests of the audit (Benjamini–Hochberg)."
)
"""The rule by which a test is chosen, and what the corrections cover."""

GUARD_RULE: Final = (
    "Debiased: the groups' rates are drawn together by as much as chance has spread them, then compared. By chance: the "
    "mean gap between groups of these sizes if all had one rate."
)
"""How the guards of a gap are found."""

SPLIT_RULE: Final = (
    "Shrunken: drawn towards everybody, the more the fewer people. Found and fresh: the worst group of a random half of "
    "the people, in that half and in the other one, over 200 halvings. By chance: the worst group if all were equal."
)
"""How the guards of a worst group are found."""

FOUR_FIFTHS_RULE: Final = (
    "A rule of thumb (29 CFR 1607.4(D)): a selection rate below four fifths of the highest is taken as a sign of adverse "
    "impact; exactly 0.80 is not below. Interval and test are those of one pair. Groups under 2 % of the people are listed "
    "without a ratio."
)
"""What the four-fifths rule is, and what it covers here."""


def turning(
    *,
    what: str,
    people: int,
    n: int,
    who: tuple[Sequence[str], Sequence[str] | None],
    now: tuple[int | None, int | None],
    verdicts: tuple[Verdict, Verdict | None],
    roles: Roles,
) -> str:
    """Say how many decisions or labels would have to differ for a verdict to change.

    Parameters
    ----------
    what : {"decisions", "labels", "people"}
        What would differ.
    people, n : int
        How many, and of how many.
    who : tuple
        The sensitive columns, and the group.
    now : tuple of int or None
        Label and decision of the people concerned as they are now.
    verdicts : tuple
        The verdict now, and then.
    roles : Roles
        For the names of the label and its positive value.

    Returns
    -------
    str
        "25 of 1,837 decisions about ‘Two or More Races’ would have to differ for “beyond tolerance” to become “cannot
        tell”: people whose employed is not 1, selected instead of not."
    """
    before, after = (verdict_word(verdict).lower() if verdict else "another" for verdict in verdicts)
    if what == "people":
        return f"With the same rates, {many(people)} people instead of {count(n)} would decide it: {after.lower()}."
    whom = group_phrase(*who)
    start = f"{count(people)} of {count(n)} {what} {'about' if what == 'decisions' else 'of'} ‘{whom}’"
    return (
        f"{start} would have to differ for “{before}” to become “{after}”: "
        f"{change_of(what=what, now=now, roles=roles)}."
    )


def many(people: int) -> str:
    """Write a number of people that would be needed, which may be absurdly large.

    Parameters
    ----------
    people : int
        The number.

    Returns
    -------
    str
        "15,731", or "more than 1,000,000".
    """
    return count(people) if people <= _MANY else f"more than {count(_MANY)}"


def change_of(*, what: str, now: tuple[int | None, int | None], roles: Roles) -> str:
    """Say which people would be decided or labelled otherwise, and how.

    Parameters
    ----------
    what : {"decisions", "labels"}
        What would differ.
    now : tuple of int or None
        Label and decision of the people concerned as they are now.
    roles : Roles
        For the names of the label and its positive value.

    Returns
    -------
    str
        "people whose employed is not 1, selected instead of not".
    """
    name, positive = escape_plain(roles.label, 40), escape_plain(roles.positive, 40)
    verb = "selected" if roles.favourable == "positive" else "flagged"
    label, decision = now
    if what == "decisions":
        whose = f"people whose {name} is {'' if label else 'not '}{positive}"
        return f"{whose}, not {verb} instead of {verb}" if decision else f"{whose}, {verb} instead of not"
    who = f"people who were {'' if decision else 'not '}{verb}"
    return f"{who}, with {name} {f'not {positive} instead of {positive}' if label else f'{positive} instead of not'}"


def guard(
    *,
    metric: str,
    sensitive: tuple[str, ...],
    value: float | None,
    expected: float | None,
    debiased: float | None,
    roles: Roles,
) -> str:
    """Say what is left of a gap when chance is taken out.

    Parameters
    ----------
    metric : str
        Id of a rate or criterion.
    sensitive : tuple of str
        The grouping.
    value, expected, debiased : float or None
        The gap, the mean gap by chance alone, and the gap without what chance adds.
    roles : Roles
        For the favourable decision.

    Returns
    -------
    str
        "Equal chances by race: 33.3 points observed; 8.6 once corrected for chance. Equal groups of these sizes
        would show about 30.1."
    """
    start = f"{short_title(metric, roles.favourable)} by {column_title(sensitive)}"
    if value is None or expected is None or debiased is None:
        return f"{start}: {not_estimable()}."
    by_chance = points(expected).removesuffix(" points")
    left = points(debiased).removesuffix(" points")
    return (
        f"{start}: {points(value)} observed, {left} once corrected for chance. Equal groups of these sizes would show about "
        f"{by_chance}."
    )


def fresh(
    *,
    metric: str,
    who: tuple[Sequence[str], Sequence[str] | None],
    value: float | None,
    shrunken: float | None,
    split_fresh: float | None,
    overall: float | None,
    roles: Roles,
) -> str:
    """Say what a worst group would show if it had not been picked for being the worst.

    Parameters
    ----------
    metric : str
        Id of the rate.
    who : tuple
        The sensitive columns, and the group.
    value, shrunken, split_fresh, overall : float or None
        Its observed rate, the same drawn towards everybody, the worst group's rate on people who did not choose it,
        and everybody's rate.
    roles : Roles
        For the favourable decision.

    Returns
    -------
    str
        "Wrong decisions: worst for ‘Black’ with 31.0 %, 28.4 % once corrected for chance. The group that looks worst in
        one half of the people shows 27.9 % in the other half; everybody shows 17.3 %."
    """
    start = short_title(metric, roles.favourable)
    if value is None or shrunken is None or split_fresh is None:
        return f"{start}: {not_estimable()}."
    return (
        f"{start}: worst for ‘{group_phrase(*who)}’ with {percent(value)}, {percent(shrunken)} once corrected for chance. "
        f"The group that looks worst in one half of the people shows {percent(split_fresh)} in the other half; everybody "
        f"shows {percent(overall)}."
    )
