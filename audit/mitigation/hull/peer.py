"""Fairlearn's ThresholdOptimizer, given scores in place of a model, and its answer as thresholds with shares."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.base import BaseEstimator

from audit.mitigation.rule import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Scores

    Array = NDArray[np.float64]

MOST_ROWS: Final = 50_000
"""Fairlearn goes through rows one by one: above this many, or with weights, fewer rows stand for them."""

CONSTRAINTS: Final = {
    ("opportunity", "positive"): "true_positive_rate_parity",
    ("opportunity", "negative"): "false_positive_rate_parity",
    ("false_positive_rate", "positive"): "false_positive_rate_parity",
    ("false_positive_rate", "negative"): "true_positive_rate_parity",
    ("selection", "positive"): "demographic_parity",
    ("selection", "negative"): "demographic_parity",
    ("odds", "positive"): "equalized_odds",
    ("odds", "negative"): "equalized_odds",
}
"""Fairlearn's name of a constraint, by its id and the favourable outcome."""


def stand_ins(scores: Scores, codes: list[int]) -> tuple[NDArray[np.int64], bool]:
    """Choose rows, without weights, that stand for weighted rows.

    Parameters
    ----------
    scores : Scores
        Rows or bins.
    codes : list of int
        The groups that take part.

    Returns
    -------
    rows : ndarray of int
        Positions; a row that counts for more occurs more often.
    exact : bool
        Whether every row that counts is there once, and all count the same.
    """
    kept = np.flatnonzero((scores.weight > 0) & np.isin(scores.group, codes))
    weight = scores.weight[kept]
    if len(kept) <= MOST_ROWS and np.ptp(weight) == 0 and scores.people is None:
        return kept, True
    size = min(MOST_ROWS, int(weight.sum()) if scores.people is not None else MOST_ROWS)
    # In the order of group, label and score every so much weight gives one row: nothing is drawn.
    order = kept[np.lexsort((scores.score[kept], scores.label[kept], scores.group[kept]))]
    ends = np.cumsum(scores.weight[order])
    size = max(size, 1)
    at = (np.arange(size) + 0.5) * ends[-1] / size
    return order[np.minimum(np.searchsorted(ends, at), len(order) - 1)], False


def optimize(
    scores: Scores, rows: NDArray[np.int64], *, constraint: str, objective: str, tolerance: float | None
) -> dict[int, tuple[Step, ...]]:
    """Run Fairlearn's optimiser.

    Parameters
    ----------
    scores : Scores
        Rows or bins.
    rows : ndarray of int
        The rows that it sees.
    constraint, objective : str
        In Fairlearn's names.
    tolerance : float or None
        The widest gap accepted; None for none.

    Returns
    -------
    dict of int to tuple of Step
        For each group that it saw, thresholds with their shares.
    """
    from fairlearn.postprocessing import ThresholdOptimizer

    optimizer = ThresholdOptimizer(
        estimator=_Given(),
        constraints=constraint,
        objective=objective,
        prefit=True,
        predict_method="predict",
        tol=tolerance,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer.fit(
            scores.score[rows].reshape(-1, 1),
            scores.label[rows].astype(int),
            sensitive_features=scores.group[rows],
        )
    found = optimizer.interpolated_thresholder_.interpolation_dict
    return {int(code): steps_of(interpolation) for code, interpolation in found.items()}


class _Given(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A fitted model whose predictions are the scores themselves."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any) -> _Given:  # noqa: N803, ARG002 - scikit-learn's signature
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803 - scikit-learn's signature
        return np.asarray(X, dtype=np.float64).reshape(len(X), -1)[:, 0]


def steps_of(interpolation: Any) -> tuple[Step, ...]:
    """Read Fairlearn's interpolation between two thresholds, and a constant, as thresholds with shares.

    Parameters
    ----------
    interpolation : Bunch
        With ``p0``, ``operation0``, ``p1``, ``operation1``, and for equalized odds ``p_ignore`` and
        ``prediction_constant``.

    Returns
    -------
    tuple of Step
        Shares add up to 1. A constant chance c is everybody with share c and nobody with share 1 − c.
    """
    ignored = float(interpolation.get("p_ignore", 0.0))
    constant = float(interpolation.get("prediction_constant", 0.0))
    shares: dict[float, float] = {-math.inf: ignored * constant, math.inf: ignored * (1 - constant)}
    for share, operation in (
        (interpolation.p0, interpolation.operation0),
        (interpolation.p1, interpolation.operation1),
    ):
        # "Above" excludes the threshold itself; the next number up is the least that is above.
        at = float(np.nextafter(operation.threshold, math.inf))
        shares[at] = shares.get(at, 0.0) + (1 - ignored) * float(share)
    kept = {at: share for at, share in shares.items() if share > 1e-12}
    total = sum(kept.values())
    return tuple(Step(threshold=at, share=kept[at] / total) for at in sorted(kept, reverse=True))
