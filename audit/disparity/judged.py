"""A verdict with everything it rests on, so that it can be taken again after something has changed.

Bounds are those of :mod:`audit.inference.gaps`, pair by pair: a change in one group changes its own pairs only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.inference.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.disparity.estimates import Estimates
    from audit.rows import Verdict

    Array = NDArray[np.float64]

MOST: Final = 2.0**30
"""How many times as many people are thought of at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One rate of all groups, with the bounds of the pairs that a change in one group leaves alone.

    Parameters
    ----------
    number : ndarray of shape (n_groups, 4)
        Weights in the numerator; weights, squared weights and rows in the denominator.
    counts : ndarray of shape (2, 2, 4)
        Which of these four a cell counts in.
    effect : ndarray of shape (n_groups,)
        Design effects.
    p : ndarray of shape (n_groups,)
        Rates; NaN where a group is out of the gap.
    ends : tuple of two ndarray
        Their Wilson intervals.
    apart : tuple of two ndarray
        For each group the nearest and the furthest bound of all pairs that it is not in.
    use : ndarray of bool of shape (n_groups,)
        The groups in the gap.
    level : float
        Share of the intervals of one pair that may miss.
    """

    number: Array
    counts: Array
    effect: Array
    p: Array
    ends: tuple[Array, Array]
    apart: tuple[Array, Array]
    use: NDArray[np.bool_]
    level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A verdict and everything it rests on.

    Parameters
    ----------
    sides : tuple
        The rates that are compared.
    ratio, averaged : bool
        Whether smallest over largest instead of largest minus smallest, and the mean of several rates instead of
        the worst.
    tolerance : float
        The tolerance.
    verdict : {"within", "beyond", "cannot_tell"}
        The verdict.
    complete : bool
        Whether every group could be estimated.
    least : int
        Smallest denominator of a rate that is estimated.
    cells : Cells
        The groups.
    each : ndarray of shape (n_groups, 2, 2, 4)
        What one person of a cell weighs, on average: twice its weight, the squared weight, and one row.
    counted : ndarray of bool of shape (n_groups,)
        The groups that the gap is taken over.
    """

    sides: tuple[Side, ...]
    ratio: bool
    averaged: bool
    tolerance: float
    verdict: Verdict
    complete: bool
    least: int
    cells: Cells
    each: Array
    counted: NDArray[np.bool_]


def judged(
    rates: Sequence[Estimates],
    cells: Cells,
    *,
    ratio: bool,
    averaged: bool,
    tolerance: float,
    verdict: Verdict,
    alpha: float,
    least: int,
) -> Judged:
    """Prepare a verdict for the search.

    Parameters
    ----------
    rates : sequence of Estimates
        The rates that are compared.
    cells : Cells
        The groups, turned as the rates are.
    ratio, averaged, tolerance, verdict
        As in :class:`Judged`.
    alpha : float
        Share of intervals that may miss, for all rates together.
    least : int
        Smallest denominator of a rate that is estimated.

    Returns
    -------
    Judged
        Ready for :func:`first_turn`.
    """
    sides = tuple(_side(each, cells, alpha / len(rates), ratio=ratio) for each in rates)
    estimable = min(int(side.use.sum()) for side in sides)
    return Judged(
        sides=sides,
        ratio=ratio,
        averaged=averaged,
        tolerance=tolerance,
        verdict=verdict,
        complete=estimable == rates[0].total,
        least=max(least, 1),
        cells=cells,
        each=_four(cells) / np.where(cells.n > 0, cells.n, 1)[..., None],
        counted=np.all([side.use for side in sides], axis=0),
    )


def _side(rates: Estimates, cells: Cells, alpha: float, *, ratio: bool) -> Side:
    use = ~np.isnan(rates.usable)
    k = int(use.sum())
    level = alpha / max(k * (k - 1) / 2, 1)
    rate = rates.rate
    top, bottom = _mask(rate.numerator), _mask(rate.denominator)
    counts = np.stack([top, bottom, bottom, bottom], axis=-1)
    number = (_four(cells) * counts).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = np.where(number[:, 2] > 0, number[:, 1] ** 2 / number[:, 2], 0.0)
        effect = np.where(rates.effective > 0, plain / rates.effective, 1.0)
    p = np.where(use, rates.usable, np.nan)
    ends = wilson(p, rates.effective, alpha=level)
    near, far = pairs(p, ends, p, ends, ratio=ratio)
    np.fill_diagonal(near, -np.inf)
    np.fill_diagonal(far, -np.inf)
    return Side(
        number=number,
        counts=counts,
        effect=effect,
        p=p,
        ends=ends,
        apart=(_without(near), _without(far)),
        use=use,
        level=level,
    )


def _four(cells: Cells) -> Array:
    return np.stack([cells.w, cells.w, cells.w2, cells.n], axis=-1)


def _mask(cells: Sequence[tuple[int, int]]) -> Array:
    mask = np.zeros((2, 2))
    for at in cells:
        mask[at] = 1.0
    return mask


def _without(bounds: Array) -> Array:
    """For each group the largest bound of all pairs that it is not in."""
    found = np.full(len(bounds), -np.inf)
    for g in range(len(bounds)):
        rest = np.delete(np.delete(bounds, g, 0), g, 1)
        if rest.size:
            found[g] = rest.max()
    return found


def pairs(
    p: Array, ends: tuple[Array, Array], q: Array, q_ends: tuple[Array, Array], *, ratio: bool
) -> tuple[Array, Array]:
    """Bound every pair, whichever of the two is higher: beyond asks for the near bound, within for the far one.

    Parameters
    ----------
    p, q : ndarray of shape (n,) and (m,)
        Rates.
    ends, q_ends : tuple of two ndarray
        Their Wilson intervals.
    ratio : bool
        Whether the rates are divided instead of subtracted.

    Returns
    -------
    near, far : ndarray of shape (n, m)
        For a ratio both have their sign turned, so that more is further apart as for a difference; unknown pairs
        are −∞.
    """
    a, b = (
        (p[:, None], ends[0][:, None], ends[1][:, None]),
        (q[None, :], q_ends[0][None, :], q_ends[1][None, :]),
    )
    if ratio:
        (low, high), (low_2, high_2) = _log_ratio(a, b), _log_ratio(b, a)
        near, far = np.fmax(-high, -high_2), np.fmax(-low, -low_2)
    else:
        d = a[0] - b[0]
        low = d - np.hypot(a[0] - a[1], b[2] - b[0])
        high = d + np.hypot(a[2] - a[0], b[0] - b[1])
        near, far = np.maximum(low, -high), np.maximum(high, -low)
    return np.where(np.isnan(near), -np.inf, near), np.where(np.isnan(far), -np.inf, far)


def _log_ratio(a: tuple[Array, Array, Array], b: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """The interval of :func:`audit.inference.intervals.log_ratio` from Wilson's ends that are known already."""
    (p1, l1, u1), (p2, l2, u2) = a, b
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(p1) - np.log(p2)
        low = np.exp(centre - np.hypot(np.log(p1) - np.log(l1), np.log(u2) - np.log(p2)))
        high = np.exp(centre + np.hypot(np.log(u1) - np.log(p1), np.log(p2) - np.log(l2)))
        at_zero = u1 / np.sqrt(l2 * (2 * p2 - l2))
    undefined = ~(p2 > 0) | np.isnan(p1)
    zero = p1 <= 0
    return (
        np.where(undefined, np.nan, np.where(zero, 0.0, low)),
        np.where(undefined, np.nan, np.where(zero, at_zero, high)),
    )


def limit(case: Judged) -> float:
    """Give the tolerance as the bounds are given.

    Parameters
    ----------
    case : Judged
        The verdict.

    Returns
    -------
    float
        With its sign turned for a ratio.
    """
    return -case.tolerance if case.ratio else case.tolerance


def people_needed(case: Judged, value: float, total: int) -> tuple[int | None, Verdict | None, str]:
    """How many people with the same rates would decide a verdict that is open.

    Parameters
    ----------
    case : Judged
        A verdict "cannot tell".
    value : float
        The observed disparity.
    total : int
        People now.

    Returns
    -------
    people : int or None
        How many in all, in the same proportions.
    becomes : {"within", "beyond"} or None
        The verdict then.
    reason : str
        Why no number would do, as a code, or empty.
    """
    turned = -value if case.ratio else value
    bound = limit(case)
    becomes: Verdict = "beyond" if turned > bound else "within"
    if abs(turned - bound) < 1e-12:
        return None, None, "at_tolerance"
    if becomes == "within" and not case.complete:
        return None, None, "group_not_estimable"

    def decided(factor: float) -> bool:
        near, far = _scaled(case, factor)
        return near > bound if becomes == "beyond" else far <= bound

    high = 2.0
    while not decided(high):
        high *= 2
        if high > MOST:
            return None, None, "at_tolerance"
    low = high / 2
    while (high - low) * total > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return int(np.ceil(high * total)), becomes, ""


def _scaled(case: Judged, factor: float) -> tuple[float, float]:
    """Nearest and furthest bound with so many times as many people."""
    near, far = [], []
    for side in case.sides:
        with np.errstate(divide="ignore", invalid="ignore"):
            n = side.number[:, 1] ** 2 / side.number[:, 2] / side.effect * factor
        p = side.p[side.use]
        ends = wilson(p, n[side.use], alpha=side.level)
        a, b = pairs(p, ends, p, ends, ratio=case.ratio)
        np.fill_diagonal(a, -np.inf)
        np.fill_diagonal(b, -np.inf)
        near.append(max(float(a.max()), -1.0 if case.ratio else 0.0))
        far.append(float(b.max()))
    join = np.mean if case.averaged else np.max
    return float(join(near)), float(join(far))
