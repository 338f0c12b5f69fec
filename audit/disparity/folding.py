"""Overlapping subgroups folded: one difference between people is told once.

Women under 25 who are worse off make women look worse off, and people under 25, and women under 25 of every town. The
confirmation half says which of these subgroups explains the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.inference.intervals import newcombe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.tables.searched import Searched

    Array = NDArray[np.float64]


def fold(table: Searched, listed: NDArray[np.int64], sides: Array, *, alpha: float) -> dict[int, int]:
    """Say which discovered subgroups are explained by which other one.

    Parameters
    ----------
    table : Searched
        What was counted.
    listed : ndarray of int
        Places of the discovered subgroups, the clearest first.
    sides : ndarray of shape (n_subgroups,)
        1 where the discovery half's difference is above zero, −1 below.
    alpha : float
        Share of intervals that may miss; it is shared among the discovered subgroups.

    Returns
    -------
    dict of int to int
        Place of a folded subgroup to that of the one that explains it; the latter is never folded itself.

    Notes
    -----
    Subgroups are taken one after the other, each as a *head* unless an earlier one explains it. A head gives way to a
    subgroup of fewer columns that it does not differ from. Then, in the confirmation half: a part of the head is folded
    into it unless it differs from the rest of the head the way it differs from everybody; any other subgroup is folded
    into it where its difference from everybody else shrinks, and cannot be told from none, once the head's people are
    left aside. An overlap that was not counted explains nothing.
    """
    return _Folding(table, listed, sides, alpha / max(len(listed), 1)).run()


class _Folding:
    """The confirmation half, and what has been explained so far."""

    def __init__(self, table: Searched, listed: NDArray[np.int64], sides: Array, alpha: float) -> None:
        self._codes = table.codes
        self._counts = table.second
        self._total = table.total[1]
        self._design = table.design
        self._listed = listed.tolist()
        self._sides = sides
        self._alpha = alpha
        self._place = {tuple(row): i for i, row in enumerate(table.codes.tolist())}
        self._into: dict[int, int] = {}

    def run(self) -> dict[int, int]:
        """Take the subgroups one after the other."""
        heads: set[int] = set()
        for i in self._listed:
            if i in self._into or i in heads:
                continue
            head = self._simplest(i)
            head = self._into.get(head, head)
            if head != i:
                self._into[i] = head
            heads.add(head)
            others = [j for j in self._listed if j not in self._into and j not in heads]
            for j, explained in zip(others, self._explained(head, others), strict=True):
                if explained:
                    self._into[j] = head
        return self._into

    def _simplest(self, i: int) -> int:
        """Walk to subgroups of fewer columns as long as there is one that this one does not differ from."""
        while True:
            above = self._above(i)
            if not len(above):
                return i
            rest = self._counts[above] - self._counts[i]
            differs = self._differ(np.broadcast_to(self._counts[i], rest.shape), rest, self._sides[i])
            if differs.all():
                return i
            i = int(above[np.argmin(differs)])

    def _explained(self, head: int, others: list[int]) -> list[bool]:
        if not others:
            return []
        codes = self._codes[others]
        own = self._codes[head]
        apart = ((codes >= 0) & (own >= 0) & (codes != own)).any(axis=1)
        union = np.maximum(codes, own)
        shared = np.zeros((len(others), 4))
        known = apart.copy()
        keys = union.tolist()
        for k in np.flatnonzero(~apart).tolist():
            at = self._place.get(tuple(keys[k]))
            if at is not None:
                shared[k], known[k] = self._counts[at], True
        inside = ~apart & (union == codes).all(axis=1)
        counts = self._counts[others]
        ours = self._counts[head]
        # A part of the head against the rest of the head; anything else against everybody else, both without the head.
        group = np.where(inside[:, None], counts, counts - shared)
        rest = np.where(inside[:, None], ours - counts, self._total - counts - (ours - shared))
        sides = self._sides[others]
        differs = self._differ(group, rest, sides)
        # What the head does not explain does not shrink without it: people apart from it on the same side, say.
        shrinks = sides * self._difference(group, rest) < sides * self._difference(
            counts, self._total - counts
        )
        gone = np.isnan(self._difference(group, rest))
        explained = (known | inside) & ~differs & (inside | shrinks | gone)
        return [bool(one) for one in explained]

    def _above(self, i: int) -> NDArray[np.int64]:
        """Give the discovered subgroups that are defined by some of the values of another, the clearest first."""
        codes = self._codes[self._listed]
        holds = ((codes < 0) | (codes == self._codes[i])).all(axis=1)
        return np.asarray(
            [j for j, one in zip(self._listed, holds, strict=True) if one and j != i], dtype=np.int64
        )

    def _differ(self, group: Array, rest: Array, side: Array) -> NDArray[np.bool_]:
        """Tell where the interval of group minus rest lies on the side given; nobody left differs from nobody."""
        (one, n), (other, m) = self._rates(group), self._rates(rest)
        low, high = newcombe(one, n, other, m, alpha=self._alpha)
        return np.asarray(np.where(side > 0, low > 0, high < 0))

    def _difference(self, group: Array, rest: Array) -> Array:
        return np.asarray(self._rates(group)[0] - self._rates(rest)[0])

    def _rates(self, counts: Array) -> tuple[Array, Array]:
        _, w, hit, w2 = np.moveaxis(counts, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(w > 0, np.clip(hit / w, 0, 1), np.nan)
            return rate, np.where((w > 0) & (w2 > 0), w * w / w2, 0.0) / self._design
