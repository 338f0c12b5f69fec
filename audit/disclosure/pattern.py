"""Which groups are withheld, so that nobody can work out a small count from what is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.cells import Attribute, Cells
from audit.disclosure.bounds import Reader
from audit.lookup import groupings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


EVERYBODY: Final[tuple[str, ...]] = ()
"""The grouping that has one group, of everybody."""

_TRIES: Final = 12
"""How often it is tried which margins may stay."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Published:
    """Every table of label by decision that an audit publishes, and how they add up.

    Parameters
    ----------
    names : tuple of (sensitive, group)
        The groups of every grouping; everybody last.
    counts : ndarray of shape (n_tables, 4)
        People by label and decision.
    sums : tuple of (total, parts)
        Positions of a table and of the tables that add up to it.
    """

    names: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    counts: NDArray[np.float64]
    sums: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """What is withheld.

    Parameters
    ----------
    published : Published
        The tables.
    withheld : ndarray of bool of shape (n_tables,)
        Tables whose counts are withheld.
    margins : ndarray of bool of shape (n_tables,)
        Withheld tables of which the number of people, of positive labels and of positive decisions stay.
    primary : ndarray of bool of shape (n_tables,)
        Tables that hold a small count themselves; the others are withheld because they would give one away.
    """

    published: Published
    withheld: NDArray[np.bool_]
    margins: NDArray[np.bool_]
    primary: NDArray[np.bool_]

    def groups(self, sensitive: Sequence[str], which: str = "withheld") -> frozenset[tuple[str, ...]]:
        """Name the groups of a grouping to which something applies.

        Parameters
        ----------
        sensitive : sequence of str
            The grouping; empty for everybody.
        which : {"withheld", "margins", "primary"}, default "withheld"
            What applies.

        Returns
        -------
        frozenset of tuple of str
            The groups.
        """
        flags = getattr(self, which)
        wanted = tuple(sensitive)
        return frozenset(
            group for (columns, group), flag in zip(self.published.names, flags, strict=True)
            if flag and columns == wanted
        )  # fmt: skip


def tables_of(cells: Cells) -> Published:
    """List the tables that an audit publishes: of each sensitive column, of all columns together, of everybody.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.

    Returns
    -------
    Published
        The tables and their sums.
    """
    names: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    counts = []
    finest = cells.sensitive
    for sensitive in reversed(groupings(finest)):
        part = cells.marginal(sensitive)
        names += [(sensitive, group) for group in part.groups]
        counts.append(part.n.reshape(-1, 4))
    names.append((EVERYBODY, ()))
    counts.append(cells.n.sum(axis=0).reshape(1, 4))
    at = {name: i for i, name in enumerate(names)}
    sums = []
    for place, column in enumerate(finest):
        singles = [group for columns, group in names if columns == (column,)]
        sums.append((at[EVERYBODY, ()], tuple(at[(column,), group] for group in singles)))
        if len(finest) > 1:
            sums += [
                (
                    at[(column,), (level,)],
                    tuple(at[finest, group] for group in cells.groups if group[place] == level),
                )
                for (level,) in singles
            ]
    return Published(names=tuple(names), counts=np.concatenate(counts), sums=tuple(sums))


def pattern(cells: Cells, *, small: int) -> Pattern:
    """Decide what is withheld.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    small : int
        Counts from 1 to one less than this are small.

    Returns
    -------
    Pattern
        What is withheld.

    Notes
    -----
    A table with a small count is withheld (primary suppression). No sum is left with exactly one withheld table, since
    subtraction would give it (complementary suppression); the smallest other one is withheld too. Then it is tried to
    work the counts out, by linear programming over everything that stays published: while some count of a withheld
    table is known more closely than to ``small`` people, more is withheld. At last the margins of withheld tables stay
    where both margins and their complements hold enough people and nothing can be worked out from them either. A count
    of 0 needs no protection. See Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, chapter 6.
    """
    table = cells.n.reshape(len(cells.groups), 4)
    return _pattern(cells.attributes, cells.groups, table.tobytes(), small)


@lru_cache(maxsize=8)  # every file of an audit needs it, and it takes a moment
def _pattern(
    attributes: tuple[Attribute, ...], groups: tuple[tuple[str, ...], ...], table: bytes, small: int
) -> Pattern:
    n = np.frombuffer(table).reshape(-1, 2, 2).copy()
    published = tables_of(Cells(attributes=attributes, groups=groups, n=n, w=n.copy(), w2=n.copy()))
    counts = published.counts
    primary: NDArray[np.bool_] = np.asarray(((counts > 0) & (counts < small)).any(axis=1))
    withheld = primary.copy()
    margins = np.zeros_like(withheld)
    _close(withheld, published)
    while withheld.any():
        exposed = Reader(counts, published.sums, withheld, margins).exposed(small)
        if not exposed.any() or not _widen(exposed, withheld, published):
            break
        _close(withheld, published)
    _keep_margins(margins, withheld, published, small)
    return Pattern(published=published, withheld=withheld, margins=margins, primary=primary)


def _keep_margins(
    margins: NDArray[np.bool_], withheld: NDArray[np.bool_], published: Published, small: int
) -> None:
    """Let the margins of withheld tables stay where they give nothing away, the largest tables first."""
    counts = published.counts
    size = counts.sum(axis=1)
    left = sorted(np.flatnonzero(withheld & _wide_margins(counts, small)), key=lambda i: (-size[i], i))
    tries = _TRIES
    while left and tries:
        # The more is known, the narrower are the bounds: so the longest row of margins that is safe can be halved for.
        good, bad = 0, len(left) + 1
        while bad - good > 1 and tries:
            middle = (good + bad) // 2 if bad <= len(left) else len(left)
            trial = margins.copy()
            trial[left[:middle]] = True
            tries -= 1
            if Reader(counts, published.sums, withheld, trial).exposed(small, first=True).any():
                bad = middle
            else:
                good = middle
        margins[left[:good]] = True
        left = left[good + 1 :]


def _wide_margins(counts: NDArray[np.float64], small: int) -> NDArray[np.bool_]:
    """Say of which tables both margins, and their complements, hold enough people."""
    negatives, positives = counts[:, :2].sum(axis=1), counts[:, 2:].sum(axis=1)
    selected, others = counts[:, 1::2].sum(axis=1), counts[:, ::2].sum(axis=1)
    everything = np.stack([negatives, positives, selected, others])
    return np.asarray((everything >= small).all(axis=0))


def _close(withheld: NDArray[np.bool_], published: Published) -> None:
    """Withhold more until no sum has exactly one withheld table."""
    size = published.counts.sum(axis=1)
    changed = True
    while changed:
        changed = False
        for total, parts in published.sums:
            # A total is withheld only where there is nothing else, since much more hangs on it.
            terms = (*sorted(parts, key=lambda i: (size[i], i)), total)
            if sum(withheld[i] for i in terms) == 1:
                withheld[next(i for i in terms if not withheld[i])] = True
                changed = True


def _widen(exposed: NDArray[np.bool_], withheld: NDArray[np.bool_], published: Published) -> bool:
    """Withhold one more table, near what is exposed if there is one; False where nothing is left to withhold."""
    size = published.counts.sum(axis=1)
    touching = [(total, *parts) for total, parts in published.sums if exposed[[total, *parts]].any()]
    near = np.zeros(len(withheld), dtype=bool)
    near[[i for terms in touching for i in terms]] = True
    totals = {total for total, _ in published.sums}
    for place in (near, np.ones_like(near)):
        left = sorted((i in totals, size[i], i) for i in np.flatnonzero(place & ~withheld))
        if left:
            withheld[left[0][2]] = True
            return True
    return False
