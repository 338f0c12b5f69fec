"""Number formats: rates in per cent with one decimal, gaps in points, counts with separators."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Context

from audit.rows import REASONS

_MINUS = "\N{MINUS SIGN}"


def percent(value: float | None, *, reason: str = "", decimals: int = 1) -> str:
    """Write a rate in per cent.

    Parameters
    ----------
    value : float or None
        A rate from 0 to 1; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.
    decimals : int, default 1
        Digits after the point.

    Returns
    -------
    str
        "31.8 %", or "not estimable: no positive labels".

    Examples
    --------
    >>> percent(0.318), percent(None, reason="no_positives")
    ('31.8 %', 'not estimable: no positive labels')
    """
    if value is None or not math.isfinite(value):
        return not_estimable(reason)
    return f"{fixed(100 * value, decimals)} %"


def points(value: float | None, *, reason: str = "", decimals: int = 1) -> str:
    """Write a gap between two rates in percentage points.

    Parameters
    ----------
    value : float or None
        A difference from −1 to 1; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.
    decimals : int, default 1
        Digits after the point.

    Returns
    -------
    str
        "57.9 points", or "not estimable: …".

    Examples
    --------
    >>> points(0.579), points(-0.082)
    ('57.9 points', '−8.2 points')
    """
    if value is None or not math.isfinite(value):
        return not_estimable(reason)
    return f"{fixed(100 * value, decimals)} points"


def signed_points(value: float | None, *, reason: str = "") -> str:
    """Write a change in percentage points, with its sign.

    Parameters
    ----------
    value : float or None
        A difference from −1 to 1; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.

    Returns
    -------
    str
        "+3.2 points", "−8.2 points" or "0.0 points".
    """
    written = points(value, reason=reason)
    if value is None or not math.isfinite(value) or fixed(100 * value, 1) == "0.0":
        return written
    return written if value < 0 else f"+{written}"


def ratio(value: float | None, *, reason: str = "") -> str:
    """Write a ratio of two rates.

    Parameters
    ----------
    value : float or None
        A ratio, 0 or more; None where it is not estimable.
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`, used where there is no value.

    Returns
    -------
    str
        "0.35", or "not estimable: …".
    """
    if value is None or not math.isfinite(value):
        return not_estimable(reason)
    return fixed(value, 2)


def count(n: float | None) -> str:
    """Write a number of people or rows.

    Parameters
    ----------
    n : int, float or None
        A count; weights add up to a number that is not whole, which is rounded.

    Returns
    -------
    str
        "68,785"; "unknown" for None.
    """
    if n is None or not math.isfinite(n):
        return "unknown"
    return f"{round(n):,}".replace("-", _MINUS)


def at_most(bound: float) -> str:
    """Write a bound with two digits, rounded up, so that it still is one.

    Parameters
    ----------
    bound : float
        A finite number.

    Returns
    -------
    str
        The number without an exponent.

    Examples
    --------
    >>> at_most(0.000511), at_most(2e-7)
    ('0.00052', '0.0000002')
    """
    return f"{Context(prec=2, rounding=ROUND_CEILING).create_decimal(repr(float(bound))):f}"


def pvalue(p: float | None) -> str:
    """Write a p-value.

    Parameters
    ----------
    p : float or None
        From 0 to 1.

    Returns
    -------
    str
        "p = 0.031", "p < 0.001", or "p not estimable".
    """
    if p is None or not math.isfinite(p):
        return "p not estimable"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def level(confidence: float) -> str:
    """Write a confidence level.

    Parameters
    ----------
    confidence : float
        Between 0 and 1.

    Returns
    -------
    str
        "95 %", "99.9 %".
    """
    return f"{round(100 * confidence, 2):g} %"


def rate_interval(low: float | None, high: float | None, *, confidence: float = 0.95) -> str:
    """Write the interval of a rate.

    Parameters
    ----------
    low, high : float or None
        Ends, 0 to 1.
    confidence : float, default 0.95
        Confidence level.

    Returns
    -------
    str
        "95 % interval 30.1 to 33.5 %"; empty where there is no interval.
    """
    return _interval(low, high, confidence, scale=100, decimals=1, unit=" %")


def gap_interval(low: float | None, high: float | None, *, confidence: float = 0.95, kind: str = "") -> str:
    """Write the interval of a gap or a change.

    Parameters
    ----------
    low, high : float or None
        Ends, −1 to 1.
    confidence : float, default 0.95
        Confidence level.
    kind : str, default ""
        A word before "interval", such as "paired".

    Returns
    -------
    str
        "95 % interval 56.0 to 60.0 points"; empty where there is no interval.
    """
    return _interval(low, high, confidence, scale=100, decimals=1, unit=" points", kind=kind)


def ratio_interval(low: float | None, high: float | None, *, confidence: float = 0.95) -> str:
    """Write the interval of a ratio.

    Parameters
    ----------
    low, high : float or None
        Ends, 0 or more.
    confidence : float, default 0.95
        Confidence level.

    Returns
    -------
    str
        "95 % interval 0.33 to 0.38"; empty where there is no interval.
    """
    return _interval(low, high, confidence, scale=1, decimals=2, unit="")


def not_estimable(reason: str = "") -> str:
    """Say that a value cannot be estimated, and why.

    Parameters
    ----------
    reason : str, default ""
        Code of :data:`audit.rows.REASONS`.

    Returns
    -------
    str
        "not estimable: no positive labels", or "not estimable" without a reason.
    """
    if not reason:
        return "not estimable"
    return f"not estimable: {REASONS.get(reason, reason.replace('_', ' '))}"


def _interval(
    low: float | None,
    high: float | None,
    confidence: float,
    *,
    scale: float,
    decimals: int,
    unit: str,
    kind: str = "",
) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    ends = f"{fixed(scale * low, decimals)} to {fixed(scale * high, decimals)}"
    word = f"{kind} interval" if kind else "interval"
    return f"{level(confidence)} {word} {ends}{unit}"


def fixed(value: float, decimals: int) -> str:
    """Write a number with a true minus sign and without a negative zero.

    Parameters
    ----------
    value : float
        A finite number.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        "−1,234.50".
    """
    written = f"{value:,.{decimals}f}"
    if float(written.replace(",", "")) == 0:
        written = written.lstrip("-")
    return written.replace("-", _MINUS)
