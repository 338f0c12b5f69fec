"""The losses that a worst-group mitigation may lower: what is trained on, and what is judged and reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.spec import Param

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Labels = NDArray[np.int8]

_SUREST: Final = 1e-6
"""A probability of 0 or 1 is taken as this far from it, so that one wrong row does not make a loss infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss of which every group has its mean.

    Parameters
    ----------
    id : str
        As in the settings.
    measure : str
        Id of what is reported, in series.
    name : str
        As in a sentence, with its article: "the log-loss".
    counted : {0, 1} or None
        The label whose rows make a group's loss; None for all rows.
    decided : bool
        Whether decisions are judged rather than probabilities; training then uses the log-loss in its place.
    """

    id: str
    measure: str
    name: str
    counted: int | None = None
    decided: bool = False

    def judge(self, label: Labels, score: Array, threshold: float) -> Array:
        """Give the loss of each row as it is reported.

        Parameters
        ----------
        label : ndarray of int8 of shape (n,)
            0 or 1.
        score : ndarray of float64 of shape (n,)
            Probabilities of 1.
        threshold : float
            A score at or above it is a positive decision.

        Returns
        -------
        ndarray of float64 of shape (n,)
            0 or more.
        """
        if self.decided:
            return wrong(label, score, threshold)
        if self.id == "brier":
            return np.asarray((score - label) ** 2)
        given = np.clip(np.where(label == 1, score, 1 - score), _SUREST, 1.0)
        return np.asarray(-np.log(given))

    def slope(self) -> Callable[[Array, Labels], tuple[Array, Array]]:
        """Give the function that training lowers.

        Returns
        -------
        callable
            (log-odds, label) → the loss of each row and its derivative by the log-odds.
        """
        return _brier if self.id == "brier" else _log_loss

    @property
    def convex(self) -> bool:
        """Whether the best linear model can be found for certain."""
        return self.id != "brier"


LOSSES: Final = {
    loss.id: loss
    for loss in (
        Loss(id="log_loss", measure="loss", name="log-loss"),
        Loss(id="brier", measure="loss", name="Brier score"),
        Loss(id="error", measure="error_rate", name="error rate", decided=True),
        Loss(
            id="false_positive",
            measure="false_positive_rate",
            name="false positive rate",
            counted=0,
            decided=True,
        ),
        Loss(
            id="false_negative",
            measure="false_negative_rate",
            name="false negative rate",
            counted=1,
            decided=True,
        ),
    )
}
"""By id, in the order of the form."""

_TITLES: Final = {
    "log_loss": "Log-loss: how far probabilities are from what happened",
    "brier": "Brier score: the squared distance of probabilities from what happened",
    "error": "Error rate: wrong decisions",
    "false_positive": "False positive rate: label negative, decided positive",
    "false_negative": "False negative rate: label positive, decided negative",
}


def loss_setting(ids: Sequence[str], more: str) -> Param:
    """Give the setting that chooses a loss.

    Parameters
    ----------
    ids : sequence of str
        The losses that can be chosen; the first is the default.
    more : str
        What a method has to say on them.

    Returns
    -------
    Param
        The setting.
    """
    return Param(
        id="loss",
        title="What is lowered in the worst group",
        kind="choice",
        default=ids[0],
        choices=tuple(ids),
        choice_titles=tuple(_TITLES[name] for name in ids),
        help=f"Losses of probabilities say more than errors of decisions, which jump. {more}",
    )


def wrong(label: Labels, score: Array, threshold: float) -> Array:
    """Say of each row whether it is decided wrongly.

    Parameters
    ----------
    label : ndarray of int8 of shape (n,)
        0 or 1.
    score : ndarray of float64 of shape (n,)
        Scores.
    threshold : float
        A score at or above it is a positive decision.

    Returns
    -------
    ndarray of float64 of shape (n,)
        1 where the decision differs from the label, else 0.
    """
    return np.asarray((score >= threshold) != (label == 1), dtype=np.float64)


def _log_loss(margin: Array, label: Labels) -> tuple[Array, Array]:
    # log(1 + e^m) without overflow; its derivative is the probability
    small = np.exp(-np.abs(margin))
    value = np.maximum(margin, 0.0) + np.log1p(small) - label * margin
    probability = np.where(margin >= 0, 1.0, small) / (1.0 + small)
    return value, probability - label


def _brier(margin: Array, label: Labels) -> tuple[Array, Array]:
    probability = 0.5 * (1.0 + np.tanh(0.5 * margin))
    apart = probability - label
    return apart**2, 2 * apart * probability * (1 - probability)
