"""The audited kind of model as an estimator that Fairlearn can train again: its features are numbers of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from audit.errors import ModelError
from audit.mitigation.rule import GroupRule
from audit.progress import within

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.repair import Fit
    from audit.models.baseline import Fitted
    from audit.progress import Progress

    Array = NDArray[np.float64]

HALF = 0.5
"""Costs are in the weights: what a model trained on them favours by more than half is decided."""


@dataclass(slots=True, kw_only=True, eq=False)
class Workshop:
    """Where all the models of one reduction are trained.

    Parameters
    ----------
    frame : pandas.DataFrame
        The training rows.
    fit : callable
        (frame, label, weight, progress) → Fitted.
    progress : callable
        Told after every model; may raise to stop.
    expected : int
        About how many models will be trained.
    trained : int
        How many were.
    """

    frame: pd.DataFrame
    fit: Fit
    progress: Progress
    expected: int
    trained: int = field(default=0)

    def train(self, rows: NDArray[np.int64], label: NDArray[np.int8], weight: Array) -> Fitted | int:
        """Train one model.

        Parameters
        ----------
        rows : ndarray of int
            Positions of the rows.
        label : ndarray of int8
            Labels as the reduction wants them.
        weight : ndarray of float64
            Weights as the reduction wants them.

        Returns
        -------
        Fitted or int
            The one label that counts, where there is only one.
        """
        share = [min((self.trained + extra) / self.expected, 0.99) for extra in (0, 1)]
        counted = np.unique(label[weight > 0])
        self.progress(share[0], f"Training model {self.trained + 1}")
        self.trained += 1
        if len(counted) < 2:
            return int(counted[0]) if len(counted) else 0
        try:
            return self.fit(self.frame.iloc[rows], label, weight, within(self.progress, *share))
        except ModelError as error:
            if error.code != "one_class":
                raise
            return int(counted[0])


class Oracle(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """One model of a reduction.

    Parameters
    ----------
    workshop : Workshop
        Where it is trained; copies of the estimator share it.
    """

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def __sklearn_clone__(self) -> Oracle:
        return Oracle(self.workshop)

    def __deepcopy__(self, memo: dict[int, Any]) -> Oracle:
        return Oracle(self.workshop)

    def fit(self, X: Any, y: Any, sample_weight: Any) -> Oracle:  # noqa: N803 - scikit-learn's signature
        """Train the model.

        Parameters
        ----------
        X : array of shape (n, 1)
            Numbers of the rows.
        y : array of shape (n,)
            Labels.
        sample_weight : array of shape (n,)
            Weights.

        Returns
        -------
        Oracle
            Itself.
        """
        rows = np.asarray(X).ravel().astype(np.int64)
        label = np.asarray(y, dtype=np.int8).ravel()
        weight = np.asarray(sample_weight, dtype=np.float64).ravel()
        self.classes_ = np.array([0, 1])
        self.fitted_ = self.workshop.train(rows, label, weight)
        self.decided_: tuple[int, NDArray[np.int64]] | None = None
        return self

    def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: N803 - scikit-learn's signature
        """Decide about training rows.

        Parameters
        ----------
        X : array of shape (n, 1)
            Numbers of the rows.

        Returns
        -------
        ndarray of int64
            0 or 1.
        """
        rows = np.asarray(X).ravel().astype(np.int64)
        if self.decided_ is None or self.decided_[0] != len(rows):
            score = scored(self.fitted_, self.workshop.frame.iloc[rows])
            self.decided_ = (len(rows), (score >= HALF).astype(np.int64))
        return self.decided_[1]


def at_half(threshold: float) -> GroupRule | None:
    """Say that scores decide at one half, where the audit has another threshold.

    Parameters
    ----------
    threshold : float
        The threshold of the audit.

    Returns
    -------
    GroupRule or None
        One threshold for everybody; None where it is that of the audit.
    """
    return None if threshold == HALF else GroupRule(groups=(), steps=(), otherwise=HALF)


def scored(model: Fitted | int, frame: pd.DataFrame) -> Array:
    """Score rows with a model, or with the one label that it always gives.

    Parameters
    ----------
    model : Fitted or int
        The model.
    frame : pandas.DataFrame
        The rows.

    Returns
    -------
    ndarray of float64
        Scores.
    """
    return np.full(len(frame), float(model)) if isinstance(model, int) else model.score(frame)


def model_of(predictor: Any) -> Fitted | int:
    """Give the model inside one of Fairlearn's predictors.

    Parameters
    ----------
    predictor : Oracle or DummyClassifier
        Fairlearn takes a classifier that always says the same where all labels are the same.

    Returns
    -------
    Fitted or int
        The model, or the label.
    """
    return predictor.fitted_ if isinstance(predictor, Oracle) else int(predictor.constant)
