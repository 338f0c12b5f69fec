"""Areas under ROC curves by group, and how far counting scores in bins can move each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.inference.delong import areas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.inference.delong import Areas
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

AREAS: Final = ("auc", "bpsn_auc", "bnsp_auc")
"""Measures that are the area under a ROC curve."""

_OUTSIDE: Final = {"bpsn_auc": 0, "bnsp_auc": 1}
"""Which side is everybody else: the positives or the negatives."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """Areas with the people behind them.

    Parameters
    ----------
    found : Areas
        The areas.
    n : ndarray of shape (n_groups,)
        People of both sides.
    weights : tuple of two ndarray of shape (n_groups,)
        Sum of weights of the positives and of the negatives; people of weight 0 rank nobody.
    missing : tuple of two str
        Why there is no area where one of them is 0.
    """

    found: Areas
    n: Array
    weights: tuple[Array, Array]
    missing: tuple[str, str]


def ranked(part: ScoreCells, whole: ScoreCells, metric: str) -> Ranked:
    """Rank positives against negatives, of the group or of everybody else.

    Parameters
    ----------
    part : ScoreCells
        The groups.
    whole : ScoreCells
        Everybody as one group.
    metric : {"auc", "bpsn_auc", "bnsp_auc"}
        The measure.

    Returns
    -------
    Ranked
        One area for each group.
    """
    sides = [(part.n[:, label], part.w[:, label], part.w2[:, label]) for label in (1, 0)]
    missing = ["no_positives", "no_negatives"]
    outside = _OUTSIDE.get(metric)
    if outside is not None:
        label = 1 - outside
        rest = [
            np.maximum(every[:, label] - own, 0.0)
            for every, own in zip((whole.n, whole.w, whole.w2), sides[outside], strict=True)
        ]
        # What floating point leaves of a sum is nobody.
        w, w2 = (np.where(rest[0] > 0, array, 0.0) for array in rest[1:])
        sides[outside] = (rest[0], w, w2)
        missing[outside] = "no_background"
    (n_pos, w_pos, w2_pos), (n_neg, w_neg, w2_neg) = sides
    return Ranked(
        found=areas(w_pos, w2_pos, w_neg, w2_neg),
        n=n_pos.sum(axis=-1) + n_neg.sum(axis=-1),
        weights=(w_pos.sum(axis=-1), w_neg.sum(axis=-1)),
        missing=(missing[0], missing[1]),
    )


def area_bounds(part: ScoreCells, whole: ScoreCells, metric: str) -> Array:
    """Bound how far each area can be from that of the scores themselves.

    Parameters
    ----------
    part : ScoreCells
        The groups.
    whole : ScoreCells
        Everybody as one group.
    metric : {"auc", "bpsn_auc", "bnsp_auc"}
        The measure.

    Returns
    -------
    ndarray of shape (n_groups,)
        Half of the share of pairs in one bin; 0 where every bin holds one score, NaN where there is no area.
    """
    found = ranked(part, whole, metric).found
    return np.where(np.isnan(found.value), np.nan, 0.0 if part.exact else found.error)
