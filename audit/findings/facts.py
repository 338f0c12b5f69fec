"""What a check may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.cells import Cells
    from audit.plan import Plan
    from audit.rows import (
        Authority,
        ComparisonRow,
        DataRecord,
        DisparityRow,
        MetricRow,
        ModelRecord,
        TrialRecord,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Everything an audit knows before its findings are drawn from it.

    Parameters
    ----------
    plan, data, model, cells, groupings, metrics, disparities, larger, trials, comparison, authority
        As in :class:`audit.result.Audit`.
    """

    plan: Plan
    data: DataRecord
    model: ModelRecord
    cells: Cells
    groupings: tuple[tuple[str, ...], ...]
    metrics: tuple[MetricRow, ...]
    disparities: tuple[DisparityRow, ...]
    larger: tuple[DisparityRow, ...]
    trials: tuple[TrialRecord, ...]
    comparison: tuple[ComparisonRow, ...]
    authority: Authority

    def rows(self, metric: str, comparison: str) -> list[DisparityRow]:
        """Give one disparity over every grouping, in the order of the groupings."""
        return [row for row in self.disparities if (row.metric, row.comparison) == (metric, comparison)]

    def rate(
        self, metric: str, sensitive: tuple[str, ...], group: tuple[str, ...] | None
    ) -> MetricRow | None:
        """Look up one rate, where it is listed."""
        for row in self.metrics:
            if (row.metric, row.sensitive, row.group) == (metric, sensitive, group):
                return row
        return None
