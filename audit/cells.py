"""The small table that an audit is computed from: rows counted by group, label and decision.

Rows are touched once, where these cells are counted. Every rate, interval and disparity afterwards is a function of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

UNKNOWN: Final = "Unknown"
"""How a missing sensitive value is shown."""

UNKNOWN_BESIDE_LEVEL: Final = "Unknown (missing)"
"""How it is shown where the data have a real level called Unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A sensitive column and its levels.

    Parameters
    ----------
    column : str
        The column's name.
    levels : tuple of str
        Its levels as shown, in display order; the missing one, if any, last.
    missing : str or None
        The level that stands for "not recorded", where somebody's value is missing.
    cuts : tuple of float or None
        Cut points, where a numeric column was binned.
    """

    column: str
    levels: tuple[str, ...]
    missing: str | None = None
    cuts: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Counts of people by group, label and decision.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns that make the groups, with their levels.
    groups : tuple of tuple of str
        Values of each group that has somebody in it, one for each attribute, in display order.
    n, w, w2 : ndarray of shape (n_groups, 2, 2, …), read-only
        Rows, sum of weights and sum of squared weights. The axes after the first are the label and one or more
        decisions; index 1 is positive.
    weighted : bool, default False
        Whether rows carry weights; without them the three arrays are equal.
    """

    attributes: tuple[Attribute, ...]
    groups: tuple[tuple[str, ...], ...]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    weighted: bool = False

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.n, self.w, self.w2):
            array.setflags(write=False)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Names of the columns that make the groups."""
        return tuple(attribute.column for attribute in self.attributes)

    @property
    def unknown(self) -> tuple[bool, ...]:
        """Whether a sensitive value of the group was not recorded, for each group."""
        missing = [attribute.missing for attribute in self.attributes]
        if all(m is None for m in missing):
            return (False,) * len(self.groups)
        return tuple(
            any(m is not None and part == m for m, part in zip(missing, group, strict=True))
            for group in self.groups
        )

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each group, of shape (n_groups,)."""
        return np.asarray(self.n.sum(axis=tuple(range(1, self.n.ndim))), dtype=np.int64)

    @property
    def total(self) -> int:
        """Rows in all groups together."""
        return int(self.n.sum())

    def overall(self) -> Cells:
        """Count everybody as one group.

        Returns
        -------
        Cells
            One group, with an empty name.
        """
        return self._with(lambda array: array.sum(axis=0, keepdims=True), attributes=(), groups=((),))

    def marginal(self, sensitive: Sequence[str]) -> Cells:
        """Count by fewer columns.

        Parameters
        ----------
        sensitive : sequence of str
            Some of the columns, in the order wanted.

        Returns
        -------
        Cells
            The same people in coarser groups.
        """
        wanted = tuple(sensitive)
        if wanted == self.sensitive:
            return self
        picks = [self.sensitive.index(name) for name in wanted]
        attributes = tuple(self.attributes[pick] for pick in picks)
        keys = [tuple(group[pick] for pick in picks) for group in self.groups]
        groups = display_order(set(keys), attributes)
        rows = np.array([groups.index(key) for key in keys], dtype=np.int64)

        def gather(array: NDArray[np.float64]) -> NDArray[np.float64]:
            out = np.zeros((len(groups), *array.shape[1:]))
            np.add.at(out, rows, array)
            return out

        return self._with(gather, attributes=attributes, groups=groups)

    def take(self, keep: Sequence[bool] | NDArray[np.bool_]) -> Cells:
        """Keep some of the groups.

        Parameters
        ----------
        keep : sequence of bool, of shape (n_groups,)
            Which groups to keep.

        Returns
        -------
        Cells
            The kept groups in the same order.
        """
        mask = np.asarray(keep, dtype=bool)
        groups = tuple(group for group, kept in zip(self.groups, mask, strict=True) if kept)
        return self._with(lambda array: array[mask], groups=groups)

    def flipped(self) -> Cells:
        """Swap positive and negative, in the label and in every decision.

        Returns
        -------
        Cells
            Counts on 1 − label and 1 − decision.
        """
        axes = tuple(range(1, self.n.ndim))
        return self._with(lambda array: np.ascontiguousarray(np.flip(array, axes)))

    def decision(self, which: int) -> Cells:
        """Look at one of several decisions about the same people.

        Parameters
        ----------
        which : int
            Position of the decision among the decision axes, from 0.

        Returns
        -------
        Cells
            Counts of shape (n_groups, 2, 2).
        """
        drop = tuple(axis for axis in range(2, self.n.ndim) if axis != which + 2)
        return self._with(lambda array: np.ascontiguousarray(array.sum(axis=drop)))

    def pair(self, first: int, second: int) -> Cells:
        """Look at two of several decisions about the same people.

        Parameters
        ----------
        first, second : int
            Positions of the decisions, first before second.

        Returns
        -------
        Cells
            Counts of shape (n_groups, 2, 2, 2).
        """
        drop = tuple(axis for axis in range(2, self.n.ndim) if axis not in {first + 2, second + 2})
        return self._with(lambda array: np.ascontiguousarray(array.sum(axis=drop)))

    def _with(self, change: Any, **fields: Any) -> Cells:
        return replace(self, n=change(self.n), w=change(self.w), w2=change(self.w2), **fields)

    def to_dict(self) -> dict[str, Any]:
        """Give the cells as plain values for JSON: one row for each cell that holds somebody.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        rows = []
        for at in np.argwhere(self.n > 0):
            where = tuple(int(i) for i in at)
            row: list[Any] = [*where, int(self.n[where])]
            if self.weighted:
                row += [float(self.w[where]), float(self.w2[where])]
            rows.append(row)
        attributes = [
            {
                "column": a.column,
                "levels": list(a.levels),
                "missing": a.missing,
                "cuts": None if a.cuts is None else list(a.cuts),
            }
            for a in self.attributes
        ]
        return {
            "attributes": attributes,
            "groups": [list(group) for group in self.groups],
            "decisions": self.n.ndim - 2,
            "weighted": self.weighted,
            "rows": rows,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Cells:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Cells
            The cells.
        """
        depth = 2 + int(raw["decisions"])
        weighted = bool(raw["weighted"])
        shape = (len(raw["groups"]), *([2] * (depth - 1)))
        n, w, w2 = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for row in raw["rows"]:
            where = tuple(row[:depth])
            n[where] = row[depth]
            w[where], w2[where] = row[depth + 1 :] if weighted else (row[depth], row[depth])
        attributes = tuple(
            Attribute(
                column=a["column"],
                levels=tuple(a["levels"]),
                missing=a["missing"],
                cuts=None if a["cuts"] is None else tuple(a["cuts"]),
            )
            for a in raw["attributes"]
        )
        groups = tuple(tuple(group) for group in raw["groups"])
        return cls(attributes=attributes, groups=groups, n=n, w=w, w2=w2, weighted=weighted)


def display_order(
    groups: Iterable[tuple[str, ...]], attributes: Sequence[Attribute]
) -> tuple[tuple[str, ...], ...]:
    """Sort groups by the levels of their first attribute, then of the second, and so on.

    Parameters
    ----------
    groups : iterable of tuple of str
        Groups, one value for each attribute.
    attributes : sequence of Attribute
        The attributes with their levels in display order.

    Returns
    -------
    tuple of tuple of str
        The groups in display order.
    """
    ranks = [{level: i for i, level in enumerate(attribute.levels)} for attribute in attributes]
    return tuple(
        sorted(groups, key=lambda group: tuple(rank[part] for rank, part in zip(ranks, group, strict=True)))
    )


def from_arrays(
    attributes: Sequence[Attribute],
    codes: NDArray[np.int64],
    outcomes: Sequence[NDArray[np.int8]],
    *,
    weight: NDArray[np.float64] | None = None,
) -> Cells:
    """Count rows that are in memory.

    Parameters
    ----------
    attributes : sequence of Attribute
        The columns that make the groups.
    codes : ndarray of shape (n_rows, n_attributes)
        Position of each row's level in its attribute.
    outcomes : sequence of ndarray of shape (n_rows,)
        The label and one or more decisions, each 0 or 1.
    weight : ndarray of shape (n_rows,) or None
        Row weights.

    Returns
    -------
    Cells
        Groups that nobody is in are not listed.
    """
    sizes = [len(attribute.levels) for attribute in attributes]
    flat = np.zeros(len(outcomes[0]), dtype=np.int64)
    for column, size in enumerate(sizes):
        flat = flat * size + codes[:, column]
    present, group = np.unique(flat, return_inverse=True)
    shape = (len(present), *([2] * len(outcomes)))
    index = np.ravel_multi_index((group, *(outcome.astype(np.int64) for outcome in outcomes)), shape)
    length = int(np.prod(shape))
    n = np.bincount(index, minlength=length).astype(float).reshape(shape)
    w, w2 = n.copy(), n.copy()
    if weight is not None:
        w = np.bincount(index, weights=weight, minlength=length).reshape(shape)
        w2 = np.bincount(index, weights=weight * weight, minlength=length).reshape(shape)
    groups = []
    for code in present:
        parts = []
        rest = int(code)
        for attribute, size in zip(reversed(attributes), reversed(sizes), strict=True):
            rest, level = divmod(rest, size)
            parts.append(attribute.levels[level])
        groups.append(tuple(reversed(parts)))
    return Cells(
        attributes=tuple(attributes), groups=tuple(groups), n=n, w=w, w2=w2, weighted=weight is not None
    )
