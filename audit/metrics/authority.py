"""Fairlearn as the authority: the same rates, computed by its MetricFrame on the same cells.

A MetricFrame on the weighted cells (a few rows per group) gives the value it would give on all the rows, hundreds of times
faster. Where Fairlearn prints a number for something undefined, this audit says so and counts it.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.metrics.rates import RATES, rate_table
from audit.rows import Authority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cells import Cells

MOST_GROUPS: Final = 50
"""Groupings with more groups are left to the closed forms, which are tested equal."""


def compare_with_fairlearn(groupings: Sequence[Cells]) -> Authority:
    """Compute every rate with Fairlearn and hold it against the closed forms.

    Parameters
    ----------
    groupings : sequence of Cells
        The groupings of one audit, each with one decision.

    Returns
    -------
    Authority
        How many values were compared, and the largest difference among them.
    """
    import fairlearn

    checked, undefined, largest = 0, 0, 0.0
    skipped = []
    for cells in groupings:
        if len(cells.groups) > MOST_GROUPS:
            skipped.append(f"{' × '.join(cells.sensitive)}: {len(cells.groups)} groups")
            continue
        theirs, apart = _metric_frame(cells)
        for rate in RATES:
            ours = rate_table(rate, cells).value
            known = ~np.isnan(ours)
            undefined += int(np.count_nonzero(~known & ~np.isnan(theirs[rate.id])))
            pairs = list(zip(ours[known], theirs[rate.id][known], strict=True))
            if known.all() and len(ours) > 1:
                # Fairlearn compares all groups; its gap is ours where every group is estimable and counts.
                pairs.append((ours.max() - ours.min(), apart["difference"][rate.id]))
                pairs += [(ours.min() / ours.max(), apart["ratio"][rate.id])] if ours.max() > 0 else []
            checked += len(pairs)
            largest = max([largest, *(abs(float(a) - float(b)) for a, b in pairs)])
    return Authority(
        version=fairlearn.__version__,
        checked=checked,
        largest_difference=largest,
        undefined=undefined,
        skipped=tuple(skipped),
    )


def fairlearn_rates(cells: Cells) -> dict[str, np.ndarray[Any, Any]]:
    """Compute the rates of every group with Fairlearn's MetricFrame on the weighted cells.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.

    Returns
    -------
    dict of str to ndarray of shape (n_groups,)
        Fairlearn's value for each rate id, in the order of the groups.
    """
    return _metric_frame(cells)[0]


def _metric_frame(cells: Cells) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Give Fairlearn's rates by group, and its differences and ratios between groups."""
    import sklearn
    from fairlearn.metrics import MetricFrame

    where = np.argwhere(cells.w > 0)
    weight = cells.w[tuple(where.T)]
    if len(where) == 1:
        # Fairlearn refuses a table of one row: the only cell is given in two halves.
        where, weight = np.repeat(where, 2, axis=0), np.repeat(weight / 2, 2)
    functions = _functions()
    # The cells are known to be sound: scikit-learn need not check them again for every group and metric.
    with (
        warnings.catch_warnings(),
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
    ):
        # Undefined rates are handled here by their reason, not by a warning.
        warnings.simplefilter("ignore")
        frame = MetricFrame(
            metrics=functions,
            y_true=where[:, 1],
            y_pred=where[:, 2],
            sensitive_features=where[:, 0],
            sample_params={name: {"sample_weight": weight} for name in functions},
        )
        by_group = frame.by_group
        apart = {"difference": frame.difference(errors="coerce"), "ratio": frame.ratio(errors="coerce")}
    index = np.asarray(by_group.index, dtype=np.int64)
    found = {}
    for name in functions:
        values = np.full(len(cells.groups), np.nan)
        values[index] = by_group[name].to_numpy(dtype=float)
        found[name] = values
    return found, apart


def _functions() -> dict[str, Any]:
    """Every rate as one of Fairlearn's own metrics.

    Accuracy is the mean of "was right", precision the mean label of those selected, and so on. That spares the checks that
    scikit-learn's scores repeat for every group, which would be most of an audit's cost.
    """
    from fairlearn import metrics as fm

    def base_rate(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        return float(fm.selection_rate(y_pred, y_true, sample_weight=sample_weight))

    def accuracy(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        return float(fm.mean_prediction(y_true, np.equal(y_true, y_pred), sample_weight=sample_weight))

    def error_rate(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        return float(fm.mean_prediction(y_true, np.not_equal(y_true, y_pred), sample_weight=sample_weight))

    def precision(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
        return float(fm.mean_prediction(y_pred, y_true, sample_weight=sample_weight * y_pred))

    def negative_predictive_value(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
        return float(fm.mean_prediction(y_pred, 1 - y_true, sample_weight=sample_weight * (1 - y_pred)))

    def false_discovery_rate(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
        return float(fm.mean_prediction(y_pred, 1 - y_true, sample_weight=sample_weight * y_pred))

    def false_omission_rate(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
        return float(fm.mean_prediction(y_pred, y_true, sample_weight=sample_weight * (1 - y_pred)))

    return {
        "base_rate": base_rate,
        "selection_rate": fm.selection_rate,
        "accuracy": accuracy,
        "error_rate": error_rate,
        "true_positive_rate": partial(fm.true_positive_rate, pos_label=1),
        "false_positive_rate": partial(fm.false_positive_rate, pos_label=1),
        "true_negative_rate": partial(fm.true_negative_rate, pos_label=1),
        "false_negative_rate": partial(fm.false_negative_rate, pos_label=1),
        "precision": precision,
        "negative_predictive_value": negative_predictive_value,
        "false_discovery_rate": false_discovery_rate,
        "false_omission_rate": false_omission_rate,
    }
