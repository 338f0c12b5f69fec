"""AI Verify, the fairness plugin for classification: rates over the totals of the whole data; 0 where a part is 0."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from audit.peers.spec import Counts, Peer, Said, quotient, rates_said

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _says(counts: Counts, reference: int, favourable: str) -> list[Said]:
    del reference, favourable
    out = rates_said(
        counts,
        (
            ("True Positive Rate", "true_positive_rate", _over(counts.tp, counts.tp + counts.fn)),
            ("False Positive Rate", "false_positive_rate", _over(counts.fp, counts.fp + counts.tn)),
            ("Positive Predictive Value Parity", "precision", _over(counts.tp, counts.selected)),
        ),
        reason="totals_of_all",
    )
    selection = counts.selected / counts.all
    for i, j in combinations(range(len(counts.groups)), 2):
        zero = selection[i] == 0 or selection[j] == 0
        impact = 0.0 if zero else float(selection[i] / selection[j])
        for measure, kind, value, reason in (
            ("Disparate Impact", "ratio", impact, "ratio_set_to_zero"),
            ("Equal Selection Parity", "difference", float(abs(counts.selected[i] - counts.selected[j])), "numbers_of_people"),
        ):  # fmt: skip
            out.append(
                Said(
                    measure=measure,
                    ours="selection_rate",
                    kind=kind,  # type: ignore[arg-type]
                    group=counts.groups[i],
                    reference=counts.groups[j],
                    value=value,
                    reason=reason,
                )
            )
    return out


def _over(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return quotient(part, np.full_like(part, whole.sum()), empty=0.0)


PEER = Peer(id="aiverify", title="AI Verify", version="2.2.1", weights=False, outcome=False, says=_says)
