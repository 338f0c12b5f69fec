"""Scoring rates: how often a group is predicted above the median, and the ratio to the highest scoring group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.chapters.case import Chapter
from audit.disparity.compare import ratio_to_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.chapters.case import Case
    from audit.rows import MetricRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRateRow:
    """The share of a group whose prediction is strictly above the median prediction of everybody.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group's values; None for everybody.
    median : float
        Median of all predictions.
    value, low, high : float or None
        The scoring rate with its interval, 0 to 1.
    ratio, ratio_low, ratio_high : float or None
        The scoring rate over that of the highest scoring group (impact ratio), with its interval.
    share : float
        Share of the group among everybody.
    n : int
        People in the group.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    median: float
    value: float | None
    low: float | None
    high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    share: float
    n: int
    reason: str = ""


def scoring_rates(case: Case) -> tuple[ScoringRateRow, ...]:
    """Give the share of each group above the median prediction, and its ratio to the highest such share.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ScoringRateRow
        For each grouping everybody, then the groups; empty where the label is no number.

    Notes
    -----
    As in New York City's Local Law 144, 6 RCNY § 5-300: scoring rate and impact ratio. People whose group is not
    recorded are listed, and are not the highest scoring category unless the plan counts them in gaps.
    """
    table = case.basis.values
    if table is None:
        return ()
    return tuple(
        row for sensitive in case.groupings for row in _scoring(case, sensitive, table.prediction_median)
    )


def _scoring(case: Case, sensitive: tuple[str, ...], median: float) -> list[ScoringRateRow]:
    part = case.cells.marginal(sensitive)
    rates = [row for row in case.metrics if (row.metric, row.sensitive) == ("selection_rate", sensitive)]
    ratios = _ratios(case, part, rates[1:])
    return [
        ScoringRateRow(
            sensitive=sensitive,
            group=row.group,
            median=median,
            value=row.value,
            low=row.low,
            high=row.high,
            ratio=ratio[0],
            ratio_low=ratio[1],
            ratio_high=ratio[2],
            share=row.n / part.total,
            n=row.n,
            reason=row.reason,
        )
        for row, ratio in zip(rates, [(None, None, None), *ratios], strict=True)
    ]


def _ratios(case: Case, part: Any, rates: Sequence[MetricRow]) -> list[tuple[float | None, ...]]:
    """Give each rate over the highest one."""
    plan = case.plan
    known = [
        (row.value, row.n, row.group)
        for row, unknown in zip(rates, part.unknown, strict=True)
        if row.value is not None and row.group is not None and (plan.grouping.include_unknown or not unknown)
    ]
    if not known:
        return [(None, None, None)] * len(rates)
    top = max(known, key=lambda item: (item[0], item[1]))[2]
    named = replace(
        plan, grouping=replace(plan.grouping, references={" × ".join(part.sensitive): " × ".join(top)})
    )
    return [
        (1.0, 1.0, 1.0) if group == top else tuple(ratio)
        for group, *ratio in ratio_to_reference(part, named, "selection_rate")
    ]


CHAPTERS: Final = (
    Chapter(
        id="scoring_rates",
        title="Scoring rates and impact ratios",
        kinds=(ScoringRateRow,),
        rows=scoring_rates,
    ),
)
"""What this room tells."""
