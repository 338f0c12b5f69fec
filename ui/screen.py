"""What a screen is about: the open audit, as far as there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.errors import StoreError
from ui import cached, workspace

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.plan import Plan
    from audit.result import Audit
    from audit.store import AuditRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The open audit.

    Parameters
    ----------
    record : AuditRecord or None
        What the store holds; None where no audit is open.
    stored_plan : Plan or None
        Its plan.
    """

    record: AuditRecord | None = None
    stored_plan: Plan | None = None

    @property
    def id(self) -> str:
        """The audit's id, or an empty text."""
        return self.record.id if self.record else ""

    @property
    def has_data(self) -> bool:
        """Whether an audit with data is open."""
        return self.record is not None and self.record.fingerprint is not None

    @property
    def has_result(self) -> bool:
        """Whether the audit has been run."""
        return self.record is not None and self.record.has_result

    @property
    def has_trials(self) -> bool:
        """Whether a mitigation has been tried."""
        return self.has_result and bool(self.audit.trials)

    @property
    def plan(self) -> Plan:
        """The plan of the open audit."""
        if self.stored_plan is None:
            raise _nothing_open()
        return self.stored_plan

    @property
    def dataset(self) -> Dataset:
        """The data of the open audit."""
        if self.record is None or self.record.fingerprint is None:
            raise _nothing_open()
        return cached.dataset(self.record.id, self.record.fingerprint)

    @property
    def audit(self) -> Audit:
        """What the open audit found."""
        if self.record is None or not self.record.has_result:
            raise _nothing_open()
        return cached.audit(self.record.id, self.record.revision, self.plan)


def open_screen() -> Screen:
    """Read the audit that the address bar names.

    Returns
    -------
    Screen
        Empty where it names none.

    Raises
    ------
    StoreError
        Where it names an audit that is not in the store.
    """
    audit_id = workspace.current().audit
    if not audit_id:
        return Screen()
    record = cached.store().get(audit_id)
    return Screen(record=record, stored_plan=record.read_plan())


def _nothing_open() -> StoreError:
    return StoreError(
        "No audit is open.", fix="Open a sample, a recent audit or a file of your own.", code="no_audit"
    )
