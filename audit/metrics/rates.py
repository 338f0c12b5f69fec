"""The rates of a group: each one a quotient of sums over the four cells of label × decision.

What is undefined stays undefined, with its reason; nothing is ever 0 because nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells

Direction = Literal["higher", "lower", "favourable", "none"]

_TN, _FP, _FN, _TP = (0, 0), (0, 1), (1, 0), (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of people: those in the numerator's cells among those in the denominator's.

    Parameters
    ----------
    id : str
        The rate's name, such as "true_positive_rate".
    numerator, denominator : tuple of (label, decision)
        Cells that are summed; the numerator's are among the denominator's.
    better : {"higher", "lower", "favourable", "none"}
        Which way is better for the group; "favourable" follows the favourable decision.
    undefined : str
        Reason code when nobody is in the denominator.
    """

    id: str
    numerator: tuple[tuple[int, int], ...]
    denominator: tuple[tuple[int, int], ...]
    better: Direction
    undefined: str


_ALL = (_TN, _FP, _FN, _TP)
RATES: Final = (
    Rate(id="base_rate", numerator=(_FN, _TP), denominator=_ALL, better="none", undefined="empty"),
    Rate(id="selection_rate", numerator=(_FP, _TP), denominator=_ALL, better="favourable", undefined="empty"),
    Rate(id="accuracy", numerator=(_TN, _TP), denominator=_ALL, better="higher", undefined="empty"),
    Rate(id="error_rate", numerator=(_FP, _FN), denominator=_ALL, better="lower", undefined="empty"),
    Rate(
        id="true_positive_rate",
        numerator=(_TP,),
        denominator=(_FN, _TP),
        better="higher",
        undefined="no_positives",
    ),
    Rate(
        id="false_positive_rate",
        numerator=(_FP,),
        denominator=(_TN, _FP),
        better="lower",
        undefined="no_negatives",
    ),
    Rate(
        id="true_negative_rate",
        numerator=(_TN,),
        denominator=(_TN, _FP),
        better="higher",
        undefined="no_negatives",
    ),
    Rate(
        id="false_negative_rate",
        numerator=(_FN,),
        denominator=(_FN, _TP),
        better="lower",
        undefined="no_positives",
    ),
    Rate(
        id="precision",
        numerator=(_TP,),
        denominator=(_FP, _TP),
        better="higher",
        undefined="no_predicted_positives",
    ),
    Rate(
        id="negative_predictive_value",
        numerator=(_TN,),
        denominator=(_TN, _FN),
        better="higher",
        undefined="no_predicted_negatives",
    ),
    Rate(
        id="false_discovery_rate",
        numerator=(_FP,),
        denominator=(_FP, _TP),
        better="lower",
        undefined="no_predicted_positives",
    ),
    Rate(
        id="false_omission_rate",
        numerator=(_FN,),
        denominator=(_TN, _FN),
        better="lower",
        undefined="no_predicted_negatives",
    ),
)
"""All rates, in the order in which they are shown."""

RATE: Final = {rate.id: rate for rate in RATES}
"""The rates by id."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateTable:
    """Rates of every group with what an interval needs.

    Parameters
    ----------
    value : ndarray of shape (…, n_groups)
        The rate; NaN where it is undefined.
    n : ndarray of shape (…, n_groups)
        Raw rows in the denominator.
    n_effective : ndarray of shape (…, n_groups)
        (Σw)² / Σw² over the denominator; n without weights.
    """

    value: NDArray[np.float64]
    n: NDArray[np.float64]
    n_effective: NDArray[np.float64]


def _total(array: NDArray[np.float64], cells: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    total = np.zeros(array.shape[:-2])
    for label, decision in cells:
        total = total + array[..., label, decision]
    return total


def rate_values(rate: Rate, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute a rate from cells of any number of replicates.

    Parameters
    ----------
    rate : Rate
        Which rate.
    w : ndarray of shape (…, 2, 2)
        Counts or weights by label and decision.

    Returns
    -------
    ndarray of shape (…)
        The rate between 0 and 1; NaN where the denominator is 0.
    """
    denominator = _total(w, rate.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, _total(w, rate.numerator) / denominator, np.nan)


def rate_table(rate: Rate, cells: Cells) -> RateTable:
    """Compute a rate for every group.

    Parameters
    ----------
    rate : Rate
        Which rate.
    cells : Cells
        Counts with one decision.

    Returns
    -------
    RateTable
        Value, n and effective n for each group.
    """
    n = _total(cells.n, rate.denominator)
    if not cells.weighted:
        return RateTable(value=rate_values(rate, cells.n), n=n, n_effective=n)
    w, w2 = _total(cells.w, rate.denominator), _total(cells.w2, rate.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(w2 > 0, w * w / w2, 0.0)
    return RateTable(value=rate_values(rate, cells.w), n=n, n_effective=effective)
