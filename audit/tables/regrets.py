"""Errors of the decisions and of a model of each group's own, counted on the same test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """One group, judged twice.

    Parameters
    ----------
    column : str
        The sensitive column.
    group : str
        The group's value.
    n_train, n_test : int
        Rows of the group that its own model learned from, and test rows on which both are measured.
    both, only_own, only_decision, neither : tuple of (n, w, w2)
        Test rows wrong in both, only by the group's own model, only by the decision, and in neither: rows, sum of
        weights and of squared weights.
    reason : str
        Why the group has no model of its own, as a code of :data:`audit.rows.REASONS`; empty where it has one.
    """

    column: str
    group: str
    n_train: int
    n_test: int
    both: tuple[float, float, float] = (0.0, 0.0, 0.0)
    only_own: tuple[float, float, float] = (0.0, 0.0, 0.0)
    only_decision: tuple[float, float, float] = (0.0, 0.0, 0.0)
    neither: tuple[float, float, float] = (0.0, 0.0, 0.0)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrets:
    """The groups of every sensitive column, each with a model of its own.

    Parameters
    ----------
    baseline : str
        What was trained.
    groups : tuple of Regret
        The groups, by column.
    """

    baseline: str
    groups: tuple[Regret, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back exactly.
        """
        return {
            "baseline": self.baseline,
            "groups": [
                {
                    "column": one.column,
                    "group": one.group,
                    "n_train": one.n_train,
                    "n_test": one.n_test,
                    **{name: list(getattr(one, name)) for name in CELLS},
                    "reason": one.reason,
                }
                for one in self.groups
            ],
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Regrets:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : mapping
            Plain values.

        Returns
        -------
        Regrets
            The table.
        """
        return cls(
            baseline=raw["baseline"],
            groups=tuple(
                Regret(**{**one, **{name: tuple(float(v) for v in one[name]) for name in CELLS}})
                for one in raw["groups"]
            ),
        )


CELLS = ("both", "only_own", "only_decision", "neither")
"""The ways in which decision and own model can be wrong together."""
