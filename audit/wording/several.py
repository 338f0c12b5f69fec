"""Sentences about several classes, about predicted numbers, and about a model of each group's own."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, gap_interval, not_estimable, percent, points, rate_interval, ratio
from audit.wording.sentences import group_phrase
from audit.wording.titles import column_title
from audit.wording.units import amount, amount_interval, gap_amount, gap_amount_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASS_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "true_positive_rate": "Found (recall)",
        "precision": "Right when named (precision)",
        "false_positive_rate": "Wrongly named (false positive rate)",
        "selection_rate": "Named (selection rate)",
    }
)
"""The rates of a class against the rest, plain words first."""

CLASS_READINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "true_positive_rate": "Of the people who are of a class, the share who were put in it.",
        "precision": "Of the people who were put in a class, the share who are of it.",
        "false_positive_rate": "Of the people who are of another class, the share who were put in it.",
        "selection_rate": "Of everybody, the share who were put in a class.",
    }
)
"""One sentence for each that says what the number is."""

BASELINE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "logistic_regression": "a logistic regression",
        "gradient_boosting": "a gradient boosting",
        "mlp": "a neural network",
    }
)
"""The models that can be trained here, inside a sentence."""

_NAME: Final = 60
_SMALL: Final = 30


def worst_class(row: Any, *, confidence: float = 0.95) -> str:
    """Say which class of which group is worst in one rate.

    Parameters
    ----------
    row : ClassGapRow
        The worst cell.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "Of the people of ‘b’ whose class is ‘green’, 69.9 % were found (95 % interval 57.0 to 80.3 %): the lowest of 6
        pairs of class and group."
    """
    if row.value is None:
        return f"By {column_title(row.sensitive)} no class of any group can be estimated."
    named, group = escape_plain(row.of_class, _NAME), group_phrase(row.sensitive, row.group)
    share = f"{percent(row.value)}{_bracketed(rate_interval(row.low, row.high, confidence=confidence))}"
    said = {
        "true_positive_rate": f"Of the people of ‘{group}’ who are ‘{named}’, {share} were found",
        "precision": f"Of the people of ‘{group}’ who were named ‘{named}’, {share} are",
        "false_positive_rate": f"Of the people of ‘{group}’ who are not ‘{named}’, {share} were named so",
    }[row.metric]
    end = "highest" if row.metric == "false_positive_rate" else "lowest"
    return f"{said}: the {end} of {row.groups_estimable} pairs of class and group{_few(row.n)}."


def widest_class(row: Any, *, confidence: float = 0.95) -> str:
    """Say how far the groups are apart in one class.

    Parameters
    ----------
    row : ClassGapRow
        A difference with a value.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "The groups are furthest apart in ‘green’: 15.3 points (95 % interval 3.4 to 26.5 points) between ‘a’ and ‘b’."
    """
    between = " and ".join(f"‘{group_phrase(row.sensitive, group)}’" for group in (row.group, row.reference))
    size = f"{points(row.value)}{_bracketed(gap_interval(row.low, row.high, confidence=confidence))}"
    return f"The groups are furthest apart in ‘{escape_plain(row.of_class, _NAME)}’: {size} between {between}{_few(row.n)}."


def average_of_classes(row: Any, *, confidence: float = 0.95) -> str:
    """Say what a measure is on average over the classes.

    Parameters
    ----------
    row : ClassAverageRow
        An average.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "76.3 % (72.4 to 79.5 %), over 3 of 4 classes".
    """
    if row.value is None:
        return not_estimable(row.reason)
    ends = rate_interval(row.low, row.high, confidence=confidence).partition(" interval ")[2]
    over = (
        f", over {row.classes_estimable} of {row.classes_total} classes"
        if row.classes_estimable < row.classes_total
        else ""
    )
    return f"{percent(row.value)} ({ends}){over}"


def widest_error(row: Any, *, confidence: float = 0.95) -> str:
    """Say how far the groups' mean errors are apart.

    Parameters
    ----------
    row : DisparityRow
        The difference of the mean error.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "Predictions err by 1,461 more for ‘b’ than for ‘c’ on average (95 % interval 0 to 3,491)."
    """
    if row.value is None or row.group is None or row.reference is None:
        return f"Mean errors by {column_title(row.sensitive)}: {not_estimable(row.reason)}."
    interval = gap_amount_interval(row.metric, row.low, row.high, confidence=confidence)
    return (
        f"Compared with the label, predictions are {gap_amount(row.metric, row.value)} higher for "
        f"‘{group_phrase(row.sensitive, row.group)}’ than for ‘{group_phrase(row.sensitive, row.reference)}’ on "
        f"average{_bracketed(interval)}."
    )


def worst_loss(row: Any, *, confidence: float = 0.95) -> str:
    """Say for which group the predictions are furthest from the label, and how that stands to a bound.

    Parameters
    ----------
    row : DisparityRow
        The worst group of the mean absolute or the root mean squared error.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "They are furthest from the label for ‘b’: 3,752 on average (95 % interval 3,184 to 4,420), everybody 3,622."
    """
    if row.value is None:
        return ""
    interval = amount_interval(row.metric, row.low, row.high, confidence=confidence)
    whole = f", everybody {amount(row.metric, row.overall)}" if row.overall is not None else ""
    start = (
        f"They are furthest from the label for ‘{group_phrase(row.sensitive, row.group)}’: "
        f"{amount(row.metric, row.value)} on average{_bracketed(interval)}{whole}."
    )
    if row.tolerance is None or row.verdict is None:
        return start
    bound = amount(row.metric, row.tolerance)
    word = f"cannot be told from the bound of {bound}" if row.verdict == "cannot_tell" else ""
    return f"{start} That {word or f'is {row.verdict} the bound of {bound}'}."


def lowest_scoring(rows: Any, *, confidence: float = 0.95) -> str:
    """Say which group is least often above the median prediction.

    Parameters
    ----------
    rows : sequence of ScoringRateRow
        The groups of one grouping.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "‘White’ is above the median prediction least often: 37.5 % (…), 0.58 of the rate of ‘Hispanic’."
    """
    known = [row for row in rows if row.group is not None and row.value is not None and row.ratio is not None]
    if len(known) < 2:
        return ""
    low = min(known, key=lambda row: row.value)
    top = max(known, key=lambda row: row.value)
    if low.value == top.value:
        return f"All groups are above the median prediction equally often: {percent(low.value)}."
    interval = _bracketed(rate_interval(low.low, low.high, confidence=confidence))
    return (
        f"‘{group_phrase(low.sensitive, low.group)}’ is above the median prediction least often: "
        f"{percent(low.value)}{interval}, {ratio(low.ratio)} of the rate of ‘{group_phrase(top.sensitive, top.group)}’."
    )


def regret(row: Any, *, confidence: float = 0.95) -> str:
    """Say for which group the decisions are furthest behind a model of the group's own.

    Parameters
    ----------
    row : LargestRegretRow
        The largest regret of one column.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        One sentence; "could not be shown" where the interval reaches 0.
    """
    by = column_title(row.sensitive)
    if row.value is None:
        return f"By {by}, no group could be given a model of its own: {not_estimable(row.reason)}."
    named = f"‘{group_phrase(row.sensitive, row.group)}’"
    model = f"{BASELINE_WORDS.get(row.baseline, 'a model')} trained on this group alone"
    interval = _bracketed(gap_interval(row.low, row.high, confidence=confidence))
    if row.low > 0:
        return f"For {named} the decisions are wrong {points(row.value)} more often than {model}{interval}."
    if row.value <= 0:
        return f"By {by}, no group fared better with {model}; the nearest is {named}, {points(row.value)}{interval}."
    return (
        f"By {by}, it could not be shown that a group fares better with a model of its own: the largest difference is "
        f"{points(row.value)}{interval}, for {named}."
    )


def best_worst_group(row: Any) -> str:
    """Say how far the worst group is from the best worst group seen.

    Parameters
    ----------
    row : LargestRegretRow
        The largest regret of one column.

    Returns
    -------
    str
        "The worst group is wrong in 88.6 %; with models of their own the worst group would be at 13.8 %, 74.8 points
        less." Empty where nothing can be estimated.
    """
    if row.worst_error is None or row.gap is None:
        return ""
    start = f"The worst group by {column_title(row.sensitive)} is wrong in {percent(row.worst_error)}"
    if row.gap <= 0:
        return f"{start}; models of their own leave no worst group that is better off."
    return (
        f"{start}; with models of their own the worst group would be at {percent(row.best_worst_error)}, "
        f"{points(row.gap)} less."
    )


def _few(n: int) -> str:
    """Warn where a rate rests on few people."""
    return f", on n = {count(n)} {'person' if n == 1 else 'people'}" if n < _SMALL else ""


def _bracketed(interval: str) -> str:
    return f" ({interval})" if interval else ""
