"""An open store: its folders and database, and what is kept for an audit in it: results, trials and model files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

from audit.store import adopted, models, removal, rows, studies
from audit.store.records import checked_id
from audit.store.schema import Database, database

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Shelf:
    """Keeps results, trials and model files; :class:`audit.store.Store` adds the audits themselves.

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

    root: Path
    url: str
    """Address of the database; it can hold a password, so it is never shown."""

    def __init__(self, root: Path | None = None, url: str | None = None) -> None:
        folder = Path(root or os.environ.get("EVENHAND_HOME") or ".evenhand").expanduser().resolve()
        removal.make_folders(folder)
        object.__setattr__(self, "root", folder)
        object.__setattr__(self, "url", url or os.environ.get("EVENHAND_DATABASE") or _own_url(folder))
        # Opened at once, so that a store of a newer release is refused here and not in the middle of the work.
        database(self.url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    @property
    def database(self) -> Database:
        """The open database; rooms outside the store use it for their own tables only."""
        return database(self.url)

    @property
    def is_own_database(self) -> bool:
        """Whether the database is the SQLite file in the store's folder."""
        return self.url == _own_url(self.root)

    @property
    def data_folder(self) -> Path:
        """The folder to which data are ingested."""
        return self.root / "data"

    @property
    def models_folder(self) -> Path:
        """The folder of model files."""
        return self.root / "models"

    @property
    def jobs_folder(self) -> Path:
        """The folder of the logs of jobs."""
        return self.root / "jobs"

    def unfinished_folder(self, audit_id: str) -> Path:
        """Give the folder where trainings of an audit lie that were cut off; it goes with the audit.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        pathlib.Path
            Made by whoever puts something there.
        """
        return self.jobs_folder / f"unfinished-{checked_id(audit_id)}"

    def save_result(self, audit_id: str, json_text: str, summary: Mapping[str, Any]) -> int:
        """Keep what an audit found, in place of what it found before.

        Parameters
        ----------
        audit_id : str
            Its id.
        json_text : str
            The text of audit.json.
        summary : mapping
            A few values for the list of audits.

        Returns
        -------
        int
            The new revision.

        Raises
        ------
        StoreError
            With code "unknown_audit", also where the audit was deleted meanwhile.
        """
        with self.database.write() as connection:
            return rows.save_result(connection, checked_id(audit_id), json_text, summary)

    def result(self, audit_id: str) -> str | None:
        """Read what an audit found.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        str or None
            The text of audit.json, if the audit was computed.
        """
        with self.database.read() as connection:
            return rows.read_result(connection, checked_id(audit_id))

    def revision(self, audit_id: str) -> int:
        """Tell whether results have changed, without reading them.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        int
            A number that rises whenever a result or a trial is saved or removed.

        Raises
        ------
        StoreError
            With code "unknown_audit".
        """
        with self.database.read() as connection:
            return rows.revision(connection, checked_id(audit_id))

    def clear_results(self, audit_id: str) -> int:
        """Remove the result and the trials, because they no longer belong to the plan.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        int
            The new revision.
        """
        with self.database.write() as connection:
            adopted.drop(connection, self.root, checked_id(audit_id))
            return rows.clear_results(connection, checked_id(audit_id))

    def save_trial(self, audit_id: str, key: str, json_text: str) -> int:
        """Keep what a mitigation achieved, in place of an earlier trial of the same key.

        Parameters
        ----------
        audit_id : str
            Its id.
        key : str
            Names the mitigation and its settings; at most 200 characters.
        json_text : str
            The trial as JSON.

        Returns
        -------
        int
            The new revision.

        Raises
        ------
        StoreError
            With code "unknown_audit", or "trial_key" where the key is empty or too long.
        """
        with self.database.write() as connection:
            adopted.drop(connection, self.root, checked_id(audit_id), key)
            return rows.save_trial(connection, checked_id(audit_id), key, json_text)

    def trials(self, audit_id: str) -> dict[str, str]:
        """Read the trials of an audit.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        dict of str to str
            Key and JSON, in the order in which they were saved.
        """
        with self.database.read() as connection:
            return rows.read_trials(connection, checked_id(audit_id))

    def delete_trial(self, audit_id: str, key: str) -> bool:
        """Remove one trial.

        Parameters
        ----------
        audit_id : str
            Its id.
        key : str
            The trial.

        Returns
        -------
        bool
            Whether there was one.
        """
        with self.database.write() as connection:
            adopted.drop(connection, self.root, checked_id(audit_id), key)
            return rows.delete_trial(connection, checked_id(audit_id), key)

    def save_study(self, audit_id: str, json_text: str) -> int:
        """Keep what a search over repairs found, in place of what an earlier one did.

        Parameters
        ----------
        audit_id : str
            Its id.
        json_text : str
            The study, and the plan it answers, as JSON.

        Returns
        -------
        int
            The new revision.

        Raises
        ------
        StoreError
            With code "unknown_audit".
        """
        with self.database.write() as connection:
            return studies.save_study(connection, checked_id(audit_id), json_text)

    def study(self, audit_id: str) -> str | None:
        """Read what a search over repairs found.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        str or None
            JSON, if there was a search.
        """
        with self.database.read() as connection:
            return studies.read_study(connection, checked_id(audit_id))

    def delete_study(self, audit_id: str) -> int:
        """Remove what searches found, and what they could be continued from.

        Parameters
        ----------
        audit_id : str
            Its id.

        Returns
        -------
        int
            The new revision.
        """
        with self.database.write() as connection:
            return studies.delete_study(connection, checked_id(audit_id))

    def save_study_part(self, audit_id: str, study: str, name: str, json_text: str) -> None:
        """Keep a part of a search while it runs, so that it can be continued.

        Parameters
        ----------
        audit_id : str
            The audit; nothing is kept where it was deleted meanwhile.
        study : str
            The search: at most 64 characters.
        name : str
            The part: at most 40 characters.
        json_text : str
            JSON.
        """
        with self.database.write() as connection:
            studies.save_part(connection, checked_id(audit_id), study, name, json_text)

    def study_parts(self, audit_id: str, study: str) -> dict[str, str]:
        """Read the parts of a search.

        Parameters
        ----------
        audit_id : str
            The audit.
        study : str
            The search.

        Returns
        -------
        dict of str to str
            Names and JSON.
        """
        with self.database.read() as connection:
            return studies.read_parts(connection, checked_id(audit_id), study)

    def save_adopted(self, audit_id: str, key: str, content: bytes, *, part: str = adopted.MODEL) -> int:
        """Keep what is handed over of a trial as long as the trial.

        Parameters
        ----------
        audit_id : str
            Its id.
        key : str
            The trial.
        content : bytes
            A ZIP file.
        part : str, default "model"
            Which part of the trial it is.

        Returns
        -------
        int
            The new revision.

        Raises
        ------
        StoreError
            With code "unknown_audit", or "unknown_trial" where the trial was deleted meanwhile.
        """
        with self.database.write() as connection:
            return adopted.save(connection, self.root, checked_id(audit_id), key, content, part=part)

    def adopted_path(self, audit_id: str, key: str, *, part: str = adopted.MODEL) -> Path | None:
        """Find what is handed over of a trial.

        Parameters
        ----------
        audit_id : str
            Its id.
        key : str
            The trial.
        part : str, default "model"
            Which part of it.

        Returns
        -------
        Path or None
            A ZIP file, if it was made.
        """
        with self.database.read() as connection:
            return adopted.find(connection, self.models_folder, checked_id(audit_id), key, part)

    def add_model(
        self, source: Path | bytes, name: str, info: Mapping[str, Any], *, audit_id: str | None = None
    ) -> str:
        """Keep a model file under its fingerprint.

        Parameters
        ----------
        source : Path or bytes
            The file.
        name : str
            Its name, as shown.
        info : mapping
            What was found in it; its "kind" ends the name of the stored file.
        audit_id : str or None
            The audit it was uploaded for: the file stays as long as one of its audits.

        Returns
        -------
        str
            The SHA-256 of the file.
        """
        return models.add_model(
            self.database, self.models_folder, source, name=name, info=info, audit_id=audit_id
        )

    def model_path(self, sha: str) -> Path:
        """Find a model file.

        Parameters
        ----------
        sha : str
            Its fingerprint.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        StoreError
            With code "unknown_model" where it is not in the store, "bad_fingerprint" where it cannot be.
        """
        return models.model_path(self.database, self.models_folder, sha)

    def model_info(self, sha: str) -> dict[str, Any]:
        """Tell what was found in a model file when it was added.

        Parameters
        ----------
        sha : str
            Its fingerprint.

        Returns
        -------
        dict
            With its "kind", "name" and "sha256".

        Raises
        ------
        StoreError
            With code "unknown_model" or "bad_fingerprint".
        """
        return models.model_info(self.database, sha)


def _own_url(folder: Path) -> str:
    return URL.create("sqlite", database=str(folder / "evenhand.sqlite")).render_as_string()
