"""How scores rank the groups, and whether they keep their promise in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.chapters.calibration import PromiseRow, ReliabilityRow
from audit.chapters.scores import BinningRow
from audit.figures.promises import promises, promises_alt
from audit.metrics.scores import are_probabilities
from audit.report.blocks import Cell, Column, Figure, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections.front import paired, remark
from audit.report.sections.words import CAP, left_in_file
from audit.rows import group_name
from audit.wording import amount, amount_interval, column_title, count, level, short_title
from audit.wording.thresholds import counting, promise_answer, ranking_answer

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit
    from audit.rows import MetricRow

PICTURES: Final = 2
"""Most pictures of calibration on paper."""

_LARGE: Final = "calibration_in_the_large"
RANKING: Final = ("auc", "positive_class_balance", "negative_class_balance")
"""Measures that the table shows of any score."""

PROMISES: Final = (_LARGE, "calibration_error")
"""Measures that it shows besides where scores are probabilities."""


def scores(audit: Audit) -> list[Block]:
    """Show how scores treat the groups.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where there are no scores.
    """
    cells = audit.basis.scores
    if cells is None:
        return []
    single: list[tuple[str, ...]] = [sensitive for sensitive in audit.groupings if len(sensitive) == 1]
    widest = max(single, key=lambda sensitive: audit.disparity("auc", "difference", sensitive).low or 0.0)
    found: list[Block] = [
        Heading("What the scores say"),
        Paragraph((Run(_lead(audit, widest)),), lead=True),
        *paired([_picture(audit, sensitive) for sensitive in _pictured(audit, single)]),
        _table(audit, single, probabilities=are_probabilities(cells)),
    ]
    if cells.missing:
        found.append(remark("No score.", f"{count(cells.missing)} audited people have no score."))
    return found


def _lead(audit: Audit, sensitive: tuple[str, ...]) -> str:
    confidence = audit.plan.confidence
    said = (
        ranking_answer(
            audit.disparity("auc", "difference", sensitive),
            audit.metric_rows("auc", sensitive),
            confidence=confidence,
        ),
        promise_answer(
            audit.disparity(_LARGE, "difference", sensitive),
            audit.metric_rows(_LARGE, sensitive),
            confidence=confidence,
        ),
    )
    return " ".join(part for part in said if part)


def _pictured(audit: Audit, single: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Choose the groupings in which scores are surest to promise more to one group than to another."""

    def apart(sensitive: tuple[str, ...]) -> tuple[float, ...]:
        return tuple(-(audit.disparity(name, "difference", sensitive).low or 0.0) for name in (_LARGE, "auc"))

    ranked = sorted(single, key=apart)
    kept = ranked[:PICTURES]
    return [sensitive for sensitive in single if sensitive in kept]


def _picture(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    rows = [
        row
        for row in audit.chapter("calibration")
        if isinstance(row, ReliabilityRow) and row.sensitive == sensitive
    ]
    cells = audit.basis.scores
    sure = cells is not None and are_probabilities(cells)
    return Figure(
        promises(rows, probabilities=sure),
        f"Scores against observed rates by {column_title(sensitive)}, with intervals.",
        promises_alt(rows, probabilities=sure),
    )


def _table(audit: Audit, single: list[tuple[str, ...]], *, probabilities: bool) -> Table:
    rows: list[RowLike] = []
    left = ""
    measures = (*RANKING, *((_LARGE,) if probabilities else ()))
    for sensitive in single:
        groups = audit.groups(sensitive)
        largest = set(sorted(groups, key=lambda group: -audit.metric("mean_score", sensitive, group).n)[:CAP])
        left = left or left_in_file(len(largest), len(groups))
        if not rows:  # everybody is the same by every column
            rows += _lines(audit, sensitive, (None,), measures)
        rows.append(Separator(f"By {column_title(sensitive)}"))
        rows += _lines(audit, sensitive, tuple(group for group in groups if group in largest), measures)
    columns = (
        Column("Group", weight=1),
        *(Column(short_title(name), "right", 0.8) for name in measures),
        *((Column("Calibration error", "right", 0.8),) if probabilities else ()),
    )
    note = f"Below each value: its {level(audit.plan.confidence)} interval"
    note += "; below the calibration error: what chance alone would show." if probabilities else "."
    return table(
        columns, rows, caption="Scores by group.", note=f"{note} {_counting(audit, single)} {left}".strip()
    )


def _counting(audit: Audit, single: list[tuple[str, ...]]) -> str:
    """Say how scores are counted, and what that can change in the areas of the table."""
    cells = audit.basis.scores
    bounds = [
        row.bound
        for row in audit.chapter("scores")
        if isinstance(row, BinningRow) and row.metric == "auc" and row.sensitive in single
    ]
    return (
        ""
        if cells is None
        else counting(len(cells.cuts), bounds, exact=cells.exact, asked=audit.plan.score_bins)
    )


def _lines(
    audit: Audit,
    sensitive: tuple[str, ...],
    groups: tuple[tuple[str, ...] | None, ...],
    measures: tuple[str, ...],
) -> list[RowLike]:
    promised = {
        row.group: row
        for row in audit.chapter("calibration")
        if isinstance(row, PromiseRow) and row.sensitive == sensitive
    }
    lines: list[RowLike] = []
    for group in groups:
        cells = [_cell(audit.metric(name, sensitive, group)) for name in measures]
        if _LARGE in measures:
            cells.append(_error(promised.get(group)))
        lines.append((Cell(group_name(group), strong=group is None), *cells))
    return lines


def _cell(row: MetricRow) -> Cell:
    if row.value is None:
        return Cell("not estimable", muted=True)
    ends = amount_interval(row.metric, row.low, row.high).partition(" interval ")[2]
    return Cell(amount(row.metric, row.value), below=ends)


def _error(row: PromiseRow | None) -> Cell:
    if row is None or row.calibration_error is None:
        return Cell("not estimable", muted=True)
    return Cell(
        amount("calibration_error", row.calibration_error),
        below=f"chance {amount('calibration_error', row.expected)}",
    )
