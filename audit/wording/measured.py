"""Titles of what mitigations measure on the way, by the ids that :class:`audit.rows.TrialRecord` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count, percent, points

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED: Final[dict[str, str]] = {
    # worst group
    "duality_gap": "Certificate: no model of this kind has a worst group whose loss is lower by more than",
    "guarded_gap": "Certificate: no model of this kind that costs everybody no more has a worst group better by more than",
    "reachable_gain": "Most that any model of this kind could lower the worst group's loss (training rows)",
    "worst_group_loss_before": "Loss of the worst group without the mitigation (validation rows)",
    "worst_group_loss": "Loss of the worst group on the validation rows",
    "own_model_loss": "Loss of that group under a model trained on it alone (validation rows)",
    "bound": "Bound that was set for the loss of every group",
    # thresholds and reductions
    "fitted_gap": "Gap that is left on the rows that the thresholds were set on",
    "other_gap": "Gap in the cost that was not made equal, on the same rows",
    "drawn_share": "Share of people whose decision is drawn at random",
    "rate_margin": "How well the rate of the group with the fewest people is known (±, 95 %)",
    "oracle_calls": "Models that were trained on the way",
    "mixture_size": "Models that decide together",
    # networks
    "adversary_auc": "How well a fresh adversary tells the group from the scores of held-out rows (AUC; 0.5 is guessing)",
    "coefficient": "Coefficient that was reached",
    "robust_accuracy": "Accuracy when numbers are moved against the network",
    "robust_accuracy_before": "Accuracy when numbers are moved against the network before",
    "robust_disparity": "Distance of the groups' accuracies when numbers are moved",
    "robust_disparity_before": "Distance of the groups' accuracies when numbers are moved, before",
    "generalisation_gap": "Loss on held-out rows less that on the training rows",
    "widest_generalisation_gap": "Loss on held-out rows less that on the training rows, of the group where it is widest",
    # generators of rows
    "generator_loss": "Loss of the network that makes rows (0.69 where the other can only guess)",
    "critic_loss": "Loss of the network that tells rows apart (1.39 where it can only guess)",
    "two_sample": "How well made rows are told from real ones set aside (AUC; 0.5 is a guess)",
    # training rows
    "edited_labels": "Recorded labels that were changed",
}
"""A measure and how a reader sees it."""

_SHARES: Final = frozenset(
    {
        "drawn_share",
        "robust_accuracy",
        "robust_accuracy_before",
    }
)
"""Measures that are shares."""

GAPS: Final = frozenset({"fitted_gap", "rate_margin", "robust_disparity", "robust_disparity_before"})
"""Measures that are gaps between shares, or how far a share is known."""

_COUNTS: Final = frozenset({"edited_labels"})
"""Measures that are numbers of rows."""


def measured(found: Mapping[str, float]) -> tuple[str, ...]:
    """Say what a mitigation measured on the way.

    Parameters
    ----------
    found : mapping of str to float
        Measures by id.

    Returns
    -------
    tuple of str
        One sentence for each, in the order of :data:`MEASURED`; measures without a title come last.
    """
    order = [*(name for name in MEASURED if name in found), *(name for name in found if name not in MEASURED)]
    return tuple(
        f"{MEASURED.get(name, name.replace('_', ' ').capitalize())}: {_amount(name, found[name])}."
        for name in order
    )


def _amount(name: str, value: float) -> str:
    if name in _COUNTS:
        return count(value)
    if name in GAPS:
        return points(value)
    return percent(value) if name in _SHARES else f"{value:.3g}".replace("-", "−")
