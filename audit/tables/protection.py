"""What was withheld of an audit before it left the house."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What was withheld of an audit before it left the house.

    Parameters
    ----------
    small_size : int
        Counts from 1 to one less than this are small.
    groups : int
        Groups of every grouping.
    withheld : int
        Groups whose counts are withheld.
    small : int
        Those among them that hold a small count; the others would give one away.
    everybody : bool
        Whether the counts of everybody are withheld too.
    """

    small_size: int
    groups: int
    withheld: int
    small: int
    everybody: bool
