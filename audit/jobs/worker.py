"""Inside the process of a job: the task runs in the main thread, a second thread watches over it.

The watching thread is the only one that writes progress, five times a second at most. It learns that the job should
stop, and keeps the limits of memory and time.
"""

from __future__ import annotations

import importlib
import logging
import math
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from audit.errors import AuditError, Cancelled
from audit.jobs import table
from audit.jobs.control import start_waiting
from audit.jobs.growing import keep
from audit.jobs.record import Outcome, died, from_row, internal, limit, told, too_large, too_long
from audit.progress import Progress, Reporter
from audit.store import Store, processes

if TYPE_CHECKING:
    from audit.rows.series import Series

Task = Callable[[Store, str, Mapping[str, Any], Progress], None]

_TICK_SECONDS: Final = 0.1
_WRITE_SECONDS: Final = 0.2
_FAMILY_SECONDS: Final = 0.5
_DRAW_SECONDS: Final = 0.8
_BEAT_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 1.5
_NICE: Final = 5
_MESSAGE_LENGTH: Final = 300
_LOG_BYTES: Final = 1_000_000

_log = logging.getLogger("audit.jobs")


def work(store: Store, job_id: str) -> None:
    """Do a job and end this process.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job; nothing is done where it was stopped before it began.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    me, ticks = os.getpid(), processes.started_ticks(os.getpid())
    if ticks is None or not table.note_process(store, job_id, me, ticks):
        return
    os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    _Worker(store, job_id, ticks).do()


class _Worker:
    """One job in its process."""

    def __init__(self, store: Store, job_id: str, ticks: int) -> None:
        self._store = store
        self._job_id = job_id
        self._ticks = ticks
        self._began = time.monotonic()
        self._latest = (0.0, "")
        self._curves: Series | None = None
        self._drawn: Series | None = None
        self._stop = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._terminated = False

    def do(self) -> NoReturn:
        """Run the task, note how it ended and end the process; threads of libraries do not hold it up."""
        signal.signal(signal.SIGTERM, self._on_terminate)
        threading.Thread(target=self._watch, daemon=True).start()
        outcome = self._run()
        # What comes now is short and must not be torn.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(AuditError):
            self._close(outcome)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _close(self, outcome: Outcome) -> None:
        """Note the end, clear away what still runs, and only then start the next job, which becomes a child."""
        with self._closing:
            self._closed = True
            if table.finish(self._store, self._job_id, *outcome):
                processes.end(os.getpid(), self._ticks)
                start_waiting(self._store)

    def _run(self) -> Outcome:
        try:
            job = from_row(table.read(self._store, self._job_id))
            _task(job.kind)(self._store, job.audit_id, job.payload, Reporter(self._progress, self._show))
        except Cancelled:
            stopped = self._stop.is_set() or not self._terminated or self._was_asked()
            return ("cancelled", None) if stopped else ("failed", died())
        except AuditError as error:
            return "failed", told(error)
        except MemoryError:
            return "failed", too_large()
        except BaseException:  # noqa: BLE001 - a task that leaves by SystemExit has failed like any other
            reference = secrets.token_hex(4)
            _log.exception("job %s failed, reference %s", self._job_id, reference)
            return "failed", internal(reference)
        return "done", None

    def _progress(self, share: float, message: str) -> None:
        if math.isfinite(share):
            self._latest = (min(max(float(share), 0.0), 1.0), str(message)[:_MESSAGE_LENGTH])
        if self._stop.is_set():
            raise Cancelled

    def _show(self, series: Series) -> None:
        self._curves = series
        if self._stop.is_set():
            raise Cancelled

    def _on_terminate(self, _number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._terminated = True
        raise Cancelled

    def _was_asked(self) -> bool:
        with suppress(AuditError):
            row = table.read_if_there(self._store, self._job_id)
            return row is None or row["slot"] is None or row["cancel_asked"] is not None
        return False

    def _watch(self) -> None:
        """Look after the job until the process ends."""
        written, wrote, counted, asked, drew = self._latest, 0.0, 0.0, None, 0.0
        while True:
            time.sleep(_TICK_SECONDS)
            moment = time.monotonic()
            family = moment - counted > _FAMILY_SECONDS
            counted = moment if family else counted
            self._keep_limits(family=family)
            if asked is None and self._was_asked():
                asked = moment
                self._stop.set()
            if asked is not None and moment - asked > _GRACE_SECONDS:
                self._die(("cancelled", None))
            latest, quiet = self._latest, moment - wrote
            if (latest != written and quiet > _WRITE_SECONDS) or quiet > _BEAT_SECONDS:
                with suppress(AuditError):
                    table.note_progress(self._store, self._job_id, *latest)
                written, wrote = latest, moment
            if self._curves is not self._drawn and moment - drew > _DRAW_SECONDS:
                self._draw()
                drew = moment

    def _draw(self) -> None:
        """Write down the curves as far as they are known, unless the job has ended meanwhile."""
        with self._closing:
            self._drawn = self._curves
            if self._drawn is not None and not self._closed:
                keep(self._store, self._job_id, self._drawn)

    def _keep_limits(self, *, family: bool) -> None:
        """End the job where it needs too much; its children are counted less often, because that costs more."""
        used = processes.resident_megabytes(os.getpid()) if family else processes.own_megabytes()
        if used > limit("EVENHAND_JOB_MEMORY_MB"):
            self._die(("failed", too_large(used)))
        if time.monotonic() - self._began > limit("EVENHAND_JOB_SECONDS"):
            self._die(("failed", too_long()))
        if family:
            _trim_log()

    def _die(self, outcome: Outcome) -> NoReturn:
        """End the job from the watching thread, whatever the main thread is doing."""
        try:
            self._close(outcome)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
        raise SystemExit


def _task(kind: str) -> Task:
    """Find a task by its name; tests name a module of their own, which nothing else can."""
    module = "audit.tasks"
    if "PYTEST_CURRENT_TEST" in os.environ:
        module = os.environ.get("EVENHAND_TEST_TASKS", module)
    tasks: Mapping[str, Task] = importlib.import_module(module).TASKS
    return tasks[kind]


def _trim_log() -> None:
    """Cut a log that has grown too long. It is open for appending, so that writing goes on at its new end."""
    with suppress(OSError):
        if os.fstat(1).st_size > _LOG_BYTES:
            os.ftruncate(1, 0)
            os.write(1, b"(the log grew too long: what was here before was cut)\n")
