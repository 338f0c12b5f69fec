"""What is remembered of a mitigation that was tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.rows.likeness import LikenessRecord
    from audit.rows.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """Rows of one group × label cell in the training data, before and after a mitigation.

    Parameters
    ----------
    group : tuple of str
        The group.
    label : int
        1 for the positive label, 0 for the other.
    before, after : float
        Rows before, and rows (or total weight) after.
    added, removed : int
        Rows that were generated or copied, and rows that were left out.
    """

    group: tuple[str, ...]
    label: int
    before: float
    after: float
    added: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """What is remembered of one mitigation that was tried.

    Parameters
    ----------
    mitigation : str
        Id of the mitigation.
    title : str
        Its name for a reader.
    params : mapping
        Every setting, defaults included.
    baseline : str
        Id of the model that was trained before and after.
    n_train, n_test : int
        Rows trained on and rows measured on.
    cells : tuple of CellCount
        What happened to the training data.
    control_rate, after_rate : float or None
        Overall selection rate the control reached, and the one it aimed at.
    reason : str
        Why there is no control, as a code of :data:`REASONS`, or empty.
    notes : tuple of str
        What a reader should know, as sentences.
    quality : mapping of str to float
        Measures of generated rows, empty where none were generated.
    measured : mapping of str to float
        What else was measured on the way, by id, such as "duality_gap".
    series : tuple of Series
        Curves over epochs or over a setting.
    resplit : bool
        Whether each further run had a split of its own; otherwise the test rows stay, and the training rows are
        drawn again.
    likeness : LikenessRecord or None
        How like real rows generated ones are; None where none were generated.
    """

    mitigation: str
    title: str
    params: Mapping[str, Any]
    baseline: str
    n_train: int
    n_test: int
    cells: tuple[CellCount, ...] = ()
    control_rate: float | None = None
    after_rate: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    quality: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    resplit: bool = True
    likeness: LikenessRecord | None = None
