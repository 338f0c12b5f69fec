"""What the overview shows: findings, one picture for each sensitive feature, and the tolerances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.plan import CRITERIA, DEFAULT_TOLERANCES, with_tolerance
from ui import actions, cached, show, tables, text, workspace

if TYPE_CHECKING:
    from audit.plan import Plan
    from audit.result import Audit
    from audit.rows import DisparityRow, Verdict
    from ui.screen import Screen

WORDS: Final = (*CRITERIA, "minimax", "difference", "ratio", "worst_group")
"""Words that the overview uses."""

_OFFERED: Final = tuple(f"{criterion}_{kind}" for criterion in CRITERIA for kind in ("difference", "ratio"))
"""Disparities that can be made a criterion here; a plan may name others."""
_FIRST: Final = 4
_ORDER: Final[tuple[Verdict, ...]] = ("beyond", "cannot_tell", "within")


def chips(audit: Audit) -> None:
    """Count the verdicts.

    Parameters
    ----------
    audit : Audit
        The audit.
    """
    verdicts = [row.verdict for row in audit.disparities if row.verdict]
    counted = [(name, verdicts.count(name)) for name in _ORDER]
    st.markdown(
        " ".join(show.chip(name, f"{n} {wording.verdict_word(name).lower()}") for name, n in counted if n)
    )


def findings(audit: Audit) -> None:
    """Show what matters most, in the order of its weight.

    Parameters
    ----------
    audit : Audit
        The audit.
    """
    st.header("Findings", anchor=False)
    if not audit.findings:
        show.note("No check found anything to report.")
    first, rest = audit.findings[:_FIRST], audit.findings[_FIRST:]
    for finding in first:
        _finding(finding.severity, finding.title, finding.evidence, finding.advice, finding.code)
    if rest:
        with st.expander(f"{len(rest)} more", key="more_findings"):
            for finding in rest:
                _finding(finding.severity, finding.title, finding.evidence, finding.advice, finding.code)


def _finding(severity: str, title: str, evidence: str, advice: str, code: str) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{show.severity(severity)} **{text.sentence(title)}**")
        if evidence:
            st.markdown(text.sentence(evidence))
        if advice:
            show.quiet(f"What to do: {text.sentence(advice)} ({code})")


def feature(audit: Audit, sensitive: tuple[str, ...], place: int) -> None:
    """Show the criteria of one grouping: a sentence, a picture, its numbers.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.
    place : int
        Its place among the groupings.
    """
    from audit.figures.strips import strips, strips_alt

    roles, confidence = audit.plan.roles, audit.plan.confidence
    rows = criteria(audit, sensitive)
    st.subheader(text.md(wording.column_title(sensitive)), anchor=False)
    leading = leading_row(rows)
    if leading is None:
        show.note("No criterion can be estimated for these groups.")
        return
    show.answer(
        " ".join(
            part
            for part in (
                wording.headline(leading, audit.metrics, roles, confidence=confidence),
                wording.verdict_sentence(leading),
                wording.small_denominator(leading, audit.metrics, roles, audit.over_larger_groups(leading)),
            )
            if part
        ),
        leading.verdict,
    )
    show.figure(
        cached.drawn(strips, rows, theme=show.theme(), favourable=roles.favourable, confidence=confidence),
        key=f"strip_{place}",
        alt=strips_alt(rows, favourable=roles.favourable),
        rows=tables.disparities(rows, roles.favourable, confidence=confidence),
        name=f"criteria-{place + 1}",
    )
    worst = audit.disparity("error_rate", "worst_group", sensitive)
    show.note(wording.worst_group(worst, roles.favourable, confidence=confidence))


def criteria(audit: Audit, sensitive: tuple[str, ...]) -> list[DisparityRow]:
    """List the differences and ratios of the criteria of one grouping.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.

    Returns
    -------
    list of DisparityRow
        Criteria first, then other disparities that the plan gives a tolerance.
    """
    return [
        row
        for row in audit.disparities
        if row.sensitive == sensitive
        and row.comparison in {"difference", "ratio"}
        and (row.metric in CRITERIA or row.tolerance is not None)
    ]


def leading_row(rows: list[DisparityRow]) -> DisparityRow | None:
    """Pick the disparity that the headline is about: the widest gap with the gravest verdict.

    Parameters
    ----------
    rows : list of DisparityRow
        Disparities of one grouping.

    Returns
    -------
    DisparityRow or None
        None where no difference can be estimated.
    """
    gaps = [row for row in rows if row.comparison == "difference" and row.value is not None]
    grave = {"beyond": 2, "cannot_tell": 1, "within": 0}
    return max(
        gaps,
        key=lambda row: (
            grave.get(row.verdict or "", -1),
            row.metric == "equal_opportunity",
            row.value or 0.0,
        ),
        default=None,
    )


def tolerances(screen: Screen) -> None:
    """Let the reader change the tolerances; verdicts follow at once.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    st.header("Tolerances", anchor=False)
    show.note(
        "A gap of at most so many points, or a ratio of at least so much, is within tolerance. Nothing is computed "
        "again: the verdicts follow at once and are saved with the plan."
    )
    plan = _criteria(screen)
    with st.container(horizontal=True, gap="medium"):
        for name in plan.tolerances:
            if name in _OFFERED:
                plan = _tolerance(plan, name, screen)
    if plan != screen.plan:
        actions.save_plan(screen, plan)
        workspace.notify("The criteria are changed; the verdicts follow.")
        st.rerun()


def _criteria(screen: Screen) -> Plan:
    """Choose which disparities are criteria; a new one starts with the usual tolerance."""
    plan = screen.plan
    chosen = st.multiselect(
        "Criteria",
        _OFFERED,
        default=[name for name in _OFFERED if name in plan.tolerances],
        format_func=lambda name: _title(name, plan),
        help="Only criteria have a verdict. They alone decide the exit status of the command line.",
        key=f"criteria_{screen.id}",
    )
    for name in _OFFERED:
        if name in chosen and name not in plan.tolerances:
            usual = 0.80 if name.endswith("_ratio") else 0.10
            plan = with_tolerance(plan, name, DEFAULT_TOLERANCES.get(name, usual))
        if name not in chosen and name in plan.tolerances:
            plan = with_tolerance(plan, name, None)
    return plan


def _title(name: str, plan: Plan) -> str:
    criterion, kind = name.rsplit("_", 1)
    return f"{wording.short_title(criterion, plan.roles.favourable)}, {'ratio' if kind == 'ratio' else 'gap'}"


def _tolerance(plan: Plan, name: str, screen: Screen) -> Plan:
    saved, ratio = plan.tolerances[name], name.endswith("_ratio")
    value = st.number_input(
        f"{_title(name, plan)} {'at least' if ratio else 'at most (points)'}",
        min_value=0.0,
        max_value=1.0 if ratio else 100.0,
        value=saved if ratio else round(100 * saved, 6),
        step=0.05 if ratio else 1.0,
        format="%.2f" if ratio else "%.1f",
        key=f"tolerance_{screen.id}_{name}",
        width=230,
    )
    wanted = value if ratio else round(value / 100, 8)
    return plan if wanted == saved else with_tolerance(plan, name, wanted)
