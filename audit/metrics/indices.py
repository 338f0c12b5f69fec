"""Indices of a group that are no shares of people: each is a formula of the four cells of label × decision.

What is undefined stays undefined, with its reason; nothing is ever 0 because nothing is known.

References
----------
.. [1] Sokolova & Lapalme (2009), "A systematic analysis of performance measures for classification tasks".
.. [2] Chicco & Jurman (2020), "The advantages of the Matthews correlation coefficient (MCC) over F1 score and accuracy".
.. [3] Berk, Heidari, Jabbari, Kearns & Roth (2018), "Fairness in criminal justice risk assessments": treatment equality.
.. [4] Speicher et al. (2018), "A unified approach to quantifying algorithmic unfairness": benefits and entropy.
.. [5] Shorrocks (1980), "The class of additively decomposable inequality measures".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_TN, _FP, _FN, _TP = (0, 0), (0, 1), (1, 0), (1, 1)
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A measure of a group that is no share of people.

    Parameters
    ----------
    id : str
        The index's name, such as "f1_score".
    formula : callable
        Gives the index from cells of shape (…, 2, 2); anything where it is undefined.
    needs : tuple of (cells, reason)
        Sums of cells that must not be 0, each with the reason code where it is.
    without : tuple of (label, decision)
        Cells that must be 0.
    present : str
        Reason code where one of them is not.
    least, most : float
        Bounds of the index.
    turned : bool
        Whether label and decision are swapped first where the negative decision is the favourable one.
    """

    id: str
    formula: Callable[[Array], Array]
    needs: tuple[tuple[tuple[Cell, ...], str], ...]
    without: tuple[Cell, ...] = ()
    present: str = ""
    least: float = 0.0
    most: float = math.inf
    turned: bool = False


def index_values(index: Index, w: Array) -> Array:
    """Compute an index from cells of any number of groups or replicates.

    Parameters
    ----------
    index : Index
        Which index.
    w : ndarray of shape (…, 2, 2)
        Counts or weights by label and decision, already turned.

    Returns
    -------
    ndarray of shape (…)
        The index; NaN where it is undefined.
    """
    bad = np.zeros(w.shape[:-2], dtype=bool)
    for cells, _ in index.needs:
        bad |= ~(_total(w, cells) > 0)
    for cell in index.without:
        bad |= w[..., cell[0], cell[1]] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bad, np.nan, index.formula(w))


def undefined_reason(index: Index, n: Array) -> str:
    """Say why an index is undefined for one group.

    Parameters
    ----------
    index : Index
        Which index.
    n : ndarray of shape (2, 2)
        The group's counts by label and decision, already turned.

    Returns
    -------
    str
        Reason code; empty where the index is defined.
    """
    for cells, reason in ((_ALL, "empty"), *index.needs):
        if not _total(n, cells) > 0:
            return reason
    return index.present if any(n[cell] > 0 for cell in index.without) else ""


def benefits(w: Array) -> tuple[Array, Array]:
    """Give what each person gets from the decision, and how many get it.

    Parameters
    ----------
    w : ndarray of shape (…, 2, 2)
        Counts or weights by label and decision.

    Returns
    -------
    size : ndarray of shape (3,)
        The benefits that there are: 0 for a chance denied, 1 for a right decision, 2 for a chance given without the
        label.
    share : ndarray of shape (…, 3)
        Share of the people with each of them; NaN where nobody is.

    Notes
    -----
    The benefit is decision − label + 1, as in Speicher et al. (2018).
    """
    counts = np.stack([w[..., 1, 0], w[..., 0, 0] + w[..., 1, 1], w[..., 0, 1]], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([0.0, 1.0, 2.0]), counts / counts.sum(axis=-1, keepdims=True)


def entropy(size: Array, share: Array, order: int) -> Array:
    r"""Measure how unequally something is spread: the generalized entropy of order 0, 1 or 2.

    Parameters
    ----------
    size : ndarray of shape (…, n)
        How much each kind of person has.
    share : ndarray of shape (…, n)
        Share of the people of each kind; they add up to 1.
    order : {0, 1, 2}
        0 is the mean log deviation, 1 Theil's index, 2 half the squared coefficient of variation.

    Returns
    -------
    ndarray of shape (…)
        0 or more; 0 where everybody has the same; infinite for order 0 where somebody has nothing.

    Notes
    -----
    .. math:: GE(0) = -\sum p \ln\frac{b}{\mu},\quad GE(1) = \sum p \frac{b}{\mu} \ln\frac{b}{\mu},\quad
        GE(2) = \frac{1}{2} \sum p \left(\frac{b^2}{\mu^2} - 1\right)
    """
    mean = (share * size).sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = size / mean
        logs = np.log(relative)
        if order == 0:
            terms = np.where(share > 0, -share * logs, 0.0)
        elif order == 1:
            terms = np.where(relative > 0, share * relative * logs, 0.0)
        else:
            terms = share * (relative * relative - 1) / 2
    # A sum of terms of both signs can end a rounding error below 0.
    return np.asarray(np.maximum(terms.sum(axis=-1), 0.0))


def decompose(w: Array, order: int) -> tuple[Array, Array]:
    r"""Split the inequality of everybody's benefit into a part within groups and a part between them.

    Parameters
    ----------
    w : ndarray of shape (n_groups, 2, 2)
        Counts or weights by label and decision, already turned; every group has somebody in it.
    order : {0, 1, 2}
        Order of the generalized entropy.

    Returns
    -------
    within, between : ndarray of shape ()
        They add up to the entropy of everybody.

    Notes
    -----
    With the groups' shares of people π and of the mean μ,

    .. math:: GE(a) = \sum_g \pi_g \left(\frac{\mu_g}{\mu}\right)^a GE_g(a) + GE(a; \mu_1, \ldots, \mu_G)

    The part between groups is the entropy that is left when everybody gets the mean of their group.
    """
    size, share = benefits(w)
    mean = (size * share).sum(axis=-1)
    people = w.sum(axis=(-2, -1)) / w.sum()
    relative = mean / (people * mean).sum()
    own = entropy(size, share, order)
    # A group without any benefit weighs nothing where its mean counts.
    parts = np.where(relative > 0, people * relative**order * np.where(relative > 0, own, 0.0), 0.0)
    within = parts.sum() if order else (people * own).sum()
    return np.asarray(within), entropy(mean, people, order)


def _total(w: Array, cells: tuple[Cell, ...]) -> Any:
    return sum(w[..., label, decision] for label, decision in cells)


def _f1(w: Array) -> Array:
    return np.asarray(2 * w[..., 1, 1] / (2 * w[..., 1, 1] + w[..., 0, 1] + w[..., 1, 0]))


def _balanced(w: Array) -> Array:
    return np.asarray(
        (w[..., 1, 1] / w[..., 1, :].sum(axis=-1) + w[..., 0, 0] / w[..., 0, :].sum(axis=-1)) / 2
    )


def _matthews(w: Array) -> Array:
    covariance = w[..., 1, 1] * w[..., 0, 0] - w[..., 0, 1] * w[..., 1, 0]
    labels = np.sqrt(w[..., 1, :].sum(axis=-1)) * np.sqrt(w[..., 0, :].sum(axis=-1))
    decisions = np.sqrt(w[..., :, 1].sum(axis=-1)) * np.sqrt(w[..., :, 0].sum(axis=-1))
    return np.asarray(np.clip(covariance / (labels * decisions), -1.0, 1.0))


def _treatment(w: Array) -> Array:
    return np.asarray(w[..., 1, 0] / w[..., 0, 1])


def _entropy_of(order: int) -> Callable[[Array], Array]:
    return lambda w: entropy(*benefits(w), order)


_ALL = (_TN, _FP, _FN, _TP)
_POSITIVE = ((_FN, _TP), "no_positives")
_NEGATIVE = ((_TN, _FP), "no_negatives")
_SELECTED = ((_FP, _TP), "no_predicted_positives")
_DECLINED = ((_TN, _FN), "no_predicted_negatives")
_BENEFIT = ((_TN, _FP, _TP), "no_benefit")

INDICES: Final = (
    Index(id="f1_score", formula=_f1, needs=(_POSITIVE,), most=1.0),
    Index(id="balanced_accuracy", formula=_balanced, needs=(_POSITIVE, _NEGATIVE), most=1.0),
    Index(
        id="matthews_correlation",
        formula=_matthews,
        needs=(_POSITIVE, _NEGATIVE, _SELECTED, _DECLINED),
        least=-1.0,
        most=1.0,
    ),
    Index(id="treatment_equality", formula=_treatment, needs=(((_FP,), "no_false_positives"),)),
    Index(
        id="mean_log_deviation",
        formula=_entropy_of(0),
        needs=(_BENEFIT,),
        without=(_FN,),
        present="zero_benefit",
        turned=True,
    ),
    Index(id="theil_index", formula=_entropy_of(1), needs=(_BENEFIT,), turned=True),
    Index(id="generalized_entropy", formula=_entropy_of(2), needs=(_BENEFIT,), turned=True),
)
"""All indices, in the order in which they are shown."""
