"""The repairs on offer: cards, forms drawn from their specs, and what has been tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import jobs, wording
from audit.mitigation.catalogue import catalogue
from audit.plan import MitigationChoice
from ui import actions, cached, controls, modeldoors, overview, show, text, workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.mitigation.spec import MitigationSpec, Param, Value
    from audit.rows import TrialRecord
    from ui.screen import Screen

STAGES: Final = {
    "pre": (
        "Before training: change the data",
        "The training rows are changed; the model and its use stay as they are.",
    ),
    "in": ("During training: change the model", "The way the model is trained is changed."),
    "post": (
        "After training: change the decisions",
        "Scores stay as they are; decisions are made differently.",
    ),
}


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
    start = (
        "Each repair works on the training rows only and is measured on test rows that no model has seen. "
    )
    model = screen.plan.model
    if model.kind == "train":
        return f"{start}The model of this audit is trained again with the repair."
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


def stages() -> list[tuple[str, str, list[MitigationSpec]]]:
    """List the mitigations by stage.

    Returns
    -------
    list of (stage, title, specs)
        Stages without a mitigation are left out.
    """
    specs = sorted(
        (spec for spec, _ in catalogue().values()), key=lambda spec: (len(spec.params), spec.title)
    )
    found = [
        (stage, title, [spec for spec in specs if spec.stage == stage])
        for stage, (title, _) in STAGES.items()
    ]
    return [entry for entry in found if entry[2]]


def in_rows(specs: Sequence[MitigationSpec]) -> list[Sequence[MitigationSpec]]:
    """Lay cards out in rows, so that none stands alone where that can be helped.

    Parameters
    ----------
    specs : sequence of MitigationSpec
        The mitigations of one stage.

    Returns
    -------
    list of sequence of MitigationSpec
        Rows of two, or of three where that fills them.
    """
    wide = 3 if len(specs) % 3 == 0 else 2
    return [specs[start : start + wide] for start in range(0, len(specs), wide)]


def card(screen: Screen, spec: MitigationSpec) -> None:
    """Offer one mitigation: what it does, assumes and costs, and a form to try it.

    Parameters
    ----------
    screen : Screen
        The open audit.
    spec : MitigationSpec
        What it says about itself.
    """
    with st.container(border=True, height="stretch", vertical_alignment="distribute"):
        with st.container():
            st.subheader(text.sentence(spec.title), anchor=False)
            st.markdown(text.sentence(spec.summary))
        with st.container():
            _form(screen, spec)


def _form(screen: Screen, spec: MitigationSpec) -> None:
    with st.expander("Assumptions, costs, reading", key=f"more_{spec.id}"):
        st.markdown(f"**It assumes.** {text.sentence(spec.assumes)}")
        st.markdown(f"**Cost and caution.** {text.sentence(spec.caution)}")
        st.markdown(f"**How to read it.** {text.sentence(spec.reading)}")
        for reference in spec.references:
            show.quiet(text.sentence(reference))
    params: dict[str, Value] = {"group_by": _group_by(screen, spec)}
    with st.expander("Settings", key=f"settings_{spec.id}"):
        if not spec.params:
            show.quiet("It has no settings.")
        for param in spec.params:
            params[param.id] = field(spec, param)
    running = any(
        job.kind == "mitigate" and job.key == spec.id for job in jobs.active(cached.store(), screen.id)
    )
    label = "Running…" if running else f"Try {spec.title.lower() if spec.title.istitle() else spec.title}"
    if st.button(label, key=f"try_{spec.id}", type="primary", disabled=running):
        actions.mitigate(screen, MitigationChoice(id=spec.id, params=params), spec.title)
        workspace.notify(f"{text.sentence(spec.title)} has started.")
        st.rerun()


def _group_by(screen: Screen, spec: MitigationSpec) -> str:
    columns = screen.plan.roles.sensitive
    words = dict(zip(columns, controls.distinct(columns), strict=True))
    options = [*columns, "all"] if len(columns) > 1 else list(columns)
    row = overview.lead(screen.audit)
    first = row.sensitive[0] if row is not None and len(row.sensitive) == 1 else options[0]
    return st.selectbox(
        "Groups to work on",
        options,
        index=options.index(first),
        format_func=lambda name: words.get(name, "All of them, combined"),
        key=f"group_by_{spec.id}_{screen.id}",
        persist_state="session",
        help="Combined groups can be too small for a repair to learn from.",
    )


def field(spec: MitigationSpec, param: Param) -> Value:
    """Draw the form field of one setting.

    Parameters
    ----------
    spec : MitigationSpec
        The mitigation.
    param : Param
        The setting.

    Returns
    -------
    bool, int, float or str
        Its value.
    """
    key, help_ = f"param_{spec.id}_{param.id}", text.sentence(param.help)
    title = text.sentence(param.title)
    if param.kind == "bool":
        return st.checkbox(title, value=bool(param.default), key=key, help=help_, persist_state="session")
    if param.kind == "choice":
        return st.selectbox(
            title,
            param.choices,
            index=param.choices.index(str(param.default)),
            format_func=param.choice_title,
            key=key,
            help=help_,
            persist_state="session",
        )
    if param.kind == "int":
        return int(
            st.number_input(
                title,
                min_value=None if param.low is None else int(param.low),
                max_value=None if param.high is None else int(param.high),
                value=int(param.default),
                step=1,
                key=key,
                help=help_,
                persist_state="session",
            )
        )
    return float(
        st.number_input(
            title,
            min_value=param.low,
            max_value=param.high,
            value=float(param.default),
            key=key,
            help=help_,
            persist_state="session",
        )
    )


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
    for place, trial in enumerate(trials):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None):
                st.markdown(f"**{text.sentence(trial.title)}**")
                show.quiet(settings(trial))
            if st.button(
                "Delete",
                key=f"delete_trial_{place}",
                type="tertiary",
                help=f"Delete {text.sentence(trial.title)}",
            ):
                actions.delete_trial(screen, place)
                workspace.notify("The repair was removed from this audit.")
                st.rerun()
    show.go("Compare before and after", "compare", key="to_compare", primary=True)


def settings(trial: TrialRecord) -> str:
    """Say with which settings other than the usual ones a mitigation was tried, on how many rows.

    Parameters
    ----------
    trial : TrialRecord
        The trial.

    Returns
    -------
    str
        One line of Markdown.
    """
    spec = catalogue()[trial.mitigation][0] if trial.mitigation in catalogue() else None
    params = {param.id: param for param in spec.params} if spec else {}
    by = str(trial.params.get("group_by", ""))
    parts = [f"Groups by {'all, combined' if by == 'all' else text.md(text.cut(by, 60))}"] if by else []
    for name, value in trial.params.items():
        param = params.get(name)
        if param is not None and value != param.default:
            said = param.choice_title(str(value)) if param.kind == "choice" else _short(value)
            parts.append(text.md(f"{param.title[:1].lower()}{param.title[1:]}: {said}"))
    parts.append(f"{wording.count(trial.n_train)} training rows, {wording.count(trial.n_test)} test rows")
    return "; ".join(parts)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else text.cut(value, 40)
