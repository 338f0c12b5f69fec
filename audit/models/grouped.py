"""Parts of models that are handed over and that scikit-learn itself does not have.

A file that holds one of them loads where this project is installed; everything else in it is scikit-learn's own. They
hold numbers and texts only, and are on the trusted list (:mod:`audit.models.trusted`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone

from audit.models.baseline import positive_probability
from audit.models.columns import numbers_again
from audit.models.draws import chance_of, decided, row_draws
from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CanonicalTexts(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Give every value of a column as the one text under which it is compared; NaN where nothing was recorded.

    Notes
    -----
    Spaces at the ends are left out, and 1, 1.0 and "1" are the same text.
    """

    def fit(self, X: Any, y: Any = None) -> CanonicalTexts:  # noqa: N803 - scikit-learn's signature
        """Note how many columns there are.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.
        y : None
            Without effect.

        Returns
        -------
        CanonicalTexts
            This object.
        """
        del y
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> NDArray[Any]:  # noqa: N803 - scikit-learn's signature
        """Give the texts.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.

        Returns
        -------
        ndarray of object of shape (n_rows, n_columns)
            Texts and NaN.
        """
        frame = pd.DataFrame(X)
        found = np.empty(frame.shape, dtype=object)
        for at in range(frame.shape[1]):
            codes, values = pd.factorize(frame.iloc[:, at].astype(object))
            texts = [canonical(value) for value in values]
            known = np.array([*(np.nan if text is None else text for text in texts), np.nan], dtype=object)
            found[:, at] = known[codes]
        return found

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")


class Numbers(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Give columns as numbers, dates as days since 1970; NaN where nothing was recorded."""

    def fit(self, X: Any, y: Any = None) -> Numbers:  # noqa: N803 - scikit-learn's signature
        """Note how many columns there are.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.
        y : None
            Without effect.

        Returns
        -------
        Numbers
            This object.
        """
        del y
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's signature
        """Give the numbers.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.

        Returns
        -------
        ndarray of float64 of shape (n_rows, n_columns)
            Numbers and NaN.
        """
        frame = pd.DataFrame(X)
        return np.column_stack([numbers_again(frame.iloc[:, at]) for at in range(frame.shape[1])])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")


class GroupThresholds(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Decide by a score and a threshold that depends on the group.

    It only decides: scores that are compared with different thresholds are no common scale, so it gives none. The score
    itself is that of the inner classifier.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Gives the probability of the label 1.
    columns : list of dict
        How each column makes groups: "name"; "places", from texts to positions, or "cuts" with "bins", the positions
        between them; and "missing", the position of those for whom nothing is recorded, −1 for no group.
    groups : list of list of int
        The groups, as a position in each column.
    thresholds : list of list of (float, float)
        For each group its thresholds, each with the share of people that it decides about: a score at or above it is a
        positive decision. Where there are several, which one counts follows from the seed and the values of the features.
    otherwise : float, default 0.5
        The threshold for anybody else; for everybody where no columns are named.
    seed : int, default 0
        Where draws between thresholds start.
    features : list of str or None
        What the inner classifier looks at, in order; None for the columns that it names itself.
    named : bool, default True
        Whether it takes a table with names; otherwise a matrix.
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        columns: Any = None,
        groups: Any = None,
        thresholds: Any = None,
        otherwise: float = 0.5,
        seed: int = 0,
        features: Any = None,
        named: bool = True,
    ) -> None:
        self.estimator = estimator
        self.columns = columns
        self.groups = groups
        self.thresholds = thresholds
        self.otherwise = otherwise
        self.seed = seed
        self.features = features
        self.named = named

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> GroupThresholds:  # noqa: N803 - scikit-learn's signature
        """Train the inner classifier again; the thresholds stay.

        Parameters
        ----------
        X : pandas.DataFrame
            Its features and the columns that make the groups.
        y : array of int
            0 and 1.
        sample_weight : array of float or None
            What each row counts.

        Returns
        -------
        GroupThresholds
            This object.
        """
        inner = clone(self.estimator)
        table = seen_by(self.estimator, X, self.features, named=self.named)
        return self.take(inner.fit(table, y, **weights_for(inner, sample_weight)))

    def take(self, fitted: Any) -> GroupThresholds:
        """Use a classifier that is fitted already.

        Parameters
        ----------
        fitted : scikit-learn classifier
            Fitted on the labels 0 and 1.

        Returns
        -------
        GroupThresholds
            This object, ready to decide.
        """
        self.estimator_ = fitted
        self.classes_ = np.asarray(fitted.classes_)
        seen = self.features or fitted.feature_names_in_
        names = dict.fromkeys([*map(str, seen), *(each["name"] for each in self.columns)])
        self.feature_names_in_ = np.array(list(names), dtype=object)
        self.n_features_in_ = len(names)
        return self

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803 - scikit-learn's signature
        """Decide.

        Parameters
        ----------
        X : pandas.DataFrame
            The features of the inner classifier and the columns that make the groups.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            0 or 1.
        """
        table = seen_by(self.estimator_, X, self.features, named=self.named)
        score = positive_probability(self.estimator_, table)
        chance = np.asarray(score >= float(self.otherwise), dtype=np.float64)
        found = group_places(X, self.columns, self.groups)
        for place, steps in enumerate(self.thresholds):
            chance[found == place] = chance_of(score[found == place], steps)
        looked_at = self.features or self.estimator_.feature_names_in_
        drawn = any(len(steps) > 1 for steps in self.thresholds)
        draw = row_draws(X, looked_at, seed=int(self.seed)) if drawn else np.full(len(X), 0.5)
        return np.asarray(self.classes_[decided(chance, draw).astype(int)])


class Drawn(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Decide by a draw, where a classifier gives the chance of a positive decision.

    It only decides: whoever compared the chance with a threshold would decide otherwise.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Gives the chance of the label 1, and names its columns.
    seed : int, default 0
        Where the draws start; they follow from it and from the values of a row.
    """

    def __init__(self, estimator: Any = None, *, seed: int = 0) -> None:
        self.estimator = estimator
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Drawn:  # noqa: N803 - scikit-learn's signature
        """Train the inner classifier again.

        Parameters
        ----------
        X : pandas.DataFrame
            Its features.
        y : array of int
            0 and 1.
        sample_weight : array of float or None
            What each row counts.

        Returns
        -------
        Drawn
            This object.
        """
        inner = clone(self.estimator)
        return self.take(inner.fit(X, y, **weights_for(inner, sample_weight)))

    def take(self, fitted: Any) -> Drawn:
        """Use a classifier that is fitted already.

        Parameters
        ----------
        fitted : scikit-learn classifier
            Fitted on the labels 0 and 1.

        Returns
        -------
        Drawn
            This object, ready to decide.
        """
        self.estimator_ = fitted
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.asarray(fitted.feature_names_in_)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803 - scikit-learn's signature
        """Decide.

        Parameters
        ----------
        X : pandas.DataFrame
            The features.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            0 or 1.
        """
        chance = positive_probability(self.estimator_, X[list(self.feature_names_in_)])
        draw = row_draws(X, list(self.feature_names_in_), seed=int(self.seed))
        return np.asarray(self.classes_[decided(chance, draw).astype(int)])


def seen_by(estimator: Any, X: Any, features: Any, *, named: bool = True) -> Any:  # noqa: N803 - scikit-learn's name
    """Give a classifier its columns.

    Parameters
    ----------
    estimator : scikit-learn classifier
        It may name its columns itself.
    X : pandas.DataFrame
        At least these columns.
    features : list of str or None
        Their names, in order; None for those that the classifier names, or all.
    named : bool, default True
        Whether it takes a table with names.

    Returns
    -------
    pandas.DataFrame or ndarray
        The columns.
    """
    table = X[list(features or getattr(estimator, "feature_names_in_", X.columns))]
    if named:
        return table
    plain = all(dtype.kind in "biuf" for dtype in table.dtypes)
    return table.to_numpy(dtype=float if plain else object)


def weights_for(estimator: Any, sample_weight: Any) -> dict[str, Any]:
    """Say under which name a classifier, or the last step of a pipeline, takes weights.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Not fitted.
    sample_weight : array of float or None
        What each row counts.

    Returns
    -------
    dict
        Empty without weights.
    """
    prefix = f"{estimator.steps[-1][0]}__" if hasattr(estimator, "steps") else ""
    return {} if sample_weight is None else {f"{prefix}sample_weight": sample_weight}


def group_places(X: Any, columns: Any, groups: Any) -> NDArray[np.int64]:  # noqa: N803 - scikit-learn's name
    """Find the group of every row from the raw columns.

    Parameters
    ----------
    X : pandas.DataFrame
        At least the columns.
    columns, groups : list
        As :class:`GroupThresholds` takes them.

    Returns
    -------
    ndarray of int64 of shape (n_rows,)
        Position among the groups; −1 for anybody else.
    """
    place = np.full(len(X), -1, dtype=np.int64)
    if not columns:
        return place
    found = np.column_stack([_positions(X[each["name"]], each) for each in columns])
    for at, group in enumerate(groups):
        place[(found == np.asarray(group)).all(axis=1)] = at
    return place


def _positions(series: pd.Series[Any], column: Any) -> NDArray[np.int64]:
    """Put the values of a column into its groups; −1 for what no group has."""
    if "cuts" in column:
        numbers = numbers_again(series)
        bins = np.asarray(column["bins"], dtype=np.int64)
        place = bins[np.searchsorted(np.asarray(column["cuts"], dtype=float), numbers, side="right")]
        return np.where(np.isnan(numbers), column["missing"], place).astype(np.int64)
    codes, values = pd.factorize(series.astype(object))
    known = column["places"]
    places = [column["missing"] if text is None else known.get(text, -1) for text in map(canonical, values)]
    return np.array([*places, column["missing"]], dtype=np.int64)[codes]
