"""The repairs on offer: cards, forms drawn from their specs, and what has been tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import jobs, wording
from audit.mitigation.catalogue import catalogue
from audit.plan import MitigationChoice
from ui import actions, cached, labform, modeldoors, overview, show, text, workspace

if TYPE_CHECKING:
    from audit.mitigation.spec import MitigationSpec, Value
    from ui.screen import Screen


def introduction(screen: Screen) -> None:
    """Say what there is to repair, and what is trained before and after.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    row = overview.lead(screen.audit)
    if row is not None:
        show.answer(overview.said(screen.audit, row), row.verdict)
    data, rows = screen.dataset, screen.plan.sample_rows
    if data.place is not None and data.n_rows > rows:
        show.note(
            f"The data are read in place: repairs work on a sample of {wording.count(rows)} of the "
            f"{wording.count(data.n_rows)} rows, drawn by the seed. The Model screen changes its size."
        )
    show.note(_how(screen))


def _how(screen: Screen) -> str:
    """Say what is trained before and after."""
    start = "Each repair works on training and validation rows and is measured on test rows that no model has seen. "
    model = screen.plan.model
    if model.kind == "train":
        return (
            f"{start}The model of this audit is trained again with the repair; a repair that trains a model of its own is "
            "held against such a model without it."
        )
    if model.kind == "skops" and model.sha256 and modeldoors.model_info(screen).refittable:
        return (
            f"{start}A fresh copy of the uploaded model is trained without and with the repair. The uploaded model "
            "itself may have been trained on the test rows; it is shown beside them as the original."
        )
    baseline = modeldoors.ALGORITHMS[screen.plan.baseline][0].lower()
    also = " An uploaded model may have been trained on the test rows." if model.kind != "column" else ""
    return (
        f"{start}The audited decisions cannot be trained again, so a baseline ({baseline}) is trained without the "
        f"repair (before) and with it (after); the audited decisions stand beside them as the original.{also}"
    )


def stage(screen: Screen) -> list[MitigationSpec]:
    """Let the reader pick when a repair works.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    list of MitigationSpec
        The repairs of that stage; first those that aim at the gap that leads the audit, then what needs least clearance.
    """
    wanted = _wanted(screen)
    found = {
        name: sorted(
            (spec for spec, _ in catalogue().values() if spec.stage == name),
            key=lambda spec: (wanted not in spec.aims, _cautions(spec), len(spec.params), spec.title),
        )
        for name in wording.STAGES
    }
    stages = [name for name, specs in found.items() if specs]
    chosen = st.radio(
        "When it works",
        stages,
        format_func=lambda name: wording.STAGES[name][0],
        key="stage",
        horizontal=True,
        bind="query-params",
    )
    show.note(wording.STAGES[chosen][1])
    return found[chosen]


def choose(found: list[MitigationSpec]) -> MitigationSpec:
    """Let the reader pick one repair of a stage.

    Parameters
    ----------
    found : list of MitigationSpec
        The repairs.

    Returns
    -------
    MitigationSpec
        The repair that is shown.
    """
    specs = {spec.id: spec for spec in found}
    if len(specs) == 1:
        return found[0]
    chosen = st.radio(
        "Repairs",
        list(specs),
        format_func=lambda name: text.sentence(specs[name].title),
        key=f"repair_{found[0].stage}",
        bind="query-params",
    )
    return specs[chosen]


def _cautions(spec: MitigationSpec) -> int:
    """Count what has to be cleared before a repair may be used, so that what needs least comes first."""
    return spec.edits_labels + spec.group_at_decision + spec.binary_groups


def _wanted(screen: Screen) -> str:
    """Name the aim that the clearest gap of the audit asks for."""
    row = overview.lead(screen.audit)
    return wording.CRITERION_AIM.get(row.metric, "selection") if row is not None else "selection"


def card(screen: Screen, spec: MitigationSpec) -> None:
    """Offer one mitigation: what it does, assumes and costs, and a form to try it.

    Parameters
    ----------
    screen : Screen
        The open audit.
    spec : MitigationSpec
        What it says about itself.
    """
    with st.container(border=True):
        st.subheader(text.sentence(spec.title), anchor=False)
        show.quiet(text.sentence(f"{wording.aimed(spec.aims)}."))
        st.markdown(text.sentence(spec.summary))
        chips = wording.cautions(spec)
        if chips:
            st.markdown(" ".join(f":orange-badge[{text.md(said)}]" for said in chips))
        params = labform.common(screen, spec)
        if spec.params:
            with st.expander("Settings", key=f"settings_{spec.id}"):
                params |= labform.own(spec)
        _try(screen, spec, params)
        with st.expander("Assumptions, costs, reading", key=f"more_{spec.id}"):
            st.markdown(f"**It assumes.** {text.sentence(spec.assumes)}")
            st.markdown(f"**Cost and caution.** {text.sentence(spec.caution)}")
            st.markdown(f"**How to read it.** {text.sentence(spec.reading)}")
            for reference in spec.references:
                show.quiet(text.sentence(reference))


def _try(screen: Screen, spec: MitigationSpec, params: dict[str, Value]) -> None:
    running = any(
        job.kind == "mitigate" and job.key == spec.id for job in jobs.active(cached.store(), screen.id)
    )
    label = "Running…" if running else f"Try {spec.title.lower() if spec.title.istitle() else spec.title}"
    if st.button(label, key=f"try_{spec.id}", type="primary", disabled=running):
        actions.mitigate(screen, MitigationChoice(id=spec.id, params=params), spec.title)
        workspace.notify(f"{text.sentence(spec.title)} has started.")
        st.rerun()
