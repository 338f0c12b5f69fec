"""Whose decision changed with a mitigation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRow:
    """People of one group whose decision is another one after a mitigation, on the test rows.

    Parameters
    ----------
    mitigation : str
        Id of the mitigation.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    label : int or None
        1 or 0 for people with that label; None for all of them.
    n : int
        People.
    gained : int
        People whose decision was the one that is bad for them and is now the one that is good for them.
    lost : int
        People whose decision was the one that is good for them and is now the one that is bad for them.
    """

    mitigation: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    label: int | None
    n: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """One model on the plane of accuracy and gap, with intervals.

    Parameters
    ----------
    mitigation : str
        Id of the mitigation.
    title : str
        Its name for a reader.
    stage : {"original", "before", "control", "after"}
        Which of the trial's models.
    criterion : str
        Whose gap it is.
    sensitive : tuple of str
        The columns that make the groups.
    accuracy, accuracy_low, accuracy_high : float or None
        Share of decisions that agree with the label, with its interval.
    gap, gap_low, gap_high : float or None
        The gap between the groups, with an interval that may hold zero.
    front : bool, default False
        Whether no other model of the comparison has both a higher accuracy and a smaller gap.
    """

    mitigation: str
    title: str
    stage: str
    criterion: str
    sensitive: tuple[str, ...]
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    gap: float | None
    gap_low: float | None
    gap_high: float | None
    front: bool = False
