"""Tables of rates and disparities: from cells to tidy rows."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from audit.disparity.chance import AVERAGED, CRITERION_RATES, MORE_CRITERION_RATES, chance_draws
from audit.disparity.estimates import Estimates, estimates
from audit.inference.clusters import design_effects_of_others
from audit.inference.gaps import difference_gap, pair_ends, ratio_gap, worst_group
from audit.inference.intervals import log_ratio, newcombe_of_ends, wilson
from audit.metrics.rates import RATE, RATES, Rate, rate_table
from audit.rows import DisparityRow, MetricRow
from audit.rows.bulk import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.inference.clusters import Ties
    from audit.inference.gaps import Ends, Gap
    from audit.plan import Plan
    from audit.tables.scores import ScoreCells


def number(value: float) -> float | None:
    """Give a number as a row holds it.

    Parameters
    ----------
    value : float
        Any number, NaN for "not estimable".

    Returns
    -------
    float or None
        The number, or None.
    """
    return None if value != value else float(value)  # noqa: PLR0124 - not a number; called very often


def numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Give numbers as rows hold them.

    Parameters
    ----------
    values : ndarray of float64
        Numbers, NaN for "not estimable".

    Returns
    -------
    list of float or None
        As :func:`number` gives each.
    """
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - as above


def metric_rows(cells: Cells, plan: Plan, *, ties: Ties | None = None) -> list[MetricRow]:
    """Give every rate of every group, and of everybody, with Wilson's interval.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    plan : Plan
        Confidence and smallest denominator.
    ties : Ties or None
        Which rows belong together, where there are clusters.

    Returns
    -------
    list of MetricRow
        For each metric: everybody first, then the groups in display order.
    """
    alpha = 1 - plan.confidence
    names: list[tuple[str, ...] | None] = [None, *cells.groups]
    everybody = cells.overall()
    sizes = [cells.total, *cells.sizes.tolist()]
    groups = {"sensitive": cells.sensitive}
    people = [float(size) for size in sizes]
    rows = rows_of(
        MetricRow,
        {"metric": "count", "low": None, "high": None, **groups},
        {"group": names, "value": people, "n": sizes, "n_effective": people},
    )
    for rate in RATES:
        parts = (
            estimates(rate, everybody, plan, ties and ties.overall()),
            estimates(rate, cells, plan, ties),
        )
        value = np.concatenate([part.value for part in parts])
        effective = np.concatenate([part.effective for part in parts])
        ends = wilson(value, effective, alpha=alpha)
        rows += rows_of(
            MetricRow,
            {"metric": rate.id, **groups},
            {
                "group": names,
                "value": numbers(value),
                "low": numbers(ends[0]),
                "high": numbers(ends[1]),
                "n": np.concatenate([part.n for part in parts]).astype(np.int64).tolist(),
                "n_effective": effective.tolist(),
                "reason": parts[0].reasons + parts[1].reasons,
            },
        )
    return rows


def worst_is_highest(rate: str, favourable: str) -> bool | None:
    """Say which end of a rate is the worst.

    Parameters
    ----------
    rate : str
        Id of a rate.
    favourable : {"positive", "negative"}
        Which decision is good for the person.

    Returns
    -------
    bool or None
        True where the highest rate is the worst; None where neither end is.
    """
    better = RATE[rate].better
    if better == "favourable":
        return favourable == "negative"
    return {"higher": False, "lower": True, "none": None}[better]


def disparity_rows(
    cells: Cells, plan: Plan, *, chance: bool = True, ties: Ties | None = None
) -> list[DisparityRow]:
    """Give every disparity of one grouping, criteria first; verdicts are given elsewhere.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    plan : Plan
        Favourable outcome, grouping rules, confidence, replicates and seed.
    chance : bool, default True
        Whether to simulate the gap that chance alone would show.
    ties : Ties or None
        Which rows belong together, where there are clusters.

    Returns
    -------
    list of DisparityRow
        Differences, ratios, worst groups and differences to the reference group.
    """
    rows: list[DisparityRow] = []
    turned = cells.flipped() if plan.roles.favourable == "negative" else cells
    turned_ties = ties.flipped() if ties and plan.roles.favourable == "negative" else ties
    known = {name: estimates(RATE[name], turned, plan, turned_ties) for name in RATE}
    gaps = _Gaps(cells.sizes)
    for criterion, names in (CRITERION_RATES | MORE_CRITERION_RATES).items():
        rates = [known[name] for name in names]
        rows += [
            _gap_row(criterion, kind, rates, turned, plan, worked_out=gaps, chance=chance)
            for kind in ("difference", "ratio")
        ]
    everybody, others, at = cells.overall(), _all_others(cells), reference_group(cells, plan)
    for rate in RATES:
        rates = [known[rate.id] if turned is cells else estimates(rate, cells, plan, ties)]
        rows += [
            _gap_row(rate.id, kind, rates, cells, plan, worked_out=gaps, chance=chance)
            for kind in ("difference", "ratio")
        ]
        worst = _worst_row(rates[0], cells, (everybody, others), plan, ties=ties)
        rows += [worst] if worst else []
        rows += _reference_rows(rates[0], cells, at, plan)
    return rows


class _Gaps:
    """Gaps of rates, each worked out once: several criteria speak of the same rate."""

    def __init__(self, sizes: NDArray[np.int64]) -> None:
        self._sizes = sizes
        self._known: dict[tuple[int, str, float], tuple[Estimates, Gap]] = {}
        self._ends: dict[tuple[int, float], Ends] = {}

    def gap(self, rates: Estimates, kind: str, alpha: float) -> Gap:
        at = (id(rates), kind, alpha)
        if at not in self._known:
            p, n, level = rates.usable, rates.effective, (id(rates), alpha)
            if level not in self._ends:
                self._ends[level] = pair_ends(p, n, alpha=alpha)
            measure = difference_gap if kind == "difference" else ratio_gap
            found = measure(p, n, alpha=alpha, sizes=self._sizes, ends=self._ends[level])
            self._known[at] = (rates, found)  # what is held keeps its identity
        return self._known[at][1]


def _gap_row(
    name: str, kind: str, rates: list[Estimates], cells: Cells, plan: Plan, *, worked_out: _Gaps, chance: bool
) -> DisparityRow:
    """Compare the groups in one rate, or in the worst or the mean of several at a shared level."""
    alpha = (1 - plan.confidence) / len(rates)
    gaps = [worked_out.gap(r, kind, alpha) for r in rates]
    estimable = min(int(np.count_nonzero(~np.isnan(r.usable))) for r in rates)
    known = [gap for gap in gaps if not math.isnan(gap.value)]
    row = DisparityRow(
        metric=name,
        sensitive=cells.sensitive,
        comparison=kind,  # type: ignore[arg-type]
        groups_estimable=estimable,
        groups_total=rates[0].total,
    )
    if len(known) < len(gaps):
        if "no_outcome" in rates[0].reasons:
            return replace(row, reason="no_outcome")
        return replace(row, reason="fewer_than_two_groups" if estimable < 2 else "zero_reference_rate")
    extreme = max if kind == "difference" else min
    at = extreme(range(len(gaps)), key=lambda k: gaps[k].value)
    expected = (
        float(chance_draws(name, rates, cells.sensitive, plan).mean())
        if chance and kind == "difference"
        else float("nan")
    )
    join = fmean if name in AVERAGED else max if kind == "difference" else min
    return replace(
        row,
        group=cells.groups[gaps[at].first],
        reference=cells.groups[gaps[at].second],
        value=join([gap.value for gap in gaps]),
        low=join([gap.low for gap in gaps]),
        high=join([gap.high for gap in gaps]),
        expected=number(expected),
    )


def _worst_row(
    rates: Estimates, cells: Cells, around: tuple[Cells, Cells], plan: Plan, *, ties: Ties | None
) -> DisparityRow | None:
    """Give the worst group; around it are everybody, and the others of each group."""
    highest = worst_is_highest(rates.rate.id, plan.roles.favourable)
    if highest is None:
        return None
    everybody, others = around
    overall = rate_table(rates.rate, everybody)
    found = worst_group(
        rates.usable,
        rates.effective,
        _others(rates.rate, cells, others, ties),
        alpha=1 - plan.confidence,
        highest=highest,
        sizes=cells.sizes,
    )
    estimable = int(np.count_nonzero(~np.isnan(rates.usable)))
    return DisparityRow(
        metric=rates.rate.id,
        sensitive=cells.sensitive,
        comparison="worst_group",
        group=cells.groups[found.group] if found.group >= 0 else None,
        reference=cells.groups[found.best] if found.best >= 0 else None,
        value=number(found.value),
        low=number(found.low),
        high=number(found.high),
        overall=number(float(overall.value[0])),
        distance=number(found.distance),
        distance_low=number(found.distance_low),
        distance_high=number(found.distance_high),
        groups_estimable=estimable,
        groups_total=rates.total,
        reason="" if found.group >= 0 else next((reason for reason in rates.reasons if reason), "empty"),
    )


def _all_others(cells: Cells) -> Cells:
    """For each group: the cells of everybody who is not in it."""
    rest = cells.n.sum(axis=0) - cells.n
    return replace(
        cells,
        n=rest,
        w=np.maximum(cells.w.sum(axis=0) - cells.w, 0) * (rest > 0),
        w2=np.maximum(cells.w2.sum(axis=0) - cells.w2, 0) * (rest > 0),
    )


def _others(
    rate: Rate, cells: Cells, rest: Cells, ties: Ties | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For each group: rate and effective number of all others, and the group's share of the denominator."""
    others = rate_table(rate, rest)
    own = sum(cells.w[:, label, decision] for label, decision in rate.denominator)
    total = float(np.sum(own))
    share = np.asarray(own) / total if total > 0 else np.zeros(len(cells.groups))
    effective = others.n_effective
    if ties is not None:
        effective = effective / design_effects_of_others(ties, rate.numerator, rate.denominator, cells)
    return others.value, effective, share


def reference_group(cells: Cells | ScoreCells, plan: Plan) -> int:
    """Find the group that the others are compared with.

    Parameters
    ----------
    cells : Cells or ScoreCells
        The grouping.
    plan : Plan
        Named references by column, or by columns joined with " × ".

    Returns
    -------
    int
        Position of the named group; otherwise of the largest known group.
    """
    named = plan.grouping.references.get(" × ".join(cells.sensitive))
    parts = [plan.grouping.references.get(column) for column in cells.sensitive]
    wanted = named if named is not None else " × ".join(str(part) for part in parts) if all(parts) else None
    names = [" × ".join(group) for group in cells.groups]
    if wanted in names:
        return names.index(wanted)
    known = np.array([not unknown for unknown in cells.unknown])
    sizes = np.where(known | (not known.any()), cells.sizes, -1)
    return int(np.argmax(sizes))


def _reference_rows(rates: Estimates, cells: Cells, at: int, plan: Plan) -> list[DisparityRow]:
    """Give each other group's rate minus that of the reference group, which is at a place."""
    p, n = rates.value, rates.effective
    ends = wilson(p, n, alpha=1 - plan.confidence)
    low, high = newcombe_of_ends(p, ends, p[at], (ends[0][at], ends[1][at]))
    apart = p - p[at]
    others = [i for i in range(len(cells.groups)) if i != at]
    known = ~np.isnan(apart)
    return rows_of(
        DisparityRow,
        {
            "metric": rates.rate.id,
            "sensitive": cells.sensitive,
            "comparison": "to_reference",
            "reference": cells.groups[at],
            "groups_estimable": int(np.count_nonzero(~np.isnan(rates.usable))),
            "groups_total": rates.total,
        },
        {
            "group": [cells.groups[i] for i in others],
            "value": numbers(apart[others]),
            "low": numbers(np.where(known, low, np.nan)[others]),
            "high": numbers(np.where(known, high, np.nan)[others]),
            "reason": [
                "" if told else rates.reasons[i] or rates.reasons[at]
                for i, told in zip(others, known[others].tolist(), strict=True)
            ],
        },
    )


def ratio_to_reference(
    cells: Cells, plan: Plan, rate: str
) -> list[tuple[tuple[str, ...], float | None, float | None, float | None]]:
    """Give each group's rate over the reference group's, with its interval.

    Parameters
    ----------
    cells : Cells
        The grouping.
    plan : Plan
        Reference group and confidence.
    rate : str
        Id of a rate.

    Returns
    -------
    list of (group, ratio, low, high)
        None where the reference rate is 0 or a rate is not estimable.
    """
    rates = estimates(RATE[rate], cells, plan)
    at = reference_group(cells, plan)
    p, n = rates.value, rates.effective
    low, high = log_ratio(p, n, p[at], n[at], alpha=1 - plan.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(p[at] > 0, p / p[at], np.nan)
    return [
        (group, number(ratio[i]), number(low[i]), number(high[i])) for i, group in enumerate(cells.groups)
    ]


def changed_over_larger(rows: Sequence[DisparityRow], robust: Sequence[DisparityRow]) -> list[DisparityRow]:
    """Keep the gaps over larger groups where they differ from the gaps over all groups.

    Parameters
    ----------
    rows : sequence of DisparityRow
        Disparities over all groups.
    robust : sequence of DisparityRow
        The same over groups with enough people.

    Returns
    -------
    list of DisparityRow
        Rows of ``robust`` that name other groups or another value.
    """
    found: dict[tuple[str, str], DisparityRow] = {
        (row.metric, row.comparison): row for row in robust if row.comparison in {"difference", "ratio"}
    }
    kept = []
    for row in rows:
        other = found.get((row.metric, row.comparison))
        if other is None or row.value is None:
            continue
        if (other.group, other.reference, other.value) != (row.group, row.reference, row.value):
            kept.append(other)
    return kept


def rests_on_few(cells: Cells, plan: Plan, larger: int) -> bool:
    """Say whether any rate of any group rests on fewer people than a larger group has.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    plan : Plan
        Smallest denominator of a rate.
    larger : int
        People from which on a group is a larger one.

    Returns
    -------
    bool
        Where not, gaps over the larger groups are the gaps over all.
    """
    least = max(plan.grouping.min_size, 1)
    counts = (rate_table(rate, cells).n for rate in RATES)
    return any(bool(((n >= least) & (n < larger)).any()) for n in counts)
