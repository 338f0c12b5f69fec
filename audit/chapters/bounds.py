"""What the people whose group is not recorded could do to a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.chance import CRITERION_RATES, MORE_CRITERION_RATES
from audit.disparity.compare import number
from audit.inference.unknown import all_in_one, largest_gap, observed_gap, smallest_gap
from audit.metrics.rates import RATE
from audit.rows.comparable import BoundRow

if TYPE_CHECKING:
    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.metrics.rates import Rate
    from audit.rows import Verdict

MEASURED: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")
"""Rates whose gap is bounded."""


def bounds(case: Case) -> tuple[BoundRow, ...]:
    """Bound the gaps of every single feature that is not recorded for somebody.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of BoundRow
        For each feature and rate: the bounds over any assignment, then all unknown people in each known group.
    """
    found: list[BoundRow] = []
    for column in case.cells.sensitive:
        cells = case.cells.marginal((column,))
        if any(cells.unknown) and not all(cells.unknown):
            for metric in MEASURED:
                found += _bounded(case, cells, RATE[metric])
    return tuple(found)


def _bounded(case: Case, cells: Cells, rate: Rate) -> list[BoundRow]:
    missing = np.array(cells.unknown)
    hits, totals = (_sums(cells.w, part) for part in (rate.numerator, rate.denominator))
    people = _sums(cells.n, rate.denominator)
    a, n = hits[~missing], totals[~missing]
    unknown = (float(hits[missing].sum()), float((totals - hits)[missing].sum()))
    value, low, high = observed_gap(a, n), smallest_gap(a, n, unknown), largest_gap(a, n, unknown)
    tolerance, verdict = _judged(case, cells.sensitive, rate.id)
    names = [group for group, out in zip(cells.groups, missing, strict=True) if not out]
    shared: dict[str, Any] = {"metric": rate.id, "sensitive": cells.sensitive, "n": int(people[~missing].sum()), "unknown": int(people[missing].sum())}  # fmt: skip
    reason = "fewer_than_two_groups" if np.isnan(value) else ""
    rows = [
        BoundRow(
            **shared,
            assumed="any",
            group=None,
            value=number(value),
            low=number(low),
            high=number(high),
            tolerance=tolerance,
            verdict=verdict,
            survives=_survives(verdict, tolerance, low, high),
            reason=reason,
        )
    ]
    for place, group in enumerate(names):
        gap = all_in_one(a, n, unknown, place)
        rows.append(
            BoundRow(
                **shared,
                assumed="one_group",
                group=group,
                value=number(gap),
                low=None,
                high=None,
                tolerance=tolerance,
                reason="fewer_than_two_groups" if np.isnan(gap) else "",
            )
        )
    return rows


def _sums(array: np.ndarray, cells: tuple[tuple[int, int], ...]) -> np.ndarray:
    return np.asarray(np.sum([array[:, label, decision] for label, decision in cells], axis=0))


def _judged(case: Case, sensitive: tuple[str, ...], metric: str) -> tuple[float | None, Verdict | None]:
    """Find the criterion that is about this gap alone: a rate and its complement have the same one."""
    same = {metric, _COMPLEMENT.get(metric, metric)}
    turned = case.plan.roles.favourable == "negative"
    criteria = {**CRITERION_RATES, **MORE_CRITERION_RATES}
    for row in case.disparities:
        if row.sensitive != sensitive or row.comparison != "difference" or row.verdict is None:
            continue
        rates = criteria.get(row.metric, (row.metric,))
        if turned and row.metric in criteria:
            rates = tuple(_TURNED.get(name, name) for name in rates)
        if len(rates) == 1 and rates[0] in same:
            return row.tolerance, row.verdict
    return None, None


_COMPLEMENT: Final = {
    "true_positive_rate": "false_negative_rate",
    "false_positive_rate": "true_negative_rate",
    "error_rate": "accuracy",
}
_TURNED: Final = {
    "true_positive_rate": "true_negative_rate",
    "false_positive_rate": "false_negative_rate",
    "precision": "negative_predictive_value",
}
"""The rate of the negative class that takes the place of each; gaps in selection and in error stay as they are."""


def _survives(verdict: Verdict | None, tolerance: float | None, low: float, high: float) -> bool | None:
    if tolerance is None or verdict not in {"within", "beyond"} or np.isnan(low) or np.isnan(high):
        return None
    return bool(low > tolerance) if verdict == "beyond" else bool(high <= tolerance)


CHAPTERS = (
    Chapter(
        id="bounds",
        title="What people whose group is not recorded could make of each gap",
        kinds=(BoundRow,),
        rows=bounds,
        judged=True,
    ),
)
