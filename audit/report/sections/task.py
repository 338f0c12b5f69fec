"""Several classes, or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def task(audit: Audit) -> list[Block]:
    """Several classes, or numbers.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        Part of a section; nothing where there is nothing to say.
    """
    del audit
    return []
