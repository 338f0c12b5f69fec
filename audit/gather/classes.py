"""Counts people by group, class and predicted class."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.gather.audited import Audited
    from audit.tables.classes import Classes


def gather(audited: Audited) -> Classes | None:
    """Count people by group, class and predicted class.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Classes or None
        None where the plan gives no reason for it.
    """
    del audited
    return None
