"""What is measured by epoch or over a setting, as a reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from audit.rows import group_name
from audit.wording.cleaning import escape_plain
from audit.wording.measured import GAPS, MEASURED
from audit.wording.numbers import fixed, percent, points
from audit.wording.titles import TEXTS, metric_title, short_title
from audit.wording.units import is_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Outcome
    from audit.rows.series import Series

GAP: Final = "_difference"
"""How the id of a gap ends: that of a criterion comes before it."""

_TITLES: Final = {
    "loss": "Loss",
    "log_loss": "Loss (log-loss)",
    "robust_accuracy": "Accuracy with moved numbers, after",
    "robust_accuracy_before": "Accuracy with moved numbers, before",
}

_ROWS: Final = {
    "validation": "held-out rows",
    "train": "the training rows",
    "both": "training and held-out rows",
}

_SHARES: Final = ("accuracy", "rate", "share")


def curve_title(measure: str, favourable: Outcome = "positive") -> str:
    """Name a measure of a series.

    Parameters
    ----------
    measure : str
        Id of a metric, of a criterion followed by "_difference", or of what else a mitigation measures.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Its title; the id in words where none is known.
    """
    criterion = measure.removesuffix(GAP)
    if measure in _TITLES:
        return _TITLES[measure]
    if measure.endswith(GAP) and criterion in TEXTS:
        return f"{short_title(criterion, favourable)}: gap"
    if measure in TEXTS:
        return metric_title(measure, favourable)
    return MEASURED.get(measure, measure.replace("_", " ").capitalize())


def curve_unit(measure: str) -> Literal["share", "points", "plain"]:
    """Tell in what a measure of a series counts.

    Parameters
    ----------
    measure : str
        Its id.

    Returns
    -------
    {"share", "points", "plain"}
        Per cent, points, or a plain number.
    """
    if measure.endswith(GAP) or measure in GAPS:
        return "points"
    known = is_share(measure) if measure in TEXTS else measure.removesuffix("_before").endswith(_SHARES)
    return "share" if known else "plain"


def curve_amount(measure: str, value: float | None) -> str:
    """Write a value of a series in its unit.

    Parameters
    ----------
    measure : str
        Id of the measure.
    value : float or None
        The value.

    Returns
    -------
    str
        "not estimable" where there is none.
    """
    if value is None:
        return "not estimable"
    unit = curve_unit(measure)
    return percent(value) if unit == "share" else points(value) if unit == "points" else fixed(value, 3)


def curves_sentence(series: Series, measures: Sequence[str], favourable: Outcome = "positive") -> str:
    """Say how the curves went.

    Parameters
    ----------
    series : Series
        The curves.
    measures : sequence of str
        Which of its measures are drawn.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        For each measure its value for everybody at both ends, and the highest and the lowest group at the place kept.
    """
    if not series.x:
        return f"{series.title}: there is nothing to show yet."
    said = []
    for name in measures:
        part = _went(series, name)
        if part:
            said.append(f"{curve_title(name, favourable)}{part}")
    moved = f"{series.across} {series.x[0]:g} to {series.x[-1]:g}"
    kept = f" Kept: {series.picked:g}." if series.picked is not None else ""
    return f"{series.title}. {moved}, on {held_out(series)}. {'; '.join(said) or 'Nothing could be estimated'}.{kept}"


def _went(series: Series, name: str) -> str:
    """Say how one measure went: everybody from end to end, and the groups at the place kept."""
    at = place_kept(series)
    table = dict(zip(series.groups, series.values[series.measures.index(name)], strict=True))
    everybody = [value for value in table.get(None, ()) if value is not None]
    parts = []
    if everybody:
        first, last = (curve_amount(name, value) for value in (everybody[0], everybody[-1]))
        parts.append(f" from {first} to {last}")
        here = table[None][at]
        if series.kind == "path" and here is not None:
            parts.append(f" {curve_amount(name, here)} at {series.x[at]:g}")
    known = sorted(
        ((value[at], group) for group, value in table.items() if group is not None and value[at] is not None),
        key=lambda pair: pair[0] or 0.0,
    )
    if len(known) > 1:
        (low, lowest), (high, highest) = known[0], known[-1]
        parts.append(
            f" {curve_amount(name, high)} for {escape_plain(group_name(highest))} and {curve_amount(name, low)} for "
            f"{escape_plain(group_name(lowest))} at {series.x[at]:g}"
        )
    return ",".join(parts)


def held_out(series: Series) -> str:
    """Say on which rows a series was measured.

    Parameters
    ----------
    series : Series
        The curves.

    Returns
    -------
    str
        Such as "held-out rows".
    """
    return _ROWS.get(series.rows, "held-out rows")


def place_kept(series: Series) -> int:
    """Give the position of the place that was kept.

    Parameters
    ----------
    series : Series
        The curves, with at least one place.

    Returns
    -------
    int
        That of the last place where none was.
    """
    return series.x.index(series.picked) if series.picked in series.x else len(series.x) - 1
