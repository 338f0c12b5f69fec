"""Rows as a network sees them: standardised numbers, codes of levels, label, weight and group."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SMALLEST_SLICE: Final = 20
"""Rows below which none are kept aside: they would be too few to judge by."""

_SHARE_ASIDE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetRows:
    """Rows as tensors.

    Parameters
    ----------
    numbers : Tensor of float32, shape (n, numbers)
        Standardised.
    codes : Tensor of int64, shape (n, texts)
        Positions among the levels of all columns.
    label, weight : Tensor of float32, shape (n,)
        0 or 1, and what each row counts.
    group : Tensor of int64, shape (n,)
        Position of each row's group.
    groups : int
        How many groups there are; 0 where they play no part.
    """

    numbers: torch.Tensor
    codes: torch.Tensor
    label: torch.Tensor
    weight: torch.Tensor
    group: torch.Tensor
    groups: int

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer[Any]]) -> NetRows:
        """Give some of the rows.

        Parameters
        ----------
        rows : ndarray of bool or int
            Which.

        Returns
        -------
        NetRows
            These rows, in this order.
        """
        at = torch.from_numpy(np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64))
        return NetRows(
            numbers=self.numbers[at],
            codes=self.codes[at],
            label=self.label[at],
            weight=self.weight[at],
            group=self.group[at],
            groups=self.groups,
        )


def together(one: NetRows, other: NetRows) -> NetRows:
    """Put rows of the same groups one after the other.

    Parameters
    ----------
    one, other : NetRows
        The rows.

    Returns
    -------
    NetRows
        All of them.
    """
    return NetRows(
        numbers=torch.cat([one.numbers, other.numbers]),
        codes=torch.cat([one.codes, other.codes]),
        label=torch.cat([one.label, other.label]),
        weight=torch.cat([one.weight, other.weight]),
        group=torch.cat([one.group, other.group]),
        groups=one.groups,
    )


def offsets_of(widths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say where each column's levels begin among all levels.

    Parameters
    ----------
    widths : ndarray of int64
        Levels of each column.

    Returns
    -------
    ndarray of int64
        As many offsets.
    """
    return np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64) if widths.size else widths


def inputs(
    numbers: NDArray[np.float64], codes: NDArray[np.int64], widths: NDArray[np.int64]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the two inputs of a network.

    Parameters
    ----------
    numbers : ndarray of float64, shape (n, numbers)
        Standardised.
    codes : ndarray of int64, shape (n, texts)
        From 0 within each column, -1 for unknown levels.
    widths : ndarray of int64
        Levels of each column.

    Returns
    -------
    tuple of Tensor
        Numbers as float32, and codes among the levels of all columns, unknown ones after the last.
    """
    shifted = np.where(codes >= 0, codes + offsets_of(widths), int(widths.sum()))
    return torch.from_numpy(numbers.astype(np.float32)), torch.from_numpy(shifted)


def keep_aside(cell: NDArray[np.integer[Any]], seed: int) -> NDArray[np.bool_]:
    """Mark a tenth of the rows of each cell, or nothing where that would be too few to judge by.

    Parameters
    ----------
    cell : ndarray of int, shape (n,)
        The cell of each row, such as its label.
    seed : int
        Where the draw starts.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for rows to keep aside.
    """
    draw = np.random.default_rng(seed)
    aside = np.zeros(len(cell), dtype=bool)
    for value in np.unique(cell):
        rows = draw.permutation(np.flatnonzero(cell == value))
        aside[rows[: len(rows) // _SHARE_ASIDE]] = True
    return aside if aside.sum() >= SMALLEST_SLICE else np.zeros(len(cell), dtype=bool)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute sums in one order, so that a seed gives the same network however many processors there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
