"""Measures of a group that are no shares of people: F1, balanced accuracy, correlation, error balance and entropies."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number
from audit.inference.replicates import draw, spread
from audit.inference.simultaneous import (
    replicated_chance,
    replicated_difference,
    replicated_ratio,
    replicated_worst,
)
from audit.metrics.indices import INDICES, Index, index_values, undefined_reason
from audit.rows import DisparityRow, MetricRow
from audit.wording.titles import direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.inference.gaps import Gap
    from audit.inference.replicates import Replicates, Spread
    from audit.plan import Plan

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measured:
    """One index over the groups of one grouping, everybody first."""

    index: Index
    cells: Cells
    spread: Spread
    drawn: Array
    reasons: tuple[str, ...]
    clustered: bool


def _rows(case: Case) -> tuple[MetricRow | DisparityRow, ...]:
    if case.plan.roles.no_outcome:
        return ()  # a decision that is its own label is never wrong
    rows: list[MetricRow | DisparityRow] = []
    for sensitive in case.groupings:
        cells = case.cells.marginal(sensitive)
        # Each grouping draws from its own stream, so that adding one never changes another.
        stream = zlib.crc32("|".join(["indices", *sensitive]).encode())
        drawn = draw(
            cells,
            replicates=case.plan.replicates,
            rng=np.random.default_rng([case.plan.seed, stream]),
            clusters=case.basis.clusters,
        )
        for index in INDICES:
            measured = _measure(index, cells, drawn, case.plan)
            rows += _metric_rows(measured)
            rows += _disparity_rows(measured, case.plan)
    return tuple(rows)


def _measure(index: Index, cells: Cells, drawn: Replicates, plan: Plan) -> _Measured:
    flip = index.turned and plan.roles.favourable == "negative"

    def turned(array: Array) -> Array:
        return array[..., ::-1, ::-1] if flip else array

    n, w = turned(_with_everybody(cells.n)), turned(_with_everybody(cells.w))
    draws = turned(np.concatenate([drawn.everybody[:, None], drawn.groups], axis=1))
    if index.without:
        # Where the index is defined these cells are empty, and half a person there would leave it undefined.
        draws = draws.copy()
        for label, decision in index.without:
            draws[..., label, decision] = 0.0
    value = index_values(index, w)
    reasons = [
        (undefined_reason(index, counts) or "empty") if np.isnan(one) else ""
        for counts, one in zip(n, value, strict=True)
    ]
    few = n.sum(axis=(1, 2)) < plan.grouping.min_size
    known = np.where(few, np.nan, value)
    values = np.full(draws.shape[:2], np.nan) if np.isnan(known).all() else index_values(index, draws)
    return _Measured(
        index=index,
        cells=cells,
        spread=spread(
            known,
            values,
            alpha=1 - plan.confidence,
            clustered=drawn.clustered,
            bounds=(index.least, index.most),
        ),
        drawn=values,
        reasons=tuple(
            reason or ("below_minimum_size" if small else "")
            for reason, small in zip(reasons, few, strict=True)
        ),
        clustered=drawn.clustered,
    )


def _with_everybody(array: Array) -> Array:
    return np.concatenate([array.sum(axis=0, keepdims=True), array])


def _metric_rows(measured: _Measured) -> list[MetricRow]:
    cells, found = measured.cells, measured.spread
    n, w, w2 = (_with_everybody(array).sum(axis=(1, 2)) for array in (cells.n, cells.w, cells.w2))
    effective = np.divide(w * w, w2, out=np.zeros_like(w), where=w2 > 0)
    names: list[tuple[str, ...] | None] = [None, *cells.groups]
    return [
        MetricRow(
            metric=measured.index.id,
            sensitive=cells.sensitive,
            group=name,
            value=number(found.value[i]),
            low=number(found.low[i]),
            high=number(found.high[i]),
            n=int(n[i]),
            n_effective=float(effective[i]),
            reason=measured.reasons[i],
        )
        for i, name in enumerate(names)
    ]


def _disparity_rows(measured: _Measured, plan: Plan) -> list[DisparityRow]:
    cells = measured.cells
    counted = np.array(
        [plan.grouping.include_unknown or not unknown for unknown in cells.unknown], dtype=bool
    )
    use = np.flatnonzero(counted & ~np.isnan(measured.spread.value[1:]))
    row = DisparityRow(
        metric=measured.index.id,
        sensitive=cells.sensitive,
        comparison="difference",
        groups_estimable=len(use),
        groups_total=int(counted.sum()),
    )
    found = measured.spread.take(1 + use)
    rows = _gap_rows(row, found, measured, use, plan)
    if direction(measured.index.id, plan.roles.favourable) == 0:
        return rows
    worst = replace(row, comparison="worst_group")
    if len(use) == 0:
        return [
            *rows,
            replace(worst, reason=next((reason for reason in measured.reasons[1:] if reason), "empty")),
        ]
    return [*rows, _worst_row(worst, measured, found, use, plan)]


def _gap_rows(
    row: DisparityRow, found: Spread, measured: _Measured, use: NDArray[np.int64], plan: Plan
) -> list[DisparityRow]:
    cells, alpha = measured.cells, 1 - plan.confidence
    ratio = replace(row, comparison="ratio")
    if len(use) < 2:
        return [replace(each, reason="fewer_than_two_groups") for each in (row, ratio)]
    sizes = cells.sizes[use]
    gap = replicated_difference(found, alpha=alpha, use=use, sizes=sizes)
    stream = zlib.crc32("|".join([measured.index.id, *cells.sensitive]).encode())
    rng = np.random.default_rng([plan.seed, stream])
    chance = replicated_chance(found, replicates=plan.replicates, rng=rng)
    most = measured.index.most - measured.index.least
    return [
        replace(_filled(row, gap, cells), expected=min(chance, most)),
        _filled(ratio, replicated_ratio(found, alpha=alpha, use=use, sizes=sizes), cells),
    ]


def _filled(row: DisparityRow, gap: Gap, cells: Cells) -> DisparityRow:
    if np.isnan(gap.value):
        return replace(row, reason="not_positive")
    return replace(
        row,
        group=cells.groups[gap.first],
        reference=cells.groups[gap.second],
        value=gap.value,
        low=gap.low,
        high=gap.high,
    )


def _worst_row(
    row: DisparityRow, measured: _Measured, found: Spread, use: NDArray[np.int64], plan: Plan
) -> DisparityRow:
    cells, alpha = measured.cells, 1 - plan.confidence
    overall = measured.spread.value[0]
    apart = found.value - overall
    drawn = measured.drawn[:, 1 + use] - measured.drawn[:, :1]
    if len(cells.groups) == 1 or np.isnan(overall):
        # A group that is everybody is no distance away; where everybody has no value there is none to tell.
        apart, drawn = np.zeros(len(use)), np.zeros_like(drawn)
    distance = spread(apart, drawn, alpha=alpha, clustered=measured.clustered)
    worst = replicated_worst(
        found,
        distance,
        alpha=alpha,
        highest=direction(measured.index.id, plan.roles.favourable) < 0,
        use=use,
        sizes=cells.sizes[use],
    )
    known = not np.isnan(overall)
    return replace(
        row,
        group=cells.groups[worst.group],
        reference=cells.groups[worst.best] if worst.best >= 0 else None,
        value=worst.value,
        low=worst.low,
        high=worst.high,
        overall=number(overall),
        distance=worst.distance if known else None,
        distance_low=worst.distance_low if known else None,
        distance_high=worst.distance_high if known else None,
    )


CHAPTERS = (
    Chapter(
        id="indices",
        title="Measures that are no shares of people, by group and between groups",
        kinds=(MetricRow, DisparityRow),
        rows=_rows,
    ),
)
"""What this module adds."""
