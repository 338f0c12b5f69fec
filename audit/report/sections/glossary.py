"""Explain the measures that were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def glossary(audit: Audit) -> list[Block]:
    """Explain the measures that were used.

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
