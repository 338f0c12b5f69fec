"""Whether the people in the data are those that the data should stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.intervals import wilson
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.profile import GroupCounts, Profile

Among = Literal["all", "positive", "negative"]
_AMONG: Final[tuple[Among, ...]] = ("all", "positive", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationRow:
    """The share of one group in the data, beside its share of the population.

    Parameters
    ----------
    sensitive : tuple of str
        The sensitive column.
    group : tuple of str
        The group; it may be one of the population that nobody in the data belongs to.
    among : {"all", "positive", "negative"}
        All people, or those with the positive or the other label.
    value, low, high : float or None
        Its share of the people whose group is recorded, with Wilson's interval; of all people for those whose is not.
    population : float or None
        Its share of the population; None where the table does not name it.
    difference, difference_low, difference_high : float or None
        Share in the data minus share of the population, which is taken as known.
    ratio, ratio_low, ratio_high : float or None
        Share in the data over share of the population.
    n : int
        People of the group in the data.
    total : int
        People that the share is taken of.
    unknown : bool
        Whether it stands for people whose group is not recorded.
    reason : str
        Why there is no share, or no comparison, as a code of the reasons.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    among: Among
    value: float | None
    low: float | None
    high: float | None
    population: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    n: int = 0
    total: int = 0
    unknown: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRow:
    """How well the groups of the data fit the population as a whole.

    Parameters
    ----------
    sensitive : tuple of str
        The sensitive column.
    group : tuple of str or None
        None, since the test is about all groups.
    among : {"all", "positive", "negative"}
        All people, or those with the positive or the other label.
    value : float or None
        Pearson's chi-square over the groups that the population table names.
    p : float or None
        Probability of a chi-square this large where the data are drawn from the population.
    freedom : int
        Degrees of freedom.
    n : int
        People in groups that the population table names.
    least : float or None
        Smallest expected number of people in a group; below 5 the p-value is rough.
    absent : tuple of str
        Groups of the population that nobody in the data belongs to.
    unnamed : tuple of str
        Groups of the data that the population table does not name.
    reason : str
        Why there is no test, as a code of the reasons.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    among: Among
    value: float | None
    p: float | None
    freedom: int
    n: int
    least: float | None
    absent: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    reason: str = ""


def representation(profile: Profile, plan: Plan) -> tuple[RepresentationRow | FitRow, ...]:
    """Compare the groups of the data with the population.

    Parameters
    ----------
    profile : Profile
        The data before a model.
    plan : Plan
        The population, confidence and whether people without a recorded group count as a group.

    Returns
    -------
    tuple of RepresentationRow and FitRow
        By sensitive column: shares of all people, of those with the positive and of those with the other label; with a
        population, a test of each.

    Notes
    -----
    The population is taken as known, so the interval of the difference is that of the share, moved. With weights, shares
    are weighted and chi-square is taken at the effective number of people.
    """
    found: list[RepresentationRow | FitRow] = []
    for counts in profile.groups:
        known = _shares(plan.population.get(counts.column, {}), counts.attribute.levels)
        for among in _AMONG:
            found += _part(counts, profile, plan, known, among)
    return tuple(found)


def rename_groups(population: Mapping[str, float], levels: tuple[str, ...]) -> dict[str, float]:
    """Give the groups of a population the names that the data use, where only the case of letters differs.

    Parameters
    ----------
    population : mapping of str to float
        Group to share or number.
    levels : tuple of str
        The groups of the data.

    Returns
    -------
    dict of str to float
        The same with the names of the data; a group that the data do not have keeps its name.
    """
    folded = {(canonical(level) or "").casefold(): level for level in levels}
    found: dict[str, float] = {}
    for group, share in population.items():
        name = group if group in levels else folded.get((canonical(group) or "").casefold(), group)
        found[name] = found.get(name, 0.0) + share
    return found


def _shares(population: Mapping[str, float], levels: tuple[str, ...]) -> dict[str, float]:
    total = sum(population.values())
    return {group: share / total for group, share in rename_groups(population, levels).items()}


def _part(
    counts: GroupCounts, profile: Profile, plan: Plan, population: Mapping[str, float], among: Among
) -> list[RepresentationRow | FitRow]:
    n, w, w2 = (_sums(counts, profile, which, among) for which in ("n", "w", "w2"))
    unknown = counts.unknown & (not plan.grouping.include_unknown)
    levels = counts.attribute.levels
    rows: list[RepresentationRow | FitRow] = []
    alpha = 1 - plan.confidence
    for i, level in enumerate(levels):
        if counts.rows[i] == 0 and level not in population:
            continue
        base = np.ones(len(levels), dtype=bool) if unknown[i] else ~unknown
        share = _Share(n=n[i], total=n[base].sum(), w=w[i], whole=w[base].sum(), w2=w2[base].sum())
        rows.append(
            _row(
                counts.column,
                level,
                share,
                population,
                among=among,
                alpha=alpha,
                unknown=bool(counts.unknown[i]),
            )
        )
    absent = tuple(group for group in population if group not in levels)
    whole = _Share(n=0, total=n[~unknown].sum(), w=0.0, whole=w[~unknown].sum(), w2=w2[~unknown].sum())
    rows += [
        _row(counts.column, group, whole, population, among=among, alpha=alpha, unknown=False)
        for group in absent
    ]
    if population:
        shown = [i for i in range(len(levels)) if not unknown[i]]
        data = ({levels[i]: (n[i], w[i]) for i in shown}, w2[shown].sum())
        rows.append(_fit(counts.column, among, data, population))
    return rows


def _sums(counts: GroupCounts, profile: Profile, which: str, among: Among) -> NDArray[np.float64]:
    """Add up the people of each level whose label is asked for."""
    if among == "all":
        whole: NDArray[np.float64] = getattr(counts, which)
        return np.asarray(whole.sum(axis=(0, 2)))
    positive = np.array(profile.positive, dtype=bool)
    return np.asarray(counts.labels(which)[:, positive if among == "positive" else ~positive].sum(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """What a share is taken of."""

    n: float
    total: float
    w: float
    whole: float
    w2: float


def _row(
    column: str,
    level: str,
    share: _Share,
    population: Mapping[str, float],
    *,
    among: Among,
    alpha: float,
    unknown: bool,
) -> RepresentationRow:
    begun: dict[str, Any] = {
        "sensitive": (column,),
        "group": (level,),
        "among": among,
        "n": int(share.n),
        "total": int(share.total),
        "unknown": unknown,
    }
    wanted = population.get(level)
    if share.whole <= 0:
        return RepresentationRow(**begun, value=None, low=None, high=None, population=wanted, reason="empty")
    value = float(share.w / share.whole)
    low, high = (float(end) for end in wilson(value, share.whole**2 / share.w2, alpha=alpha))
    begun |= {"value": value, "low": low, "high": high}
    if wanted is None:
        reason = "not_in_population" if population and not unknown else ""
        return RepresentationRow(**begun, reason=reason)
    begun |= {
        "population": wanted,
        "difference": value - wanted,
        "difference_low": low - wanted,
        "difference_high": high - wanted,
    }
    if wanted <= 0:
        return RepresentationRow(**begun, reason="zero_reference_rate")
    return RepresentationRow(**begun, ratio=value / wanted, ratio_low=low / wanted, ratio_high=high / wanted)


def _fit(
    column: str,
    among: Among,
    data: tuple[Mapping[str, tuple[float, float]], float],
    population: Mapping[str, float],
) -> FitRow:
    from scipy.special import chdtrc

    people, squares = data
    names = [group for group in population if population[group] > 0]
    n = sum(people.get(group, (0.0, 0.0))[0] for group in names)
    whole = sum(people.get(group, (0.0, 0.0))[1] for group in names)
    absent = tuple(group for group in names if people.get(group, (0.0, 0.0))[0] == 0)
    unnamed = tuple(group for group, (m, _) in people.items() if m > 0 and group not in population)
    begun: dict[str, Any] = {
        "sensitive": (column,),
        "group": None,
        "among": among,
        "n": int(n),
        "absent": absent,
        "unnamed": unnamed,
    }
    if len(names) < 2 or whole <= 0:
        reason = "fewer_than_two_groups" if len(names) < 2 else "empty"
        return FitRow(**begun, value=None, p=None, freedom=0, least=None, reason=reason)
    effective = min(whole**2 / squares, n) if squares > 0 else n
    share = np.array([people.get(group, (0.0, 0.0))[1] / whole for group in names])
    wanted = np.array([population[group] for group in names])
    wanted = wanted / wanted.sum()
    value = float(effective * np.sum((share - wanted) ** 2 / wanted))
    return FitRow(
        **begun,
        value=value,
        p=float(chdtrc(len(names) - 1, value)),
        freedom=len(names) - 1,
        least=float(effective * wanted.min()),
    )


def _rows(case: Case) -> tuple[RepresentationRow | FitRow, ...]:
    return () if case.basis.profile is None else representation(case.basis.profile, case.plan)


CHAPTERS = (
    Chapter(
        id="representation",
        title="Shares of the groups in the data and in the population",
        kinds=(RepresentationRow, FitRow),
        rows=_rows,
        judged=True,
    ),
)
