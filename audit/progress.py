"""How long work reports where it is, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float, str], None]
"""Called with the share done (0 to 1) and a short message; raises :class:`audit.errors.Cancelled` to stop the work."""


def silent(share: float, message: str) -> None:
    """Report to nobody.

    Parameters
    ----------
    share : float
        Share of the work that is done, 0 to 1.
    message : str
        What is being done.
    """


def within(progress: Progress, low: float, high: float) -> Progress:
    """Give a part of the work its own 0 to 1.

    Parameters
    ----------
    progress : callable
        Where the whole work reports.
    low, high : float
        The share of the whole at which the part begins and ends.

    Returns
    -------
    callable
        Where the part reports.
    """

    def part(share: float, message: str) -> None:
        progress(low + (high - low) * min(max(share, 0.0), 1.0), message)

    return part
