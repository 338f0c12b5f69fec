"""Can made rows be told from real ones? A two-sample test by a classifier, with the size of chance beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_TESTED: Final = 2_500
"""Rows of each kind that are tested at most."""

_ITERATIONS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSample:
    """How well a classifier tells made rows from real ones.

    Parameters
    ----------
    auc : float
        Area under its ROC curve on rows it was not trained on; 0.5 where it can only guess.
    error : float
        Standard error of the area where there is no difference.
    """

    auc: float
    error: float

    @property
    def told_apart(self) -> bool:
        """Whether the area is above chance at the one-sided 5 % level."""
        return self.auc - 0.5 > 1.645 * self.error


def two_sample(real: NDArray[np.floating[Any]], made: NDArray[np.floating[Any]], *, seed: int) -> TwoSample:
    r"""Train a small classifier on half of the rows and try it on the other half.

    Parameters
    ----------
    real, made : ndarray of float of shape (n, features)
        Rows as numbers; at most 2,500 of each are used.
    seed : int
        Where the random halves start.

    Returns
    -------
    TwoSample
        The area and its standard error, :math:`\sqrt{(n + m + 1) / (12 n m)}` for the n and m rows tried.

    References
    ----------
    .. [1] Lopez-Paz, D. and Oquab, M. (2017). Revisiting classifier two-sample tests. International Conference on
       Learning Representations. arXiv:1610.06545
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    generator = np.random.default_rng(seed)
    size = min(len(real), len(made), MOST_TESTED)
    picks = [generator.permutation(len(rows))[:size] for rows in (real, made)]
    rows = np.concatenate([real[picks[0]], made[picks[1]]])
    truth = np.repeat([1, 0], size)
    half = np.tile(np.arange(size) < size // 2, 2)
    model = HistGradientBoostingClassifier(
        max_iter=_ITERATIONS, max_leaf_nodes=15, min_samples_leaf=10, early_stopping=False, random_state=0
    )
    with threadpool_limits(1, user_api="openmp"):
        model.fit(rows[half], truth[half])
        auc = float(roc_auc_score(truth[~half], model.predict_proba(rows[~half])[:, 1]))
    tried = size - size // 2
    return TwoSample(auc=auc, error=float(np.sqrt((2 * tried + 1) / (12 * tried * tried))))
