"""OxonFair: means over all pairs of groups; denominators are never less than 1."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from audit.peers.spec import Counts, Peer, Said, rates_said

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def _says(counts: Counts, reference: int, favourable: str) -> list[Said]:
    del reference, favourable
    selection = counts.selected / counts.all
    tpr = counts.tp / np.maximum(1, counts.tp + counts.fn)
    tnr = counts.tn / np.maximum(1, counts.tn + counts.fp)
    fpr = counts.fp / np.maximum(1, counts.tn + counts.fp)
    precision = counts.tp / np.maximum(1, counts.selected)
    out = rates_said(
        counts,
        (
            ("pos_pred_rate", "selection_rate", selection),
            ("true_pos_rate", "true_positive_rate", tpr),
            ("false_pos_rate", "false_positive_rate", fpr),
            ("precision", "precision", precision),
        ),
    )
    top = max(float(selection.max()), 1e-12)
    gaps = (
        ("demographic_parity", "demographic_parity_difference", _mean_gap(selection), "mean_over_pairs"),
        ("disparate_impact", "demographic_parity_ratio", _mean_ratio(selection), "mean_over_pairs"),
        ("equal_opportunity", "equal_opportunity_difference", _mean_gap(tpr), "mean_over_pairs"),
        ("equalized_odds", "equalized_odds_difference", (_mean_gap(tpr) + _mean_gap(tnr)) / 2, "mean_over_pairs"),
        ("equalized_odds_max", "equalized_odds_difference", float(max(np.ptp(tpr), np.ptp(tnr))), ""),
        ("predictive_parity", "precision_difference", _mean_gap(precision), "mean_over_pairs"),
        ("pos_pred_rate.max_diff", "demographic_parity_difference", float(np.ptp(selection)), ""),
        ("pos_pred_rate.min_ratio", "demographic_parity_ratio", float(selection.min()) / top, ""),
    )  # fmt: skip
    return out + [
        Said(measure=measure, ours=ours, kind="gap", group=None, reference=None, value=value, reason=reason)
        for measure, ours, value, reason in gaps
    ]


def _mean_gap(rate: Array) -> float:
    gaps = [abs(float(a) - float(b)) for a, b in combinations(rate, 2)]
    return float(np.mean(gaps)) if gaps else 0.0


def _mean_ratio(rate: Array) -> float:
    """Give the mean over pairs of the smaller over the larger rate; 1 where both are 0."""
    pairs = [sorted((float(a), float(b))) for a, b in combinations(rate, 2)]
    ratios = [low / high if high > 0 else 1.0 for low, high in pairs]
    return float(np.mean(ratios)) if ratios else float("nan")


PEER = Peer(id="oxonfair", title="OxonFair", version="0.3", weights=False, outcome=False, says=_says)
