"""What a check may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.cells import Cells
    from audit.plan import Plan
    from audit.rows import Authority, ComparisonRow, DataRecord, DisparityRow, MetricRow, ModelRecord
    from audit.rows.trials import TrialRecord
    from audit.tables.basis import Basis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Everything an audit knows before its findings are drawn from it.

    Parameters
    ----------
    plan, data, model, cells, basis, groupings, metrics, disparities, larger, trials, comparison, authority
        As in :class:`audit.result.Audit`.
    chapter : callable
        Gives the rows of a chapter by its id; the first call computes them, so only what is cheap is asked for.
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
    basis: Basis
    chapter: Callable[[str], tuple[Any, ...]]

    def rows(self, metric: str, comparison: str) -> list[DisparityRow]:
        """Give one disparity over every grouping, in the order of the groupings.

        Parameters
        ----------
        metric : str
            Id of a rate or criterion.
        comparison : {"difference", "ratio", "worst_group", "to_reference"}
            Which comparison.

        Returns
        -------
        list of DisparityRow
            The rows.
        """
        return [row for row in self.disparities if (row.metric, row.comparison) == (metric, comparison)]

    def rate(
        self, metric: str, sensitive: tuple[str, ...], group: tuple[str, ...] | None
    ) -> MetricRow | None:
        """Look up one rate, where it is listed.

        Parameters
        ----------
        metric : str
            Id of the rate.
        sensitive : tuple of str
            The columns that make the groups.
        group : tuple of str or None
            The group; None for everybody.

        Returns
        -------
        MetricRow or None
            The rate; None where it is not listed.
        """
        for row in self.metrics:
            if (row.metric, row.sensitive, row.group) == (metric, sensitive, group):
                return row
        return None
