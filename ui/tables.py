"""The rows of an audit as lines of a table: the same words and rounding as everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit import wording
from audit.rows import group_name
from audit.wording.likeness import LIKENESS_TEXTS, likeness_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.plan import Outcome
    from audit.rows import ComparisonRow, DataRecord, DisparityRow, MetricRow
    from audit.rows.flips import FlipRow, TradeRow
    from audit.rows.trials import CellCount

Lines = list[dict[str, str]]

_COMPARED: Final = {"difference": "gap", "ratio": "ratio", "worst_group": "worst group"}


def rates(rows: Iterable[MetricRow], *, confidence: float) -> Lines:
    """Write one rate or other measure of several groups.

    Parameters
    ----------
    rows : iterable of MetricRow
        The rate of each group.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    every = list(rows)
    weighted = any(row.n_effective is not None and abs(row.n_effective - row.n) >= 1 for row in every)
    return [
        {
            "Group": group_name(row.group),
            "Rate" if wording.is_share(row.metric) else "Value": wording.amount(
                row.metric, row.value, reason=row.reason
            ),
            f"{wording.level(confidence)} interval": ends(row.low, row.high, metric=row.metric),
            "n": wording.count(row.n),
            **({"Effective n": wording.count(row.n_effective)} if weighted else {}),
        }
        for row in every
    ]


def ends(low: float | None, high: float | None, kind: str = "rate", *, metric: str = "") -> str:
    """Write the ends of an interval.

    Parameters
    ----------
    low, high : float or None
        The ends.
    kind : {"rate", "gap", "ratio"}, default "rate"
        What they are ends of.
    metric : str, default ""
        Id of the measure, for its unit; a share by default.

    Returns
    -------
    str
        "30.1 to 33.5 %"; empty where there is no interval.
    """
    if kind == "ratio":
        said = wording.ratio_interval(low, high)
    elif kind == "gap":
        said = wording.gap_amount_interval(metric, low, high)
    else:
        said = wording.amount_interval(metric, low, high)
    return said.partition(" interval ")[2]


def value(row: DisparityRow | ComparisonRow, amount: float | None, reason: str = "") -> str:
    """Write the amount of a disparity or a rate in its own unit.

    Parameters
    ----------
    row : DisparityRow or ComparisonRow
        The row that the amount belongs to.
    amount : float or None
        The amount.
    reason : str, default ""
        Why there is none.

    Returns
    -------
    str
        "12.0 points", "0.81" or "31.8 %".
    """
    if row.comparison == "ratio":
        return wording.ratio(amount, reason=reason)
    write = {
        "difference": wording.gap_amount,
        "to_reference": wording.signed_gap_amount,
    }.get(row.comparison or "", wording.amount)
    return write(row.metric, amount, reason=reason)


def disparities(rows: Iterable[DisparityRow], favourable: Outcome, *, confidence: float) -> Lines:
    """Write disparities with their interval, tolerance and verdict.

    Parameters
    ----------
    rows : iterable of DisparityRow
        Differences, ratios or worst groups.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    return [
        {
            "Between groups": wording.disparity_title(row, favourable),
            "Value": value(row, row.value, row.reason),
            f"{wording.level(confidence)} interval": ends(row.low, row.high, _kind(row), metric=row.metric),
            "Groups": _pair(row),
            "Over": f"{row.groups_estimable} of {row.groups_total}",
            "Tolerance": "" if row.tolerance is None else value(row, row.tolerance),
            "Verdict": f"{wording.verdict_symbol(row.verdict)} {wording.verdict_word(row.verdict)}"
            if row.verdict
            else "",
        }
        for row in rows
    ]


def _kind(row: DisparityRow | ComparisonRow) -> str:
    return {"ratio": "ratio", "difference": "gap", "to_reference": "gap"}.get(row.comparison or "", "rate")


def _pair(row: DisparityRow) -> str:
    if row.group is None:
        return ""
    if row.reference is None:
        return group_name(row.group)
    return f"{group_name(row.group)} against {group_name(row.reference)}"


def references(rows: Iterable[DisparityRow], *, confidence: float) -> Lines:
    """Write the signed differences of the groups to the reference group.

    Parameters
    ----------
    rows : iterable of DisparityRow
        Rows with comparison "to_reference".
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    return [
        {
            "Group": group_name(row.group),
            "Reference": group_name(row.reference) if row.reference is not None else "",
            "Difference": wording.signed_gap_amount(row.metric, row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": ends(row.low, row.high, "gap", metric=row.metric),
        }
        for row in rows
    ]


def comparison(rows: Iterable[ComparisonRow], favourable: Outcome, *, confidence: float) -> Lines:
    """Write rates or disparities before and after a mitigation.

    Parameters
    ----------
    rows : iterable of ComparisonRow
        The rows.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    every = list(rows)
    original = any(row.original is not None for row in every)
    seeds = any(row.seeds for row in every)
    return [
        {
            "What": wording.short_title(row.metric, favourable)
            + (f", {_COMPARED.get(row.comparison, row.comparison)}" if row.comparison else ""),
            "Group": group_name(row.group) if row.comparison is None else "all groups",
            **({"Original model": value(row, row.original)} if original else {}),
            "Before": value(row, row.before),
            "Control": "" if row.control is None else value(row, row.control),
            "After": value(row, row.after),
            "Change": _change(row),
            f"Paired {wording.level(confidence)} interval": ends(row.low, row.high, _change_kind(row)),
            **({"Over seeds": ends(row.least, row.most, _change_kind(row))} if seeds else {}),
            "n": wording.count(row.n),
        }
        for row in every
    ]


def _change(row: ComparisonRow) -> str:
    if row.comparison == "ratio":
        return wording.ratio(row.change)
    return wording.signed_points(row.change)


def _change_kind(row: ComparisonRow) -> str:
    return "ratio" if row.comparison == "ratio" else "gap"


def flips(rows: Iterable[FlipRow], favourable: Outcome) -> Lines:
    """Write how many people of each group are decided otherwise, and how many of these decisions are right now.

    Parameters
    ----------
    rows : iterable of FlipRow
        The counts: for each group all people and those with either label.
    favourable : {"positive", "negative"}
        Which decision is good for the person.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    found = {(row.group, row.label): row for row in rows}
    good = int(favourable == "positive")
    lines = []
    for (group, label), row in found.items():
        if label is None and row.n:
            deserving, others = found[group, good], found[group, 1 - good]
            lines.append(
                {
                    "Group": group_name(group),
                    "People": wording.count(row.n),
                    "Better decision": _of(row.gained, row.n),
                    "Worse decision": _of(row.lost, row.n),
                    "Net": f"{row.gained - row.lost:+,}".replace("-", "−"),
                    "Right now, wrong before": wording.count(deserving.gained + others.lost),
                    "Wrong now, right before": wording.count(deserving.lost + others.gained),
                }
            )
    return lines


def _of(part: int, whole: int) -> str:
    return f"{wording.count(part)} ({wording.percent(part / whole)})"


_STAGES: Final = {"original": "Audited model", "before": "Before", "control": "Control", "after": "After"}


def trades(rows: Iterable[TradeRow], *, confidence: float) -> Lines:
    """Write accuracy and gap of every model that was tried.

    Parameters
    ----------
    rows : iterable of TradeRow
        The models.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each model.
    """
    between = f"{wording.level(confidence)} interval"
    return [
        {
            "Repair": row.title,
            "Model": _STAGES[row.stage],
            "Accuracy": wording.percent(row.accuracy),
            f"Accuracy, {between}": ends(row.accuracy_low, row.accuracy_high),
            "Gap": wording.points(row.gap),
            f"Gap, {between}": ends(row.gap_low, row.gap_high, "gap"),
            "None better in both": "yes" if row.front else "",
        }
        for row in rows
    ]


def cells(rows: Iterable[CellCount], positive: str) -> Lines:
    """Write how many training rows each group and label had and has.

    Parameters
    ----------
    rows : iterable of CellCount
        The cells.
    positive : str
        The label's positive value.

    Returns
    -------
    list of dict
        Heading to text, one for each cell.
    """
    return [
        {
            "Group": group_name(row.group),
            "Label": positive if row.label else f"not {positive}",
            "Before": wording.count(row.before),
            "After": wording.count(row.after),
            "Added": wording.count(row.added),
            "Removed": wording.count(row.removed),
        }
        for row in rows
    ]


def quality(found: Mapping[str, float]) -> Lines:
    """Write how like the real rows the made ones are.

    Parameters
    ----------
    found : mapping of str to float
        Measure to value.

    Returns
    -------
    list of dict
        Heading to text, one for each measure; each stands beside what to hold it against.
    """
    lines = []
    for id_, text in LIKENESS_TEXTS.items():
        if id_ not in found:
            continue
        beside = likeness_value(text.beside, found[text.beside]) if text.beside in found else text.yardstick
        lines.append(
            {
                "Measure": text.title,
                "Made rows": likeness_value(id_, found[id_]),
                "Real rows": beside or "–",
                "Reading": text.reading,
            }
        )
    return lines


def row_flow(data: DataRecord) -> Lines:
    """Write what became of the rows of the file.

    Parameters
    ----------
    data : DataRecord
        What was read, dropped and audited.

    Returns
    -------
    list of dict
        Heading to text, one for each step.
    """
    return [
        {"Step": "Rows read", "Rows": wording.count(data.read)},
        *({"Step": f"Dropped: {item.reason}", "Rows": wording.count(item.n)} for item in data.dropped),
        {"Step": f"Audited ({data.split})", "Rows": wording.count(data.audited)},
    ]
