"""An audit as plain values for JSON, and the parts that an audit is assembled from again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from audit.cells import Cells
from audit.chapters.catalogue import chapters
from audit.errors import InputError
from audit.plan import SCHEMA_VERSION, Plan
from audit.rows import Authority, DataRecord, Dropped, ModelRecord, plain
from audit.tables.basis import Basis
from audit.tradeoff import flips
from audit.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_plain(audit: Any) -> dict[str, Any]:
    """Give an audit as plain values, as ``docs/audit.schema.json`` describes them.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    dict
        Ready for JSON; undefined numbers are None.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": audit.data.fingerprint,
        "rows": {
            "read": audit.data.read,
            "dropped": [plain(item) for item in audit.data.dropped],
            "audited": audit.data.audited,
        },
        "plan": audit.plan.to_dict(),
        "data": plain(audit.data),
        "model": plain(audit.model),
        "findings": [plain(row) for row in audit.findings],
        "disparities": [plain(row) for row in audit.disparities],
        "disparities_larger_groups": [plain(row) for row in audit.larger],
        "metrics": [plain(row) for row in audit.metrics],
        "comparison": [plain(row) for row in audit.comparison],
        "trials": [
            {
                **trial.to_dict(),
                "flips": [plain(row) for by in audit.groupings for row in flips(trial, audit.plan, by)],
            }
            for trial in audit.tried
        ],
        "cells": audit.cells.to_dict(),
        "basis": audit.basis.to_dict(),
        "chapters": {name: [plain(row) for row in audit.chapter(name)] for name in chapters()},
        "fairlearn": plain(audit.authority),
        "versions": dict(sorted(audit.versions.items())),
        "protected": None if audit.protection is None else plain(audit.protection),
    }


def parts_of(text: str | bytes) -> dict[str, Any]:
    """Read from JSON what an audit is assembled from.

    Parameters
    ----------
    text : str or bytes
        What an audit wrote.

    Returns
    -------
    dict
        The arguments of :func:`audit.result.assemble`.

    Raises
    ------
    InputError
        Where the text is not an audit of this release.
    """
    try:
        raw = orjson.loads(text)
        withheld = raw.get("protected") is not None
        parts = {
            "plan": Plan.from_dict(raw["plan"]),
            "data": _data_record(raw["data"]),
            "model": ModelRecord(**{**raw["model"], **_tuples(raw["model"], "features", "notes")}),
            "cells": Cells.from_dict(raw["cells"]),
            "tried": tuple(Trial.from_dict(trial) for trial in raw["trials"]),
            "authority": Authority(**{**raw["fairlearn"], **_tuples(raw["fairlearn"], "skipped")}),
            "versions": raw["versions"],
            "basis": Basis.from_dict(raw.get("basis") or {}),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "The file is not an audit of this release.",
            why=f"{type(error).__name__} while reading it.",
            fix="Run the audit again from its plan.",
            code="audit_unreadable",
        ) from error
    if withheld:
        raise InputError(
            "This file was protected: small counts were withheld.",
            why="An audit is computed again from its counts when it is read, and some of them are not in the file.",
            fix="Run the plan on the data again.",
            code="audit_protected",
        )
    return parts


def _tuples(raw: Mapping[str, Any], *names: str) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(raw[name]) for name in names}


def _data_record(raw: Mapping[str, Any]) -> DataRecord:
    return DataRecord(
        **{
            **raw,
            "dropped": tuple(Dropped(**item) for item in raw["dropped"]),
            "notes": tuple(raw["notes"]),
            "missing": tuple((name, int(n)) for name, n in raw["missing"]),
        }
    )
