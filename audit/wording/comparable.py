"""Sentences about differences between groups among comparable people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, gap_interval, not_estimable, points, pvalue
from audit.wording.sentences import group_phrase
from audit.wording.titles import short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Outcome, Roles
    from audit.rows.comparable import AdjustedRow

PATTERN_WORDS: Final = {
    "remains": "remains",
    "shrinks": "shrinks",
    "vanishes": "vanishes",
    "reverses": "turns round",
    "appears": "appears",
    "cannot_tell": "cannot be told",
}
"""What becomes of a difference, in a word or two."""

_SAID: Final = {
    "remains": "The difference remains.",
    "shrinks": "The difference shrinks, but does not go away.",
    "vanishes": "No difference is left that can be told from chance.",
    "reverses": "The difference turns round.",
    "appears": "The comparison over everybody hides it.",
    "cannot_tell": "The data cannot tell what becomes of the difference.",
}

CAUTION: Final = (
    "A control column may be a path of the disadvantage: if one group is steered into the harder department, or valued less "
    "in what the column records, comparing within it takes that as given. A gap that vanishes here is located, not excused."
)
"""What every reader of a comparison within strata has to know."""

RULE: Final = (
    "A difference is shown where its interval leaves out 0. It remains, shrinks or turns round where it is still shown among "
    "comparable people; it shrinks or vanishes only where the whole interval is nearer to 0 than the difference over everybody."
)
"""By which rule the pattern is named."""


def control_phrase(control: Sequence[str]) -> str:
    """Name the control columns inside a sentence.

    Parameters
    ----------
    control : sequence of str
        The columns.

    Returns
    -------
    str
        "department", or "department and year".
    """
    names = [escape_plain(name, 60) for name in control]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def pattern_title(row: AdjustedRow, favourable: Outcome = "positive") -> str:
    """Say in a line what becomes of a difference among comparable people.

    Parameters
    ----------
    row : AdjustedRow
        One group against the reference group.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        "Selected: the difference between Female and Male vanishes among people with the same department".
    """
    return (
        f"{short_title(row.metric, favourable)}: the difference between {_name(row, row.group)} and "
        f"{_name(row, row.reference)} {PATTERN_WORDS[row.pattern]} among people with the same {control_phrase(row.control)}"
    )


def adjusted_sentence(row: AdjustedRow, roles: Roles, *, confidence: float = 0.95) -> str:
    """Hold the difference over everybody against the difference among comparable people.

    Parameters
    ----------
    row : AdjustedRow
        One group against the reference group.
    roles : Roles
        For the names of the label and the favourable decision.
    confidence : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    str
        Both differences with their intervals, what becomes of it, and where the strata disagree.
    """
    if row.crude is None:
        return f"{short_title(row.metric, roles.favourable)}: {not_estimable(row.reason)}."
    crude = _difference(row, roles, (row.crude, row.crude_low, row.crude_high), confidence)
    start = f"Over everybody, {crude}."
    if row.value is None:
        return f"{start} Among comparable people it is {not_estimable(row.reason)}."
    same = f"people with the same {control_phrase(row.control)}"
    adjusted = "".join(_amount(row.value, row.low, row.high, confidence))
    parts = [
        start,
        f"Among {same} it is {adjusted}.",
        _SAID[row.pattern],
        strata_sentence(row, confidence=confidence),
    ]
    return " ".join(part for part in parts if part)


def strata_sentence(row: AdjustedRow, *, confidence: float = 0.95) -> str:
    """Say in how many strata the difference has the other sign, and whether the strata differ among themselves.

    Parameters
    ----------
    row : AdjustedRow
        One group against the reference group.
    confidence : float, default 0.95
        The test's level is what is left to 1.

    Returns
    -------
    str
        One to three sentences; empty where there is nothing to say.
    """
    said = []
    values = (
        f"{count(row.strata)} {'value' if row.strata == 1 else 'values'} of {control_phrase(row.control)}"
    )
    if row.reversed:
        said.append(f"In {count(row.reversed)} of {values} it has the other sign.")
    if row.homogeneity is not None and row.homogeneity < 1 - confidence:
        said.append(f"It is not the same in all of them ({pvalue(row.homogeneity)}): read them one by one.")
    if row.left_out:
        people = "person is" if row.left_out == 1 else "people are"
        said.append(
            f"{count(row.left_out)} {people} left out: there is nobody of the other group beside them, or the value is not "
            "recorded."
        )
    return " ".join(said)


def _difference(
    row: AdjustedRow, roles: Roles, ends: tuple[float, float | None, float | None], confidence: float
) -> str:
    group, reference = (f"‘{_name(row, one)}’" for one in (row.group, row.reference))
    amount, interval = _amount(*ends, confidence)
    verb = "selected" if roles.favourable == "positive" else "flagged"
    label, positive = escape_plain(roles.label, 60), escape_plain(roles.positive, 60)
    told = f"{amount} for {group} than for {reference}{interval}"
    clauses = {
        "selection_rate": f"being {verb} is {told}",
        "error_rate": f"a wrong decision is {told}",
        "true_positive_rate": f"among people whose {label} is {positive}, being {verb} is {told}",
        "true_negative_rate": f"among people whose {label} is not {positive}, not being {verb} is {told}",
    }
    return clauses[row.metric]


def _amount(value: float, low: float | None, high: float | None, confidence: float) -> tuple[str, str]:
    """Write a difference in the direction that it is said in, its interval turned with it."""
    if value < 0:
        low, high = (None if high is None else -high), (None if low is None else -low)
    interval = gap_interval(low, high, confidence=confidence)
    side = "less" if value < 0 else "more"
    return f"{points(abs(value))} {side} frequent", f" ({interval})" if interval else ""


def _name(row: AdjustedRow, group: tuple[str, ...]) -> str:
    return group_phrase(row.sensitive, group)
