"""The one function behind the screens, the command line and the notebook: data and a plan in, an audit out."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from audit.attempt import attempt, fitter, own_params, stand_in, train_before, with_original
from audit.bench import Bench, column_decisions, decide, left_out, set_up, without_small
from audit.counting import at_medians, count_decisions
from audit.data.opening import open_data
from audit.data.place import engine_of
from audit.errors import AuditError, ModelError, RoleError, quote
from audit.gather.basis import gather
from audit.gather.sources import on_bench, stored
from audit.grouping import join_small, rules
from audit.lookup import groupings
from audit.metrics.authority import compare_with_fairlearn
from audit.models.split import TEST
from audit.progress import Scans, silent, within
from audit.provenance import column_record, data_record, today, versions
from audit.regret import beside_columns, with_own_models
from audit.result import Audit, assemble
from audit.roles import Outcomes, check_roles
from audit.rows import ModelRecord
from audit.sampling import in_memory, sample_notes
from audit.uploaded import model_inputs, planned_model, run_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.comparison import Trial
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.grouping import Rule
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress
    from audit.rows import DataRecord
    from audit.tables.basis import Basis

MAY_KNOW_ROWS: Final = (
    "An uploaded model may have been trained on rows that are audited here; then it looks better than it is."
)

TEST_ROWS: Final = "test rows"
"""How the split is named when a model was trained here or the data name their test rows."""


def run(
    data: Any,
    plan: Plan,
    *,
    engine: str = "",
    model: Path | str | None = None,
    progress: Progress = silent,
) -> Audit:
    """Audit decisions about people, by group.

    Parameters
    ----------
    data : pandas, Spark or Dask data frame, path, table or Dataset
        One row for each person. Folders, patterns such as "people/*.parquet", tables such as "spark:sales.people", lazy
        frames and files of more than 200 MB are counted where they lie.
    plan : Plan
        Which column plays which part, where decisions come from, what is tolerated, what to try.
    engine : {"", "duckdb", "spark", "dask"}
        Who counts rows in place; naming one leaves them where they lie.
    model : path or None
        The model file, where the plan's model is "onnx" or "skops".
    progress : callable
        Called with the share done and a message; may raise to stop the work.

    Returns
    -------
    Audit
        Rates, disparities, verdicts, findings and, for each mitigation of the plan, before, control and after.

    Raises
    ------
    AuditError
        Where the data, the plan or the model do not fit, with a sentence on how to mend it.

    Notes
    -----
    The same data and plan give the same audit. A plan without a date is dated today.
    """
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        progress(0.0, "Reading the data")
        dataset = open_data(data, Path(folder), engine=engine, progress=within(progress, 0.0, 0.1))
        work = prepare(
            dataset, plan, model=None if model is None else Path(model), progress=within(progress, 0.1, 0.5)
        )
        tried = []
        for i, choice in enumerate(plan.mitigations):
            share = 0.5 + 0.5 * i / len(plan.mitigations)
            tried.append(
                work.attempt(choice, progress=within(progress, share, share + 0.5 / len(plan.mitigations)))
            )
        progress(1.0, "Done")
        return work.audit.with_trials(tried) if tried else work.audit


@dataclass(slots=True, kw_only=True)
class Work:
    """An audit, and what trying a mitigation on it needs; the rows are loaded when they are first needed.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        The plan.
    outcomes : Outcomes
        The texts that count as positive.
    model : Path or None
        The uploaded model file.
    rules : tuple of Rule
        How the sensitive columns make groups.
    result : Audit or None
        The audit of the model as it is, once it is computed.
    bench : Bench or None
        The rows in memory.
    before : Before or None
        The model that mitigations start from.
    sample : Dataset or None
        Rows in memory for data that lie in place, once they are drawn.
    """

    dataset: Dataset
    plan: Plan
    outcomes: Outcomes
    model: Path | None
    rules: tuple[Rule, ...] = ()
    result: Audit | None = None
    bench: Bench | None = None
    before: Any = None
    sample: Dataset | None = None

    @property
    def audit(self) -> Audit:
        """The audit of the model as it is."""
        if self.result is None:
            raise RuntimeError("the audit is not computed yet")
        return self.result

    def attempt(self, choice: MitigationChoice, *, progress: Progress = silent) -> Trial:
        """Try a mitigation on the training rows and measure it on the test rows.

        Parameters
        ----------
        choice : MitigationChoice
            Which mitigation, with its settings.
        progress : callable
            Where the work reports.

        Returns
        -------
        Trial
            Decisions of every model on the same test rows.
        """
        from audit.mitigation.catalogue import make

        make(choice.id, own_params(choice))  # refuse before anything is trained
        baseline = stand_in(self.plan, choice)
        if self.before is None or (self.before.original is not None and self.before.named != baseline):
            self._train_before(baseline, within(progress, 0.0, 0.3))
        trial = attempt(self.bench, self.plan, choice, self.before, progress=within(progress, 0.3, 1.0))  # type: ignore[arg-type]
        notes = sample_notes(self.dataset, self.sample)
        return (
            replace(trial, record=replace(trial.record, notes=(*notes, *trial.record.notes)))
            if notes
            else trial
        )

    def held(self, engine: Engine | None = None, progress: Progress = silent) -> Dataset:
        """Give the rows in memory: a sample, where the data lie in place and are many.

        Parameters
        ----------
        engine : Engine or None
            Reads the rows where they lie; by default the engine of the data.
        progress : callable
            Where the work reports.

        Returns
        -------
        Dataset
            The data themselves where they do not lie in place.
        """
        if self.sample is None:
            engine = engine or engine_of(self.dataset, progress=progress)
            self.sample = in_memory(self.dataset, self.plan, engine, progress=progress)
        return self.sample

    def _train_before(self, named: str, progress: Progress) -> None:
        progress(0.0, "Training the model without a mitigation")
        plan = replace(self.plan, baseline=named)
        info = planned_model(self.model, plan) if self.model else None
        if self.bench is None:
            extra = model_inputs(info, plan, self.dataset) if info else ()
            held = self.held(progress=within(progress, 0.0, 0.2))
            self.bench = set_up(held, plan, self.outcomes, self.rules, extra=extra)
        fit, baseline = fitter(plan, self.model, info)
        threshold = 0.5 if plan.model.kind == "column" else plan.roles.threshold
        before, _ = train_before(self.bench, fit, baseline, threshold=threshold, progress=progress)
        self.before = with_original(before, self._original(info, progress), named)

    def _original(self, info: Any, progress: Progress) -> NDArray[np.int8]:
        bench, roles = self.bench, self.plan.roles
        assert bench is not None  # noqa: S101 - set by the caller
        test = bench.rows(TEST)
        if info is not None and self.model is not None:
            return run_model(
                (self.model, info),
                bench,
                model_inputs(info, self.plan, self.dataset),
                test,
                positive=self.outcomes.label,
                threshold=roles.threshold,
                progress=progress,
            ).decisions
        return column_decisions(bench, test, self.plan, self.outcomes)


def prepare(dataset: Dataset, plan: Plan, *, model: Path | None = None, progress: Progress = silent) -> Work:
    """Audit the model as it is, ready for mitigations.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        The plan; without a date it is dated today.
    model : Path or None
        The uploaded model file.
    progress : callable
        Where the work reports.

    Returns
    -------
    Work
        The audit and what mitigations need.
    """
    plan = plan if plan.dated else replace(plan, dated=today())
    dataset.check(progress=within(progress, 0.0, 0.02))
    try:
        work = _prepared(dataset, plan, model, Scans(progress))
    except AuditError:
        dataset.check()  # of a file that is being written, nothing else need be said
        raise
    # Nothing of a file that was written meanwhile may be shown as belonging to its fingerprint.
    dataset.check()
    return work


def _prepared(dataset: Dataset, plan: Plan, model: Path | None, scans: Scans) -> Work:
    engine = engine_of(dataset, progress=scans.scanning)
    plan, outcomes = at_medians(dataset, plan, check_roles(dataset, plan), engine)
    how = rules(dataset, plan, engine)
    work = Work(dataset=dataset, plan=plan, outcomes=outcomes, model=model, rules=how)
    if plan.model.kind == "column":
        work.model = None
        _prepare_column(work, engine, scans)
    elif plan.model.kind == "train":
        _prepare_trained(work, engine, scans)
    else:
        _prepare_uploaded(work, engine, scans)
    return work


def _prepare_column(work: Work, engine: Engine, progress: Progress) -> None:
    dataset, plan, outcomes, how = work.dataset, work.plan, work.outcomes, work.rules
    progress(0.2, "Counting people")
    tally = count_decisions(dataset, plan.roles, outcomes, how, engine)
    how, joined = join_small(how, tally.cells, plan.grouping)
    if joined:
        tally = count_decisions(dataset, plan.roles, outcomes, how, engine)
    work.rules = how
    basis = gather(stored(dataset, plan, outcomes, how, engine), progress=within(progress, 0.4, 0.7))
    held = (
        work.held(engine, within(progress, 0.7, 0.8))
        if plan.regret and plan.roles.task != "regression"
        else None
    )
    basis = beside_columns(basis, held or dataset, plan, outcomes, how, progress=within(progress, 0.8, 0.9))
    data = data_record(
        dataset,
        plan,
        joined=joined,
        held=held,
        read=tally.read,
        audited=tally.audited,
        dropped=tally.dropped,
        split=TEST_ROWS if plan.roles.split else "all rows",
    )
    work.result = _finish(plan, data, column_record(plan), tally.cells, basis=basis, progress=progress)


def _prepare_trained(work: Work, engine: Engine, progress: Progress) -> None:
    plan, outcomes, how = work.plan, work.outcomes, work.rules
    held = work.held(engine, within(progress, 0.0, 0.1))
    bench = set_up(held, plan, outcomes, how)
    bench, how, joined = without_small(bench, bench.rows(TEST), how, plan)
    fit, baseline = fitter(plan, None, None)
    progress(0.1, "Training the model")
    before, fitted = train_before(
        bench, fit, baseline, threshold=plan.roles.threshold, progress=within(progress, 0.1, 0.8)
    )
    test = bench.rows(TEST)
    decisions = decide(before.score, plan.roles.threshold)
    cells = bench.cells(test, [decisions])
    data = data_record(
        work.dataset,
        plan,
        joined=joined,
        held=held,
        read=bench.read,
        audited=len(test),
        dropped=left_out(bench),
        split=TEST_ROWS,
    )
    record = ModelRecord(
        title=f"{fitted.title}, trained here",
        kind="train",
        has_scores=True,
        threshold=plan.roles.threshold,
        features=fitted.features,
        notes=fitted.notes,
    )
    basis = _on_bench(work, held, (bench, how), (test, decisions, before.score), progress)
    work.model = None
    work.result = _finish(plan, data, record, cells, basis=basis, progress=progress)
    work.bench, work.before = bench, before


def _on_bench(
    work: Work, held: Dataset, seen: tuple[Bench, Any], decided: tuple[Any, Any, Any], progress: Progress
) -> Basis:
    """Count what the plan asks for over rows in memory and the decisions about them."""
    (bench, how), (rows, decisions, score) = seen, decided
    audited = on_bench(
        bench,
        rows,
        decisions,
        score,
        dataset=held,
        plan=work.plan,
        outcomes=work.outcomes,
        rules=how,
        engine=engine_of(held),
    )
    basis = gather(audited, progress=within(progress, 0.8, 0.85))
    return with_own_models(basis, work.plan, bench, rows, decisions, progress=within(progress, 0.85, 0.9))


def _prepare_uploaded(work: Work, engine: Engine, progress: Progress) -> None:
    plan, outcomes, how, model = work.plan, work.outcomes, work.rules, work.model
    if model is None:
        raise ModelError(
            f"The plan audits the model {quote(plan.model.name or plan.model.kind)}, but no file is given.",
            fix="Give the model file.",
            code="model_missing",
        )
    info = planned_model(model, plan)
    inputs = model_inputs(info, plan, work.dataset)
    from audit.models.upload import check_model

    check_model(info, work.dataset, inputs)
    held = work.held(engine, within(progress, 0.0, 0.1))
    bench = set_up(held, plan, outcomes, how, extra=inputs)
    if info.kind == "skops" and info.refittable:
        bench = replace(bench, features=inputs)  # it is refitted on the columns that it takes
    rows = bench.rows(TEST if plan.roles.split else None)
    bench, how, joined = without_small(bench, rows, how, plan)
    work.bench = bench
    ran = run_model(
        (model, info),
        bench,
        inputs,
        rows,
        positive=outcomes.label,
        threshold=plan.roles.threshold,
        progress=within(progress, 0.1, 0.8),
    )
    data = data_record(
        work.dataset,
        plan,
        joined=joined,
        held=held,
        read=bench.read,
        audited=len(rows),
        dropped=left_out(bench) if plan.roles.split else bench.dropped,
        split=TEST_ROWS if plan.roles.split else "all rows",
    )
    record = ModelRecord(
        title=f"{'ONNX' if info.kind == 'onnx' else 'scikit-learn'} model {plan.model.name or info.name}",
        kind=info.kind,
        has_scores=ran.has_scores,
        threshold=plan.roles.threshold if ran.has_scores else None,
        features=inputs,
        notes=tuple(dict.fromkeys((MAY_KNOW_ROWS, *info.notes, *ran.notes))),
    )
    basis = _on_bench(work, held, (bench, how), (rows, ran.decisions, ran.score), progress)
    cells = bench.cells(rows, [ran.decisions])
    work.result = _finish(plan, data, record, cells, basis=basis, progress=progress)


def _finish(
    plan: Plan, data: DataRecord, model: ModelRecord, cells: Cells, *, basis: Basis, progress: Progress
) -> Audit:
    progress(0.9, "Computing rates and intervals")
    parts = [cells.marginal(sensitive) for sensitive in groupings(cells.sensitive)]
    for part in parts:
        _check_reference(part, plan)
    return assemble(
        plan=plan,
        data=data,
        model=model,
        cells=cells,
        tried=(),
        authority=compare_with_fairlearn(parts),
        versions=versions(),
        basis=basis,
    )


def _check_reference(cells: Cells, plan: Plan) -> None:
    """Refuse a reference group that nobody is in; the largest group would silently stand in for it."""
    column = " × ".join(cells.sensitive)
    names = [" × ".join(group) for group in cells.groups]
    wanted = plan.grouping.references.get(column)
    if wanted is not None and wanted not in names:
        raise RoleError.unknown_value(wanted, column, names, role="reference group")


class _Callable(ModuleType):
    """Lets ``audit.run(…)`` and ``from audit import run`` work although this module is called run as well."""

    def __call__(self, *given: Any, **named: Any) -> Audit:
        return run(*given, **named)


sys.modules[__name__].__class__ = _Callable
