"""Say how much the verdicts can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def certainty(audit: Audit) -> list[Block]:
    """Say how much the verdicts can be trusted.

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
