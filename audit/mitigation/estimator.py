"""Mitigations as scikit-learn estimators, for use outside the app: in a notebook, a pipeline or a grid search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    has_fit_parameter,
    validate_data,
)

from audit.errors import InputError, did_you_mean, listing, quote
from audit.mitigation.catalogue import catalogue, make
from audit.mitigation.repair import Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import Fitted, fit_baseline, positive_probability
from audit.progress import silent
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from audit.progress import Progress

_FEWEST: Final = 20
"""With fewer rows than this none are set aside for validation."""

_SHARE: Final = 0.25

_ONE_CLASS: Final = "Classifier can't train when only one class is present."


class MitigatedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Train a classifier under any mitigation of the catalogue.

    Parameters
    ----------
    mitigation : str, default "reweighing"
        Its id, such as "massaging"; :func:`audit.mitigation.catalogue.catalogue` lists them.
    settings : dict or None
        Its settings that differ from the defaults.
    estimator : scikit-learn classifier or None
        What is trained, before and after; None trains a logistic regression that imputes, scales and encodes columns by
        itself. A mitigation with a model of its own trains that one instead.
    sensitive_features : str, list of str or None
        Columns of X that make the groups, where they are not given to ``fit`` and ``predict``.
    threshold : float, default 0.5
        A score at or above it is a positive decision.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    validation : bool, default True
        Whether a quarter of the rows is set aside, by ``random_state``, to tune and to stop on.
    random_state : int, default 0
        Where every random draw starts.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels; the second is the positive one.
    groups_ : list of tuple of str
        The groups that were trained on.
    repaired_ : audit.mitigation.repair.Repaired
        What the mitigation gave back, with its notes and curves.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X is a table.

    Notes
    -----
    Labels have two values. Without sensitive features everybody is in one group. Whoever is of a group that training
    did not know is decided about as the mitigation does without a group. Where decisions are not those of a score and
    one threshold, ``predict`` is what counts; ``predict_proba`` gives the score behind it.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from audit.mitigation.estimator import MitigatedClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"skill": rng.normal(size=400), "sex": rng.choice(["f", "m"], 400)})
    >>> y = (X["skill"] + (X["sex"] == "m") > 0.5).astype(int)
    >>> model = MitigatedClassifier("reweighing", sensitive_features="sex").fit(X, y)
    >>> model.groups_
    [('f',), ('m',)]
    >>> gap = pd.Series(model.predict(X)).groupby(X["sex"]).mean()
    >>> bool(gap["m"] - gap["f"] < 0.1)
    True
    """

    def __init__(
        self,
        mitigation: str = "reweighing",
        settings: Mapping[str, Any] | None = None,
        estimator: Any = None,
        *,
        sensitive_features: str | Sequence[str] | None = None,
        threshold: float = 0.5,
        favourable: str = "positive",
        validation: bool = True,
        random_state: int = 0,
    ) -> None:
        self.mitigation = mitigation
        self.settings = settings
        self.estimator = estimator
        self.sensitive_features = sensitive_features
        self.threshold = threshold
        self.favourable = favourable
        self.validation = validation
        self.random_state = random_state

    def fit(
        self,
        X: Any,  # noqa: N803 - scikit-learn's signature
        y: Any,
        *,
        sensitive_features: Any = None,
        sample_weight: Any = None,
    ) -> MitigatedClassifier:
        """Train the classifier under the mitigation.

        Parameters
        ----------
        X : pandas.DataFrame or array of shape (n_rows, n_columns)
            Features. The columns that make the groups are left out of them.
        y : array of shape (n_rows,)
            Labels of two values; the second in order is the positive one.
        sensitive_features : str, list of str, or array of shape (n_rows,) or (n_rows, n_sensitive)
            The groups: columns of X by name, or their values.
        sample_weight : array of shape (n_rows,) or None
            What each row counts, 0 or more.

        Returns
        -------
        MitigatedClassifier
            This object.

        Raises
        ------
        InputError
            Where the sensitive features do not fit the rows.
        PlanError
            Where there is no such mitigation, or a setting is wrong.
        """
        method = make(self.mitigation, self.settings)
        self._named = isinstance(X, pd.DataFrame)
        checked, y = self._validated(X, y)
        label = self._encoded(y)
        weight = _check_sample_weight(sample_weight, checked, ensure_non_negative=True)
        if len(set(label[weight > 0].tolist())) < 2:
            raise ValueError(_ONE_CLASS)
        frame, sensitive = self._parted(checked, sensitive_features, fitting=True)
        code = self._learned(sensitive, len(frame))
        train, aside = self._set_aside(code * 2 + label)
        fit = self._fitter(method.spec.own_model)
        tables = [
            TrainingTable(
                frame=frame.iloc[rows].reset_index(drop=True),
                label=label[rows],
                group=code[rows],
                groups=tuple(self.groups_),
                weight=weight[rows],
            )
            for rows in (train, aside)
            if len(rows)
        ]
        first = tables[0]
        self.repaired_ = method.repair(
            Task(
                train=first,
                validation=tables[1] if len(tables) > 1 else None,
                fit=fit,
                base=fit(first.frame, first.label, first.weight, silent),
                threshold=float(self.threshold),
                favourable=self.favourable,
                seed=int(self.random_state),
            ),
            progress=silent,
        )
        return self

    def predict(self, X: Any, *, sensitive_features: Any = None) -> NDArray[Any]:  # noqa: N803
        """Decide.

        Parameters
        ----------
        X : pandas.DataFrame or array of shape (n_rows, n_columns)
            Features as in training.
        sensitive_features : str, list of str, array or None
            The groups, as in training; None where X holds them, or where they are not known.

        Returns
        -------
        ndarray of shape (n_rows,)
            One of the two labels for each row.
        """
        frame, group = self._rows(X, sensitive_features)
        return np.asarray(self.classes_[np.asarray(self.repaired_.decide(frame, group), dtype=np.intp)])

    def predict_proba(self, X: Any, *, sensitive_features: Any = None) -> NDArray[np.float64]:  # noqa: N803
        """Give the score behind the decisions as two columns that add up to 1.

        Parameters
        ----------
        X : pandas.DataFrame or array of shape (n_rows, n_columns)
            Features as in training.
        sensitive_features : str, list of str, array or None
            The groups, as in training.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            For each label.

        Raises
        ------
        InputError
            Where the mitigation gives decisions without scores.
        """
        frame, group = self._rows(X, sensitive_features)
        if self.repaired_.score is None:
            raise InputError(
                f"{quote(self.mitigation)} gives decisions without scores.",
                fix="Call predict instead.",
                code="no_scores",
            )
        score = np.clip(np.asarray(self.repaired_.score(frame, group), dtype=np.float64), 0.0, 1.0)
        return np.column_stack([1 - score, score])

    def _validated(self, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: N803
        """Check rows and labels as scikit-learn does; tables keep their columns as they are."""
        checked, y = validate_data(
            self, X, y, skip_check_array=self._named, **({} if self._named else _CHECKS)
        )
        if self._named:
            from sklearn.utils.validation import check_consistent_length, column_or_1d

            y = column_or_1d(y, warn=True)
            check_consistent_length(checked, y)
        return checked, y

    def _encoded(self, y: Any) -> NDArray[np.int8]:
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        kind = type_of_target(y, input_name="y")
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        if len(self.classes_) < 2:
            raise ValueError(_ONE_CLASS)
        return places.astype(np.int8)

    def _learned(self, sensitive: pd.DataFrame | None, n_rows: int) -> NDArray[np.int64]:
        """Note the groups and number them."""
        self.groups_: list[tuple[str, ...]] = [("everybody",)]
        if sensitive is None:
            return np.zeros(n_rows, dtype=np.int64)
        keys = _keys(sensitive)
        self.groups_ = sorted(set(keys))
        place = {key: at for at, key in enumerate(self.groups_)}
        return np.array([place[key] for key in keys], dtype=np.int64)

    def _rows(self, X: Any, sensitive_features: Any) -> tuple[pd.DataFrame, NDArray[np.int64]]:  # noqa: N803
        check_is_fitted(self)
        named = isinstance(X, pd.DataFrame) and self._named
        checked = validate_data(self, X, reset=False, skip_check_array=named, **({} if named else _CHECKS))
        frame, sensitive = self._parted(checked, sensitive_features, fitting=False)
        if sensitive is None:
            known = len(self.groups_) == 1 and self.groups_[0] == ("everybody",)
            return frame, np.full(len(frame), 0 if known else -1, dtype=np.int64)
        place = {key: at for at, key in enumerate(self.groups_)}
        return frame, np.array([place.get(key, -1) for key in _keys(sensitive)], dtype=np.int64)

    def _parted(self, X: Any, given: Any, *, fitting: bool) -> tuple[pd.DataFrame, pd.DataFrame | None]:  # noqa: N803
        """Part the features from what makes the groups."""
        if isinstance(X, pd.DataFrame):
            frame = X.set_axis([str(name) for name in X.columns], axis=1)
        else:
            frame = pd.DataFrame(X, columns=_places(np.shape(X)[1]))
        given = self.sensitive_features if given is None else given
        names = [given] if isinstance(given, str) else list(given) if _are_names(given) else []
        if fitting:
            self._columns = names
        unknown = [name for name in names if name not in frame.columns]
        if unknown:
            raise InputError(
                f"There is no column {quote(unknown[0])} to make groups of.",
                why=f"Columns: {listing(map(str, frame.columns))}.",
                fix=did_you_mean(unknown[0], map(str, frame.columns))
                or "Name one of these, or give the values.",
                code="sensitive_features",
            )
        features = frame.drop(columns=[name for name in self._columns if name in frame.columns])
        if names:
            return features, frame[names]
        if given is None:
            return features, None
        values = pd.DataFrame(np.asarray(given, dtype=object))
        if len(values) != len(frame):
            raise InputError(
                f"There are {len(values):,} sensitive features for {len(frame):,} rows.",
                fix="Give one for each row.",
                code="sensitive_features",
            )
        return features, values

    def _set_aside(self, strata: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the rows to train on and those to tune on, evenly within groups and labels."""
        every = np.arange(len(strata))
        if not self.validation or len(strata) < _FEWEST:
            return every, every[:0]
        draw = np.random.default_rng(int(self.random_state))
        order = draw.permutation(len(strata))
        order = order[np.argsort(strata[order], kind="stable")]
        starts = np.searchsorted(strata[order], strata[order])
        aside = np.zeros(len(strata), dtype=bool)
        aside[order[(every - starts) % round(1 / _SHARE) == round(1 / _SHARE) - 1]] = True
        return np.flatnonzero(~aside), np.flatnonzero(aside)

    def _fitter(self, own_model: str) -> Any:
        """Say how the classifier is trained, as a mitigation asks for it."""
        seed = int(self.random_state)
        if own_model or self.estimator is None:
            algorithm = own_model or "logistic_regression"

            def baseline(frame: Any, label: Any, weight: Any, progress: Progress) -> Fitted:
                return fit_baseline(algorithm, frame, label, weight=weight, seed=seed, progress=progress)

            return baseline
        inner, named = self.estimator, self._named

        def train(frame: pd.DataFrame, label: Any, weight: Any, progress: Progress) -> Fitted:
            del progress
            fresh = clone(inner)
            columns = tuple(map(str, frame.columns))

            def ready(rows: pd.DataFrame) -> Any:
                table = rows[list(frame.columns)]
                return table if named else table.to_numpy(dtype=float)

            fresh.fit(ready(frame), label, **_weights(fresh, weight))
            return Fitted(
                title=type(fresh).__name__,
                features=columns,
                notes=(),
                predict=lambda rows: positive_probability(fresh, ready(rows)),
                estimator=fresh,
            )

        return train

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        # A method that trains a kind of model of its own never asks the classifier that is given.
        found = catalogue().get(self.mitigation)
        tags.input_tags.allow_nan = self.estimator is None or bool(found and found[0].own_model)
        return tags


_CHECKS: Final = {"dtype": "numeric", "ensure_all_finite": "allow-nan", "ensure_min_samples": 1}


def _weights(estimator: Any, weight: NDArray[np.float64] | None) -> dict[str, Any]:
    """Hand weights to a classifier, or to the last step of a pipeline."""
    if weight is None:
        return {}
    prefix, last = "", estimator
    while hasattr(last, "steps"):
        step, last = last.steps[-1]
        prefix += f"{step}__"
    if has_fit_parameter(last, "sample_weight"):
        return {f"{prefix}sample_weight": weight}
    if np.ptp(weight) > 0:
        raise InputError(
            f"{type(last).__name__} cannot be trained with weights.",
            why="The mitigation, or the call, gives rows different weights.",
            fix="Take a classifier that takes sample_weight, or a mitigation that changes rows.",
            code="model_weights",
        )
    return {}


def _are_names(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) > 0 and all(isinstance(each, str) for each in given)


def _places(n: int) -> list[str]:
    return [f"x{at}" for at in range(n)]


def _keys(sensitive: pd.DataFrame) -> list[tuple[str, ...]]:
    texts = [
        [canonical(value) or "not recorded" for value in sensitive.iloc[:, at]]
        for at in range(sensitive.shape[1])
    ]
    return list(zip(*texts, strict=True))
