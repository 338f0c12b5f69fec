"""What is kept of a search while it runs, so that it can go on after it was stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.store import Store


class Journal(Protocol):
    """Keeps plain values under short names; what was written is there after a crash."""

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Read everything that was written.

        Returns
        -------
        mapping
            By name.
        """
        ...

    def write(self, name: str, entry: Mapping[str, Any]) -> None:
        """Keep something under a name of its own.

        Parameters
        ----------
        name : str
            The name.
        entry : mapping
            Plain values, ready for JSON.
        """
        ...


@dataclass(slots=True)
class InMemory:
    """A journal that is gone with the process.

    Parameters
    ----------
    entries : dict
        What was written, by name.
    """

    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Read everything that was written.

        Returns
        -------
        mapping
            By name.
        """
        return dict(self.entries)

    def write(self, name: str, entry: Mapping[str, Any]) -> None:
        """Keep something under a name of its own.

        Parameters
        ----------
        name : str
            The name.
        entry : mapping
            Plain values.
        """
        self.entries[name] = dict(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class InStore:
    """A journal in the store, which goes with its audit.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    name : str
        Which search: see :func:`audit.tuning.search.journal_name`.
    """

    store: Store
    audit_id: str
    name: str

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Read everything that was written.

        Returns
        -------
        mapping
            By name.
        """
        parts = self.store.study_parts(self.audit_id, self.name)
        return {name: json.loads(text) for name, text in parts.items()}

    def write(self, name: str, entry: Mapping[str, Any]) -> None:
        """Keep something under a name of its own.

        Parameters
        ----------
        name : str
            The name.
        entry : mapping
            Plain values.
        """
        text = json.dumps(entry, ensure_ascii=False, sort_keys=True)
        self.store.save_study_part(self.audit_id, self.name, name, text)
