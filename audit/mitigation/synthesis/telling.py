"""Measures that take a model: telling made rows from real ones, learning from made rows, attacking their makers.

Gradient boosting is scikit-learn's histogram gradient boosting; it sees levels as levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.mitigation.synthesis.likeness import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.coded import Coded, Comparison

FEW: Final = 50
"""Rows of either kind below which they are not told apart by a model."""

_FOLDS: Final = 3
_TREES, _FEWER_TREES, _MANY = 100, 30, 2_000
_MOST_LEVELS: Final = 50


def detection(comparison: Comparison, real: Coded, made: Coded, *, kind: str, seed: int) -> float | None:
    """Train a classifier to tell made rows from real ones.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    real, made : Coded
        The rows; as many of each are used.
    kind : {"boosting", "linear"}
        Gradient boosting, or logistic regression of numbers and one-hot levels.
    seed : int
        Where random draws start.

    Returns
    -------
    float or None
        Area under the ROC curve over three folds; 0.5 where the classifier can only guess. None with fewer than 50
        rows of either kind.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    size = min(len(real), len(made))
    if size < FEW:
        return None
    generator = np.random.default_rng(seed)
    rows = [part.take(generator.permutation(len(part))[:size]) for part in (real, made)]
    table = np.vstack([np.column_stack([part.raw, part.cell]) for part in rows])
    truth = np.repeat([1, 0], size)
    model = _boosting(comparison, seed, rows=2 * size) if kind == "boosting" else _linear(comparison, table)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)

    def predict() -> NDArray[np.float64]:
        found: NDArray[np.float64] = cross_val_predict(model, table, truth, cv=folds, method="predict_proba")
        return found

    return float(roc_auc_score(truth, _quietly(predict)[:, 1]))


def learnable(
    comparison: Comparison, train: Coded, test: Coded, *, groups: int, seed: int
) -> tuple[float | None, tuple[float | None, ...]]:
    """Train a model of the label on some rows and try it on others.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    train, test : Coded
        The rows.
    groups : int
        Number of groups.
    seed : int
        Where random draws start.

    Returns
    -------
    tuple of float or None, and tuple of float or None
        Area under the ROC curve for everybody and for each group; None where a label is missing.
    """
    from sklearn.metrics import roc_auc_score

    label, truth, group = train.cell % 2, test.cell % 2, test.cell // 2
    if len(np.unique(label)) < 2:
        return None, (None,) * groups
    model = _boosting(comparison, seed, rows=len(train))

    def predict() -> NDArray[np.float64]:
        model.fit(np.column_stack([train.raw, train.cell // 2]), label)
        found: NDArray[np.float64] = model.predict_proba(np.column_stack([test.raw, group]))
        return found

    score = _quietly(predict)[:, 1]

    def area(rows: NDArray[np.bool_]) -> float | None:
        return float(roc_auc_score(truth[rows], score[rows])) if len(np.unique(truth[rows])) == 2 else None

    return area(np.ones(len(truth), dtype=bool)), tuple(area(group == code) for code in range(groups))


def membership(
    comparison: Comparison, learned: Coded, held: Coded, made: Coded, *, rows: int, seed: int
) -> dict[str, float]:
    """Try to find out from made rows who was learned from.

    Parameters
    ----------
    comparison : Comparison
        The columns.
    learned, held : Coded
        Real rows that the generator saw, and real rows that it did not see; as many of each are used.
    made : Coded
        Made rows.
    rows : int
        Most rows of each kind that distances are measured between.
    seed : int
        Where random draws start.

    Returns
    -------
    dict of str to float
        "membership_auc": how well the closeness of made rows tells learned rows from others, 0.5 is a guess;
        "closer_to_learned": share of made rows that are closer to a learned row than to any other real one, 0.5 where
        the generator learned nobody by heart; "distance": median distance from made rows to the closest learned one;
        "real_distance": the same from real rows that were not learned.
    """
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(seed)
    size = min(len(learned), len(held), rows)
    one, other, new = (
        part.take(generator.permutation(len(part))[: min(size, len(part))]).codes
        for part in (learned, held, made)
    )
    to_made = [nearest(comparison, part, new) for part in (one, other)]
    to_learned, to_held = nearest(comparison, new, one), nearest(comparison, new, other)
    truth = np.repeat([1, 0], [len(one), len(other)])
    return {
        "membership_auc": float(roc_auc_score(truth, -np.concatenate(to_made))),
        "closer_to_learned": float(np.mean(to_learned < to_held) + np.mean(to_learned == to_held) / 2),
        "distance": float(np.median(to_learned)),
        "real_distance": float(np.median(nearest(comparison, other, one))),
    }


def _boosting(comparison: Comparison, seed: int, *, rows: int) -> Any:
    """Build the classifier: 100 trees, or fewer where rows are few and trees would learn them by heart."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    levels = [*(not ordered for ordered in comparison.ordered), True]
    return HistGradientBoostingClassifier(
        max_iter=_TREES if rows >= _MANY else _FEWER_TREES,
        categorical_features=levels,
        early_stopping=False,
        random_state=seed,
    )


def _linear(comparison: Comparison, table: NDArray[np.float64]) -> Any:
    """Build a logistic regression of standardised numbers and the commonest levels."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [
        place
        for place, ordered in enumerate(comparison.ordered)
        if ordered and np.isfinite(table[:, place]).any()
    ]
    levels = [
        place
        for place in range(table.shape[1])
        if place >= len(comparison.ordered) or not comparison.ordered[place]
    ]
    return make_pipeline(
        make_column_transformer(
            (
                make_pipeline(SimpleImputer(add_indicator=True, keep_empty_features=True), StandardScaler()),
                numbers,
            ),
            (OneHotEncoder(max_categories=_MOST_LEVELS, handle_unknown="ignore"), levels),
        ),
        LogisticRegression(max_iter=200),
    )


def _quietly(work: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Work on one thread, without warnings of a fit that was good enough."""
    import warnings

    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return work()
