"""Fairlearn's constraints, with weights of rows and with the costs that a threshold stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from fairlearn import reductions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CONSTRAINTS: Final = {
    ("opportunity", "positive"): "TruePositiveRateParity",
    ("opportunity", "negative"): "FalsePositiveRateParity",
    ("false_positive_rate", "positive"): "FalsePositiveRateParity",
    ("false_positive_rate", "negative"): "TruePositiveRateParity",
    ("selection", "positive"): "DemographicParity",
    ("selection", "negative"): "DemographicParity",
    ("odds", "positive"): "EqualizedOdds",
    ("odds", "negative"): "EqualizedOdds",
    ("error", "positive"): "ErrorRateParity",
    ("error", "negative"): "ErrorRateParity",
}
"""Fairlearn's constraint, by its id here and the favourable outcome: chances turn with it."""


class _Weighing:
    """What a constraint needs so that rows of weight 2 count like two rows."""

    def __init__(self, *, weight: Array, costs: tuple[float, float], bound: float) -> None:
        super().__init__(difference_bound=bound)  # type: ignore[call-arg] # Fairlearn's constraint is the other base
        self.row_weight = weight
        self.costs = costs

    def default_objective(self) -> Any:
        return WeightedErrorRate(weight=self.row_weight, costs=self.costs)

    def load_data(self, X: Any, y: Any, **given: Any) -> None:  # noqa: N803 - Fairlearn's signature
        super().load_data(X, y, **given)  # type: ignore[misc] # Fairlearn's constraint is the other base
        this: Any = self
        weight = pd.Series(self.row_weight, index=this.tags.index)
        event, group = this.tags["event"], this.tags["group_id"]
        this.prob_event = weight.groupby(event).sum() / this.total_samples
        this.prob_group_event = weight.groupby([event, group]).sum() / this.total_samples
        this.prob_group_event.index.names = ["event", "group_id"]
        columns = {}
        for e, g in this.prob_group_event.index:
            inside = (event == e).to_numpy(dtype=float)
            both = inside * (group == g).to_numpy(dtype=float)
            apart = inside / this.prob_event[e] - both / this.prob_group_event[e, g]
            columns["+", e, g], columns["-", e, g] = self.row_weight * apart, -self.row_weight * apart
        this.U = pd.DataFrame(columns, index=this.tags.index)[list(this.index)]
        this.U.columns = this.index


class WeightedErrorRate(reductions.ErrorRate):  # type: ignore[misc] # Fairlearn is untyped
    """The mean cost of errors, with weights of rows.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Weights of the rows, with a mean of 1.
    costs : tuple of (float, float)
        What a false positive and a false negative cost.
    """

    def __init__(self, *, weight: Array, costs: tuple[float, float]) -> None:
        super().__init__(costs={"fp": costs[0], "fn": costs[1]})
        self.row_weight = weight

    def gamma(self, predictor: Any) -> pd.Series:
        """Give the mean cost.

        Parameters
        ----------
        predictor : callable
            Rows → decisions.

        Returns
        -------
        pandas.Series
            One number.
        """
        label = self.tags["label"].to_numpy(dtype=float)
        wrong = label - np.asarray(predictor(self.X), dtype=float).ravel()
        cost = np.where(wrong > 0, self.fn_cost * wrong, -self.fp_cost * wrong)
        return pd.Series(float(self.row_weight @ cost) / self.total_samples, index=self.index)

    def signed_weights(self, lambda_vec: pd.Series | None = None) -> pd.Series:
        """Give what a positive decision saves, for each row.

        Parameters
        ----------
        lambda_vec : pandas.Series or None
            A factor.

        Returns
        -------
        pandas.Series
            One number for each row.
        """
        found: pd.Series = super().signed_weights(lambda_vec) * self.row_weight
        return found


def constraint(
    name: str, favourable: str, *, weight: Array, threshold: float, bound: float
) -> reductions.ClassificationMoment:
    """Make one of Fairlearn's constraints.

    Parameters
    ----------
    name : {"opportunity", "selection", "odds", "false_positive_rate", "error"}
        What is to be alike.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    weight : ndarray of shape (n,)
        Weights of the training rows.
    threshold : float
        The threshold of the audit: it says what errors cost, t for a false positive and 1 − t for a false negative.
    bound : float
        The difference between a group and everybody that is allowed.

    Returns
    -------
    ClassificationMoment
        The constraint, with its objective.
    """
    base = getattr(reductions, CONSTRAINTS[name, favourable])
    kind = type(f"Weighted{base.__name__}", (_Weighing, base), {"short_name": base.short_name})
    costs = (2 * threshold, 2 * (1 - threshold)) if 0 < threshold < 1 else (1.0, 1.0)
    made: reductions.ClassificationMoment = kind(weight=weight / weight.mean(), costs=costs, bound=bound)
    return made
