"""Who is treated differently, and how sure that is: one part for each grouping, and the worst groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.forest import forest, forest_alt
from audit.figures.matrix import matrix, matrix_alt
from audit.figures.strips import strips, strips_alt
from audit.figures.worst import worst, worst_alt
from audit.report.blocks import Cell, Column, Figure, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections.four_fifths import four_fifths
from audit.report.sections.front import paired, remark
from audit.report.sections.words import (
    CAP,
    MET,
    PICTURED,
    bound_of,
    criterion_name,
    judged,
    largest,
    left_in_file,
    opportunity,
    rate_cell,
    size_of,
    span,
    span_of,
    verdict_chip,
)
from audit.rows import group_name
from audit.wording import (
    column_title,
    count,
    headline,
    level,
    metric_title,
    percent,
    points,
    short_title,
    small_denominator,
    worst_group,
)

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit
    from audit.rows import DisparityRow, MetricRow

_WORST: Final = ("error_rate", "selection_rate", "true_positive_rate", "false_positive_rate")


def grouping(audit: Audit, sensitive: tuple[str, ...]) -> list[Block]:
    """Show the gaps and rates of one sensitive feature.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The feature.

    Returns
    -------
    list of blocks
        The section.
    """
    found: list[Block] = [Heading(f"By {column_title(sensitive)}"), *_answer(audit, sensitive)]
    found.append(_criteria(audit, sensitive))
    pictures = [
        _forest(audit, metric, sensitive)
        for metric in ("selection_rate", opportunity(audit.plan), "error_rate")
        if _known(audit, metric, sensitive)
    ]
    rows = judged(audit, sensitive)
    if rows:
        said = strips_alt(rows, favourable=audit.plan.roles.favourable)
        drawn = strips(rows, favourable=audit.plan.roles.favourable, confidence=audit.plan.confidence)
        pictures.insert(
            0, Figure(drawn, f"Criteria by {column_title(sensitive)} against their tolerances.", said)
        )
    found += [*paired(pictures[:2]), _rates(audit, sensitive), *paired(pictures[2:])]
    found += four_fifths(audit, sensitive)
    return found


def intersections(audit: Audit) -> list[Block]:
    """Show the groups in which all sensitive features meet.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where there is one feature alone.
    """
    sensitive = audit.groupings[-1]
    if len(sensitive) < 2:
        return []
    found: list[Block] = [
        Heading(f"Where features meet: {column_title(sensitive)}"),
        *_answer(audit, sensitive),
        _criteria(audit, sensitive),
    ]
    pictures = [_matrix(audit, sensitive)]
    if _known(audit, opportunity(audit.plan), sensitive):
        pictures.append(_forest(audit, opportunity(audit.plan), sensitive, most=MET))
    found += paired(pictures)
    found.append(_rates(audit, sensitive, most=PICTURED))
    return found


def worst_groups(audit: Audit) -> list[Block]:
    """Show the worst group of every rate, and how far it is from everybody.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    favourable = audit.plan.roles.favourable
    if audit.plan.roles.no_outcome:
        return []
    first = audit.disparity("error_rate", "worst_group", audit.groupings[0])
    found: list[Block] = [
        Heading("The worst group"),
        Paragraph((Run(worst_group(first, favourable, confidence=audit.plan.confidence)),), lead=True),
        Paragraph(
            (
                Run(
                    "The minimax view asks how the group fares that fares worst. It was chosen because it looks worst, "
                    "so part of its distance is chance; the intervals allow for that choice."
                ),
            )
        ),
    ]
    shown = dict.fromkeys((audit.groupings[0], audit.groupings[-1]))
    found += paired([_worst_figure(audit, sensitive) for sensitive in shown])
    found.append(_worst_table(audit))
    return found


def _matrix(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    rows = audit.metric_rows("selection_rate", sensitive)
    favourable, total = audit.plan.roles.favourable, len(rows)
    if len(sensitive) > 2:
        # Three features make a list, not a matrix; a list of all would fill the page.
        rows = tuple(largest(rows, MET))
    more = f" The {len(rows)} largest of {total} groups." if total > len(rows) else ""
    return Figure(
        matrix(rows, favourable=favourable, confidence=audit.plan.confidence),
        f"{metric_title('selection_rate', favourable)} where {column_title(sensitive)} meet.{more}",
        matrix_alt(rows, favourable=favourable),
    )


def _worst_rows(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> list[DisparityRow]:
    return [
        row
        for row in audit.disparities
        if (row.metric, row.comparison, row.sensitive) == (metric, "worst_group", sensitive)
    ]


def _worst_figure(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    rows = [row for metric in _WORST for row in _worst_rows(audit, metric, sensitive)]
    favourable = audit.plan.roles.favourable
    return Figure(
        worst(rows, favourable=favourable, confidence=audit.plan.confidence),
        f"How far the worst group by {column_title(sensitive)} is from everybody.",
        worst_alt(rows, favourable=favourable),
    )


def _worst_table(audit: Audit) -> Table:
    rows: list[RowLike] = []
    for sensitive in audit.groupings:
        rows.append(Separator(f"By {column_title(sensitive)}"))
        for metric in _WORST:
            for row in _worst_rows(audit, metric, sensitive):
                name = group_name(row.group) if row.group else "–"
                distance = "" if row.distance is None else points(row.distance).removesuffix(" points")
                rows.append(
                    (
                        short_title(metric, audit.plan.roles.favourable),
                        name,
                        Cell(percent(row.value), below=span(row.low, row.high, kind="rate"))
                        if row.value is not None
                        else Cell("not estimable", muted=True),
                        Cell(distance, below=span(row.distance_low, row.distance_high, kind="gap")),
                    )
                )
    columns = (
        Column("Rate", weight=1.2),
        Column("Worst group", weight=1),
        Column("Its rate", "right"),
        Column("Points from everybody", "right"),
    )
    note = f"Below each number: its {level(audit.plan.confidence)} interval, simultaneous over the groups."
    return table(columns, rows, caption="The worst group of every rate.", note=note)


def _answer(audit: Audit, sensitive: tuple[str, ...]) -> list[Block]:
    """Answer the section's question in a sentence, and say where it rests on few people."""
    row = audit.disparity("equal_opportunity", "difference", sensitive)
    if row.value is None:
        row = audit.disparity("demographic_parity", "difference", sensitive)
    found: list[Block] = [
        Paragraph(
            (Run(headline(row, audit.metrics, audit.plan.roles, confidence=audit.plan.confidence)),),
            lead=True,
        )
    ]
    few = small_denominator(row, audit.metrics, audit.plan.roles, audit.over_larger_groups(row))
    if few:
        found.append(remark("Few people.", few))
    return found


def _criteria(audit: Audit, sensitive: tuple[str, ...]) -> Table:
    judged_rows = judged(audit, sensitive)
    rows = [
        (
            criterion_name(row, audit.plan),
            Cell(size_of(row, row.value), strong=row.value is not None, muted=row.value is None),
            span_of(row),
            bound_of(row),
            f"{row.groups_estimable} of {row.groups_total}",
            verdict_chip(row.verdict),
        )
        for row in judged_rows or _unjudged(audit, sensitive)
    ]
    columns = (
        Column("Criterion", weight=1),
        Column("Value", "right"),
        Column(f"{level(audit.plan.confidence)} interval", "right"),
        Column("Tolerance", "right"),
        Column("Groups", "right"),
        Column("Verdict"),
    )
    return table(
        columns,
        rows,
        caption=f"Criteria by {column_title(sensitive)}.",
        note="Gaps in percentage points. Groups: how many of them the value is taken over.",
    )


def _unjudged(audit: Audit, sensitive: tuple[str, ...]) -> list[DisparityRow]:
    return [
        audit.disparity(metric, comparison, sensitive)
        for metric in ("demographic_parity", "equal_opportunity", "equalized_odds")
        for comparison in ("difference", "ratio")
    ]


def _known(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> bool:
    """Say whether a picture of a rate would show anything."""
    return any(row.value is not None for row in audit.metric_rows(metric, sensitive))


def _forest(audit: Audit, metric: str, sensitive: tuple[str, ...], *, most: int = PICTURED) -> Figure:
    rows: list[MetricRow] = largest(audit.metric_rows(metric, sensitive), most)
    everybody = audit.metric(metric, sensitive)
    favourable = audit.plan.roles.favourable
    total = len(audit.groups(sensitive))
    more = f" The {len(rows)} largest of {total} groups." if total > len(rows) else ""
    return Figure(
        forest(rows, overall=everybody, favourable=favourable, confidence=audit.plan.confidence),
        f"{metric_title(metric, favourable)} by {column_title(sensitive)}, with intervals.{more}",
        forest_alt(rows, overall=everybody, favourable=favourable),
    )


def _rates(audit: Audit, sensitive: tuple[str, ...], *, most: int = CAP) -> Table:
    """Table the rates of the groups, each with its interval below it."""
    metrics = ["selection_rate"]
    if not audit.plan.roles.no_outcome:
        metrics += ["true_positive_rate", "false_positive_rate", "error_rate", "precision"]
    groups = audit.groups(sensitive)
    by_key = {(row.metric, row.group): row for row in audit.metrics if row.sensitive == sensitive}
    order = sorted(groups, key=lambda group: -by_key["count", group].n) if len(groups) > most else groups
    rows: list[RowLike] = []
    for group in (None, *order[:most]):
        size = by_key["count", group]
        cells = [rate_cell(by_key[metric, group]) for metric in metrics]
        name = Cell(group_name(group), strong=group is None)
        rows.append((name, count(size.n), *cells))
    favourable = audit.plan.roles.favourable
    columns = (
        Column("Group", weight=1),
        Column("People", "right"),
        *(Column(short_title(metric, favourable), "right", 0.62) for metric in metrics),
    )
    note = f"Below each rate: its {level(audit.plan.confidence)} interval in per cent."
    left = left_in_file(min(len(groups), most), len(groups))
    return table(
        columns,
        rows,
        caption=f"Rates of the groups by {column_title(sensitive)}.",
        note=f"{note} {left}".strip(),
    )
