"""How unequal the benefit of decisions is among people, and how much of that lies between groups."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.replicates import draw
from audit.metrics.indices import benefits, decompose, entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.chapters.case import Case

    Array = NDArray[np.float64]

ORDERS: Final = {"mean_log_deviation": 0, "theil_index": 1, "generalized_entropy": 2}
"""The measures of inequality that can be split, with their orders."""

_STEPS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class InequalityRow:
    """One measure of inequality of the benefit, split into a part within and a part between groups.

    Parameters
    ----------
    metric : {"mean_log_deviation", "theil_index", "generalized_entropy"}
        Which measure of inequality.
    sensitive : tuple of str
        The columns that make the groups.
    group : None
        The row is about everybody.
    total : float or None
        Inequality among all people; null where it is not estimable.
    within : float or None
        Inequality that would be left if all groups had the same mean.
    value, low, high : float or None
        Inequality that would be left if everybody got the mean of their group, with an interval that can hold 0.
    share, share_low, share_high : float or None
        The part between groups as a share of the total; its interval takes the part within for known.
    n : int
        People in the groups that are compared.
    groups : int
        Groups that are compared.
    reason : str
        Reason code of what is not estimable, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: None
    total: float | None
    within: float | None
    value: float | None
    low: float | None
    high: float | None
    share: float | None
    share_low: float | None
    share_high: float | None
    n: int
    groups: int
    reason: str = ""


def _rows(case: Case) -> tuple[InequalityRow, ...]:
    if case.plan.roles.no_outcome:
        return ()  # a decision that is its own label is never wrong
    rows: list[InequalityRow] = []
    for sensitive in case.groupings:
        every = case.cells.marginal(sensitive)
        known = [case.plan.grouping.include_unknown or not unknown for unknown in every.unknown]
        weighing = every.w.sum(axis=(1, 2)) > 0
        cells = every.take(np.array(known, dtype=bool) & weighing)
        turned = cells.flipped() if case.plan.roles.favourable == "negative" else cells
        ends = _bounds(turned, every, case) if len(cells.groups) > 1 else None
        rows += [_row(metric, order, turned, ends) for metric, order in ORDERS.items()]
    return tuple(rows)


def _row(metric: str, order: int, cells: Cells, ends: tuple[Array, Array] | None) -> InequalityRow:
    if ends is None:
        return _nothing(metric, cells, "fewer_than_two_groups")
    mean, people = _means(cells.w)
    if not (people * mean).sum() > 0:
        return _nothing(metric, cells, "no_benefit")
    within, between = (float(part) for part in decompose(cells.w, order))
    if not np.isfinite(between):
        return _nothing(metric, cells, "zero_benefit")
    found = [float(entropy(np.maximum(end, 0.0), people, order)) for end in ends]
    low, high = min(between, found[0]), max(between, found[1])
    whole = within + between
    reason = "" if np.isfinite(whole) and whole > 0 else "zero_benefit" if whole > 0 else "no_inequality"
    share = [_share(part, within) if not reason else None for part in (between, low, high)]
    return InequalityRow(
        metric=metric,
        sensitive=cells.sensitive,
        group=None,
        total=whole if np.isfinite(whole) else None,
        within=within if np.isfinite(within) else None,
        value=between,
        low=low,
        high=high if np.isfinite(high) else None,
        share=share[0],
        share_low=share[1],
        share_high=share[2],
        n=cells.total,
        groups=len(cells.groups),
        reason=reason,
    )


def _share(part: float, within: float) -> float:
    """Give a part as a share of the whole; an end of an interval can be 0 of nothing, or without an end."""
    if not np.isfinite(part):
        return 1.0
    return part / (within + part) if within + part > 0 else 0.0


def _nothing(metric: str, cells: Cells, reason: str) -> InequalityRow:
    return InequalityRow(
        metric=metric,
        sensitive=cells.sensitive,
        group=None,
        total=None,
        within=None,
        value=None,
        low=None,
        high=None,
        share=None,
        share_low=None,
        share_high=None,
        n=cells.total,
        groups=len(cells.groups),
        reason=reason,
    )


def _means(w: Array) -> tuple[Array, Array]:
    """Mean benefit of each group, and its share of the people."""
    size, share = benefits(w)
    people = w.sum(axis=(-2, -1))
    return (size * share).sum(axis=-1), people / people.sum(axis=-1, keepdims=True)


def _bounds(cells: Cells, every: Cells, case: Case) -> tuple[Array, Array]:
    """Means of the groups as far apart, along the observed direction, as the data allow at least and at most.

    The spread of means that are all equal is never 0 in a sample, so a quantile of replicates would never reach 0. Here
    the spread is tested: which true spreads would often enough give one as large, or as small, as was seen?
    """
    mean, people = _means(cells.w)
    overall = float((people * mean).sum())
    if overall <= 0:
        return mean, mean
    noise = _noise(cells, every, case) / overall
    noise = noise - (noise * people).sum(axis=1, keepdims=True)
    apart = mean / overall - 1
    seen = float((people * apart * apart).sum())
    way = apart / np.sqrt(seen) if seen > 0 else _any_direction(people)
    square = (people * noise * noise).sum(axis=1)
    along = (people * noise * way).sum(axis=1)
    steps = np.linspace(0.0, np.sqrt(seen) + 6 * np.sqrt(square.mean()), _STEPS)
    spread = steps[:, None] ** 2 + 2 * steps[:, None] * along + square
    alpha = 1 - case.plan.confidence
    larger = (spread >= seen).mean(axis=1)
    # A spread smaller than chance alone would show must not make the data look surer than they are.
    smaller = (spread <= max(seen, float(np.median(square)))).mean(axis=1)
    low = steps[int(np.argmax(larger > alpha / 2))]
    last = np.flatnonzero(smaller > alpha / 2)
    high = steps[min(int(last[-1]) + 1, _STEPS - 1)] if len(last) else 0.0
    # One step below the first that is not ruled out: a grid must not make the interval too short.
    low = max(low - steps[1], 0.0) if low > 0 else 0.0
    return overall * (1 + low * way), overall * (1 + high * way)


def _any_direction(people: Array) -> Array:
    """A spread of means around the overall one, where none was seen."""
    way = np.ones(len(people))
    way[0] = -(1 - people[0]) / people[0]
    return np.asarray(way / np.sqrt((people * way * way).sum()))


def _noise(cells: Cells, every: Cells, case: Case) -> Array:
    """How far the groups' means move from replicate to replicate."""
    # Each grouping draws from its own stream, so that adding one never changes another.
    stream = zlib.crc32("|".join(["inequality", *cells.sensitive]).encode())
    drawn = draw(
        every,
        replicates=case.plan.replicates,
        rng=np.random.default_rng([case.plan.seed, stream]),
        clusters=case.basis.clusters,
    ).groups
    index = [every.groups.index(group) for group in cells.groups]
    turned = drawn[:, index]
    if case.plan.roles.favourable == "negative":
        turned = turned[..., ::-1, ::-1]
    means = _means(turned)[0]
    return np.asarray(means - means.mean(axis=0))


CHAPTERS = (
    Chapter(
        id="inequality",
        title="How unequal the benefit of decisions is, and how much of that lies between groups",
        kinds=(InequalityRow,),
        rows=_rows,
    ),
)
"""What this module adds."""
