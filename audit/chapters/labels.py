"""How the label is spread over the groups, before any model decides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.distances import (
    js_divergence,
    kl_divergence,
    ks_distance,
    lp_distance,
    total_variation,
)
from audit.inference.gaps import difference_gap
from audit.inference.intervals import log_ratio, newcombe, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.profile import GroupCounts, Profile

    Array = NDArray[np.float64]

Measured = Literal["own", "to_reference", "extreme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One measure of how the label, or the decision, is spread over a sensitive column.

    Parameters
    ----------
    metric : str
        Id of the measure, such as "label_difference".
    sensitive : tuple of str
        The sensitive column.
    comparison : {"own", "to_reference", "extreme"}
        A measure of the group itself, of the group against the reference, or of the two groups that are furthest apart.
    group : tuple of str or None
        The group; the highest one for the groups that are furthest apart.
    reference : tuple of str or None
        What it is compared with, or None.
    value, low, high : float or None
        The measure, and its interval where there is one.
    n : int
        People of the group.
    n_reference : int
        People that it is compared with, or 0.
    strata, strata_used : int
        For a conditional measure: strata there are, and strata in which it can be taken.
    reason : str
        Why there is no value, as a code of the reasons.
    """

    metric: str
    sensitive: tuple[str, ...]
    comparison: Measured
    group: tuple[str, ...] | None
    reference: tuple[str, ...] | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    n_reference: int = 0
    strata: int = 0
    strata_used: int = 0
    reason: str = ""


DISTANCES: Final[dict[str, Callable[[Array, Array], float]]] = {
    "kl_divergence": kl_divergence,
    "js_divergence": js_divergence,
    "js_distance": lambda p, q: math.sqrt(js_divergence(p, q)),
    "total_variation": total_variation,
    "lp_distance": lp_distance,
    "ks_distance": ks_distance,
}
"""Distances of the label's distributions, the reference group's first."""

_OF_DIFFERENCE: Final = {"total_variation": 1.0, "lp_distance": math.sqrt(2.0), "ks_distance": 1.0}
"""With two labels these are a multiple of the difference without its sign, and share its interval."""


def labels(
    profile: Profile, plan: Plan, *, cells: Cells | None = None, strata: Cells | None = None
) -> tuple[LabelRow, ...]:
    """Measure how the label is spread over the groups.

    Parameters
    ----------
    profile : Profile
        The data before a model.
    plan : Plan
        Confidence, reference groups, the favourable outcome and the control columns.
    cells : Cells or None
        Audited people, for the disparity of labels and of decisions.
    strata : Cells or None
        The same by the control columns, for the conditional one.

    Returns
    -------
    tuple of LabelRow
        By sensitive column: the rate of each group; each group against the reference; the groups furthest apart; each
        group's share among those with the unfavourable outcome minus its share among those with the favourable one.

    Notes
    -----
    The measures are those of SageMaker Clarify (Das et al. 2021). Class imbalance is (n_a − n_d) / (n_a + n_d) with the
    reference as a. The difference in proportions of labels is q_d − q_a, the sign that AIF360 gives: Clarify's DPL is
    q_a − q_d. KL has the natural logarithm and the reference first; JS has the logarithm to base 2, and its root is a
    distance. The conditional disparity (Wachter, Mittelstadt & Russell 2021) is the mean of the disparities of the
    strata, weighted by their people; strata in which nobody, or everybody, has the favourable outcome say nothing and are
    left out, where Clarify takes a share of nobody for 0. Its interval combines Newcombe's limits of the strata by the
    method of variance estimates recovery.
    """
    found: list[LabelRow] = []
    for counts in profile.groups:
        found += _spread(counts, profile, plan)
        if cells is not None:
            found += _disparities(counts.column, plan, cells, strata)
    return tuple(found)


def _spread(counts: GroupCounts, profile: Profile, plan: Plan) -> list[LabelRow]:
    column, levels = counts.column, counts.attribute.levels
    alpha = 1 - plan.confidence
    n, w, w2 = (counts.labels(which) for which in ("n", "w", "w2"))
    positive = np.array(profile.positive, dtype=bool)
    whole, people = w.sum(axis=1), n.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        enough = (whole > 0) & (people >= plan.grouping.min_size)
        rate = np.where(enough, w[:, positive].sum(axis=1) / whole, np.nan)
        effective = np.where(whole > 0, whole**2 / w2.sum(axis=1), 0.0)
        shares = np.where(whole[:, None] > 0, w / whole[:, None], np.nan)
    low, high = wilson(rate, effective, alpha=alpha)
    reasons = [
        "" if e else "below_minimum_size" if m else "empty" for e, m in zip(enough, people, strict=True)
    ]
    begun = [
        LabelRow(
            metric="base_rate",
            sensitive=(column,),
            comparison="own",
            group=(level,),
            n=int(people[i]),
            reason=reasons[i],
        )
        for i, level in enumerate(levels)
    ]
    rows = [
        replace(row, **_three(rate[i], low[i], high[i])) if not row.reason else row
        for i, row in enumerate(begun)
    ]
    usable = np.where(counts.unknown & (not plan.grouping.include_unknown), np.nan, rate)
    at = _reference(counts, plan)
    for i, row in enumerate(begun):
        if i != at:
            against = replace(
                row, comparison="to_reference", reference=(levels[at],), n_reference=int(people[at])
            )
            both = (rate[[i, at]], effective[[i, at]], whole[[i, at]], shares[[i, at]])
            rows += _against(against, both, alpha, reason=reasons[i] or reasons[at])
    return [*rows, _extreme(begun, usable, effective, people, alpha)]


def _reference(counts: GroupCounts, plan: Plan) -> int:
    """Find the named reference group, or the largest known one."""
    wanted = plan.grouping.references.get(counts.column)
    levels = counts.attribute.levels
    if wanted in levels:
        return levels.index(wanted)
    sizes = np.where(counts.unknown & (~counts.unknown).any(), -1, counts.rows)
    return int(np.argmax(sizes))


def _against(
    row: LabelRow, both: tuple[Array, Array, Array, Array], alpha: float, *, reason: str
) -> list[LabelRow]:
    """Compare a group (first) with the reference (second)."""
    (p, q), (m, k), (size, other), (mine, theirs) = both
    imbalance = (other - size) / (other + size) if other + size > 0 else math.nan
    # The reference's part of both groups together is a share; the imbalance is twice that share, minus 1.
    least, most = wilson((1 + imbalance) / 2, m + k, alpha=alpha)
    rows = [
        replace(row, metric="class_imbalance", reason="", **_three(imbalance, 2 * least - 1, 2 * most - 1))
    ]
    names = ("label_difference", "label_ratio", *DISTANCES)
    if reason:
        return rows + [replace(row, metric=name, reason=reason) for name in names]
    low, high = (float(end) for end in newcombe(p, m, q, k, alpha=alpha))
    rows.append(replace(row, metric="label_difference", **_three(p - q, low, high)))
    if q > 0:
        ends = log_ratio(p, m, q, k, alpha=alpha)
        rows.append(replace(row, metric="label_ratio", **_three(p / q, *(float(end) for end in ends))))
    else:
        rows.append(replace(row, metric="label_ratio", reason="zero_reference_rate"))
    span = (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    for name, distance in DISTANCES.items():
        value = distance(theirs, mine)
        if math.isnan(value):
            rows.append(replace(row, metric=name, reason="zero_reference_rate"))
        elif name in _OF_DIFFERENCE and len(mine) == 2:
            scale = _OF_DIFFERENCE[name]
            rows.append(replace(row, metric=name, **_three(value, scale * span[0], scale * span[1])))
        else:
            rows.append(replace(row, metric=name, value=value))
    return rows


def _three(value: Any, low: Any, high: Any) -> dict[str, Any]:
    return {"value": float(value), "low": float(low), "high": float(high)}


def _extreme(begun: list[LabelRow], usable: Array, effective: Array, people: Array, alpha: float) -> LabelRow:
    """Compare the two groups that are furthest apart, at a level shared among all pairs."""
    gap = difference_gap(usable, effective, alpha=alpha, sizes=people.astype(np.int64))
    row = replace(begun[0], metric="label_difference", comparison="extreme", group=None, n=0, reason="")
    if gap.first < 0:
        return replace(row, reason="fewer_than_two_groups")
    return replace(
        row,
        group=begun[gap.first].group,
        reference=begun[gap.second].group,
        n=int(people[gap.first]),
        n_reference=int(people[gap.second]),
        **_three(gap.value, gap.low, gap.high),
    )


def _disparities(column: str, plan: Plan, cells: Cells, strata: Cells | None) -> Iterable[LabelRow]:
    """Compare each group's share among the unfavourable outcomes with its share among the favourable ones."""
    for name, axis in (("demographic_disparity", 2), ("decision_disparity", 1)):
        yield from _disparity(name, column, plan, cells.marginal((column,)), axis)
        if strata is not None:
            part = strata.marginal((column, *plan.roles.control))
            yield from _disparity(f"conditional_{name}", column, plan, part, axis)


def _disparity(name: str, column: str, plan: Plan, part: Cells, axis: int) -> Iterable[LabelRow]:
    """Give one row for each group; the strata are the values of all columns but the first."""
    attribute = part.attributes[0]
    levels = [
        level
        for level in attribute.levels
        if plan.grouping.include_unknown or level != attribute.missing or len(attribute.levels) == 1
    ]
    kept = [i for i, group in enumerate(part.groups) if group[0] in levels]
    layers = list(dict.fromkeys(part.groups[i][1:] for i in kept))
    where = (
        np.array([levels.index(part.groups[i][0]) for i in kept], dtype=np.int64),
        np.array([layers.index(part.groups[i][1:]) for i in kept], dtype=np.int64),
    )

    def counted(array: Array) -> Array:
        out = np.zeros((len(levels), len(layers), 2))
        np.add.at(out, where, array.sum(axis=axis)[kept])
        return out if plan.roles.favourable == "positive" else out[:, :, ::-1]

    n, w, w2 = counted(part.n), counted(part.w), counted(part.w2)
    total, squares = w.sum(axis=0), w2.sum(axis=0)
    used = (total > 0).all(axis=1)
    weight = np.where(used, total.sum(axis=1), 0.0)
    for g, level in enumerate(levels):
        row = LabelRow(
            metric=name,
            sensitive=(column,),
            comparison="own",
            group=(level,),
            n=int(n[g].sum()),
            n_reference=int(n.sum() - n[g].sum()),
            strata=len(layers) if len(part.attributes) > 1 else 0,
            strata_used=int(used.sum()) if len(part.attributes) > 1 else 0,
        )
        if not used.any():
            yield replace(row, reason="single_class")
            continue
        share = w[g, used] / total[used]
        effective = total[used] ** 2 / squares[used]
        each = share[:, 0] - share[:, 1]
        low, high = newcombe(
            share[:, 0], effective[:, 0], share[:, 1], effective[:, 1], alpha=1 - plan.confidence
        )
        part_of = weight[used] / weight.sum()
        value = float(part_of @ each)
        below, above = np.linalg.norm(part_of * (each - low)), np.linalg.norm(part_of * (high - each))
        yield replace(row, **_three(value, value - below, value + above))


def _rows(case: Case) -> tuple[LabelRow, ...]:
    if case.basis.profile is None:
        return ()
    return labels(case.basis.profile, case.plan, cells=case.cells, strata=case.basis.strata)


CHAPTERS = (
    Chapter(
        id="labels",
        title="How the label is spread over the groups",
        kinds=(LabelRow,),
        rows=_rows,
    ),
)
