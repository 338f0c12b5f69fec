"""Several classes, or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures.classes import class_matrix, class_matrix_alt
from audit.figures.forest import forest, forest_alt
from audit.names import FAMILIES
from audit.report.blocks import Cell, Column, Figure, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections.words import CAP, PICTURED, largest, left_in_file, span
from audit.rows import group_name
from audit.wording import (
    amount,
    amount_interval,
    column_title,
    count,
    level,
    metric_title,
    percent,
    ratio,
    short_title,
)
from audit.wording.several import (
    CLASS_READINGS,
    CLASS_TITLES,
    lowest_scoring,
    widest_class,
    widest_error,
    worst_class,
    worst_loss,
)

if TYPE_CHECKING:
    from audit.chapters.classes import ClassAverageRow, ClassGapRow, ClassRow
    from audit.chapters.scoring_rates import ScoringRateRow
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit


def task(audit: Audit) -> list[Block]:
    """Show every class against the rest, or the errors of predicted numbers.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where the label has two values.
    """
    if audit.basis.classes is not None:
        return _classes(audit)
    return _numbers(audit) if audit.basis.values is not None else []


def _classes(audit: Audit) -> list[Block]:
    found: list[Block] = [Heading("Class by class")]
    singles = [sensitive for sensitive in audit.groupings if len(sensitive) == 1]
    for place, sensitive in enumerate(singles):
        gaps: list[ClassGapRow] = [
            row
            for row in audit.chapter("class_gaps")
            if (row.sensitive, row.metric) == (sensitive, "true_positive_rate")
        ]
        worst = next(row for row in gaps if row.comparison == "worst_cell")
        said = [worst_class(worst, confidence=audit.plan.confidence)]
        known = [row for row in gaps if row.comparison == "difference" and row.value is not None]
        if known:
            widest = max(known, key=lambda row: row.value or 0.0)
            said.append(widest_class(widest, confidence=audit.plan.confidence))
        found.append(Paragraph((Run(" ".join(said)),), lead=place == 0))
        rows: list[ClassRow] = [
            row
            for row in audit.chapter("classes")
            if (row.sensitive, row.metric) == (sensitive, "true_positive_rate")
        ]
        found.append(
            Figure(
                class_matrix(rows, confidence=audit.plan.confidence),
                f"{CLASS_TITLES['true_positive_rate']} of every class by {column_title(sensitive)}. "
                f"{CLASS_READINGS['true_positive_rate']}",
                class_matrix_alt(rows),
            )
        )
        found.append(_averages(audit, sensitive))
    return found


def _averages(audit: Audit, sensitive: tuple[str, ...]) -> Table:
    rows: list[ClassAverageRow] = [
        row for row in audit.chapter("class_averages") if row.sensitive == sensitive
    ]
    groups = list(dict.fromkeys(row.group for row in rows))[: CAP + 1]
    by_key = {(row.metric, row.average, row.group): row for row in rows}
    body: list[RowLike] = []
    for group in groups:
        cells = [
            _average(by_key[metric, average, group])
            for metric in ("true_positive_rate", "precision")
            for average in ("macro", "weighted")
        ]
        size = by_key["precision", "macro", group].n
        body.append((Cell(group_name(group), strong=group is None), count(size), *cells))
    columns = (
        Column("Group", weight=1),
        Column("People", "right"),
        Column("Recall, macro", "right"),
        Column("Recall, weighted", "right"),
        Column("Precision, macro", "right"),
        Column("Precision, weighted", "right"),
    )
    note = (
        "Macro: every class counts the same. Weighted: as much as people are of it. Below each number: its "
        f"{level(audit.plan.confidence)} interval in per cent."
    )
    left = left_in_file(len(groups) - 1, len(audit.groups(sensitive)))
    return table(
        columns,
        body,
        caption=f"Averages over the classes by {column_title(sensitive)}.",
        note=f"{note} {left}".strip(),
    )


def _average(row: ClassAverageRow) -> Cell:
    if row.value is None:
        return Cell("not estimable", muted=True)
    return Cell(percent(row.value), below=span(row.low, row.high, kind="rate"))


def _numbers(audit: Audit) -> list[Block]:
    found: list[Block] = [Heading("Predicted numbers")]
    confidence = audit.plan.confidence
    singles = [sensitive for sensitive in audit.groupings if len(sensitive) == 1]
    for place, sensitive in enumerate(singles):
        gap = audit.disparity("mean_error", "difference", sensitive)
        worst = audit.disparity("mean_absolute_error", "worst_group", sensitive)
        said = [widest_error(gap, confidence=confidence), worst_loss(worst, confidence=confidence)]
        found.append(Paragraph((Run(" ".join(part for part in said if part)),), lead=place == 0))
        found.append(_error_figure(audit, sensitive))
        found.append(_measures(audit, sensitive))
    found.append(_scoring(audit))
    return found


def _error_figure(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    rows = largest(audit.metric_rows("mean_error", sensitive), PICTURED)
    everybody = audit.metric("mean_error", sensitive)
    return Figure(
        forest(rows, overall=everybody, confidence=audit.plan.confidence),
        f"{metric_title('mean_error')} by {column_title(sensitive)}, in units of the label.",
        forest_alt(rows, overall=everybody),
    )


def _measures(audit: Audit, sensitive: tuple[str, ...]) -> Table:
    metrics = FAMILIES["values"]
    groups = (None, *audit.groups(sensitive)[:CAP])
    body: list[RowLike] = []
    for group in groups:
        rows = [audit.metric(metric, sensitive, group) for metric in metrics]
        cells = [
            Cell("not estimable", muted=True)
            if row.value is None
            else Cell(
                amount(row.metric, row.value),
                below=amount_interval(row.metric, row.low, row.high).partition(" interval ")[2],
            )
            for row in rows
        ]
        body.append((Cell(group_name(group), strong=group is None), count(rows[0].n), *cells))
    columns = (
        Column("Group", weight=1),
        Column("People", "right"),
        *(Column(short_title(metric), "right", 0.62) for metric in metrics),
    )
    note = f"In units of the label. Below each number: its {level(audit.plan.confidence)} interval."
    left = left_in_file(len(groups) - 1, len(audit.groups(sensitive)))
    return table(
        columns,
        body,
        caption=f"Errors and predictions by {column_title(sensitive)}.",
        note=f"{note} {left}".strip(),
    )


def _scoring(audit: Audit) -> Table:
    every: tuple[ScoringRateRow, ...] = audit.chapter("scoring_rates")
    body: list[RowLike] = []
    for sensitive in audit.groupings:
        rows = [row for row in every if row.sensitive == sensitive and row.group is not None][:CAP]
        body.append(Separator(f"By {column_title(sensitive)}"))
        body += [_scoring_line(row) for row in rows]
    columns = (
        Column("Group", weight=1),
        Column("People", "right"),
        Column("Share of all", "right"),
        Column("Scoring rate", "right"),
        Column("Impact ratio", "right"),
    )
    first = [row for row in every if row.sensitive == audit.groupings[0]]
    median = amount("mean_prediction", first[0].median)
    return table(
        columns,
        body,
        caption=f"Scoring rates: the share of predictions above the median of all, {median}.",
        note=f"Impact ratio: the rate over that of the highest scoring group. "
        f"{lowest_scoring(first, confidence=audit.plan.confidence)}".strip(),
    )


def _scoring_line(row: ScoringRateRow) -> RowLike:
    rate, against = Cell("not estimable", muted=True), Cell("", muted=True)
    if row.value is not None:
        rate = Cell(percent(row.value), below=span(row.low, row.high, kind="rate"))
    if row.ratio is not None:
        ends = "" if row.ratio == 1 else span(row.ratio_low, row.ratio_high, kind="ratio")
        against = Cell(ratio(row.ratio), below=ends)
    return group_name(row.group), count(row.n), percent(row.share), rate, against
