"""Rows about people whose comparison needs more than their group: comparable people, and people of unknown group.

They stand apart from the chapters that make them, because the words and the pictures read them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Pattern = Literal["remains", "shrinks", "vanishes", "reverses", "appears", "cannot_tell"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    "remains",
    "shrinks",
    "vanishes",
    "reverses",
    "appears",
    "cannot_tell",
)
"""What can become of a difference between two groups when comparable people are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumRow:
    """How far the groups are apart in one rate among the people of one stratum.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The column that makes the groups.
    control : tuple of str
        The columns that make the strata.
    stratum : tuple of str
        The stratum's values, one for each control column.
    comparison : {"difference", "to_reference"}
        Largest minus smallest rate of the stratum, or one group minus the reference group.
    group, reference : tuple of str or None
        The groups compared, or None where they cannot be named.
    value, low, high : float or None
        The difference with its interval, or None where it is not estimable.
    n : int
        People of the compared groups in the rate's denominator.
    groups_estimable, groups_total : int
        Over how many of how many groups the difference is taken.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    control: tuple[str, ...]
    stratum: tuple[str, ...]
    comparison: Literal["difference", "to_reference"]
    group: tuple[str, ...] | None
    reference: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    groups_estimable: int
    groups_total: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedRow:
    """One group against the reference group, over everybody and among comparable people.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The column that makes the groups.
    control : tuple of str
        The columns that make the strata.
    group, reference : tuple of str
        The groups compared: every difference is the group minus the reference.
    crude, crude_low, crude_high : float or None
        The difference over everybody with Newcombe's interval.
    value, low, high : float or None
        The difference within strata by Mantel and Haenszel, with Sato's interval.
    ratio, ratio_low, ratio_high : float or None
        The ratio of the rates within strata by Mantel and Haenszel, with Greenland and Robins' interval, or None where a
        count in it is 0.
    odds, odds_low, odds_high : float or None
        The ratio of the odds within strata by Mantel and Haenszel, with Robins, Breslow and Greenland's interval, or None
        where a count in it is 0.
    standardised, standardised_low, standardised_high : float or None
        The difference directly standardised to the strata of both groups together.
    homogeneity : float or None
        The p-value of Breslow and Day's test with Tarone's correction that one odds ratio holds in every stratum.
    strata, strata_total : int
        Strata in which both groups can be estimated, and all strata.
    reversed : int
        Strata in which the difference has the other sign than over everybody.
    n : int
        People of both groups in the denominators of the strata that are used.
    left_out : int
        People of both groups in strata that have only one of them, or whose control value is not recorded.
    pattern : {"remains", "shrinks", "vanishes", "reverses", "appears", "cannot_tell"}
        What becomes of the difference among comparable people.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    control: tuple[str, ...]
    group: tuple[str, ...]
    reference: tuple[str, ...]
    crude: float | None
    crude_low: float | None
    crude_high: float | None
    value: float | None
    low: float | None
    high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    odds: float | None
    odds_low: float | None
    odds_high: float | None
    standardised: float | None
    standardised_low: float | None
    standardised_high: float | None
    homogeneity: float | None
    strata: int
    strata_total: int
    reversed: int
    n: int
    left_out: int
    pattern: Pattern
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRow:
    """The gap in one rate between the known groups, and what the unknown people could make of it.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The column that makes the groups.
    assumed : {"any", "one_group"}
        Whether the unknown people may belong to any known groups, or all of them to one.
    group : tuple of str or None
        The one group that all of them would belong to.
    value : float or None
        The gap as it is observed among the known groups, or the gap if all unknown people belonged to the group.
    low, high : float or None
        The narrowest and the widest gap that some assignment gives, sampling not counted, or None for one group.
    n : int
        People of known groups in the denominator.
    unknown : int
        People of no known group in the denominator.
    tolerance : float or None
        The largest gap that is tolerated.
    verdict : {"within", "beyond", "cannot_tell"} or None
        The verdict of the audit on this gap.
    survives : bool or None
        Whether the verdict holds on either end of the bounds, or None where there is none that says within or beyond.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    assumed: Literal["any", "one_group"]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    unknown: int
    tolerance: float | None = None
    verdict: Literal["within", "beyond", "cannot_tell"] | None = None
    survives: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbableRow:
    """One rate of a group that is known by probability, or the gap between such groups.

    Parameters
    ----------
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The columns of probabilities.
    group : tuple of str or None
        The column whose group it is, with "not " before it for everybody else, or None for the gap between the groups.
    value, low, high : float or None
        The estimate weighted by the probabilities, with an interval for sampling, or None where it is not estimable.
    bound_low, bound_high : float or None
        The smallest and the largest value that the probabilities allow without assuming that group and decision are
        unrelated given the probability, sampling not counted.
    n : int
        People with a probability in the rate's denominator, whatever their group.
    n_effective : float or None
        Effective number behind the weighted estimate, or None for the gap.
    people : float or None
        Expected number (or weight) of the group in the denominator, or None for the gap.
    exact : bool
        Whether every value of the probability is a bin of its own in the bounds.
    missing : int
        Audited people without a probability, who are left out.
    reason : str
        Code of the reason why there is no value, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None
    n: int
    n_effective: float | None
    people: float | None
    exact: bool
    missing: int
    reason: str = ""
