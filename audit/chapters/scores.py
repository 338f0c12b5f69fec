"""How the scores rank people, what they promise, and how much of that differs between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from audit.chapters.case import Chapter
from audit.disparity.areas import AREAS, area_bounds
from audit.disparity.compare import number
from audit.disparity.scoring import BLURRED, MEASURES, score_rows
from audit.metrics.scores import are_probabilities, binning_error
from audit.rows import DisparityRow, MetricRow

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.tables.scores import ScoreCells


@dataclass(frozen=True, slots=True, kw_only=True)
class BinningRow:
    """How far a measure of binned scores can be from the same measure of the scores themselves.

    Parameters
    ----------
    metric : {"auc", "bpsn_auc", "bnsp_auc", "brier_score", "log_loss"}
        The measure.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for everybody.
    bound : float or None
        The difference is never larger; 0 where every bin holds one score, None where there is no measure.
    """

    metric: Literal["auc", "bpsn_auc", "bnsp_auc", "brier_score", "log_loss"]
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    bound: float | None


def rows(case: Case) -> tuple[MetricRow | DisparityRow | BinningRow, ...]:
    """Measure the scores over every grouping.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of MetricRow, DisparityRow and BinningRow
        Without scores: everybody and the gap of each measure, with the reason.
    """
    found: list[MetricRow | DisparityRow | BinningRow] = []
    for sensitive in case.groupings:
        if case.basis.scores is None:
            found += _unscored(sensitive)
        else:
            part = case.basis.scores.marginal(sensitive)
            found += score_rows(part, case.plan)
            found += _bounds(part)
    return tuple(found)


def _bounds(scores: ScoreCells) -> list[BinningRow]:
    rows = []
    promises = are_probabilities(scores)
    whole = scores.overall()
    for part, names in ((whole, (None,)), (scores, scores.groups)):
        bounds = {name: area_bounds(part, whole, name) for name in AREAS}
        if promises:
            bounds |= {name: binning_error(part, name) for name in BLURRED}
        rows += [
            BinningRow(
                metric=metric,  # type: ignore[arg-type]
                sensitive=scores.sensitive,
                group=name,
                bound=number(float(values[i])),
            )
            for metric, values in bounds.items()
            for i, name in enumerate(names)
        ]
    return rows


def _unscored(sensitive: tuple[str, ...]) -> list[MetricRow | DisparityRow]:
    """Say of every measure that there are no scores."""
    rows: list[MetricRow | DisparityRow] = []
    for metric in MEASURES:
        rows.append(
            MetricRow(
                metric=metric,
                sensitive=sensitive,
                group=None,
                value=None,
                low=None,
                high=None,
                n=0,
                n_effective=None,
                reason="no_scores",
            )
        )
        rows.append(
            DisparityRow(metric=metric, sensitive=sensitive, comparison="difference", reason="no_scores")
        )
    return rows


CHAPTERS = (
    Chapter(
        id="scores",
        title="Ranking, calibration and balance of the scores, by group",
        kinds=(MetricRow, DisparityRow, BinningRow),
        rows=rows,
    ),
)
