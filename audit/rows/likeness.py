"""How like real rows made ones are: for each cell, each group and each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLikeness:
    """How like the real rows of one group and label the made ones are.

    Parameters
    ----------
    group : tuple of str
        The group.
    label : int
        1 for the positive label, else 0.
    n_real, n_made : int
        Rows compared: real ones that the generator never saw, and made ones.
    marginals, pair_trends : float or None
        Likeness of single columns and of pairs of columns; 1 is the same.
    real_pair_trends : float or None
        Pair trends of the real rows learned from, against the same rows: what chance leaves of 1.
    detection : float or None
        How well gradient boosting tells made rows from real ones (AUC); 0.5 is a guess.
    copies : float or None
        Share of made rows that equal a row learned from.
    reason : str
        Why a value is null, as a code of :data:`audit.rows.REASONS`, or empty.
    """

    group: tuple[str, ...]
    label: int
    n_real: int
    n_made: int
    marginals: float | None = None
    pair_trends: float | None = None
    real_pair_trends: float | None = None
    detection: float | None = None
    copies: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLikeness:
    """How well a model learns about one group from made rows.

    Parameters
    ----------
    group : tuple of str
        The group.
    n : int
        Real rows that both models are tried on.
    tstr, trtr : float or None
        Area under the ROC curve of a model trained on made rows, and of one trained on as many real rows.
    reason : str
        Why a value is null, as a code of :data:`audit.rows.REASONS`, or empty.
    """

    group: tuple[str, ...]
    n: int
    tstr: float | None = None
    trtr: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLikeness:
    """One column among real and among made rows.

    Parameters
    ----------
    column : str
        Its name.
    kind : {"numbers", "levels"}
        Whether its values have an order.
    likeness : float
        1 minus the largest distance between the distribution functions, or 1 minus half the summed difference of
        shares.
    bins : tuple of str
        Names of ranges or of levels; rare levels stand together.
    real, made : tuple of float
        Shares of the bins among real rows that the generator never saw, and among made ones.
    """

    column: str
    kind: Literal["numbers", "levels"]
    likeness: float
    bins: tuple[str, ...]
    real: tuple[float, ...]
    made: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRow:
    """What one way to treat the training rows did on rows that no model was trained on.

    Parameters
    ----------
    name : {"before", "made", "copies", "weights"}
        Nothing, made rows, as many copies of real rows, or reweighing.
    accuracy : float
        Share of right decisions.
    selection_gap, opportunity_gap : float or None
        Largest difference between groups in selection rates, and in the share of people with the favourable label who
        get the favourable decision.
    """

    name: Literal["before", "made", "copies", "weights"]
    accuracy: float
    selection_gap: float | None
    opportunity_gap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessRecord:
    """How like real rows the rows are that a generator made.

    Parameters
    ----------
    held : {"validation", "train"}
        Which real rows it was measured on: validation rows, or training rows that the generator did not see.
    n_real, n_made : int
        Rows compared.
    cells : tuple of CellLikeness
        By group and label.
    groups : tuple of GroupLikeness
        By group.
    columns : tuple of ColumnLikeness
        By column, the least alike first; at most twelve.
    rivals : tuple of RivalRow
        The same kind of model trained on rows that were treated in simpler ways, measured on the rows of ``held``.
    """

    held: Literal["validation", "train"]
    n_real: int
    n_made: int
    cells: tuple[CellLikeness, ...] = ()
    groups: tuple[GroupLikeness, ...] = ()
    columns: tuple[ColumnLikeness, ...] = ()
    rivals: tuple[RivalRow, ...] = ()

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> LikenessRecord | None:
        """Read a record from plain values.

        Parameters
        ----------
        raw : mapping or None
            Field names and values, as JSON holds them.

        Returns
        -------
        LikenessRecord or None
            The record, where there is one.
        """
        if raw is None:
            return None
        return cls(
            **{
                **raw,
                "cells": tuple(CellLikeness(**{**row, "group": tuple(row["group"])}) for row in raw["cells"]),
                "groups": tuple(
                    GroupLikeness(**{**row, "group": tuple(row["group"])}) for row in raw["groups"]
                ),
                "columns": tuple(
                    ColumnLikeness(**{**row, **{name: tuple(row[name]) for name in ("bins", "real", "made")}})
                    for row in raw["columns"]
                ),
                "rivals": tuple(RivalRow(**row) for row in raw["rivals"]),
            }
        )
