"""What has been tried: each repair with its settings, its cost and, in a chip, what became of the gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.mitigation.catalogue import catalogue
from ui import actions, cached, overview, show, text, workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cost import Cost
    from audit.rows import ComparisonRow
    from audit.rows.trials import TrialRecord
    from ui.screen import Screen

_FEW: Final = 4
"""Most repairs that are listed in the open."""


def chip(row: ComparisonRow) -> str:
    """Write in a few words what is sure about a change of a gap or a ratio.

    Parameters
    ----------
    row : ComparisonRow
        A disparity before and after.

    Returns
    -------
    str
        Markdown: symbol, words and colour.
    """
    shown = wording.shown_change(row) * (-1 if row.comparison == "ratio" else 1)
    if shown == 0:
        return ":gray-badge[◇ Cannot tell whether the gap changed]"
    return ":green-badge[▼ Smaller gap]" if shown < 0 else ":red-badge[▲ Wider gap]"


def tried(screen: Screen) -> None:
    """List the mitigations that were tried, with a way to compare and to delete them.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    trials = screen.audit.trials
    if not trials:
        return
    st.header("Tried so far", anchor=False)
    record = screen.record
    spent = cached.costs(screen.id, record.revision) if record is not None else ()
    outcomes = [_outcome(screen, trial) for trial in trials]
    if len(trials) <= _FEW:
        held = st.container()
    else:
        smaller = sum("▼" in outcome for outcome in outcomes)
        held = st.expander(f"{len(trials)} repairs, {smaller} of them with a smaller gap", key="tried_list")
    with held:
        _cards(screen, outcomes, spent)
    show.go("Compare before and after", "compare", key="to_compare", primary=True)


def _cards(screen: Screen, outcomes: Sequence[str], spent: Sequence[Cost | None]) -> None:
    for place, trial in enumerate(screen.audit.trials):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xxsmall"):
                st.markdown(f"**{text.sentence(trial.title)}** {outcomes[place]}")
                used = spent[place] if place < len(spent) else None
                took = f"; {text.sentence(wording.cost(used))}" if used is not None else ""
                show.quiet(f"{settings(trial, screen.plan.roles.sensitive)}{took}")
            if st.button(
                "Delete",
                key=f"delete_trial_{place}",
                type="tertiary",
                help=f"Delete {text.sentence(trial.title)}",
            ):
                actions.delete_trial(screen, place)
                workspace.notify("The repair was removed from this audit.")
                st.rerun()


def _outcome(screen: Screen, trial: TrialRecord) -> str:
    """Write in a chip what happened to the gap that leads the audit."""
    lead = overview.lead(screen.audit)
    if lead is None:
        return ""
    for row in screen.audit.comparison:
        if (row.mitigation, row.metric, row.comparison, row.sensitive) == (
            trial.mitigation,
            lead.metric,
            lead.comparison,
            lead.sensitive,
        ):
            return chip(row)
    return ""


def settings(trial: TrialRecord, sensitive: Sequence[str] = ()) -> str:
    """Say with which settings other than the usual ones a mitigation was tried, on how many rows.

    Parameters
    ----------
    trial : TrialRecord
        The trial.
    sensitive : sequence of str
        The sensitive columns: of a single one, all groups are its own.

    Returns
    -------
    str
        One line of Markdown.
    """
    known = catalogue().get(trial.mitigation.split("#")[0])
    spec = known[0] if known else None
    params = {param.id: param for param in spec.params} if spec else {}
    by = str(trial.params.get("group_by", ""))
    by = sensitive[0] if by == "all" and len(sensitive) == 1 else by
    parts = [f"Groups by {'all, combined' if by == 'all' else text.md(text.cut(by, 60))}"] if by else []
    for name, value in trial.params.items():
        param = params.get(name)
        if param is not None and value != param.default:
            said = param.choice_title(str(value)) if param.kind == "choice" else _short(value)
            parts.append(text.md(f"{param.title[:1].lower()}{param.title[1:]}: {said}"))
    seeds = trial.params.get("seeds", 1)
    parts.append("one seed" if seeds == 1 else f"{seeds} seeds")
    parts.append(f"{wording.count(trial.n_train)} training rows, {wording.count(trial.n_test)} test rows")
    return "; ".join(parts)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else text.cut(value, 40)
