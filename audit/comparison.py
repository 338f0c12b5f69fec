"""Before, control and after: what a mitigation changed, measured on the same test rows.

Every person in the test rows has a decision from each model, so changes are paired: rates with a fixed denominator get
Newcombe's paired interval, everything else a bias-corrected bootstrap that draws replicates of the paired cells. Both
cover which people happened to be in the test rows, not how the model would differ if trained again.
"""

from __future__ import annotations

import math
import warnings
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from audit.disparity.chance import CRITERION_RATES
from audit.disparity.compare import number, worst_is_highest
from audit.inference.intervals import newcombe_paired
from audit.metrics.rates import RATE, RATES, Rate, rate_table, rate_values
from audit.rows import ComparisonRow
from audit.trial import COLUMNS, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.plan import Plan
    from audit.rows import Comparison

    Array = NDArray[np.float64]
    Measure = Callable[[Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Disparity:
    """One number about all groups, as a function of cells of any number of replicates."""

    metric: str
    comparison: Comparison
    rates: tuple[Rate, ...]
    turned: bool
    highest: bool | None = None


def _disparities(plan: Plan) -> list[_Disparity]:
    turned = plan.roles.favourable == "negative"
    found = [
        _Disparity(metric=name, comparison=kind, rates=tuple(RATE[r] for r in rates), turned=turned)
        for name, rates in CRITERION_RATES.items()
        for kind in ("difference", "ratio")
    ]
    for rate in RATES:
        found += [
            _Disparity(metric=rate.id, comparison=kind, rates=(rate,), turned=False)
            for kind in ("difference", "ratio")
        ]
        highest = worst_is_highest(rate.id, plan.roles.favourable)
        if highest is not None:
            found.append(
                _Disparity(
                    metric=rate.id, comparison="worst_group", rates=(rate,), turned=False, highest=highest
                )
            )
    return found


def _evaluate(disparity: _Disparity, w: Array, usable: Array) -> Array:
    """Evaluate a disparity on cells (…, G, 2, 2); groups that are not usable are left out."""
    turned = w[..., ::-1, ::-1] if disparity.turned else w
    values = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an all-missing replicate is missing
        for k, rate in enumerate(disparity.rates):
            p = np.where(usable[k], rate_values(rate, turned), np.nan)
            top, bottom = np.nanmax(p, axis=-1), np.nanmin(p, axis=-1)
            if disparity.comparison == "difference":
                values.append(top - bottom)
            elif disparity.comparison == "ratio":
                values.append(np.where(top > 0, bottom / top, np.nan))
            else:
                values.append(top if disparity.highest else bottom)
    return np.asarray(np.min(values, axis=0) if disparity.comparison == "ratio" else np.max(values, axis=0))


def _usable(disparity: _Disparity, trial: Trial, cells: Cells, plan: Plan) -> Array:
    """Which groups count, for each rate: known, and with a large enough denominator under every model."""
    known = np.array([plan.grouping.include_unknown or not unknown for unknown in cells.unknown], dtype=bool)
    masks = []
    for rate in disparity.rates:
        mask = known.copy()
        for which in range(len(trial.columns)):
            one = cells.decision(which)
            mask &= rate_table(rate, one.flipped() if disparity.turned else one).n >= max(
                plan.grouping.min_size, 1
            )
        masks.append(mask)
    return np.array(masks)


def _replicates(pair: Cells, replicates: int, seed: int) -> Array:
    """Draw replicates of the paired cells, of shape (R, G, 2, 2, 2), as a row bootstrap would."""
    stream = zlib.crc32("|".join(("paired", *pair.sensitive)).encode())
    rng = np.random.default_rng([seed, stream])
    n = pair.n.ravel()
    draws = rng.multinomial(int(n.sum()), n / n.sum(), size=replicates).astype(float)
    if pair.weighted:
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(n > 0, pair.w.ravel() / n, 0.0)
            spread = np.where(n > 0, np.maximum(pair.w2.ravel() / n - mean * mean, 0.0), 0.0)
        noise = rng.standard_normal(draws.shape) * np.sqrt(draws * spread)
        draws = np.maximum(draws * mean + noise, 0.0)
    return draws.reshape(replicates, *pair.n.shape)


def bias_corrected(observed: float, draws: Array, *, alpha: float) -> tuple[float, float]:
    """Bias-corrected percentile interval.

    Parameters
    ----------
    observed : float
        The value on the data.
    draws : ndarray of shape (n_replicates,)
        The value on each replicate; NaN where it was not estimable.
    alpha : float
        Share of intervals that may miss.

    Returns
    -------
    low, high : float
        The interval, which contains the observed value; NaN with fewer than 20 usable replicates.

    References
    ----------
    .. [1] Efron (1981), "Nonparametric standard errors and confidence intervals", Canadian Journal of Statistics 9.
    """
    kept = np.sort(draws[~np.isnan(draws)])
    if len(kept) < 20 or math.isnan(observed):
        return math.nan, math.nan
    below = (np.count_nonzero(kept < observed) + 0.5 * np.count_nonzero(kept == observed)) / len(kept)
    shift = float(ndtri(np.clip(below, 1 / len(kept), 1 - 1 / len(kept))))
    z = float(-ndtri(alpha / 2))
    low, high = np.quantile(kept, [float(ndtr(2 * shift - z)), float(ndtr(2 * shift + z))])
    return min(float(low), observed), max(float(high), observed)


def compare(trial: Trial, plan: Plan, groupings: Sequence[tuple[str, ...]]) -> list[ComparisonRow]:
    """Compare the models of a trial, rate by rate and disparity by disparity.

    Parameters
    ----------
    trial : Trial
        The decisions of each model on the same test rows.
    plan : Plan
        Favourable outcome, grouping rules, confidence, replicates and seed.
    groupings : sequence of tuple of str
        The groupings to compare over.

    Returns
    -------
    list of ComparisonRow
        For each grouping: every rate for everybody and each group, then every disparity.
    """
    rows: list[ComparisonRow] = []
    disparities = _disparities(plan)
    for sensitive in groupings:
        cells = trial.cells.marginal(sensitive)
        first, last = trial.columns.index("before"), trial.columns.index("after")
        draws = _replicates(cells.pair(first, last), plan.replicates, plan.seed)
        rates = _rate_rows(trial, cells, plan, draws)
        others = [_disparity_row(disparity, trial, cells, plan, draws) for disparity in disparities]
        if trial.again:
            again = [part.marginal(sensitive) for part in trial.again]
            rates = _with_runs(rates, [_rate_changes(trial, part, plan) for part in again])
            changes = [_disparity_changes(disparities, trial, part, plan) for part in again]
            others = _with_runs(others, changes)
        rows += [*rates, *others]
    return rows


_Key: TypeAlias = "tuple[str, Comparison | None, tuple[str, ...] | None]"


def _with_runs(rows: list[ComparisonRow], runs: list[dict[_Key, float]]) -> list[ComparisonRow]:
    """Say how far the change moves from run to run."""
    found = []
    for row in rows:
        others = [run.get((row.metric, row.comparison, row.group), math.nan) for run in runs]
        known = [change for change in others if not math.isnan(change)]
        if row.change is None or not known:
            found.append(row)
            continue
        every = np.array([row.change, *known])
        found.append(
            replace(
                row,
                seeds=len(known),
                least=float(every.min()),
                typical=float(np.median(every)),
                most=float(every.max()),
            )
        )
    return found


def _rate_changes(trial: Trial, cells: Cells, plan: Plan) -> dict[_Key, float]:
    both = _stack(cells)
    names: list[tuple[str, ...] | None] = [None, *cells.groups]
    changes: dict[_Key, float] = {}
    for rate in RATES:
        pair = [rate_table(rate, both.decision(trial.columns.index(name))) for name in ("before", "after")]
        enough = (pair[0].n >= plan.grouping.min_size) & (pair[1].n >= plan.grouping.min_size)
        moved = np.where(enough, pair[1].value - pair[0].value, np.nan)
        changes |= {(rate.id, None, name): float(moved[i]) for i, name in enumerate(names)}
    return changes


def _disparity_changes(
    disparities: list[_Disparity], trial: Trial, cells: Cells, plan: Plan
) -> dict[_Key, float]:
    changes: dict[_Key, float] = {}
    for disparity in disparities:
        usable = _usable(disparity, trial, cells, plan)
        if not _enough(disparity, usable):
            continue
        before, after = (
            float(_evaluate(disparity, cells.decision(trial.columns.index(name)).w, usable))
            for name in ("before", "after")
        )
        changes[disparity.metric, disparity.comparison, None] = after - before
    return changes


def _enough(disparity: _Disparity, usable: Array) -> bool:
    """Whether a disparity has the groups it needs."""
    return bool((usable.sum(axis=1) >= (1 if disparity.comparison == "worst_group" else 2)).all())


def _rate_rows(trial: Trial, cells: Cells, plan: Plan, draws: Array) -> list[ComparisonRow]:
    alpha = 1 - plan.confidence
    names: list[tuple[str, ...] | None] = [None, *cells.groups]
    both = _stack(cells)
    everyone = np.concatenate([draws.sum(axis=1, keepdims=True), draws], axis=1)
    first, last = trial.columns.index("before"), trial.columns.index("after")
    pair = both.pair(first, last)
    rows = []
    for rate in RATES:
        tables = [rate_table(rate, both.decision(which)) for which in range(len(trial.columns))]
        value = {
            name: np.where(table.n >= plan.grouping.min_size, table.value, np.nan)
            for name, table in zip(trial.columns, tables, strict=True)
        }
        change = value["after"] - value["before"]
        if rate.id == "precision":
            low, high = _drawn_change(rate, everyone, change, alpha)
        else:
            low, high = _paired_change(rate, pair, tables[first].n_effective, alpha)
        for i, name in enumerate(names):
            known = not math.isnan(change[i])
            points: dict[str, Any] = {
                column: number(value[column][i]) if column in value else None for column in COLUMNS
            }
            rows.append(
                ComparisonRow(
                    mitigation=trial.record.mitigation,
                    metric=rate.id,
                    sensitive=cells.sensitive,
                    comparison=None,
                    group=name,
                    **points,
                    change=number(change[i]),
                    low=number(min(low[i], change[i])) if known else None,
                    high=number(max(high[i], change[i])) if known else None,
                    n=int(tables[last].n[i]),
                )
            )
    return rows


def _stack(cells: Cells) -> Cells:
    """Put everybody in front of the groups."""

    def with_total(array: Array) -> Array:
        return np.concatenate([array.sum(axis=0, keepdims=True), array])

    return replace(
        cells,
        attributes=(),
        groups=((), *(() for _ in cells.groups)),
        n=with_total(cells.n),
        w=with_total(cells.w),
        w2=with_total(cells.w2),
    )


def _paired_change(rate: Rate, pair: Cells, n: Array, alpha: float) -> tuple[Array, Array]:
    """Paired interval of a rate whose denominator does not depend on the decision."""
    w = pair.w if pair.weighted else pair.n
    labels = sorted({label for label, _ in rate.denominator})
    total = np.sum([w[:, label].sum(axis=(1, 2)) for label in labels], axis=0)
    hit = set(rate.numerator)

    def share(want: tuple[bool, bool]) -> Array:
        cells = [
            w[:, label, first, second]
            for label in labels
            for first, second in np.ndindex(2, 2)
            if ((label, first) in hit, (label, second) in hit) == want
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.sum(cells, axis=0) / total) if cells else np.zeros_like(total)

    both, only_first, only_second = share((True, True)), share((True, False)), share((False, True))
    return newcombe_paired(both, only_first, only_second, n, alpha=alpha)


def _drawn_change(rate: Rate, draws: Array, change: Array, alpha: float) -> tuple[Array, Array]:
    """Bootstrap interval of a rate whose denominator depends on the decision."""
    before, after = draws.sum(axis=-1), draws.sum(axis=-2)
    drawn = rate_values(rate, after) - rate_values(rate, before)
    ends = [bias_corrected(float(change[i]), drawn[:, i], alpha=alpha) for i in range(len(change))]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


def _disparity_row(
    disparity: _Disparity, trial: Trial, cells: Cells, plan: Plan, draws: Array
) -> ComparisonRow:
    usable = _usable(disparity, trial, cells, plan)
    enough = _enough(disparity, usable)
    value = {
        name: float(_evaluate(disparity, cells.decision(which).w, usable)) if enough else math.nan
        for which, name in enumerate(trial.columns)
    }
    change = value["after"] - value["before"]
    low = high = math.nan
    if not math.isnan(change):
        before, after = draws.sum(axis=-1), draws.sum(axis=-2)
        drawn = _evaluate(disparity, after, usable) - _evaluate(disparity, before, usable)
        low, high = bias_corrected(change, drawn, alpha=1 - plan.confidence)
    after_cells = cells.decision(trial.columns.index("after"))
    after_cells = after_cells.flipped() if disparity.turned else after_cells
    n = min(int(rate_table(rate, after_cells).n[usable[k]].sum()) for k, rate in enumerate(disparity.rates))
    points: dict[str, Any] = {
        column: number(value[column]) if column in value else None for column in COLUMNS
    }
    return ComparisonRow(
        mitigation=trial.record.mitigation,
        metric=disparity.metric,
        sensitive=cells.sensitive,
        comparison=disparity.comparison,
        group=None,
        **points,
        change=number(change),
        low=number(low),
        high=number(high),
        n=n,
    )
