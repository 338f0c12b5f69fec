"""Models that see other features than the raw columns: moved by the group, brought to resemblances, or several at once.

They are parts of files that are handed over, beside :mod:`audit.models.grouped`: they hold numbers and texts, and add,
compare and look up. What they compute is what the repair computed (:mod:`audit.models.moves`,
:class:`audit.models.features.Encoder`), so that a file decides as was measured.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from audit.models.baseline import positive_probability
from audit.models.columns import numbers_again
from audit.models.features import Encoder, LevelColumn, NumberColumn
from audit.models.grouped import group_places, seen_by, weights_for
from audit.models.moves import Distribution, resemblance, to_median

if TYPE_CHECKING:
    from numpy.typing import NDArray


class MovedByGroup(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Write rows as numbers and take from them what goes with the group.

    Parameters
    ----------
    encoder : dict
        How columns become numbers, from :func:`plain_encoder`.
    names : list of str
        The columns of the matrix.
    moves : ndarray of shape (groups + 1, columns)
        What is taken from the rows of each group; the last line is for everybody else.
    """

    def __init__(self, encoder: Any = None, names: Any = None, moves: Any = None) -> None:
        self.encoder = encoder
        self.names = names
        self.moves = moves

    @property
    def columns_in(self) -> list[str]:
        """The raw columns that it looks at."""
        return list(_encoder(self.encoder).features)

    def change(self, frame: pd.DataFrame, group: NDArray[np.int64]) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            At least the columns.
        group : ndarray of int64
            Position of each row's group; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        values = _encoder(self.encoder).dense(frame) - np.asarray(self.moves)[group]
        return pd.DataFrame(values, columns=self.names)


class RanksOfGroups(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Bring numbers towards the value that their rank within the own group has in the typical group.

    Parameters
    ----------
    columns : list of dict
        For each column that is moved its "name", whether it is "whole", and the values and ranks, as an array of two
        lines, of "everybody" and of each of the "groups", None for a group that is read like everybody.
    strength : float
        How far values are moved, 0 to 1.
    features : list of str
        The columns that the model sees, with those that stay.
    """

    def __init__(self, columns: Any = None, strength: float = 1.0, features: Any = None) -> None:
        self.columns = columns
        self.strength = strength
        self.features = features

    @property
    def columns_in(self) -> list[str]:
        """The raw columns that it looks at."""
        return list(self.features)

    def change(self, frame: pd.DataFrame, group: NDArray[np.int64]) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            At least the columns.
        group : ndarray of int64
            Position of each row's group; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        found = frame[list(self.features)].copy(deep=False)
        for column in self.columns:
            values = numbers_again(frame[column["name"]])
            full = to_median(
                values,
                group,
                groups=[_distribution(each) for each in column["groups"]],
                everybody=Distribution(values=column["everybody"][0], ranks=column["everybody"][1]),
            )
            moved = (1 - self.strength) * values + self.strength * full
            found[column["name"]] = np.round(moved) if column["whole"] else moved
        return found


class Resemblances(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Describe rows by how much they resemble a few typical persons; nobody's group is looked at.

    Parameters
    ----------
    encoder : dict
        How columns become numbers, from :func:`plain_encoder`.
    names : list of str
        What the resemblances are called.
    vectors : ndarray of shape (typical persons, columns)
        The typical persons.
    scale : ndarray of shape (columns,)
        What each column counts.
    """

    def __init__(
        self, encoder: Any = None, names: Any = None, vectors: Any = None, scale: Any = None
    ) -> None:
        self.encoder = encoder
        self.names = names
        self.vectors = vectors
        self.scale = scale

    @property
    def columns_in(self) -> list[str]:
        """The raw columns that it looks at."""
        return list(_encoder(self.encoder).features)

    def change(self, frame: pd.DataFrame, group: NDArray[np.int64]) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            At least the columns.
        group : ndarray of int64
            Without effect.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        del group
        values = resemblance(
            _encoder(self.encoder).dense(frame), np.asarray(self.vectors), np.asarray(self.scale)
        )
        return pd.DataFrame(values, columns=self.names)


class _AtOneHalf(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A classifier with a common scale of scores, which decides at one half."""

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803 - scikit-learn's signature
        """Decide at one half.

        Parameters
        ----------
        X : pandas.DataFrame
            The raw columns.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            One of the classes.
        """
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)])


class OnChanged(_AtOneHalf):
    """Score people by features that are changed before the model sees them.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Fitted on the changed features.
    change : MovedByGroup, RanksOfGroups or Resemblances
        How they are changed.
    columns, groups : list
        How the group of a person is found, as :class:`audit.models.grouped.GroupThresholds` takes them; empty where the
        change does not ask for it.
    named : bool, default True
        Whether the classifier takes a table with names; otherwise a matrix.
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        change: Any = None,
        columns: Any = None,
        groups: Any = None,
        named: bool = True,
    ) -> None:
        self.estimator = estimator
        self.change = change
        self.columns = columns
        self.groups = groups
        self.named = named

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> OnChanged:  # noqa: N803 - scikit-learn's signature
        """Train the inner classifier again; the change stays.

        Parameters
        ----------
        X : pandas.DataFrame
            The raw columns.
        y : array of int
            0 and 1.
        sample_weight : array of float or None
            What each row counts.

        Returns
        -------
        OnChanged
            This object.
        """
        inner = clone(self.estimator)
        return self.take(inner.fit(self._table(inner, X), y, **weights_for(inner, sample_weight)))

    def take(self, fitted: Any) -> OnChanged:
        """Use a classifier that is fitted already.

        Parameters
        ----------
        fitted : scikit-learn classifier
            Fitted on changed features and the labels 0 and 1.

        Returns
        -------
        OnChanged
            This object, ready to score.
        """
        self.estimator_ = fitted
        self.classes_ = np.array([0, 1])
        names = dict.fromkeys([*self.change.columns_in, *(each["name"] for each in self.columns)])
        self.feature_names_in_ = np.array(list(names), dtype=object)
        self.n_features_in_ = len(names)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's signature
        """Score.

        Parameters
        ----------
        X : pandas.DataFrame
            The raw columns.

        Returns
        -------
        ndarray of float64 of shape (n_rows, 2)
            Each row adds up to 1.
        """
        score = positive_probability(self.estimator_, self._table(self.estimator_, X))
        return np.column_stack([1 - score, score])

    def _table(self, estimator: Any, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        group = group_places(X, self.columns, self.groups)
        changed = self.change.change(X, group)
        return seen_by(estimator, changed, None, named=self.named)


class Several(_AtOneHalf):
    """Score people by several models with shares.

    Parameters
    ----------
    estimators : list of scikit-learn classifiers
        The models.
    shares : list of float
        Their shares, which add up to 1.
    drawn : bool, default False
        Whether one model is drawn for each person: the score is then the share of those that decide positively, at one
        half; otherwise it is the mean of their scores.
    features : list of str or None
        What the models look at, in order; None for the columns that each names itself.
    named : bool, default True
        Whether they take a table with names; otherwise a matrix.
    """

    def __init__(
        self,
        estimators: Any = None,
        *,
        shares: Any = None,
        drawn: bool = False,
        features: Any = None,
        named: bool = True,
    ) -> None:
        self.estimators = estimators
        self.shares = shares
        self.drawn = drawn
        self.features = features
        self.named = named

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Several:  # noqa: N803 - scikit-learn's signature
        """Train every model again; the shares stay.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.
        y : array of int
            0 and 1.
        sample_weight : array of float or None
            What each row counts.

        Returns
        -------
        Several
            This object.
        """
        fresh = [clone(each) for each in self.estimators]
        return self.take(
            [
                each.fit(
                    seen_by(each, X, self.features, named=self.named), y, **weights_for(each, sample_weight)
                )
                for each in fresh
            ]
        )

    def take(self, fitted: Any) -> Several:
        """Use models that are fitted already.

        Parameters
        ----------
        fitted : list of scikit-learn classifiers
            Fitted on the labels 0 and 1.

        Returns
        -------
        Several
            This object, ready to score.
        """
        self.estimators_ = list(fitted)
        self.classes_ = np.array([0, 1])
        seen = [self.features or each.feature_names_in_ for each in fitted]
        names = dict.fromkeys(str(name) for each in seen for name in each)
        self.feature_names_in_ = np.array(list(names), dtype=object)
        self.n_features_in_ = len(names)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's signature
        """Score.

        Parameters
        ----------
        X : pandas.DataFrame
            The columns.

        Returns
        -------
        ndarray of float64 of shape (n_rows, 2)
            Each row adds up to 1.
        """
        score = np.zeros(len(X))
        for each, share in zip(self.estimators_, self.shares, strict=True):
            own = positive_probability(each, seen_by(each, X, self.features, named=self.named))
            score += share * ((own >= 0.5) if self.drawn else own)
        return np.column_stack([1 - score, score])


def plain_encoder(encoder: Encoder) -> dict[str, Any]:
    """Write how columns become numbers as plain values.

    Parameters
    ----------
    encoder : Encoder
        How.

    Returns
    -------
    dict
        "numbers" and "texts", each a list of dict.
    """
    return {
        "numbers": [asdict(column) for column in encoder.numbers],
        "texts": [{**asdict(column), "levels": list(column.levels)} for column in encoder.texts],
    }


def _encoder(plain: Any) -> Encoder:
    return Encoder(
        numbers=tuple(NumberColumn(**each) for each in plain["numbers"]),
        texts=tuple(LevelColumn(**{**each, "levels": tuple(each["levels"])}) for each in plain["texts"]),
        notes=(),
    )


def _distribution(pair: Any) -> Distribution | None:
    return None if pair is None else Distribution(values=pair[0], ranks=pair[1])
