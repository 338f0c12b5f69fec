"""Counts people by the probability of belonging to a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.gather.audited import Audited
    from audit.tables.probable import Probable


def gather(audited: Audited) -> Probable | None:
    """Count people by the probability of belonging to a group.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Probable or None
        None where the plan gives no reason for it.
    """
    del audited
    return None
