"""Long scans that report where they are and can be stopped: the scan runs in a thread, and its caller watches it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.progress import Progress

Result = TypeVar("Result")

_TICK: Final = 0.1
_GRACE: Final = 1.5
_AGAIN: Final = 0.05


def watched(
    scan: Callable[[], Result],
    stop: Callable[[], None],
    progress: Progress,
    share: Callable[[], float] = lambda: 0.0,
) -> Result:
    """Run a scan and report ten times a second; whoever is told may raise to stop it.

    Parameters
    ----------
    scan : callable
        The work.
    stop : callable
        Tells the engine to give up; called from this thread.
    progress : callable
        Where the work reports.
    share : callable
        Gives the share done, 0 to 1.

    Returns
    -------
    object
        What the scan gave.

    Notes
    -----
    Where the report raises, the engine is told to stop and gets a second and a half to do so; the exception goes on
    either way. The thread is a daemon: a scan that does not stop holds no process up.
    """
    found: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(scan())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while True:
            thread.join(_TICK)
            if not thread.is_alive():
                break
            progress(share(), "Counting people")
    except BaseException:
        # A wish to stop is lost on a scan that has not quite begun: it is said again until the scan is gone.
        until = time.monotonic() + _GRACE
        while thread.is_alive() and time.monotonic() < until:
            stop()
            thread.join(_AGAIN)
        raise
    if failed:
        raise failed[0]
    return found[0]
