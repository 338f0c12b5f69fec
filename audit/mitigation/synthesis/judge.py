"""Choose among more made rows than are needed those that look most like real ones.

A network makes rows cheaply and not quite in the right proportions. A classifier that tells made rows from real ones
knows how much too common each kind of row is; drawing rows by the odds it gives puts that right, as far as it can see.
Afterwards the shares of single columns are put right again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse

from audit.mitigation.synthesis.forest import Forest, fit_forest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.codec import Codec

POOL: Final = 12
"""Rows that are made for each one that is kept."""

LEARNED: Final = 2
"""Made rows that the judge learns from, for each real one."""

_TREES: Final = 60
_SMALLEST_LEAF: Final = 100
_MOST_ODDS: Final = 20.0
_BINS: Final = 20
_ROUNDS: Final = 3
_LARGEST_STEP: Final = 5.0
_FEW: Final = 200
_LEAST: Final = 1e-9
_MOST_BINS: Final = 3_000
_EXPECTED: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """Knows the odds that a row is real, and the shares of single columns among real rows.

    Parameters
    ----------
    forest : Forest
        Logit that a row is real and not made.
    cuts : tuple of ndarray
        For each column coded by rank, the values at which its bins begin; empty for columns of levels.
    starts : ndarray of int64 of shape (columns + 1,)
        Where the bins of each column begin among those of all.
    shares : ndarray of float64 of shape (cells, bins of all columns)
        Share of each bin among the real rows of each cell.
    never : ndarray of bool of shape (bins of all columns, bins of all columns)
        Bins that never go together among real rows, though 20 rows or more would have both by chance; empty where
        there are too many bins to compare.
    """

    forest: Forest
    cuts: tuple[NDArray[np.int64], ...]
    starts: NDArray[np.int64]
    shares: NDArray[np.float64]
    never: NDArray[np.bool_]

    def weights(
        self, features: NDArray[np.int64], cell: NDArray[np.int64], *, rake: bool = True
    ) -> NDArray[np.float64]:
        """Weigh made rows so that they look like the real rows of their cells.

        Parameters
        ----------
        features : ndarray of int64 of shape (m, columns)
            As :func:`features_of` gives them.
        cell : ndarray of int64 of shape (m,)
            Their cells.
        rake : bool, default True
            Whether the shares of single columns are put right as well.

        Returns
        -------
        ndarray of float64 of shape (m,)
            Weights above 0; only the proportions within a cell matter. Rows with values that never go together
            among real ones weigh next to nothing.
        """
        odds = np.exp(self.forest.logit(np.column_stack([features, cell]).astype(np.float64)))
        weight = np.clip(odds, 1 / _MOST_ODDS, _MOST_ODDS)
        binned = _binned(features, self.cuts, self.starts)
        weight[_impossible(binned, self.never)] = _LEAST
        for code in np.unique(cell) if rake else ():
            rows = np.flatnonzero(cell == code)
            weight[rows] = _raked(weight[rows], binned[rows], self.shares[code], self.starts)
        found: NDArray[np.float64] = np.maximum(weight, _LEAST)
        return found

    def choose(
        self,
        features: NDArray[np.int64],
        cell: NDArray[np.int64],
        wanted: NDArray[np.int64],
        *,
        rake: bool = True,
        generator: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Draw rows by their weights, none twice.

        Parameters
        ----------
        features : ndarray of int64 of shape (m, columns)
            As :func:`features_of` gives them.
        cell : ndarray of int64 of shape (m,)
            Their cells.
        wanted : ndarray of int64 of shape (cells,)
            How many rows of each cell to draw.
        rake : bool, default True
            Whether the shares of single columns are put right as well.
        generator : numpy.random.Generator
            Draws.

        Returns
        -------
        ndarray of int64
            Positions of the rows drawn, cell by cell, in random order within a cell.
        """
        # The largest of log weights with Gumbel noise are a weighted draw without replacement.
        key = np.log(self.weights(features, cell, rake=rake)) + generator.gumbel(size=len(cell))
        drawn = []
        for code, count in enumerate(wanted.tolist()):
            rows = np.flatnonzero(cell == code)
            best = rows[np.argsort(-key[rows], kind="stable")[:count]]
            drawn.append(generator.permutation(best))
        return np.concatenate(drawn) if drawn else np.empty(0, dtype=np.int64)

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the judge as arrays.

        Returns
        -------
        dict of str to ndarray
            By name.
        """
        cuts = {f"cuts.{place}": cut for place, cut in enumerate(self.cuts)}
        return {
            **self.forest.state(),
            **cuts,
            "starts": self.starts,
            "shares": self.shares,
            "never": self.never,
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Judge:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            By name.

        Returns
        -------
        Judge
            The judge.
        """
        count = sum(name.startswith("cuts.") for name in arrays)
        return cls(
            forest=Forest.restore(arrays),
            cuts=tuple(arrays[f"cuts.{place}"] for place in range(count)),
            starts=arrays["starts"],
            shares=arrays["shares"],
            never=arrays["never"],
        )


def features_of(codec: Codec, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the columns that are imitated as numbers that a tree can cut.

    Parameters
    ----------
    codec : Codec
        How the table is coded.
    codes : ndarray of int64 of shape (n, all columns)
        Numbered values.

    Returns
    -------
    ndarray of int64 of shape (n, columns)
        First the numbers by their order, then the levels of all other columns, the commonest first.
    """
    ranked = [codes[:, part.column] for part in codec.numeric]
    levels = [part.level[codes[:, part.column]] for part in codec.levels if not part.marks]
    return np.column_stack([*ranked, *levels])


def fit_judge(
    codec: Codec,
    real: NDArray[np.int64],
    real_cell: NDArray[np.int64],
    made: NDArray[np.int64],
    made_cell: NDArray[np.int64],
    *,
    cells: int,
    seed: int,
) -> Judge | None:
    """Learn to tell made rows from real ones.

    Parameters
    ----------
    codec : Codec
        How the table is coded.
    real, made : ndarray of int64 of shape (n, all columns) and (m, all columns)
        Numbered values; made rows have the mixture of cells of the real ones.
    real_cell, made_cell : ndarray of int64
        Their cells.
    cells : int
        Number of cells.
    seed : int
        Where random draws start.

    Returns
    -------
    Judge or None
        None where there are too few real rows to learn from.
    """
    if len(real) < _FEW:
        return None
    first, second = features_of(codec, real), features_of(codec, made)
    forest = fit_forest(
        np.column_stack([np.concatenate([first, second]), np.concatenate([real_cell, made_cell])]).astype(
            np.float64
        ),
        np.repeat([1, 0], [len(first), len(second)]),
        np.repeat([1.0, len(first) / len(second)], [len(first), len(second)]),
        trees=_TREES,
        smallest_leaf=min(_SMALLEST_LEAF, max(len(real) // 50, 5)),
        seed=seed,
    )
    numeric = len(codec.numeric)
    cuts = tuple(
        np.unique(np.quantile(first[:, place], np.linspace(0, 1, _BINS + 1)[1:-1])).astype(np.int64)
        if place < numeric
        else np.empty(0, dtype=np.int64)
        for place in range(first.shape[1])
    )
    sizes = [
        len(cut) + 1 if place < numeric else int(first[:, place].max()) + 1 for place, cut in enumerate(cuts)
    ]
    starts = np.cumsum([0, *sizes])
    binned = _binned(first, cuts, starts)
    shares = np.zeros((cells, sum(sizes)))
    for code in np.unique(real_cell):
        rows = real_cell == code
        shares[code] = np.bincount(binned[rows].ravel(), minlength=sum(sizes)) / rows.sum()
    return Judge(
        forest=forest, cuts=cuts, starts=starts, shares=shares, never=_never(binned, int(starts[-1]))
    )


def _binned(
    features: NDArray[np.int64], cuts: tuple[NDArray[np.int64], ...], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Put every column into its bins, numbered through."""
    binned = np.empty_like(features)
    for place in range(features.shape[1]):
        column = features[:, place]
        found = np.searchsorted(cuts[place], column, side="right") if len(cuts[place]) else column
        binned[:, place] = np.minimum(found, starts[place + 1] - starts[place] - 1) + starts[place]
    return binned


def _never(binned: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    """Find bins of two columns that never go together though both are common."""
    if width > _MOST_BINS:
        return np.zeros((0, 0), dtype=bool)
    marks = sparse.csr_array(
        (
            np.ones(binned.size, dtype=np.float32),
            binned.ravel(),
            np.arange(0, binned.size + 1, binned.shape[1]),
        ),
        shape=(len(binned), width),
    )
    together = (marks.T @ marks).toarray()
    alone = np.diag(together)
    found: NDArray[np.bool_] = (together == 0) & (alone[:, None] * alone[None, :] / len(binned) >= _EXPECTED)
    return found


def _impossible(binned: NDArray[np.int64], never: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark rows with two values that never go together."""
    bad = np.zeros(len(binned), dtype=bool)
    if never.size:
        for first, second in combinations(range(binned.shape[1]), 2):
            bad |= never[binned[:, first], binned[:, second]]
    return bad


def _raked(
    weight: NDArray[np.float64],
    binned: NDArray[np.int64],
    shares: NDArray[np.float64],
    starts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Change weights until the share of every bin of every column is that of the real rows."""
    small = 0.5 / max(len(weight), 1)
    for _ in range(_ROUNDS):
        for place in range(binned.shape[1]):
            low, high = starts[place], starts[place + 1]
            bins = binned[:, place] - low
            now = np.bincount(bins, weights=weight, minlength=high - low) / weight.sum()
            step = (shares[low:high] + small) / (now + small)
            weight = weight * np.clip(step, 1 / _LARGEST_STEP, _LARGEST_STEP)[bins]
    return weight
