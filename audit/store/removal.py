"""Taking things out of the store again: a deleted audit leaves nothing behind."""

from __future__ import annotations

import math
import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, select

from audit.errors import StoreError
from audit.store import processes
from audit.store.files import remove_named, sweep
from audit.store.records import now, unknown_audit
from audit.store.schema import PATIENCE_SECONDS, Database, audit_models, audits, jobs, models

if TYPE_CHECKING:
    from pathlib import Path

_DAY_SECONDS: Final = 86_400.0
_FOLDERS: Final = ("data", "models", "jobs")
# Quotation marks inside a text of JSON are escaped, so that no name can look like this key.
_KEPT_HERE: Final = audits.c.dataset.not_like('%"place": {%')
"""Audits whose data are a file of the store, not data in place."""


def make_folders(root: Path) -> None:
    """Make the folders of a store, for the eyes of their owner only."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _FOLDERS:
            (root / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "The folder of the store cannot be made.",
            why="A file is in its place, or the rights to write are missing.",
            fix="Name another folder in EVENHAND_HOME.",
            code="store_folder",
        ) from error


def delete_audit(database: Database, root: Path, audit_id: str) -> None:
    """End the jobs of an audit and remove its rows and files."""
    _end_jobs(database, audit_id)
    with database.write() as connection:
        data = connection.execute(select(audits.c.fingerprint).where(audits.c.id == audit_id)).one_or_none()
        if data is None:
            raise unknown_audit()
        shas = connection.scalars(select(audit_models.c.sha).where(audit_models.c.audit_id == audit_id)).all()
        logs = connection.scalars(select(jobs.c.id).where(jobs.c.audit_id == audit_id)).all()
        # Parts of an audit go with its row: their foreign keys cascade.
        connection.execute(delete(audits).where(audits.c.id == audit_id))
        drop_data(connection, root, data.fingerprint)
        for sha in shas:
            drop_model(connection, root, sha)
        for job in logs:
            for path in (root / "jobs").glob(f"{job}.*"):
                path.unlink(missing_ok=True)
        shutil.rmtree(root / "jobs" / f"unfinished-{audit_id}", ignore_errors=True)
    _forget(database)


def purge(database: Database, root: Path, older_than_days: float | None) -> tuple[str, ...]:
    """Delete old audits, then files and rows that nobody refers to."""
    days = _retention(older_than_days)
    gone: list[str] = []
    for audit_id in _unchanged(database, days):
        with suppress(StoreError):
            delete_audit(database, root, audit_id)
            gone.append(audit_id)
    with database.write() as connection:
        day_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        linked = select(audit_models.c.sha)
        connection.execute(delete(models).where(models.c.sha.not_in(linked), models.c.created < day_ago))
        kept = {
            "data": connection.scalars(
                select(audits.c.fingerprint).where(audits.c.fingerprint.is_not(None), _KEPT_HERE)
            ),
            "models": connection.scalars(select(models.c.sha)),
            "jobs": connection.scalars(select(jobs.c.id)),
        }
        for name, names in kept.items():
            sweep(root / name, keep=[str(one) for one in names], older_than_seconds=_DAY_SECONDS)
    return tuple(gone)


def _retention(days: float | None) -> float | None:
    raw: object = os.environ.get("EVENHAND_RETENTION_DAYS", "") if days is None else days
    if raw == "":
        return None
    with suppress(ValueError):
        number = float(str(raw))
        if math.isfinite(number) and number > 0:
            return number
    raise StoreError(
        "The retention time is not a number of days above 0.",
        why="Audits that have not changed for this long are deleted.",
        fix="Write a number such as 90 in EVENHAND_RETENTION_DAYS, or leave it empty to keep audits for ever.",
        code="retention",
    )


def _unchanged(database: Database, days: float | None) -> list[str]:
    """List the audits that are older than the retention time and at which nothing works."""
    if days is None:
        return []
    limit = (datetime.now(UTC) - timedelta(days=min(days, 36_500.0))).isoformat(timespec="microseconds")
    busy = select(jobs.c.audit_id).where(jobs.c.slot.is_not(None))
    with database.read() as connection:
        query = select(audits.c.id).where(audits.c.updated < limit, audits.c.id.not_in(busy))
        return [str(one) for one in connection.scalars(query)]


def _end_jobs(database: Database, audit_id: str) -> None:
    """Kill what works for an audit. A job on another machine stops itself when its row is gone."""
    with database.write() as connection:
        mine = (jobs.c.audit_id == audit_id, jobs.c.slot.is_not(None))
        running = connection.execute(select(jobs.c.pid, jobs.c.ticks, jobs.c.machine).where(*mine)).all()
        connection.execute(
            jobs.update().where(*mine).values(state="cancelled", ended=now(), cancel_asked=now(), slot=None)
        )
    for job in running:
        if job.pid is not None and job.machine == processes.machine():
            processes.end(job.pid, job.ticks)


def drop_data(connection: Connection, root: Path, sha: str | None) -> None:
    """Remove the file of data that no audit uses; data in place are nobody's to remove."""
    if (
        sha
        and not connection.execute(
            select(audits.c.id).where(audits.c.fingerprint == sha, _KEPT_HERE).limit(1)
        ).first()
    ):
        remove_named(root / "data", sha)


def drop_model(connection: Connection, root: Path, sha: str) -> None:
    """Remove a model file that no audit uses."""
    if not connection.execute(select(audit_models.c.sha).where(audit_models.c.sha == sha).limit(1)).first():
        connection.execute(delete(models).where(models.c.sha == sha))
        remove_named(root / "models", sha)


def _forget(database: Database) -> None:
    """Empty SQLite's log of writes, which still holds what was deleted; a busy one is emptied later."""
    if database.engine.dialect.name == "sqlite":
        with suppress(StoreError), database.read() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA busy_timeout=500")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000:.0f}")
            connection.exec_driver_sql("BEGIN")
