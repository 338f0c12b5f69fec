"""The four-fifths rule of thumb: impact ratios, shortfalls in people, and whether one person would turn them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

FOUR_FIFTHS: Final = 0.8
"""A selection rate below this share of the highest one is taken for a sign of adverse impact; exactly 0.8 is not."""

_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """One group's selections held against those of the most selected group.

    Parameters
    ----------
    ratio : float
        Its selection rate over the highest; NaN where nobody is selected anywhere.
    below : bool
        Whether the ratio is below four fifths.
    to_equal, to_four_fifths : int
        How many more of the group would have to be selected for the same rate, and for four fifths of it.
    turns_order, turns_finding : bool
        Whether one more selection in this group and one fewer in the other would turn which group is selected more,
        or would move the ratio to the other side of four fifths.
    """

    ratio: float
    below: bool
    to_equal: int
    to_four_fifths: int
    turns_order: bool
    turns_finding: bool


def impact(p: float, n: float, best: float, n_best: float) -> Impact:
    """Hold a group's selection rate against the highest.

    Parameters
    ----------
    p, n : float
        The group's selection rate and its people.
    best, n_best : float
        The highest selection rate and the people of that group.

    Returns
    -------
    Impact
        Ratio, shortfall and whether it hangs on one person.
    """
    if best <= 0:
        return Impact(
            ratio=math.nan,
            below=False,
            to_equal=0,
            to_four_fifths=0,
            turns_order=False,
            turns_finding=False,
        )
    ratio = p / best
    below = is_below(ratio)
    return Impact(
        ratio=ratio,
        below=below,
        to_equal=_missing(best, p, n),
        to_four_fifths=_missing(FOUR_FIFTHS * best, p, n),
        turns_order=p < best and p + 1 / n > best - 1 / n_best + _TINY,
        turns_finding=_turns(p, n, best, n_best, below=below),
    )


def is_below(ratio: float) -> bool:
    """Tell whether an impact ratio is below four fifths.

    Parameters
    ----------
    ratio : float
        A selection rate over the highest one.

    Returns
    -------
    bool
        False for exactly 0.8, also where rounding has moved it by less than a billionth.
    """
    return ratio < FOUR_FIFTHS - _TINY


def _missing(wanted: float, p: float, n: float) -> int:
    return max(0, math.ceil((wanted - p) * n - _TINY))


def _turns(p: float, n: float, best: float, n_best: float, *, below: bool) -> bool:
    """Move one selection from one group to the other, and look again."""
    way = 1 if below else -1
    moved, other = min(1.0, max(0.0, p + way / n)), min(1.0, max(0.0, best - way / n_best))
    low, high = sorted((moved, other))
    return high > 0 and is_below(low / high) != below
