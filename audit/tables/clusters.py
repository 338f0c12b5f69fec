"""People counted by cluster: which rows belong together, so that intervals do not take them for independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterCells:
    """How the cells of an audit are made up of clusters.

    Clusters with the same counts are kept once: a cluster bootstrap draws them by how many there are of each kind.

    Parameters
    ----------
    column : str
        The column that names the clusters.
    sensitive : tuple of str
        The audit's sensitive columns.
    groups : tuple of tuple of str
        The groups of the audit's cells, in their order.
    number : ndarray of shape (n_kinds,), read-only
        How many clusters are of each kind.
    kind, cell : ndarray of int of shape (n_entries,), read-only
        Which kind an entry belongs to, and which cell: group × 4 + label × 2 + decision.
    n, w, w2 : ndarray of shape (n_entries,), read-only
        Rows, sum of weights and sum of squared weights of that kind in that cell.
    """

    column: str
    sensitive: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    number: NDArray[np.float64]
    kind: NDArray[np.int64]
    cell: NDArray[np.int64]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.number, self.kind, self.cell, self.n, self.w, self.w2):
            array.setflags(write=False)

    @property
    def total(self) -> int:
        """Number of clusters."""
        return int(self.number.sum())

    def matrix(self, cells: Cells, which: str = "w") -> NDArray[np.float64]:
        """Give the counts of every kind of cluster over the cells of a coarser grouping.

        Parameters
        ----------
        cells : Cells
            A marginal of the audit's cells.
        which : {"n", "w"}, default "w"
            Rows, or weights.

        Returns
        -------
        ndarray of shape (n_kinds, n_groups, 2, 2)
            What one cluster of each kind holds.
        """
        picks = [self.sensitive.index(name) for name in cells.sensitive]
        index = {group: i for i, group in enumerate(cells.groups)}
        coarse = np.array([index[tuple(group[p] for p in picks)] for group in self.groups], dtype=np.int64)
        out = np.zeros((len(self.number), len(cells.groups) * 4))
        np.add.at(out, (self.kind, coarse[self.cell // 4] * 4 + self.cell % 4), getattr(self, which))
        return out.reshape(len(self.number), len(cells.groups), 2, 2)

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        return {
            "column": self.column,
            "sensitive": list(self.sensitive),
            "groups": [list(group) for group in self.groups],
            "number": [int(value) for value in self.number],
            "entries": [
                [int(k), int(c), int(n), float(w), float(w2)]
                for k, c, n, w, w2 in zip(self.kind, self.cell, self.n, self.w, self.w2, strict=True)
            ],
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> ClusterCells:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        ClusterCells
            The table.
        """
        entries = np.asarray(raw["entries"], dtype=float).reshape(-1, 5)
        return cls(
            column=raw["column"],
            sensitive=tuple(raw["sensitive"]),
            groups=tuple(tuple(group) for group in raw["groups"]),
            number=np.asarray(raw["number"], dtype=float),
            kind=entries[:, 0].astype(np.int64),
            cell=entries[:, 1].astype(np.int64),
            n=entries[:, 2].copy(),
            w=entries[:, 3].copy(),
            w2=entries[:, 4].copy(),
        )
