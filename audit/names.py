"""The ids of everything that is measured, by family, and the criteria that can be given a tolerance.

Only names live here: what they mean is in the rooms that compute them, how they are said in the wording.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINES: Final = ("logistic_regression", "gradient_boosting", "mlp")
"""The models that can be trained here."""

DEFAULT_TOLERANCES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "demographic_parity_difference": 0.10,
        "demographic_parity_ratio": 0.80,
        "equal_opportunity_difference": 0.10,
        "equal_opportunity_ratio": 0.80,
        "equalized_odds_difference": 0.10,
    }
)
"""The criteria of a new plan: gaps of at most 10 points, ratios of at least four fifths."""

CRITERIA: Final = ("demographic_parity", "equal_opportunity", "equalized_odds")
"""The main criteria; they turn with the favourable outcome, each with a difference and a ratio."""

MORE_CRITERIA: Final = (
    "average_odds",
    "predictive_parity",
    "conditional_use_accuracy",
    "accuracy_equality",
)
"""Further criteria, a click away from the main ones."""

RATES: Final = (
    "base_rate",
    "selection_rate",
    "accuracy",
    "error_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "precision",
    "negative_predictive_value",
    "false_discovery_rate",
    "false_omission_rate",
)
"""Rates of a group, in the order in which they are shown."""

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "indices": (
            "f1_score",
            "balanced_accuracy",
            "matthews_correlation",
            "treatment_equality",
            "mean_log_deviation",
            "theil_index",
            "generalized_entropy",
        ),
        "scores": (
            "auc",
            "bpsn_auc",
            "bnsp_auc",
            "mean_score",
            "positive_class_balance",
            "negative_class_balance",
            "brier_score",
            "log_loss",
            "calibration_error",
            "calibration_in_the_large",
            "calibration_slope",
        ),
        "values": (
            "mean_error",
            "mean_absolute_error",
            "root_mean_squared_error",
            "r_squared",
            "mean_prediction",
        ),
    }
)
"""Measures that are not rates: the chapter whose rows hold them, and their ids in the order in which they are shown."""

FAMILY: Final[Mapping[str, str]] = MappingProxyType(
    {metric: chapter for chapter, metrics in FAMILIES.items() for metric in metrics}
)
"""The chapter of each measure that is not a rate."""

LOSSES: Final = ("mean_absolute_error", "root_mean_squared_error")
"""Measures whose worst group can be held against a bound (bounded group loss)."""

KNOWN_TOLERANCES: Final = (
    *(f"{name}_{kind}" for name in (*CRITERIA, *MORE_CRITERIA, *RATES) for kind in ("difference", "ratio")),
    *(f"{name}_difference" for family in FAMILIES for name in FAMILIES[family]),
    *(f"{name}_worst_group" for name in LOSSES),
)
"""Every disparity that can be given a tolerance."""

UNBOUNDED: Final = frozenset(
    name
    for name in KNOWN_TOLERANCES
    for metric in FAMILIES["values"]
    if metric != "r_squared" and name.startswith(metric)
)
"""Tolerances in the unit of the label; all others are at most 1."""

UTILITIES: Final = ("accuracy", "balanced_accuracy", "auc")
"""What a search over repairs can keep high."""

DATA_MEASURES: Final = (
    "class_imbalance",
    "label_difference",
    "label_ratio",
    "kl_divergence",
    "js_divergence",
    "js_distance",
    "total_variation",
    "lp_distance",
    "ks_distance",
    "demographic_disparity",
    "conditional_demographic_disparity",
    "decision_disparity",
    "conditional_decision_disparity",
)
"""Measures of the labels and of the decisions before any rate of a model, in the order in which they are shown."""

SCORE_PAIRS: Final = ("xauc", "abroca", "score_ks_distance", "score_wasserstein_distance")
"""Measures of the scores of two groups against each other."""
