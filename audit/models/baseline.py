"""The models that can be trained here: good enough to audit, quick enough to retrain for every repair.

One call fits any of them; what comes back only knows how to score rows.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import ModelError, did_you_mean, listing, quote
from audit.models.columns import require_columns
from audit.models.features import Encoder, build_encoder
from audit.plan import BASELINES
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from audit.progress import Progress

NOT_CONVERGED: Final = "The training stopped before it had fully converged."
"""The note for a training that reached its most steps."""

_FEW_ROWS = 200_000

TITLES: Final = {
    "logistic_regression": "Logistic regression",
    "gradient_boosting": "Gradient boosting",
    "mlp": "Neural network",
}
"""What the baselines are called on the screen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A trained model that scores rows.

    Parameters
    ----------
    title : str
        What the model is called on the screen.
    features : tuple of str
        The columns it looks at.
    notes : tuple of str
        What a reader should know about the training.
    predict : callable
        Takes a table with at least the features, gives the probability of the positive label per row.
    bounded : bool, default True
        Whether scores are probabilities; scores that are not are left as they are.
    encoder : Encoder or None
        How columns become numbers, where the model was trained here.
    estimator : object or None
        What scores the numbers, where the model was trained here: a fitted scikit-learn classifier or a
        :class:`audit.models.network.Network`.
    members : tuple of (float, Fitted), default ()
        Where the score is a mean of those of several models: each with its weight.
    drawn : bool, default False
        Whether one of these is drawn for each person: the score is then the share of those that say yes, at one half.
    """

    title: str
    features: tuple[str, ...]
    notes: tuple[str, ...]
    predict: Callable[[pd.DataFrame], NDArray[np.float64]]
    bounded: bool = True
    encoder: Encoder | None = None
    estimator: Any = None
    members: tuple[tuple[float, Fitted], ...] = ()
    drawn: bool = False

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Estimate for each row the probability of the positive label.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features; levels that training did not see are allowed.

        Returns
        -------
        array of float64, shape (n_rows,)
            Between 0 and 1.

        Raises
        ------
        ModelError
            If a feature is missing, or holds text where training had numbers.
        """
        require_columns(frame, self.features)
        if not len(frame):
            return np.empty(0)
        found = np.asarray(self.predict(frame), dtype=np.float64)
        return np.clip(found, 0.0, 1.0) if self.bounded else found


def mean_of(members: Sequence[tuple[float, Fitted]], *, title: str, notes: tuple[str, ...] = ()) -> Fitted:
    """Take the weighted mean of the scores of several models as a model.

    Parameters
    ----------
    members : sequence of (float, Fitted)
        Each model with its weight, 0 or more; those of weight 0 are left out.
    title : str
        What it is called.
    notes : tuple of str
        What a reader should know about the training.

    Returns
    -------
    Fitted
        The model.
    """
    total = sum(weight for weight, _ in members)
    shares = tuple((weight / total, one) for weight, one in members if weight > 0)

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(np.sum([share * one.score(frame) for share, one in shares], axis=0))

    features = dict.fromkeys(name for _, one in shares for name in one.features)
    return Fitted(title=title, features=tuple(features), notes=notes, predict=predict, members=shares)


def given_scores(column: str) -> Fitted:
    """Take a column of scores as a model.

    Parameters
    ----------
    column : str
        The column.

    Returns
    -------
    Fitted
        It scores each row with what the column holds.
    """
    return Fitted(
        title=f"Scores from column {quote(column)}",
        features=(column,),
        notes=(),
        predict=lambda frame: frame[column].to_numpy(dtype=np.float64),
        bounded=False,
    )


def fit_baseline(
    algorithm: str,
    frame: pd.DataFrame,
    label: Sequence[int] | NDArray[Any],
    *,
    weight: Sequence[float] | NDArray[Any] | None = None,
    seed: int,
    progress: Progress = silent,
) -> Fitted:
    """Train one of the baselines.

    Parameters
    ----------
    algorithm : {"logistic_regression", "gradient_boosting", "mlp"}
        Which one.
    frame : pandas.DataFrame
        The features of the training rows.
    label : array of int, shape (n_rows,)
        1 for the positive label, else 0.
    weight : array of float, shape (n_rows,), optional
        How much each row counts, 0 or more; only the proportions matter.
    seed : int
        Where every random draw starts; the same seed gives the same model.
    progress : callable
        Told how far the training is.

    Returns
    -------
    Fitted
        The trained model.

    Raises
    ------
    ModelError
        If the algorithm is not known, the training rows have one label only, or no column can be a feature.
    """
    if algorithm not in BASELINES:
        raise ModelError(
            f"There is no baseline called {quote(algorithm)}.",
            why=f"Baselines: {listing(BASELINES)}.",
            fix=did_you_mean(algorithm, BASELINES) or "Name one of these.",
            code="unknown_baseline",
        )
    target, weights = training_target(label, weight, n_rows=len(frame))
    progress(0.0, "Preparing the features")
    encoder = build_encoder(frame)
    rows = _Training(encoder=encoder, frame=frame, target=target, weights=weights, seed=seed)
    made, notes = _FITTERS[algorithm](rows, progress)
    progress(1.0, "Trained")
    return replace(made, notes=(*encoder.notes, *notes))


def linear(encoder: Encoder, estimator: Any, *, title: str, notes: tuple[str, ...] = ()) -> Fitted:
    """Take a linear classifier of the one-hot matrix as a model of rows.

    Parameters
    ----------
    encoder : Encoder
        How columns become numbers.
    estimator : scikit-learn classifier
        Fitted on what :func:`one_hot` gives, with the labels 0 and 1.
    title : str
        What it is called.
    notes : tuple of str
        What a reader should know about the training.

    Returns
    -------
    Fitted
        The model.
    """
    return Fitted(
        title=title,
        features=encoder.features,
        notes=notes,
        predict=lambda frame: positive_probability(estimator, one_hot(encoder, frame)),
        encoder=encoder,
        estimator=estimator,
    )


def positive_probability(estimator: Any, table: Any) -> NDArray[np.float64]:
    """Ask a fitted 0/1 classifier for the probability of 1.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Fitted on the labels 0 and 1.
    table : array or pandas.DataFrame
        What it takes.

    Returns
    -------
    array of float64, shape (n_rows,)
        A classifier that only knows margins has them mapped to 0 to 1 by the logistic function, so that 0.5 is
        where it decides; one that only decides gives 0 and 1.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(estimator, "predict_proba"):
            column = list(estimator.classes_).index(1)
            return np.asarray(estimator.predict_proba(table), dtype=np.float64)[:, column]
        if hasattr(estimator, "decision_function"):
            return logistic(np.asarray(estimator.decision_function(table), dtype=np.float64).ravel())
        return np.asarray(estimator.predict(table), dtype=np.float64).ravel()


def logistic(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map any number to 0 to 1, with 0 at one half.

    Parameters
    ----------
    margin : array of float64
        Any numbers.

    Returns
    -------
    array of float64
        :math:`1 / (1 + e^{-m})`, without overflow.
    """
    half: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * margin))
    return half


def training_target(
    label: Sequence[int] | NDArray[Any], weight: Sequence[float] | NDArray[Any] | None, *, n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Check the labels and weights of the training rows.

    Parameters
    ----------
    label : array of int
        0 and 1.
    weight : array of float or None
        Each 0 or more.
    n_rows : int
        How many rows there are.

    Returns
    -------
    tuple of array
        The labels, and the weights with a mean of 1.

    Raises
    ------
    ModelError
        If the rows that count have one label only.
    """
    target = np.asarray(label)
    weights = np.ones(n_rows) if weight is None else np.asarray(weight, dtype=np.float64)
    if target.shape != (n_rows,) or weights.shape != (n_rows,):
        raise ValueError("label and weight need one value per row")
    if not np.isin(target, (0, 1)).all():
        raise ValueError("labels are 0 or 1")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights are finite and not negative")
    counted = target[weights > 0]
    if not counted.size or counted.min() == counted.max():
        raise ModelError(
            "The training rows have only one label.",
            why=f"{int(np.sum(counted == 1)):,} of {counted.size:,} training rows have the positive label.",
            fix="Check the positive value, or bring rows with both labels.",
            code="one_class",
        )
    return target.astype(np.int64), weights / weights.mean()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Training:
    encoder: Encoder
    frame: pd.DataFrame
    target: NDArray[np.int64]
    weights: NDArray[np.float64]
    seed: int


def _fit_logistic(rows: _Training, progress: Progress) -> tuple[Fitted, tuple[str, ...]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    encoder = rows.encoder
    progress(0.2, "Training the logistic regression")
    model = LogisticRegression(max_iter=500, random_state=rows.seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(one_hot(encoder, rows.frame), rows.target, sample_weight=rows.weights)
    slow = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return linear(encoder, model, title=TITLES["logistic_regression"]), (NOT_CONVERGED,) if slow else ()


def one_hot(encoder: Encoder, frame: pd.DataFrame) -> Any:
    """Give the matrix of a linear model: dense without levels, else sparse, so that many levels cost no memory.

    Parameters
    ----------
    encoder : Encoder
        How columns become numbers.
    frame : pandas.DataFrame
        Rows with at least the features.

    Returns
    -------
    ndarray or scipy.sparse.csr_array of float64, shape (n_rows, n_numbers + n_levels)
        Standardised numbers, then 0 or 1 for each level of each column.
    """
    numbers = encoder.standard(frame)
    if not encoder.texts:
        return numbers
    from scipy import sparse

    codes = encoder.codes(frame)
    widths = np.array([column.width for column in encoder.texts])
    offsets = np.concatenate([[0], np.cumsum(widths)[:-1]])
    known = codes >= 0
    ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    levels = sparse.csr_array(
        (np.ones(int(ends[-1])), (codes + offsets)[known], ends), shape=(len(frame), int(widths.sum()))
    )
    return sparse.hstack([sparse.csr_array(numbers), levels], format="csr")


def _fit_boosting(rows: _Training, progress: Progress) -> tuple[Fitted, tuple[str, ...]]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    progress(0.2, "Training the gradient boosting")
    encoder = rows.encoder
    levels = [False] * len(encoder.numbers) + [True] * len(encoder.texts)
    model = HistGradientBoostingClassifier(
        max_iter=150, early_stopping=False, categorical_features=levels, random_state=rows.seed
    )

    def table(frame: pd.DataFrame) -> NDArray[np.float64]:
        codes = encoder.codes(frame).astype(float)
        codes[codes < 0] = np.nan  # a level that training did not see is treated as missing
        return np.hstack([encoder.raw(frame), codes])

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        with _threads_for(len(frame)):
            return positive_probability(model, table(frame))

    with _threads_for(len(rows.frame)):
        model.fit(table(rows.frame), rows.target, sample_weight=rows.weights)
    made = Fitted(
        title=TITLES["gradient_boosting"],
        features=encoder.features,
        notes=(),
        predict=predict,
        encoder=encoder,
        estimator=model,
    )
    return made, ()


def _threads_for(n_rows: int) -> Any:
    """Use one thread for few rows: on a busy machine, threads that wait for each other cost more than they save."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1 if n_rows < _FEW_ROWS else None, user_api="openmp")


def _fit_network(rows: _Training, progress: Progress) -> tuple[Fitted, tuple[str, ...]]:
    from audit.models.network import fit_network

    encoder = rows.encoder
    network = fit_network(
        encoder.standard(rows.frame),
        encoder.codes(rows.frame),
        tuple(column.width for column in encoder.texts),
        rows.target,
        rows.weights,
        seed=rows.seed,
        progress=progress,
    )
    made = Fitted(
        title=TITLES["mlp"],
        features=encoder.features,
        notes=(),
        predict=lambda frame: network.score(encoder.standard(frame), encoder.codes(frame)),
        encoder=encoder,
        estimator=network,
    )
    return made, network.notes


_FITTERS: Final = {
    "logistic_regression": _fit_logistic,
    "gradient_boosting": _fit_boosting,
    "mlp": _fit_network,
}
