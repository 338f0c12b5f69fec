"""The form of one repair: fields drawn from its spec, and the settings that every repair has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit.before import GROUP_BY, MOST_SEEDS, SEEDS, USUAL_SEEDS
from ui import controls, overview, text

if TYPE_CHECKING:
    from audit.mitigation.spec import MitigationSpec, Param, Value
    from ui.screen import Screen


def common(screen: Screen, spec: MitigationSpec) -> dict[str, Value]:
    """Ask for the settings that every repair has.

    Parameters
    ----------
    screen : Screen
        The open audit.
    spec : MitigationSpec
        The repair.

    Returns
    -------
    dict
        Whose groups it works on, and on how many seeds it is tried.
    """
    groups, seeds = st.columns([3, 2])
    with groups:
        by = _group_by(screen, spec)
    with seeds:
        times = st.number_input(
            "Seeds",
            min_value=1,
            max_value=MOST_SEEDS,
            value=USUAL_SEEDS,
            step=1,
            key=f"seeds_{spec.id}",
            persist_state="session",
            help=(
                "The first seed gives the result; every further one tries the repair on rows drawn anew and takes as "
                "long again. Together they show how far the result depends on the draw."
            ),
        )
    return {GROUP_BY: by, SEEDS: int(times)}


def own(spec: MitigationSpec) -> dict[str, Value]:
    """Ask for the settings of one repair.

    Parameters
    ----------
    spec : MitigationSpec
        The repair.

    Returns
    -------
    dict
        Its settings by id.
    """
    found: dict[str, Value] = {}
    for start in range(0, len(spec.params), 2):
        pair = spec.params[start : start + 2]
        for column, param in zip(st.columns(2), pair, strict=False):
            with column:
                found[param.id] = field(spec, param)
    return found


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
            format="%g",
            key=key,
            help=help_,
            persist_state="session",
        )
    )
