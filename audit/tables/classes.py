"""People counted by group, class and predicted class: what the measures of several classes are computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Attribute, Cells, display_order
from audit.tables.scores import attribute_from_dict, attribute_to_dict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classes:
    """Counts of people by group, class and predicted class.

    Parameters
    ----------
    attributes : tuple of Attribute
        The columns that make the groups, with their levels.
    groups : tuple of tuple of str
        Values of each group, in display order.
    classes : tuple of str
        The classes of the label and of the decision together, at most 50, as shown.
    n, w, w2 : ndarray of shape (n_groups, n_classes, n_classes), read-only
        Rows, sum of weights and sum of squared weights, by class and by predicted class.
    weighted : bool, default False
        Whether rows carry weights.
    """

    attributes: tuple[Attribute, ...]
    groups: tuple[tuple[str, ...], ...]
    classes: tuple[str, ...]
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

    def overall(self) -> Classes:
        """Count everybody as one group.

        Returns
        -------
        Classes
            One group, with an empty name.
        """
        return self._with(lambda array: array.sum(axis=0, keepdims=True), attributes=(), groups=((),))

    def marginal(self, sensitive: Sequence[str]) -> Classes:
        """Count by fewer columns.

        Parameters
        ----------
        sensitive : sequence of str
            Some of the columns, in the order wanted.

        Returns
        -------
        Classes
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

    def against_rest(self, which: int) -> Cells:
        """Hold one class against all others.

        Parameters
        ----------
        which : int
            Position of the class.

        Returns
        -------
        Cells
            Counts of shape (n_groups, 2, 2); index 1 is the class.
        """

        def fold(array: NDArray[np.float64]) -> NDArray[np.float64]:
            hit = array[:, which, which]
            of_class, told_class = array[:, which, :].sum(axis=1), array[:, :, which].sum(axis=1)
            wrongly = np.maximum(told_class - hit, 0.0)
            missed = np.maximum(of_class - hit, 0.0)
            rest = np.maximum(array.sum(axis=(1, 2)) - of_class - wrongly, 0.0)
            return np.stack([np.stack([rest, wrongly], axis=-1), np.stack([missed, hit], axis=-1)], axis=1)

        return Cells(
            attributes=self.attributes,
            groups=self.groups,
            n=fold(self.n),
            w=fold(self.w),
            w2=fold(self.w2),
            weighted=self.weighted,
        )

    def _with(self, change: Any, **fields: Any) -> Classes:
        return replace(self, n=change(self.n), w=change(self.w), w2=change(self.w2), **fields)

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON: one row for each cell that holds somebody.

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
            rows.append(row)
        return {
            "attributes": [attribute_to_dict(one) for one in self.attributes],
            "groups": [list(group) for group in self.groups],
            "classes": list(self.classes),
            "weighted": self.weighted,
            "rows": rows,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Classes:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Classes
            The table.
        """
        k = len(raw["classes"])
        n, w, w2 = (np.zeros((len(raw["groups"]), k, k)) for _ in range(3))
        for row in raw["rows"]:
            where = tuple(row[:3])
            n[where] = row[3]
            w[where], w2[where] = row[4:6] if raw["weighted"] else (row[3], row[3])
        return cls(
            attributes=tuple(attribute_from_dict(one) for one in raw["attributes"]),
            groups=tuple(tuple(group) for group in raw["groups"]),
            classes=tuple(raw["classes"]),
            n=n,
            w=w,
            w2=w2,
            weighted=bool(raw["weighted"]),
        )
