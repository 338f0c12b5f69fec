"""The one function behind the screens, the command line and the notebook: data and a plan in, an audit out."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from audit.before import fitter, train_before
from audit.bench import decide, left_out, set_up, without_small
from audit.cost import Meter
from audit.counting import at_medians, count_decisions
from audit.engines.duckdb_engine import DuckDBEngine
from audit.errors import ModelError, RoleError, quote
from audit.gather.basis import gather
from audit.gather.sources import on_bench, stored
from audit.grouping import join_small, rules
from audit.lookup import groupings
from audit.metrics.authority import compare_with_fairlearn
from audit.models.split import TEST
from audit.progress import silent, within
from audit.provenance import today, versions
from audit.regret import beside_columns, with_own_models
from audit.result import Audit, assemble
from audit.roles import check_roles
from audit.rows import DataRecord, ModelRecord
from audit.uploaded import model_inputs, planned_model, run_model
from audit.work import AUDITED, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from audit.attempt import Attempt
    from audit.cells import Cells
    from audit.cost import Cost
    from audit.data.dataset import Dataset
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress
    from audit.roles import Outcomes
    from audit.tables.basis import Basis
    from audit.trial import Trial

MAY_KNOW_ROWS: Final = (
    "An uploaded model may have been trained on rows that are audited here; then it looks better than it is."
)

TEST_ROWS: Final = "test rows"
"""How the split is named when a model was trained here or the data name their test rows."""


def run(
    data: pd.DataFrame | Path | str | Dataset,
    plan: Plan,
    *,
    model: Path | str | None = None,
    keep: Callable[[MitigationChoice, Attempt], None] | None = None,
    progress: Progress = silent,
    told: Callable[[Trial, Cost], None] | None = None,
) -> Audit:
    """Audit decisions about people, by group.

    Parameters
    ----------
    data : pandas.DataFrame, path or Dataset
        One row for each person.
    plan : Plan
        Which column plays which part, where decisions come from, what is tolerated, what to try.
    model : path or None
        The model file, where the plan's model is "onnx" or "skops".
    keep : callable or None
        Given each mitigation with its first run, to take from it what is to be handed over.
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
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        progress(0.0, "Reading the data")
        dataset = open_data(data, Path(folder))
        work = prepare(
            dataset, plan, model=None if model is None else Path(model), progress=within(progress, 0.1, 0.5)
        )
        tried: list[Trial] = []
        for i, choice in enumerate(plan.mitigations):
            share = 0.5 + 0.5 * i / len(plan.mitigations)
            meter = Meter()
            part = within(progress, share, share + 0.5 / len(plan.mitigations))
            trial, first = work.try_out(choice, progress=part)
            tried.append(trial)
            if told is not None:
                told(trial, meter.read())
            if keep is not None:
                keep(choice, first)
        progress(1.0, "Done")
        return work.audit.with_trials(tried) if tried else work.audit


def open_data(data: Any, folder: Path) -> Dataset:
    """Read whatever an audit may be given.

    Parameters
    ----------
    data : pandas.DataFrame, path or Dataset
        The data.
    folder : Path
        Where the table is kept while it is needed.

    Returns
    -------
    Dataset
        The data as a table with profiles.
    """
    if isinstance(data, str | os.PathLike):
        from audit.data.ingest import ingest

        return ingest(Path(data), folder)
    if hasattr(data, "fingerprint") and hasattr(data, "columns") and hasattr(data, "path"):
        return data  # type: ignore[no-any-return] # already a Dataset
    from audit.data.ingest import ingest_frame

    return ingest_frame(data, folder)


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
    engine = DuckDBEngine()
    plan, outcomes = at_medians(dataset, plan, check_roles(dataset, plan), engine)
    how = rules(dataset, plan, engine)
    if plan.model.kind == "column":
        progress(0.2, "Counting people")
        tally = count_decisions(dataset, plan.roles, outcomes, how, engine)
        how, joined = join_small(how, tally.cells, plan.grouping)
        if joined:
            tally = count_decisions(dataset, plan.roles, outcomes, how, engine)
        data = DataRecord(
            **_about(dataset, plan, joined),
            read=tally.read,
            audited=tally.audited,
            dropped=tally.dropped,
            split=TEST_ROWS if plan.roles.split else "all rows",
        )
        record = _column_record(plan)
        basis = gather(stored(dataset, plan, outcomes, how, engine), progress=within(progress, 0.4, 0.7))
        basis = beside_columns(basis, dataset, plan, outcomes, how, progress=within(progress, 0.7, 0.9))
        return Work(
            dataset=dataset,
            plan=plan,
            outcomes=outcomes,
            model=None,
            rules=how,
            result=_finish(plan, data, record, tally.cells, basis=basis, progress=progress),
        )
    if plan.model.kind == "train":
        return _prepare_trained(dataset, plan, outcomes, how, progress)
    return _prepare_uploaded(dataset, plan, outcomes, how, model=model, progress=progress)


def _prepare_trained(dataset: Dataset, plan: Plan, outcomes: Outcomes, how: Any, progress: Progress) -> Work:
    bench = set_up(dataset, plan, outcomes, how)
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
    data = DataRecord(
        **_about(dataset, plan, joined),
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
    audited = on_bench(
        bench,
        test,
        decisions,
        before.score,
        dataset=dataset,
        plan=plan,
        outcomes=outcomes,
        rules=how,
        engine=DuckDBEngine(),
    )
    basis = gather(audited, progress=within(progress, 0.8, 0.85))
    basis = with_own_models(basis, plan, bench, test, decisions, progress=within(progress, 0.85, 0.9))
    work = Work(
        dataset=dataset,
        plan=plan,
        outcomes=outcomes,
        model=None,
        result=_finish(plan, data, record, cells, basis=basis, progress=progress),
    )
    work.bench, work.kept = bench, {AUDITED: before}
    return work


def _prepare_uploaded(
    dataset: Dataset, plan: Plan, outcomes: Outcomes, how: Any, *, model: Path | None, progress: Progress
) -> Work:
    if model is None:
        raise ModelError(
            f"The plan audits the model {quote(plan.model.name or plan.model.kind)}, but no file is given.",
            fix="Give the model file.",
            code="model_missing",
        )
    info = planned_model(model, plan)
    inputs = model_inputs(info, plan, dataset)
    from audit.models.upload import check_model

    check_model(info, dataset, inputs)
    bench = set_up(dataset, plan, outcomes, how, extra=inputs)
    if info.kind == "skops" and info.refittable:
        bench = replace(bench, features=inputs)  # it is refitted on the columns that it takes
    rows = bench.rows(TEST if plan.roles.split else None)
    bench, how, joined = without_small(bench, rows, how, plan)
    work = Work(dataset=dataset, plan=plan, outcomes=outcomes, model=model, rules=how, bench=bench)
    ran = run_model(
        (model, info),
        bench,
        inputs,
        rows,
        positive=outcomes.label,
        threshold=plan.roles.threshold,
        progress=within(progress, 0.1, 0.8),
    )
    data = DataRecord(
        **_about(dataset, plan, joined),
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
    audited = on_bench(
        bench,
        rows,
        ran.decisions,
        ran.score,
        dataset=dataset,
        plan=plan,
        outcomes=outcomes,
        rules=how,
        engine=DuckDBEngine(),
    )
    basis = gather(audited, progress=within(progress, 0.8, 0.85))
    basis = with_own_models(basis, plan, bench, rows, ran.decisions, progress=within(progress, 0.85, 0.9))
    cells = bench.cells(rows, [ran.decisions])
    return replace(work, result=_finish(plan, data, record, cells, basis=basis, progress=progress))


def _column_record(plan: Plan) -> ModelRecord:
    roles = plan.roles
    if roles.decision:
        title = f"Decisions from column {quote(roles.decision)}"
        return ModelRecord(title=title, kind="column", has_scores=roles.score is not None)
    if roles.task == "regression":
        title = f"Predictions from column {quote(roles.score or '')}, high above their median, {roles.threshold:,.6g}"
        return ModelRecord(title=title, kind="column", has_scores=True, threshold=roles.threshold)
    title = f"Scores from column {quote(roles.score or '')}, positive from {roles.threshold:g}"
    return ModelRecord(title=title, kind="column", has_scores=True, threshold=roles.threshold)


def _about(dataset: Dataset, plan: Plan, joined: tuple[str, ...] = ()) -> dict[str, Any]:
    """Name, fingerprint, notes and missing values of the columns that play a part."""
    missing = [(name, dataset.column(name).n_missing) for name in plan.roles.taken()]
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "notes": (*dataset.notes, *joined),
        "missing": tuple(sorted(((name, n) for name, n in missing if n), key=lambda item: -item[1])),
    }


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
