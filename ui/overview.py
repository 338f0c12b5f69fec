"""What the overview shows: the answer, findings, all verdicts at a glance, one grouping closer, and the tolerances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.disparity.verdict import leading, leading_gap
from audit.names import MORE_CRITERIA
from audit.plan import CRITERIA, DEFAULT_TOLERANCES, with_tolerance
from ui import actions, cached, controls, show, tables, text, workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Plan
    from audit.result import Audit
    from audit.rows import DisparityRow, Finding, Verdict
    from ui.screen import Screen

WORDS: Final = (*CRITERIA, "minimax", "difference", "ratio", "worst_group")
"""Words that the overview uses."""

_OFFERED: Final = tuple(
    f"{criterion}_{kind}" for criterion in (*CRITERIA, *MORE_CRITERIA) for kind in ("difference", "ratio")
)
"""Disparities that can be made a criterion here; a plan may name others."""
_FIRST: Final = 4
_WIDE: Final = 900
_ORDER: Final[tuple[Verdict, ...]] = ("beyond", "cannot_tell", "within")


def lead(audit: Audit) -> DisparityRow | None:
    """Choose the gap to remember: what is surest beyond tolerance by one feature, or else the widest.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    DisparityRow or None
        The gap that the cover of the report tells, too; None where none has been judged and can be estimated.
    """
    return leading(audit.disparities, audit.larger)


def said(audit: Audit, row: DisparityRow) -> str:
    """Say how far the groups are apart, how sure that is, and how it stands to the tolerance.

    Parameters
    ----------
    audit : Audit
        The audit.
    row : DisparityRow
        One of its gaps.

    Returns
    -------
    str
        One to three sentences.
    """
    return " ".join(_sentences(audit, row))


def _sentences(audit: Audit, row: DisparityRow) -> list[str]:
    roles, confidence = audit.plan.roles, audit.plan.confidence
    parts = (
        wording.headline(row, audit.metrics, roles, confidence=confidence),
        wording.verdict_sentence(row),
        wording.small_denominator(row, audit.metrics, roles, audit.over_larger_groups(row)),
    )
    return [part for part in parts if part]


def answer(audit: Audit) -> None:
    """Answer the question of the screen: the gap to remember, all verdicts counted, and what was audited.

    Parameters
    ----------
    audit : Audit
        The audit.
    """
    row = lead(audit)
    if row is None:
        show.answer(wording.overview(audit.data, audit.model, audit.disparities, audit.plan.roles))
    else:
        show.answer(said(audit, row), row.verdict)
    verdicts = [each.verdict for each in audit.verdicts]
    counted = [(name, verdicts.count(name)) for name in _ORDER]
    chips = [show.chip(name, f"{n} {wording.verdict_word(name).lower()}") for name, n in counted if n]
    if chips:
        judged = len({each.sensitive for each in audit.verdicts})
        by = "one grouping" if judged == 1 else f"{wording.count(judged)} groupings"
        st.markdown(f":small[All criteria over {by}:] {' '.join(chips)}")
    if row is not None:
        show.note(
            f"{wording.count(audit.data.audited)} people of {text.cut(audit.data.name, 80)} were audited "
            f"({audit.data.split}). {audit.model.title}."
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
    row = lead(audit)
    known = [] if row is None else _sentences(audit, row)
    _listed(audit.findings[:_FIRST], known)
    rest = audit.findings[_FIRST:]
    if rest:
        with st.expander(f"{len(rest)} more", key="more_findings"):
            _listed(rest, known)


def _listed(found: Sequence[Finding], known: Sequence[str]) -> None:
    """List findings; what the answer has just said is not said again, nor one advice after each of several."""
    for place, finding in enumerate(found):
        evidence = _new(finding.evidence, known)
        lines = [f"{show.severity(finding.severity)} **{text.sentence(finding.title)}**"]
        if evidence:
            lines.append(f":small[{text.sentence(evidence)}]")
        following = found[place + 1].advice if place + 1 < len(found) else ""
        if finding.advice and finding.advice != following:
            lines.append(f":small[:gray[What to do: {text.sentence(finding.advice)}]]")
        st.markdown("  \n".join(lines), width=_WIDE)


def _new(evidence: str, known: Sequence[str]) -> str:
    """Leave out the sentences at the head of the evidence that have been said already."""
    if not known or not evidence.startswith(known[0]):
        return evidence
    for sentence in known:
        evidence = evidence.removeprefix(sentence).strip()
    return evidence


def glance(audit: Audit) -> None:
    """Show all verdicts at a glance: one line for each grouping, one column for each criterion.

    Parameters
    ----------
    audit : Audit
        The audit.
    """
    judged = audit.verdicts
    if not judged:
        return
    favourable = audit.plan.roles.favourable
    metrics = list(dict.fromkeys(row.metric for row in judged))
    columns: dict[str, list[str]] = {"Groups by": []}
    columns |= {text.md(wording.short_title(name, favourable)): [] for name in metrics}
    for sensitive in audit.groupings:
        cells = [
            " ".join(
                show.chip(row.verdict, _amount(row))
                for row in judged
                if row.verdict and row.sensitive == sensitive and row.metric == name
            )
            for name in metrics
        ]
        line = [f"**{text.md(wording.column_title(sensitive))}**", *cells]
        for column, cell in zip(columns.values(), line, strict=True):
            column.append(cell)
    st.table(columns, border="horizontal", hide_index=True, alt="The verdict of every criterion by grouping.")
    symbols = ", ".join(
        f"{wording.verdict_symbol(name)} {wording.verdict_word(name).lower()}" for name in _ORDER
    )
    show.note(f"Gaps in points (one decimal) and ratios of the lowest to the highest rate (two). {symbols}.")


def _amount(row: DisparityRow) -> str:
    """Write a disparity as short as a narrow window needs; the line below the table says the units."""
    if row.value is None:
        return wording.verdict_word("cannot_tell").lower()
    return text.md(tables.value(row, row.value).removesuffix(" points"))


def feature(audit: Audit) -> None:
    """Show the criteria of one grouping at a time: a sentence, a picture, its numbers.

    Parameters
    ----------
    audit : Audit
        The audit.
    """
    from audit.figures.strips import strips, strips_alt

    row = lead(audit)
    sensitive = controls.grouping(
        audit.groupings, first=None if row is None else row.sensitive, label="Look closer at"
    )
    roles, confidence = audit.plan.roles, audit.plan.confidence
    rows = criteria(audit, sensitive)
    first = leading_gap(rows, audit.larger)
    if first is None:
        show.note("No criterion can be estimated for these groups.")
        return
    if first != row:  # the answer above has said it already
        show.answer(said(audit, first), first.verdict)
    show.figure(
        cached.drawn(strips, rows, theme=show.theme(), favourable=roles.favourable, confidence=confidence),
        key="strip",
        alt=strips_alt(rows, favourable=roles.favourable),
        rows=tables.disparities(rows, roles.favourable, confidence=confidence),
        name=f"criteria-{audit.groupings.index(sensitive) + 1}",
        words=WORDS,
        favourable=roles.favourable,
    )
    if not roles.no_outcome:
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
        and ((row.metric in CRITERIA and not audit.plan.roles.no_outcome) or row.tolerance is not None)
    ]


def tolerances(screen: Screen) -> None:
    """Let the reader change the tolerances; verdicts follow at once.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    with st.expander("Tolerances: what counts as beyond", key="tolerances"):
        show.note(
            "A gap of at most so many points, or a ratio of at least so much, is within tolerance. Nothing is "
            "computed again: the verdicts follow at once and are saved with the plan."
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
