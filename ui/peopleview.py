"""What the data screen shows behind its main picture: what could be seen, shares, labels, gaps in the data, repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from audit import wording
from audit.chapters.labels import DISTANCES
from audit.chapters.missing import MissingGapRow, MissingRow
from audit.chapters.power import TURNED, PowerRow
from audit.chapters.representation import FitRow, RepresentationRow
from audit.errors import AuditError
from audit.rows import REASONS, group_name
from ui import actions, cached, controls, show, tables, workspace
from ui.problems import message

if TYPE_CHECKING:
    from audit.chapters.impossibility import ImpossibilityRow
    from audit.chapters.labels import LabelRow
    from ui.people import People
    from ui.screen import Screen

_AMONG: Final = {
    "all": "All people",
    "positive": "Those with the positive label",
    "negative": "Those with the other label",
}
_TABS: Final = ("Shares", "Labels", "Missing values", "Repeated rows", "What cannot hold at once")


def power(screen: Screen, sensitive: tuple[str, ...]) -> None:
    """Show the smallest gap that the data could show for each group.

    Parameters
    ----------
    screen : Screen
        The open audit.
    sensitive : tuple of str
        The grouping.
    """
    st.subheader("The smallest gap that could be seen", anchor=False)
    if not screen.has_result:
        show.note("How small a gap these people could show is told here once the audit has been run.")
        return
    from audit.figures.power import Detectable, power_alt
    from audit.figures.power import power as draw

    favourable = screen.plan.roles.favourable
    every = [row for row in screen.audit.chapter("power") if row.sensitive == sensitive]
    titles = {name: wording.metric_title(name, favourable) for name in TURNED[favourable]}
    metric = controls.choose("seen", "Rate", titles, first=TURNED[favourable][1], width=420)
    rows: list[PowerRow] = [row for row in every if row.metric == metric and row.reference is None]
    if not rows:
        show.note("No group is recorded, so none can be compared.")
        return
    bound = rows[0].tolerance
    drawn = [
        Detectable(
            sensitive=row.sensitive,
            group=row.group,
            gap=row.value,
            n=row.n,
            needed=row.needed,
            reason=row.reason,
        )
        for row in rows
    ]
    said = power_alt(drawn, tolerance=bound)
    show.answer(wording.detectable(rows, favourable) or said)
    show.figure(
        cached.drawn(draw, drawn, tolerance=bound, theme=show.theme()),
        key="power",
        alt=said,
        rows=[_power_line(row) for row in rows],
        name="smallest-gaps",
        words=(metric,),
        favourable=favourable,
    )
    pair = next((row for row in every if row.metric == metric and row.reference is not None), None)
    level = wording.level(1 - screen.plan.confidence)
    show.note(
        f"Each group is held against everybody else: a two-sided test at {level}, which would see the gap in 8 of 10 samples."
        + (f" {_pair(pair)}" if pair is not None and pair.value is not None else "")
    )


def _pair(row: PowerRow) -> str:
    both = f"{wording.group_phrase(row.sensitive, row.group)} and {wording.group_phrase(row.sensitive, row.reference)}"
    return f"Between {both}, the two furthest apart, it is {wording.points(row.value)}."


def _power_line(row: PowerRow) -> dict[str, str]:
    return {
        "Group": group_name(row.group),
        "Smallest gap": wording.points(row.value, reason=row.reason),
        "n": wording.count(row.n),
        "Rate of everybody else": wording.percent(row.rate, reason="empty"),
        "n needed for the tolerance": "" if row.tolerance is None else _needed(row.needed),
        "In each of two equal groups": "" if row.tolerance is None else _needed(row.each),
    }


def _needed(n: int | None) -> str:
    return "no number would do" if n is None else wording.count(n)


def tabs(screen: Screen, found: People, sensitive: tuple[str, ...]) -> None:
    """Show what else is known of the data, one question behind each tab.

    Parameters
    ----------
    screen : Screen
        The open audit.
    found : People
        What was counted over all rows.
    sensitive : tuple of str
        The grouping; where features meet, the first of them is shown.
    """
    st.subheader("More about the data", anchor=False)
    by = sensitive[:1]
    if len(sensitive) > 1:
        show.note(f"These are told by one feature at a time, here by {wording.column_title(by)}.")
    shares, labels, missing, repeats, limits = st.tabs(
        list(_TABS), key="about_people", on_change="rerun", bind="query-params"
    )
    with shares:
        if shares.open:
            _shares(screen, found, by)
    with labels:
        if labels.open:
            _labels(screen, _rows(screen, found, "labels"), by)
    with missing:
        if missing.open:
            _missing(screen, [row for row in found.chapters["missing"] if row.sensitive == by])
    with repeats:
        if repeats.open:
            _repeats(_rows(screen, found, "repeats"))
    with limits:
        if limits.open:
            _limits(screen, by)


def _rows(screen: Screen, found: People, name: str) -> tuple[Any, ...]:
    """Give a chapter as the audit has it, which knows the decisions and the split; before it, as the data have it."""
    return (screen.has_result and screen.audit.chapter(name)) or found.chapters[name]


def _shares(screen: Screen, found: People, by: tuple[str, ...]) -> None:
    from audit.figures.data import shares, shares_alt

    every = [row for row in found.chapters["representation"] if row.sensitive == by]
    among = st.segmented_control(
        "Among", list(_AMONG), default="all", format_func=_AMONG.__getitem__, key="among"
    )
    rows: list[RepresentationRow] = [
        row for row in every if not isinstance(row, FitRow) and row.among == (among or "all")
    ]
    said = shares_alt(rows)
    show.answer(said)
    show.figure(
        cached.drawn(shares, rows, theme=show.theme(), confidence=screen.plan.confidence),
        key="shares",
        alt=said,
        rows=[_share_line(row, screen.plan.confidence) for row in rows],
        name="shares",
    )
    fit = next((row for row in every if isinstance(row, FitRow) and row.among == (among or "all")), None)
    if fit is not None:
        show.note(_fit(fit))
    _population(screen, found)


def _share_line(row: RepresentationRow, confidence: float) -> dict[str, str]:
    return {
        "Group": group_name(row.group),
        "Share": wording.percent(row.value, reason=row.reason),
        f"{wording.level(confidence)} interval": tables.ends(row.low, row.high),
        "n": wording.count(row.n),
        "Of": wording.count(row.total),
        "Population": "" if row.population is None else wording.percent(row.population),
        "Difference": "" if row.difference is None else wording.signed_points(row.difference),
        "Ratio": "" if row.ratio is None else wording.ratio(row.ratio),
    }


def _fit(row: FitRow) -> str:
    if row.value is None:
        return f"The data cannot be tested against the population: {REASONS[row.reason]}."
    rough = (
        " Some groups are expected to have fewer than 5 people, so this is rough."
        if (row.least or 0) < 5
        else ""
    )
    left = f" The population table does not name {wording.listed(row.unnamed)}." if row.unnamed else ""
    return (
        f"Were {wording.count(row.n)} people drawn from this population, shares this far off would come up with "
        f"{wording.pvalue(row.p)} (chi-square test).{rough}{left}"
    )


def _population(screen: Screen, found: People) -> None:
    """Offer to bring the table of the population, or to take it away."""
    known = [column for column in found.levels if column in screen.plan.population]
    if known:
        names = ", ".join(wording.column_title((column,)) for column in known)
        if st.button("Remove the population", key="no_population", icon=":material/close:"):
            actions.save_plan(screen, replace(screen.plan, population={}))
            workspace.notify("The population is removed.")
            st.rerun()
        show.note(f"A population is given for {names}.")
        return
    from audit.population import template

    with st.expander("Compare with a population", key="bring_population"):
        show.note(
            "A small table says whom the data should stand for, such as a census: one line for each group, with the columns "
            "column, group and share (or count)."
        )
        st.download_button(
            "Table to fill in (CSV)",
            data=lambda: template(found.levels).encode("utf-8-sig"),
            file_name="population.csv",
            mime="text/csv",
            key="population_template",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        file = st.file_uploader("Population table", key=workspace.upload_key("population"))
        if file is not None:
            _take(screen, found, file.getvalue(), file.name)


def _take(screen: Screen, found: People, raw: bytes, name: str) -> None:
    """Take in a table of the population; the result of the audit stays."""
    from audit.population import match, read_population

    try:
        read = read_population(raw, screen.plan.roles.sensitive, name=name)
    except AuditError as error:
        message(error)
        return
    population, remarks = match(read, found.levels)
    actions.save_plan(screen, replace(screen.plan, population=population))
    workspace.upload_taken()
    workspace.notify(" ".join(("The population is saved.", *remarks[:3])))
    st.rerun()


def _labels(screen: Screen, every: tuple[LabelRow, ...], by: tuple[str, ...]) -> None:
    confidence = screen.plan.confidence
    rows = [row for row in every if row.sensitive == by]
    rates = {row.group: row for row in rows if row.metric == "base_rate"}
    apart = next((row for row in rows if row.comparison == "extreme"), None)
    if apart is None:
        show.note("No group is recorded, so no labels can be compared.")
        return
    high, low = (rates[group].value if group in rates else None for group in (apart.group, apart.reference))
    show.answer(wording.labels_apart(apart, high, low, confidence=confidence))
    found = {(row.metric, row.group): row for row in rows if row.comparison != "extreme"}
    show.table(
        [_label_line(group, found, confidence) for group in rates], key="labels", alt="Labels of each group."
    )
    reference = next((row.reference for row in rows if row.comparison == "to_reference"), None)
    if reference is not None:
        name = wording.group_phrase(by, reference)
        show.note(
            f"Differences and ratios are against {name}. They are about the labels, not about any decision."
        )
    with st.expander("Distances, imbalance and tilt", key="distances", on_change="rerun") as box:
        if box.open:
            _distances(rates, found)


def _label_line(
    group: tuple[str, ...] | None, found: dict[Any, LabelRow], confidence: float
) -> dict[str, str]:
    rate, ratio = found["base_rate", group], found.get(("label_ratio", group))
    difference = found.get(("label_difference", group))
    return {
        "Group": group_name(group),
        "Positive labels": wording.percent(rate.value, reason=rate.reason),
        "Difference": ""
        if difference is None
        else wording.signed_points(difference.value, reason=difference.reason),
        f"{wording.level(confidence)} interval": ""
        if difference is None
        else tables.ends(difference.low, difference.high, "gap"),
        "Ratio": "" if ratio is None else wording.ratio(ratio.value, reason=ratio.reason),
        "n": wording.count(rate.n),
    }


def _distances(groups: Any, found: dict[Any, LabelRow]) -> None:
    names = [
        name
        for name in wording.DATA_TEXTS
        if name not in {"label_difference", "label_ratio"} and any(key[0] == name for key in found)
    ]
    lines = [
        {
            "Group": group_name(group),
            **{
                wording.DATA_TEXTS[name].symbol + ("" if name in DISTANCES else _suffix(name)): _amount(
                    found.get((name, group))
                )
                for name in names
            },
        }
        for group in groups
    ]
    show.table(
        lines, key="distance_table", alt="Distances between the labels of each group and the reference."
    )
    with st.popover("What do these words mean?", type="tertiary", icon=":material/help:"):
        for name in names:
            show.explain(name)


def _suffix(name: str) -> str:
    return {"demographic_disparity": " of labels", "decision_disparity": " of decisions"}.get(name, "")


def _amount(row: LabelRow | None) -> str:
    if row is None:
        return ""
    return (
        wording.not_estimable(row.reason)
        if row.value is None
        else f"{row.value:.3f}".replace("-", "\N{MINUS SIGN}")
    )


def _missing(screen: Screen, rows: list[MissingGapRow | MissingRow]) -> None:
    from audit.figures.data import missing, missing_alt

    gaps = [row for row in rows if isinstance(row, MissingGapRow)]
    if not gaps:
        show.note("Nothing is missing in the columns that play a part or are features.")
        return
    confidence = screen.plan.confidence
    show.answer(missing_alt(gaps, confidence=confidence))
    show.figure(
        cached.drawn(missing, gaps, theme=show.theme(), confidence=confidence),
        key="missing",
        alt=missing_alt(gaps, confidence=confidence),
        rows=[
            {
                "Column": row.column,
                "Group": group_name(row.group),
                "Share missing": wording.percent(row.value, reason=row.reason),
                f"{wording.level(confidence)} interval": tables.ends(row.low, row.high),
                "Missing": wording.count(row.missing),
                "Of rows": wording.count(row.n),
            }
            for row in rows
            if isinstance(row, MissingRow)
        ],
        name="missing-values",
    )


def _repeats(rows: tuple[Any, ...]) -> None:
    said = wording.repeated(rows)
    show.answer(said or "Repeated rows were not counted for this result; run the audit again.")
    where = {
        "data": "In the data",
        "test_in_train": "Test rows that are also training rows",
        "validation_in_train": "Validation rows that are also training rows",
    }
    lines = [
        {
            "Where": where[row.where],
            "Repeated": wording.count(row.repeated) if row.value is not None else "",
            "Of rows": wording.count(row.n) if row.value is not None else "",
            "Share": wording.percent(row.value, reason=row.reason),
        }
        for row in rows
    ]
    show.table(lines, key="repeats", alt=said)


def _limits(screen: Screen, by: tuple[str, ...]) -> None:
    if not screen.has_result:
        show.note("What cannot hold at once on this data is told here once the audit has been run.")
        return
    from audit.figures.data import limits, limits_alt

    rows: list[ImpossibilityRow] = [
        row for row in screen.audit.chapter("impossibility") if row.sensitive == by
    ]
    if not rows:
        show.note(
            f"The data do not show that base rates differ by {wording.column_title(by)}, so equal precision and equal error "
            "rates do not exclude each other here."
        )
        return
    show.answer(
        "Base rates differ, so a positive decision cannot be equally often right for every group while errors are equally "
        f"frequent, unless decisions are perfect. {limits_alt(rows)}"
    )
    show.figure(
        cached.drawn(limits, rows, theme=show.theme(), confidence=screen.plan.confidence),
        key="limits",
        alt=limits_alt(rows),
        rows=[_limit_line(row) for row in rows],
        name="what-cannot-hold-at-once",
        words=("precision", "false_positive_rate"),
        favourable=screen.plan.roles.favourable,
    )


def _limit_line(row: ImpossibilityRow) -> dict[str, str]:
    return {
        "Group": group_name(row.group),
        "Base rate": wording.percent(row.base_rate, reason="empty"),
        "Precision": wording.percent(row.observed, reason="no_predicted_positives"),
        "Precision with everybody's error rates": wording.percent(row.value, reason=row.reason),
        "False positive rate": wording.percent(row.observed_false_positive_rate, reason="no_negatives"),
        "Needed for everybody's precision": wording.percent(
            row.needed_false_positive_rate, reason=row.needed_reason
        ),
        "n": wording.count(row.n),
    }
