"""Sentences about the data before a model: who is in it, what is missing, what it can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.rows import REASONS
from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, gap_interval, percent, points, ratio
from audit.wording.sentences import group_phrase
from audit.wording.titles import column_title, short_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.plan import Outcome

_NAMED = 4


def represented(rows: Sequence[Any]) -> str:
    """Say how the groups of one sensitive column stand to the population.

    Parameters
    ----------
    rows : sequence of RepresentationRow
        The groups of one column, all people.

    Returns
    -------
    str
        The group that is furthest below its share, and groups that are not in the data; an empty text without a
        population.
    """
    known = [row for row in rows if row.ratio is not None]
    if not known:
        return ""
    absent = [row for row in known if row.n == 0]
    there = [row for row in known if row.n > 0]
    said = []
    if there:
        least = min(there, key=lambda row: row.ratio)
        said.append(
            f"{group_phrase(least.sensitive, least.group)} make up {percent(least.value)} of the data and "
            f"{percent(least.population)} of the population: {ratio(least.ratio)} times their share"
            + ("." if least.ratio < 1 else ", and no group is below its share.")
        )
    if absent:
        names = listed(group_phrase(row.sensitive, row.group) for row in absent)
        said.append(f"Nobody in the data belongs to {names}.")
    return " ".join(said)


def labels_apart(row: Any, high: float | None, low: float | None, *, confidence: float = 0.95) -> str:
    """Say how far the groups are apart in the share of positive labels.

    Parameters
    ----------
    row : LabelRow
        The difference between the two groups that are furthest apart.
    high, low : float or None
        Their shares of positive labels.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        One sentence.
    """
    if row.value is None or high is None or low is None:
        return f"The labels by {column_title(row.sensitive)} cannot be compared: {REASONS.get(row.reason, 'nobody is known')}."
    interval = gap_interval(row.low, row.high, confidence=confidence)
    return (
        f"The label is positive for {percent(high)} of {group_phrase(row.sensitive, row.group)} and {percent(low)} of "
        f"{group_phrase(row.sensitive, row.reference)}: {points(row.value)} apart ({interval})."
    )


def missing_gap(row: Any, *, confidence: float = 0.95) -> str:
    """Say how much more often a column is missing for one group than for another.

    Parameters
    ----------
    row : MissingGapRow
        The gap.
    confidence : float, default 0.95
        Confidence level of its interval.

    Returns
    -------
    str
        One sentence.
    """
    name = escape_plain(row.column, 80)
    if row.value is None:
        return f"{name}: the groups by {column_title(row.sensitive)} cannot be compared."
    interval = gap_interval(row.low, row.high, confidence=confidence)
    return (
        f"{name} is missing most often for {group_phrase(row.sensitive, row.group)} and least often for "
        f"{group_phrase(row.sensitive, row.reference)}: {points(row.value)} apart"
        f"{f' ({interval})' if interval else ''}."
    )


def repeated(rows: Sequence[Any]) -> str:
    """Say how many rows occur more than once.

    Parameters
    ----------
    rows : sequence of RepeatRow
        The rows of the chapter.

    Returns
    -------
    str
        One to three sentences.
    """
    by_place = {row.where: row for row in rows}
    whole = by_place.get("data")
    if whole is None:
        return ""
    if whole.value is None:
        return f"Repeated rows were not looked for: {REASONS[whole.reason]}."
    said = [
        f"{count(whole.repeated)} of {count(whole.n)} rows ({percent(whole.value)}) repeat another row in all "
        f"{count(whole.columns)} columns compared."
        if whole.repeated
        else f"No row repeats another one in all {count(whole.columns)} columns compared."
    ]
    test = by_place.get("test_in_train")
    if test is not None and test.value is not None:
        said.append(
            f"{count(test.repeated)} of {count(test.n)} test rows ({percent(test.value)}) also occur among the "
            "training rows."
        )
    if whole.repeated:
        said.append("They may be the same people twice, or people whom these columns cannot tell apart.")
    return " ".join(said)


def detectable(rows: Sequence[Any], favourable: Outcome = "positive") -> str:
    """Say which groups are too small to show a gap of the tolerance in one rate.

    Parameters
    ----------
    rows : sequence of PowerRow
        The groups of one grouping, each against everybody else, in one rate.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        One sentence; an empty text where the plan names no tolerance.
    """
    bound = next((row.tolerance for row in rows if row.tolerance is not None), None)
    if bound is None or not rows:
        return ""
    thin = [row for row in rows if row.value is None or row.value > bound]
    what = short_title(rows[0].metric, favourable)
    size = f"a gap of {100 * bound:.4g} points"
    if not thin:
        return f"{what}: {size} would be seen for every group by {column_title(rows[0].sensitive)}."
    names = listed(
        f"{group_phrase(row.sensitive, row.group)} (n = {count(row.n)})"
        for row in sorted(thin, key=lambda row: row.n)
    )
    return f"{what}: {size} against everybody else can go unseen for {names}."


def cannot_both(rows: Sequence[Any]) -> str:
    """Say what precision would follow for the groups, were everybody's error rates their own.

    Parameters
    ----------
    rows : sequence of ImpossibilityRow
        The groups of one column.

    Returns
    -------
    str
        One sentence; an empty text where fewer than two groups can be estimated.
    """
    known = [row for row in rows if row.value is not None and row.n >= 30] or [
        row for row in rows if row.value is not None
    ]
    if len(known) < 2:
        return ""
    most, least = max(known, key=lambda row: row.value), min(known, key=lambda row: row.value)
    if most.value == least.value:
        return ""
    return (
        f"Had every group everybody's error rates, {percent(most.value)} of the positive decisions about "
        f"{group_phrase(most.sensitive, most.group)} would be right and {percent(least.value)} of those about "
        f"{group_phrase(least.sensitive, least.group)}."
    )


def listed(names: Iterable[str]) -> str:
    """Name a few things and count the rest.

    Parameters
    ----------
    names : iterable of str
        Cleaned names.

    Returns
    -------
    str
        "a, b, c, d and 3 more".
    """
    every = list(names)
    more = f" and {count(len(every) - _NAMED)} more" if len(every) > _NAMED else ""
    return f"{', '.join(every[:_NAMED])}{more}"
