"""Sums numbers and their errors by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.cells import display_order
from audit.engines.protocol import Key
from audit.gather.audited import place
from audit.tables.values import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.gather.audited import Audited


def gather(audited: Audited) -> Values | None:
    """Sum numbers and their errors by group.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Values or None
        None where the label is no number.
    """
    medians, score = audited.outcomes.medians, audited.score
    if medians is None or score is None:
        return None
    keys = [*audited.group_keys, *([Key(column=audited.split)] if audited.split else [])]
    summed = audited.engine.moments(
        audited.source, keys, audited.plan.roles.label, score, centre=medians[0], weight=audited.weight
    )
    kept = np.arange(len(summed.keys))
    if audited.split:
        from audit.models.split import TEST, split_from_column

        kept = np.flatnonzero(split_from_column((key[-1] for key in summed.keys), training=False) == TEST)
    attributes, codes = place(audited.rules, [summed.keys[i] for i in kept])
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in codes.tolist()]
    groups = display_order(set(names), attributes)
    index = {group: g for g, group in enumerate(groups)}
    rows = np.array([index[name] for name in names], dtype=np.int64)
    # An engine gives entries in any order; sums of floats depend on it.
    order = np.lexsort((*summed.moments[kept].T, summed.w[kept], rows))

    def fill(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((len(groups), *values.shape[1:]))
        with np.errstate(invalid="ignore"):
            np.add.at(out, rows[order], values[kept][order])
        # A sum without an end says nothing; its values are not estimable.
        return np.where(np.isfinite(out), out, np.nan)

    n = summed.n.astype(float)
    weighted = not (np.array_equal(summed.w, n) and np.array_equal(summed.w2, n))
    return Values(
        attributes=attributes,
        groups=groups,
        n=fill(n),
        w=fill(summed.w),
        w2=fill(summed.w2),
        absolute=fill(summed.absolute),
        moments=fill(summed.moments),
        label_median=medians[0],
        prediction_median=medians[1],
        weighted=weighted,
    )
