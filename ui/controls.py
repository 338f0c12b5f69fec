"""The pickers: each remembers its choice across screens and writes it into the address bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from audit import wording
from audit.names import FAMILY
from audit.plan import RATES
from ui import text, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.plan import Outcome

_LABEL: Final = 60


def choose(
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    help_text: str = "",
    width: int | Literal["stretch"] = 320,
    first: str = "",
) -> str:
    """Show one picker.

    Parameters
    ----------
    name : str
        Its name in the address bar.
    label : str
        Its label, already escaped.
    options : mapping of str to str
        Value to words, different for every value; at least one.
    help_text : str, default ""
        What the choice does, already escaped.
    width : int or "stretch", default 320
        Width in pixels.
    first : str, default ""
        The value to start from; the first option by default.

    Returns
    -------
    str
        The chosen value.
    """
    values = list(options)
    workspace.seed(name, values, first)
    value = st.selectbox(
        label,
        values,
        format_func=lambda item: options.get(item, item),
        key=name,
        bind="query-params",
        help=help_text or None,
        width=width,
    )
    chosen = value if value in options else values[0]
    start = first if first in options else values[0]
    if chosen != start or workspace.chosen(name):
        workspace.remember(name, chosen)  # what nobody chose is no choice to carry to another screen
    return chosen


def grouping(
    groupings: Sequence[tuple[str, ...]],
    *,
    label: str = "Groups by",
    name: str = "by",
    first: tuple[str, ...] | None = None,
    width: int | Literal["stretch"] = 320,
) -> tuple[str, ...]:
    """Pick one of the groupings.

    Parameters
    ----------
    groupings : sequence of tuple of str
        Each as its sensitive columns.
    label : str, default "Groups by"
        The picker's label.
    name : str, default "by"
        Its name in the address bar.
    first : tuple of str or None, default None
        The grouping to start from; the first by default.
    width : int or "stretch", default 320
        Width in pixels.

    Returns
    -------
    tuple of str
        The chosen grouping.
    """
    if len(groupings) == 1:
        return groupings[0]  # nothing to choose
    labels = distinct([wording.column_title(sensitive) for sensitive in groupings])
    found = {str(number): label for number, label in enumerate(labels)}
    start = str(groupings.index(first)) if first in groupings else ""
    return groupings[int(choose(name, label, found, first=start, width=width))]


def metric(
    favourable: Outcome,
    metrics: Sequence[str] = RATES,
    *,
    default: str = "selection_rate",
    width: int | Literal["stretch"] = 420,
) -> str:
    """Pick one of the rates, or another measure.

    Parameters
    ----------
    favourable : {"positive", "negative"}
        Which decision is good for the person; the words follow it.
    metrics : sequence of str
        Ids of the rates on offer; other measures stand after them, with the name of their family.
    default : str, default "selection_rate"
        The one that is shown first.
    width : int or "stretch", default 420
        Width in pixels.

    Returns
    -------
    str
        Id of the chosen rate or measure.
    """
    ordered = sorted(metrics, key=lambda name: name != default)
    titles = {name: _titled(name, favourable) for name in ordered}
    return choose("metric", "Measure" if set(metrics) & set(FAMILY) else "Rate", titles, width=width)


def _titled(name: str, favourable: Outcome) -> str:
    title = wording.metric_title(name, favourable)
    return f"{wording.FAMILY_TITLES[FAMILY[name]]}: {title}" if name in FAMILY else title


def distinct(names: Sequence[str], limit: int = _LABEL) -> list[str]:
    """Give names labels that are short and different from each other.

    Parameters
    ----------
    names : sequence of str
        Any texts, repeats allowed.
    limit : int, default 60
        Longest label, in characters.

    Returns
    -------
    list of str
        One label for each name, not escaped.
    """
    taken: dict[str, int] = {}
    labels = []
    for name in names:
        label = text.cut(name, limit)
        taken[label] = taken.get(label, 0) + 1
        labels.append(label if taken[label] == 1 else f"{label} ({taken[label]})")
    return labels
