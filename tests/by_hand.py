"""Small tables counted by hand, and the rows that an audit makes of them."""

from __future__ import annotations

import numpy as np

from audit.cells import Attribute, Cells
from audit.chapters.case import Case
from audit.disparity.compare import disparity_rows, metric_rows
from audit.disparity.verdict import judge
from audit.plan import Plan, Roles
from audit.tables.basis import Basis

PLAN = Plan(replicates=100)
NEGATIVE = Plan(replicates=100, roles=Roles(favourable="negative"))


def people(weights=None, missing=None, **groups):
    """Cells of one column g from (TN, FP, FN, TP) of each group."""
    n = np.array([[[tn, fp], [fn, tp]] for tn, fp, fn, tp in groups.values()], dtype=float)
    levels = tuple(name.replace("_", " ") for name in groups)
    attribute = Attribute(column="g", levels=levels, missing=missing)
    return Cells(
        attributes=(attribute,), groups=tuple((level,) for level in levels), n=n, w=n.copy(), w2=n.copy()
    )


def weighted(cells, factor):
    """Cells in which every row of a group weighs the same factor."""
    f = np.asarray(factor, dtype=float)[:, None, None]
    return Cells(
        attributes=cells.attributes,
        groups=cells.groups,
        n=cells.n,
        w=cells.n * f,
        w2=cells.n * f * f,
        weighted=True,
    )


def rates(cells, plan=PLAN):
    return {(row.metric, row.group and row.group[0]): row for row in metric_rows(cells, plan)}


def disparities(cells, plan=PLAN):
    judged = judge(disparity_rows(cells, plan), plan.tolerances)
    return {row.id: row for row in judged if row.comparison != "to_reference"}


def case(cells, plan=PLAN, clusters=None):
    """What a chapter of one grouping is computed from, where it looks at the cells alone."""
    return Case(
        plan=plan,
        data=None,
        model=None,
        cells=cells,
        basis=Basis(clusters=clusters),
        groupings=(cells.sensitive,),
        metrics=(),
        disparities=(),
        larger=(),
        chapter=dict,
    )


def value(cells, name, plan=PLAN):
    return disparities(cells, plan)[name].value


# a: n 8, TPR .75, selected 4; b: n 6, TPR .5, selected 2; c: n 4, no positives, selected 1.
TOY = people(a=(3, 1, 1, 3), b=(3, 1, 1, 1), c=(3, 1, 0, 0))
