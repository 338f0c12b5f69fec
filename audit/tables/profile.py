"""The data before a model: people by group and label, missing values and repeated rows, over all rows of the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Attribute

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupCounts:
    """The rows of the data by one sensitive column.

    Parameters
    ----------
    attribute : Attribute
        The column with its levels; a missing value is a level of its own.
    rows : ndarray of shape (n_levels,), read-only
        Rows of each level.
    missing : ndarray of shape (n_levels, n_columns), read-only
        Rows of each level in which a column is missing.
    n, w, w2 : ndarray of shape (n_parts, n_levels, n_classes + 1), read-only
        Rows with a weight, sum of weights and of squared weights by split and label; the last label is the missing one.
    """

    attribute: Attribute
    rows: NDArray[np.float64]
    missing: NDArray[np.float64]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.rows, self.missing, self.n, self.w, self.w2):
            array.setflags(write=False)

    @property
    def column(self) -> str:
        """The sensitive column."""
        return self.attribute.column

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Whether a level stands for "not recorded", of shape (n_levels,)."""
        return np.array([level == self.attribute.missing for level in self.attribute.levels], dtype=bool)

    def labels(self, which: str = "n") -> NDArray[np.float64]:
        """Give the counts by label over all splits, rows without a label left out.

        Parameters
        ----------
        which : {"n", "w", "w2"}, default "n"
            Rows, weights or squared weights.

        Returns
        -------
        ndarray of shape (n_levels, n_classes)
            The counts.
        """
        counts: NDArray[np.float64] = getattr(self, which)
        return np.asarray(counts[:, :, :-1].sum(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Rows that are the same in every feature, sensitive column and the label.

    Parameters
    ----------
    columns : int
        Number of columns that were compared.
    rows, distinct : int
        Rows that were compared, and how many of them are different.
    train, validation, test : int
        Rows of each split; 0 without a split.
    validation_in_train, test_in_train : int
        Rows of a split that also occur in the training rows.
    reason : str
        Why nothing was compared, as a code of :data:`audit.rows.REASONS`, or empty.
    split_reason : str
        Why splits were not compared, or empty.
    """

    columns: int
    rows: int = 0
    distinct: int = 0
    train: int = 0
    validation: int = 0
    test: int = 0
    validation_in_train: int = 0
    test_in_train: int = 0
    reason: str = ""
    split_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Counts over all rows of the data, audited or not.

    Parameters
    ----------
    rows, weightless : int
        Rows, and how many of them have no weight.
    weighted : bool
        Whether rows carry weights.
    parts : tuple of str
        The splits that occur, or "all".
    classes : tuple of str
        The label's values; the values of a label with very many are joined to the positive one and the rest.
    positive : tuple of bool
        Which of them is the positive one.
    columns : tuple of str
        The columns whose missing values were counted.
    uncounted : int
        Further columns whose missing values were not counted, because there are too many columns.
    groups : tuple of GroupCounts
        The rows by each sensitive column.
    repeats : Repeats
        Repeated rows.
    """

    rows: int
    weightless: int
    weighted: bool
    parts: tuple[str, ...]
    classes: tuple[str, ...]
    positive: tuple[bool, ...]
    columns: tuple[str, ...]
    uncounted: int
    groups: tuple[GroupCounts, ...]
    repeats: Repeats

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        return {
            "rows": self.rows,
            "weightless": self.weightless,
            "weighted": self.weighted,
            "parts": list(self.parts),
            "classes": list(self.classes),
            "positive": list(self.positive),
            "columns": list(self.columns),
            "uncounted": self.uncounted,
            "groups": [_group(one, weighted=self.weighted) for one in self.groups],
            "repeats": asdict(self.repeats),
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Profile:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Profile
            The table.
        """
        named = {name: tuple(raw[name]) for name in ("parts", "classes", "positive", "columns")}
        shape = (len(raw["parts"]), len(raw["classes"]) + 1, len(raw["columns"]))
        groups = tuple(_read(one, *shape) for one in raw["groups"])
        return cls(**{**raw, **named, "groups": groups, "repeats": Repeats(**raw["repeats"])})


def _group(counts: GroupCounts, *, weighted: bool) -> dict[str, Any]:
    attribute = counts.attribute
    whole = {
        "column": attribute.column,
        "levels": list(attribute.levels),
        "missing_level": attribute.missing,
        "cuts": None if attribute.cuts is None else list(attribute.cuts),
        "rows": counts.rows.astype(int).tolist(),
        "missing": counts.missing.astype(int).tolist(),
        "n": counts.n.astype(int).tolist(),
    }
    return {**whole, "w": counts.w.tolist(), "w2": counts.w2.tolist()} if weighted else whole


def _read(raw: dict[str, Any], parts: int, classes: int, columns: int) -> GroupCounts:
    levels = len(raw["levels"])

    def counted(name: str) -> NDArray[np.float64]:
        return np.asarray(raw.get(name, raw["n"]), dtype=float).reshape(parts, levels, classes)

    return GroupCounts(
        attribute=Attribute(
            column=raw["column"],
            levels=tuple(raw["levels"]),
            missing=raw["missing_level"],
            cuts=None if raw["cuts"] is None else tuple(raw["cuts"]),
        ),
        rows=np.asarray(raw["rows"], dtype=float),
        missing=np.asarray(raw["missing"], dtype=float).reshape(levels, columns),
        n=counted("n"),
        w=counted("w"),
        w2=counted("w2"),
    )
