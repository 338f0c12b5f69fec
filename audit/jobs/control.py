"""Starting, watching and stopping jobs, from any process that has the store open.

Nothing here needs the process that started a job: whoever polls finds out that one died, ends one that does not stop
and starts the next in the queue.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.errors import AuditError, StoreError
from audit.jobs import table
from audit.jobs.growing import forget
from audit.jobs.record import ENDED, JobRecord, Outcome, died, from_row, limit, not_started, too_long
from audit.store import Store, processes
from audit.store.records import checked_id, since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

_ASK_SECONDS: Final = 1.0
"""How long a job may take to stop by itself before it is told to terminate."""
_KILL_SECONDS: Final = 1.7
"""How long after the wish to stop a job is killed, so that it is gone within two seconds."""
_LAUNCH_SECONDS: Final = 15.0
_SILENCE_SECONDS: Final = 45.0
_OVERTIME_SECONDS: Final = 5.0
_NAME_LENGTH: Final = 60
_KEY_LENGTH: Final = 200


def start(
    store: Store,
    audit_id: str,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str = "",
    title: str = "",
) -> str:
    """Start work in a process of its own, or put it in the queue when enough of it runs.

    Parameters
    ----------
    store : Store
        The store.
    audit_id : str
        The audit to work for.
    kind : str
        What to do: a name in `audit.tasks.TASKS`.
    payload : mapping or None
        What the task needs to know, ready for JSON.
    key : str, default ""
        Tells jobs of one kind apart.
    title : str, default ""
        As shown; by default the kind.

    Returns
    -------
    str
        The id of the job; where the audit has an unfinished job of the same kind and key already, that one's.

    Raises
    ------
    StoreError
        With code "unknown_audit".
    """
    if not 0 < len(kind) <= _NAME_LENGTH or len(key) > _KEY_LENGTH:
        raise ValueError("a kind has 1 to 60 characters and a key at most 200")
    name = title or kind.replace("_", " ").capitalize()
    job_id = table.enter(store, checked_id(audit_id), kind, payload or {}, key=key, title=name)
    tend(store)
    return job_id


def poll(store: Store, job_id: str) -> JobRecord:
    """Tell where a job is; finds out that it died, ends one that does not stop, starts the next in the queue.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job.

    Returns
    -------
    JobRecord
        The job at this moment.

    Raises
    ------
    StoreError
        With code "unknown_job", also after its audit was deleted.
    """
    row = table.read(store, job_id)
    if row["state"] == "running" and settle(store, row):
        row = table.read(store, job_id)
    if row["state"] == "queued":
        tend(store)
        row = table.read(store, job_id)
    elif row["state"] != "running":
        start_waiting(store)
    return from_row(row)


def wait(store: Store, job_id: str, *, seconds: float | None = None, every: float = 0.05) -> JobRecord:
    """Wait until a job has ended.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job.
    seconds : float or None
        How long to wait at most; by default as long as it takes.
    every : float, default 0.05
        Seconds between two looks.

    Returns
    -------
    JobRecord
        The job; it has not ended where the time was over first.
    """
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        record = poll(store, job_id)
        if record.is_over or (until is not None and time.monotonic() > until):
            return record
        time.sleep(every)


def cancel(store: Store, job_id: str) -> None:
    """Stop a job: it is gone within two seconds, whatever it is doing. Returns at once.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job; one that has ended stays as it is.

    Raises
    ------
    StoreError
        With code "unknown_job".
    """
    table.read(store, job_id)
    table.ask_to_stop(store, job_id)
    if table.read(store, job_id)["state"] not in ENDED:
        threading.Thread(target=_see_it_stop, args=(store, job_id), daemon=True).start()


def dismiss(store: Store, job_id: str) -> None:
    """Take an ended job off the list of recent ones.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job; one that has not ended stays on the list.
    """
    table.hide(store, job_id)


def tend(store: Store) -> None:
    """Look after every running job, so that a dead one holds no place, and fill the free places."""
    for row in table.unfinished(store, None):
        if row["state"] == "running":
            settle(store, row)
    start_waiting(store)


def start_waiting(store: Store) -> None:
    """Start the jobs that have waited longest, as long as there is room."""
    while job_id := table.claim_next(store, max(1, int(limit("EVENHAND_JOBS_AT_ONCE")))):
        _launch(store, job_id)


def settle(store: Store, row: RowMapping) -> bool:
    """Look after a running job: end it where it must not go on, and say whether it has ended."""
    outcome = _outcome(row)
    if outcome is None:
        return False
    # Whoever notes the end first is the one who acts on it: a job that ends at this very moment by itself goes its
    # way, and the next one that it starts is not taken for a part of it.
    if table.finish(store, row["id"], *outcome) and row["pid"] and row["machine"] == processes.machine():
        processes.end(row["pid"], row["ticks"])
        forget(store, row["id"])  # it may have drawn once more before it was gone
    return True


def _outcome(row: RowMapping) -> Outcome | None:
    """Say how a running job has to end, if it has to."""
    gone: Outcome = ("failed", died())
    if row["cancel_asked"] is not None:
        gone = ("cancelled", None)
    if row["machine"] != processes.machine():
        # Its process cannot be seen from here; it writes at regular times that it lives.
        return gone if since(row["beat"]) > _SILENCE_SECONDS else None
    if row["pid"] is None:
        return gone if since(row["started"]) > _LAUNCH_SECONDS else None
    if not processes.is_alive(row["pid"], row["ticks"]):
        return gone
    if row["cancel_asked"] is not None:
        return gone if _press(row) else None
    # The job keeps its time limit itself, unless it is stuck in code that lets nothing else run.
    late = since(row["started"]) > limit("EVENHAND_JOB_SECONDS") + _OVERTIME_SECONDS
    return ("failed", too_long()) if late else None


def _press(row: RowMapping) -> bool:
    """Leave a job a second to stop by itself, then tell it to; say whether it has to be made to."""
    asked = since(row["cancel_asked"])
    if _ASK_SECONDS < asked <= _KILL_SECONDS:
        processes.send(row["pid"], row["ticks"], signal.SIGTERM)
    return asked > _KILL_SECONDS


def _see_it_stop(store: Store, job_id: str) -> None:
    """Watch a job that was asked to stop until it has. Polling does the same, should this process end first."""
    until = time.monotonic() + _KILL_SECONDS + 5.0
    with suppress(AuditError):
        while time.monotonic() < until:
            row = table.read_if_there(store, job_id)
            if row is None or row["state"] != "running" or settle(store, row):
                start_waiting(store)
                return
            time.sleep(0.05)


def _launch(store: Store, job_id: str) -> None:
    try:
        handle = os.open(
            store.jobs_folder / f"{job_id}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, mode=0o600
        )
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module, checked arguments
                [sys.executable, "-P", "-m", "audit.jobs", str(store.root), job_id],
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                env=_environment(store),
                start_new_session=True,
            )
        finally:
            os.close(handle)
    except OSError:
        table.finish(store, job_id, "failed", not_started())
        return
    ticks = processes.started_ticks(process.pid)
    if ticks is not None:
        with suppress(StoreError):
            table.note_process(store, job_id, process.pid, ticks)
    # Somebody has to collect the process when it has ended.
    threading.Thread(target=process.wait, daemon=True).start()


def _environment(store: Store) -> dict[str, str]:
    project = str(Path(__file__).resolve().parents[2])
    paths = dict.fromkeys([project, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("EVENHAND_DATABASE", None)
    if not store.is_own_database:
        # The address of a database can hold a password, which a command line would show to everybody.
        environment["EVENHAND_DATABASE"] = store.url
    return environment
