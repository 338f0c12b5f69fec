"""People counted by group, label and score: what every threshold, curve and calibration is computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Attribute, Cells, display_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreCells:
    """Counts of people by group, label and bin of the score.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns that make the groups, with their levels.
    groups : tuple of tuple of str
        Values of each group, in display order.
    cuts : tuple of float
        Rising lower ends of the bins: a score is in the last bin whose cut is at or below it. The threshold of the
        audit is one of them wherever somebody's score lies below it.
    n, w, w2 : ndarray of shape (n_groups, 2, n_bins), read-only
        Rows, sum of weights and sum of squared weights by label and bin; index 1 of the label is positive.
    s : ndarray of shape (n_groups, 2, n_bins), read-only
        Sum of weight × score, so that mean scores are exact.
    exact : bool
        Whether every bin holds one value only.
    weighted : bool, default False
        Whether rows carry weights.
    missing : int, default 0
        Audited rows without a score; they are in no bin.
    """

    attributes: tuple[Attribute, ...]
    groups: tuple[tuple[str, ...], ...]
    cuts: tuple[float, ...]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    s: NDArray[np.float64]
    exact: bool
    weighted: bool = False
    missing: int = 0

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.n, self.w, self.w2, self.s):
            array.setflags(write=False)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Names of the columns that make the groups."""
        return tuple(attribute.column for attribute in self.attributes)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows with a score of each group, of shape (n_groups,)."""
        return np.asarray(self.n.sum(axis=(1, 2)), dtype=np.int64)

    @property
    def unknown(self) -> tuple[bool, ...]:
        """Whether a sensitive value of the group was not recorded, for each group."""
        missing = [attribute.missing for attribute in self.attributes]
        return tuple(
            any(m is not None and part == m for m, part in zip(missing, group, strict=True))
            for group in self.groups
        )

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean score of everybody in each bin, of shape (n_bins,); the cut where nobody is in the bin."""
        w, s = self.w.sum(axis=(0, 1)), self.s.sum(axis=(0, 1))
        return np.where(w > 0, s / np.where(w > 0, w, 1), np.asarray(self.cuts))

    @property
    def coarseness(self) -> float:
        """Widest gap between two neighbouring cuts: no score is further from its bin's mean; 0 where bins are exact."""
        return 0.0 if self.exact or len(self.cuts) < 2 else float(np.max(np.diff(self.cuts)))

    def overall(self) -> ScoreCells:
        """Count everybody as one group.

        Returns
        -------
        ScoreCells
            One group, with an empty name.
        """
        return self._with(lambda array: array.sum(axis=0, keepdims=True), attributes=(), groups=((),))

    def marginal(self, sensitive: Sequence[str]) -> ScoreCells:
        """Count by fewer columns.

        Parameters
        ----------
        sensitive : sequence of str
            Some of the columns, in the order wanted.

        Returns
        -------
        ScoreCells
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
            for part, row in zip(array, rows.tolist(), strict=True):
                out[row] += part  # whole rows at once: np.add.at goes through them number by number
            return out

        return self._with(gather, attributes=attributes, groups=groups)

    def take(self, keep: Sequence[bool] | NDArray[np.bool_]) -> ScoreCells:
        """Keep some of the groups.

        Parameters
        ----------
        keep : sequence of bool, of shape (n_groups,)
            Which groups to keep.

        Returns
        -------
        ScoreCells
            The kept groups in the same order.
        """
        mask = np.asarray(keep, dtype=bool)
        groups = tuple(group for group, kept in zip(self.groups, mask, strict=True) if kept)
        return self._with(lambda array: array[mask], groups=groups)

    def at(self, threshold: float | Sequence[float]) -> Cells:
        """Decide by a threshold and count the decisions.

        Parameters
        ----------
        threshold : float or sequence of float of shape (n_groups,)
            One threshold for all, or one for each group; a score in a bin whose cut is at or above it is positive.
            Exact where the threshold is a cut, or where bins hold one value only.

        Returns
        -------
        Cells
            Counts of shape (n_groups, 2, 2).
        """
        limits = np.broadcast_to(np.asarray(threshold, dtype=float), (len(self.groups),))
        positive = np.asarray(self.cuts)[None, :] >= limits[:, None]

        def split(array: NDArray[np.float64]) -> NDArray[np.float64]:
            up = np.where(positive[:, None, :], array, 0.0).sum(axis=2)
            down = np.where(positive[:, None, :], 0.0, array).sum(axis=2)
            return np.ascontiguousarray(np.stack([down, up], axis=-1))

        return Cells(
            attributes=self.attributes,
            groups=self.groups,
            n=split(self.n),
            w=split(self.w),
            w2=split(self.w2),
            weighted=self.weighted,
        )

    def sweep(self) -> NDArray[np.float64]:
        """Decide by every threshold at once.

        Returns
        -------
        ndarray of shape (n_bins + 1, n_groups, 2, 2)
            Weights by group, label and decision where every score at or above ``cuts[k]`` is positive; the last
            entry has nobody positive. Index 0 has everybody positive.
        """
        above = np.concatenate(
            [np.cumsum(self.w[:, :, ::-1], axis=2)[:, :, ::-1], np.zeros((*self.w.shape[:2], 1))], axis=2
        )
        below = self.w.sum(axis=2, keepdims=True) - above
        return np.ascontiguousarray(np.moveaxis(np.stack([np.maximum(below, 0.0), above], axis=-1), 2, 0))

    def _with(self, change: Any, **fields: Any) -> ScoreCells:
        return replace(
            self, n=change(self.n), w=change(self.w), w2=change(self.w2), s=change(self.s), **fields
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON: one row for each bin that holds somebody.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        rows: list[list[Any]] = []
        for at in np.argwhere(self.n > 0):
            where = tuple(int(i) for i in at)
            row: list[Any] = [*where, int(self.n[where])]
            if self.weighted:
                row += [float(self.w[where]), float(self.w2[where])]
            rows.append([*row, float(self.s[where])])
        return {
            "attributes": [attribute_to_dict(one) for one in self.attributes],
            "groups": [list(group) for group in self.groups],
            "cuts": list(self.cuts),
            "exact": self.exact,
            "weighted": self.weighted,
            "missing": self.missing,
            "rows": rows,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> ScoreCells:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        ScoreCells
            The table.
        """
        shape = (len(raw["groups"]), 2, len(raw["cuts"]))
        n, w, w2, s = (np.zeros(shape) for _ in range(4))
        for row in raw["rows"]:
            where = tuple(row[:3])
            n[where], s[where] = row[3], row[-1]
            w[where], w2[where] = row[4:6] if raw["weighted"] else (row[3], row[3])
        return cls(
            attributes=tuple(attribute_from_dict(one) for one in raw["attributes"]),
            groups=tuple(tuple(group) for group in raw["groups"]),
            cuts=tuple(raw["cuts"]),
            n=n,
            w=w,
            w2=w2,
            s=s,
            exact=bool(raw["exact"]),
            weighted=bool(raw["weighted"]),
            missing=int(raw["missing"]),
        )


def attribute_to_dict(attribute: Attribute) -> dict[str, Any]:
    """Give an attribute as plain values.

    Parameters
    ----------
    attribute : Attribute
        A column and its levels.

    Returns
    -------
    dict
        Ready for JSON.
    """
    return {
        "column": attribute.column,
        "levels": list(attribute.levels),
        "missing": attribute.missing,
        "cuts": None if attribute.cuts is None else list(attribute.cuts),
    }


def attribute_from_dict(raw: dict[str, Any]) -> Attribute:
    """Read what :func:`attribute_to_dict` gave.

    Parameters
    ----------
    raw : dict
        Plain values.

    Returns
    -------
    Attribute
        The column and its levels.
    """
    return Attribute(
        column=raw["column"],
        levels=tuple(raw["levels"]),
        missing=raw["missing"],
        cuts=None if raw["cuts"] is None else tuple(raw["cuts"]),
    )
