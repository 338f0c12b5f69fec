"""Predicted numbers by group: errors, what they explain, what is predicted, and how far the groups are apart."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number, reference_group
from audit.inference.bounded import Bounded, chance_gap, difference, widest_gap
from audit.metrics.numbers import Measured, measure
from audit.names import FAMILIES
from audit.rows import DisparityRow, MetricRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.values import Values

METRICS: Final = FAMILIES["values"]
_MEANS: Final = ("mean_error", "mean_absolute_error", "mean_prediction")
_KOLMOGOROV: Final = math.sqrt(math.pi / 2) * math.log(2)
"""Mean of Kolmogorov's distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueGapRow:
    """How what is predicted for a group differs from what is predicted for everybody else.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str
        The group's values.
    value, low, high : float or None
        Mean prediction of the group minus that of everybody else, with its interval, in units of the label.
    distance : float or None
        Largest distance between the two distributions of predictions (Kolmogorov and Smirnov), 0 to 1.
    distance_expected : float or None
        The distance that chance alone would show on average if both distributions were the same.
    n : int
        People in the group.
    n_others : int
        People in all other groups.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    distance: float | None
    distance_expected: float | None
    n: int
    n_others: int
    reason: str = ""


def values(case: Case) -> tuple[Any, ...]:
    """Measure predicted numbers by group, and how far the groups are apart.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of MetricRow and DisparityRow
        For each grouping and measure: everybody, the groups, then the disparities; empty where the label is no number.
    """
    table = case.basis.values
    if table is None:
        return ()
    everybody = table.overall()
    rows: list[Any] = []
    for sensitive in case.groupings:
        part = table.marginal(sensitive)
        for metric in METRICS:
            rows += _rows(metric, part, everybody, case.plan)
    return tuple(rows)


def _held(found: Measured, part: Values, plan: Plan) -> Measured:
    """Leave out what rests on fewer people than the plan asks for."""
    few = part.n < plan.grouping.min_size
    reasons = tuple(
        "below_minimum_size" if small and not reason else reason
        for small, reason in zip(few, found.reasons, strict=True)
    )
    return replace(found, value=np.where(few, np.nan, found.value), reasons=reasons)


def _bounded(*parts: Measured) -> Bounded:
    """Put measures of several tables one after the other, ready for differences."""
    value = np.concatenate([part.value for part in parts])

    def bounds(alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        ends = [part.limits(alpha) for part in parts]
        return np.concatenate([low for low, _ in ends]), np.concatenate([high for _, high in ends])

    deviation = np.concatenate([part.deviation for part in parts])
    return Bounded(value=value, centre=value, deviation=deviation, bounds=bounds)


def _rows(metric: str, part: Values, everybody: Values, plan: Plan) -> list[Any]:
    whole = _held(measure(metric, everybody), everybody, plan)
    found = _held(measure(metric, part), part, plan)
    rows: list[Any] = [
        *_metric_rows(metric, part.sensitive, whole, everybody, plan),
        *_metric_rows(metric, part.sensitive, found, part, plan),
    ]
    counted = np.array([plan.grouping.include_unknown or not unknown for unknown in part.unknown], dtype=bool)
    usable = replace(found, value=np.where(counted, found.value, np.nan))
    total = int(counted.sum())
    rows.append(_gap(metric, part, usable, total, plan))
    worst = _worst(metric, part, usable, total, plan)
    return [*rows, *([worst] if worst else []), *_references(metric, part, found, total, plan)]


def _metric_rows(
    metric: str, sensitive: tuple[str, ...], found: Measured, table: Values, plan: Plan
) -> list[MetricRow]:
    low, high = found.limits(1 - plan.confidence)
    return [
        MetricRow(
            metric=metric,
            sensitive=sensitive,
            group=table.groups[i] or None,
            value=number(found.value[i]),
            low=None if math.isnan(found.value[i]) else number(low[i]),
            high=None if math.isnan(found.value[i]) else number(high[i]),
            n=int(table.n[i]),
            n_effective=float(table.effective[i]),
            reason=found.reasons[i],
        )
        for i in range(len(found.value))
    ]


def _gap(metric: str, part: Values, found: Measured, total: int, plan: Plan) -> DisparityRow:
    of, known = _bounded(found), ~np.isnan(found.value)
    gap = widest_gap(of, known, alpha=1 - plan.confidence, sizes=part.sizes)
    row = DisparityRow(
        metric=metric,
        sensitive=part.sensitive,
        comparison="difference",
        groups_estimable=int(known.sum()),
        groups_total=total,
    )
    if math.isnan(gap.value):
        return replace(row, reason="fewer_than_two_groups")
    stream = zlib.crc32("|".join(["values", metric, *part.sensitive]).encode())
    rng = np.random.default_rng([plan.seed, stream])
    expected = chance_gap(of, known, replicates=plan.replicates, rng=rng)
    return replace(
        row,
        group=part.groups[gap.first],
        reference=part.groups[gap.second],
        value=gap.value,
        low=gap.low,
        high=gap.high,
        expected=number(expected),
    )


def _highest_is_worst(metric: str, favourable: str) -> bool | None:
    if metric == "mean_prediction":
        return favourable == "negative"
    return {"r_squared": False, "mean_error": None}.get(metric, True)


def _worst(metric: str, part: Values, found: Measured, total: int, plan: Plan) -> DisparityRow | None:
    """Find the worst group; its bounds are those of the largest of K values."""
    highest = _highest_is_worst(metric, plan.roles.favourable)
    if highest is None:
        return None
    use = np.flatnonzero(~np.isnan(found.value))
    row = DisparityRow(
        metric=metric,
        sensitive=part.sensitive,
        comparison="worst_group",
        overall=number(measure(metric, part.overall()).value[0]),
        groups_estimable=len(use),
        groups_total=total,
    )
    if not len(use):
        return replace(row, reason=next((reason for reason in found.reasons if reason), "empty"))
    sign, pick = (1, np.max) if highest else (-1, np.min)
    order = use[np.lexsort((-part.sizes[use], -sign * found.value[use]))]
    at, best = int(order[0]), int(order[-1])
    low, high = (ends[use] for ends in found.limits((1 - plan.confidence) / len(use)))
    value = float(found.value[at])
    return replace(
        row,
        group=part.groups[at],
        reference=part.groups[best] if best != at else None,
        value=value,
        low=min(value, float(pick(low))),
        high=max(value, float(pick(high))),
        **_distance(metric, part, found, at, pick=pick, plan=plan),
    )


def _distance(
    metric: str, part: Values, found: Measured, at: int, *, pick: Any, plan: Plan
) -> dict[str, Any]:
    """Give the worst group minus everybody; an interval only for means, where a group is a share of everybody."""
    whole = measure(metric, part.overall()).value[0]
    if metric not in _MEANS:
        return {"distance": number(float(found.value[at] - whole))}
    use = np.flatnonzero(~np.isnan(found.value))
    of, share = _bounded(found, measure(metric, part.others())), part.w / part.w.sum()
    low, high = difference(of, use, use + len(part.groups), (1 - plan.confidence) / len(use))
    # A group that is everybody has no others: its distance is 0 by definition.
    alone = (part.others().n == 0)[use]
    low, high = (np.where(alone, 0.0, (1 - share[use]) * ends) for ends in (low, high))
    if np.isnan(low).any():
        return {"distance": number(float(found.value[at] - whole))}
    distance = float(found.value[at] - whole)
    return {
        "distance": distance,
        "distance_low": min(distance, float(pick(low))),
        "distance_high": max(distance, float(pick(high))),
    }


def _references(metric: str, part: Values, found: Measured, total: int, plan: Plan) -> list[DisparityRow]:
    shape: Any = part  # of cells, only the groups and their sizes are looked at
    at = reference_group(shape, plan)
    places = np.arange(len(part.groups))
    gap = found.value - found.value[at]
    low, high = difference(_bounded(found), places, np.full_like(places, at), 1 - plan.confidence)
    estimable = int(np.count_nonzero(~np.isnan(found.value)))
    return [
        DisparityRow(
            metric=metric,
            sensitive=part.sensitive,
            comparison="to_reference",
            group=group,
            reference=part.groups[at],
            value=number(gap[i]),
            low=number(low[i]) if not math.isnan(gap[i]) else None,
            high=number(high[i]) if not math.isnan(gap[i]) else None,
            groups_estimable=estimable,
            groups_total=total,
            reason="" if not math.isnan(gap[i]) else found.reasons[i] or found.reasons[at],
        )
        for i, group in enumerate(part.groups)
        if i != at
    ]


def gaps(case: Case) -> tuple[ValueGapRow, ...]:
    """Compare the predictions of each group with those of everybody else.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ValueGapRow
        Empty where the label is no number.

    Notes
    -----
    The distance is taken at the ends of up to 1,000 bins, so it is at most that of the predictions themselves. The
    value expected under equality is √(π/2) ln 2 · √(1/n + 1/m), with effective numbers; ties make it smaller.
    """
    table = case.basis.values
    if table is None:
        return ()
    return tuple(row for sensitive in case.groupings for row in _value_gaps(case, table.marginal(sensitive)))


def _value_gaps(case: Case, part: Values) -> list[ValueGapRow]:
    rest = part.others()
    found = _held(measure("mean_prediction", part), part, case.plan)
    of, places = _bounded(found, measure("mean_prediction", rest)), np.arange(len(part.groups))
    gap = found.value - of.value[len(part.groups) :]
    low, high = difference(of, places, places + len(part.groups), 1 - case.plan.confidence)
    apart = _distances(case, part)
    rows = []
    for i, group in enumerate(part.groups):
        known = not math.isnan(gap[i])
        n, m = part.effective[i], rest.effective[i]
        distance = apart.get(group) if known else None
        rows.append(
            ValueGapRow(
                sensitive=part.sensitive,
                group=group,
                value=number(gap[i]),
                low=number(low[i]) if known else None,
                high=number(high[i]) if known else None,
                distance=distance,
                distance_expected=None
                if distance is None
                else min(1.0, _KOLMOGOROV * math.sqrt(1 / n + 1 / m)),
                n=int(part.n[i]),
                n_others=int(rest.n[i]),
                reason="" if known else found.reasons[i] or "fewer_than_two_groups",
            )
        )
    return rows


def _distances(case: Case, part: Values) -> dict[tuple[str, ...], float]:
    """Give the largest distance of each group's distribution of predictions from everybody else's."""
    scores = case.basis.scores
    if scores is None:
        return {}
    table = scores.marginal(part.sensitive)
    w = table.w.sum(axis=1)
    rest = np.maximum(w.sum(axis=0) - w, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.cumsum(w, axis=1) / w.sum(axis=1, keepdims=True)
        other = np.cumsum(rest, axis=1) / rest.sum(axis=1, keepdims=True)
    apart = np.abs(own - other).max(axis=1)
    return {
        group: float(min(value, 1.0))
        for group, value in zip(table.groups, apart, strict=True)
        if not math.isnan(value)
    }


CHAPTERS: Final = (
    Chapter(id="values", title="Predicted numbers by group", kinds=(MetricRow, DisparityRow), rows=values),
    Chapter(
        id="value_gaps",
        title="Predictions of a group against everybody else's",
        kinds=(ValueGapRow,),
        rows=gaps,
    ),
)
"""What this room tells."""
