"""The rows of an audit: each function is one step inside a transaction that the store opened."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from audit.errors import StoreError
from audit.plan import Plan
from audit.store.files import checked_sha, write_atomic
from audit.store.records import AuditRecord, AuditSummary, new_id, now, unknown_audit
from audit.store.schema import (
    audit_models,
    audits,
    models,
    plan_versions,
    results,
    studies,
    study_parts,
    trials,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.data.dataset import Dataset

_KEPT_PLANS: Final = 50
_KEY_LENGTH: Final = 200

_LIGHT: Final = (
    audits.c.id,
    audits.c.title,
    audits.c.created,
    audits.c.updated,
    audits.c.fingerprint,
    audits.c.data_name,
    audits.c.n_rows,
    audits.c.sample,
    audits.c.revision,
    audits.c.model_sha,
    audits.c.verdicts,
    results.c.audit_id.is_not(None).label("has_result"),
)


def insert_audit(
    connection: Connection, folder: Path, dataset: Dataset | None, plan: Plan, sample: str | None
) -> str:
    """Write the row of a new audit and give its id."""
    audit_id, moment = new_id(), now()
    connection.execute(
        insert(audits).values(
            id=audit_id,
            created=moment,
            updated=moment,
            revision=0,
            verdicts="{}",
            sample=sample,
            **_data_columns(folder, dataset),
            **_plan_columns(plan, dataset.name if dataset else ""),
        )
    )
    _link_model(connection, audit_id, plan)
    return audit_id


def read_audit(connection: Connection, audit_id: str) -> AuditRecord:
    """Read everything about an audit but its trials."""
    row = (
        connection.execute(
            select(*_LIGHT, audits.c.plan, audits.c.dataset, models.c.info, results.c.text)
            .select_from(audits)
            .outerjoin(models, models.c.sha == audits.c.model_sha)
            .outerjoin(results, results.c.audit_id == audits.c.id)
            .where(audits.c.id == audit_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise unknown_audit()
    return AuditRecord(
        **_light(row),
        plan=json.loads(row["plan"]),
        dataset=json.loads(row["dataset"]) if row["dataset"] else None,
        model_info=json.loads(row["info"]) if row["info"] else None,
        result=row["text"],
    )


def list_audits(connection: Connection, limit: int) -> tuple[AuditSummary, ...]:
    """Read the light part of the latest audits."""
    query = _light_query().order_by(audits.c.updated.desc(), audits.c.id).limit(max(limit, 0))
    return tuple(AuditSummary(**_light(row)) for row in connection.execute(query).mappings())


def read_dataset(connection: Connection, audit_id: str, folder: Path) -> Dataset | None:
    """Open the data of an audit."""
    from audit.data.dataset import Dataset

    raw = _one(connection, audits.c.dataset, audit_id)
    return Dataset.from_dict(json.loads(raw), folder) if raw else None


def replace_dataset(
    connection: Connection, audit_id: str, folder: Path, dataset: Dataset, sample: str | None
) -> str | None:
    """Give an audit other data, clear what was found in the old ones and give their fingerprint."""
    clear_results(connection, audit_id)
    before: str | None = _one(connection, audits.c.fingerprint, audit_id)
    title = Plan.from_json(_one(connection, audits.c.plan, audit_id)).about.title
    values = {**_data_columns(folder, dataset), "sample": sample, "title": _title(title, dataset.name)}
    connection.execute(update(audits).where(audits.c.id == audit_id).values(**values))
    return before


def save_plan(connection: Connection, audit_id: str, plan: Plan) -> None:
    """Put a plan in the place of another and remember that one."""
    before = _one(connection, audits.c.plan, audit_id)
    if before == plan.to_json():
        return
    connection.execute(insert(plan_versions).values(audit_id=audit_id, saved=now(), plan=before))
    oldest = (
        select(plan_versions.c.number)
        .where(plan_versions.c.audit_id == audit_id)
        .order_by(plan_versions.c.number.desc())
        .offset(_KEPT_PLANS)
        .limit(1)
    )
    limit = connection.execute(oldest).scalar()
    if limit is not None:
        connection.execute(
            delete(plan_versions).where(plan_versions.c.audit_id == audit_id, plan_versions.c.number <= limit)
        )
    set_plan(connection, audit_id, plan)


def undo_plan(connection: Connection, audit_id: str) -> Plan | None:
    """Take the last remembered plan and make it the plan."""
    _one(connection, audits.c.id, audit_id)
    row = connection.execute(
        select(plan_versions.c.number, plan_versions.c.plan)
        .where(plan_versions.c.audit_id == audit_id)
        .order_by(plan_versions.c.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    plan = Plan.from_json(row.plan)
    connection.execute(delete(plan_versions).where(plan_versions.c.number == row.number))
    set_plan(connection, audit_id, plan)
    return plan


def undo_steps(connection: Connection, audit_id: str) -> int:
    """Count the remembered plans."""
    query = select(func.count()).select_from(plan_versions).where(plan_versions.c.audit_id == audit_id)
    return int(connection.execute(query).scalar_one())


def save_result(connection: Connection, audit_id: str, text: str, summary: Mapping[str, Any]) -> int:
    """Put a result in the place of another."""
    new = touch(connection, audit_id)
    connection.execute(delete(results).where(results.c.audit_id == audit_id))
    connection.execute(insert(results).values(audit_id=audit_id, saved=now(), text=text))
    verdicts = json.dumps(dict(summary), ensure_ascii=False)
    connection.execute(update(audits).where(audits.c.id == audit_id).values(verdicts=verdicts))
    return new


def read_result(connection: Connection, audit_id: str) -> str | None:
    """Read the text of a result."""
    _one(connection, audits.c.id, audit_id)
    query = select(results.c.text).where(results.c.audit_id == audit_id)
    text: str | None = connection.execute(query).scalar()
    return text


def revision(connection: Connection, audit_id: str) -> int:
    """Read the number that rises with every change of the results."""
    return int(_one(connection, audits.c.revision, audit_id))


def clear_results(connection: Connection, audit_id: str) -> int:
    """Remove the result, the trials and what searches found."""
    new = touch(connection, audit_id)
    for table in (results, trials, studies, study_parts):
        connection.execute(delete(table).where(table.c.audit_id == audit_id))
    connection.execute(update(audits).where(audits.c.id == audit_id).values(verdicts="{}"))
    return new


def save_trial(connection: Connection, audit_id: str, key: str, text: str) -> int:
    """Put a trial in the place of another of the same key, at the end of the order."""
    if not 0 < len(key) <= _KEY_LENGTH:
        raise StoreError(
            "A trial has no usable name.",
            why=f"A name has 1 to {_KEY_LENGTH} characters; this one has {len(key):,}.",
            fix="Choose a shorter name.",
            code="trial_key",
        )
    new = touch(connection, audit_id)
    connection.execute(delete(trials).where(trials.c.audit_id == audit_id, trials.c.key == key))
    connection.execute(insert(trials).values(audit_id=audit_id, key=key, saved=now(), text=text))
    return new


def read_trials(connection: Connection, audit_id: str) -> dict[str, str]:
    """Read the trials in the order in which they were saved."""
    _one(connection, audits.c.id, audit_id)
    query = (
        select(trials.c.key, trials.c.text)
        .where(trials.c.audit_id == audit_id)
        .order_by(trials.c.saved, trials.c.key)
    )
    return {row.key: row.text for row in connection.execute(query)}


def delete_trial(connection: Connection, audit_id: str, key: str) -> bool:
    """Remove a trial and say whether there was one."""
    _one(connection, audits.c.id, audit_id)
    gone = connection.execute(delete(trials).where(trials.c.audit_id == audit_id, trials.c.key == key))
    if gone.rowcount:
        touch(connection, audit_id)
    return bool(gone.rowcount)


def duplicate(connection: Connection, audit_id: str) -> str:
    """Copy an audit under a new id and a title that says so."""
    row = connection.execute(select(audits).where(audits.c.id == audit_id)).mappings().one_or_none()
    if row is None:
        raise unknown_audit()
    plan = Plan.from_json(row["plan"])
    plan = replace(plan, about=replace(plan.about, title=f"{row['title']} (copy)"))
    fresh = new_id()
    same = {**row, "id": fresh, "created": now(), "updated": now()}
    connection.execute(insert(audits).values({**same, **_plan_columns(plan, "")}))
    for table in (results, trials, studies, study_parts, audit_models):
        for part in connection.execute(select(table).where(table.c.audit_id == audit_id)).mappings().all():
            connection.execute(insert(table).values({**part, "audit_id": fresh}))
    return fresh


def touch(connection: Connection, audit_id: str) -> int:
    """Note that the results of an audit change, and give the new revision."""
    changed = connection.execute(
        update(audits).where(audits.c.id == audit_id).values(updated=now(), revision=audits.c.revision + 1)
    )
    if not changed.rowcount:
        raise unknown_audit()
    return revision(connection, audit_id)


def _one(connection: Connection, column: Any, audit_id: str) -> Any:
    """Read one column of an audit, or say that there is no such audit."""
    row = connection.execute(select(column).where(audits.c.id == audit_id)).one_or_none()
    if row is None:
        raise unknown_audit()
    return row[0]


def _light_query() -> Select[Any]:
    return select(*_LIGHT).select_from(audits).outerjoin(results, results.c.audit_id == audits.c.id)


def _light(row: RowMapping) -> dict[str, Any]:
    values = {column.name: row[column.name] for column in _LIGHT}
    return {**values, "verdicts": json.loads(row["verdicts"]), "has_result": bool(row["has_result"])}


def set_plan(connection: Connection, audit_id: str, plan: Plan) -> None:
    """Put a plan in the place of another that is forgotten."""
    name = _one(connection, audits.c.data_name, audit_id)
    connection.execute(
        update(audits).where(audits.c.id == audit_id).values(updated=now(), **_plan_columns(plan, name))
    )
    _link_model(connection, audit_id, plan)


def _plan_columns(plan: Plan, data_name: str) -> dict[str, Any]:
    return {
        "title": _title(plan.about.title, data_name),
        "model_sha": plan.model.sha256 or None,
        "plan": plan.to_json(),
    }


def _title(title: str, data_name: str) -> str:
    return title.strip() or data_name or "Untitled audit"


def _data_columns(folder: Path, dataset: Dataset | None) -> dict[str, Any]:
    """Describe the data, after their file was brought into the store; data in place stay where they are."""
    if dataset is None:
        return {"fingerprint": None, "data_name": "", "n_rows": 0, "dataset": None}
    if dataset.place is not None:
        return _about_data(dataset)
    target = folder / f"{checked_sha(dataset.fingerprint)}.parquet"
    if dataset.path.resolve() != target:
        with suppress(FileNotFoundError):
            write_atomic(target, dataset.path)
    if not target.is_file():
        raise _data_missing()
    return _about_data(dataset)


def _about_data(dataset: Dataset) -> dict[str, Any]:
    return {
        "fingerprint": dataset.fingerprint,
        "data_name": dataset.name,
        "n_rows": dataset.n_rows,
        "dataset": json.dumps(dataset.to_dict(), ensure_ascii=False),
    }


def _link_model(connection: Connection, audit_id: str, plan: Plan) -> None:
    """Keep the model file that a plan names as long as the audit."""
    sha = plan.model.sha256
    if sha and connection.execute(select(models.c.sha).where(models.c.sha == sha)).first():
        link_model(connection, audit_id, sha)


def link_model(connection: Connection, audit_id: str, sha: str) -> None:
    """Note that an audit uses a model file."""
    same = (audit_models.c.audit_id == audit_id, audit_models.c.sha == sha)
    if connection.execute(select(audit_models.c.sha).where(*same)).first() is None:
        connection.execute(insert(audit_models).values(audit_id=audit_id, sha=sha))


def _data_missing() -> StoreError:
    return StoreError(
        "The data of the audit are not in the store.",
        why="Their file was removed after it was uploaded.",
        fix="Upload the data again.",
        code="data_missing",
    )
