"""Which subgroups stand out: found on one half of the people, confirmed on the other, overlapping ones folded.

A subgroup is compared with everybody else. The half in which it was found makes it look worse than it is, so what is
shown is the other half's estimate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.disparity.folding import fold
from audit.inference.discovery import (
    detectable_difference,
    difference_p,
    false_discovery,
    harmonic,
    holm,
)
from audit.inference.intervals import newcombe
from audit.metrics.rates import RATE
from audit.rows.subgroups import SearchRow, SubgroupRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.plan import Outcome, Plan
    from audit.rows.subgroups import Confirmed
    from audit.tables.searched import Searched

    Array = NDArray[np.float64]

LISTED: Final = 300
"""Most discovered subgroups that are listed; of more, those with the smallest p-values."""


def discovery_p(part: Array, total: Array, design: float) -> Array:
    """Give the p-value of every subgroup against everybody else in one half.

    Parameters
    ----------
    part : ndarray of shape (n_subgroups, 4)
        Rows, weight, weight in the numerator and squared weights of the subgroups.
    total : ndarray of shape (4,)
        The same of everybody.
    design : float
        How many times larger the variance is than with independent rows.

    Returns
    -------
    ndarray of shape (n_subgroups,)
        Two-sided p-values.
    """
    rate, n = _rates(part, design)
    other, m = _rates(total - part, design)
    return difference_p(rate * n, n, other * m, m)


def subgroup_rows(table: Searched, plan: Plan) -> tuple[SubgroupRow, ...]:
    """List the subgroups that stand out, the ones to the disadvantage of people first.

    Parameters
    ----------
    table : Searched
        What was counted.
    plan : Plan
        Confidence, false discovery rate and the favourable decision.

    Returns
    -------
    tuple of SubgroupRow
        Discovered subgroups: those that stand by themselves before folded ones, confirmed before unconfirmed, worse
        before better, then by the size of the difference; then the subgroups that lead to them.

    Notes
    -----
    Discovery: the p-values of all subgroups tested, by Benjamini and Yekutieli. Confirmation: the p-values of all
    discovered, by Holm, in the same direction. "No" where the interval's end farthest from zero is below half of the
    difference that was discovered.
    """
    alpha = 1 - plan.confidence
    p = discovery_p(table.first, table.total[0], table.design)
    q = false_discovery(p, tested=table.m, ranks=table.rank)
    discovered = np.flatnonzero(q <= plan.search.false_discovery)
    if not len(discovered):
        return ()
    seen, shown = _compared(table, 0, alpha), _compared(table, 1, alpha)
    again = np.ones(len(p))
    again[discovered] = holm(discovery_p(table.second[discovered], table.total[1], table.design))
    listed = _clearest(table, discovered, seen[0], plan.roles.favourable)[:LISTED]
    folded = fold(table, listed, np.sign(seen[0]), alpha=alpha)
    place = {tuple(row): i for i, row in enumerate(table.codes.tolist())}
    places = _with_family(table.codes, listed, place)
    found = set(listed.tolist())
    rows = []
    for i in places:
        known = i in found
        rows.append(
            _row(
                table,
                i,
                seen,
                shown,
                parent=_id(table.codes, _parent(table.codes, i, place, shown[0])),
                folded=_id(table.codes, folded.get(i, -1)),
                discovered=known,
                confirmed=_confirmed(i, seen, shown, again[i], alpha) if known else None,
                worse=_worse(table.metric, float(seen[0][i]), plan.roles.favourable),
                p=(float(p[i]), float(q[i]), float(again[i]) if known else None),
            )
        )
    return tuple(sorted(rows, key=_weight))


def search_row(table: Searched, plan: Plan, rows: tuple[SubgroupRow, ...]) -> SearchRow:
    """Say what a search covered, what came of it and what it could have seen.

    Parameters
    ----------
    table : Searched
        What was counted.
    plan : Plan
        False discovery rate.
    rows : tuple of SubgroupRow
        What :func:`subgroup_rows` gave.

    Returns
    -------
    SearchRow
        The summary.
    """
    p = discovery_p(table.first, table.total[0], table.design)
    q = false_discovery(p, tested=table.m, ranks=table.rank)
    both = table.total.sum(axis=0)
    rate = float(both[2] / both[1]) if both[1] > 0 else None
    whole = table.total[0]
    first = plan.search.false_discovery / (table.m * harmonic(table.m)) if table.m else 0.0
    effective = float(whole[1] ** 2 / whole[3] / whole[0] / table.design) if whole[3] > 0 else 0.0

    def could(size: int) -> float | None:
        if rate is None or not table.m or not effective:
            return None
        return detectable_difference(rate, size * effective, (whole[0] - size) * effective, alpha=first)

    listed = [row for row in rows if row.discovered]
    confirmed = [row for row in listed if row.confirmed == "yes"]
    return SearchRow(
        sensitive=tuple(attribute.column for attribute in table.attributes),
        metric=table.metric,
        depth=len(table.tested),
        tested=table.m,
        tested_by_depth=table.tested,
        discovered=int((q <= plan.search.false_discovery).sum()),
        listed=len(listed),
        confirmed=len(confirmed),
        standing=sum(not row.folded for row in confirmed),
        rate=rate,
        n_seen=int(whole[0]),
        n=int(table.total[1][0]),
        typical_n=table.sizes[1],
        detectable=could(table.sizes[1]),
        largest_n=table.sizes[2],
        detectable_largest=could(table.sizes[2]),
        false_discovery=plan.search.false_discovery,
        design=table.design,
        reason="" if table.m else "no_subgroup_large_enough",
    )


def _rates(counts: Array, design: float) -> tuple[Array, Array]:
    """Give the rate and the effective number that it rests on."""
    _, w, hit, w2 = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(hit / w, 0, 1), np.where(w2 > 0, w * w / w2, 0.0) / design


def _compared(table: Searched, which: int, alpha: float) -> tuple[Array, Array, Array]:
    """Subgroup minus everybody else in one half, with its interval."""
    part = (table.first, table.second)[which]
    rate, n = _rates(part, table.design)
    other, m = _rates(table.total[which] - part, table.design)
    low, high = newcombe(rate, n, other, m, alpha=alpha)
    return rate - other, low, high


def _confirmed(
    i: int, seen: tuple[Array, ...], shown: tuple[Array, ...], p: float, alpha: float
) -> Confirmed:
    side = 1.0 if seen[0][i] > 0 else -1.0
    if side * shown[0][i] > 0 and p <= alpha:
        return "yes"
    farthest = float(shown[2][i] if side > 0 else -shown[1][i])
    return "no" if farthest < abs(float(seen[0][i])) / 2 else "cannot_tell"


def _worse(metric: str, difference: float, favourable: Outcome) -> bool | None:
    better = RATE[metric].better
    if better == "none":
        return None
    up = better == "higher" or (better == "favourable" and favourable == "positive")
    return difference < 0 if up else difference > 0


def _clearest(
    table: Searched, discovered: NDArray[np.int64], difference: Array, favourable: Outcome
) -> NDArray[np.int64]:
    """Sort the discovered by strength; of two that say the same, the one to somebody's disadvantage comes first."""
    part, whole = table.first[discovered], table.total[0]
    rate, n = _rates(part, table.design)
    other, m = _rates(whole - part, table.design)
    pooled = (rate * n + other * m) / (n + m)
    # P-values this far out are often too small to be told apart; the z statistic is not.
    z = np.abs(rate - other) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    better = np.array([_worse(table.metric, float(d), favourable) is False for d in difference[discovered]])
    depth = (table.codes[discovered] >= 0).sum(axis=1)
    order = np.lexsort((table.rank[discovered], difference[discovered] < 0, depth, better, -np.round(z, 6)))
    return np.asarray(discovered[order])


def _with_family(
    codes: NDArray[np.int64], listed: NDArray[np.int64], place: dict[tuple[int, ...], int]
) -> list[int]:
    """Add the subgroups that the listed ones are parts of."""
    found = dict.fromkeys(listed.tolist())
    for i in listed.tolist():
        found |= dict.fromkeys(place[name] for name in _above(codes[i]) if name in place)
    return list(found)


def _above(row: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Name every subgroup by some of the same values, those with the most columns first."""
    axes = np.flatnonzero(row >= 0).tolist()
    found = []
    for mask in range(1, 2 ** len(axes) - 1):
        kept = {axis for bit, axis in enumerate(axes) if mask >> bit & 1}
        found.append(tuple(int(v) if a in kept else -1 for a, v in enumerate(row)))
    return sorted(found, key=lambda name: sum(code < 0 for code in name))


def _parent(codes: NDArray[np.int64], i: int, place: dict[tuple[int, ...], int], value: Array) -> int:
    """Choose the subgroup to show another one under: the closest one that goes farthest the same way."""
    side = 1.0 if value[i] >= 0 else -1.0
    above = [place[name] for name in _above(codes[i]) if name in place]
    return max(above, key=lambda j: (int((codes[j] >= 0).sum()), side * float(value[j]), -j), default=-1)


def _id(codes: NDArray[np.int64], i: int) -> str:
    return "" if i < 0 else "_".join(f"{axis}.{code}" for axis, code in enumerate(codes[i]) if code >= 0)


def _row(
    table: Searched,
    i: int,
    seen: tuple[Array, ...],
    shown: tuple[Array, ...],
    *,
    p: tuple[float, float, float | None],
    **fields: object,
) -> SubgroupRow:
    axes = np.flatnonzero(table.codes[i] >= 0).tolist()
    picked = [(table.attributes[a], int(table.codes[i][a]), table.joined[a]) for a in axes]
    levels = tuple(attribute.levels[code] for attribute, code, _ in picked)
    rate, n = _rates(table.second[i], table.design)
    rest, _ = _rates(table.total[1] - table.second[i], table.design)
    # The subgroup is a part of everybody: its distance from them is the other part's share of that from the others.
    share = 1 - float(table.second[i][1] / table.total[1][1])
    value, low, high = (float(column[i]) for column in shown)
    plain = not table.weighted and table.design == 1
    return SubgroupRow(
        id=_id(table.codes, i),
        depth=len(axes),
        metric=table.metric,
        sensitive=tuple(attribute.column for attribute, _, _ in picked),
        group=levels,
        missing=tuple(a.missing is not None and a.levels[code] == a.missing for a, code, _ in picked),
        joined=tuple(bool(name) and a.levels[code] == name for a, code, name in picked),
        rate=float(rate),
        rest=float(rest),
        value=value,
        low=low,
        high=high,
        distance=share * value,
        distance_low=share * low,
        distance_high=share * high,
        n=int(table.second[i][0]),
        n_effective=None if plain else float(n),
        seen=float(seen[0][i]),
        seen_low=float(seen[1][i]),
        seen_high=float(seen[2][i]),
        n_seen=int(table.first[i][0]),
        p=p[0],
        q=p[1],
        p_confirmed=p[2],
        **fields,  # type: ignore[arg-type] # named one by one where it is called
    )


def _weight(row: SubgroupRow) -> tuple[object, ...]:
    order = {"yes": 0, "cannot_tell": 1, "no": 2, None: 3}
    return (
        not row.discovered,
        bool(row.folded),
        order[row.confirmed],
        row.worse is False,
        -abs(row.value or 0.0),
        row.depth,
        row.id,
    )
