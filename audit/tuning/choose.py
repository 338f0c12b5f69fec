"""Which tries are worth looking at, and which one is recommended: decided on the validation rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.wanted import Tuning

_TINY: Final = 1e-12
_FIRST: Final = 4
"""So many tries are never given up early: there is nothing to hold them against."""

MEASURED: Final = 12
"""How many of the picked tries are measured on the test rows at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A try as far as choosing needs it.

    Parameters
    ----------
    number : int
        Its place in the search; 0 for the model before.
    utility, gap : float
        Its values on the validation rows.
    """

    number: int
    utility: float
    gap: float


def dominates(one: Point, other: Point) -> bool:
    """Tell whether a try is at least as good in both respects and better in one.

    Parameters
    ----------
    one, other : Point
        Two tries.

    Returns
    -------
    bool
        Whether the first leaves no reason to take the second.
    """
    as_good = one.utility >= other.utility and one.gap <= other.gap
    return as_good and (one.utility > other.utility or one.gap < other.gap)


def front(points: Sequence[Point]) -> tuple[Point, ...]:
    """Find the tries that no other one leaves behind.

    Parameters
    ----------
    points : sequence of Point
        Tries that keep the limits, and the model before.

    Returns
    -------
    tuple of Point
        The Pareto front, smallest gap first; of equal ones the earliest.
    """
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.gap, -p.utility, p.number)):
        if not kept or point.utility > kept[-1].utility:
            kept.append(point)
    return tuple(kept)


def broken(utility: float, gap: float, reference: float, tuning: Tuning) -> dict[str, float]:
    """Say by how much a try breaks the limits.

    Parameters
    ----------
    utility, gap : float
        Its values on the validation rows.
    reference : float
        The utility of the model before.
    tuning : Tuning
        The limits.

    Returns
    -------
    dict of str to float
        By limit; 0 or less where it is kept.
    """
    found = {"impossible": 0.0}
    if tuning.most_loss is not None:
        found["loss"] = reference - utility - tuning.most_loss - _TINY
    if tuning.most_gap is not None:
        found["gap"] = gap - tuning.most_gap - _TINY
    return found


def best(points: Sequence[Point], tuning: Tuning) -> Point | None:
    """Recommend one of several tries.

    Parameters
    ----------
    points : sequence of Point
        Tries that keep the limits, and the model before where it does.
    tuning : Tuning
        What was asked.

    Returns
    -------
    Point or None
        With a limit on the gap the one of most utility; else with a limit on the loss the one of the smallest gap; else
        the one where utility less gap is largest. None where there is none.

    Notes
    -----
    Without limits a point of gap counts as much as a point of utility.
    """
    if not points:
        return None
    if tuning.most_gap is not None:
        return min(points, key=lambda p: (-p.utility, p.gap, p.number))
    if tuning.most_loss is not None:
        return min(points, key=lambda p: (p.gap, -p.utility, p.number))
    return min(points, key=lambda p: (p.gap - p.utility, p.gap, p.number))


def spread_out(picked: Sequence[Point], chosen: Point | None, most: int = MEASURED) -> tuple[Point, ...]:
    """Take some of a long front: both ends, the recommended one, and others evenly between.

    Parameters
    ----------
    picked : sequence of Point
        The front.
    chosen : Point or None
        The recommended one.
    most : int, default 12
        How many at most.

    Returns
    -------
    tuple of Point
        In the order of the front.
    """
    if len(picked) <= most:
        return tuple(picked)
    wanted = {picked[round(i * (len(picked) - 1) / (most - 2))].number for i in range(most - 1)}
    wanted |= {chosen.number} if chosen else set()
    return tuple(point for point in picked if point.number in wanted)


def promising(point: Point, peers: Sequence[Point]) -> bool:
    """Decide after a part of the rows whether a try is worth the whole of them.

    Parameters
    ----------
    point : Point
        Its values after a part of the training rows.
    peers : sequence of Point
        Those of earlier tries after the same part.

    Returns
    -------
    bool
        True for the first four, for what nothing leaves behind, and for what is left behind by no more tries than half
        of them are.
    """
    if len(peers) < _FIRST:
        return True
    every = [*peers, point]
    counts = [sum(dominates(one, other) for one in every) for other in every]
    return counts[-1] <= median(counts)
