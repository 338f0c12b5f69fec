"""Fairlearn's reductions with a bound on every group's loss, taught weights and spared a slow step."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from fairlearn.reductions import (
    BoundedGroupLoss,
    ExponentiatedGradient,
    GridSearch,
    SquareLoss,
    ZeroOneLoss,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.mitigation.repair import Task
    from audit.models.baseline import Fitted
    from audit.progress import Progress

    Array = NDArray[np.float64]

_MOST_ROUNDS = 50


class WeightedGroupLoss(BoundedGroupLoss):  # type: ignore[misc] # Fairlearn is not typed
    """A bound on each group's loss where rows have weights, and where some groups have no bound.

    Parameters
    ----------
    loss : SquareLoss or ZeroOneLoss
        Fairlearn's loss.
    bounds : ndarray of float64 of shape (groups,) or None
        Bound of each group in the order of their names; None where everybody is one group.
    weight : ndarray of float64 of shape (n,)
        Row weights, each above 0.

    Notes
    -----
    Fairlearn's own moment counts rows and sets one bound for all. It also looks up the weight of each row in a Python
    loop, which takes longer than training a logistic regression; here it is one lookup in an array. With equal weights
    and bounds both give the same numbers.
    """

    def __init__(self, loss: Any, *, bounds: Array | None, weight: Array) -> None:
        super().__init__(loss, upper_bound=None if bounds is None else 1.0)
        self.no_groups = bounds is None
        self.bounds = bounds
        self.weight = weight / weight.mean()

    def default_objective(self) -> WeightedGroupLoss:
        """Give the loss of everybody, with the same weights.

        Returns
        -------
        WeightedGroupLoss
            Without groups.
        """
        return WeightedGroupLoss(self.reduction_loss, bounds=None, weight=self.weight)

    def load_data(self, X: Any, y: Any, *, sensitive_features: Any = None) -> None:  # noqa: N803 - Fairlearn's name
        """Take in the rows.

        Parameters
        ----------
        X : ndarray of shape (n, 1)
            Row positions.
        y : Series of int
            Labels.
        sensitive_features : Series of str
            Names of the groups.
        """
        super().load_data(X, y, sensitive_features=sensitive_features)
        codes, _ = pd.factorize(self.tags["group_id"], sort=True)
        self.codes = np.asarray(codes)
        mass = np.bincount(self.codes, weights=self.weight)
        self.mass = mass
        self.prob_attr = pd.Series(mass / mass.sum(), index=self.index)
        self.default_objective_lambda_vec = self.prob_attr

    def gamma(self, predictor: Callable[[Any], Any]) -> pd.Series[float]:
        """Give the weighted mean loss of each group.

        Parameters
        ----------
        predictor : callable
            Row positions → scores.

        Returns
        -------
        pandas.Series of float
            By group.
        """
        loss = np.asarray(
            self.reduction_loss.eval(self.tags["label"].to_numpy(), np.asarray(predictor(self.X)))
        )
        return pd.Series(np.bincount(self.codes, weights=self.weight * loss) / self.mass, index=self.index)

    def bound(self) -> pd.Series[float]:
        """Give the bound of each group.

        Returns
        -------
        pandas.Series of float
            By group.
        """
        return pd.Series(1.0 if self.bounds is None else self.bounds, index=self.index)

    def signed_weights(self, lambda_vec: pd.Series[float] | None = None) -> pd.Series[float]:
        """Give the row weights under multipliers.

        Parameters
        ----------
        lambda_vec : pandas.Series of float or None
            Multiplier of each group; None for everybody's loss.

        Returns
        -------
        pandas.Series of float
            By row.
        """
        factor = np.ones(len(self.mass)) if lambda_vec is None else (lambda_vec / self.prob_attr).to_numpy()
        return pd.Series(factor[self.codes] * self.weight, index=self.tags.index)


@dataclass(slots=True, eq=False)
class Kitchen:
    """Where the reductions have their models trained, a limited number of times.

    Parameters
    ----------
    task : Task
        Training rows, and how the model is trained.
    most : int
        How many models may be trained.
    decided : bool
        Whether a model answers with decisions rather than scores.
    progress : callable
        Told after each model; may raise to stop.
    """

    task: Task
    most: int
    decided: bool
    progress: Progress
    made: list[tuple[Fitted, Array]] = field(default_factory=list)

    def serve(self, weight: Array) -> tuple[Fitted, Array]:
        """Train a model under weights; where no more may be trained, give the best of those there are.

        Parameters
        ----------
        weight : ndarray of float64 of shape (n,)
            Row weights.

        Returns
        -------
        fitted : Fitted
            The model.
        answer : ndarray of float64 of shape (n,)
            Its scores on the training rows, or its decisions.
        """
        train = self.task.train
        if len(self.made) >= self.most:
            return min(self.made, key=lambda one: float(weight @ (one[1] - train.label) ** 2))
        self.progress(len(self.made) / self.most, f"Model {len(self.made) + 1} of at most {self.most}")
        fitted = self.task.fit(train.frame, train.label, weight, _quiet)
        answer = fitted.score(train.frame)
        if self.decided:
            answer = (answer >= self.task.threshold).astype(np.float64)
        self.made.append((fitted, answer))
        return self.made[-1]


def _quiet(share: float, message: str) -> None:
    del share, message


class Oracle:
    """The estimator that Fairlearn sees: it is given row positions, and has a model trained on them.

    Parameters
    ----------
    kitchen : Kitchen
        Where the model is trained.
    """

    def __init__(self, kitchen: Kitchen) -> None:
        self.kitchen = kitchen
        self.fitted: Fitted | None = None
        self.answer: Array = np.empty(0)

    def __sklearn_clone__(self) -> Oracle:
        return Oracle(self.kitchen)

    def __deepcopy__(self, memo: dict[int, Any]) -> Oracle:
        return Oracle(self.kitchen)

    def fit(self, X: Any, y: Any, sample_weight: Any) -> Oracle:  # noqa: N803, ARG002 - Fairlearn's names
        """Train.

        Parameters
        ----------
        X : ndarray of shape (n, 1)
            Row positions, all of them.
        y : Series of int
            Without effect: labels do not change.
        sample_weight : Series of float
            Row weights.

        Returns
        -------
        Oracle
            Itself.
        """
        self.fitted, self.answer = self.kitchen.serve(np.asarray(sample_weight, dtype=np.float64))
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803 - Fairlearn's name
        """Answer for training rows.

        Parameters
        ----------
        X : ndarray of shape (n, 1)
            Row positions.

        Returns
        -------
        ndarray of float64 of shape (n,)
            Scores, or decisions.
        """
        return np.asarray(self.answer[np.asarray(X)[:, 0]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reduced:
    """What a reduction found.

    Parameters
    ----------
    members : tuple of Fitted
        Models.
    weights : tuple of float
        What each counts in the mixture; all 0 but one where a single model was chosen.
    fits : int
        How many models were trained.
    """

    members: tuple[Fitted, ...]
    weights: tuple[float, ...]
    fits: int


def reduce(task: Task, *, loss: str, bounds: Array, most: int, grid: bool, progress: Progress) -> Reduced:
    """Run a reduction of Fairlearn.

    Parameters
    ----------
    task : Task
        Training rows, each of a weight above 0.
    loss : {"brier", "error"}
        What is bounded.
    bounds : ndarray of float64 of shape (groups,)
        Bound of each group that has rows; 1 for no bound.
    most : int
        How many models may be trained.
    grid : bool
        Whether to try a grid of multipliers rather than the exponentiated gradient.
    progress : callable
        Told after each model; may raise to stop.

    Returns
    -------
    Reduced
        The models and their weights.
    """
    train = task.train
    kitchen = Kitchen(task=task, most=most, decided=loss == "error", progress=progress)
    present, codes = np.unique(train.group, return_inverse=True)
    names = pd.Series([f"{code:05d}" for code in codes])
    made = ZeroOneLoss() if loss == "error" else SquareLoss(0, 1)
    moment = WeightedGroupLoss(made, bounds=bounds[present], weight=train.weight)
    rows, label = np.arange(len(train.label))[:, None], pd.Series(train.label.astype(np.int64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if grid:
            share = np.bincount(codes, weights=train.weight) / train.weight.sum()
            bounded = np.flatnonzero(bounds[present] < 1)
            found: Any = GridSearch(Oracle(kitchen), moment, grid=star(share, bounded, most))
        else:
            found = ExponentiatedGradient(Oracle(kitchen), moment, max_iter=_MOST_ROUNDS)
        found.fit(rows, label, sensitive_features=names)
    weights = [0.0] * len(found.predictors_) if grid else found.weights_.sort_index().tolist()
    members = tuple(one.fitted for one in found.predictors_)
    return Reduced(members=members, weights=tuple(weights), fits=len(kitchen.made))


def star(share: Array, bounded: Sequence[int] | NDArray[np.integer[Any]], most: int) -> pd.DataFrame:
    """Give multipliers from everybody's loss towards each group's: a full grid grows too fast with the groups.

    Parameters
    ----------
    share : ndarray of float64 of shape (groups,)
        Share of each group.
    bounded : sequence of int
        Groups that have a bound.
    most : int
        How many points there may be.

    Returns
    -------
    pandas.DataFrame of shape (groups, points)
        Multipliers that add up to 1, by group; the columns are the points, the first everybody's loss.
    """
    steps = max(1, (most - 1) // max(len(bounded), 1))
    points = [share]
    for step in range(1, steps + 1):
        for group in bounded:
            far = step / (steps + 1)
            towards = np.zeros(len(share))
            towards[group] = 1.0
            points.append((1 - far) * share + far * towards)
    index = [f"{code:05d}" for code in range(len(share))]
    return pd.DataFrame(np.array(points[:most]).T, index=index)
