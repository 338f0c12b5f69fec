"""Who changed sides with a mitigation, and what every model that was tried gives and takes.

Both follow from the counted decisions of a trial.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.disparity.compare import disparity_rows, metric_rows
from audit.rows.flips import FlipRow, TradeRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Plan
    from audit.trial import Trial


def flips(trial: Trial, plan: Plan, sensitive: tuple[str, ...]) -> tuple[FlipRow, ...]:
    """Count the people whose decision is another one after a mitigation.

    Parameters
    ----------
    trial : Trial
        The decisions of each model on the same test rows.
    plan : Plan
        Says which decision is good for the person.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    tuple of FlipRow
        For everybody and then each group: all people, then those with either label.
    """
    cells = trial.cells.marginal(sensitive)
    pair = cells.pair(trial.columns.index("before"), trial.columns.index("after"))
    good = int(plan.roles.favourable == "positive")
    names: list[tuple[str, ...] | None] = [None, *cells.groups]
    counts = [pair.n.sum(axis=0), *pair.n]
    rows = []
    for name, table in zip(names, counts, strict=True):
        for label in (None, 1, 0):
            part = table.sum(axis=0) if label is None else table[label]
            rows.append(
                FlipRow(
                    mitigation=trial.record.mitigation,
                    sensitive=sensitive,
                    group=name,
                    label=label,
                    n=int(part.sum()),
                    gained=int(part[1 - good, good]),
                    lost=int(part[good, 1 - good]),
                )
            )
    return tuple(rows)


def trade_rows(
    tried: Sequence[Trial], plan: Plan, sensitive: tuple[str, ...], criterion: str
) -> tuple[TradeRow, ...]:
    """Place every model that was tried on the plane of accuracy and gap.

    Parameters
    ----------
    tried : sequence of Trial
        The trials.
    plan : Plan
        Favourable outcome, grouping rules and confidence.
    sensitive : tuple of str
        The grouping.
    criterion : str
        Whose gap.

    Returns
    -------
    tuple of TradeRow
        The models of each trial in the order of its columns, with those on the Pareto front marked.

    Notes
    -----
    A model is on the front where no other has at least its accuracy and at most its gap, and is better in one of them.
    Points decide, not intervals: neighbours on the front may not be distinguishable.
    """
    rows: list[TradeRow] = []
    for trial in tried:
        cells = trial.cells.marginal(sensitive)
        for place, stage in enumerate(trial.columns):
            one = cells.decision(place)
            accuracy = next(
                row for row in metric_rows(one, plan) if row.metric == "accuracy" and row.group is None
            )
            gap = next(
                row
                for row in disparity_rows(one, plan, chance=False)
                if (row.metric, row.comparison) == (criterion, "difference")
            )
            rows.append(
                TradeRow(
                    mitigation=trial.record.mitigation,
                    title=trial.record.title,
                    stage=stage,
                    criterion=criterion,
                    sensitive=sensitive,
                    accuracy=accuracy.value,
                    accuracy_low=accuracy.low,
                    accuracy_high=accuracy.high,
                    gap=gap.value,
                    gap_low=gap.low,
                    gap_high=gap.high,
                )
            )
    return tuple(replace(row, front=_on_front(row, rows)) for row in rows)


def _on_front(row: TradeRow, rows: Sequence[TradeRow]) -> bool:
    if row.accuracy is None or row.gap is None:
        return False
    for other in rows:
        if other.accuracy is None or other.gap is None:
            continue
        as_good = other.accuracy >= row.accuracy and other.gap <= row.gap
        if as_good and (other.accuracy > row.accuracy or other.gap < row.gap):
            return False
    return True
