"""How closely a reader of the published numbers could work out the ones that are withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SLACK: Final = 1e-6

_MARGINS: Final = np.array([[1, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1]], dtype=float)
"""People, positive labels and positive decisions as sums over the cells of a table."""


class Reader:
    """Somebody who knows every published number, and that counts are not negative.

    Parameters
    ----------
    counts : ndarray of shape (n_tables, 4)
        People by label and decision.
    sums : sequence of (total, parts)
        Positions of a table and of those that add up to it.
    withheld, margins : ndarray of bool of shape (n_tables,)
        Tables whose counts are withheld, and those of which the margins stay. How many people there are in all is
        always known; the last table is that of everybody.
    """

    def __init__(
        self,
        counts: NDArray[np.float64],
        sums: Sequence[tuple[int, tuple[int, ...]]],
        withheld: NDArray[np.bool_],
        margins: NDArray[np.bool_],
    ) -> None:
        self.hidden = np.flatnonzero(withheld)
        self.shape = counts.shape
        self.truth = counts[self.hidden].ravel()
        self.most = float(counts[-1].sum())
        where = {int(table): 4 * i for i, table in enumerate(self.hidden)}
        rows: list[NDArray[np.float64]] = []
        for total, parts in sums:
            signed = [(1.0, part) for part in parts] + [(-1.0, total)]
            hidden = [(sign, where[i]) for sign, i in signed if withheld[i]]
            if hidden:
                rows += [self._row([(sign, at + cell) for sign, at in hidden]) for cell in range(4)]
        for table in self.hidden:
            # Of everybody the number of people stays, whatever else is withheld.
            last = table == len(counts) - 1
            known = _MARGINS if margins[table] else _MARGINS[:1] if last else ()
            rows += [
                self._row([(weight, where[int(table)] + cell) for cell, weight in enumerate(line) if weight])
                for line in known
            ]
        self.tied = bool(margins.any() or withheld[-1])
        self.equations = np.array(rows).reshape(-1, len(self.truth))
        self.values = self.equations @ self.truth

    def _row(self, terms: Sequence[tuple[float, int]]) -> NDArray[np.float64]:
        row = np.zeros(len(self.truth))
        for weight, at in terms:
            row[at] += weight
        return row

    def exposed(self, small: int, *, first: bool = False) -> NDArray[np.bool_]:
        """Find the tables of which some count is known more closely than to a number of people.

        Parameters
        ----------
        small : int
            The least width of what a reader may know about a count that is not 0.
        first : bool, default False
            Whether one such table is enough.

        Returns
        -------
        ndarray of bool of shape (n_tables,)
            Withheld tables that are not safe.
        """
        low, high = self.truth.copy(), self.truth.copy()
        out = np.zeros(self.shape[0], dtype=bool)
        for i, table in enumerate(self.hidden):
            cells = [4 * i + cell for cell in range(4) if self.truth[4 * i + cell] > 0]
            # The four counts hang together by margins only: mostly one question answers for all of them.
            for asked in (cells, *([cell] for cell in cells if self.tied)):
                for sign in (1.0, -1.0):
                    if (high[asked] - low[asked] < small - _SLACK).any():
                        found = self._solve(asked, sign)
                        # What a solution shows of other counts need not be asked again.
                        low, high = np.minimum(low, found), np.maximum(high, found)
            out[table] = (high[cells] - low[cells] < small - _SLACK).any()
            if first and out[table]:
                break
        return out

    def _solve(self, asked: list[int], sign: float) -> NDArray[np.float64]:
        """Find counts that fit everything published and make some of them as small, or as large, as can be."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_array

        # All the other counts are pulled the same way a little, so that one solution tells about many.
        aim = np.full(len(self.truth), sign * 1e-4)
        aim[asked] = sign
        options: dict[str, Any] = {"bounds": (0.0, self.most), "method": "highs"}
        if len(self.equations):
            options |= {"A_eq": csr_array(self.equations), "b_eq": self.values}
        found = linprog(aim, **options)
        return np.asarray(found.x) if found.x is not None else self.truth
