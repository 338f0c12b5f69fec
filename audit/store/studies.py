"""The rows of a search over repairs: what it found, and its parts while it runs."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from audit.store.records import now
from audit.store.rows import touch
from audit.store.schema import audits, studies, study_parts


def save_study(connection: Connection, audit_id: str, text: str) -> int:
    """Put what a search found in the place of what an earlier one did."""
    new = touch(connection, audit_id)
    connection.execute(delete(studies).where(studies.c.audit_id == audit_id))
    connection.execute(insert(studies).values(audit_id=audit_id, saved=now(), text=text))
    return new


def read_study(connection: Connection, audit_id: str) -> str | None:
    """Read what a search found."""
    query = select(studies.c.text).where(studies.c.audit_id == audit_id)
    return connection.execute(query).scalar_one_or_none()


def delete_study(connection: Connection, audit_id: str) -> int:
    """Remove what searches found, and every part of them."""
    new = touch(connection, audit_id)
    for table in (studies, study_parts):
        connection.execute(delete(table).where(table.c.audit_id == audit_id))
    return new


def save_part(connection: Connection, audit_id: str, study: str, name: str, text: str) -> None:
    """Keep a part of a search, in the place of one of the same name; nothing where the audit is gone."""
    if connection.execute(select(audits.c.id).where(audits.c.id == audit_id)).one_or_none() is None:
        return
    same = (study_parts.c.audit_id == audit_id, study_parts.c.study == study, study_parts.c.name == name)
    connection.execute(delete(study_parts).where(*same))
    connection.execute(insert(study_parts).values(audit_id=audit_id, study=study, name=name, text=text))


def read_parts(connection: Connection, audit_id: str, study: str) -> dict[str, str]:
    """Read the parts of a search by their names."""
    query = (
        select(study_parts.c.name, study_parts.c.text)
        .where(study_parts.c.audit_id == audit_id, study_parts.c.study == study)
        .order_by(study_parts.c.name)
    )
    return {row.name: row.text for row in connection.execute(query)}
