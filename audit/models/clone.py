"""Train a fresh copy of someone else's classifier: its settings, none of what it has learned."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models.baseline import NOT_CONVERGED, Fitted, positive_probability, training_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray


def fit_clone(
    estimator: Any,
    frame: pd.DataFrame,
    label: Sequence[int] | NDArray[Any],
    *,
    prepare: Callable[[pd.DataFrame], Any],
    weight: Sequence[float] | NDArray[Any] | None = None,
    seed: int,
    title: str = "",
) -> Fitted:
    """Train a fresh copy of a scikit-learn classifier, with its own settings.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Its settings are copied; what it has learned is not.
    frame : pandas.DataFrame
        The features of the training rows.
    label : array of int, shape (n_rows,)
        1 for the positive label, else 0.
    prepare : callable
        Brings a table into the form the classifier takes.
    weight : array of float, shape (n_rows,), optional
        How much each row counts; None or all equal means that weights are not needed.
    seed : int
        Given to every `random_state` of the classifier.
    title : str, default ""
        What the model is called; empty means its class.

    Returns
    -------
    Fitted
        The retrained model.

    Raises
    ------
    ModelError
        If weights are needed and the classifier takes none, if there is one label only, or if training fails.
    """
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    target, weights = training_target(label, weight, n_rows=len(frame))
    fresh = _settle(clone(estimator), seed)
    options = _weight_option(fresh, weights) if np.ptp(weights) > 1e-12 else {}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fresh.fit(prepare(frame), target, **options)
    except ModelError:
        raise
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError, IndexError, KeyError) as error:
        raise ModelError(
            "The model could not be trained again on these rows.",
            why=f"Its training stopped with {type(error).__name__}.",
            fix="Choose a baseline to retrain instead.",
            code="model_refit",
        ) from error
    slow = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return Fitted(
        title=title or type(fresh).__name__,
        features=tuple(map(str, frame.columns)),
        notes=(NOT_CONVERGED,) if slow else (),
        predict=lambda rows: positive_probability(fresh, prepare(rows)),
        estimator=fresh,
    )


def _settle(estimator: Any, seed: int) -> Any:
    """Make the training repeatable and keep it from writing caches or starting processes of its own."""
    settings: dict[str, Any] = {}
    for name, value in estimator.get_params(deep=True).items():
        last = name.rsplit("__", 1)[-1]
        if last == "random_state":
            settings[name] = seed
        elif last == "memory":
            settings[name] = None
        elif last == "n_jobs" and value is not None:
            settings[name] = 1
    return estimator.set_params(**settings)


def _weight_option(estimator: Any, weights: NDArray[np.float64]) -> dict[str, Any]:
    """Find under which name the classifier, or the last step of its pipeline, takes weights."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    prefix, final = "", estimator
    while isinstance(final, Pipeline):
        step, final = final.steps[-1]
        prefix += f"{step}__"
    if not has_fit_parameter(final, "sample_weight"):
        raise ModelError(
            f"{type(final).__name__} cannot be trained with weights.",
            why="This repair works by giving rows different weights.",
            fix="Choose a repair that changes the rows, or a baseline to retrain.",
            code="model_weights",
        )
    return {f"{prefix}sample_weight": weights}
