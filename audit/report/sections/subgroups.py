"""Show what a search over subgroups found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def subgroups(audit: Audit) -> list[Block]:
    """Show what a search over subgroups found.

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
