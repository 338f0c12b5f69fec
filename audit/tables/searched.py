"""What a search over subgroups counted: the subgroups that were tested, in the discovery and in the confirmation half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.tables.scores import attribute_from_dict, attribute_to_dict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Attribute


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """Subgroups counted in two halves of the people, before anything is concluded from them.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns that were searched, with their levels.
    joined : tuple of str
        For each column the level that stands for its rarer values; empty where there is none.
    metric : str
        The rate that was compared.
    tested : tuple of int
        How many subgroups of one, two and three columns were tested.
    sizes : tuple of int
        People in the denominator of the discovery half, in the subgroup or outside it, whichever are fewer: the
        smallest, the median and the largest number of all that were tested.
    weighted : bool
        Whether rows carry weights.
    design : float
        How many times larger the variance is than with independent rows, where rows belong to clusters; otherwise 1.
    codes : ndarray of int of shape (n_subgroups, n_columns), read-only
        Position of the level that defines the subgroup in each column; −1 where the column does not. Where more were
        tested than are kept, those with the smallest p-values are, with the subgroups that they are parts of.
    rank : ndarray of int of shape (n_subgroups,), read-only
        Rank of the discovery half's p-value among all that were tested, 1 for the smallest.
    first, second : ndarray of shape (n_subgroups, 4), read-only
        The discovery and the confirmation half: rows in the rate's denominator, their weight, the weight of those in
        the numerator, and the sum of squared weights in the denominator.
    total : ndarray of shape (2, 4), read-only
        The same of everybody, in each half.
    """

    attributes: tuple[Attribute, ...]
    joined: tuple[str, ...]
    metric: str
    tested: tuple[int, ...]
    sizes: tuple[int, ...]
    weighted: bool
    design: float
    codes: NDArray[np.int64]
    rank: NDArray[np.int64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    total: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.codes, self.rank, self.first, self.second, self.total):
            array.setflags(write=False)

    @property
    def m(self) -> int:
        """How many subgroups were tested."""
        return sum(self.tested)

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON: one row for each subgroup that is kept.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        rows = [
            [*(int(c) for c in codes), int(rank), *self._plain(first), *self._plain(second)]
            for codes, rank, first, second in zip(self.codes, self.rank, self.first, self.second, strict=True)
        ]
        return {
            "attributes": [attribute_to_dict(one) for one in self.attributes],
            "joined": list(self.joined),
            "metric": self.metric,
            "tested": list(self.tested),
            "sizes": list(self.sizes),
            "weighted": self.weighted,
            "design": self.design,
            "total": [self._plain(half) for half in self.total],
            "rows": rows,
        }

    def _plain(self, half: NDArray[np.float64]) -> list[float]:
        """Without weights rows say it all: the denominator and the numerator."""
        n, w, hit, w2 = (float(value) for value in half)
        return [int(n), w, hit, w2] if self.weighted else [int(n), int(hit)]

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Searched:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Searched
            The table.
        """
        weighted, width = bool(raw["weighted"]), len(raw["attributes"])
        each = 4 if weighted else 2
        rows = np.asarray(raw["rows"], dtype=float).reshape(-1, width + 1 + 2 * each)

        def half(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return values.copy() if weighted else values[:, [0, 0, 1, 0]]

        return cls(
            attributes=tuple(attribute_from_dict(one) for one in raw["attributes"]),
            joined=tuple(raw["joined"]),
            metric=raw["metric"],
            tested=tuple(raw["tested"]),
            sizes=tuple(raw["sizes"]),
            weighted=weighted,
            design=float(raw["design"]),
            codes=rows[:, :width].astype(np.int64),
            rank=rows[:, width].astype(np.int64),
            first=half(rows[:, width + 1 : width + 1 + each]),
            second=half(rows[:, width + 1 + each :]),
            total=half(np.asarray(raw["total"], dtype=float)),
        )
