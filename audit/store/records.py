"""What the store gives back: frozen records without any connection to the database."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from audit.errors import StoreError
from audit.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALPHABET: Final = string.ascii_letters + string.digits
_ID: Final = re.compile(r"[A-Za-z0-9_-]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSummary:
    """One line of the list of audits.

    Parameters
    ----------
    id : str
        Twelve letters and digits, safe in an address.
    title : str
        The plan's title, or the name of the data.
    created, updated : str
        Times in UTC, ISO format.
    fingerprint : str or None
        SHA-256 of the data, if there are any.
    data_name : str
        The name of the data as uploaded.
    n_rows : int
        Rows of the data.
    sample : str or None
        The sample data set it was opened from.
    revision : int
        Changes whenever a result or a trial is saved or removed.
    model_sha : str or None
        SHA-256 of the model file that the plan names.
    has_result : bool
        Whether the audit was computed.
    verdicts : mapping
        What was given to :meth:`audit.store.Store.save_result` as the summary.
    """

    id: str
    title: str
    created: str
    updated: str
    fingerprint: str | None
    data_name: str
    n_rows: int
    sample: str | None
    revision: int
    model_sha: str | None
    has_result: bool
    verdicts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord(AuditSummary):
    """An audit as it is stored.

    Parameters
    ----------
    dataset : dict or None
        The data's profile, as `Dataset.to_dict` gave it.
    plan : dict
        The plan, as `Plan.to_dict` gave it.
    model_info : dict or None
        What was found in the model file that the plan names.
    result : str or None
        The text of audit.json, without trials.
    """

    dataset: dict[str, Any] | None
    plan: dict[str, Any]
    model_info: dict[str, Any] | None
    result: str | None = field(repr=False)

    def read_plan(self) -> Plan:
        """Give the plan as the value it was saved from.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        PlanError
            Where another release wrote a plan that this one does not understand.
        """
        return Plan.from_dict(self.plan)


def new_id() -> str:
    """Draw an id that nobody can guess.

    Returns
    -------
    str
        Twelve letters and digits: about 71 random bits.
    """
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def checked_id(audit_id: object) -> str:
    """Accept an id only if it has the form of one.

    Parameters
    ----------
    audit_id : object
        What an address or a caller gave.

    Returns
    -------
    str
        The id.

    Raises
    ------
    StoreError
        Where it cannot be an id.
    """
    if isinstance(audit_id, str) and _ID.fullmatch(audit_id):
        return audit_id
    raise unknown_audit()


def unknown_audit() -> StoreError:
    """Build the error for an audit that is not in the store.

    Returns
    -------
    StoreError
        With code "unknown_audit".
    """
    return StoreError(
        "This audit is not in the store.",
        why="It was deleted, or its address is not complete.",
        fix="Choose an audit from the list of recent audits, or start a new one.",
        code="unknown_audit",
    )


def now() -> str:
    """Give the time as the store writes it.

    Returns
    -------
    str
        UTC, ISO format with microseconds, so that texts sort as times do.
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def since(moment: str, *, until: str | None = None) -> float:
    """Count the seconds from a stored time.

    Parameters
    ----------
    moment : str
        A time as :func:`now` gave it.
    until : str or None
        Another one; by default the present.

    Returns
    -------
    float
        Seconds.
    """
    end = datetime.fromisoformat(until) if until else datetime.now(UTC)
    return (end - datetime.fromisoformat(moment)).total_seconds()
