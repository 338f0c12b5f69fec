"""One mitigation that was tried: what was done, and every model's decisions on the same test rows, counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.cells import Cells
from audit.rows import plain
from audit.rows.likeness import LikenessRecord
from audit.rows.series import Series
from audit.rows.trials import TrialRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = ("original", "before", "control", "after")
"""The decisions that a trial may hold about the same test rows, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One mitigation that was tried, with the decisions of every model on the test rows.

    Parameters
    ----------
    record : TrialRecord
        What was done.
    columns : tuple of str
        Which of :data:`COLUMNS` the cells hold, in order.
    cells : Cells
        Test rows by group, label and each of these decisions.
    again : tuple of Cells, default ()
        The same for every further seed: another split, or the same test rows and other training rows.
    """

    record: TrialRecord
    columns: tuple[str, ...]
    cells: Cells
    again: tuple[Cells, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the trial as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back.
        """
        return {
            "record": plain(self.record),
            "columns": list(self.columns),
            "cells": self.cells.to_dict(),
            "again": [cells.to_dict() for cells in self.again],
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Trial:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Trial
            The trial.
        """
        from audit.rows.trials import CellCount

        record = dict(raw["record"])
        record["cells"] = tuple(
            CellCount(**{**cell, "group": tuple(cell["group"])}) for cell in record["cells"]
        )
        record["notes"] = tuple(record["notes"])
        record["series"] = tuple(Series.from_dict(series) for series in record.get("series", ()))
        record["likeness"] = LikenessRecord.from_dict(record.get("likeness"))
        return cls(
            record=TrialRecord(**record),
            columns=tuple(raw["columns"]),
            cells=Cells.from_dict(raw["cells"]),
            again=tuple(Cells.from_dict(cells) for cells in raw.get("again", ())),
        )


def number_repeats(tried: Sequence[Trial]) -> tuple[Trial, ...]:
    """Number mitigations that were tried more than once, so that their rows can be told apart.

    Parameters
    ----------
    tried : sequence of Trial
        Trials in the order in which they are shown.

    Returns
    -------
    tuple of Trial
        The same trials; the second of a kind is called "gan#2" and "GAN augmentation (2)".
    """
    seen: dict[str, int] = {}
    named = []
    for trial in tried:
        name = trial.record.mitigation.split("#")[0]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            title = f"{trial.record.title.split(' (')[0]} ({seen[name]})"
            record = replace(trial.record, mitigation=f"{name}#{seen[name]}", title=title)
            named.append(replace(trial, record=record))
        else:
            named.append(trial)
    return tuple(named)
