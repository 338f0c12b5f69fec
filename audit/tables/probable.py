"""People counted by the probability of belonging to a group, where the group itself is not recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELDS = ("bin", "label", "decision", "n", "w", "w2", "p", "p2")
"""What is kept of each entry, in the order of the file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbableGroup:
    """Counts of people by bin of one column of probabilities, label and decision.

    Parameters
    ----------
    column : str
        The column: the probability of belonging to the group it is named after.
    cuts : tuple of float
        Lower ends of the bins after the first; empty where every value is a bin of its own.
    exact : bool
        Whether every bin holds one value only.
    bin, label, decision : ndarray of int of shape (n_entries,), read-only
        Where an entry belongs.
    n, w, w2 : ndarray of shape (n_entries,), read-only
        Rows, sum of weights and sum of squared weights.
    p : ndarray of shape (n_entries,), read-only
        Sum of weight × probability.
    p2 : ndarray of shape (n_entries,), read-only
        Sum of (weight × probability) squared; with weights, taking the two as unrelated within the entry.
    missing : int
        Audited rows without a probability; they are in no entry.
    """

    column: str
    cuts: tuple[float, ...]
    exact: bool
    bin: NDArray[np.int64]
    label: NDArray[np.int64]
    decision: NDArray[np.int64]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    p: NDArray[np.float64]
    p2: NDArray[np.float64]
    missing: int = 0

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in FIELDS:
            getattr(self, name).setflags(write=False)

    def others(self) -> ProbableGroup:
        """Give the probability of not belonging to the group, over the same people.

        Returns
        -------
        ProbableGroup
            With 1 − p in the place of p.
        """
        # Σ(w(1 − p))² = Σw² − 2Σw²p + Σw²p²; the middle term takes weight and probability as unrelated within the entry.
        mean = np.divide(self.p, self.w, out=np.zeros_like(self.p), where=self.w > 0)
        return ProbableGroup(
            column=self.column,
            cuts=self.cuts,
            exact=self.exact,
            **{name: getattr(self, name) for name in ("bin", "label", "decision", "n", "w", "w2")},
            p=np.maximum(self.w - self.p, 0.0),
            p2=np.maximum(self.w2 - 2 * self.w2 * mean + self.p2, 0.0),
            missing=self.missing,
        )

    def binned(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Add up the entries of each bin.

        Returns
        -------
        share : ndarray of shape (n_bins, 2, 2)
            Weight by label and decision.
        p : ndarray of shape (n_bins,)
            Sum of weight × probability.
        """
        size = int(self.bin.max()) + 1 if len(self.bin) else 0
        share, p = np.zeros((size, 2, 2)), np.zeros(size)
        np.add.at(share, (self.bin, self.label, self.decision), self.w)
        np.add.at(p, self.bin, self.p)
        return share, p

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        whole = {"bin", "label", "decision", "n"}
        columns = [
            [int(value) if name in whole else float(value) for value in getattr(self, name)]
            for name in FIELDS
        ]
        return {
            "column": self.column,
            "cuts": list(self.cuts),
            "exact": self.exact,
            "missing": self.missing,
            "entries": [list(entry) for entry in zip(*columns, strict=True)],
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> ProbableGroup:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        ProbableGroup
            The table.
        """
        entries = np.asarray(raw["entries"], dtype=float).reshape(-1, len(FIELDS))
        where: dict[str, Any] = {name: entries[:, i].astype(np.int64) for i, name in enumerate(FIELDS[:3])}
        sums: dict[str, Any] = {
            name: entries[:, i].copy() for i, name in enumerate(FIELDS) if i >= len(where)
        }
        return cls(
            column=raw["column"],
            cuts=tuple(raw["cuts"]),
            exact=bool(raw["exact"]),
            missing=int(raw["missing"]),
            **where,
            **sums,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probable:
    """Every column of probabilities, counted.

    Parameters
    ----------
    groups : tuple of ProbableGroup
        One for each column, in the order of the plan.
    """

    groups: tuple[ProbableGroup, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back.
        """
        return {"groups": [group.to_dict() for group in self.groups]}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Probable:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Probable
            The table.
        """
        return cls(groups=tuple(ProbableGroup.from_dict(group) for group in raw["groups"]))
