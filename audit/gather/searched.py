"""Counts subgroups by label and decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.gather.audited import Audited
    from audit.tables.searched import Searched


def gather(audited: Audited) -> Searched | None:
    """Count subgroups by label and decision.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Searched or None
        None where the plan gives no reason for it.
    """
    del audited
    return None
