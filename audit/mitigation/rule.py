"""How scores become decisions when every group may have thresholds of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.models.draws import chance_of, decided

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One threshold of a group, and how often it is the one that counts.

    Parameters
    ----------
    threshold : float
        A score at or above it is a positive decision; −inf selects everybody, inf nobody.
    share : float
        Probability with which this threshold decides, 0 to 1; the shares of a group add up to 1.
    """

    threshold: float
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """Thresholds for each group, and one for people of any other group.

    Parameters
    ----------
    groups : tuple of tuple of str
        The groups, each as its values of the sensitive columns.
    steps : tuple of tuple of Step
        For each group its thresholds with their shares: one where the decision follows from the score alone, two
        where a draw decides between them.
    otherwise : float
        The threshold for a group that is not listed.
    """

    groups: tuple[tuple[str, ...], ...]
    steps: tuple[tuple[Step, ...], ...]
    otherwise: float

    @property
    def drawn(self) -> bool:
        """Whether some decisions are drawn at random."""
        return any(0 < step.share < 1 for steps in self.steps for step in steps)

    def probability(self, score: NDArray[np.float64], group: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Give each row's probability of a positive decision.

        Parameters
        ----------
        score : ndarray of float64 of shape (n,)
            Scores.
        group : ndarray of int of shape (n,)
            Position of each row's group in ``groups``; −1 for any other group.

        Returns
        -------
        ndarray of float64 of shape (n,)
            0 to 1; strictly between only where a draw decides.
        """
        chance = (score >= self.otherwise).astype(np.float64)
        for code, steps in enumerate(self.steps):
            inside = group == code
            chance[inside] = chance_of(score[inside], ((step.threshold, step.share) for step in steps))
        return chance

    def decide(
        self, score: NDArray[np.float64], group: NDArray[np.integer[Any]], *, draw: NDArray[np.float64]
    ) -> NDArray[np.int8]:
        """Decide every row.

        Parameters
        ----------
        score : ndarray of float64 of shape (n,)
            Scores.
        group : ndarray of int of shape (n,)
            Position of each row's group in ``groups``; −1 for any other group.
        draw : ndarray of float64 of shape (n,)
            A number from 0 to below 1 for each row, which decides between two thresholds.

        Returns
        -------
        ndarray of int8 of shape (n,)
            0 or 1.
        """
        return decided(self.probability(score, group), draw).astype(np.int8)

    def to_dict(self) -> dict[str, Any]:
        """Give the rule as plain values for a file.

        Returns
        -------
        dict
            Groups with their thresholds and shares; thresholds without an end are the texts "-inf" and "inf".
        """
        return {
            "groups": [
                {
                    "group": list(group),
                    "thresholds": [
                        {"threshold": _written(step.threshold), "share": step.share} for step in steps
                    ],
                }
                for group, steps in zip(self.groups, self.steps, strict=True)
            ],
            "otherwise": _written(self.otherwise),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> GroupRule:
        """Read a rule from plain values.

        Parameters
        ----------
        raw : mapping
            As :meth:`to_dict` gives it.

        Returns
        -------
        GroupRule
            The rule.
        """
        return cls(
            groups=tuple(tuple(map(str, entry["group"])) for entry in raw["groups"]),
            steps=tuple(
                tuple(
                    Step(threshold=float(step["threshold"]), share=float(step["share"]))
                    for step in entry["thresholds"]
                )
                for entry in raw["groups"]
            ),
            otherwise=float(raw["otherwise"]),
        )


def _written(threshold: float) -> float | str:
    return threshold if math.isfinite(threshold) else ("inf" if threshold > 0 else "-inf")
