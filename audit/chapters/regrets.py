"""Minimax regret: how much worse the decisions are for each group than a model of the group's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.intervals import newcombe_paired
from audit.tables.regrets import CELLS

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.tables.regrets import Regret


@dataclass(frozen=True, slots=True, kw_only=True)
class RegretRow:
    """How much more often the decision is wrong about a group than a model of the group's own.

    Parameters
    ----------
    sensitive : tuple of str
        The column that makes the groups.
    group : tuple of str
        The group's value.
    error : float or None
        Error rate of the decisions on the group's test rows.
    own_error : float or None
        Error rate of the group's own model on the same rows.
    value, low, high : float or None
        The regret, error minus own error, with its paired interval; below zero the decisions do better.
    n : int
        Test rows of the group.
    n_effective : float
        Their effective number when rows are weighted.
    n_train : int
        Rows of the group that its own model learned from.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    error: float | None
    own_error: float | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_effective: float
    n_train: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestRegretRow:
    """The largest regret of the groups of one column, and how far the worst group is from the best worst group seen.

    Parameters
    ----------
    sensitive : tuple of str
        The column that makes the groups.
    group : tuple of str or None
        The group with the largest regret.
    value, low, high : float or None
        Its regret, with bounds that allow for the choice among the groups.
    worst_group : tuple of str or None
        The group about which the decisions are wrong most often.
    worst_error : float or None
        The error rate there.
    best_worst_error : float or None
        The lowest error rate of a worst group seen: with the decisions, or with a model of each group's own.
    gap : float or None
        Worst error minus best worst error, 0 or more.
    baseline : str
        What was trained for each group.
    groups_estimable, groups_total : int
        Over how many groups it is taken, of how many.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    worst_group: tuple[str, ...] | None
    worst_error: float | None
    best_worst_error: float | None
    gap: float | None
    baseline: str
    groups_estimable: int
    groups_total: int
    reason: str = ""


def regrets(case: Case) -> tuple[RegretRow | LargestRegretRow, ...]:
    """Hold the decisions about each group against a model of its own.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of RegretRow and LargestRegretRow
        For each sensitive column its groups, then the largest regret; empty where no such models were trained.

    Notes
    -----
    Both are measured on the same test rows, so the interval is Newcombe's for paired rates, with the effective number.
    The bounds of the largest regret are the largest of all groups' bounds at 1 − α / K.
    """
    table = case.basis.regrets
    if table is None:
        return ()
    alpha = 1 - case.plan.confidence
    rows: list[RegretRow | LargestRegretRow] = []
    for column in dict.fromkeys(one.column for one in table.groups):
        groups = [one for one in table.groups if one.column == column]
        found = [_row(one, alpha) for one in groups]
        missing = next((a.missing for a in case.cells.attributes if a.column == column), None)
        counted = [case.plan.grouping.include_unknown or one.group != missing for one in groups]
        judged = [pair for pair, use in zip(zip(found, groups, strict=True), counted, strict=True) if use]
        rows += [*found, _largest((column,), judged, alpha, table.baseline)]
    return tuple(rows)


def _row(one: Regret, alpha: float) -> RegretRow:
    base = RegretRow(
        sensitive=(one.column,),
        group=(one.group,),
        error=None,
        own_error=None,
        value=None,
        low=None,
        high=None,
        n=one.n_test,
        n_effective=0.0,
        n_train=one.n_train,
        reason=one.reason,
    )
    if one.reason:
        return base
    both, own, decision, _, effective = _shares(one)
    low, high = newcombe_paired(both, own, decision, effective, alpha=alpha)
    value = decision - own
    return RegretRow(
        sensitive=base.sensitive,
        group=base.group,
        error=both + decision,
        own_error=both + own,
        value=value,
        low=min(value, float(low)),
        high=max(value, float(high)),
        n=one.n_test,
        n_effective=effective,
        n_train=one.n_train,
    )


def _shares(one: Regret) -> tuple[float, float, float, float, float]:
    """Give the shares of the four cells, and the effective number."""
    sums = np.array([getattr(one, name) for name in CELLS])
    _, w, w2 = sums.sum(axis=0)
    shares = sums[:, 1] / w
    return (*(float(share) for share in shares), float(w * w / w2))  # type: ignore[return-value]


def _largest(
    sensitive: tuple[str, ...], judged: list[tuple[RegretRow, Regret]], alpha: float, baseline: str
) -> LargestRegretRow:
    """Find the largest regret among the groups that count; people without a recorded group are no group by default."""
    known = [(row, one) for row, one in judged if row.value is not None]
    if not known:
        return LargestRegretRow(
            sensitive=sensitive,
            group=None,
            value=None,
            low=None,
            high=None,
            worst_group=None,
            worst_error=None,
            best_worst_error=None,
            gap=None,
            baseline=baseline,
            groups_estimable=0,
            groups_total=len(judged),
            reason=next((row.reason for row, _ in judged), "empty"),
        )
    # Of equal values the larger group is named.
    largest = max(known, key=lambda pair: (pair[0].value or 0.0, pair[0].n))[0]
    worst = max(known, key=lambda pair: (pair[0].error or 0.0, pair[0].n))[0]
    ends = [_ends(one, alpha / len(known)) for _, one in known]
    value, error = largest.value or 0.0, worst.error or 0.0
    best = min(error, max(row.own_error or 0.0 for row, _ in known))
    return LargestRegretRow(
        sensitive=sensitive,
        group=largest.group,
        value=value,
        low=min(value, max(low for low, _ in ends)),
        high=max(value, *(high for _, high in ends)),
        worst_group=worst.group,
        worst_error=error,
        best_worst_error=best,
        gap=error - best,
        baseline=baseline,
        groups_estimable=len(known),
        groups_total=len(judged),
    )


def _ends(one: Regret, alpha: float) -> tuple[float, float]:
    both, own, decision, _, effective = _shares(one)
    low, high = newcombe_paired(both, own, decision, effective, alpha=alpha)
    return float(low), float(high)


CHAPTERS: Final = (
    Chapter(
        id="regrets",
        title="The decisions against a model of each group's own",
        kinds=(RegretRow, LargestRegretRow),
        rows=regrets,
    ),
)
"""What this room tells."""
