"""Whether a score means the same in every group: observed rates beside mean scores, and the Brier score in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.chapters.case import Chapter
from audit.disparity.compare import number
from audit.inference.intervals import wilson
from audit.metrics.calibration import (
    calibration_error,
    decomposition,
    expected_error,
    mass_bins,
    reliability,
)
from audit.metrics.scores import are_probabilities

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.metrics.calibration import Reliability
    from audit.plan import Plan
    from audit.tables.scores import ScoreCells


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityRow:
    """Mean score and observed rate of one group in one bin of scores.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    bin : int
        Number of the bin, from 1; bins hold about equally many of everybody and are the same for every group.
    score_from, score_to : float
        Lowest and highest mean score of a fine bin that is part of it, among everybody.
    score : float or None
        Mean score of the group's people in the bin; None where nobody is.
    value, low, high : float or None
        Share of them with the positive label, with Wilson's interval.
    n : int
        People of the group in the bin.
    n_effective : float
        Their effective number, with weights.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    bin: int
    score_from: float
    score_to: float
    score: float | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """The Brier score of one group in parts, and its calibration error beside what chance alone would show.

    Parameters
    ----------
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    brier : float or None
        Mean squared distance of score and label; the parts add up to it.
    reliability : float or None
        How far scores are from observed rates, squared; 0 is best.
    resolution : float or None
        How far observed rates in the bins are from the group's base rate, squared; it is subtracted.
    uncertainty : float or None
        Base rate × (1 − base rate): what no score can change.
    within : float or None
        What differs inside a bin.
    calibration_error : float or None
        Mean distance of mean score and observed rate over the bins.
    expected : float or None
        The calibration error that chance alone would show if every score kept its promise.
    debiased : float or None
        The calibration error less its bias.
    n : int
        People with a score.
    reason : str
        Code of :data:`audit.rows.REASONS`, or empty.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    brier: float | None
    reliability: float | None
    resolution: float | None
    uncertainty: float | None
    within: float | None
    calibration_error: float | None
    expected: float | None
    debiased: float | None
    n: int
    reason: str = ""


def rows(case: Case) -> tuple[ReliabilityRow | PromiseRow, ...]:
    """Hold scores against observed rates over every grouping.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ReliabilityRow and PromiseRow
        Empty without scores. Scores that are not probabilities still have observed rates by bin.
    """
    scores = case.basis.scores
    if scores is None:
        return ()
    found: list[ReliabilityRow | PromiseRow] = []
    for sensitive in case.groupings:
        part = scores.marginal(sensitive)
        into = mass_bins(part)
        for cells, names in ((part.overall(), (None,)), (part, part.groups)):
            table = reliability(cells, into)
            for g, name in enumerate(names):
                found += _reliability(table, part, into, (g, name), case.plan)
            found += _promises(cells, table, sensitive, names)
    return tuple(found)


def _reliability(
    table: Reliability,
    scores: ScoreCells,
    into: np.ndarray,
    group: tuple[int, tuple[str, ...] | None],
    plan: Plan,
) -> list[ReliabilityRow]:
    g, name = group
    w, held, means = table.w[g], scores.n.sum(axis=(0, 1)) > 0, scores.means
    with np.errstate(divide="ignore", invalid="ignore"):
        score, rate = table.score[g] / w, table.positive[g] / w
        effective = np.where(w > 0, w**2 / table.w2[g], 0.0)
    low, high = wilson(np.clip(rate, 0, 1), effective, alpha=1 - plan.confidence)
    return [
        ReliabilityRow(
            sensitive=scores.sensitive,
            group=name,
            bin=b + 1,
            score_from=float(means[(into == b) & held].min()),
            score_to=float(means[(into == b) & held].max()),
            score=number(float(score[b])),
            value=number(float(rate[b])),
            low=number(float(low[b])),
            high=number(float(high[b])),
            n=int(table.n[g, b]),
            n_effective=float(effective[b]),
        )
        for b in range(table.w.shape[1])
    ]


def _promises(
    scores: ScoreCells,
    table: Reliability,
    sensitive: tuple[str, ...],
    names: tuple[tuple[str, ...] | None, ...],
) -> list[PromiseRow]:
    """Split the Brier score of each group, where scores are probabilities."""
    promised = are_probabilities(scores)
    parts, error, expected = decomposition(scores, table), calibration_error(table), expected_error(table)
    sizes = table.n.sum(axis=1)

    def said(values: np.ndarray, g: int) -> float | None:
        return number(float(values[g])) if promised else None

    return [
        PromiseRow(
            sensitive=sensitive,
            group=name,
            brier=said(parts.brier, g),
            reliability=said(parts.reliability, g),
            resolution=said(parts.resolution, g),
            uncertainty=said(parts.uncertainty, g),
            within=said(parts.within, g),
            calibration_error=said(error.value, g),
            expected=said(expected, g),
            debiased=said(error.centre, g),
            n=int(sizes[g]),
            reason=("no_scores" if sizes[g] == 0 else "") if promised else "not_probabilities",
        )
        for g, name in enumerate(names)
    ]


CHAPTERS = (
    Chapter(
        id="calibration",
        title="Whether a score means the same in every group",
        kinds=(ReliabilityRow, PromiseRow),
        rows=rows,
    ),
)
