"""Training rows with the rows that were made for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.mitigation.balance import plan_counts
from audit.mitigation.table import Treated, count_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.balance import Target
    from audit.mitigation.synthesis.maker import RowMaker
    from audit.mitigation.table import TrainingTable
    from audit.rows.likeness import LikenessRecord
    from audit.rows.series import Series


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Augmented:
    """Training rows with the rows that were made for them.

    Parameters
    ----------
    treated : Treated
        The real rows, followed by the made ones.
    groups : tuple of tuple of str
        The groups, by their number.
    maker : RowMaker or None
        What made them; None where none were needed.
    series : tuple of Series
        Curves of the training.
    likeness : LikenessRecord or None
        How like real rows they are, by cell, group and column.
    """

    treated: Treated
    groups: tuple[tuple[str, ...], ...]
    maker: RowMaker | None = None
    series: tuple[Series, ...] = ()
    likeness: LikenessRecord | None = None

    def at_strength(self, table: TrainingTable, target: Target, strength: float) -> Treated:
        """Keep fewer of the rows that were made.

        Parameters
        ----------
        table : TrainingTable
            The real rows.
        target : {"base_rate", "cells"}
            What is made equal.
        strength : float
            How far to go, 0 to 1.

        Returns
        -------
        Treated
            As if this strength had been asked for.
        """
        before = table.counts()
        after = plan_counts(before, strategy="oversample", target=target, strength=strength)
        lacking = (after - before).ravel()
        whole, n = self.treated, len(table.label)
        cell = whole.group.astype(np.int64) * 2 + whole.label
        keep = np.ones(len(cell), dtype=bool)
        for code, count in enumerate(lacking.tolist()):
            made = n + np.flatnonzero(cell[n:] == code)
            keep[made[count:]] = False
        return replace(
            whole,
            frame=whole.frame[keep].reset_index(drop=True),
            label=whole.label[keep],
            group=whole.group[keep],
            weight=whole.weight[keep],
            synthetic=whole.synthetic[keep],
            cells=count_changes(table.groups, before, after),
        )


def join(table: TrainingTable, made_cell: NDArray[np.int64], made: pd.DataFrame, cells: Any) -> Treated:
    """Put made rows after the real ones and mark them.

    Parameters
    ----------
    table : TrainingTable
        The real rows.
    made_cell : ndarray of int64 of shape (m,)
        Cells of the made rows.
    made : pandas.DataFrame of shape (m, columns)
        The made rows.
    cells : tuple of CellCount
        What was planned.

    Returns
    -------
    Treated
        A made row has the mean weight of the real rows of its cell.
    """
    size = len(table.label) + len(made_cell)
    # A generator can know fewer levels than the real rows have; a type of its own would turn the column into texts.
    levels = {
        name: kind for name, kind in table.frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)
    }
    return Treated(
        frame=pd.concat([table.frame, made.astype(levels)], ignore_index=True),
        label=np.concatenate([table.label, (made_cell % 2).astype(table.label.dtype)]),
        group=np.concatenate([table.group, (made_cell // 2).astype(table.group.dtype)]),
        weight=np.concatenate([table.weight, _mean_weights(table)[made_cell]]),
        synthetic=np.arange(size) >= len(table.label),
        cells=cells,
    )


def _mean_weights(table: TrainingTable) -> NDArray[np.float64]:
    """Give the mean row weight of each cell: what a made row of it counts."""
    cell = table.group.astype(np.int64) * 2 + table.label
    counts = table.counts().ravel()
    sums = np.bincount(cell, weights=table.weight, minlength=len(counts))
    return np.asarray(sums / np.maximum(counts, 1), dtype=np.float64)
