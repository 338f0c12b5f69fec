"""The tidy rows of a search over subgroups, which every room that shows them reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confirmed = Literal["yes", "no", "cannot_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupRow:
    """One subgroup against everybody else: what one half of the people showed, and whether the other half shows it too.

    Parameters
    ----------
    id : str
        Name of the row for links between rows.
    parent : str
        The row with one column fewer that this one is shown under; empty for everybody.
    folded : str
        The row that explains this one; empty where it stands by itself.
    depth : int
        Number of columns, 1 to 3.
    metric : str
        Id of the rate that was compared.
    sensitive : tuple of str
        The columns that define the subgroup.
    group : tuple of str
        Its values, one for each column.
    missing, joined : tuple of bool
        For each value whether it stands for "not recorded", and whether it stands for several rare values.
    worse : bool or None
        Whether the difference found is to the disadvantage of the subgroup; None where the rate has no better side.
    discovered : bool
        Whether the discovery half shows a difference that is not chance; rows without are shown as parts of the way.
    confirmed : {"yes", "no", "cannot_tell"} or None
        Whether the confirmation half shows it too, rules out even half of it, or leaves it open; None if not tested.
    rate, rest : float or None
        The rate of the subgroup and of everybody else, in the confirmation half.
    value, low, high : float or None
        Subgroup minus everybody else in the confirmation half, with its interval.
    distance, distance_low, distance_high : float or None
        Subgroup minus everybody, of whom it is a part, in the confirmation half, with its interval.
    n : int
        People in the subgroup's denominator in the confirmation half.
    n_effective : float or None
        Effective number, where rows are weighted or belong to clusters.
    seen, seen_low, seen_high : float or None
        Subgroup minus everybody else in the discovery half, with its interval; too large by selection.
    n_seen : int
        People in the subgroup's denominator in the discovery half.
    p, q : float or None
        P-value in the discovery half, and the smallest false discovery rate at which it is a discovery.
    p_confirmed : float or None
        P-value in the confirmation half, adjusted for the number of discoveries.
    reason : str
        Empty, since only subgroups that can be estimated are tested.
    """

    id: str
    parent: str
    folded: str
    depth: int
    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    missing: tuple[bool, ...]
    joined: tuple[bool, ...]
    worse: bool | None
    discovered: bool
    confirmed: Confirmed | None
    rate: float | None
    rest: float | None
    value: float | None
    low: float | None
    high: float | None
    distance: float | None
    distance_low: float | None
    distance_high: float | None
    n: int
    n_effective: float | None
    seen: float | None
    seen_low: float | None
    seen_high: float | None
    n_seen: int
    p: float | None
    q: float | None
    p_confirmed: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """What a search over subgroups covered, and what came of it.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that were searched.
    metric : str
        Id of the rate that was compared.
    depth : int
        Most columns of a subgroup.
    tested : int
        Subgroups tested.
    tested_by_depth : tuple of int
        The same by number of columns, from one.
    discovered : int
        Subgroups that the discovery half shows.
    listed : int
        Of these, the ones that are listed, confirmed and folded.
    confirmed : int
        Of these, the ones that the confirmation half shows too.
    standing : int
        Of the confirmed ones, those that no other one explains.
    rate : float or None
        The rate of everybody, both halves together.
    n_seen, n : int
        People in the rate's denominator in the discovery and in the confirmation half.
    typical_n : int
        People in the denominator of the discovery half, in the subgroup or outside it, whichever are fewer: the median.
    detectable : float or None
        Smallest difference that would be discovered in a subgroup of that size in 8 of 10 searches.
    largest_n : int
        The largest number of the same.
    detectable_largest : float or None
        Smallest difference that would be discovered there in 8 of 10 searches.
    false_discovery : float
        Share of false discoveries that was allowed for.
    design : float
        How many times larger the variance was taken because rows belong to clusters; 1 without clusters.
    reason : str
        Code of the reasons where nothing could be tested, or empty.
    """

    sensitive: tuple[str, ...]
    metric: str
    depth: int
    tested: int
    tested_by_depth: tuple[int, ...]
    discovered: int
    listed: int
    confirmed: int
    standing: int
    rate: float | None
    n_seen: int
    n: int
    typical_n: int
    detectable: float | None
    largest_n: int
    detectable_largest: float | None
    false_discovery: float
    design: float
    reason: str = ""
