"""Parts of models that are handed over and that scikit-learn itself does not have.

A file that holds one of them loads where this project is installed; everything else in it is scikit-learn's own. They
hold numbers and texts only, and are on the trusted list (:mod:`audit.models.trusted`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from audit.models.columns import numbers_again
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
    itself is that of :attr:`estimator`.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Fitted; gives the probability of the label 1.
    columns : list of str
        The columns that make the groups.
    levels : list of list of (list of str)
        For each column its groups: the texts of the values in each.
    edges : list of (list of float or None)
        For each column the borders of its groups where it is a number, None elsewhere.
    groups : list of (list of int)
        The groups, as positions in the levels of each column.
    thresholds : list of float
        For each group: a score at or above it is a positive decision.
    otherwise : float
        The threshold for anybody else.
    """

    def __init__(
        self,
        estimator: Any = None,
        columns: Any = None,
        levels: Any = None,
        edges: Any = None,
        groups: Any = None,
        thresholds: Any = None,
        otherwise: float = 0.5,
    ) -> None:
        self.estimator = estimator
        self.columns = columns
        self.levels = levels
        self.edges = edges
        self.groups = groups
        self.thresholds = thresholds
        self.otherwise = otherwise
