"""Who is in the data before any decision is looked at: sizes, base rates and missing values by group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.counting import count_decisions
from audit.disparity.compare import metric_rows
from audit.engines.duckdb_engine import DuckDBEngine
from audit.grouping import codes_in_memory, rules
from audit.plan import Plan
from audit.result import groupings
from audit.roles import Outcomes, check_roles

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.rows import MetricRow

_MOST_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is in the data.

    Parameters
    ----------
    groupings : tuple of tuple of str
        Each sensitive column, then all of them together.
    counts, base_rates : tuple of MetricRow
        People, and their share of positive labels, of everybody and of each group.
    missing : tuple of (sensitive column, column, tuple of (group, missing, rows))
        Values that were not recorded, for the columns that play a part.
    """

    groupings: tuple[tuple[str, ...], ...]
    counts: tuple[MetricRow, ...]
    base_rates: tuple[MetricRow, ...]
    missing: tuple[tuple[str, str, tuple[tuple[str, int, int], ...]], ...]


def people(dataset: Dataset, plan: Plan) -> People:
    """Count labels and missing values by group, over all rows.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Label, sensitive features and how they make groups.

    Returns
    -------
    People
        Sizes, base rates and missing values.
    """
    roles = plan.roles
    plain = Plan(
        roles=replace(
            roles,
            decision=roles.label,
            decision_positive=(roles.positive,),
            score=None,
            split=None,
        ),
        grouping=plan.grouping,
        confidence=plan.confidence,
    )
    label = check_roles(dataset, plain).label
    outcomes = Outcomes(label=label, decision=frozenset({label}))
    how = rules(dataset, plain, DuckDBEngine())
    cells = count_decisions(dataset, plain.roles, outcomes, how, DuckDBEngine()).cells
    every = groupings(roles.sensitive)
    rows = [row for sensitive in every for row in metric_rows(cells.marginal(sensitive), plain)]
    return People(
        groupings=every,
        counts=tuple(row for row in rows if row.metric == "count"),
        base_rates=tuple(row for row in rows if row.metric == "base_rate"),
        missing=_missing(dataset, plain),
    )


def _missing(dataset: Dataset, plan: Plan) -> tuple[tuple[str, str, tuple[tuple[str, int, int], ...]], ...]:
    part = [*plan.roles.taken(), *(plan.roles.features or dataset.names)]
    gaps = [name for name in dict.fromkeys(part) if dataset.column(name).n_missing]
    gaps = sorted(gaps, key=lambda name: -dataset.column(name).n_missing)[:_MOST_COLUMNS]
    if not gaps:
        return ()
    found = []
    for rule in rules(dataset, plan, DuckDBEngine()):
        frame = dataset.frame(list(dict.fromkeys([rule.column, *gaps])))
        attribute, codes = codes_in_memory(rule, frame[rule.column])
        sizes = np.bincount(codes, minlength=len(attribute.levels))
        for name in gaps:
            if name != rule.column:
                absent = np.bincount(codes[frame[name].isna().to_numpy()], minlength=len(attribute.levels))
                counted = zip(attribute.levels, absent.tolist(), sizes.tolist(), strict=True)
                found.append((rule.column, name, tuple((str(g), int(m), int(n)) for g, m, n in counted)))
    return tuple(found)
