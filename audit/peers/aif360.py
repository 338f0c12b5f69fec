"""AIF360: one unprivileged group against the privileged one, signed, on the favourable label."""

from __future__ import annotations

import numpy as np

from audit.peers.spec import Counts, Kind, Peer, Said, quotient, rates_said

_TURNED = {
    "true_positive_rate": "true_negative_rate",
    "false_positive_rate": "false_negative_rate",
    "precision": "negative_predictive_value",
}


def _says(counts: Counts, reference: int, favourable: str) -> list[Said]:
    negative = favourable == "negative"
    seen = counts.turned() if negative else counts
    tpr = quotient(seen.tp, seen.tp + seen.fn)
    fpr = quotient(seen.fp, seen.fp + seen.tn)
    selection = quotient(seen.selected, seen.all)
    precision = quotient(seen.tp, seen.selected, empty=0.0)
    why = "favourable_outcome" if negative else ""
    rates = (("true_positive_rate", tpr), ("false_positive_rate", fpr), ("precision", precision))
    out = rates_said(counts, (("selection_rate", "selection_rate", selection),), reason=why)
    out += rates_said(
        counts, tuple((name, _TURNED[name] if negative else name, values) for name, values in rates)
    )
    for i, group in enumerate(counts.groups):
        if i == reference:
            continue
        d_tpr, d_fpr = float(tpr[i] - tpr[reference]), float(fpr[i] - fpr[reference])
        opportunity = _TURNED["true_positive_rate"] if negative else "true_positive_rate"
        pairs: tuple[tuple[str, str, Kind, float, str], ...] = (
            (
                "statistical_parity_difference",
                "selection_rate",
                "difference",
                float(selection[i] - selection[reference]),
                why,
            ),
            (
                "disparate_impact",
                "selection_rate",
                "ratio",
                float(quotient(selection[i : i + 1], selection[reference : reference + 1])[0]),
                why,
            ),
            ("equal_opportunity_difference", opportunity, "difference", d_tpr, ""),
            ("average_odds_difference", "equalized_odds", "odds", 0.5 * (d_fpr + d_tpr), "signed_mean"),
            (
                "average_abs_odds_difference",
                "equalized_odds",
                "odds",
                0.5 * (abs(d_fpr) + abs(d_tpr)),
                "mean_of_rates",
            ),
            ("equalized_odds_difference", "equalized_odds", "odds", _larger(d_fpr, d_tpr), "one_rate_alone"),
        )
        out += [
            Said(
                measure=measure,
                ours=ours,
                kind=kind,
                group=group,
                reference=counts.groups[reference],
                value=value,
                reason=reason,
            )
            for measure, ours, kind, value, reason in pairs
        ]
    return out


def _larger(false_positives: float, true_positives: float) -> float:
    """Take the larger as Python's max does: a NaN in second place is passed over."""
    first, second = abs(false_positives), abs(true_positives)
    return second if np.greater(second, first) else first


PEER = Peer(id="aif360", title="AIF360", version="0.6.1", weights=True, outcome=True, says=_says)
