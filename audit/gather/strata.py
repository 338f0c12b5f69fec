"""Counts people by the sensitive and the control columns together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.cells import Cells, display_order
from audit.engines.protocol import Key
from audit.errors import RoleError
from audit.gather.audited import place
from audit.grouping import rule_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.gather.audited import Audited

MOST_STRATA: Final = 20_000
"""Most combinations of groups and values of the control columns."""


def gather(audited: Audited) -> Cells | None:
    """Count people by group, control columns, label and decision.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Cells or None
        Cells whose attributes are the sensitive columns, then the control columns; None without control columns.

    Raises
    ------
    RoleError
        Where the control columns make too many strata.
    """
    roles = audited.plan.roles
    if not roles.control:
        return None
    rules = (
        *audited.rules,
        *(
            rule_of(audited.dataset, name, audited.plan, audited.engine, role="control column")
            for name in roles.control
        ),
    )
    kept = audited.count([Key(column=rule.column, cuts=rule.cuts) for rule in rules])
    attributes, codes = place(rules, kept.keys)
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in codes.tolist()]
    groups = display_order(set(names), attributes)
    if len(groups) > MOST_STRATA:
        raise RoleError(
            f"The control columns make {len(groups):,} strata.",
            why=f"With more than {MOST_STRATA:,} hardly anybody is left to compare in any of them.",
            fix="Name fewer control columns, or ones with fewer values.",
            code="too_many_strata",
        )
    index = {group: g for g, group in enumerate(groups)}
    where = (np.array([index[name] for name in names]), kept.label.astype(int), kept.decision.astype(int))

    def fill(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((len(groups), 2, 2))
        np.add.at(out, where, values)
        return out

    weighted = not (np.array_equal(kept.w, kept.n) and np.array_equal(kept.w2, kept.n))
    return Cells(
        attributes=attributes,
        groups=groups,
        n=fill(kept.n),
        w=fill(kept.w),
        w2=fill(kept.w2),
        weighted=weighted,
    )
