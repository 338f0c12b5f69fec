"""The jobs of an audit, as its screens list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.jobs import table
from audit.jobs.control import tend
from audit.jobs.record import JobRecord, from_row
from audit.store.records import checked_id

if TYPE_CHECKING:
    from audit.store import Store


def active(store: Store, audit_id: str | None = None) -> tuple[JobRecord, ...]:
    """List the jobs that wait or run, after those that died were found out.

    Parameters
    ----------
    store : Store
        The store.
    audit_id : str or None
        The audit; by default all of them, as a server does when it starts.

    Returns
    -------
    tuple of JobRecord
        In the order in which they were asked for.
    """
    mine = None if audit_id is None else checked_id(audit_id)
    tend(store)
    return tuple(from_row(row) for row in table.unfinished(store, mine))


def recent(store: Store, audit_id: str, limit: int = 20) -> tuple[JobRecord, ...]:
    """List the jobs that have ended and were not dismissed.

    Parameters
    ----------
    store : Store
        The store.
    audit_id : str
        The audit.
    limit : int, default 20
        At most so many.

    Returns
    -------
    tuple of JobRecord
        The one that ended last comes first.
    """
    active(store, audit_id)
    return tuple(from_row(row) for row in table.ended(store, checked_id(audit_id), limit))
