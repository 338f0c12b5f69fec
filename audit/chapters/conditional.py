"""The groups compared within the values of the control columns: stratum by stratum, and over all strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number, reference_group
from audit.disparity.strata import both_known, layer_rates, layers, pair_up, pattern
from audit.inference.gaps import difference_gap
from audit.inference.intervals import newcombe
from audit.inference.strata import (
    NO_EFFECT,
    Effect,
    homogeneity,
    odds_ratio,
    risk_difference,
    risk_ratio,
    standardised_difference,
)
from audit.metrics.rates import RATE, rate_table
from audit.rows.comparable import AdjustedRow, StratumRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.chapters.case import Case
    from audit.disparity.strata import LayerRates, Layers
    from audit.metrics.rates import Rate
    from audit.plan import Roles

LISTED: Final = 200
"""Most strata that are listed one by one: the largest ones; the comparison over all strata uses every one."""


def rates_of(roles: Roles) -> tuple[str, ...]:
    """Name the rates that are compared within strata.

    Parameters
    ----------
    roles : Roles
        For the favourable decision.

    Returns
    -------
    tuple of str
        Selection, the rate of equal opportunity, and error; selection alone where the decision is its own label.
    """
    if roles.no_outcome:
        return ("selection_rate",)
    opportunity = "true_positive_rate" if roles.favourable == "positive" else "true_negative_rate"
    return ("selection_rate", opportunity, "error_rate")


def conditional(case: Case) -> tuple[StratumRow, ...]:
    """Compare the groups of every single feature within each stratum.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of StratumRow
        For each feature and rate: the largest difference of each stratum, then each group against the reference.
    """
    found: list[StratumRow] = []
    for layered, reference in _layered(case):
        for metric in rates_of(case.plan.roles):
            found += _by_stratum(case, layered, RATE[metric], reference)
    return tuple(found)


def simpson(case: Case) -> tuple[AdjustedRow, ...]:
    """Hold the difference over everybody against the difference among comparable people.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of AdjustedRow
        For each single feature and rate, every group against the reference group.
    """
    found: list[AdjustedRow] = []
    for layered, reference in _layered(case):
        for metric in rates_of(case.plan.roles):
            rates = layer_rates(RATE[metric], layered)
            found += [
                _adjusted(case, layered, (RATE[metric], rates), group, reference)
                for group in range(len(layered.groups))
                if group != reference and _counts(case, layered, group)
            ]
    return tuple(found)


def _layered(case: Case) -> Iterator[tuple[Layers, int]]:
    """Give each feature within its strata, with the position of its reference group."""
    if case.basis.strata is None:
        return
    for column in case.cells.sensitive:
        layered = layers(case.basis.strata, len(case.cells.sensitive), column)
        if layered is None:
            continue
        cells = case.cells.marginal((column,))
        wanted = cells.groups[reference_group(cells, case.plan)][0]
        known = np.where(layered.unknown_groups, -1, layered.sizes.sum(axis=0))
        at = layered.groups.index(wanted) if wanted in layered.groups else int(np.argmax(known))
        yield layered, at


def _counts(case: Case, layered: Layers, group: int) -> bool:
    """Tell whether a group is compared: people without a recorded group are not, unless the plan says so."""
    return case.plan.grouping.include_unknown or not bool(layered.unknown_groups[group])


def _by_stratum(case: Case, layered: Layers, rate: Rate, reference: int) -> list[StratumRow]:
    rates = layer_rates(rate, layered)
    value = np.where(rates.n >= case.plan.grouping.min_size, rates.value, np.nan)
    counted = [g for g in range(len(layered.groups)) if _counts(case, layered, g)]
    largest = np.argsort(-layered.sizes.sum(axis=1), kind="stable")[:LISTED]
    found = []
    for s in sorted(int(place) for place in largest):
        found.append(_gap_row(case, layered, (rate, rates, value), s, counted))
        found += [
            _signed_row(case, layered, (rate, rates, value), (s, g, reference))
            for g in counted
            if g != reference
        ]
    return found


def _gap_row(
    case: Case,
    layered: Layers,
    known: tuple[Rate, LayerRates, np.ndarray],
    s: int,
    counted: list[int],
) -> StratumRow:
    rate, rates, value = known
    here = value[s, counted]
    gap = difference_gap(
        here, rates.effective[s, counted], alpha=1 - case.plan.confidence, sizes=layered.sizes[s, counted]
    )
    estimable = int(np.count_nonzero(~np.isnan(here)))
    named = estimable > 1
    return StratumRow(
        metric=rate.id,
        sensitive=(layered.column,),
        control=layered.control,
        stratum=layered.strata[s],
        comparison="difference",
        group=(layered.groups[counted[gap.first]],) if named else None,
        reference=(layered.groups[counted[gap.second]],) if named else None,
        value=number(gap.value),
        low=number(gap.low),
        high=number(gap.high),
        n=int(rates.n[s, counted].sum()),
        groups_estimable=estimable,
        groups_total=len(counted),
        reason="" if named else "fewer_than_two_groups",
    )


def _signed_row(
    case: Case,
    layered: Layers,
    known: tuple[Rate, LayerRates, np.ndarray],
    at: tuple[int, int, int],
) -> StratumRow:
    rate, rates, value = known
    s, group, reference = at
    p, n = value[s, [group, reference]], rates.effective[s, [group, reference]]
    low, high = newcombe(p[0], n[0], p[1], n[1], alpha=1 - case.plan.confidence)
    estimable = int(np.count_nonzero(~np.isnan(p)))
    raw = rates.n[s, [group, reference]]
    thin = next((rate.undefined if m == 0 else "below_minimum_size" for m, v in zip(raw, p, strict=True) if np.isnan(v)), "")  # fmt: skip
    return StratumRow(
        metric=rate.id,
        sensitive=(layered.column,),
        control=layered.control,
        stratum=layered.strata[s],
        comparison="to_reference",
        group=(layered.groups[group],),
        reference=(layered.groups[reference],),
        value=number(float(p[0] - p[1])),
        low=number(float(low)),
        high=number(float(high)),
        n=int(raw.sum()),
        groups_estimable=estimable,
        groups_total=2,
        reason=thin,
    )


def _adjusted(
    case: Case, layered: Layers, known: tuple[Rate, LayerRates], group: int, reference: int
) -> AdjustedRow:
    rate, rates = known
    alpha = 1 - case.plan.confidence
    usable = ~layered.unknown_strata | case.plan.grouping.include_unknown
    pairs = pair_up(rates, group, reference, usable)
    crude = _crude(layered, rate, group, reference, alpha)
    adjusted = risk_difference(pairs, alpha=alpha)
    ratio, odds = risk_ratio(pairs, alpha=alpha), odds_ratio(pairs, alpha=alpha)
    standard = standardised_difference(pairs, alpha=alpha)
    kept = both_known(rates, group, reference) & usable
    people = rates.n[:, [group, reference]].sum(axis=1)
    none = "" if kept.any() else "no_common_stratum"
    return AdjustedRow(
        metric=rate.id,
        sensitive=(layered.column,),
        control=layered.control,
        group=(layered.groups[group],),
        reference=(layered.groups[reference],),
        crude=number(crude.value),
        crude_low=number(crude.low),
        crude_high=number(crude.high),
        value=number(adjusted.value),
        low=number(adjusted.low),
        high=number(adjusted.high),
        ratio=number(ratio.value),
        ratio_low=number(ratio.low),
        ratio_high=number(ratio.high),
        odds=number(odds.value),
        odds_low=number(odds.low),
        odds_high=number(odds.high),
        standardised=number(standard.value),
        standardised_low=number(standard.low),
        standardised_high=number(standard.high),
        homogeneity=number(homogeneity(pairs)),
        strata=int(kept.sum()),
        strata_total=len(layered.strata),
        reversed=int(np.sum((pairs.p1 - pairs.p0) * crude.value < -1e-15)),
        n=int(people[kept].sum()),
        left_out=int(people[~kept].sum()),
        pattern=pattern(crude, adjusted),
        reason=none if not np.isnan(crude.value) else rate.undefined,
    )


def _crude(layered: Layers, rate: Rate, group: int, reference: int, alpha: float) -> Effect:
    """Compare two groups over everybody, whatever their stratum."""
    from audit.cells import Cells

    def both(array: np.ndarray) -> np.ndarray:
        summed = array.reshape(*layered.shape, 2, 2).sum(axis=0)
        return np.ascontiguousarray(summed[[group, reference]])

    cells = layered.cells
    table = rate_table(
        rate,
        Cells(
            attributes=(),
            groups=((), ()),
            n=both(cells.n),
            w=both(cells.w),
            w2=both(cells.w2),
            weighted=cells.weighted,
        ),
    )
    p, n = table.value, table.n_effective
    if np.isnan(p).any():
        return NO_EFFECT
    low, high = newcombe(p[0], n[0], p[1], n[1], alpha=alpha)
    return Effect(value=float(p[0] - p[1]), low=float(low), high=float(high))


CHAPTERS = (
    Chapter(
        id="conditional",
        title="The groups compared within each value of the control columns",
        kinds=(StratumRow,),
        rows=conditional,
    ),
    Chapter(
        id="simpson",
        title="Each group against the reference group, over everybody and among comparable people",
        kinds=(AdjustedRow,),
        rows=simpson,
    ),
)
