"""What is handed over of a trial, in the store: one archive for each part, kept as long as the trial."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from audit.errors import StoreError
from audit.store.files import fingerprint, write_atomic
from audit.store.records import now
from audit.store.removal import drop_model
from audit.store.rows import link_model, touch
from audit.store.schema import audit_models, models, trials

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

KIND: Final = "zip"
"""The kind under which archives stand among the model files."""


MODEL: Final = "model"
"""The part of a trial that is its model; others are tables of its rows."""


def save(connection: Connection, root: Path, audit_id: str, key: str, content: bytes, *, part: str) -> int:
    """Keep the archive of a part of a trial, in place of an earlier one."""
    known = select(trials.c.key).where(trials.c.audit_id == audit_id, trials.c.key == key)
    if connection.execute(known).first() is None:
        raise StoreError(
            "The repair is no longer part of the audit.",
            why="It was deleted while its files were written.",
            fix="Try it again, then make the files.",
            code="unknown_trial",
        )
    drop(connection, root, audit_id, key, part)
    sha = fingerprint(content)
    target = root / "models" / f"{sha}.{KIND}"
    if not target.is_file():
        write_atomic(target, content)
    if connection.execute(select(models.c.sha).where(models.c.sha == sha)).first() is None:
        info = json.dumps({"trial": key, "part": part}, ensure_ascii=False)
        values = {"kind": KIND, "name": "adopted.zip", "info": info}
        connection.execute(insert(models).values(sha=sha, created=now(), **values))
    link_model(connection, audit_id, sha)
    return touch(connection, audit_id)


def find(connection: Connection, folder: Path, audit_id: str, key: str, part: str) -> Path | None:
    """Find the archive of a part of a trial."""
    shas = _of(connection, audit_id, key, part)
    path = folder / f"{shas[0]}.{KIND}" if shas else None
    return path if path is not None and path.is_file() else None


def drop(
    connection: Connection, root: Path, audit_id: str, key: str | None = None, part: str | None = None
) -> None:
    """Remove the archives of a trial, or of every trial of an audit, unless another audit has the same."""
    for sha in _of(connection, audit_id, key, part):
        connection.execute(
            delete(audit_models).where(audit_models.c.audit_id == audit_id, audit_models.c.sha == sha)
        )
        drop_model(connection, root, sha)


def _of(connection: Connection, audit_id: str, key: str | None, part: str | None) -> list[str]:
    query = (
        select(models.c.sha, models.c.info)
        .join(audit_models, audit_models.c.sha == models.c.sha)
        .where(audit_models.c.audit_id == audit_id, models.c.kind == KIND)
        .order_by(models.c.sha)
    )
    found = [(row.sha, json.loads(row.info)) for row in connection.execute(query)]
    return [
        sha
        for sha, info in found
        if key in {None, info.get("trial")} and part in {None, info.get("part", MODEL)}
    ]
