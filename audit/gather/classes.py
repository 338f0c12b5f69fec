"""Counts people by group, class and predicted class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.cells import display_order
from audit.engines.protocol import Key
from audit.gather.audited import place
from audit.grouping import Rule, attribute
from audit.tables.classes import Classes
from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.gather.audited import Audited


def gather(audited: Audited) -> Classes | None:
    """Count people by group, class and predicted class.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Classes or None
        None where the label has two values, or where no column holds predicted classes: a model run here decides
        between the positive class and the rest.
    """
    roles = audited.plan.roles
    if roles.task != "multiclass" or audited.decision is None or audited.made:
        return None
    keys = [*audited.group_keys, Key(column=roles.label), Key(column=audited.decision)]
    kept = audited.count(keys)
    attributes, codes = place(audited.rules, kept.keys)
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in codes.tolist()]
    groups = display_order(set(names), attributes)
    index = {group: g for g, group in enumerate(groups)}
    pairs = [(canonical(key[-2]), canonical(key[-1])) for key in kept.keys]
    every, position = attribute(Rule(column=roles.label), {text for pair in pairs for text in pair})
    where = (
        np.array([index[name] for name in names]),
        np.array([position[true] for true, _ in pairs]),
        np.array([position[told] for _, told in pairs]),
    )

    def fill(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((len(groups), len(every.levels), len(every.levels)))
        np.add.at(out, where, values)
        return out

    weighted = not (np.array_equal(kept.w, kept.n) and np.array_equal(kept.w2, kept.n))
    return Classes(
        attributes=attributes,
        groups=groups,
        classes=every.levels,
        n=fill(kept.n),
        w=fill(kept.w),
        w2=fill(kept.w2),
        weighted=weighted,
    )
