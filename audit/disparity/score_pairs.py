"""Groups compared two by two by their scores: across-group ranking, the area between ROC curves, distances.

Areas and distances are never negative, so chance alone makes them positive. Each stands beside the value expected if the
two groups were equal, and its interval, from replicates of the score cells, can reach down to 0.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.special import ndtri, stdtrit

from audit.disparity.compare import number, reference_group
from audit.inference.delong import area_interval, areas
from audit.metrics.calibration import mass_bins
from audit.metrics.curves import area_between, cumulated, ks_distance, on_grid, roc, wasserstein_distance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.plan import Plan
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

Among = Literal["everybody", "positives", "negatives"]

MOST: Final = 40
"""Groups that are compared two by two, the largest ones."""

REPLICATES: Final = 400
"""Replicates of the score cells at most."""

_COARSE: Final = 100
_RESOLVED: Final = 0.02
_GRID: Final = np.linspace(0.0, 1.0, 101)
_AMONG: Final[tuple[Among, ...]] = ("everybody", "positives", "negatives")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreGapRow:
    """How far the scores of two groups are apart.

    Parameters
    ----------
    metric : {"xauc", "abroca", "score_ks_distance", "score_wasserstein_distance"}
        Probability that a positive person of the group scores higher than a negative person of the reference; area
        between the two ROC curves; largest distance of the distribution functions; mean distance that scores have to move.
    sensitive : tuple of str
        The columns that make the groups.
    comparison : {"to_reference", "extreme"}
        Against the reference group, or the two groups that are furthest apart (for xauc, ranked worst).
    among : {"everybody", "positives", "negatives"}
        Whose scores are compared; both labels for xauc and abroca.
    group, reference : tuple of str
        The two groups; of everybody with recorded groups for the extreme pair.
    value, low, high : float or None
        The measure and its interval, which is simultaneous over all pairs for the extreme pair.
    expected : float or None
        Mean value that chance alone would give if the two groups were equal; one half for xauc is no such value.
    bound : float or None
        An area of the scores themselves is never further from the value; 0 where every bin holds one score, None for
        distances.
    n, n_reference : int
        People of each group behind it.
    reason : str
        Code of :data:`audit.rows.REASONS`, or empty.
    """

    metric: Literal["xauc", "abroca", "score_ks_distance", "score_wasserstein_distance"]
    sensitive: tuple[str, ...]
    comparison: Literal["to_reference", "extreme"]
    among: Among
    group: tuple[str, ...]
    reference: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    expected: float | None
    bound: float | None
    n: int
    n_reference: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draws:
    """What chance does to one group: errors of its distribution functions over coarse bins, and of its ROC curve."""

    spread: Array  # (replicates, 3, n_coarse)
    curves: Array  # (replicates, n_grid)


@dataclass(slots=True, kw_only=True, eq=False)
class _Groups:
    """The score cells of one grouping in the forms that pairs are made of."""

    scores: ScoreCells
    plan: Plan
    w: Array  # (n_groups, 3, n_bins): everybody, positives, negatives
    coarse: Array  # the same in coarse bins
    n: Array  # (n_groups, 3) people
    effective: Array  # (n_groups, 3)
    functions: Array  # (n_groups, 3, n_bins) distribution functions
    into: NDArray[np.int64]
    places: Array  # (n_bins,) the score that stands for each bin
    coarse_places: Array  # (n_coarse,)
    normal: Array  # (2, replicates, n_coarse) chance for the values expected of equal groups
    kept: dict[int, _Draws]

    def draws(self, g: int) -> _Draws:
        if g not in self.kept:
            self.kept[g] = _drawn(self, g)
        return self.kept[g]


def _groups(scores: ScoreCells, plan: Plan) -> _Groups:
    def sides(array: Array) -> Array:
        return np.stack([array.sum(axis=1), array[:, 1], array[:, 0]], axis=1)

    into = mass_bins(scores, _COARSE)
    edges = np.searchsorted(into, np.arange(int(into.max()) + 1))
    w = sides(scores.w)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.nan_to_num(w.sum(axis=2) ** 2 / sides(scores.w2).sum(axis=2))
    places, everybody = scores.means, scores.w.sum(axis=(0, 1))
    size = int(into.max()) + 1
    total = np.maximum(np.bincount(into, weights=everybody, minlength=size), 1e-300)
    rng = np.random.default_rng([plan.seed, zlib.crc32("|".join(["score_gaps", *scores.sensitive]).encode())])
    return _Groups(
        scores=scores,
        plan=plan,
        w=w,
        coarse=np.add.reduceat(w, edges, axis=2),
        n=sides(scores.n).sum(axis=2),
        effective=effective,
        functions=cumulated(w),
        into=into,
        places=places,
        coarse_places=np.bincount(into, weights=everybody * places, minlength=size) / total,
        normal=rng.standard_normal((2, min(plan.replicates, REPLICATES), size)),
        kept={},
    )


def score_gaps(scores: ScoreCells, plan: Plan) -> list[ScoreGapRow]:
    """Compare the scores of the groups two by two.

    Parameters
    ----------
    scores : ScoreCells
        The scores of one grouping.
    plan : Plan
        Reference groups, confidence, replicates and seed.

    Returns
    -------
    list of ScoreGapRow
        Each of the 40 largest groups against the reference group, then the pairs that are furthest apart.

    Notes
    -----
    Areas and distances are norms of a difference of two curves, so by the triangle inequality they are off by no more
    than the norm of the errors of the curves. The interval reaches as far as that norm does in replicates: it holds the
    truth at least as often as it says, and 0 wherever equal groups could have given the value.
    """
    if len(scores.groups) < 2:
        return []
    held = _groups(scores, plan)
    at = reference_group(scores, plan)
    largest = np.argsort(-scores.sizes, kind="stable")[:MOST].tolist()
    rows = [row for g in sorted(largest) if g != at for row in _pair(held, g, at)]
    known = [g for g in sorted(largest) if plan.grouping.include_unknown or not scores.unknown[g]]
    if len(known) > 1:
        rows += _extremes(held, np.array(known))
    return rows


def _pair(held: _Groups, g: int, at: int) -> Iterator[ScoreGapRow]:
    alpha = 1 - held.plan.confidence
    yield _xauc(held, g, at, alpha=alpha, comparison="to_reference")
    yield _xauc(held, at, g, alpha=alpha, comparison="to_reference")
    yield _distance(held, "abroca", 0, g, at, alpha=alpha)
    for metric in ("score_ks_distance", "score_wasserstein_distance"):
        for side in range(3):
            yield _distance(held, metric, side, g, at, alpha=alpha)


def _xauc(
    held: _Groups, g: int, at: int, *, alpha: float, comparison: Literal["to_reference", "extreme"]
) -> ScoreGapRow:
    """Rank the positives of one group against the negatives of the other."""
    scores = held.scores
    found = areas(scores.w[[g], 1], scores.w2[[g], 1], scores.w[[at], 0], scores.w2[[at], 0])
    blur = np.zeros(1) if scores.exact else found.error
    low, high = area_interval(found, alpha=alpha)
    low, high = np.maximum(low - blur, 0.0), np.minimum(high + blur, 1.0)
    n, other, reason = held.n[g, 1], held.n[at, 2], _unranked(held, g, at)
    return ScoreGapRow(
        metric="xauc",
        sensitive=scores.sensitive,
        comparison=comparison,
        among="everybody",
        group=scores.groups[g],
        reference=scores.groups[at],
        value=number(float(found.value[0])),
        low=number(float(low[0])),
        high=number(float(high[0])),
        expected=None,
        bound=None if reason else float(blur[0]),
        n=int(n),
        n_reference=int(other),
        reason=reason,
    )


def _unranked(held: _Groups, g: int, at: int) -> str:
    if held.effective[g, 1] <= 0:
        return "no_positives"
    return "" if held.effective[at, 2] > 0 else "no_negatives"


def _distance(
    held: _Groups,
    metric: str,
    side: int,
    g: int,
    at: int,
    *,
    alpha: float,
    comparison: Literal["to_reference", "extreme"] = "to_reference",
) -> ScoreGapRow:
    reason = _undefined(held, metric, side, g, at)
    value = low = high = expected = None
    if not reason:
        value = _value(held, metric, side, g, at)
        low, high = _bounds(held, metric, side, (g, at), value=value, alpha=alpha)
        expected = _expected(held, metric, side, g, at)
    return ScoreGapRow(
        metric=metric,  # type: ignore[arg-type]
        sensitive=held.scores.sensitive,
        comparison=comparison,
        among=_AMONG[side],
        group=held.scores.groups[g],
        reference=held.scores.groups[at],
        value=value,
        low=low,
        high=high,
        expected=expected,
        bound=_bound(held, (g, at)) if metric == "abroca" and not reason else None,
        n=int(held.n[g, side]),
        n_reference=int(held.n[at, side]),
        reason=reason,
    )


def _bound(held: _Groups, pair: tuple[int, int]) -> float:
    """Bound how far the area between two curves is off: in a bin each runs anywhere in its box, of half its area."""
    if held.scores.exact:
        return 0.0
    rows = list(pair)
    found = areas(*(part[rows, label] for label in (1, 0) for part in (held.scores.w, held.scores.w2)))
    return float(found.error.sum())


def _undefined(held: _Groups, metric: str, side: int, g: int, at: int) -> str:
    sides = (1, 2) if metric == "abroca" else (side,)
    for one in sides:
        # People of weight 0 count for nobody.
        if min(held.effective[g, one], held.effective[at, one]) <= 0:
            return {0: "no_scores", 1: "no_positives", 2: "no_negatives"}[one]
    return ""


def _value(held: _Groups, metric: str, side: int, g: int, at: int) -> float:
    if metric == "abroca":
        first, second = (roc(held.w[k, 1], held.w[k, 2]) for k in (g, at))
        return area_between(first, second)
    one, two = held.functions[g, side], held.functions[at, side]
    if metric == "score_ks_distance":
        return float(ks_distance(one, two))
    return float(wasserstein_distance(one, two, held.places))


def _bounds(
    held: _Groups, metric: str, side: int, pair: tuple[int, int], *, value: float, alpha: float
) -> tuple[float, float]:
    """Go as far to both sides as chance moves the distance in all but a share of the replicates."""
    first, second = (held.draws(k) for k in pair)
    if metric == "abroca":
        drawn = _area(first.curves - second.curves)
    elif metric == "score_ks_distance":
        drawn = ks_distance(first.spread[:, side], second.spread[:, side])
    else:
        drawn = wasserstein_distance(first.spread[:, side], second.spread[:, side], held.coarse_places)
    # Few replicates lie in a small tail: the tail of a norm of normal errors is carried on from where many do.
    level = max(alpha, _RESOLVED)
    tail = np.sqrt(np.log(2 / alpha) / np.log(2 / level)) * _few(held, metric, side, pair)
    reach = float(np.quantile(drawn, 1 - level)) * float(tail) + (
        _bound(held, pair) if metric == "abroca" else 0.0
    )
    top = np.inf if metric == "score_wasserstein_distance" else 1.0
    return max(0.0, value - reach), min(top, value + reach)


def _few(held: _Groups, metric: str, side: int, pair: tuple[int, int]) -> float:
    """Widen for few people as Student's t is wider than the normal."""
    sides = (1, 2) if metric == "abroca" else (side,)
    least = max(min(float(held.effective[k, one]) for k in pair for one in sides), 2.0)
    return float(stdtrit(least - 1, 0.975) / ndtri(0.975))


def _on_grid(held: _Groups, g: int) -> Array:
    false, true = roc(held.coarse[[g], 1], held.coarse[[g], 2])
    found: Array = on_grid(false, true, _GRID)[0]
    return found


def _area(apart: Array) -> Array:
    return np.asarray(np.trapezoid(np.abs(apart), _GRID, axis=-1))


def _drawn(held: _Groups, g: int) -> _Draws:
    """Draw the group's coarse cells anew, each group from its own stream."""
    stream = zlib.crc32("|".join(["score_gaps", *held.scores.sensitive, "", *held.scores.groups[g]]).encode())
    rng = np.random.default_rng([held.plan.seed, stream])
    times = min(held.plan.replicates, REPLICATES)
    sides = held.coarse[g, 1:]
    # A cell of weight W and squared weight W2 varies like a gamma variable of that mean and variance.
    ratio = np.where(
        held.effective[g, 1:] > 0, sides.sum(axis=1) / np.maximum(held.effective[g, 1:], 1e-300), 1
    )
    drawn = rng.standard_gamma(sides / ratio[:, None], size=(times, *sides.shape)) * ratio[:, None]
    both = np.concatenate([drawn.sum(axis=1, keepdims=True), drawn], axis=1)
    empty = sides.sum(axis=1).min() <= 0
    curves = np.zeros((times, len(_GRID)))
    if not empty:
        curves = on_grid(*roc(drawn[:, 0], drawn[:, 1]), _GRID) - _on_grid(held, g)
    return _Draws(spread=cumulated(both) - cumulated(held.coarse[g]), curves=curves)


def _expected(held: _Groups, metric: str, side: int, g: int, at: int) -> float:
    """Simulate two samples of these sizes from the pooled scores, by the bridges that their functions tend to."""
    if metric != "abroca":
        bridge, _ = _bridge(held, side, (g, at), held.normal[0])
        if metric == "score_ks_distance":
            return float(np.abs(bridge).max(axis=1).mean())
        return float((np.abs(bridge)[:, :-1] * np.diff(held.coarse_places)).sum(axis=1).mean())
    (up, positives), (across, negatives) = (
        _bridge(held, one, (g, at), held.normal[k]) for k, one in enumerate((1, 2))
    )
    # At a false positive rate, the curve is off by its own noise and by its slope times that of the other label.
    return float(np.abs(negatives * up - positives * across).sum(axis=1).mean())


def _bridge(held: _Groups, side: int, pair: tuple[int, int], normal: Array) -> tuple[Array, Array]:
    """Draw differences of two distribution functions of equal groups, and give the share in each bin."""
    pooled = held.coarse[list(pair), side].sum(axis=0)
    share = pooled / pooled.sum()
    steps = np.cumsum(np.sqrt(share) * normal, axis=1)
    scale = np.sqrt((1 / held.effective[list(pair), side]).sum())
    return scale * (steps - np.cumsum(share) * steps[:, -1:]), share


def _extremes(held: _Groups, known: NDArray[np.int64]) -> list[ScoreGapRow]:
    """Find the pairs that are furthest apart and bound them at a level shared among all pairs."""
    alpha = 1 - held.plan.confidence
    pairs = len(known) * (len(known) - 1) / 2
    rows = []
    worst = _lowest_xauc(held, known)
    if worst:
        rows.append(_xauc(held, *worst, alpha=alpha / (2 * pairs), comparison="extreme"))
    for metric, side in (
        ("abroca", 0),
        *((name, s) for name in ("score_ks_distance", "score_wasserstein_distance") for s in range(3)),
    ):
        far = _furthest(held, metric, side, known)
        if far:
            rows.append(_distance(held, metric, side, *far, alpha=alpha / pairs, comparison="extreme"))
    return rows


def _lowest_xauc(held: _Groups, known: NDArray[np.int64]) -> tuple[int, int] | None:
    share = held.w[known, 2] / np.maximum(held.w[known, 2].sum(axis=1, keepdims=True), 1e-300)
    below = np.cumsum(share, axis=1) - 0.5 * share
    up = held.w[known, 1] / np.maximum(held.w[known, 1].sum(axis=1, keepdims=True), 1e-300)
    ranked = np.asarray(up @ below.T)
    possible = (held.effective[known, 1] > 0)[:, None] & (held.effective[known, 2] > 0)[None, :]
    np.fill_diagonal(possible, val=False)
    if not possible.any():
        return None
    i, j = np.unravel_index(int(np.argmin(np.where(possible, ranked, np.inf))), ranked.shape)
    return int(known[i]), int(known[j])


def _furthest(held: _Groups, metric: str, side: int, known: NDArray[np.int64]) -> tuple[int, int] | None:
    best: tuple[float, int, int] | None = None
    curves = {int(g): _on_grid(held, int(g)) for g in known} if metric == "abroca" else {}
    for k, i in enumerate(known.tolist()):
        for j in known[k + 1 :].tolist():
            if _undefined(held, metric, side, i, j):
                continue
            size = float(_area(curves[i] - curves[j])) if curves else _value(held, metric, side, i, j)
            if best is None or size > best[0]:
                best = (size, i, j)
    return None if best is None else best[1:]
