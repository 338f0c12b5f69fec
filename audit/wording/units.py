"""Amounts in the unit of their measure: shares in per cent and points, everything else as plain numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from audit.wording.numbers import (
    fixed,
    gap_interval,
    level,
    not_estimable,
    percent,
    points,
    rate_interval,
    signed_points,
)
from audit.wording.titles import TEXTS

if TYPE_CHECKING:
    from audit.wording.metrics import Unit


def unit_of(metric: str) -> Unit:
    """Tell what a measure counts in.

    Parameters
    ----------
    metric : str
        Id of a rate, a criterion or another measure.

    Returns
    -------
    {"share", "index", "score", "label"}
        A share for everything that is not known otherwise.
    """
    return TEXTS[metric].unit if metric in TEXTS else "share"


def is_share(metric: str) -> bool:
    """Tell whether a measure is a share of people.

    Parameters
    ----------
    metric : str
        Id of a rate, a criterion or another measure.

    Returns
    -------
    bool
        True for rates and criteria.
    """
    return unit_of(metric) == "share"


def amount(metric: str, value: float | None, *, reason: str = "") -> str:
    """Write a measure of one group in its unit.

    Parameters
    ----------
    metric : str
        Id of the measure.
    value : float or None
        Its value; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.

    Returns
    -------
    str
        "31.8 %" for a rate, "0.318" for an index or a score, "1,284" for a measure in the unit of the label.

    Examples
    --------
    >>> amount("selection_rate", 0.318), amount("f1_score", 0.318)
    ('31.8 %', '0.318')
    """
    if is_share(metric):
        return percent(value, reason=reason)
    if value is None or not math.isfinite(value):
        return not_estimable(reason)
    return _plain(metric, value, value)


def gap_amount(metric: str, value: float | None, *, reason: str = "") -> str:
    """Write a difference between groups in the unit of the measure.

    Parameters
    ----------
    metric : str
        Id of the measure.
    value : float or None
        The difference; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.

    Returns
    -------
    str
        "57.9 points" for a rate, "0.579" for an index.

    Examples
    --------
    >>> gap_amount("selection_rate", 0.579), gap_amount("f1_score", -0.579)
    ('57.9 points', '−0.579')
    """
    return points(value, reason=reason) if is_share(metric) else amount(metric, value, reason=reason)


def signed_gap_amount(metric: str, value: float | None, *, reason: str = "") -> str:
    """Write a difference between groups with its sign.

    Parameters
    ----------
    metric : str
        Id of the measure.
    value : float or None
        The difference; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.

    Returns
    -------
    str
        "+3.2 points" for a rate, "+0.032" for an index.
    """
    if is_share(metric):
        return signed_points(value, reason=reason)
    written = amount(metric, value, reason=reason)
    if value is None or not math.isfinite(value) or value <= 0 or not written.strip("0."):
        return written
    return f"+{written}"


def amount_interval(metric: str, low: float | None, high: float | None, *, confidence: float = 0.95) -> str:
    """Write the interval of a measure of one group.

    Parameters
    ----------
    metric : str
        Id of the measure.
    low, high : float or None
        Ends.
    confidence : float, default 0.95
        Confidence level.

    Returns
    -------
    str
        "95 % interval 30.1 to 33.5 %" for a rate, "95 % interval 0.301 to 0.335" for an index; empty where there is
        no interval.
    """
    if is_share(metric):
        return rate_interval(low, high, confidence=confidence)
    return _interval(metric, low, high, confidence, "")


def gap_amount_interval(
    metric: str, low: float | None, high: float | None, *, confidence: float = 0.95, kind: str = ""
) -> str:
    """Write the interval of a difference between groups.

    Parameters
    ----------
    metric : str
        Id of the measure.
    low, high : float or None
        Ends.
    confidence : float, default 0.95
        Confidence level.
    kind : str, default ""
        A word before "interval", such as "paired".

    Returns
    -------
    str
        "95 % interval 56.0 to 60.0 points" for a rate, "95 % interval 0.560 to 0.600" for an index; empty where there
        is no interval.
    """
    if is_share(metric):
        return gap_interval(low, high, confidence=confidence, kind=kind)
    return _interval(metric, low, high, confidence, kind)


def _interval(metric: str, low: float | None, high: float | None, confidence: float, kind: str) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    size = max(abs(low), abs(high))
    word = f"{kind} interval" if kind else "interval"
    return f"{level(confidence)} {word} {_plain(metric, low, size)} to {_plain(metric, high, size)}"


def _plain(metric: str, value: float, size: float) -> str:
    """Write a plain number; in the unit of the label with as many digits as its size needs."""
    if unit_of(metric) != "label":
        return fixed(value, 3)
    whole = math.floor(math.log10(abs(size))) if size else 0
    return fixed(value, min(max(2 - whole, 0), 6))
