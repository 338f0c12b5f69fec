"""Subgroups that stand out, as a part of a screen: what to search, what was found, and a way through it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zlib import crc32

import streamlit as st

from audit import wording
from audit.figures.subgroups import subgroup_alt, subgroup_tree
from audit.gather.searched import MOST_COLUMNS, searchable, suggested
from audit.names import RATES
from audit.wording.subgroups import (
    CONFIRMATIONS,
    SEARCH_METHOD,
    search_answer,
    search_power,
    subgroup_halves,
    subgroup_name,
    subgroup_sentence,
)
from ui import actions, cached, controls, jobpanel, show, tables, text

if TYPE_CHECKING:
    from audit.result import Audit
    from audit.rows.subgroups import SearchRow, SubgroupRow
    from ui.screen import Screen

_SAID: Final = 3
_NEAR: Final = 14
_WHOLE: Final = "all"


def draw(screen: Screen) -> None:
    """Draw the part: what a search found, and the form that starts one.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    st.header("Search for subgroups that stand out", anchor=False)
    if jobpanel.watch(screen.id, "search"):
        show.note("What the search finds appears here. The rest of the audit stays as it is.")
        return
    found = screen.audit.chapter("search")
    if not found:
        show.note(
            "A gap can hide where several columns meet. A search tests every subgroup of up to three columns on one "
            "half of the people, and what it finds again on the other half."
        )
        _form(screen)
        return
    if screen.plan.search != screen.audit.plan.search:
        show.note("The plan asks for another search by now; this is the last one that was run.")
    _results(screen, found[0])
    with st.expander("Search again, or elsewhere"):
        _form(screen)


def _results(screen: Screen, search: SearchRow) -> None:
    audit = screen.audit
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    rows: tuple[SubgroupRow, ...] = audit.chapter("subgroups")
    show.answer(search_answer(search, favourable))
    standing = [row for row in rows if row.discovered and not row.folded]
    if not standing:
        show.note(search_power(search))
        _method()
        return
    for row in [row for row in standing if row.confirmed == "yes"][:_SAID]:
        st.markdown(f"- {text.sentence(subgroup_sentence(row, audit.plan.roles, confidence=confidence))}")
    show.figure(
        cached.drawn(
            subgroup_tree, rows, search, theme=show.theme(), favourable=favourable, confidence=confidence
        ),
        key="subgroups",
        alt=subgroup_alt(rows, search, favourable=favourable),
        rows=_lines([row for row in rows if row.discovered], confidence),
        name="subgroups",
        words=(search.metric,),
        favourable=favourable,
    )
    _look(audit, rows, search)
    show.note(search_power(search))
    _method()


def _look(audit: Audit, rows: tuple[SubgroupRow, ...], search: SearchRow) -> None:
    """Let the reader walk to one subgroup: the way to it, what lies below it, and what it explains."""
    names = controls.distinct([subgroup_name(row) for row in rows], limit=90)
    options = {_WHOLE: "None in particular", **{row.id: name for row, name in zip(rows, names, strict=True)}}
    chosen = controls.choose(
        "subgroup",
        "Look at one subgroup",
        options,
        help_text="Shows the way to it from everybody, what lies below it, and what it explains.",
        width="stretch",
    )
    row = next((one for one in rows if one.id == chosen), None)
    if row is None:
        return
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    said = f"{subgroup_sentence(row, audit.plan.roles, confidence=confidence)} {_standing(row, rows)}"
    show.answer(said.strip())
    show.figure(
        cached.drawn(
            subgroup_tree,
            rows,
            search,
            focus=row.id,
            most=_NEAR,
            theme=show.theme(),
            favourable=favourable,
            confidence=confidence,
        ),
        key="subgroup_way",
        alt=subgroup_alt(rows, search, focus=row.id, most=_NEAR, favourable=favourable),
        rows=_lines([row, *(one for one in rows if row.id in {one.parent, one.folded})], confidence),
        name="subgroup",
    )


def _standing(row: SubgroupRow, rows: tuple[SubgroupRow, ...]) -> str:
    """Say what the halves showed and which other subgroup explains this one."""
    if not row.discovered:
        return "By itself it was not told from chance; it is on the way to one that was."
    by = next((one for one in rows if one.id == row.folded), None)
    explained = f" It is explained by {subgroup_name(by)}." if by else ""
    return f"{subgroup_halves(row)}{explained}"


def _lines(rows: list[SubgroupRow], confidence: float) -> tables.Lines:
    names = {row.id: subgroup_name(row) for row in rows}
    return [
        {
            "Subgroup": names[row.id],
            "Rate": wording.percent(row.rate),
            "Everybody else": wording.percent(row.rest),
            "Difference": wording.signed_points(row.value),
            f"{wording.level(confidence)} interval": tables.ends(row.low, row.high, "gap"),
            "n": wording.count(row.n),
            "When found": wording.signed_points(row.seen),
            "Other half": CONFIRMATIONS[row.confirmed] if row.confirmed else "not tested",
            "Explained by": names.get(row.folded, "another one") if row.folded else "",
        }
        for row in rows
    ]


def _method() -> None:
    with st.popover("How does the search work?", type="tertiary", icon=":material/help:"):
        st.markdown(text.sentence(SEARCH_METHOD))


def _form(screen: Screen) -> None:
    """Ask for columns, depth and rate, and start the search."""
    plan, dataset = screen.plan, screen.dataset
    options = list(searchable(dataset, plan.roles))
    if not options:
        show.note("No column can be searched: each has one value only, or too many to make groups.")
        return
    known = dict(zip(options, controls.distinct(options), strict=True))
    first = plan.search.columns or suggested(dataset, plan.roles)
    key = f"search_{crc32(repr((plan.search, plan.roles)).encode('utf-8', 'replace')):08x}"
    titles = {name: wording.metric_title(name, plan.roles.favourable) for name in RATES}
    with st.form(key, border=False):
        columns = st.multiselect(
            "Columns",
            options,
            default=[name for name in first if name in known],
            format_func=lambda name: known.get(name, name),
            max_selections=max(MOST_COLUMNS, len(plan.search.columns)),
            placeholder="Choose columns",
            help="Numbers are cut at their quartiles; of very many values the rarer ones are joined.",
            key=f"{key}_columns",
        )
        with st.container(horizontal=True, gap="medium"):
            metric = st.selectbox(
                "Rate",
                list(RATES),
                index=RATES.index(plan.search.metric),
                format_func=lambda name: titles.get(name, name),
                key=f"{key}_metric",
                width=420,
            )
            depth = st.selectbox(
                "Columns that may meet",
                [1, 2, 3],
                index=plan.search.depth - 1,
                help="The more may meet, the more subgroups are tested, and the larger a difference has to be.",
                key=f"{key}_depth",
                width=180,
            )
        if st.form_submit_button("Search", type="primary", key=f"{key}_run"):
            if not columns:
                show.note("Choose one column at least.")
                return
            wanted = replace(plan.search, columns=tuple(columns), metric=metric, depth=depth)
            actions.search(screen, wanted)
            st.rerun()
