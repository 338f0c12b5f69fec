"""Titles of what mitigations measure on the way, by the ids that :class:`audit.rows.TrialRecord` holds."""

from __future__ import annotations

from typing import Final

MEASURED: Final[dict[str, str]] = {
    # worst group
    "duality_gap": "Certificate: no model of this kind has a worst group better by more than",
    "worst_group_loss": "Loss of the worst group on the validation rows",
    # thresholds and reductions
    "fitted_gap": "Gap that is left on the rows that the thresholds were set on",
    "other_gap": "Gap in the cost that was not made equal, on the same rows",
    "drawn_share": "Share of people whose decision is drawn at random",
    "rate_margin": "How well the rate of the group with the fewest people is known (±, 95 %)",
    "oracle_calls": "Models that were trained on the way",
    "mixture_size": "Models that decide together",
    # networks
    "adversary_auc": "How well the group can still be told from the scores (AUC on held-out rows)",
    "coefficient": "Coefficient that was reached",
    # training rows
    "edited_labels": "Recorded labels that were changed",
}
"""A measure and how a reader sees it."""
