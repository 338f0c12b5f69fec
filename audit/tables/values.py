"""Sums of predicted numbers and of their errors by group: what means, errors and R² are computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Attribute, display_order
from audit.tables.scores import attribute_from_dict, attribute_to_dict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """Sums over the people of each group.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns that make the groups, with their levels.
    groups : tuple of tuple of str
        Values of each group, in display order.
    n, w, w2 : ndarray of shape (n_groups,), read-only
        Rows, sum of weights and sum of squared weights.
    absolute : ndarray of shape (n_groups,), read-only
        Sum of weight × the error without its sign; the error is prediction − label.
    moments : ndarray of shape (n_groups, 10), read-only
        Sums of weight × a power of the error × a power of (label − the median label), by the powers of
        :data:`audit.engines.protocol.MOMENTS`.
    label_median, prediction_median : float
        Medians over the audited rows: above them, a label or a prediction counts as positive.
    weighted : bool, default False
        Whether rows carry weights.
    """

    attributes: tuple[Attribute, ...]
    groups: tuple[tuple[str, ...], ...]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    absolute: NDArray[np.float64]
    moments: NDArray[np.float64]
    label_median: float
    prediction_median: float
    weighted: bool = False

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.n, self.w, self.w2, self.absolute, self.moments):
            array.setflags(write=False)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Names of the columns that make the groups."""
        return tuple(attribute.column for attribute in self.attributes)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each group, of shape (n_groups,)."""
        return np.asarray(self.n, dtype=np.int64)

    @property
    def effective(self) -> NDArray[np.float64]:
        """Effective number of each group, (Σw)² / Σw², of shape (n_groups,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.w2 > 0, self.w * self.w / self.w2, 0.0)

    @property
    def unknown(self) -> tuple[bool, ...]:
        """Whether a sensitive value of the group was not recorded, for each group."""
        missing = [attribute.missing for attribute in self.attributes]
        return tuple(
            any(m is not None and part == m for m, part in zip(missing, group, strict=True))
            for group in self.groups
        )

    def overall(self) -> Values:
        """Sum over everybody.

        Returns
        -------
        Values
            One group, with an empty name.
        """
        return self._with(lambda array: array.sum(axis=0, keepdims=True), attributes=(), groups=((),))

    def others(self) -> Values:
        """Sum for each group over everybody else.

        Returns
        -------
        Values
            The groups in their order, each holding the people who are not in it.
        """
        others = self._with(lambda array: array.sum(axis=0) - array)
        return replace(others, w=np.maximum(others.w, 0.0), w2=np.maximum(others.w2, 0.0))

    def marginal(self, sensitive: Sequence[str]) -> Values:
        """Sum by fewer columns.

        Parameters
        ----------
        sensitive : sequence of str
            Some of the columns, in the order wanted.

        Returns
        -------
        Values
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

    def _with(self, change: Any, **fields: Any) -> Values:
        return replace(
            self,
            n=change(self.n),
            w=change(self.w),
            w2=change(self.w2),
            absolute=change(self.absolute),
            moments=change(self.moments),
            **fields,
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON; a sum without an end is None.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        return {
            "attributes": [attribute_to_dict(one) for one in self.attributes],
            "groups": [list(group) for group in self.groups],
            "n": [int(value) for value in self.n],
            "w": _plain(self.w),
            "w2": _plain(self.w2),
            "absolute": _plain(self.absolute),
            "moments": [_plain(row) for row in self.moments],
            "label_median": self.label_median,
            "prediction_median": self.prediction_median,
            "weighted": self.weighted,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Values:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Values
            The table.
        """
        return cls(
            attributes=tuple(attribute_from_dict(one) for one in raw["attributes"]),
            groups=tuple(tuple(group) for group in raw["groups"]),
            n=np.asarray(raw["n"], dtype=float),
            w=np.asarray(raw["w"], dtype=float),
            w2=np.asarray(raw["w2"], dtype=float),
            absolute=np.asarray(raw["absolute"], dtype=float),
            moments=np.asarray(raw["moments"], dtype=float).reshape(len(raw["groups"]), -1),
            label_median=float(raw["label_median"]),
            prediction_median=float(raw["prediction_median"]),
            weighted=bool(raw["weighted"]),
        )


def _plain(numbers: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in numbers]
