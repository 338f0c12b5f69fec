"""Aequitas: rates of every group, and their ratio to a reference group; over a reference of 0 it fills in 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.peers.spec import Counts, Peer, Said, quotient, rates_said

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILLED: Final = 10.0


def _says(counts: Counts, reference: int, favourable: str) -> list[Said]:
    del favourable
    share = quotient(counts.selected, np.full_like(counts.selected, counts.selected.sum()))
    shares = (("ppr", "selection_rate", share),)
    rates = (
        ("pprev", "selection_rate", counts.selected / counts.all),
        ("tpr", "true_positive_rate", quotient(counts.tp, counts.tp + counts.fn)),
        ("fpr", "false_positive_rate", quotient(counts.fp, counts.fp + counts.tn)),
        ("fnr", "false_negative_rate", quotient(counts.fn, counts.tp + counts.fn)),
        ("precision", "precision", quotient(counts.tp, counts.selected)),
    )
    out = rates_said(counts, shares, reason="share_of_selected")
    out += rates_said(counts, rates)
    for name, ours, values in (*shares, *rates):
        ratio = _ratio(values, reference)
        out += [
            Said(
                measure=f"{name}_disparity",
                ours=ours,
                kind="ratio",
                group=group,
                reference=counts.groups[reference],
                value=float(ratio[i]),
                reason="filled_with_ten"
                if ratio[i] == _FILLED and values[reference] == 0
                else "share_of_selected"
                if name == "ppr"
                else "",
            )
            for i, group in enumerate(counts.groups)
            if i != reference
        ]
    return out


def _ratio(values: NDArray[np.float64], reference: int) -> NDArray[np.float64]:
    found = quotient(values, np.full_like(values, values[reference]))
    return np.where(np.isinf(found), _FILLED, found)


PEER = Peer(id="aequitas", title="Aequitas", version="1.1.0", weights=False, outcome=False, says=_says)
