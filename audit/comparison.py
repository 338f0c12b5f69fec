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
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtr, ndtri

from audit.cells import Cells
from audit.disparity.chance import CRITERION_RATES
from audit.disparity.compare import number, worst_is_highest
from audit.inference.intervals import newcombe_paired
from audit.metrics.rates import RATE, RATES, Rate, rate_table, rate_values
from audit.rows import ComparisonRow, TrialRecord, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.plan import Plan

    Array = NDArray[np.float64]
    Measure = Callable[[Array], Array]

COLUMNS: Final = ("original", "before", "control", "after")
"""The decisions that a trial may hold about the same test rows, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One mitigation that was tried, with the decisions of every model on the test rows.

    Parameters
    ----------
    record : TrialRecord
        What was done.
    columns : tuple of str
        Which of :data:`COLUMNS` the cells hold, in order.
    cells : Cells
        Test rows by group, label and each of these decisions.
    """

    record: TrialRecord
    columns: tuple[str, ...]
    cells: Cells

    def to_dict(self) -> dict[str, Any]:
        """Give the trial as plain values for JSON.

        Returns
        -------
        dict
            :meth:`from_dict` reads it back.
        """
        return {"record": plain(self.record), "columns": list(self.columns), "cells": self.cells.to_dict()}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Trial:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : dict
            Plain values.

        Returns
        -------
        Trial
            The trial.
        """
        from audit.rows import CellCount

        record = dict(raw["record"])
        record["cells"] = tuple(
            CellCount(**{**cell, "group": tuple(cell["group"])}) for cell in record["cells"]
        )
        record["notes"] = tuple(record["notes"])
        return cls(
            record=TrialRecord(**record), columns=tuple(raw["columns"]), cells=Cells.from_dict(raw["cells"])
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Disparity:
    """One number about all groups, as a function of cells of any number of replicates."""

    metric: str
    comparison: str
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
    for sensitive in groupings:
        cells = trial.cells.marginal(sensitive)
        first, last = trial.columns.index("before"), trial.columns.index("after")
        draws = _replicates(cells.pair(first, last), plan.replicates, plan.seed)
        rows += _rate_rows(trial, cells, plan, draws)
        rows += [_disparity_row(disparity, trial, cells, plan, draws) for disparity in _disparities(plan)]
    return rows


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
            points = {column: number(value[column][i]) if column in value else None for column in COLUMNS}
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
    enough = bool((usable.sum(axis=1) >= (1 if disparity.comparison == "worst_group" else 2)).all())
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
    points = {column: number(value[column]) if column in value else None for column in COLUMNS}
    return ComparisonRow(
        mitigation=trial.record.mitigation,
        metric=disparity.metric,
        sensitive=cells.sensitive,
        comparison=disparity.comparison,  # type: ignore[arg-type]
        group=None,
        **points,
        change=number(change),
        low=number(low),
        high=number(high),
        n=n,
    )


def number_repeats(tried: Sequence[Trial]) -> tuple[Trial, ...]:
    """Number mitigations that were tried more than once, so that their rows can be told apart.

    Parameters
    ----------
    tried : sequence of Trial
        Trials in the order in which they are shown.

    Returns
    -------
    tuple of Trial
        The same trials; the second of a kind is called "gan#2" and "GAN augmentation (2)".
    """
    seen: dict[str, int] = {}
    named = []
    for trial in tried:
        name = trial.record.mitigation.split("#")[0]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            title = f"{trial.record.title.split(' (')[0]} ({seen[name]})"
            record = replace(trial.record, mitigation=f"{name}#{seen[name]}", title=title)
            named.append(replace(trial, record=record))
        else:
            named.append(trial)
    return tuple(named)
