"""A case for the chapters from cells alone, as an audit would make it."""

from __future__ import annotations

from audit.chapters.case import Case
from audit.disparity.compare import disparity_rows, metric_rows
from audit.disparity.verdict import judge
from audit.inference.clusters import ties
from audit.lookup import groupings
from audit.rows import DataRecord, ModelRecord
from audit.tables.basis import Basis


def case_of(cells, plan, basis=None, chance=False):
    basis = basis or Basis()
    metrics, disparities = [], []
    for sensitive in groupings(cells.sensitive):
        part = cells.marginal(sensitive)
        tied = ties(basis.clusters, part)
        metrics += metric_rows(part, plan, ties=tied)
        disparities += disparity_rows(part, plan, chance=chance, ties=tied)

    def chapter(name):
        raise KeyError(name)

    return Case(
        plan=plan,
        data=DataRecord(name="cells", fingerprint="", read=cells.total, audited=cells.total),
        model=ModelRecord(title="Decisions in a column", kind="column"),
        cells=cells,
        basis=basis,
        groupings=groupings(cells.sensitive),
        metrics=tuple(metrics),
        disparities=judge(disparities, plan.tolerances),
        larger=(),
        chapter=chapter,
    )
