"""Several classes, or numbers, as a part of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.figures.classes import class_matrix, class_matrix_alt
from audit.figures.forest import forest, forest_alt
from audit.names import FAMILIES
from audit.rows import group_name
from audit.wording.several import (
    CLASS_READINGS,
    CLASS_TITLES,
    average_of_classes,
    lowest_scoring,
    widest_class,
    widest_error,
    worst_class,
    worst_loss,
)
from ui import cached, controls, overview, show, tables, workspace

if TYPE_CHECKING:
    from audit.chapters.classes import ClassGapRow, ClassRow
    from audit.chapters.scoring_rates import ScoringRateRow
    from audit.result import Audit
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw every class by group, or the errors of predicted numbers; nothing where the label has two values.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    audit = screen.audit
    if audit.basis.classes is not None:
        _classes(audit, _grouping(audit))
    elif audit.basis.values is not None:
        _numbers(audit, _grouping(audit))
    elif audit.plan.roles.task == "multiclass":
        st.header("Class by class", anchor=False)
        show.note(
            "A model that is trained or run here decides between the positive class and the rest. A column of predicted "
            "classes shows every class."
        )


def _grouping(audit: Audit) -> tuple[str, ...]:
    """Follow the choice of groups at the head of the screen."""
    chosen = workspace.chosen("by")
    if chosen.isdigit() and int(chosen) < len(audit.groupings):
        return audit.groupings[int(chosen)]
    leading = overview.lead(audit)
    return leading.sensitive if leading else audit.groupings[0]


def _classes(audit: Audit, sensitive: tuple[str, ...]) -> None:
    st.header("Class by class", anchor=False)
    metric = controls.choose("class_rate", "Rate of a class", dict(CLASS_TITLES), width=420)
    gaps = [row for row in audit.chapter("class_gaps") if (row.sensitive, row.metric) == (sensitive, metric)]
    confidence = audit.plan.confidence
    said = [worst_class(row, confidence=confidence) for row in gaps if row.comparison == "worst_cell"]
    known = [row for row in gaps if row.comparison == "difference" and row.value is not None]
    if known:
        widest = max(known, key=lambda row: row.value or 0.0)
        said.append(widest_class(widest, confidence=confidence))
    show.answer(" ".join(said))
    rows = tuple(
        row for row in audit.chapter("classes") if (row.sensitive, row.metric) == (sensitive, metric)
    )
    show.figure(
        cached.drawn(class_matrix, rows, theme=show.theme(), confidence=confidence),
        key="classes",
        alt=class_matrix_alt(rows),
        rows=class_lines(rows, confidence=confidence),
        name=f"classes-{metric}",
    )
    show.note(CLASS_READINGS[metric])
    with st.expander("Averages over the classes, and the gap in each class", key="class_averages"):
        show.table(
            average_lines(audit, sensitive), key="class_average_table", alt="Averages over the classes."
        )
        show.note("Macro: every class counts the same. Weighted: as much as people are of it.")
        show.table(
            gap_lines(gaps, confidence=confidence), key="class_gap_table", alt="The gap in each class."
        )


def class_lines(rows: tuple[ClassRow, ...], *, confidence: float) -> tables.Lines:
    """Write one rate of every class and group.

    Parameters
    ----------
    rows : tuple of ClassRow
        The rows.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each row.
    """
    return [
        {
            "Class": row.of_class,
            "Group": group_name(row.group),
            "Rate": wording.percent(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": tables.ends(row.low, row.high),
            "n": wording.count(row.n),
        }
        for row in rows
    ]


def average_lines(audit: Audit, sensitive: tuple[str, ...]) -> tables.Lines:
    """Write the averages over the classes of every group.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    rows = [row for row in audit.chapter("class_averages") if row.sensitive == sensitive]
    names = {"true_positive_rate": "Recall", "precision": "Precision"}
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        line = lines.setdefault(
            group_name(row.group), {"Group": group_name(row.group), "n": wording.count(row.n)}
        )
        line[f"{names[row.metric]}, {row.average}"] = average_of_classes(row)
    return list(lines.values())


def gap_lines(rows: list[ClassGapRow], *, confidence: float) -> tables.Lines:
    """Write how far the groups are apart in each class.

    Parameters
    ----------
    rows : list of ClassGapRow
        The gaps of one rate and grouping.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each class.
    """
    return [
        {
            "Class": row.of_class or "",
            "Gap": wording.points(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": tables.ends(row.low, row.high, "gap"),
            "By chance alone": wording.points(row.expected) if row.expected is not None else "",
            "Highest": group_name(row.group) if row.group else "",
            "Lowest": group_name(row.reference) if row.reference else "",
            "Groups": f"{row.groups_estimable} of {row.groups_total}",
        }
        for row in rows
        if row.comparison == "difference"
    ]


def _numbers(audit: Audit, sensitive: tuple[str, ...]) -> None:
    st.header("Predicted numbers", anchor=False)
    confidence, favourable = audit.plan.confidence, audit.plan.roles.favourable
    gap = audit.disparity("mean_error", "difference", sensitive)
    worst = audit.disparity("mean_absolute_error", "worst_group", sensitive)
    said = (
        widest_error(gap, confidence=confidence),
        wording.verdict_sentence(gap),
        worst_loss(worst, confidence=confidence),
    )
    show.answer(" ".join(part for part in said if part))
    rows, overall = audit.metric_rows("mean_error", sensitive), audit.metric("mean_error", sensitive)
    show.figure(
        cached.drawn(
            forest, rows, overall=overall, theme=show.theme(), favourable=favourable, confidence=confidence
        ),
        key="numbers",
        alt=forest_alt(rows, overall=overall, favourable=favourable),
        name="numbers-mean_error",
        words=FAMILIES["values"],
        favourable=favourable,
    )
    show.table(
        number_lines(audit, sensitive), key="number_table", alt="Errors and predictions of the groups."
    )
    show.note(f"In units of the label, with {wording.level(confidence)} intervals.")
    st.header("Scoring rates", anchor=False)
    scoring = [row for row in audit.chapter("scoring_rates") if row.sensitive == sensitive]
    show.answer(lowest_scoring(scoring, confidence=confidence))
    show.table(
        scoring_lines(scoring, confidence=confidence), key="scoring", alt="Scoring rates of the groups."
    )
    show.note(
        f"The share of predictions strictly above the median of all, "
        f"{wording.amount('mean_prediction', scoring[0].median)}, and its ratio to the highest such share."
    )
    with st.expander("Predictions of each group against everybody else's", key="value_gaps"):
        show.table(
            gap_number_lines(audit, sensitive),
            key="value_gap_table",
            alt="Predictions of each group against the rest.",
        )
        show.note(
            "Distance: the largest difference between the shares of the two sides at or below any prediction "
            "(Kolmogorov and Smirnov). By chance alone equal groups of these sizes would show the distance beside it."
        )


def number_lines(audit: Audit, sensitive: tuple[str, ...]) -> tables.Lines:
    """Write every measure of predicted numbers for every group.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    lines = []
    for group in (None, *audit.groups(sensitive)):
        rows = [audit.metric(metric, sensitive, group) for metric in FAMILIES["values"]]
        line = {"Group": group_name(group), "n": wording.count(rows[0].n)}
        for row in rows:
            ends = wording.amount_interval(row.metric, row.low, row.high).partition(" interval ")[2]
            written = wording.amount(row.metric, row.value, reason=row.reason)
            line[wording.short_title(row.metric)] = f"{written} ({ends})" if ends else written
        lines.append(line)
    return lines


def scoring_lines(rows: list[ScoringRateRow], *, confidence: float) -> tables.Lines:
    """Write the scoring rates and impact ratios of the groups.

    Parameters
    ----------
    rows : list of ScoringRateRow
        The rates of one grouping.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    return [
        {
            "Group": group_name(row.group),
            "n": wording.count(row.n),
            "Share of all": wording.percent(row.share),
            "Scoring rate": wording.percent(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": tables.ends(row.low, row.high),
            "Impact ratio": wording.ratio(row.ratio) if row.ratio is not None else "",
            "Its interval": "" if row.ratio == 1 else tables.ends(row.ratio_low, row.ratio_high, "ratio"),
        }
        for row in rows
    ]


def gap_number_lines(audit: Audit, sensitive: tuple[str, ...]) -> tables.Lines:
    """Write how the predictions of each group differ from everybody else's.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    name = "mean_prediction"
    return [
        {
            "Group": group_name(row.group),
            "Predicted on average, minus the others": wording.signed_gap_amount(
                name, row.value, reason=row.reason
            ),
            f"{wording.level(audit.plan.confidence)} interval": wording.gap_amount_interval(
                name, row.low, row.high
            ).partition(" interval ")[2],
            "Distance": wording.ratio(row.distance) if row.distance is not None else "",
            "By chance alone": wording.ratio(row.distance_expected)
            if row.distance_expected is not None
            else "",
            "n": wording.count(row.n),
        }
        for row in audit.chapter("value_gaps")
        if row.sensitive == sensitive
    ]
