"""Who is in the data before any decision is looked at: sizes, base rates, shares and missing values by group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audit.chapters.labels import labels
from audit.chapters.missing import missing_values
from audit.chapters.repeats import repeated_rows
from audit.chapters.representation import representation
from audit.counting import at_medians, count_decisions
from audit.data.place import engine_of
from audit.disparity.compare import metric_rows
from audit.gather.profile import profile_of
from audit.grouping import rules
from audit.lookup import groupings
from audit.plan import Plan
from audit.roles import Outcomes, check_roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.data.dataset import Dataset
    from audit.result import Audit
    from audit.rows import MetricRow
    from audit.tables.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is in the data.

    Parameters
    ----------
    groupings : tuple of tuple of str
        Each sensitive column, then all of them together.
    counts, base_rates : tuple of MetricRow
        People, and their share of positive labels, of everybody and of each group.
    levels : mapping of str to tuple of str
        The groups of each sensitive column that are recorded.
    chapters : mapping of str to tuple of rows
        Shares, labels, missing values and repeated rows, as the chapters of an audit hold them.
    """

    groupings: tuple[tuple[str, ...], ...]
    counts: tuple[MetricRow, ...]
    base_rates: tuple[MetricRow, ...]
    levels: Mapping[str, tuple[str, ...]]
    chapters: Mapping[str, tuple[Any, ...]]


def people(dataset: Dataset, plan: Plan) -> People:
    """Count the people, their labels and what is missing by group, over all rows.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Label, sensitive features and how they make groups, and the population.

    Returns
    -------
    People
        Sizes, base rates and the chapters about the data.
    """
    roles = plan.roles
    number = roles.task == "regression"
    plain = Plan(
        roles=replace(
            roles,
            decision=None if number else roles.label,
            decision_positive=() if number else (roles.positive,),
            score=roles.label if number else None,
            split=None,
        ),
        grouping=plan.grouping,
        confidence=plan.confidence,
    )
    checked = check_roles(dataset, plain)
    outcomes = Outcomes(label=checked.label, decision=frozenset({checked.label}))
    dataset.check()
    engine = engine_of(dataset)
    plain, outcomes = at_medians(dataset, plain, outcomes, engine)
    how = rules(dataset, plain, engine)
    cells = count_decisions(dataset, plain.roles, outcomes, how, engine).cells
    profile = profile_of(dataset, plan, outcomes=outcomes, rules=how, engine=engine)
    every = groupings(roles.sensitive)
    rows = [row for sensitive in every for row in metric_rows(cells.marginal(sensitive), plain)]
    return People(
        groupings=every,
        counts=tuple(row for row in rows if row.metric == "count"),
        base_rates=tuple(row for row in rows if row.metric == "base_rate"),
        levels=_levels(profile),
        chapters={
            "representation": representation(profile, plan),
            "labels": labels(profile, plan),
            "missing": missing_values(profile, plan),
            "repeats": repeated_rows(profile, plan),
        },
    )


def from_audit(audit: Audit) -> People:
    """Take the people from what an audit counted, so that very many rows are not counted once more.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    People
        Sizes and base rates of the audited rows; the chapters about the data are of all rows, as always.
    """
    chapters = ("representation", "labels", "missing", "repeats")
    return People(
        groupings=audit.groupings,
        counts=tuple(row for row in audit.metrics if row.metric == "count"),
        base_rates=tuple(row for row in audit.metrics if row.metric == "base_rate"),
        levels={} if audit.basis.profile is None else _levels(audit.basis.profile),
        chapters={name: audit.chapter(name) for name in chapters},
    )


def _levels(profile: Profile) -> dict[str, tuple[str, ...]]:
    """Name the recorded groups of each sensitive column."""
    return {
        one.column: tuple(level for level in one.attribute.levels if level != one.attribute.missing)
        for one in profile.groups
    }
