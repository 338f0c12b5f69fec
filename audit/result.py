"""The audit itself: one frozen value that the screen, the report, the JSON and the command line show.

It holds what was counted (the cells) and everything that follows from it. Reading an audit back from JSON computes it
again from its cells, so the file can be checked by anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import orjson

from audit.chapters.case import Case
from audit.chapters.catalogue import chapters
from audit.comparison import compare
from audit.disparity.compare import changed_over_larger, disparity_rows, metric_rows, rests_on_few
from audit.disparity.verdict import judge, judge_among
from audit.findings.catalogue import find
from audit.findings.facts import Facts
from audit.inference.clusters import ties
from audit.lookup import disparity_row, group_rows, groupings, metric_row
from audit.names import FAMILIES, FAMILY
from audit.plan import Plan, with_tolerance
from audit.rows import DisparityRow
from audit.saved import parts_of, to_plain
from audit.tables.basis import Basis
from audit.trial import Trial, number_repeats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.cells import Cells
    from audit.rows import Authority, ComparisonRow, DataRecord, Finding, MetricRow, ModelRecord
    from audit.rows.studies import Study
    from audit.rows.trials import TrialRecord
    from audit.tables.protection import Protection

LARGER_GROUPS = 30
"""Where an extreme group rests on fewer people than this, the gap over the larger groups is shown beside it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit:
    """What is known about how a system treats groups of people.

    Parameters
    ----------
    plan : Plan
        What was asked.
    data : DataRecord
        What it was asked of.
    model : ModelRecord
        Where the decisions came from.
    cells : Cells
        Audited people by group, label and decision, over the intersection of all sensitive columns.
    tried : tuple of Trial
        Mitigations that were tried.
    authority : Authority
        How the rates agree with Fairlearn's.
    versions : mapping of str to str
        Releases of the packages that computed it.
    metrics : tuple of MetricRow
        Rates of every group of every grouping.
    disparities : tuple of DisparityRow
        How far the groups are apart, with verdicts.
    larger : tuple of DisparityRow
        The criteria over groups of at least 30 people in the denominator.
    findings : tuple of Finding
        What matters most, in sentences.
    comparison : tuple of ComparisonRow
        Before, control and after each mitigation.
    basis : Basis
        What was counted besides the cells; the chapters are computed from it.
    kept : dict of str to tuple
        Chapters that have been computed already.
    protection : Protection or None
        What was withheld before it left the house; None where nothing is.
    study : Study or None
        What a search over repairs found; None where none was made.
    """

    plan: Plan
    data: DataRecord
    model: ModelRecord
    cells: Cells
    tried: tuple[Trial, ...]
    authority: Authority
    versions: Mapping[str, str]
    metrics: tuple[MetricRow, ...]
    disparities: tuple[DisparityRow, ...]
    larger: tuple[DisparityRow, ...]
    findings: tuple[Finding, ...]
    comparison: tuple[ComparisonRow, ...]
    basis: Basis = field(default_factory=Basis)
    kept: dict[str, tuple[Any, ...]] = field(default_factory=dict, repr=False)
    protection: Protection | None = None
    study: Study | None = None

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """The groupings: each sensitive column, then their full intersection."""
        return groupings(self.cells.sensitive)

    @property
    def verdicts(self) -> tuple[DisparityRow, ...]:
        """Every disparity that the plan gives a tolerance, of rates and of other measures."""
        return tuple(row for row in self.disparities if row.verdict is not None) + _further(self)

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """What was tried, without the numbers."""
        return tuple(trial.record for trial in self.tried)

    def chapter(self, name: str) -> tuple[Any, ...]:
        """Give the rows of a chapter; they are computed when they are first asked for.

        Parameters
        ----------
        name : str
            Id of a chapter of :func:`audit.chapters.catalogue.chapters`.

        Returns
        -------
        tuple of rows
            Frozen rows of the chapter's kinds; empty where the audit gives no reason for it.
        """
        if self.protection is not None:
            return ()  # chapters are finer than what is left
        if name not in self.kept:
            rows = tuple(chapters()[name].rows(_case(self)))
            self.kept[name] = judge_among(rows, self.plan.tolerances) if name in FAMILIES else rows
        return self.kept[name]

    def groups(self, sensitive: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Name the groups of one grouping in display order.

        Parameters
        ----------
        sensitive : sequence of str
            One of :attr:`groupings`.

        Returns
        -------
        tuple of tuple of str
            The groups that have somebody in them.
        """
        return tuple(row.group for row in self.metric_rows("count", sensitive) if row.group is not None)

    def metric(self, metric: str, sensitive: Sequence[str], group: Sequence[str] | None = None) -> MetricRow:
        """Look up one rate or other measure.

        Parameters
        ----------
        metric : str
            Id of the rate or of a measure of :data:`audit.names.FAMILIES`.
        sensitive : sequence of str
            One of :attr:`groupings`.
        group : sequence of str or None
            The group; None for everybody.

        Returns
        -------
        MetricRow
            The rate with its interval.

        Raises
        ------
        KeyError
            Where there is no such rate.
        """
        return metric_row(self._holding(metric, self.metrics), metric, sensitive, group)

    def metric_rows(self, metric: str, sensitive: Sequence[str]) -> tuple[MetricRow, ...]:
        """Look up one rate of every group of a grouping, without everybody.

        Parameters
        ----------
        metric : str
            Id of the rate.
        sensitive : sequence of str
            One of :attr:`groupings`.

        Returns
        -------
        tuple of MetricRow
            One row for each group in display order.
        """
        return group_rows(self._holding(metric, self.metrics), metric, sensitive)

    def disparity(self, metric: str, comparison: str, sensitive: Sequence[str]) -> DisparityRow:
        """Look up one disparity.

        Parameters
        ----------
        metric : str
            Id of a rate, a criterion or a measure of :data:`audit.names.FAMILIES`.
        comparison : {"difference", "ratio", "worst_group"}
            Which comparison.
        sensitive : sequence of str
            One of :attr:`groupings`.

        Returns
        -------
        DisparityRow
            The disparity with its interval and verdict.

        Raises
        ------
        KeyError
            Where there is no such disparity.
        """
        return disparity_row(self._holding(metric, self.disparities), metric, comparison, sensitive)

    def _holding(self, metric: str, rates: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give the rows that hold a measure: those of its chapter where it is not a rate."""
        return self.chapter(FAMILY[metric]) if metric in FAMILY else rates

    def over_larger_groups(self, row: DisparityRow) -> DisparityRow | None:
        """Give a disparity over the groups with at least 30 people in its denominator, where that differs.

        Parameters
        ----------
        row : DisparityRow
            A difference or ratio.

        Returns
        -------
        DisparityRow or None
            The disparity over the larger groups; None where every extreme group is large enough.
        """
        for other in self.larger:
            if (other.metric, other.comparison, other.sensitive) == (
                row.metric,
                row.comparison,
                row.sensitive,
            ):
                return other
        return None

    def with_tolerance(self, name: str, value: float | None) -> Audit:
        """Change one tolerance; verdicts and findings follow, nothing is computed again.

        Parameters
        ----------
        name : str
            A disparity's id, such as "equal_opportunity_difference".
        value : float or None
            The tolerance; None removes the criterion.

        Returns
        -------
        Audit
            A new audit.
        """
        return self.with_plan(with_tolerance(self.plan, name, value))

    def with_plan(self, plan: Plan) -> Audit:
        """Take over a plan that differs only in tolerances, population, texts, date or sections.

        Parameters
        ----------
        plan : Plan
            The changed plan.

        Returns
        -------
        Audit
            A new audit with the same numbers.
        """
        disparities = judge(self.disparities, plan.tolerances)
        larger = judge(self.larger, plan.tolerances)
        kept = {
            name: judge_among(rows, plan.tolerances) if name in FAMILIES else rows
            for name, rows in self.kept.items()
            if not chapters()[name].judged
        }
        changed = replace(self, plan=plan, disparities=disparities, larger=larger, kept=kept)
        return replace(changed, findings=find(_facts(changed)))

    def with_trials(self, tried: Sequence[Trial]) -> Audit:
        """Take over other mitigations; the audit of the model stays as it is.

        Parameters
        ----------
        tried : sequence of Trial
            The mitigations.

        Returns
        -------
        Audit
            A new audit.
        """
        named = number_repeats(tried)
        rows = tuple(row for trial in named for row in compare(trial, self.plan, self.groupings))
        changed = replace(self, tried=named, comparison=rows)
        return replace(changed, findings=find(_facts(changed)))

    def to_dict(self) -> dict[str, Any]:
        """Give the audit as plain values, as ``docs/audit.schema.json`` describes them.

        Returns
        -------
        dict
            Ready for JSON; undefined numbers are None.
        """
        return to_plain(self)

    def to_json(self) -> str:
        """Give the audit as the text of a file.

        Returns
        -------
        str
            JSON in full precision, the same text for the same audit.
        """
        raw = self.to_dict()
        # The tables have many short rows: indented, each number would take a line of its own.
        raw["basis"] = orjson.Fragment(orjson.dumps(raw["basis"]))
        return orjson.dumps(raw, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Audit:
        """Read an audit from JSON; what follows from its cells is computed again.

        Parameters
        ----------
        text : str or bytes
            What :meth:`to_json` gave.

        Returns
        -------
        Audit
            The same audit.

        Raises
        ------
        InputError
            Where the text is not an audit of this release.
        """
        parts, study = parts_of(text)
        return replace(assemble(**parts), study=study)


def assemble(
    *,
    plan: Plan,
    data: DataRecord,
    model: ModelRecord,
    cells: Cells,
    tried: Sequence[Trial],
    authority: Authority,
    versions: Mapping[str, str],
    basis: Basis | None = None,
) -> Audit:
    """Compute everything that follows from the cells.

    Parameters
    ----------
    plan : Plan
        What was asked.
    data : DataRecord
        What it was asked of.
    model : ModelRecord
        Where the decisions came from.
    cells : Cells
        Audited people over the intersection of all sensitive columns.
    tried : sequence of Trial
        Mitigations that were tried.
    authority : Authority
        How the rates agree with Fairlearn's.
    versions : mapping of str to str
        Releases of the packages.
    basis : Basis or None
        What was counted besides the cells.

    Returns
    -------
    Audit
        The audit; the same parts always give the same audit.
    """
    metrics: list[MetricRow] = []
    disparities: list[DisparityRow] = []
    larger: list[DisparityRow] = []
    robust = replace(
        plan, grouping=replace(plan.grouping, min_size=max(LARGER_GROUPS, plan.grouping.min_size))
    )
    for sensitive in groupings(cells.sensitive):
        part = cells.marginal(sensitive)
        tied = ties(basis.clusters if basis else None, part)
        metrics += metric_rows(part, plan, ties=tied)
        rows = disparity_rows(part, plan, ties=tied)
        disparities += rows
        if rests_on_few(part, plan, LARGER_GROUPS):
            larger += changed_over_larger(rows, disparity_rows(part, robust, chance=False, ties=tied))
    base = Audit(
        plan=plan,
        data=data,
        model=model,
        cells=cells,
        tried=(),
        authority=authority,
        versions=versions,
        metrics=tuple(metrics),
        disparities=judge(disparities, plan.tolerances),
        larger=judge(larger, plan.tolerances),
        findings=(),
        comparison=(),
        basis=basis or Basis(),
    )
    return base.with_trials(tried)


def _further(audit: Audit) -> tuple[DisparityRow, ...]:
    """Give the disparities of measures that are no rates, where the plan names them: no other chapter is computed."""
    named = {
        FAMILY[name]
        for name in FAMILY
        if {f"{name}_difference", f"{name}_worst_group"} & audit.plan.tolerances.keys()
    }
    rows = (row for name in FAMILIES if name in named for row in audit.chapter(name))
    return tuple(row for row in rows if isinstance(row, DisparityRow) and row.verdict is not None)


def _case(audit: Audit) -> Case:
    return Case(**{each.name: getattr(audit, each.name) for each in fields(Case)})


def _facts(audit: Audit) -> Facts:
    return Facts(
        plan=audit.plan,
        data=audit.data,
        model=audit.model,
        cells=audit.cells,
        groupings=audit.groupings,
        metrics=audit.metrics,
        disparities=(*audit.disparities, *_further(audit)),
        larger=audit.larger,
        trials=audit.trials,
        comparison=audit.comparison,
        authority=audit.authority,
        basis=audit.basis,
        chapter=audit.chapter,
    )
