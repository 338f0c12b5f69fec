"""An audit as it may leave the house: the same rows, without what would give a small count away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.disclosure.pattern import EVERYBODY, Pattern, pattern
from audit.disparity.compare import changed_over_larger, disparity_rows, number, worst_is_highest
from audit.disparity.estimates import estimates
from audit.inference.clusters import ties
from audit.inference.gaps import worst_group
from audit.lookup import groupings
from audit.metrics.rates import RATE, rate_table
from audit.result import LARGER_GROUPS
from audit.rows import Finding
from audit.tables.basis import Basis
from audit.tables.protection import Protection
from audit.wording import column_title, count, group_phrase

if TYPE_CHECKING:
    from audit.cells import Cells
    from audit.plan import Plan
    from audit.result import Audit
    from audit.rows import DataRecord, DisparityRow, MetricRow

_OF_MARGINS: Final = frozenset({"base_rate", "selection_rate"})
_OF_SELECTION: Final = frozenset({*_OF_MARGINS, "demographic_parity"})
_OF_EVERYBODY: Final = frozenset({"base_rate", "selection_rate", "accuracy", "error_rate"})
"""Rates whose denominator is everybody; how many people there are in all is never withheld."""

_SAID: Final = frozenset(
    {
        "FA101",
        "FA102",
        "FA103",
        "FA201",
        "FA301",
        "FA302",
        "FA304",
        "FA305",
        "FA401",
        "FA403",
        "FA404",
        "FA405",
        "FA601",
    }
)
"""Findings that follow from the rows alone; others may count what is withheld."""

_DECIMALS: Final = 3
_NAMED: Final = 6


def protected(audit: Audit) -> Audit:
    """Give an audit as it may leave the house.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    Audit
        The same audit where its plan does not ask for protection. Otherwise one without small counts, without the
        counts that would give them away, and without the tables and chapters that are finer than its groups.

    Notes
    -----
    :func:`audit.disclosure.pattern.pattern` decides which groups are withheld. Disparities are taken over the others
    and count the withheld ones as not estimable. Weights are taken to be unknown to the reader; numbers that hang on
    them are rounded to three decimals, so that single weights do not show in them.
    """
    if audit.protection is not None or audit.plan.grouping.small != "suppress":
        return audit
    small = audit.plan.grouping.small_size
    found = pattern(audit.cells, small=small)
    metrics, disparities, larger = _rows(audit, found)
    finest = found.groups(audit.cells.sensitive)
    bare = replace(
        audit,
        cells=_emptied(audit.cells, finest),
        data=_without_small(audit.data, audit.cells, found, small),
        tried=(),
        comparison=(),
        metrics=metrics,
        disparities=disparities,
        larger=larger,
        findings=(),
        basis=Basis(),
        kept={},
        protection=_protection(found, small),
        study=None,
    )
    # Verdicts and findings are drawn again, from what is left.
    said = bare.with_plan(audit.plan)
    kept = tuple(finding for finding in said.findings if finding.code in _SAID)
    left = audit.cells.take([group not in finest for group in audit.cells.groups])
    return replace(said, cells=_unweighted(left), findings=(*kept, *_told(audit, found, small)))


def _protection(found: Pattern, small: int) -> Protection:
    groups = np.array([columns != EVERYBODY for columns, _ in found.published.names])
    return Protection(
        small_size=small,
        groups=int(groups.sum()),
        withheld=int((found.withheld & groups).sum()),
        small=int((found.primary & groups).sum()),
        everybody=bool(found.withheld[~groups].any()),
    )


def _rows(
    audit: Audit, found: Pattern
) -> tuple[tuple[MetricRow, ...], tuple[DisparityRow, ...], tuple[DisparityRow, ...]]:
    metrics: list[MetricRow] = []
    disparities: list[DisparityRow] = []
    larger: list[DisparityRow] = []
    grouping = audit.plan.grouping
    robust = replace(audit.plan, grouping=replace(grouping, min_size=max(LARGER_GROUPS, grouping.min_size)))
    for sensitive in groupings(audit.cells.sensitive):
        rows = [_metric(row, found) for row in audit.metrics if row.sensitive == sensitive]
        metrics += [row for row in rows if row is not None]
        every = _disparities(audit, found, sensitive, audit.plan, chance=True)
        disparities += every
        larger += changed_over_larger(every, _disparities(audit, found, sensitive, robust, chance=False))
    if audit.cells.weighted:
        return (
            tuple(_rounded(row) for row in metrics),
            tuple(_rounded(row) for row in disparities),
            tuple(_rounded(row) for row in larger),
        )
    return tuple(metrics), tuple(disparities), tuple(larger)


def _metric(row: MetricRow, found: Pattern) -> MetricRow | None:
    """Withhold a rate; None where not even its number of people may be told."""
    columns, group = (EVERYBODY, ()) if row.group is None else (row.sensitive, row.group)
    if group not in found.groups(columns):
        return row
    margins = group in found.groups(columns, "margins")
    if row.metric == "count":
        return row if margins or row.group is None else None
    if margins and row.metric in _OF_MARGINS:
        return row
    gone = replace(row, value=None, low=None, high=None, n_effective=None, reason="suppressed")
    if margins or (row.group is None and row.metric in _OF_EVERYBODY):
        return gone
    return replace(gone, n=0) if row.group is None else None


def _disparities(
    audit: Audit, found: Pattern, sensitive: tuple[str, ...], plan: Plan, *, chance: bool
) -> list[DisparityRow]:
    """Compare the groups that are not withheld; of a group whose margins stay, the selection too."""
    cells = audit.cells.marginal(sensitive)
    withheld, margins = found.groups(sensitive), found.groups(sensitive, "margins")
    tied = ties(audit.basis.clusters, cells)
    everybody = None if found.groups(EVERYBODY) else cells
    rows = []
    for hidden, told in ((withheld, False), (withheld - margins, True)):
        masked = _emptied(cells, hidden)
        for row in disparity_rows(masked, plan, chance=chance, ties=tied):
            if (row.metric in _OF_SELECTION) != told:
                continue
            gone = [group for group in (row.group, row.reference) if group in hidden]
            if gone and row.comparison == "to_reference":
                rows.append(
                    replace(row, value=None, low=None, high=None, reason="suppressed")
                    if set(gone) <= margins
                    else None
                )
            elif row.value is None and hidden:
                # Nobody is left to estimate it from; that is what was withheld, not what the data lack.
                rows.append(replace(row, reason="suppressed"))
            elif row.comparison == "worst_group" and hidden:
                rows.append(_against_everybody(row, masked, everybody, plan, tied))
            else:
                rows.append(row)
    order = {name: i for i, name in enumerate(dict.fromkeys(row.id for row in audit.disparities))}
    return sorted((row for row in rows if row is not None), key=lambda row: order[row.id])


def _emptied(cells: Cells, hidden: frozenset[tuple[str, ...]]) -> Cells:
    """Leave nobody in some groups: what is not known of them cannot be estimated."""
    stay = np.array([group not in hidden for group in cells.groups], dtype=float)[:, None, None]
    return replace(cells, n=cells.n * stay, w=cells.w * stay, w2=cells.w2 * stay)


def _against_everybody(
    row: DisparityRow, masked: Cells, cells: Cells | None, plan: Plan, tied: Any
) -> DisparityRow:
    """Hold the worst group against everybody, the withheld ones among them, where everybody is published."""
    if row.group is None or cells is None:
        return replace(row, overall=None, distance=None, distance_low=None, distance_high=None)
    rate = RATE[row.metric]
    rates = estimates(rate, masked, plan, tied)
    everybody = cells.overall()
    beside = replace(
        cells,
        n=everybody.n - masked.n,
        w=np.maximum(everybody.w - masked.w, 0),
        w2=np.maximum(everybody.w2 - masked.w2, 0),
    )
    others = rate_table(rate, beside)
    own = sum(masked.w[:, label, decision] for label, decision in rate.denominator)
    total = float(sum(everybody.w[0, label, decision] for label, decision in rate.denominator))
    worst = worst_group(
        rates.usable,
        rates.effective,
        (others.value, others.n_effective, np.asarray(own) / total),
        alpha=1 - plan.confidence,
        highest=bool(worst_is_highest(rate.id, plan.roles.favourable)),
        sizes=masked.sizes,
    )
    return replace(
        row,
        overall=number(float(rate_table(rate, everybody).value[0])),
        distance=number(worst.distance),
        distance_low=number(worst.distance_low),
        distance_high=number(worst.distance_high),
    )


def _rounded(row: Any) -> Any:
    """Round what hangs on weights."""
    changed: dict[str, Any] = {}
    for name in ("value", "low", "high", "overall", "distance", "distance_low", "distance_high", "expected"):
        known = getattr(row, name, None)
        if known is not None:
            changed[name] = round(known, _DECIMALS)
    if getattr(row, "n_effective", None) is not None:
        changed["n_effective"] = float(round(row.n_effective))
    return replace(row, **changed)


def _unweighted(cells: Cells) -> Cells:
    return replace(cells, w=cells.n.copy(), w2=cells.n.copy(), weighted=False) if cells.weighted else cells


def _without_small(data: DataRecord, cells: Cells, found: Pattern, small: int) -> DataRecord:
    """Leave out how many people's group is not recorded, where that is few or is withheld."""
    closed = set()
    for attribute in cells.attributes:
        columns, level = (attribute.column,), (attribute.missing,)
        hidden, margins = found.groups(columns), found.groups(columns, "margins")
        if level in hidden and level not in margins:
            closed.add(attribute.column)
    sensitive = {attribute.column for attribute in cells.attributes}
    missing = tuple(
        (name, n) for name, n in data.missing if name not in closed and (name not in sensitive or n >= small)
    )
    return replace(data, missing=missing)


def _told(audit: Audit, found: Pattern, small: int) -> list[Finding]:
    """Say what is withheld, and why."""
    told = _protection(found, small)
    if not told.withheld and not told.everybody:
        said = f"No count of any group is between 1 and {small - 1}; nothing had to be withheld but finer tables."
    else:
        said = (
            f"{count(told.small)} of {count(told.groups)} groups hold a count of 1 to {small - 1} people. They are withheld, "
            f"and {count(told.withheld - told.small)} more that would give them away by subtraction. {_names(audit, found)}"
        ).strip()
        if told.everybody:
            said += " The counts of everybody are withheld too."
    return [
        Finding(
            code="FA362",
            severity="info",
            title="Small counts are withheld to protect people",
            evidence=said,
            advice=(
                "Nothing is known here about withheld groups: the full results stay where the data are. Repairs, "
                "scores and subgroups are left out as well."
            ),
        )
    ]


def _names(audit: Audit, found: Pattern) -> str:
    """Name the withheld groups of the single features; those where features meet are counted."""
    parts = []
    for sensitive in groupings(audit.cells.sensitive):
        hidden = found.groups(sensitive)
        if not hidden:
            continue
        if len(sensitive) > 1:
            parts.append(f"where {column_title(sensitive)} meet, {count(len(hidden))} groups")
            continue
        names = [
            group_phrase(sensitive, group)
            for group in audit.cells.marginal(sensitive).groups
            if group in hidden
        ]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        parts.append(f"by {column_title(sensitive)}, {', '.join(names[:_NAMED])}{more}")
    joined = "; ".join(parts)
    return f"{joined[:1].upper()}{joined[1:]}." if joined else ""
