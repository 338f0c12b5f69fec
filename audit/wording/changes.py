"""Sentences about a mitigation: what changed, how sure that is, and who paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.numbers import (
    count,
    gap_interval,
    level,
    not_estimable,
    percent,
    points,
    ratio,
    signed_points,
)
from audit.wording.sentences import group_phrase
from audit.wording.titles import column_title, direction, short_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audit.plan import Outcome
    from audit.rows import ComparisonRow, TrialRecord
    from audit.rows.flips import FlipRow


LEVELLING: Final = ("demographic_parity", "equal_opportunity")
"""Criteria whose gap can close because a group is selected, or recognised, less often."""


def change(row: ComparisonRow, favourable: Outcome = "positive", *, confidence: float = 0.95) -> str:
    """Say how a rate or a disparity changed with a mitigation.

    Parameters
    ----------
    row : ComparisonRow
        Before and after on the same test rows.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Confidence level of the paired interval.

    Returns
    -------
    str
        "The gap fell from 22.1 points to 13.9 points; change −8.2 points (95 % paired interval −10.0 to −6.0
        points)."
    """
    subject = _subject(row, favourable)
    if row.before is None or row.after is None or row.change is None:
        return f"{subject}: the change is {not_estimable()}."
    write = _writer(row)
    before, after = write(row.before), write(row.after)
    if before == after:
        moved = f"stayed at {after}"
    else:
        moved = f"{'fell' if row.change < 0 else 'rose'} from {before} to {after}"
    return f"{subject} {moved}; {_sure(row, confidence)}."


def levelling_down(
    gap: ComparisonRow, groups: Iterable[ComparisonRow], favourable: Outcome = "positive"
) -> str:
    """Say when a gap closed because a group got worse.

    Parameters
    ----------
    gap : ComparisonRow
        A difference before and after.
    groups : iterable of ComparisonRow
        The rate behind it, one row for each group.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        A sentence that names the groups that got worse; empty where no closing gap or no group's loss could
        be shown.
    """
    if gap.change is None or shown_change(gap) >= 0:
        return ""
    rows = [row for row in groups if row.group is not None and row.sensitive == gap.sensitive]
    lost = [row for row in rows if _shown(row, favourable) < 0]
    gained = [row for row in rows if _shown(row, favourable) > 0]
    if not lost:
        return ""
    named = "; ".join(
        f"{group_phrase(row.sensitive, row.group)} from {percent(row.before)} to {percent(row.after)}"
        for row in lost[:3]
    )
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    how = "partly because" if gained else "only because"
    whose = "a group" if len(lost) == 1 else "groups"
    tail = "" if gained else " No group's gain could be shown."
    rate = short_title(lost[0].metric, favourable).lower()
    return f"Levelling down: the gap closed {how} {whose} got worse ({rate}: {named}{more}).{tail}"


def _shown(row: ComparisonRow, favourable: Outcome) -> int:
    """Give 1 for a gain that the interval shows, −1 for such a loss, 0 otherwise."""
    way = direction(row.metric, favourable)
    if row.low is None or row.high is None:
        return 0
    if row.low > 0:
        return way
    return -way if row.high < 0 else 0


def _subject(row: ComparisonRow, favourable: Outcome) -> str:
    title = short_title(row.metric, favourable)
    by = column_title(row.sensitive)
    if row.comparison == "difference":
        return f"{title}: the gap by {by}"
    if row.comparison == "ratio":
        return f"{title}: the ratio by {by}"
    if row.comparison == "worst_group":
        return f"{title}: the worst group by {by}"
    return f"{title}: {group_phrase(row.sensitive, row.group)}"


def _writer(row: ComparisonRow) -> Callable[[float | None], str]:
    if row.comparison == "ratio":
        return ratio
    return points if row.comparison == "difference" else percent


def _sure(row: ComparisonRow, confidence: float) -> str:
    """Write the change with its paired interval, and say where the interval holds no change."""
    if row.comparison == "ratio":
        size = f"change {_signed_ratio(row.change)}"
        ends = ""
        if row.low is not None and row.high is not None:
            ends = f"{level(confidence)} paired interval {ratio(row.low)} to {ratio(row.high)}"
    else:
        size = f"change {signed_points(row.change)}"
        ends = gap_interval(row.low, row.high, confidence=confidence, kind="paired")
    ends = "; ".join(part for part in (ends, over_seeds(row)) if part)
    bracket = f" ({ends})" if ends else ""
    return f"{size}{bracket}" + (", so a change could not be shown" if shown_change(row) == 0 else "")


def shown_change(row: ComparisonRow) -> int:
    """Say what the paired interval and the further runs show together.

    Parameters
    ----------
    row : ComparisonRow
        Before and after on the same test rows.

    Returns
    -------
    int
        −1 where the value fell: the interval lies below zero, and it fell in every run. 1 where it rose likewise. 0
        where neither can be shown.
    """
    if row.low is None or row.high is None:
        return 0
    least, most = (row.low, row.high) if row.least is None else (row.least, row.most or 0.0)
    if row.high < 0 and most < 0:
        return -1
    return 1 if row.low > 0 and least > 0 else 0


def over_seeds(row: ComparisonRow) -> str:
    """Say how far a change moves from run to run.

    Parameters
    ----------
    row : ComparisonRow
        A change with its smallest and largest value over the runs.

    Returns
    -------
    str
        "−9.1 to −7.5 points over 5 seeds"; empty where there was one run.
    """
    if not row.seeds or row.least is None or row.most is None:
        return ""
    if row.comparison == "ratio":
        ends = f"{_signed_ratio(row.least)} to {_signed_ratio(row.most)}"
    else:
        ends = f"{signed_points(row.least).removesuffix(' points').removesuffix(' point')} to {signed_points(row.most)}"
    return f"{ends} over {row.seeds + 1} seeds"


def _signed_ratio(value: float | None) -> str:
    written = ratio(value)
    return f"+{written}" if value is not None and value > 0 and written != "0.00" else written


def flipped(rows: Iterable[FlipRow]) -> str:
    """Say how many people are decided otherwise after a mitigation.

    Parameters
    ----------
    rows : iterable of FlipRow
        Counts of one grouping, everybody first.

    Returns
    -------
    str
        "Of 16,281 people, 812 (5.0 %) are decided otherwise: 500 for the better, 312 for the worse." With the group
        that lost most, where one lost more than it gained.
    """
    every = [row for row in rows if row.label is None]
    whole = every[0]
    moved = whole.gained + whole.lost
    if not moved:
        return f"Of {count(whole.n)} people, nobody is decided otherwise."
    said = (
        f"Of {count(whole.n)} people, {count(moved)} ({percent(moved / whole.n)}) are decided otherwise: "
        f"{count(whole.gained)} for the better, {count(whole.lost)} for the worse."
    )
    losers = [row for row in every[1:] if row.n and row.lost > row.gained]
    if losers:
        worst = max(losers, key=lambda row: (row.lost - row.gained) / row.n)
        said += (
            f" Most was lost by {group_phrase(worst.sensitive, worst.group)}: {count(worst.lost)} decisions for the "
            f"worse, {count(worst.gained)} for the better."
        )
    return said


def runs(record: TrialRecord) -> str:
    """Say on what a mitigation was tried again.

    Parameters
    ----------
    record : TrialRecord
        What is remembered of it.

    Returns
    -------
    str
        A sentence with a blank before it; empty where it ran once.
    """
    seeds = record.params.get("seeds", 1)
    if seeds == 1:
        return ""
    how = (
        "each with a split of its own" if record.resplit else "the further ones on training rows drawn again"
    )
    return f" It was tried with {seeds} seeds, {how}: that range shows what another draw would have given."
