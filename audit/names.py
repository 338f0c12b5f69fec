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
"""Criteria that turn with the favourable outcome, each with a difference and a ratio."""

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
)
"""Rates of a group, in the order in which they are shown."""

KNOWN_TOLERANCES: Final = tuple(
    f"{name}_{kind}" for name in (*CRITERIA, *RATES) for kind in ("difference", "ratio")
)
"""Every disparity that can be given a tolerance."""
