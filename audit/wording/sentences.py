"""Sentences about one audit: what was found, how sure that is, and what cannot be decided."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.rows import REASONS, DataRecord, DisparityRow, MetricRow, ModelRecord
from audit.wording.cleaning import escape_plain
from audit.wording.criteria import criterion_rates
from audit.wording.numbers import count, not_estimable, percent, ratio, ratio_interval
from audit.wording.titles import column_title, direction, metric_title, short_title
from audit.wording.units import (
    amount,
    amount_interval,
    gap_amount,
    gap_amount_interval,
    is_share,
    signed_gap_amount,
)
from audit.wording.verdicts import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.plan import Outcome, Roles

_CODE = re.compile(r"[-+]?[\d.,]*|true|false|yes|no|y|n|t|f|unknown|.", re.IGNORECASE)
_SMALL = 30
_NAME_LIMIT = 80


def group_phrase(sensitive: Sequence[str], group: Sequence[str] | None) -> str:
    """Name a group inside a sentence.

    Parameters
    ----------
    sensitive : sequence of str
        The columns that make the groups.
    group : sequence of str or None
        The group's values; None for everybody.

    Returns
    -------
    str
        "Female × Black"; with its column where the value alone says nothing, as in "disability 1".
    """
    if group is None:
        return "everybody"
    parts = []
    for position, value in enumerate(group):
        name = escape_plain(value, _NAME_LIMIT)
        column = escape_plain(sensitive[position], _NAME_LIMIT) if position < len(sensitive) else ""
        parts.append(f"{column} {name}".strip() if _CODE.fullmatch(name) else name)
    return escape_plain(" × ".join(parts), 160)


def headline(row: DisparityRow, rates: Iterable[MetricRow], roles: Roles, *, confidence: float = 0.95) -> str:
    """Say how far the groups are apart in one rate or criterion, with the interval.

    Parameters
    ----------
    row : DisparityRow
        A difference or a ratio.
    rates : iterable of MetricRow
        Rows that hold the rates of the groups named in the row.
    roles : Roles
        For the names of the label and its positive value, and the favourable decision.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "Among people whose employed is 1, 89.7 % of ‘Male’ and 31.8 % of ‘Female’ were selected: a gap of 57.9 points
        (95 % interval 56.0 to 60.0 points)."
    """
    if row.comparison == "worst_group":
        return worst_group(row, roles.favourable, confidence=confidence)
    title = short_title(row.metric, roles.favourable)
    if row.value is None:
        return f"{title} by {column_title(row.sensitive)}: {not_estimable(row.reason)}{_over(row)}."
    size = _size(row, confidence) + _over(row) + "."
    pair = _pair(row, rates, roles.favourable)
    if pair is None or row.metric == "average_odds":
        # The mean of two gaps is no gap between any two shares that could be named.
        return f"{title} by {column_title(row.sensitive)}: {size}"
    rate, high, low = pair
    compared = _compared(row, rate, high, low, roles)
    return f"{compared}: {size}"


def verdict_sentence(row: DisparityRow) -> str:
    """Say how a disparity stands to its tolerance.

    Parameters
    ----------
    row : DisparityRow
        A disparity; one without a tolerance gives an empty text.

    Returns
    -------
    str
        "That is beyond the tolerance of 10 points." or "Against the tolerance of 10 points the data cannot tell: the
        interval reaches across it."
    """
    if row.tolerance is None or row.verdict is None:
        return ""
    bound = f"at least {row.tolerance:.2f}" if row.comparison == "ratio" else _bound(row)
    if row.verdict != "cannot_tell":
        return f"That is {row.verdict} the tolerance of {bound}."
    return f"Against the tolerance of {bound} the data cannot tell: {_doubt(row)}."


def chance(row: DisparityRow) -> str:
    """Say what gap chance alone would show between groups of these sizes.

    Parameters
    ----------
    row : DisparityRow
        A difference with an expected value; others give an empty text.

    Returns
    -------
    str
        "Chance alone would show about 4.1 points between groups of these sizes."
    """
    if row.expected is None or row.comparison != "difference":
        return ""
    said = (
        f"Chance alone would show about {gap_amount(row.metric, row.expected)} between groups of these sizes"
    )
    if row.verdict == "beyond" and row.expected >= (row.low or 0.0):
        return f"{said}, by the smallest of them; the verdict rests on the larger ones."
    return f"{said}."


def worst_group(row: DisparityRow, favourable: Outcome = "positive", *, confidence: float = 0.95) -> str:
    """Name the worst group of a rate and its distance from everybody.

    Parameters
    ----------
    row : DisparityRow
        A row with comparison "worst_group".
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    str
        "Wrong decisions are worst for Black: 31.0 % (95 % interval 25.0 to 37.0 %), 12.0 points above everybody
        (95 % interval 6.0 to 18.0 points)."
    """
    title = metric_title(row.metric, favourable)
    if row.value is None or row.group is None:
        return f"{title}: no worst group can be named, {not_estimable(row.reason)}."
    start = (
        f"{title}: the worst group by {column_title(row.sensitive)} is "
        f"{group_phrase(row.sensitive, row.group)} with {amount(row.metric, row.value)}"
        f"{_bracketed(_of_the_worst(amount_interval(row.metric, row.low, row.high, confidence=confidence)))}"
    )
    if row.distance is None:
        return f"{start}{_over(row)}."
    if row.value == 0 and is_share(row.metric) and direction(row.metric) < 0:
        return f"{title}: none was seen in any group by {column_title(row.sensitive)}{_over(row)}."
    size = gap_amount(row.metric, abs(row.distance))
    level = size == gap_amount(row.metric, 0.0)
    side = "level with everybody" if level else f"{size} {_side(row.distance)} everybody"
    distance = gap_amount_interval(row.metric, row.distance_low, row.distance_high, confidence=confidence)
    return f"{start}, {side}{_bracketed(distance)}{_over(row)}."


def _of_the_worst(interval: str) -> str:
    """Say that an interval is not that of the group named, but of the worst rate among all groups."""
    return f"{interval}, whichever group is the worst" if interval else ""


def small_denominator(
    row: DisparityRow, rates: Iterable[MetricRow], roles: Roles, larger: DisparityRow | None = None
) -> str:
    """Say that a gap rests on few people, and what it is over the larger groups.

    Parameters
    ----------
    row : DisparityRow
        The gap over all groups.
    rates : iterable of MetricRow
        Rows that hold the rates of the groups named in the row.
    roles : Roles
        For the favourable decision.
    larger : DisparityRow or None
        The same gap over groups with a denominator of 30 or more.

    Returns
    -------
    str
        "The gap rests on n = 12 people in Black; over groups of at least 30 it is 8.2 points."; empty where both
        groups have 30 or more.
    """
    pair = _pair(row, rates, roles.favourable)
    if pair is None:
        return ""
    small = sorted((side for side in pair[1:] if side.n < _SMALL), key=lambda side: side.n)
    if not small:
        return ""
    who = " and ".join(
        f"n = {count(side.n)} {_people(side.n)} in {group_phrase(side.sensitive, side.group)}"
        for side in small
    )
    said = "ratio" if row.comparison == "ratio" else "gap"
    start = f"The {said} rests on {who}"
    if larger is None:
        return f"{start}."
    if larger.value is None:
        return f"{start}; over groups of at least {_SMALL} it is {not_estimable(larger.reason)}."
    value = ratio(larger.value) if row.comparison == "ratio" else gap_amount(row.metric, larger.value)
    return f"{start}; over groups of at least {_SMALL} it is {value}."


def overview(data: DataRecord, model: ModelRecord, disparities: Iterable[DisparityRow], roles: Roles) -> str:
    """Sum up an audit in a few sentences.

    Parameters
    ----------
    data : DataRecord
        What was audited.
    model : ModelRecord
        Where the decisions come from.
    disparities : iterable of DisparityRow
        All disparities; those with a verdict are counted.
    roles : Roles
        For the favourable decision.

    Returns
    -------
    str
        People audited, the number of criteria within, beyond and not to be told, and the widest one.
    """
    judged = [row for row in disparities if row.verdict is not None]
    start = (
        f"{count(data.audited)} {_people(data.audited)} of {escape_plain(data.name, _NAME_LIMIT)} were audited "
        f"({escape_plain(data.split, 40)}). {escape_plain(model.title)}."
    )
    if not judged:
        return f"{start} The plan names no tolerance, so there is no verdict."
    groupings = {row.sensitive for row in judged}
    tally = {verdict: sum(row.verdict == verdict for row in judged) for verdict in VERDICTS}
    by = f"over {count(len(groupings))} {'grouping' if len(groupings) == 1 else 'groupings'}"
    counted = (
        f"Of {count(len(judged))} {'criterion' if len(judged) == 1 else 'criteria'} {by}, "
        f"{tally['beyond']} {_are(tally['beyond'])} beyond tolerance, {tally['within']} "
        f"{_are(tally['within'])} within it, and {tally['cannot_tell']} cannot be decided."
    )
    return " ".join(part for part in (start, counted, _widest(judged, roles.favourable)) if part)


def _widest(judged: Sequence[DisparityRow], favourable: Outcome) -> str:
    beyond = [
        row
        for row in judged
        if row.verdict == "beyond" and row.comparison == "difference" and row.value is not None
    ]
    if not beyond:
        return ""
    # By what is sure of it, single columns first: a gap among a handful of people is not the one to name.
    row = min(beyond, key=lambda item: (len(item.sensitive) > 1, -(item.low or 0.0)))
    return (
        f"The clearest gap beyond tolerance is {gap_amount(row.metric, row.value)}"
        f"{_bracketed(gap_amount_interval(row.metric, row.low, row.high))} "
        f"in {short_title(row.metric, favourable).lower()} by {column_title(row.sensitive)}."
    )


def _pair(
    row: DisparityRow, rates: Iterable[MetricRow], favourable: Outcome
) -> tuple[str, MetricRow, MetricRow] | None:
    """Find the rate behind a disparity and the rows of its group with the higher and the lower value."""
    if row.group is None or row.reference is None or row.value is None:
        return None
    names = criterion_rates(row.metric, favourable)
    known = {(r.metric, r.group): r for r in rates if r.sensitive == row.sensitive and r.value is not None}
    found = []
    for name in names:
        one, other = known.get((name, row.group)), known.get((name, row.reference))
        if one is not None and other is not None:
            found.append((name, one, other))
    if not found:
        return None
    turned = row.metric == "demographic_parity" and favourable == "negative"
    name, one, other = min(found, key=lambda item: abs(_disparity(row, item[1], item[2], turned=turned)))
    high, low = sorted((one, other), key=lambda side: -(side.value or 0.0))
    if row.comparison == "to_reference":
        high, low = one, other
    return name, high, low


def _disparity(row: DisparityRow, one: MetricRow, other: MetricRow, *, turned: bool) -> float:
    """Tell how far the pair of rates is from explaining the value of the row."""
    a, b = one.value or 0.0, other.value or 0.0
    if turned:
        a, b = 1 - a, 1 - b
    value = row.value or 0.0
    if row.comparison == "ratio":
        return (min(a, b) / max(a, b) if max(a, b) else 0.0) - value
    return abs(a - b) - abs(value)


def _compared(row: DisparityRow, rate: str, high: MetricRow, low: MetricRow, roles: Roles) -> str:
    """Write the two rates of a comparison as a clause about people."""
    label, positive = escape_plain(roles.label, _NAME_LIMIT), escape_plain(roles.positive, _NAME_LIMIT)
    if not is_share(rate):
        sides = " and ".join(
            f"{amount(rate, side.value)} for ‘{group_phrase(side.sensitive, side.group)}’"
            for side in (high, low)
        )
        return f"{metric_title(rate, roles.favourable)}: {sides}"
    verb = "selected" if roles.favourable == "positive" else "flagged"
    first, second = high.value or 0.0, low.value or 0.0
    turned = row.metric == "demographic_parity" and roles.favourable == "negative"
    if turned:
        high, low, first, second = low, high, 1 - second, 1 - first
    sides = (
        f"{percent(first)} of ‘{group_phrase(high.sensitive, high.group)}’ and "
        f"{percent(second)} of ‘{group_phrase(low.sensitive, low.group)}’"
    )
    among = f"among people whose {label} is {positive}, {sides} were"
    others = f"among people whose {label} is not {positive}, {sides} were"
    clauses = {
        "selection_rate": f"{sides} were {'not ' if turned else ''}{verb}",
        "true_positive_rate": f"{among} {verb}",
        "false_negative_rate": f"{among} not {verb}",
        "false_positive_rate": f"{others} {verb}",
        "true_negative_rate": f"{others} not {verb}",
        "precision": f"among people who were {verb}, {sides} have {label} {positive}",
        "negative_predictive_value": f"among people who were not {verb}, for {sides} {label} is not {positive}",
        "false_discovery_rate": f"among people who were {verb}, for {sides} {label} is not {positive}",
        "false_omission_rate": f"among people who were not {verb}, {sides} have {label} {positive}",
        "accuracy": f"the decision was right for {sides}",
        "error_rate": f"the decision was wrong for {sides}",
        "base_rate": f"{label} is {positive} for {sides}",
    }
    clause = clauses.get(rate, f"{metric_title(rate, roles.favourable)}: {sides}")
    return clause if rate == "base_rate" else clause[:1].upper() + clause[1:]


def _size(row: DisparityRow, confidence: float) -> str:
    if row.comparison == "ratio":
        return f"a ratio of {ratio(row.value)}{_bracketed(ratio_interval(row.low, row.high, confidence=confidence))}"
    interval = _bracketed(gap_amount_interval(row.metric, row.low, row.high, confidence=confidence))
    if row.comparison == "to_reference":
        return f"a difference of {signed_gap_amount(row.metric, row.value)}{interval}"
    return f"a gap of {gap_amount(row.metric, row.value)}{interval}"


def _bound(row: DisparityRow) -> str:
    """Write the tolerance of a difference as it was set, without digits that nobody asked for."""
    tolerance = row.tolerance or 0.0
    return f"{100 * tolerance:.4g} points" if is_share(row.metric) else f"{tolerance:,.10g}"


def _over(row: DisparityRow) -> str:
    """Say over how many groups a disparity is taken, where some are left out."""
    if row.comparison == "to_reference" or row.groups_estimable == row.groups_total:
        return ""
    return f", over {count(row.groups_estimable)} of {count(row.groups_total)} groups"


def _doubt(row: DisparityRow) -> str:
    if row.value is None:
        return REASONS.get(row.reason, "the value is not estimable")
    if _holds(row):
        left_out = row.groups_total - row.groups_estimable
        return f"{count(left_out)} of {count(row.groups_total)} groups cannot be estimated"
    return "the interval reaches across it"


def _holds(row: DisparityRow) -> bool:
    """Tell whether the interval alone would have been within, so that only the missing groups forbid it."""
    if row.tolerance is None or row.groups_estimable >= row.groups_total:
        return False
    if row.comparison == "ratio":
        return row.low is not None and row.low >= row.tolerance
    return row.high is not None and row.high <= row.tolerance


def _bracketed(interval: str) -> str:
    return f" ({interval})" if interval else ""


def _side(distance: float) -> str:
    return "above" if distance > 0 else "below"


def _people(n: int) -> str:
    return "person" if n == 1 else "people"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
