"""What is kept between two drawings of a screen.

Keys are the audit's id with its revision, or the data's fingerprint with the plan: never a table, because Streamlit
compares large tables by a sample of their rows only.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from audit.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.cost import Cost
    from audit.data.dataset import Dataset
    from audit.plan import Plan
    from audit.result import Audit
    from audit.rows import ComparisonRow
    from audit.rows.flips import TradeRow
    from ui.people import People


def store() -> Store:
    """Open the store once per server.

    Returns
    -------
    Store
        The one that the environment names.
    """
    return _store(os.environ.get("EVENHAND_HOME", ""), os.environ.get("EVENHAND_DATABASE", ""))


@st.cache_resource(show_spinner=False, max_entries=4)
def _store(home: str, url: str) -> Store:
    del home, url  # they are the key
    return Store()


def dataset(audit_id: str, fingerprint: str) -> Dataset:
    """Open the data of an audit.

    Parameters
    ----------
    audit_id : str
        Its id.
    fingerprint : str
        SHA-256 of the data.

    Returns
    -------
    Dataset
        Profiles and the way to the rows.
    """
    return _dataset(str(store().root), audit_id, fingerprint)


@st.cache_resource(show_spinner=False, max_entries=16)
def _dataset(home: str, audit_id: str, fingerprint: str) -> Dataset:
    del home, fingerprint  # they are the key
    found = store().dataset(audit_id)
    if found is None:
        raise LookupError(audit_id)
    return found


def audit(audit_id: str, revision: int, plan: Plan) -> Audit:
    """Read what an audit found, with the mitigations that were tried and the tolerances of now.

    Parameters
    ----------
    audit_id : str
        Its id.
    revision : int
        The revision of its results.
    plan : Plan
        Its plan of now.

    Returns
    -------
    Audit
        The same frozen value for everybody who looks at it.
    """
    home = str(store().root)
    return _judged(home, audit_id, revision, _words(plan), plan)


def _words(plan: Plan) -> str:
    """Write out the parts of a plan that an audit takes over without being run again."""
    population = {column: dict(people) for column, people in plan.population.items()}
    return repr((plan.about, dict(plan.tolerances), population, plan.sections))


@st.cache_resource(show_spinner=False, max_entries=16)
def _audit(home: str, audit_id: str, revision: int) -> Audit:
    del home, revision  # they are the key
    from audit.tasks import load_audit

    found = load_audit(store(), audit_id)
    if found is None:
        raise LookupError(audit_id)
    return found


@st.cache_resource(show_spinner=False, max_entries=32)
def _judged(home: str, audit_id: str, revision: int, words: str, _plan: Plan) -> Audit:
    del words  # they are the key
    found = _audit(home, audit_id, revision)
    now = replace(
        found.plan,
        about=_plan.about,
        tolerances=_plan.tolerances,
        population=_plan.population,
        sections=_plan.sections,
    )
    return found if now == found.plan else found.with_plan(now)


def comparison(audit_id: str, revision: int, found: Audit, place: int) -> tuple[ComparisonRow, ...]:
    """Give what one mitigation changed, also where the same one was tried twice with other settings.

    Parameters
    ----------
    audit_id : str
        The audit's id.
    revision : int
        The revision of its results.
    found : Audit
        The audit.
    place : int
        Place of the mitigation among its trials.

    Returns
    -------
    tuple of ComparisonRow
        Rates and disparities before, for the control, and after.
    """
    name = found.trials[place].mitigation
    if sum(trial.mitigation == name for trial in found.trials) == 1:
        return tuple(row for row in found.comparison if row.mitigation == name)
    return _comparison(str(store().root), audit_id, revision, place, found)


@st.cache_resource(show_spinner=False, max_entries=32)
def _comparison(
    home: str, audit_id: str, revision: int, place: int, _found: Audit
) -> tuple[ComparisonRow, ...]:
    del home, audit_id, revision  # they are the key
    from audit.comparison import compare

    return tuple(compare(_found.tried[place], _found.plan, _found.groupings))


def costs(audit_id: str, revision: int) -> tuple[Cost | None, ...]:
    """Say what each mitigation of an audit cost.

    Parameters
    ----------
    audit_id : str
        The audit's id.
    revision : int
        The revision of its results.

    Returns
    -------
    tuple of Cost or None
        In the order of the audit's trials.
    """
    return _costs(str(store().root), audit_id, revision)


@st.cache_resource(show_spinner=False, max_entries=32)
def _costs(home: str, audit_id: str, revision: int) -> tuple[Cost | None, ...]:
    del home, revision  # they are the key
    from audit.tasks import costs as read

    return read(store(), audit_id)


def trade_rows(
    audit_id: str, revision: int, found: Audit, sensitive: tuple[str, ...], criterion: str
) -> tuple[TradeRow, ...]:
    """Give every model that was tried, placed by its accuracy and its gap.

    Parameters
    ----------
    audit_id : str
        The audit's id.
    revision : int
        The revision of its results.
    found : Audit
        The audit.
    sensitive : tuple of str
        The grouping.
    criterion : str
        Whose gap.

    Returns
    -------
    tuple of TradeRow
        With intervals, and with those on the Pareto front marked.
    """
    return _trade_rows(
        str(store().root), audit_id, revision, repr((sensitive, criterion)), (found, sensitive, criterion)
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _trade_rows(
    home: str, audit_id: str, revision: int, asked: str, _of: tuple[Audit, tuple[str, ...], str]
) -> tuple[TradeRow, ...]:
    del home, audit_id, revision, asked  # they are the key
    from audit.tradeoff import trade_rows as place

    found, sensitive, criterion = _of
    return place(found.tried, found.plan, sensitive, criterion)


def drawn(make: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Draw a picture, or give the one that was drawn of the same rows before.

    Parameters
    ----------
    make : callable
        A function of the figures, from rows to a figure.
    *args, **options : object
        Rows and settings; all of them are in the key, in full.

    Returns
    -------
    plotly.graph_objects.Figure
        Not to be changed: it is shared.
    """
    return _drawn(
        f"{make.__module__}.{make.__qualname__}{args!r}{sorted(options.items())!r}", (make, args, options)
    )


@st.cache_resource(show_spinner=False, max_entries=128)
def _drawn(key: str, _call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]) -> Any:
    del key
    make, args, options = _call
    figure = make(*args, **options)
    # The default template is several kilobytes for every picture, and nothing in it is used.
    figure.layout.template = None
    return figure


def preview(audit_id: str, revision: int, plan: Plan, found: Audit) -> tuple[bytes, ...]:
    """Draw the pages of the report as pictures.

    Parameters
    ----------
    audit_id : str
        The audit's id.
    revision : int
        The revision of its results.
    plan : Plan
        Its plan of now.
    found : Audit
        The audit.

    Returns
    -------
    tuple of bytes
        One PNG file for each page.
    """
    return _preview(str(store().root), audit_id, revision, _words(plan), found)


@st.cache_resource(show_spinner="Setting the pages…", max_entries=4)
def _preview(home: str, audit_id: str, revision: int, words: str, _found: Audit) -> tuple[bytes, ...]:
    del home, audit_id, revision, words  # they are the key
    from audit.report.compose import to_pages

    return to_pages(_found)


def people(audit_id: str, fingerprint: str, plan: Plan) -> People:
    """Count the people of each group, once for a file and its roles.

    Parameters
    ----------
    audit_id : str
        The audit.
    fingerprint : str
        SHA-256 of its data.
    plan : Plan
        Its plan.

    Returns
    -------
    People
        Sizes, base rates and missing values.
    """
    population = {column: dict(people) for column, people in plan.population.items()}
    key = repr((plan.roles, plan.grouping, plan.confidence, population))
    return _people(str(store().root), fingerprint, key, audit_id, plan)


@st.cache_resource(show_spinner="Counting the groups…", max_entries=16)
def _people(home: str, fingerprint: str, key: str, _audit_id: str, _plan: Plan) -> People:
    del home, key  # they are the key
    from ui.people import people as count

    return count(dataset(_audit_id, fingerprint), _plan)
