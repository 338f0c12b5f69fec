"""Measures of the scores: from counts by group, label and score to tidy rows."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from audit.disparity.areas import AREAS, area_bounds, ranked
from audit.disparity.compare import number, reference_group
from audit.inference.bounded import Bounded, chance_gap, difference, mean_bounds, widest_gap
from audit.inference.delong import Areas, area_interval
from audit.inference.intervals import z_value
from audit.metrics.calibration import (
    calibration_error,
    error_deviation,
    expected_error,
    mass_bins,
    reliability,
)
from audit.metrics.scores import (
    EDGE,
    Measured,
    are_probabilities,
    average,
    binning_error,
    brier,
    cell_scores,
    excess,
    surprise,
)
from audit.metrics.slope import calibration_slope
from audit.names import FAMILIES
from audit.rows import DisparityRow, MetricRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.inference.bounded import Bounds
    from audit.metrics.calibration import Reliability
    from audit.plan import Plan
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

MEASURES: Final = FAMILIES["scores"]
"""Ids of the measures, as they are shown."""
PROMISES: Final = frozenset(
    {"brier_score", "log_loss", "calibration_error", "calibration_in_the_large", "calibration_slope"}
)
"""Measures that take a score for a probability."""
BLURRED: Final = ("brier_score", "log_loss")
"""Those of them that change where scores are counted in bins, within a bound."""

_BETTER: Final[dict[str, Literal["higher", "lower", "favourable", "none", "zero", "one"]]] = {
    "auc": "higher",
    "bpsn_auc": "higher",
    "bnsp_auc": "higher",
    "mean_score": "favourable",
    "positive_class_balance": "favourable",
    "negative_class_balance": "favourable",
    "brier_score": "lower",
    "log_loss": "lower",
    "calibration_error": "lower",
    "calibration_in_the_large": "zero",
    "calibration_slope": "one",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """One measure over the groups of one grouping, and of everybody, ready to be shown and compared.

    Parameters
    ----------
    metric : str
        Id of the measure.
    groups, everybody : Bounded
        The measure with its intervals.
    n, effective : ndarray of shape (n_groups,)
        People behind it, and their effective number.
    reasons : tuple of str
        Why a group has no value.
    overall : tuple of n, effective and reason
        The same of everybody.
    """

    metric: str
    groups: Bounded
    everybody: Bounded
    n: Array
    effective: Array
    reasons: tuple[str, ...]
    overall: tuple[float, float, str]


def score_rows(scores: ScoreCells, plan: Plan) -> list[MetricRow | DisparityRow]:
    """Give every measure of the scores of every group, and how far the groups are apart.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    plan : Plan
        Grouping rules, confidence, favourable outcome, replicates and seed.

    Returns
    -------
    list of MetricRow and DisparityRow
        For each measure: everybody, the groups, the widest gap, the worst group, and each group against the reference.
    """
    rows: list[MetricRow | DisparityRow] = []
    for metric in MEASURES:
        found = measure(scores, plan, metric)
        rows += _metric_rows(found, scores, plan)
        rows.append(gap_row(found, scores, plan))
        rows.append(_worst_row(found, scores, plan))
        rows += _reference_rows(found, scores, plan)
    return rows


def measure(scores: ScoreCells, plan: Plan, metric: str) -> Scored:
    """Measure one thing for every group and everybody.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    plan : Plan
        The smallest number of people.
    metric : str
        One of :data:`MEASURES`.

    Returns
    -------
    Scored
        Values with intervals, n and reasons.
    """
    whole = scores.overall()
    parts = []
    for part in (whole, scores):
        if metric in AREAS:
            parts.append(_area(part, whole, metric, plan))
        else:
            parts.append(_mean(part, scores, metric, plan))
    (everybody, n_all, effective_all, reason_all), (groups, n, effective, reasons) = parts
    # Where nobody has a score, that is why.
    reasons = tuple(
        "no_scores" if size == 0 else reason for size, reason in zip(scores.sizes, reasons, strict=True)
    )
    return Scored(
        metric=metric,
        groups=groups,
        everybody=everybody,
        n=n,
        effective=effective,
        reasons=reasons,
        overall=(float(n_all[0]), float(effective_all[0]), reason_all[0]),
    )


_Part = tuple[Bounded, "Array", "Array", tuple[str, ...]]


def _area(part: ScoreCells, whole: ScoreCells, metric: str, plan: Plan) -> _Part:
    """Give the areas of the groups large enough to have one."""
    each = ranked(part, whole, metric)
    found = each.found
    reasons = tuple(
        each.missing[0] if not up > 0 else each.missing[1] if not down > 0 else _small(people, plan)
        for people, up, down in zip(each.n, *each.weights, strict=True)
    )
    known = np.array([not reason for reason in reasons], dtype=bool)
    kept = Areas(
        value=np.where(known, found.value, np.nan),
        variance=found.variance,
        positives=found.positives,
        negatives=found.negatives,
        error=found.error,
    )
    bounded = Bounded(
        value=kept.value,
        centre=kept.value,
        deviation=np.sqrt(np.maximum(np.nan_to_num(kept.variance), 0.0)),
        bounds=lambda alpha: area_interval(kept, alpha=alpha),
        blur=area_bounds(part, whole, metric),
        limits=(0.0, 1.0),
    )
    return bounded, each.n, found.positives + found.negatives, reasons


def _small(n: float, plan: Plan) -> str:
    return "below_minimum_size" if n < plan.grouping.min_size else ""


def _mean(part: ScoreCells, scores: ScoreCells, metric: str, plan: Plan) -> _Part:
    """Average something over people, or fit the slope."""
    if metric in PROMISES and not are_probabilities(scores):
        size = len(part.groups)
        nothing = np.full(size, np.nan)
        blank = Bounded(value=nothing, centre=nothing, deviation=nothing, bounds=lambda _: (nothing, nothing))
        n = part.n.sum(axis=(1, 2))
        return blank, n, n, ("not_probabilities",) * size
    found = _measured(part, scores, metric)
    reasons = tuple(
        reason or _small(n, plan) for reason, n in zip(found.undefined, found.n.tolist(), strict=True)
    )
    known = np.array([not reason for reason in reasons], dtype=bool)
    centre, variance = np.where(known, found.centre, np.nan), np.where(known, found.variance, np.nan)
    bounds: Bounds = partial(_ends, centre, variance, found.effective, limits=_limits(scores, metric))
    if metric == "calibration_error":
        bounds = partial(_down_to_0, bounds, found.value, reliability(part, mass_bins(scores)))
    bounded = Bounded(
        value=np.where(known, found.value, np.nan),
        centre=centre,
        deviation=np.sqrt(np.maximum(np.nan_to_num(variance), 0.0)),
        bounds=bounds,
        blur=binning_error(part, metric) if metric in BLURRED else None,
        limits=_limits(scores, metric),
    )
    return bounded, found.n, found.effective, reasons


def _ends(
    centre: Array, variance: Array, n: Array, alpha: float, *, limits: tuple[float, float]
) -> tuple[Array, Array]:
    return mean_bounds(centre, variance, n, alpha, limits=limits)


def _down_to_0(bounds: Bounds, value: Array, table: Reliability, alpha: float) -> tuple[Array, Array]:
    """Let the interval of an error begin at 0 wherever honest scores could have given it."""
    low, high = bounds(alpha)
    chance = expected_error(table) + float(z_value(alpha)) * error_deviation(table)
    return np.where(value <= chance, 0.0 * low, low), high


def _limits(scores: ScoreCells, metric: str) -> tuple[float, float]:
    """Give what the measure of a single person lies between."""
    if metric == "calibration_in_the_large":
        return -1.0, 1.0
    if metric == "log_loss":
        return 0.0, -math.log(EDGE)
    if metric == "calibration_slope":
        return -math.inf, math.inf
    if metric in PROMISES or are_probabilities(scores):
        return 0.0, 1.0
    held = scores.n.sum(axis=(0, 1)) > 0
    ends = [np.asarray(scores.cuts)[held], scores.means[held]]
    return float(np.min(ends)), float(np.max(ends)) + scores.coarseness


def _measured(part: ScoreCells, scores: ScoreCells, metric: str) -> Measured:
    if metric == "calibration_slope":
        return calibration_slope(part)
    if metric == "calibration_error":
        return calibration_error(reliability(part, mass_bins(scores)))
    q = cell_scores(part)
    if metric in {"mean_score", "positive_class_balance", "negative_class_balance"}:
        label = {"mean_score": None, "positive_class_balance": 1, "negative_class_balance": 0}[metric]
        return average(part, q, label)
    each = {"brier_score": brier, "log_loss": surprise, "calibration_in_the_large": excess}[metric]
    return average(part, each(q))


def _metric_rows(found: Scored, scores: ScoreCells, plan: Plan) -> list[MetricRow]:
    alpha = 1 - plan.confidence
    rows = []
    for part, names in ((found.everybody, (None,)), (found.groups, scores.groups)):
        low, high = part.interval(alpha)
        for i, name in enumerate(names):
            n, effective, reason = (
                found.overall if name is None else (found.n[i], found.effective[i], found.reasons[i])
            )
            rows.append(
                MetricRow(
                    metric=found.metric,
                    sensitive=scores.sensitive,
                    group=name,
                    value=number(part.value[i]),
                    low=_finite(low[i]),
                    high=_finite(high[i]),
                    n=int(n),
                    n_effective=float(effective),
                    reason=reason,
                )
            )
    return rows


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _usable(scores: ScoreCells, plan: Plan) -> NDArray[np.bool_]:
    return np.array([plan.grouping.include_unknown or not unknown for unknown in scores.unknown], dtype=bool)


def gap_row(found: Scored, scores: ScoreCells, plan: Plan, *, chance: bool = True) -> DisparityRow:
    """Give the largest minus the smallest value of the groups.

    Parameters
    ----------
    found : Scored
        The measure.
    scores : ScoreCells
        The scores of the grouping.
    plan : Plan
        Confidence, replicates and seed.
    chance : bool, default True
        Whether to simulate the gap that chance alone would show.

    Returns
    -------
    DisparityRow
        A difference with simultaneous bounds; over the groups that can be estimated.
    """
    usable = _usable(scores, plan)
    gap = widest_gap(found.groups, usable, alpha=1 - plan.confidence, sizes=scores.sizes)
    expected = _by_chance(found, scores, plan, usable) if chance else math.nan
    known = gap.first >= 0
    reason = "" if known else _common(found.reasons) or "fewer_than_two_groups"
    return DisparityRow(
        metric=found.metric,
        sensitive=scores.sensitive,
        comparison="difference",
        group=scores.groups[gap.first] if known else None,
        reference=scores.groups[gap.second] if known else None,
        value=number(gap.value),
        low=_finite(gap.low),
        high=_finite(gap.high),
        groups_estimable=_estimable(found, usable),
        groups_total=int(usable.sum()),
        reason=reason,
        expected=number(expected),
    )


def _by_chance(found: Scored, scores: ScoreCells, plan: Plan, usable: NDArray[np.bool_]) -> float:
    # Each measure draws from its own stream, so that adding one never changes another.
    stream = zlib.crc32("|".join(["scores", found.metric, *scores.sensitive]).encode())
    rng = np.random.default_rng([plan.seed, stream])
    return chance_gap(found.groups, usable, replicates=plan.replicates, rng=rng)


def _common(reasons: tuple[str, ...]) -> str:
    """Give the reason that all groups share, where it is about the scores and not about the groups."""
    return reasons[0] if reasons and set(reasons) == {"not_probabilities"} else ""


def _estimable(found: Scored, usable: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(usable & ~np.isnan(found.groups.value)))


def _badness(found: Scored, plan: Plan) -> Array | None:
    """Give how bad each group fares; None where neither end is worse."""
    value, better = found.groups.value, _BETTER[found.metric]
    if better == "favourable":
        better = "higher" if plan.roles.favourable == "positive" else "lower"
    return {
        "higher": -value,
        "lower": value,
        "zero": np.abs(value),
        "one": np.abs(value - 1),
    }.get(better)


def _worst_row(found: Scored, scores: ScoreCells, plan: Plan) -> DisparityRow:
    """Name the worst group, with the best as its reference."""
    usable = _usable(scores, plan)
    bad = _badness(found, plan)
    use = np.flatnonzero(usable & ~np.isnan(found.groups.value))
    row = {
        "metric": found.metric,
        "sensitive": scores.sensitive,
        "comparison": "worst_group",
        "overall": number(found.everybody.value[0]),
        "groups_estimable": len(use),
        "groups_total": int(usable.sum()),
    }
    if bad is None or not len(use):
        return DisparityRow(**row, reason=next((reason for reason in found.reasons if reason), "empty"))  # type: ignore[arg-type]
    by_size = use[np.argsort(-scores.sizes[use], kind="stable")]
    worst = int(by_size[np.argmax(bad[by_size])])
    others = by_size[by_size != worst]
    best = int(others[np.argmin(bad[others])]) if len(others) else -1
    low, high = found.groups.interval((1 - plan.confidence) / len(use))
    ends = _worst_ends(found, plan, worst, low[use], high[use])
    return DisparityRow(
        **row,  # type: ignore[arg-type]
        group=scores.groups[worst],
        reference=scores.groups[best] if best >= 0 else None,
        value=float(found.groups.value[worst]),
        low=_finite(ends[0]),
        high=_finite(ends[1]),
    )


def _worst_ends(found: Scored, plan: Plan, worst: int, low: Array, high: Array) -> tuple[float, float]:
    """Bound the value of whichever group is the worst; around a target, that of the group which is named."""
    value, better = float(found.groups.value[worst]), _BETTER[found.metric]
    if better in {"zero", "one"}:
        own = found.groups.interval((1 - plan.confidence) / len(low))
        return float(own[0][worst]), float(own[1][worst])
    lowest = better == "higher" or (better == "favourable" and plan.roles.favourable == "positive")
    pick = np.min if lowest else np.max
    return min(value, float(pick(low))), max(value, float(pick(high)))


def _reference_rows(found: Scored, scores: ScoreCells, plan: Plan) -> list[DisparityRow]:
    at = reference_group(scores, plan)
    others = np.array([i for i in range(len(scores.groups)) if i != at], dtype=np.intp)
    low, high = difference(found.groups, others, np.full_like(others, at), 1 - plan.confidence)
    value = found.groups.value
    usable = _usable(scores, plan)
    rows = []
    for k, i in enumerate(others.tolist()):
        apart = float(value[i] - value[at])
        known = not math.isnan(apart)
        rows.append(
            DisparityRow(
                metric=found.metric,
                sensitive=scores.sensitive,
                comparison="to_reference",
                group=scores.groups[i],
                reference=scores.groups[at],
                value=number(apart),
                low=min(apart, float(low[k])) if known else None,
                high=max(apart, float(high[k])) if known else None,
                groups_estimable=_estimable(found, usable),
                groups_total=int(usable.sum()),
                reason="" if known else found.reasons[i] or found.reasons[at],
            )
        )
    return rows
