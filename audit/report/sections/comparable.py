"""Compare people within the values of the control columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def comparable(audit: Audit) -> list[Block]:
    """Compare people within the values of the control columns.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where there is nothing to say.
    """
    del audit
    return []
