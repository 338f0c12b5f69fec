"""How many decisions or labels would have to differ for a verdict to change: found by moving people between cells.

People of one group move from one cell to another, k at a time, and the interval and the verdict are taken again. In k
the bound that decides falls to a lowest point and rises from there, so the first k is found by halving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.disparity.judged import limit as limit_of
from audit.disparity.judged import pairs
from audit.inference.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.disparity.judged import Judged
    from audit.rows import Verdict

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

DECISIONS: Final = (((0, 0), (0, 1)), ((0, 1), (0, 0)), ((1, 0), (1, 1)), ((1, 1), (1, 0)))
"""Moves of (label, decision) in which the decision differs."""

LABELS: Final = (((0, 0), (1, 0)), ((1, 0), (0, 0)), ((0, 1), (1, 1)), ((1, 1), (0, 1)))
"""Moves of (label, decision) in which the label differs."""

NEVER: Final = np.iinfo(np.int64).max
"""What stands for a number of people that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The fewest people of one group whose difference changes a verdict.

    Parameters
    ----------
    people : int
        How many.
    group : int
        Position of their group.
    label, decision : int
        What they have now, 0 or 1.
    becomes : {"within", "beyond", "cannot_tell"}
        The verdict then.
    """

    people: int
    group: int
    label: int
    decision: int
    becomes: Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moves:
    """Candidates: a group, the cell people leave and the cell they enter, and how many can."""

    group: Whole
    leave: tuple[Whole, Whole]
    enter: tuple[Whole, Whole]
    most: Whole

    def take(self, keep: NDArray[np.bool_]) -> _Moves:
        return _Moves(
            group=self.group[keep],
            leave=(self.leave[0][keep], self.leave[1][keep]),
            enter=(self.enter[0][keep], self.enter[1][keep]),
            most=self.most[keep],
        )


def first_turn(case: Judged, moves: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Turn | None:
    """Find the fewest people of one group who change the verdict by one kind of move.

    Parameters
    ----------
    case : Judged
        The verdict.
    moves : sequence of (from, to)
        Cells (label, decision) between which people may move: :data:`DECISIONS` or :data:`LABELS`.

    Returns
    -------
    Turn or None
        None where no move within one group changes it. Of equal numbers the larger group is named.
    """
    candidates = _moves(case, moves)
    if not len(candidates.group):
        return None
    people = _search(case, candidates)
    if not (people < NEVER).any():
        return None
    sizes = case.cells.sizes[candidates.group]
    best = int(np.lexsort((np.arange(len(people)), -sizes, people))[0])
    one = candidates.take(np.arange(len(people)) == best)
    return Turn(
        people=int(people[best]),
        group=int(candidates.group[best]),
        label=int(candidates.leave[0][best]),
        decision=int(candidates.leave[1][best]),
        becomes=_verdict(case, one, people[best : best + 1])[0],
    )


def plays_a_part(case: Judged, moves: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> bool:
    """Tell whether moving people at all touches what is judged.

    Parameters
    ----------
    case : Judged
        The verdict.
    moves : sequence of (from, to)
        Cells between which people may move.

    Returns
    -------
    bool
        False for labels where only decisions are compared.
    """
    return any((side.counts[b] != side.counts[a]).any() for a, b in moves for side in case.sides)


def _moves(case: Judged, moves: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> _Moves:
    """List every move that touches a rate, of every group that the gap is taken over."""
    entries = []
    for a, b in moves:
        shifts = [side.counts[b] - side.counts[a] for side in case.sides]
        if not any(shift.any() for shift in shifts):
            continue
        most = case.cells.n[(slice(None), *a)]
        for side, shift in zip(case.sides, shifts, strict=True):
            if shift[3] < 0:
                # A group is not emptied, except where that alone undoes "within".
                spare = side.number[:, 3] - case.least + (case.verdict == "within")
                most = np.minimum(most, np.maximum(spare, 0))
        entries += [(g, *a, *b, int(most[g])) for g in np.flatnonzero(case.counted) if most[g] >= 1]
    table = np.array(sorted(entries), dtype=np.int64).reshape(-1, 6)
    return _Moves(
        group=table[:, 0],
        leave=(table[:, 1], table[:, 2]),
        enter=(table[:, 3], table[:, 4]),
        most=table[:, 5],
    )


def _bounds(case: Judged, moves: _Moves, k: Whole) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Nearest and furthest bound after k people have moved, and whether the group can still be estimated."""
    near, far = [], []
    fine = np.ones(len(k), dtype=bool)
    one = case.each[(moves.group, *moves.leave)] * k[:, None]
    rows = np.arange(len(k))
    for side in case.sides:
        number = side.number[moves.group] + one * (side.counts[moves.enter] - side.counts[moves.leave])
        known = number[:, 3] >= case.least - 1e-9
        with np.errstate(divide="ignore", invalid="ignore"):
            p = np.where(known, np.clip(number[:, 0] / number[:, 1], 0, 1), np.nan)
            n = number[:, 1] ** 2 / number[:, 2] / side.effect[moves.group]
        a, b = pairs(p, wilson(p, n, alpha=side.level), side.p, side.ends, ratio=case.ratio)
        a[rows, moves.group] = b[rows, moves.group] = -np.inf
        near.append(np.maximum(a.max(axis=1), side.apart[0][moves.group]))
        far.append(np.maximum(b.max(axis=1), side.apart[1][moves.group]))
        # No ratio of any pair is known where all rates are 0.
        fine &= known & np.isfinite(far[-1])
    join = np.mean if case.averaged else np.max
    floor = -1.0 if case.ratio else 0.0
    return np.asarray(join(np.maximum(near, floor), axis=0)), np.asarray(join(far, axis=0)), fine


def _verdict(case: Judged, moves: _Moves, k: Whole) -> list[Verdict]:
    near, far, fine = _bounds(case, moves, k)
    limit = limit_of(case)
    within = (far <= limit) & fine & case.complete
    return [
        "beyond" if n > limit else "within" if w else "cannot_tell" for n, w in zip(near, within, strict=True)
    ]


def _search(case: Judged, moves: _Moves) -> Whole:
    """For each move the fewest people who change the verdict."""
    limit = limit_of(case)

    def beyond(part: _Moves, k: Whole) -> NDArray[np.bool_]:
        return _bounds(case, part, k)[0] > limit

    def not_within(part: _Moves, k: Whole) -> NDArray[np.bool_]:
        _, far, fine = _bounds(case, part, k)
        return (far > limit) | ~fine

    if case.verdict == "within":
        return _outwards(moves, not_within)
    if case.verdict == "beyond":
        return _inwards(case, moves, 0)
    out = _outwards(moves, beyond)
    return np.minimum(out, _inwards(case, moves, 1)) if case.complete else out


def _outwards(moves: _Moves, reached: Callable[[_Moves, Whole], NDArray[np.bool_]]) -> Whole:
    """First k at which a bound has passed the limit: once passed, it stays so."""
    return _halve(moves, moves.most, reached)


def _inwards(case: Judged, moves: _Moves, which: int) -> Whole:
    """First k at which a bound has come down to the limit, on its way to its lowest point."""
    limit = limit_of(case)
    found = np.full(len(moves.group), NEVER)
    # What the pairs without the group say stays: where that is too far apart already, no k will do.
    apart = [side.apart[which][moves.group] for side in case.sides]
    hopeful = np.ones(len(found), dtype=bool) if case.averaged else np.max(apart, axis=0) <= limit
    if not hopeful.any():
        return found
    part = moves.take(hopeful)

    def bound(k: Whole) -> Array:
        near, far, _ = _bounds(case, part, k)
        return far if which else near

    low, high = np.zeros_like(part.most), part.most.copy()
    while (high - low).max() > 2:
        third = (high - low) // 3
        one, two = low + third, high - third
        left = bound(one) <= bound(two)
        high, low = np.where(left, two, high), np.where(left, low, one)
    tried = np.stack([bound(np.minimum(low + step, high)) for step in range(3)])
    lowest = np.minimum(low + np.argmin(tried, axis=0), high)

    def reached(chosen: _Moves, k: Whole) -> NDArray[np.bool_]:
        near, far, fine = _bounds(case, chosen, k)
        return (near <= limit) if which == 0 else (far <= limit) & fine

    found[hopeful] = _halve(part, lowest, reached)
    return found


def _halve(moves: _Moves, most: Whole, reached: Callable[[_Moves, Whole], NDArray[np.bool_]]) -> Whole:
    found = np.full(len(moves.group), NEVER)
    able = (most > 0) & reached(moves, most)
    if not able.any():
        return found
    part = moves.take(able)
    low, high = np.zeros_like(part.most), most[able].copy()
    while (high - low).max() > 1:
        middle = (low + high) // 2
        there = reached(part, middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    found[able] = high
    return found
