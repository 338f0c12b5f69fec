"""Fairlearn: rates of every group, and the widest gap or narrowest ratio between groups; nothing over nothing is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.peers.spec import Counts, Peer, Said, quotient, rates_said

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _says(counts: Counts, reference: int, favourable: str) -> list[Said]:
    del reference, favourable
    tpr = quotient(counts.tp, counts.tp + counts.fn, empty=0.0)
    fpr = quotient(counts.fp, counts.fp + counts.tn, empty=0.0)
    selection = quotient(counts.selected, counts.all)
    out = rates_said(
        counts,
        (
            ("selection_rate", "selection_rate", selection),
            ("true_positive_rate", "true_positive_rate", tpr),
            ("false_positive_rate", "false_positive_rate", fpr),
            ("precision_score", "precision", quotient(counts.tp, counts.selected, empty=0.0)),
        ),
    )
    for name, compared in (
        ("demographic_parity", (selection,)),
        ("equal_opportunity", (tpr,)),
        ("equalized_odds", (tpr, fpr)),
    ):
        out.append(_gap(f"{name}_difference", max(_apart(rate) for rate in compared)))
        out.append(_gap(f"{name}_ratio", _least(_ratio(rate) for rate in compared)))
    return out


def _gap(measure: str, value: float) -> Said:
    return Said(measure=measure, ours=measure, kind="gap", group=None, reference=None, value=value)


def _apart(rate: NDArray[np.float64]) -> float:
    # A group whose people all weigh 0 has no selection rate there either, and pandas passes over it.
    known = rate[~np.isnan(rate)]
    return float(np.ptp(known)) if len(known) else float("nan")


def _ratio(every: NDArray[np.float64]) -> float:
    rate = every[~np.isnan(every)]
    if not len(rate):
        return float("nan")
    top = float(rate.max())
    return float(rate.min()) / top if top > 0 else float("nan")


def _least(ratios: object) -> float:
    # Python's min keeps what comes first where a comparison with NaN says no, and so does the tool.
    return min(ratios)  # type: ignore[call-overload, no-any-return]


PEER = Peer(id="fairlearn", title="Fairlearn", version="0.15.0", weights=True, outcome=False, says=_says)
