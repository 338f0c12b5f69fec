"""What is said where small groups were joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.cleaning import escape_plain
from audit.wording.titles import column_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OTHER: Final = "Other (small groups)"
"""Name of the group that small groups are joined to."""

_START: Final = "Small groups by "
_NAMED: Final = 8


def joined_sentence(column: str, names: Sequence[str], into: str, small: int) -> str:
    """Say which groups of a column were joined.

    Parameters
    ----------
    column : str
        The sensitive column.
    names : sequence of str
        The groups, smallest first.
    into : str
        What they are called together.
    small : int
        Fewer people than this make a small group.

    Returns
    -------
    str
        One sentence.
    """
    shown = [f"‘{escape_plain(name)}’" for name in names[:_NAMED]]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"{_START}{column_title((column,))} (fewer than {small} people) are joined as ‘{escape_plain(into)}’: "
        f"{', '.join(shown)}{more}."
    )


def joined_notes(notes: Iterable[str], column: str = "") -> tuple[str, ...]:
    """Pick the sentences about joined groups from the notes about the data.

    Parameters
    ----------
    notes : iterable of str
        Notes of a data record.
    column : str, default ""
        One sensitive column; all by default.

    Returns
    -------
    tuple of str
        The sentences.
    """
    start = f"{_START}{column_title((column,))} (" if column else _START
    return tuple(note for note in notes if note.startswith(start))
