"""How long work reports where it is, shows what it has so far, and learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[float, str], None]
"""Called with the share done (0 to 1) and a short message; raises :class:`audit.errors.Cancelled` to stop the work.

One that has an attribute ``show`` also takes a :class:`audit.rows.series.Series` while it grows: see :func:`shown`.
"""

Show: TypeAlias = Callable[[Any], None]
"""Called with a series as far as it is known; the next one takes its place."""


class Reporter:
    """A progress that can also be shown something.

    Parameters
    ----------
    report : callable
        Told the share done and a message.
    show : callable or None
        Given a growing series; None where nobody looks.
    """

    __slots__ = ("_report", "show")

    def __init__(self, report: Progress, show: Show | None = None) -> None:
        self._report = report
        self.show = show

    def __call__(self, share: float, message: str) -> None:
        """Report where the work is.

        Parameters
        ----------
        share : float
            Share of the work that is done, 0 to 1.
        message : str
            What is being done.
        """
        self._report(share, message)


def silent(share: float, message: str) -> None:
    """Report to nobody.

    Parameters
    ----------
    share : float
        Share of the work that is done, 0 to 1.
    message : str
        What is being done.
    """


def shown(progress: Progress) -> Show | None:
    """Say where a growing series can be shown.

    Parameters
    ----------
    progress : callable
        Where the work reports.

    Returns
    -------
    callable or None
        Takes a series; None where nobody looks, so that none need be made.
    """
    return getattr(progress, "show", None)


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
        Where the part reports, and shows what it has.
    """

    def part(share: float, message: str) -> None:
        progress(low + (high - low) * min(max(share, 0.0), 1.0), message)

    return Reporter(part, shown(progress))


def named(progress: Progress, name: str) -> Progress:
    """Put a name before every message of a part of the work.

    Parameters
    ----------
    progress : callable
        Where the whole work reports.
    name : str
        The name, such as "Seed 2 of 5".

    Returns
    -------
    callable
        Where the part reports, and shows what it has.
    """

    def part(share: float, message: str) -> None:
        progress(share, f"{name}: {message[:1].lower()}{message[1:]}")

    return Reporter(part, shown(progress))


@dataclass(slots=True)
class Scans:
    """Reports where a work is, and inside its steps how far a scan of the rows has come.

    Parameters
    ----------
    progress : callable
        Where the whole work reports.
    at : float, default 0.0
        The share done when the present step began.
    message : str, default ""
        What the step does.
    """

    progress: Progress
    at: float = 0.0
    message: str = ""

    def __call__(self, share: float, message: str) -> None:
        """Begin a step.

        Parameters
        ----------
        share : float
            Share of the whole work that is done.
        message : str
            What the step does.
        """
        self.at, self.message = share, message
        self.progress(share, message)

    def scanning(self, share: float, message: str) -> None:
        """Report a scan inside the present step; like any report it may raise to stop the work.

        Parameters
        ----------
        share : float
            Share of the scan that is done.
        message : str
            What the engine says; the step's own words come first.
        """
        said = self.message or message
        inside = min(max(share, 0.0), 1.0)
        # How many scans a step takes is not known: each moves the bar a little and says in words how far it is.
        self.progress(min(self.at + 0.05 * inside, 1.0), f"{said}: {inside:.0%} of the rows read")
