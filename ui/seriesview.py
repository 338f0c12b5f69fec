"""Curves by group: what happened while a network was trained, and what other settings would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit.rows import group_name
from audit.wording.curves import curve_amount, curve_title
from ui import cached, show, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from audit.plan import Outcome
    from audit.result import Audit
    from audit.rows.series import Series
    from audit.rows.trials import TrialRecord

    Counts: TypeAlias = Mapping[tuple[str, ...] | None, int]

_HEADERS: Final = {
    "training": "While it was trained",
    "path": "What another setting would do",
}


def shown(audit: Audit, record: TrialRecord) -> None:
    """Show every series of a repair, each with its table.

    Parameters
    ----------
    audit : Audit
        The audit.
    record : TrialRecord
        The repair.
    """
    favourable = audit.plan.roles.favourable
    order = places(audit, record)
    rows = audit.metric_rows("count", columns_of(audit, record))
    sizes: Counts = {row.group: row.n for row in rows}
    for kind, title in _HEADERS.items():
        found = [series for series in record.series if series.kind == kind and series.x]
        if found:
            st.header(title, anchor=False)
        for series in found:
            if kind == "path" or len(found) > 1:
                st.markdown(f"**{text.sentence(series.title)}**")
            _one(series, (order, sizes), favourable)


def places(audit: Audit, record: TrialRecord) -> dict[tuple[str, ...] | None, int]:
    """Give the groups that a repair worked on the places, and so the colours, that they have everywhere.

    Parameters
    ----------
    audit : Audit
        The audit.
    record : TrialRecord
        The repair.

    Returns
    -------
    dict of group to int
        Places from 0; empty where the audit does not show these groups.
    """
    columns = columns_of(audit, record)
    if columns not in audit.groupings:
        return {}
    return {group: place for place, group in enumerate(audit.groups(columns))}


def columns_of(audit: Audit, record: TrialRecord) -> tuple[str, ...]:
    """Name the columns that make the groups that a repair worked on.

    Parameters
    ----------
    audit : Audit
        The audit.
    record : TrialRecord
        The repair.

    Returns
    -------
    tuple of str
        One or all of the sensitive columns.
    """
    by = str(record.params.get("group_by", "all"))
    return audit.plan.roles.sensitive if by == "all" else (by,)


def _one(series: Series, groups: tuple[Counts, Counts], favourable: Outcome) -> None:
    from audit.figures.series import curves, default_measures

    order, sizes = groups

    first = default_measures(series, favourable)
    measures = _picked(series, first, favourable) if len(series.measures) > len(first) else first
    figure = cached.drawn(
        curves,
        series,
        measures=measures or first,
        places=order or None,
        sizes=sizes or None,
        theme=show.theme(),
        favourable=favourable,
    )
    show.figure(
        figure,
        key=f"series_{series.id}",
        alt=str(figure.layout.meta["alt"]),
        rows=lines(series, favourable),
        name=f"curves-{series.id}",
    )


def _picked(series: Series, first: tuple[str, ...], favourable: Outcome) -> tuple[str, ...]:
    """Let the reader choose what is drawn; one panel each."""
    titles = {name: curve_title(name, favourable) for name in series.measures}
    chosen = st.pills(
        "Measures",
        list(series.measures),
        selection_mode="multi",
        default=list(first),
        format_func=lambda name: text.sentence(titles[name]),
        key=f"measures_{series.id}",
        label_visibility="collapsed",
    )
    return tuple(name for name in series.measures if name in chosen)


def lines(series: Series, favourable: Outcome = "positive") -> list[dict[str, str]]:
    """Write a series as lines of a table.

    Parameters
    ----------
    series : Series
        The curves.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    list of dict
        Heading to text, one for each place and group; the place kept is marked.
    """
    found = []
    for k, x in enumerate(series.x):
        for at, group in enumerate(series.groups):
            values = {name: series.values[m][at][k] for m, name in enumerate(series.measures)}
            if group is not None and all(value is None for value in values.values()):
                continue
            found.append(
                {
                    series.across: f"{x:g}{' (kept)' if x == series.picked else ''}",
                    "Group": group_name(group),
                    **{
                        curve_title(name, favourable): _said(name, value, group)
                        for name, value in values.items()
                    },
                }
            )
    return found


def _said(name: str, value: float | None, group: tuple[str, ...] | None) -> str:
    """Write a value; a gap is one of everybody and has none for a group."""
    if value is None and group is not None and name.endswith("_difference"):
        return ""
    return curve_amount(name, value)


def growing(favourable: Outcome) -> Callable[[Series, str], None]:
    """Say how a series of a running job is shown as far as it is known.

    Parameters
    ----------
    favourable : {"positive", "negative"}
        Which decision is good for the person.

    Returns
    -------
    callable
        (series, key) → draws it.
    """

    def picture(series: Series, key: str) -> None:
        from audit.figures.series import curves

        figure = curves(series, theme=show.theme(), favourable=favourable)
        st.plotly_chart(
            figure,
            key=key,
            alt=text.shown(str(figure.layout.meta["alt"])),
            theme=None,
            config={"displayModeBar": False, "responsive": True},
        )

    return picture
