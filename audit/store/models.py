"""Model files in the store: kept under the hash of their bytes, never opened here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from audit.errors import StoreError
from audit.store.files import checked_kind, checked_sha, fingerprint, write_atomic
from audit.store.records import checked_id, now
from audit.store.rows import link_model, revision
from audit.store.schema import Database, audits, models

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def add_model(
    database: Database,
    folder: Path,
    source: Path | bytes,
    *,
    name: str,
    info: Mapping[str, Any],
    audit_id: str | None,
) -> str:
    """Write a model file and what is known about it."""
    kind = checked_kind(info.get("kind"))
    sha = fingerprint(source)
    # The file is written while the row is locked: nobody can clear it away as unused in between.
    with database.write() as connection:
        if audit_id is not None:
            revision(connection, checked_id(audit_id))
        target = folder / f"{sha}.{kind}"
        if not target.is_file():
            write_atomic(target, source)
        values = {"kind": kind, "name": name, "info": json.dumps(dict(info), ensure_ascii=False)}
        known = connection.execute(select(models.c.kind).where(models.c.sha == sha)).scalar()
        if known is None:
            connection.execute(insert(models).values(sha=sha, created=now(), **values))
        else:
            connection.execute(models.update().where(models.c.sha == sha).values(**values))
        if known is not None and known != kind:
            (folder / f"{sha}.{known}").unlink(missing_ok=True)
        named = connection.scalars(select(audits.c.id).where(audits.c.model_sha == sha)).all()
        for one in {*named, *([audit_id] if audit_id else [])}:
            link_model(connection, one, sha)
    return sha


def model_path(database: Database, folder: Path, sha: str) -> Path:
    """Find a model file by its hash."""
    with database.read() as connection:
        query = select(models.c.kind).where(models.c.sha == checked_sha(sha))
        kind = connection.execute(query).scalar()
    path = folder / f"{sha}.{kind}"
    if kind is None or not path.is_file():
        raise _unknown_model()
    return path


def model_info(database: Database, sha: str) -> dict[str, Any]:
    """Tell what was found in a model file."""
    with database.read() as connection:
        row = connection.execute(select(models).where(models.c.sha == checked_sha(sha))).one_or_none()
    if row is None:
        raise _unknown_model()
    return {**json.loads(row.info), "kind": row.kind, "name": row.name, "sha256": row.sha}


def _unknown_model() -> StoreError:
    return StoreError(
        "The model file is not in the store.",
        why="It was deleted with its audit, or it was never uploaded here.",
        fix="Upload the model again.",
        code="unknown_model",
    )
