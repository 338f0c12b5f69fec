"""The one function behind the screens, the command line and the notebook: data and a plan in, an audit out."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from audit.attempt import Attempt
from audit.before import fitter, train_before
from audit.bench import decide, left_out, set_up, without_small
from audit.cost import Meter
from audit.counting import at_medians, count_decisions
from audit.data.opening import open_data
from audit.data.place import engine_of
from audit.errors import AuditError, ModelError, PlanError, RoleError, quote
from audit.gather.basis import gather
from audit.gather.scores import check_exact
from audit.gather.sources import on_bench, stored
from audit.grouping import join_small, rules
from audit.lookup import groupings
from audit.metrics.authority import compare_with_fairlearn
from audit.models.split import TEST
from audit.progress import Scans, silent, within
from audit.provenance import column_record, data_record, today, versions
from audit.regret import beside_columns, with_own_models
from audit.result import Audit, assemble
from audit.roles import check_roles
from audit.rows import ModelRecord
from audit.tuning.search import done_of, tune
from audit.uploaded import model_inputs, planned_model, run_model
from audit.work import AUDITED, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.bench import Bench
    from audit.cells import Cells
    from audit.cost import Cost
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.handover.files import Adopted
    from audit.plan import Plan
    from audit.progress import Progress
    from audit.rows import DataRecord
    from audit.tables.basis import Basis
    from audit.trial import Trial

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
    keep: Callable[[Trial, Attempt], None] | None = None,
    progress: Progress = silent,
    told: Callable[[Trial, Cost], None] | None = None,
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
    keep : callable or None
        Given each mitigation that was tried on rows with its first run, to take from it what is to be handed over.
    progress : callable
        Called with the share done and a message; may raise to stop the work.
    told : callable or None
        Called after each mitigation with what came of it and what it cost.

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
    return run_and_adopt(data, plan, engine=engine, model=model, keep=keep, progress=progress, told=told)[0]


def run_and_adopt(
    data: Any,
    plan: Plan,
    *,
    engine: str = "",
    model: Path | str | None = None,
    adopt: int | None = None,
    keep: Callable[[Trial, Attempt], None] | None = None,
    progress: Progress = silent,
    told: Callable[[Trial, Cost], None] | None = None,
) -> tuple[Audit, Adopted | None]:
    """Audit decisions about people and write the model of one of the plan's mitigations as files.

    Parameters
    ----------
    data : object
        As :func:`run` takes it.
    plan : Plan
        As :func:`run` takes it.
    engine : {"", "duckdb", "spark", "dask"}
        As :func:`run` takes it.
    model : path or None
        The model file, where the plan's model is "onnx" or "skops".
    adopt : int or None
        Place of the mitigation in the plan, from 0; None adopts none.
    keep : callable or None
        As :func:`run` takes it.
    progress : callable
        Called with the share done and a message; may raise to stop the work.
    told : callable or None
        Called after each mitigation with what came of it and what it cost.

    Returns
    -------
    audit : Audit
        As :func:`run` gives it.
    adopted : Adopted or None
        The files of the model after the mitigation.

    Raises
    ------
    AuditError
        Where the data, the plan or the model do not fit, or no file can hold the model, with a sentence on how to mend
        it.
    """
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        progress(0.0, "Reading the data")
        dataset = open_data(data, Path(folder), engine=engine, progress=within(progress, 0.0, 0.1))
        work = prepare(
            dataset, plan, model=None if model is None else Path(model), progress=within(progress, 0.1, 0.5)
        )
        tried: list[Trial] = []
        adopted = None
        parts = len(plan.mitigations) + bool(plan.tuning.trials)
        for i, choice in enumerate(plan.mitigations):
            meter = Meter()
            part = _part(progress, i, parts)
            trial, first = work.try_any(choice, progress=part)
            if keep is not None and isinstance(first, Attempt):
                keep(trial, first)
            if i == adopt:
                adopted = work.hand_over(first, trial)
            tried.append(trial)
            if told is not None:
                told(trial, meter.read())
        result = work.audit.with_trials(tried) if tried else work.audit
        if plan.tuning.trials:
            study = tune(work, progress=_part(progress, parts - 1, parts))
            result = replace(result, study=study, plan=done_of(result.plan, study))
        progress(1.0, "Done")
        return result, adopted


def _part(progress: Progress, place: int, parts: int) -> Progress:
    """Give one of several mitigations its share of the second half."""
    return within(progress, 0.5 + 0.5 * place / parts, 0.5 + 0.5 * (place + 1) / parts)


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
    outcomes = check_roles(dataset, plan)
    check_exact(dataset, plan)
    plan, outcomes = at_medians(dataset, plan, outcomes, engine)
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
    if not 0 <= plan.roles.threshold <= 1:
        raise PlanError(
            f"A threshold of {plan.roles.threshold:g} gives everybody the same decision.",
            why="A model trained here gives probabilities, between 0 and 1.",
            fix="Choose a threshold between 0 and 1, such as 0.5.",
            code="threshold_not_probability",
        )
    held = work.held(engine, within(progress, 0.0, 0.1))
    bench = set_up(held, plan, outcomes, how)
    bench, how, joined = without_small(bench, bench.rows(TEST), how, plan)
    fit, baseline = fitter(plan, None, None)
    progress(0.1, "Training the model")
    before = train_before(
        bench, fit, baseline, threshold=plan.roles.threshold, progress=within(progress, 0.1, 0.8)
    )
    fitted = before.fitted
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
    work.bench, work.kept = bench, {AUDITED: before}


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
