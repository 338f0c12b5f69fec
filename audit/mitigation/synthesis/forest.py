"""A boosted forest as plain arrays, so that it can be written down and read again without running foreign code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_AT_ONCE = 8192
"""Rows that walk through the trees together: few enough for the processor to keep them near."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """Trees whose values add up to a logit.

    Parameters
    ----------
    roots : ndarray of int64 of shape (trees,)
        Where each tree begins among the nodes.
    feature : ndarray of int64 of shape (nodes,)
        Which feature a node asks about; −1 for a leaf.
    threshold : ndarray of float64 of shape (nodes,)
        A row goes left where its feature is at or below it.
    left, right : ndarray of int64 of shape (nodes,)
        The nodes that follow.
    value : ndarray of float64 of shape (nodes,)
        What a leaf adds.
    start : float
        The logit before any tree.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    start: float

    def logit(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Add up the values of the leaves that rows reach.

        Parameters
        ----------
        rows : ndarray of float of shape (n, features)
            Rows without missing numbers.

        Returns
        -------
        ndarray of float64 of shape (n,)
            Logits.
        """
        total = np.full(len(rows), self.start)
        # Leaves point to themselves, so that all rows can walk until none moves.
        feature = np.maximum(self.feature, 0)
        following = np.column_stack([self.right, self.left]).ravel()
        for first in range(0, len(rows), _AT_ONCE):
            part = np.ascontiguousarray(rows[first : first + _AT_ONCE])
            flat, starts = part.ravel(), np.arange(len(part)) * part.shape[1]
            for root in self.roots.tolist():
                node = np.full(len(part), root)
                while True:
                    to_left = flat.take(starts + feature.take(node)) <= self.threshold.take(node)
                    deeper = following.take(2 * node + to_left)
                    if np.array_equal(deeper, node):
                        break
                    node = deeper
                total[first : first + _AT_ONCE] += self.value.take(node)
        return total

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the forest as arrays.

        Returns
        -------
        dict of str to ndarray
            By name.
        """
        return {
            "roots": self.roots,
            "feature": self.feature,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "value": self.value,
            "start": np.array([self.start]),
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Forest:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            By name.

        Returns
        -------
        Forest
            The forest.
        """
        parts = {name: arrays[name] for name in ("roots", "feature", "threshold", "left", "right", "value")}
        return cls(**parts, start=float(arrays["start"][0]))


def fit_forest(
    rows: NDArray[np.floating[Any]],
    truth: NDArray[np.integer[Any]],
    weight: NDArray[np.float64],
    *,
    trees: int,
    smallest_leaf: int,
    seed: int,
) -> Forest:
    """Train gradient boosting on two classes and take it apart.

    Parameters
    ----------
    rows : ndarray of float of shape (n, features)
        Rows without missing numbers.
    truth : ndarray of int of shape (n,)
        0 or 1.
    weight : ndarray of float64 of shape (n,)
        Row weights.
    trees : int
        How many trees.
    smallest_leaf : int
        Fewest rows of a leaf.
    seed : int
        Where random draws start.

    Returns
    -------
    Forest
        Its logit is that of scikit-learn's classifier.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    model = HistGradientBoostingClassifier(
        max_iter=trees,
        min_samples_leaf=smallest_leaf,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1, user_api="openmp"):
        model.fit(rows, truth, sample_weight=weight)
    nodes = [step[0].nodes for step in model._predictors]  # noqa: SLF001 - a test holds it against the classifier
    sizes = np.array([len(part) for part in nodes], dtype=np.int64)
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    whole = np.concatenate(nodes)
    shift = np.repeat(roots, sizes)
    leaf = whole["is_leaf"].astype(bool)
    self_place = np.arange(len(whole))
    return Forest(
        roots=roots,
        feature=np.where(leaf, -1, whole["feature_idx"].astype(np.int64)),
        threshold=np.where(leaf, 0.0, whole["num_threshold"]),
        left=np.where(leaf, self_place, whole["left"].astype(np.int64) + shift),
        right=np.where(leaf, self_place, whole["right"].astype(np.int64) + shift),
        value=np.where(leaf, whole["value"], 0.0),
        start=float(np.ravel(model._baseline_prediction)[0]),  # noqa: SLF001 - likewise
    )
