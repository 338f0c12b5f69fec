"""Processes as Linux shows them under /proc: whether one is still the same one, what belongs to it, how to end it.

A process id is used again after its process ended. A process is therefore known by its id together with the tick of
the clock at which it started, and nothing is signalled that does not match both.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class _Stat:
    pid: int
    state: str
    parent: int
    session: int
    ticks: int
    pages: int


@cache
def machine() -> str:
    """Name the running system in which process ids mean something.

    Returns
    -------
    str
        The id of this boot and of the space of process ids, so that two containers are told apart.
    """
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"


def started_ticks(pid: int) -> int | None:
    """Tell when a process started.

    Parameters
    ----------
    pid : int
        Its id.

    Returns
    -------
    int or None
        Clock ticks since the system booted; None where there is no such process.
    """
    stat = _stat(pid)
    return None if stat is None else stat.ticks


def is_alive(pid: int, ticks: int) -> bool:
    """Say whether a process still runs and is the one that is meant.

    Parameters
    ----------
    pid : int
        Its id.
    ticks : int
        When it started, from :func:`started_ticks`.

    Returns
    -------
    bool
        False also for a process that ended and was not yet collected by its parent.
    """
    stat = _stat(pid)
    return stat is not None and stat.ticks == ticks and stat.state not in "ZX"


def resident_megabytes(pid: int) -> float:
    """Measure the memory of a process and of all its descendants.

    Parameters
    ----------
    pid : int
        The process.

    Returns
    -------
    float
        Resident memory in megabytes; pages that are shared count once per process.
    """
    everyone = _everyone()
    return sum(everyone[one].pages for one in _family(pid, everyone)) * _PAGE / 1e6


def own_megabytes() -> float:
    """Measure the memory of this process alone, cheaply.

    Returns
    -------
    float
        Resident memory in megabytes.
    """
    return int((_PROC / "self/statm").read_text().split()[1]) * _PAGE / 1e6


def send(pid: int, ticks: int, number: signal.Signals) -> None:
    """Signal a process and the others of its session.

    Parameters
    ----------
    pid : int
        The leader of a session.
    ticks : int
        When it started; another process that has the id by now is left alone.
    number : signal.Signals
        What to send. This process itself is spared.
    """
    _signal(_members(pid, ticks, descendants=False), number)


def end(pid: int, ticks: int, *, seconds: float = 1.0) -> None:
    """Kill a process, its session and its descendants, and see that they are gone.

    Parameters
    ----------
    pid : int
        The leader of a session.
    ticks : int
        When it started; another process that has the id by now is left alone.
    seconds : float, default 1.0
        How long to look after them.
    """
    until = time.monotonic() + seconds
    while members := _members(pid, ticks, descendants=True):
        _signal(members, signal.SIGKILL)
        if time.monotonic() > until:
            return
        time.sleep(0.01)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _members(pid: int, ticks: int, *, descendants: bool) -> list[int]:
    everyone = _everyone()
    leader = everyone.get(pid)
    if leader is not None and leader.ticks != ticks:
        return []
    # While one of its processes lives, the number of a session is not given to anybody else.
    found = {one.pid for one in everyone.values() if one.session == pid}
    if descendants:
        found |= _family(pid, everyone)
    return [one for one in found if one != os.getpid() and everyone[one].state not in "ZX"]


def _family(pid: int, everyone: dict[int, _Stat]) -> set[int]:
    children: dict[int, list[int]] = {}
    for stat in everyone.values():
        children.setdefault(stat.parent, []).append(stat.pid)
    found: set[int] = set()
    waiting = [pid] if pid in everyone else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(children.get(one, ()))
    return found


def _everyone() -> dict[int, _Stat]:
    found = (_stat(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {stat.pid: stat for stat in found if stat is not None}


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and can hold anything, brackets too: the fields come after the last one.
    fields = text.rpartition(")")[2].split()
    return _Stat(
        pid=pid,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        ticks=int(fields[19]),
        pages=int(fields[21]),
    )
