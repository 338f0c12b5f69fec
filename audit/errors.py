"""The errors a person can read: what happened, why, and how to mend it.

::

    AuditError                    anything an analyst can act on
      InputError (ValueError)     a file or a table that cannot be used
        RoleError                 a column or value named in a role that does not fit the data
        ModelError                a model file that cannot be used
      PlanError (ValueError)      a plan that contradicts itself
      StoreError                  an audit or a file that is not in the store
      EngineError                 an engine that is not there, or that could not finish counting
      Cancelled                   the analyst stopped the work
      JobFailed                   the work died: killed, out of memory or out of time

A message never holds a cell value of a person: only counts, column names and level names.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_NAMES = 12
_SHOWN_LENGTH = 60
ROOM_FOR_AN_END: Final = 24
"""Characters from which on a cut text keeps its end."""


class AuditError(Exception):
    """Something went wrong that the analyst can understand and mend.

    Parameters
    ----------
    what : str
        One sentence: what happened.
    why : str, default ""
        One sentence: why it matters or how it came about.
    fix : str, default ""
        One sentence: how to mend it.
    code : str, default "audit_error"
        A stable identifier for tests and logs.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "", code: str = "audit_error") -> None:
        self.what = what
        self.why = why
        self.fix = fix
        self.code = code
        super().__init__(what, why, fix, code)

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.fix) if part)


class InputError(AuditError, ValueError):
    """A file or a table that cannot be used as it is."""


class RoleError(InputError):
    """A column or a value named in a role does not fit the data."""

    @classmethod
    def unknown_column(cls, name: str, available: Iterable[str], *, role: str = "") -> RoleError:
        """Build the error for a column that the data do not have.

        Parameters
        ----------
        name : str
            The column asked for.
        available : iterable of str
            The columns there are.
        role : str, default ""
            What the column was asked for, such as "label".
        """
        names = list(available)
        guess = did_you_mean(name, names)
        asked = f" ({role})" if role else ""
        return cls(
            f"Column {quote(name)}{asked} is not in the data.",
            why=f"Columns: {listing(names)}.",
            fix=guess or "Name one of these columns.",
            code="unknown_column",
        )

    @classmethod
    def left_out_column(cls, name: str, held: str, available: Iterable[str], *, role: str = "") -> RoleError:
        """Build the error for a column that is in the data and cannot be audited.

        Parameters
        ----------
        name : str
            The column asked for.
        held : str
            What it holds, such as "lists or structures".
        available : iterable of str
            The columns that can be audited.
        role : str, default ""
            What the column was asked for, such as "label".
        """
        asked = f" ({role})" if role else ""
        return cls(
            f"Column {quote(name)}{asked} is left out of the audit, because it holds {held}.",
            why=f"Columns that can be audited: {listing(list(available))}.",
            fix="Name one of these columns, or save it with one plain value in each row.",
            code="left_out_column",
        )

    @classmethod
    def unknown_value(cls, value: str, column: str, available: Iterable[str], *, role: str = "") -> RoleError:
        """Build the error for a value that a column does not take.

        Parameters
        ----------
        value : str
            The value asked for.
        column : str
            The column it was looked for in.
        available : iterable of str
            The values the column takes.
        role : str, default ""
            What the value was asked for, such as "positive value".
        """
        names = list(available)
        guess = did_you_mean(value, names)
        asked = f" as the {role}" if role else ""
        return cls(
            f"Column {quote(column)} has no value {quote(value)}{asked}.",
            why=f"Its values: {listing(names)}.",
            fix=guess or "Name one of these values.",
            code="unknown_value",
        )


class ModelError(InputError):
    """A model file that cannot be used, or does not fit the data."""


class PlanError(AuditError, ValueError):
    """A plan that contradicts itself or holds something that is not understood."""


class StoreError(AuditError):
    """Something that should be in the store is not there, or cannot be written."""


class EngineError(AuditError):
    """An engine cannot be had, or could not finish: no memory, no disk, no connection."""


class Cancelled(AuditError):  # noqa: N818 - it is a request that was honoured, not an error
    """The analyst stopped the work.

    Parameters
    ----------
    what, why, fix, code : str
        As for :class:`AuditError`; what happened is known already.
    """

    def __init__(
        self, what: str = "The work was cancelled.", *, why: str = "", fix: str = "", code: str = "cancelled"
    ) -> None:
        super().__init__(what, why=why, fix=fix, code=code)


class JobFailed(AuditError):  # noqa: N818 - named for what the analyst sees
    """A job died: it was killed, ran out of memory or ran out of time."""


def shortened(text: str, limit: int) -> str:
    """Cut a text in its middle: long names often differ at their end only.

    Parameters
    ----------
    text : str
        A text longer than that.
    limit : int
        Longest result, in characters.

    Returns
    -------
    str
        Two thirds of beginning, "…" and a third of end; the beginning alone where there is room for few characters.

    Examples
    --------
    >>> shortened("Region of the northern district, number 12", 30)
    'Region of the northe…number 12'
    """
    end = limit // 3 if limit >= ROOM_FOR_AN_END else 0
    return text[: limit - 1 - end].rstrip() + "…" + (text[-end:].lstrip() if end else "")


def quote(name: str) -> str:
    """Put a name in quotation marks and cut it to a length that fits a sentence.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        The text between single quotation marks, on one line, at most about 60 characters long.
    """
    text = " ".join(str(name).split())
    if len(text) > _SHOWN_LENGTH:
        text = shortened(text, _SHOWN_LENGTH)
    return f"'{text}'"


def listing(names: Iterable[str]) -> str:
    """List names in a sentence, the first dozen of them.

    Parameters
    ----------
    names : iterable of str
        Any texts.

    Returns
    -------
    str
        "'a', 'b' and 3 more", or "none".
    """
    every = list(names)
    shown = ", ".join(quote(name) for name in every[:_SHOWN_NAMES])
    if len(every) > _SHOWN_NAMES:
        return f"{shown} and {len(every) - _SHOWN_NAMES:,} more"
    return shown or "none"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Suggest the nearest name, as a question.

    Parameters
    ----------
    name : str
        The name that was not found.
    names : iterable of str
        The names there are.

    Returns
    -------
    str
        "Did you mean 'sex'?", or an empty text where nothing is near.
    """
    folded = {str(other).casefold(): str(other) for other in names}
    near = get_close_matches(str(name).casefold(), list(folded), n=1, cutoff=0.6)
    return f"Did you mean {quote(folded[near[0]])}?" if near else ""
