"""The rows of jobs: who may start, who has ended and why. A job that has ended stays ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from audit.errors import StoreError
from audit.jobs.growing import forget
from audit.store.processes import machine
from audit.store.records import new_id, now
from audit.store.rows import revision
from audit.store.schema import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.jobs.record import State
    from audit.store import Store

_KEPT_JOBS: Final = 50


def read(store: Store, job_id: str) -> RowMapping:
    """Read the row of a job."""
    with store.database.read() as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one_or_none()
    if row is None:
        raise unknown_job()
    return row


def read_if_there(store: Store, job_id: str) -> RowMapping | None:
    """Read the row of a job, or nothing where its audit was deleted."""
    with store.database.read() as connection:
        return connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one_or_none()


def unfinished(store: Store, audit_id: str | None) -> list[RowMapping]:
    """Read the jobs that wait or run, of one audit or of all, in the order in which they were asked for."""
    query = select(jobs).where(jobs.c.slot.is_not(None)).order_by(jobs.c.number)
    if audit_id is not None:
        query = query.where(jobs.c.audit_id == audit_id)
    with store.database.read() as connection:
        return list(connection.execute(query).mappings())


def ended(store: Store, audit_id: str, limit: int) -> list[RowMapping]:
    """Read the jobs of an audit that have ended and were not dismissed, the last one first."""
    query = (
        select(jobs)
        .where(jobs.c.audit_id == audit_id, jobs.c.slot.is_(None), jobs.c.dismissed == 0)
        .order_by(jobs.c.ended.desc(), jobs.c.number.desc())
        .limit(limit)
    )
    with store.database.read() as connection:
        return list(connection.execute(query).mappings())


def enter(store: Store, audit_id: str, kind: str, payload: Mapping[str, Any], *, key: str, title: str) -> str:
    """Put a job in the queue, or give the one that does the same work already."""
    slot = json.dumps([audit_id, kind, key])
    with store.database.write() as connection:
        revision(connection, audit_id)
        known = connection.execute(select(jobs.c.id).where(jobs.c.slot == slot)).scalar()
        if known is not None:
            return str(known)
        job_id = new_id()
        values = {"id": job_id, "audit_id": audit_id, "kind": kind, "key": key, "title": title, "slot": slot}
        connection.execute(
            insert(jobs).values(
                **values,
                state="queued",
                progress=0.0,
                message="",
                created=now(),
                dismissed=0,
                payload=json.dumps(dict(payload), ensure_ascii=False),
            )
        )
        for old in _too_many(connection, audit_id):
            connection.execute(delete(jobs).where(jobs.c.id == old))
            (store.jobs_folder / f"{old}.log").unlink(missing_ok=True)
        return job_id


def _too_many(connection: Connection, audit_id: str) -> list[str]:
    """List the jobs of an audit that ended so long ago that nobody asks for them."""
    query = (
        select(jobs.c.id)
        .where(jobs.c.audit_id == audit_id, jobs.c.slot.is_(None))
        .order_by(jobs.c.number.desc())
        .offset(_KEPT_JOBS)
        .limit(1000)
    )
    return [str(one) for one in connection.scalars(query)]


def claim_next(store: Store, at_once: int) -> str | None:
    """Take the job that has waited longest, unless enough of them run."""
    waiting = select(jobs.c.id).where(jobs.c.state == "queued")
    with store.database.read() as connection:
        if connection.execute(waiting.limit(1)).first() is None:
            return None
    with store.database.write() as connection:
        running = select(func.count()).select_from(jobs).where(jobs.c.state == "running")
        if connection.execute(running).scalar_one() >= at_once:
            return None
        job_id = connection.execute(waiting.order_by(jobs.c.number).limit(1)).scalar()
        if job_id is None:
            return None
        moment = now()
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(state="running", started=moment, beat=moment, machine=machine())
        )
        return str(job_id)


def note_process(store: Store, job_id: str, pid: int, ticks: int) -> bool:
    """Write down which process does a job, and say whether the job is still to be done."""
    with store.database.write() as connection:
        noted = connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == "running")
            .values(pid=pid, ticks=ticks, machine=machine(), beat=now())
        )
        return bool(noted.rowcount)


def note_progress(store: Store, job_id: str, share: float, message: str) -> None:
    """Write down how far a job is, and that its process lives."""
    with store.database.write() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == "running")
            .values(progress=share, message=message, beat=now())
        )


def finish(store: Store, job_id: str, state: State, error: Mapping[str, str] | None = None) -> bool:
    """End a job, unless it has ended already."""
    values: dict[str, Any] = {"state": state, "ended": now(), "slot": None}
    if state == "done":
        values |= {"progress": 1.0}
    if error is not None:
        values |= {"error": json.dumps(dict(error), ensure_ascii=False)}
    with store.database.write() as connection:
        # The slot is what a job holds until it ends: whoever takes it away decides how the job ended.
        ended = connection.execute(
            update(jobs).where(jobs.c.id == job_id, jobs.c.slot.is_not(None)).values(**values)
        )
    forget(store, job_id)
    return bool(ended.rowcount)


def ask_to_stop(store: Store, job_id: str) -> None:
    """Note the wish to stop a job; one that still waits ends at once."""
    with store.database.write() as connection:
        mine = (jobs.c.id == job_id, jobs.c.slot.is_not(None), jobs.c.cancel_asked.is_(None))
        moment = now()
        connection.execute(update(jobs).where(*mine).values(cancel_asked=moment))
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == "queued")
            .values(state="cancelled", ended=moment, slot=None)
        )


def hide(store: Store, job_id: str) -> None:
    """Leave an ended job out of the list of recent ones."""
    with store.database.write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.slot.is_(None)).values(dismissed=1))


def unknown_job() -> StoreError:
    """Build the error for a job that is not in the store."""
    return StoreError(
        "This job is not in the store.",
        why="Its audit was deleted, or it ended long ago.",
        fix="Look at the audit's results, or start the work again.",
        code="unknown_job",
    )
