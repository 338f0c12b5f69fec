"""A job as others see it, and the sentences for the ways in which it can fail."""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from audit.errors import AuditError, JobFailed
from audit.store.records import since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

State = Literal["queued", "running", "done", "failed", "cancelled"]

Outcome: TypeAlias = tuple[State, dict[str, str] | None]
"""How a job ends, and the sentences if it failed."""

ENDED: Final = ("done", "failed", "cancelled")
"""The states that a job does not leave."""

_DEFAULTS: Final = {
    "EVENHAND_JOB_MEMORY_MB": 8192.0,
    "EVENHAND_JOB_SECONDS": 1800.0,
    "EVENHAND_JOBS_AT_ONCE": 2.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known about a job at one moment.

    Parameters
    ----------
    id : str
        Twelve letters and digits.
    audit_id : str
        The audit it works for.
    kind : str
        What it does: a name in `audit.tasks.TASKS`.
    key : str
        Tells jobs of one kind apart, such as the id of a mitigation.
    title : str
        As shown.
    payload : mapping
        What it was given.
    state : {"queued", "running", "done", "failed", "cancelled"}
        Where it is.
    progress : float
        Share that is done, 0 to 1.
    message : str
        What it is doing.
    error : dict or None
        For a failed job: "what", "why", "fix" and "code".
    cancelling : bool
        Whether it was asked to stop and has not stopped yet.
    pid : int or None
        Its process.
    created, started, ended : str or None
        Times in UTC, ISO format.
    seconds : float or None
        How long it has been or was running.
    """

    id: str
    audit_id: str
    kind: str
    key: str
    title: str
    payload: Mapping[str, Any] = field(repr=False)
    state: State
    progress: float
    message: str
    error: dict[str, str] | None
    cancelling: bool
    pid: int | None
    created: str
    started: str | None
    ended: str | None
    seconds: float | None

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, in whatever way."""
        return self.state in ENDED

    def failure(self) -> JobFailed | None:
        """Give the error of a failed job as one that can be raised.

        Returns
        -------
        JobFailed or None
            With the sentences and the code of the error.
        """
        return JobFailed(**self.error) if self.error else None


def from_row(row: RowMapping) -> JobRecord:
    """Read a job from its row."""
    started, ended = row["started"], row["ended"]
    return JobRecord(
        id=row["id"],
        audit_id=row["audit_id"],
        kind=row["kind"],
        key=row["key"],
        title=row["title"],
        payload=json.loads(row["payload"]),
        state=row["state"],
        progress=row["progress"],
        message=row["message"],
        error=json.loads(row["error"]) if row["error"] else None,
        cancelling=row["cancel_asked"] is not None and row["state"] not in ENDED,
        pid=row["pid"],
        created=row["created"],
        started=started,
        ended=ended,
        seconds=since(started, until=ended) if started else None,
    )


def limit(name: str) -> float:
    """Read a limit of jobs from the environment; what is not a number above 0 counts as not given."""
    with suppress(ValueError):
        number = float(os.environ.get(name, ""))
        if math.isfinite(number) and number > 0:
            return number
    return _DEFAULTS[name]


def told(error: AuditError) -> dict[str, str]:
    """Give the sentences of an error as a job keeps them."""
    return {"what": error.what, "why": error.why, "fix": error.fix, "code": error.code}


def died() -> dict[str, str]:
    """Say that the process of a job is gone."""
    return {
        "what": "The job ended before it was finished.",
        "why": "Its process was killed; most often the machine ran out of memory.",
        "fix": "The audit is as it was before. Start the job again, with fewer rows or columns if it dies again.",
        "code": "job_died",
    }


def too_large(reached: float | None = None) -> dict[str, str]:
    """Say that a job needed more memory than it may use."""
    measured = f" It reached {reached:,.0f} MB." if reached else ""
    return {
        "what": "The job was stopped because it needed too much memory.",
        "why": f"A job may use {limit('EVENHAND_JOB_MEMORY_MB'):,.0f} MB.{measured}",
        "fix": "Use fewer rows or columns, or raise EVENHAND_JOB_MEMORY_MB.",
        "code": "job_memory",
    }


def too_long() -> dict[str, str]:
    """Say that a job took more time than it may take."""
    return {
        "what": "The job was stopped because it took too long.",
        "why": f"A job may take {limit('EVENHAND_JOB_SECONDS'):,.0f} seconds.",
        "fix": "Use fewer rows or less work per step, or raise EVENHAND_JOB_SECONDS.",
        "code": "job_time",
    }


def not_started() -> dict[str, str]:
    """Say that no process could be made for a job."""
    return {
        "what": "The job could not be started.",
        "why": "The system did not give it a process.",
        "fix": "Close other work on this machine and start the job again.",
        "code": "job_not_started",
    }


def internal(reference: str) -> dict[str, str]:
    """Say that something unexpected happened, without its details."""
    return {
        "what": "Something went wrong inside the job.",
        "why": f"The details are in the job's log, under the reference {reference}.",
        "fix": "The audit is as it was before. Start the job again; if it fails again, report the reference.",
        "code": "internal",
    }
