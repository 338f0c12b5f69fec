"""Several classes by group: each class against the rest, averages over the classes, and where it is worst."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number
from audit.inference.chance import chance_gaps
from audit.inference.gaps import difference_gap
from audit.inference.intervals import wilson
from audit.metrics.rates import RATE, rate_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.classes import Classes

PER_CLASS: Final = ("true_positive_rate", "precision", "false_positive_rate", "selection_rate")
"""Rates of every class against the rest."""

AVERAGED: Final = ("true_positive_rate", "precision")
"""Rates that are averaged over the classes."""

WHY: Final = {
    "true_positive_rate": "nobody_of_class",
    "precision": "never_predicted",
    "false_positive_rate": "only_this_class",
    "selection_rate": "empty",
}
"""Why a class has no such rate in a group."""

_WORST_IS_HIGHEST: Final = {"true_positive_rate": False, "precision": False, "false_positive_rate": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One rate of one class, held against all other classes, in one group.

    Parameters
    ----------
    metric : {"true_positive_rate", "precision", "false_positive_rate", "selection_rate"}
        Which rate: of the people of the class, how many were put in it (recall); of the people put in it, how many
        are of it; of the people of other classes, how many were put in it; of everybody, how many were put in it.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group's values; None for everybody.
    of_class : str
        The class.
    value, low, high : float or None
        The rate and its interval, 0 to 1; None where it is not estimable.
    n : int
        People in the denominator.
    n_effective : float
        Effective number in the denominator when rows are weighted.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: Literal["true_positive_rate", "precision", "false_positive_rate", "selection_rate"]
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    of_class: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_effective: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAverageRow:
    """One measure of one group, averaged over the classes.

    Parameters
    ----------
    metric : {"true_positive_rate", "precision"}
        Which rate of the class against the rest.
    average : {"macro", "weighted"}
        Whether every class counts the same, or as much as people of the group are of it.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group's values; None for everybody.
    value, low, high : float or None
        The average and its interval, 0 to 1; None where it is not estimable.
    n : int
        People in the group.
    classes_estimable, classes_total : int
        Over how many classes the average is taken, of how many.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: Literal["true_positive_rate", "precision"]
    average: Literal["macro", "weighted"]
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    classes_estimable: int
    classes_total: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassGapRow:
    """How far the groups are apart in one rate of one class, or where class and group are worst.

    Parameters
    ----------
    metric : {"true_positive_rate", "precision", "false_positive_rate", "selection_rate"}
        Which rate of the class against the rest.
    sensitive : tuple of str
        The columns that make the groups.
    comparison : {"difference", "worst_cell"}
        Highest minus lowest group of one class; the worst of all pairs of class and group.
    of_class : str or None
        The class; None where nothing can be estimated.
    group, reference : tuple of str or None
        For a difference the highest and the lowest group, for the worst cell its group.
    value, low, high : float or None
        The difference with simultaneous bounds over the groups, or the worst rate with bounds that allow for the choice
        among all classes and groups.
    n : int
        People in the smallest denominator that it rests on.
    groups_estimable, groups_total : int
        Over how many groups it is taken, of how many; for the worst cell pairs of class and group.
    expected : float or None
        For a difference: the mean value that chance alone would give if all groups were equal.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: Literal["true_positive_rate", "precision", "false_positive_rate", "selection_rate"]
    sensitive: tuple[str, ...]
    comparison: Literal["difference", "worst_cell"]
    of_class: str | None
    group: tuple[str, ...] | None = None
    reference: tuple[str, ...] | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    groups_estimable: int = 0
    groups_total: int = 0
    expected: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rates:
    """One rate of one class over groups; NaN where it is not estimable."""

    value: NDArray[np.float64]
    n: NDArray[np.float64]
    effective: NDArray[np.float64]
    reasons: tuple[str, ...]
    total: int  # groups that count


def _rates(metric: str, cells: Cells, plan: Plan) -> _Rates:
    table = rate_table(RATE[metric], cells)
    value = np.where(table.n >= plan.grouping.min_size, table.value, np.nan)
    reasons = tuple(
        "" if not math.isnan(kept) else WHY[metric] if math.isnan(raw) else "below_minimum_size"
        for kept, raw in zip(value, table.value, strict=True)
    )
    return _Rates(value=value, n=table.n, effective=table.n_effective, reasons=reasons, total=len(value))


def classes(case: Case) -> tuple[ClassRow, ...]:
    """Give the rates of every class against the rest, by group.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ClassRow
        For each grouping, rate and class: everybody, then the groups; empty unless predicted classes are a column.
    """
    table = case.basis.classes
    if table is None:
        return ()
    everybody = table.overall()
    rows: list[ClassRow] = []
    for sensitive in case.groupings:
        part = table.marginal(sensitive)
        for metric in PER_CLASS:
            for k in range(len(table.classes)):
                rows += _class_rows(metric, k, part, everybody, case.plan)
    return tuple(rows)


def _class_rows(metric: str, k: int, part: Classes, everybody: Classes, plan: Plan) -> list[ClassRow]:
    found = [_rates(metric, table.against_rest(k), plan) for table in (everybody, part)]
    value = np.concatenate([rates.value for rates in found])
    effective = np.concatenate([rates.effective for rates in found])
    low, high = wilson(value, effective, alpha=1 - plan.confidence)
    n = np.concatenate([rates.n for rates in found])
    reasons = found[0].reasons + found[1].reasons
    return [
        ClassRow(
            metric=metric,  # type: ignore[arg-type]
            sensitive=part.sensitive,
            group=group,
            of_class=part.classes[k],
            value=number(value[i]),
            low=number(low[i]),
            high=number(high[i]),
            n=int(n[i]),
            n_effective=float(effective[i]),
            reason=reasons[i],
        )
        for i, group in enumerate([None, *part.groups])
    ]


def class_averages(case: Case) -> tuple[ClassAverageRow, ...]:
    """Average recall and precision over the classes, by group.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ClassAverageRow
        For each grouping and measure: everybody, then the groups.

    Notes
    -----
    An average a = Σ c_k p_k has the bounds a − √Σ c_k² (p_k − l_k)² and a + √Σ c_k² (u_k − p_k)² from Wilson's interval
    (l_k, u_k) of each class (Zou & Donner, 2008): given how many people are of each class, the recalls of different
    classes rest on different people, and so do the precisions given how many are put in each. The macro average has
    c_k = 1 / (number of classes that can be estimated), the weighted one the share of each of these classes.
    """
    table = case.basis.classes
    if table is None:
        return ()
    everybody = table.overall()
    rows: list[ClassAverageRow] = []
    for sensitive in case.groupings:
        part = table.marginal(sensitive)
        for metric in AVERAGED:
            for average in ("macro", "weighted"):
                rows += _averages(metric, average, part, everybody, case.plan)
    return tuple(rows)


def _averages(
    metric: str, average: str, part: Classes, everybody: Classes, plan: Plan
) -> list[ClassAverageRow]:
    rows = []
    for table, groups in ((everybody, (None,)), (part, part.groups)):
        found = [_rates(metric, table.against_rest(k), plan) for k in range(len(table.classes))]
        value = np.stack([rates.value for rates in found], axis=1)
        low, high = wilson(
            value, np.stack([rates.effective for rates in found], axis=1), alpha=1 - plan.confidence
        )
        of_class = table.w.sum(axis=2) if average == "weighted" else np.ones(value.shape)
        share = np.where(np.isnan(value), 0.0, of_class)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = share / share.sum(axis=1, keepdims=True)
        mean = np.nansum(share * value, axis=1)
        down = np.sqrt(np.nansum((share * (value - low)) ** 2, axis=1))
        up = np.sqrt(np.nansum((share * (high - value)) ** 2, axis=1))
        sizes = table.n.sum(axis=(1, 2))
        for g, group in enumerate(groups):
            known = not np.isnan(share[g]).all()
            rows.append(
                ClassAverageRow(
                    metric=metric,  # type: ignore[arg-type]
                    average=average,  # type: ignore[arg-type]
                    sensitive=part.sensitive,
                    group=group,
                    value=float(mean[g]) if known else None,
                    low=max(0.0, float(mean[g] - down[g])) if known else None,
                    high=min(1.0, float(mean[g] + up[g])) if known else None,
                    n=int(sizes[g]),
                    classes_estimable=int(np.count_nonzero(~np.isnan(value[g]))),
                    classes_total=len(part.classes),
                    reason="" if known else _why(found, g),
                )
            )
    return rows


def _why(found: list[_Rates], g: int) -> str:
    reasons = {rates.reasons[g] for rates in found}
    return "below_minimum_size" if "below_minimum_size" in reasons else "empty"


def class_gaps(case: Case) -> tuple[ClassGapRow, ...]:
    """Say how far the groups are apart in each class, and which class of which group is worst.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ClassGapRow
        For each grouping and rate: one row for each class, then the worst class and group where a rate has a bad end.

    Notes
    -----
    The worst cell is chosen because it looks worst: its bounds are those of the smallest (or largest) of all cells,
    each at 1 − α / (number of cells).
    """
    table = case.basis.classes
    if table is None:
        return ()
    rows: list[ClassGapRow] = []
    for sensitive in case.groupings:
        part = table.marginal(sensitive)
        for metric in PER_CLASS:
            found = []
            for k in range(len(part.classes)):
                cells = part.against_rest(k)
                rates = _counted(_rates(metric, cells, case.plan), cells, case.plan)
                found.append(rates)
                rows.append(_gap(metric, k, rates, part, case.plan))
            if metric in _WORST_IS_HIGHEST:
                rows.append(_worst(metric, found, part, case.plan))
    return tuple(rows)


def _counted(rates: _Rates, cells: Cells, plan: Plan) -> _Rates:
    """Leave people whose group is not recorded out, unless the plan counts them."""
    out = np.array([unknown and not plan.grouping.include_unknown for unknown in cells.unknown], dtype=bool)
    return replace(rates, value=np.where(out, np.nan, rates.value), total=int((~out).sum()))


def _gap(metric: str, k: int, rates: _Rates, part: Classes, plan: Plan) -> ClassGapRow:
    sizes = np.asarray(part.n.sum(axis=(1, 2)), dtype=np.int64)
    gap = difference_gap(rates.value, rates.effective, alpha=1 - plan.confidence, sizes=sizes)
    row = ClassGapRow(
        metric=metric,  # type: ignore[arg-type]
        sensitive=part.sensitive,
        comparison="difference",
        of_class=part.classes[k],
        groups_estimable=int(np.count_nonzero(~np.isnan(rates.value))),
        groups_total=rates.total,
    )
    if math.isnan(gap.value):
        return replace(row, reason="fewer_than_two_groups")
    stream = zlib.crc32("|".join(["classes", metric, part.classes[k], *part.sensitive]).encode())
    rng = np.random.default_rng([plan.seed, stream])
    drawn = chance_gaps(rates.value, rates.effective, replicates=plan.replicates, rng=rng)
    return replace(
        row,
        group=part.groups[gap.first],
        reference=part.groups[gap.second],
        value=gap.value,
        low=gap.low,
        high=gap.high,
        n=int(min(rates.n[gap.first], rates.n[gap.second])),
        expected=number(float(drawn.mean())),
    )


def _worst(metric: str, found: list[_Rates], part: Classes, plan: Plan) -> ClassGapRow:
    value = np.stack([rates.value for rates in found])
    effective = np.stack([rates.effective for rates in found])
    known = ~np.isnan(value)
    row = ClassGapRow(
        metric=metric,  # type: ignore[arg-type]
        sensitive=part.sensitive,
        comparison="worst_cell",
        of_class=None,
        groups_estimable=int(known.sum()),
        groups_total=sum(rates.total for rates in found),
    )
    if not known.any():
        return replace(row, reason="empty")
    highest = _WORST_IS_HIGHEST[metric]
    end = np.nanmax(value) if highest else np.nanmin(value)
    ties = np.argwhere(value == end)
    n = np.stack([rates.n for rates in found])
    # Of equally bad cells the one that rests on most people is named.
    k, g = (int(i) for i in max(ties.tolist(), key=lambda at: n[at[0], at[1]]))
    low, high = wilson(value, effective, alpha=(1 - plan.confidence) / int(known.sum()))
    pick = np.nanmax if highest else np.nanmin
    return replace(
        row,
        of_class=part.classes[k],
        group=part.groups[g],
        value=float(end),
        low=min(float(end), float(pick(low))),
        high=max(float(end), float(pick(high))),
        n=int(n[k, g]),
    )


CHAPTERS: Final = (
    Chapter(id="classes", title="Each class against the rest, by group", kinds=(ClassRow,), rows=classes),
    Chapter(
        id="class_averages",
        title="Recall and precision averaged over the classes, by group",
        kinds=(ClassAverageRow,),
        rows=class_averages,
    ),
    Chapter(
        id="class_gaps",
        title="How far the groups are apart in each class, and the worst class of a group",
        kinds=(ClassGapRow,),
        rows=class_gaps,
    ),
)
"""What this room tells."""
