"""A table that one part of an audit is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Probable:
    """Counts.

    Parameters
    ----------
    raw : dict
        Plain values.
    """

    raw: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back.
        """
        return self.raw

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Probable:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Probable
            The table.
        """
        return cls(raw=raw)
