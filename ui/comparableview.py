"""The parts of the screen Comparable people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.rows import group_name
from audit.wording.comparable import (
    CAUTION,
    PATTERN_WORDS,
    RULE,
    adjusted_sentence,
    control_phrase,
)
from ui import actions, cached, controls, dataview, groupview, moreroles, show, tables
from ui.problems import boundary

if TYPE_CHECKING:
    from audit.result import Audit
    from audit.rows.comparable import AdjustedRow, StratumRow
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the screen.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    rows = screen.audit.chapter("simpson")
    if not rows:
        _empty(screen)
        return
    row = _choose(screen.audit, rows)
    roles, confidence = screen.audit.plan.roles, screen.audit.plan.confidence
    show.answer(adjusted_sentence(row, roles, confidence=confidence))
    _picture(screen.audit, row)
    st.info(CAUTION, icon=":material/route:")
    with st.expander("Other measures of the same difference, and every group", key="measures"):
        same = [other for other in rows if (other.metric, other.sensitive) == (row.metric, row.sensitive)]
        show.table(measures(same, confidence), key="adjusted", alt="Every group against the reference group.")
        show.note(
            f"{RULE} With weights, a count is the weighted rate times the effective number of people. Intervals are for one "
            "comparison each."
        )
    with st.expander("Widest gap within each stratum", key="gaps"):
        show.table(
            gaps(within(screen.audit, row, "difference"), confidence),
            key="strata_gaps",
            alt="Largest minus smallest rate among the groups of each stratum.",
        )
    with st.expander("Compare within other columns", key="other_control"):
        _picker(screen)


def _empty(screen: Screen) -> None:
    """Say what is missing, why it matters, and offer it right here."""
    with st.container(border=True, gap="small"):
        st.markdown("**No column says who is comparable.**")
        st.markdown(
            "A gap over everybody can come from the groups being in different places: other departments, other products, "
            "other jobs. Name the columns within whose values people are comparable, and the groups are compared there.",
            width=780,
        )
        _picker(screen)
    show.note(CAUTION)


def _picker(screen: Screen) -> None:
    """Choose the control columns, save them with the plan and run the audit again."""
    chosen = moreroles.control(screen.dataset, screen.plan, key=f"comparable_{screen.id}")
    changed = replace(screen.plan, roles=replace(screen.plan.roles, control=chosen))
    with boundary():
        if st.button(
            "Compare within these columns",
            type="primary",
            key="save_control",
            disabled=changed == screen.plan,
        ):
            dataview.check(screen, changed)
            actions.save_plan(screen, changed)
            actions.run(screen.id, changed, then="comparable")
    show.note("This saves the plan and runs the audit again.")


def _choose(audit: Audit, rows: tuple[AdjustedRow, ...]) -> AdjustedRow:
    """Pick feature, rate and group; what leaves no choice is not asked for."""
    features = list(dict.fromkeys(row.sensitive for row in rows))
    lead = max(rows, key=lambda row: (row.metric == "selection_rate", abs(row.crude or 0.0)))
    with st.container(horizontal=True, gap="medium"):
        sensitive = controls.grouping(features, first=lead.sensitive, width=240)
        known = [row for row in rows if row.sensitive == sensitive]
        metrics = list(dict.fromkeys(row.metric for row in known))
        metric = (
            metrics[0]
            if len(metrics) == 1
            else controls.metric(audit.plan.roles.favourable, metrics, width=310)
        )
        known = [row for row in known if row.metric == metric]
        if len(known) == 1:
            return known[0]
        words = controls.distinct([group_name(row.group) for row in known])
        first = max(range(len(known)), key=lambda place: abs(known[place].crude or 0.0))
        options = {str(place): word for place, word in enumerate(words)}
        at = controls.choose(
            "against", f"Against {group_name(known[0].reference)}"[:60], options, first=str(first), width=190
        )
        return known[int(at)]


def within(audit: Audit, row: AdjustedRow, comparison: str) -> list[StratumRow]:
    """List the strata of one comparison.

    Parameters
    ----------
    audit : Audit
        The audit.
    row : AdjustedRow
        One group against the reference group.
    comparison : {"difference", "to_reference"}
        The widest gap of each stratum, or the two groups of the row.

    Returns
    -------
    list of StratumRow
        One row for each stratum that is listed.
    """
    return [
        one
        for one in audit.chapter("conditional")
        if (one.metric, one.sensitive, one.comparison) == (row.metric, row.sensitive, comparison)
        and (comparison == "difference" or one.group == row.group)
    ]


def _picture(audit: Audit, row: AdjustedRow) -> None:
    from audit.figures.strata import strata, strata_alt

    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    rows = within(audit, row, "to_reference")
    half = groupview.half_band(audit, row.metric, row.sensitive)
    show.figure(
        cached.drawn(
            strata,
            row,
            tuple(rows),
            tolerance=None if half is None else 2 * half,
            theme=show.theme(),
            favourable=favourable,
            confidence=confidence,
        ),
        key="strata",
        alt=strata_alt(row, rows, favourable=favourable),
        rows=differences(row, rows, confidence),
        name=f"comparable-{row.metric}",
        words=(row.metric, "to_reference"),
        favourable=favourable,
    )


def differences(row: AdjustedRow, rows: list[StratumRow], confidence: float) -> tables.Lines:
    """Write the difference over everybody, among comparable people, and in each stratum.

    Parameters
    ----------
    row : AdjustedRow
        One group against the reference group.
    rows : list of StratumRow
        The same groups in each stratum.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each line.
    """
    together = [
        (
            "Everybody, not adjusted",
            (row.crude, row.crude_low, row.crude_high),
            row.reason,
            row.n + row.left_out,
        ),
        (f"Same {control_phrase(row.control)}", (row.value, row.low, row.high), row.reason, row.n),
    ]
    each = [(group_name(one.stratum), (one.value, one.low, one.high), one.reason, one.n) for one in rows]
    return [
        {
            "Stratum": name,
            "Difference": wording.signed_points(value, reason=reason),
            f"{wording.level(confidence)} interval": tables.ends(low, high, "gap"),
            "n": wording.count(n),
        }
        for name, (value, low, high), reason, n in (*together, *each)
    ]


def measures(rows: list[AdjustedRow], confidence: float) -> tables.Lines:
    """Write every measure of one difference, for each group against the reference.

    Parameters
    ----------
    rows : list of AdjustedRow
        The groups.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each group and measure.
    """
    found = []
    for row in rows:
        listed = (
            ("Over everybody", "gap", (row.crude, row.crude_low, row.crude_high)),
            ("Within strata (Mantel–Haenszel)", "gap", (row.value, row.low, row.high)),
            ("Directly standardised", "gap", (row.standardised, row.standardised_low, row.standardised_high)),
            ("Ratio of rates within strata", "ratio", (row.ratio, row.ratio_low, row.ratio_high)),
            ("Ratio of odds within strata", "ratio", (row.odds, row.odds_low, row.odds_high)),
        )
        for place, (name, kind, (value, low, high)) in enumerate(listed):
            write = wording.signed_points if kind == "gap" else wording.ratio
            found.append(
                {
                    "Group": f"{group_name(row.group)} against {group_name(row.reference)}"
                    if place == 0
                    else "",
                    "Measure": name,
                    "Value": write(value, reason=row.reason),
                    f"{wording.level(confidence)} interval": tables.ends(low, high, kind),
                    "The difference": PATTERN_WORDS[row.pattern] if place == 1 else "",
                }
            )
    return found


def gaps(rows: list[StratumRow], confidence: float) -> tables.Lines:
    """Write the widest gap of each stratum.

    Parameters
    ----------
    rows : list of StratumRow
        The strata.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each stratum.
    """
    return [
        {
            "Stratum": group_name(row.stratum),
            "Gap": wording.points(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": tables.ends(row.low, row.high, "gap"),
            "Groups": f"{group_name(row.group)} against {group_name(row.reference)}" if row.group else "",
            "Over": f"{row.groups_estimable} of {row.groups_total}",
            "n": wording.count(row.n),
        }
        for row in rows
    ]
