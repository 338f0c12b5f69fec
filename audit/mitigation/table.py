"""The training rows that a mitigation is given, and those that it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import InputError, quote
from audit.rows.trials import CellCount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingTable:
    """The training rows that a mitigation works on; it holds no validation and no test row.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, features)
        What the model may look at.
    label : ndarray of int8 of shape (n,)
        What really happened, 0 or 1.
    group : ndarray of int of shape (n,)
        The group of each row, as a position in ``groups``.
    groups : tuple of tuple of str
        The groups, each as its values of the sensitive columns.
    weight : ndarray of float64 of shape (n,)
        Row weights, each 0 or more.
    fixed : tuple of str, default ()
        Columns of ``frame`` that go with the group, such as a sensitive column that was switched on as a feature.

    Raises
    ------
    InputError
        Where the parts do not fit together.
    """

    frame: pd.DataFrame
    label: NDArray[np.int8]
    group: NDArray[np.integer[Any]]
    groups: tuple[tuple[str, ...], ...]
    weight: NDArray[np.float64]
    fixed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = len(self.frame)
        lengths = {len(self.label), len(self.group), len(self.weight)}
        _fits(
            lengths == {rows}, "The rows, labels, groups and weights of the training table differ in number."
        )
        _fits(rows > 0, "The training table has no rows.")
        _fits(bool(np.isin(self.label, (0, 1)).all()), "A label of the training table is neither 0 nor 1.")
        inside = (self.group >= 0) & (self.group < len(self.groups))
        _fits(bool(inside.all()), "A row of the training table has a group that is not listed.")
        usable = np.isfinite(self.weight) & (self.weight >= 0)
        _fits(bool(usable.all()), "A weight of the training table is negative or not a number.")
        _fits(set(self.fixed) <= set(self.frame.columns), "A column fixed by the group is not in the table.")

    def counts(self) -> NDArray[np.int64]:
        """Count the rows of each cell.

        Returns
        -------
        ndarray of int64 of shape (groups, 2)
            Rows by group and label.
        """
        return count_cells(self.group, self.label, len(self.groups))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Treated:
    """The training rows after a mitigation, ready for the same model to be trained again.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (m, features)
        What the model may look at, with the columns and types of the original.
    label : ndarray of int8 of shape (m,)
        Labels, 0 or 1.
    group : ndarray of int of shape (m,)
        Group codes.
    weight : ndarray of float64 of shape (m,)
        Row weights, each 0 or more.
    synthetic : ndarray of bool of shape (m,)
        True for generated rows; copies of real rows are not generated.
    cells : tuple of audit.rows.CellCount
        Rows (reweighing: total weight) per group and label before and after, by group and then label.
    notes : tuple of str, default ()
        What a reader must know about this run.
    quality : mapping of str to float
        How good generated rows are; empty where none were generated.
    measured : mapping of str to float
        What else was measured on the way, by its id, such as "edited_labels".
    transform : callable or None
        (frame, group) → frame: what is done to any later row before the model sees it, where features are changed.
        The group is its position among the training groups, −1 for any other.
    """

    frame: pd.DataFrame
    label: NDArray[np.int8]
    group: NDArray[np.integer[Any]]
    weight: NDArray[np.float64]
    synthetic: NDArray[np.bool_]
    cells: tuple[CellCount, ...]
    notes: tuple[str, ...] = ()
    quality: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    transform: Callable[[pd.DataFrame, NDArray[np.integer[Any]]], pd.DataFrame] | None = None


_LONGEST_NAME = 60
"""Characters of a group's name in a sentence: as many as are shown of any name there."""


def group_name(group: tuple[str, ...]) -> str:
    """Give the name of a group for a sentence.

    Parameters
    ----------
    group : tuple of str
        The group's values of the sensitive columns.

    Returns
    -------
    str
        The values joined by " × ", in quotation marks, each cut to fit.
    """
    from audit.wording.cleaning import joined

    return quote(joined(group, lambda text: len(text) <= _LONGEST_NAME))


def count_cells(
    group: NDArray[np.integer[Any]], label: NDArray[np.integer[Any]], groups: int
) -> NDArray[np.int64]:
    """Count rows by group and label.

    Parameters
    ----------
    group, label : ndarray of int of shape (n,)
        Group codes, and labels 0 or 1.
    groups : int
        Number of groups.

    Returns
    -------
    ndarray of int64 of shape (groups, 2)
        Rows of each cell.
    """
    cell = np.asarray(group, dtype=np.int64) * 2 + np.asarray(label, dtype=np.int64)
    return np.bincount(cell, minlength=groups * 2).astype(np.int64).reshape(groups, 2)


def count_changes(
    groups: Sequence[tuple[str, ...]], before: NDArray[np.int64], after: NDArray[np.int64]
) -> tuple[CellCount, ...]:
    """Say for each cell how many rows came and went.

    Parameters
    ----------
    groups : sequence of tuple of str
        The groups in the order of the counts.
    before, after : ndarray of int64 of shape (groups, 2)
        Rows by group and label.

    Returns
    -------
    tuple of audit.rows.CellCount
        By group, then label.
    """
    return tuple(
        CellCount(
            group=group,
            label=label,
            before=float(before[code, label]),
            after=float(after[code, label]),
            added=int(max(after[code, label] - before[code, label], 0)),
            removed=int(max(before[code, label] - after[code, label], 0)),
        )
        for code, group in enumerate(groups)
        for label in (0, 1)
    )


def _fits(ok: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not ok:
        raise InputError(
            what, fix="Choose training rows that have a label and a group.", code="training_table"
        )
