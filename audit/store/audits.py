"""The store itself: making, reading, changing and deleting audits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.store import adopted, removal, rows
from audit.store.records import checked_id
from audit.store.secret import of_store
from audit.store.shelf import Shelf

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.plan import Plan
    from audit.store.records import AuditRecord, AuditSummary


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Store(Shelf):
    """Keeps audits, their data, models, results and jobs; as many processes as needed may share one.

    Parameters
    ----------
    root : Path or None
        The folder of the store; by default the one that EVENHAND_HOME names, or .evenhand in the current folder.
        It is made, readable for its owner only, where it does not exist.
    url : str or None
        The database, as a SQLAlchemy URL; by default the one that EVENHAND_DATABASE names, or a SQLite file in the
        folder.

    Raises
    ------
    StoreError
        Where the store cannot be opened, or a newer release made it.
    """

    def secret(self) -> bytes:
        """Give the secret that noise is drawn from which hides single people.

        Returns
        -------
        bytes
            It is in no result and no file that is handed over, and stays as long as the store.
        """
        return of_store(self.root)

    def create_audit(self, dataset: Dataset | None, plan: Plan, *, sample: str | None = None) -> str:
        """Begin an audit.

        Parameters
        ----------
        dataset : Dataset or None
            The data; a file that lies outside the store is copied into it.
        plan : Plan
            The first plan.
        sample : str or None
            The sample data set that the data come from.

        Returns
        -------
        str
            The id of the audit.

        Raises
        ------
        StoreError
            With code "data_missing" where the file of the data is gone.
        """
        with self.database.write() as connection:
            return rows.insert_audit(connection, self.data_folder, dataset, plan, sample)

    def get(self, audit_id: str) -> AuditRecord:
        """Read an audit.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        AuditRecord
            The audit, its plan and its result.

        Raises
        ------
        StoreError
            With code "unknown_audit" where there is none of this id.
        """
        with self.database.read() as connection:
            return rows.read_audit(connection, checked_id(audit_id))

    def list_audits(self, limit: int = 50) -> tuple[AuditSummary, ...]:
        """List the audits, the one that changed last first.

        Parameters
        ----------
        limit : int, default 50
            At most so many.

        Returns
        -------
        tuple of AuditSummary
            Without plans, profiles and results.
        """
        with self.database.read() as connection:
            return rows.list_audits(connection, limit)

    def dataset(self, audit_id: str) -> Dataset | None:
        """Open the data of an audit.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        Dataset or None
            The data, if the audit has some.

        Raises
        ------
        StoreError
            With code "unknown_audit", or "data_missing" where the file is gone.
        """
        with self.database.read() as connection:
            return rows.read_dataset(connection, checked_id(audit_id), self.data_folder)

    def save_dataset(
        self, audit_id: str, dataset: Dataset, *, sample: str | None = None, plan: Plan | None = None
    ) -> None:
        """Give an audit other data; its results are cleared, and the old file goes if nothing else uses it.

        Parameters
        ----------
        audit_id : str
            Its id.
        dataset : Dataset
            The data.
        sample : str or None
            The sample data set that the data come from.
        plan : Plan or None
            The first plan for these data, where there was none that is worth going back to.

        Raises
        ------
        StoreError
            With code "unknown_audit" or "data_missing".
        """
        with self.database.write() as connection:
            adopted.drop(connection, self.root, checked_id(audit_id))
            before = rows.replace_dataset(connection, checked_id(audit_id), self.data_folder, dataset, sample)
            if plan is not None:
                rows.set_plan(connection, audit_id, plan)
            removal.drop_data(connection, self.root, before)

    def save_plan(self, audit_id: str, plan: Plan) -> None:
        """Change the plan and remember the one before; saving the same plan again changes nothing.

        Parameters
        ----------
        audit_id : str
            Its id.
        plan : Plan
            The new plan.

        Raises
        ------
        StoreError
            With code "unknown_audit".
        """
        with self.database.write() as connection:
            rows.save_plan(connection, checked_id(audit_id), plan)

    def undo_plan(self, audit_id: str) -> Plan | None:
        """Go back to the plan before the last change.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        Plan or None
            The plan that holds from now on; None where there is nothing to undo.

        Raises
        ------
        StoreError
            With code "unknown_audit".
        """
        with self.database.write() as connection:
            return rows.undo_plan(connection, checked_id(audit_id))

    def undo_steps(self, audit_id: str) -> int:
        """Count the changes of the plan that can be undone.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        int
            At most 50.
        """
        with self.database.read() as connection:
            return rows.undo_steps(connection, checked_id(audit_id))

    def duplicate_audit(self, audit_id: str) -> str:
        """Copy an audit with its plan, result and trials, to try something else without losing it.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        str
            The id of the copy.
        """
        with self.database.write() as connection:
            return rows.duplicate(connection, checked_id(audit_id))

    def delete_audit(self, audit_id: str) -> None:
        """Remove an audit and everything that belongs to it: jobs are ended, files go unless another audit uses them.

        Parameters
        ----------
        audit_id : str
            Its id.

        Raises
        ------
        StoreError
            With code "unknown_audit".
        """
        removal.delete_audit(self.database, self.root, checked_id(audit_id))

    def purge(self, older_than_days: float | None = None) -> tuple[str, ...]:
        """Delete audits that have not changed for a time, and files that no audit uses.

        Parameters
        ----------
        older_than_days : float or None
            The age in days; by default what EVENHAND_RETENTION_DAYS says. Without either, audits are kept for ever.

        Returns
        -------
        tuple of str
            The ids of the deleted audits.

        Raises
        ------
        StoreError
            With code "retention" where the number of days is not one above 0.
        """
        return removal.purge(self.database, self.root, older_than_days)
