"""Further parts that columns can play: comparable people, rows that belong together, groups known by probability."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import streamlit as st

from ui import controls, show

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.plan import Grouping, Plan, Roles, SmallGroups

_NONE: Final = ""
_SMALL: Final[dict[SmallGroups, str]] = {
    "keep": "Keep them as they are",
    "merge": "Join the small groups of each column",
    "suppress": "Keep them out of every export",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What was chosen.

    Parameters
    ----------
    control, probabilities : tuple of str
        Columns.
    cluster : str or None
        A column.
    small : {"keep", "merge", "suppress"}
        What becomes of small groups.
    small_size : int
        Where a group is small.
    """

    control: tuple[str, ...]
    probabilities: tuple[str, ...]
    cluster: str | None
    small: SmallGroups
    small_size: int

    def on(self, roles: Roles, grouping: Grouping) -> tuple[Roles, Grouping]:
        """Put what was chosen into roles and grouping.

        Parameters
        ----------
        roles : Roles
            The other parts.
        grouping : Grouping
            How people are put into groups.

        Returns
        -------
        tuple of (Roles, Grouping)
            Both with the further parts.
        """
        return (
            replace(roles, control=self.control, probabilities=self.probabilities, cluster=self.cluster),
            replace(grouping, small=self.small, small_size=self.small_size),
        )


def draw(dataset: Dataset, plan: Plan, *, key: str) -> More:
    """Draw the pickers inside an expander.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        What is saved now.
    key : str
        What the widgets' keys begin with; it changes where the plan was changed elsewhere.

    Returns
    -------
    More
        What is chosen now, not saved.
    """
    with st.expander("More about the columns", key=f"{key}_further"):
        chosen = control(dataset, plan, key=key)
        left, right = st.columns(2, gap="large")
        with left:
            cluster = _cluster(dataset, plan, key)
            probabilities = _probabilities(dataset, plan, key)
        with right:
            small, size = _small(plan, key)
    return More(
        control=chosen, probabilities=probabilities, cluster=cluster or None, small=small, small_size=size
    )


def control(dataset: Dataset, plan: Plan, *, key: str) -> tuple[str, ...]:
    """Ask for the columns within whose values people are comparable.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        What is saved now.
    key : str
        What the widget's key begins with.

    Returns
    -------
    tuple of str
        The columns.
    """
    roles = plan.roles
    taken = {
        roles.label,
        roles.decision,
        roles.score,
        roles.weight,
        roles.split,
        roles.cluster,
        *roles.probabilities,
    }
    known = _known(dataset)
    options = [name for name in dataset.names if name not in taken or name in roles.control]
    chosen = st.multiselect(
        "Compare people who have the same",
        options,
        default=[name for name in roles.control if name in options],
        format_func=lambda name: known.get(name, name),
        max_selections=max(4, len(roles.control)),
        placeholder="Choose columns such as department or grade",
        help="Control columns: the groups are compared within each of their values. Numbers are cut at their quartiles.",
        key=f"{key}_control_{_short(roles.control)}",
        persist_state="session",
    )
    return tuple(chosen)


def _cluster(dataset: Dataset, plan: Plan, key: str) -> str:
    known, roles = _known(dataset), plan.roles
    options = [_NONE, *(name for name in dataset.names if name not in {roles.label, roles.decision})]
    start = options.index(roles.cluster) if roles.cluster in options else 0
    value = st.selectbox(
        "Rows that belong together, such as a household",
        options,
        index=start,
        format_func=lambda name: known.get(name, "Every row stands for itself"),
        help="A column that names the household, the school or the person with several rows. Intervals allow for it.",
        key=f"{key}_cluster",
        persist_state="session",
    )
    return value or _NONE


def _probabilities(dataset: Dataset, plan: Plan, key: str) -> tuple[str, ...]:
    known, roles = _known(dataset), plan.roles
    taken = {roles.label, roles.decision, roles.score, roles.weight, roles.split, *roles.sensitive}
    options = [
        column.name
        for column in dataset.columns
        if column.low is not None
        and column.high is not None
        and column.low >= 0
        and column.high <= 1
        and (column.name not in taken or column.name in roles.probabilities)
    ]
    options += [name for name in roles.probabilities if name in known and name not in options]
    if not options:
        show.note("No column holds probabilities from 0 to 1, so no group can be known by probability.")
        return ()
    chosen = st.multiselect(
        "Groups known by probability only",
        options,
        default=[name for name in roles.probabilities if name in options],
        format_func=lambda name: known.get(name, name),
        placeholder="Choose columns of probabilities",
        help=(
            "Each column holds the probability that the person belongs to one group, for example from name and address. "
            "Rates are weighted by it, and bounded by what such probabilities can tell at most."
        ),
        key=f"{key}_probabilities",
        persist_state="session",
    )
    return tuple(chosen)


def _small(plan: Plan, key: str) -> tuple[SmallGroups, int]:
    grouping = plan.grouping
    policy = st.selectbox(
        "Small groups",
        list(_SMALL),
        index=list(_SMALL).index(grouping.small),
        format_func=lambda name: _SMALL[name],
        help="Joined groups are audited as one. Kept out, their counts are withheld with what would give them away.",
        key=f"{key}_small",
        persist_state="session",
    )
    size = grouping.small_size
    if policy != "keep":
        size = st.number_input(
            "A group is small below so many people",
            min_value=2,
            max_value=1000,
            value=grouping.small_size,
            step=1,
            key=f"{key}_small_size",
            persist_state="session",
        )
    return policy, int(size)


def _known(dataset: Dataset) -> dict[str, str]:
    return dict(zip(dataset.names, controls.distinct(dataset.names), strict=True))


def _short(value: Any) -> str:
    return f"{crc32(repr(value).encode('utf-8', 'replace')):08x}"
