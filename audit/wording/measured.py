"""Titles of what mitigations measure on the way, by the ids that :class:`audit.rows.TrialRecord` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED: Final[dict[str, str]] = {
    # worst group
    "duality_gap": "Certificate: no model of this kind has a worst group whose loss is lower by more than",
    "worst_group_loss": "Loss of the worst group on the validation rows",
    # thresholds and reductions
    "fitted_gap": "Gap that is left on the rows that the thresholds were set on",
    "drawn_share": "Share of people whose decision is drawn at random",
    # networks
    "adversary_auc": "How well the group can still be told from the scores (AUC on held-out rows)",
    "coefficient": "Coefficient that was reached",
    # generators of rows
    "generator_loss": "Loss of the network that makes rows (0.69 where the other can only guess)",
    "critic_loss": "Loss of the network that tells rows apart (1.39 where it can only guess)",
    "two_sample": "How well made rows are told from real ones set aside (AUC; 0.5 is a guess)",
    # training rows
    "edited_labels": "Recorded labels that were changed",
}
"""A measure and how a reader sees it."""

_SHARES: Final = frozenset({"fitted_gap", "drawn_share"})
"""Measures that are shares, or gaps between shares."""

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
    return percent(value) if name in _SHARES else f"{value:.3g}"
