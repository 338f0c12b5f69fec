"""What jobs do: run an audit, try a mitigation, hand over its model or its rows, search; results go to the store."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from audit.before import BASELINE, SEEDS
from audit.cost import Cost, Meter
from audit.errors import StoreError
from audit.plan import MitigationChoice, Plan, Tuning
from audit.progress import silent, within
from audit.reading import build
from audit.result import Audit
from audit.rows import plain
from audit.rows.studies import Study
from audit.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from audit.attempt import Attempt
    from audit.binned import Counted
    from audit.data.dataset import Dataset
    from audit.mitigation.repair import Aids
    from audit.progress import Progress
    from audit.store import Store
    from audit.work import Work


def run_audit(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Audit the model of an audit's plan and keep the result.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        Nothing is read from it.
    progress : callable
        Where the work reports.
    """
    del payload
    from audit.run import prepare

    dataset, plan, model = _inputs(store, audit_id)
    progress(0.02, "Reading the data")
    work = prepare(dataset, plan, model=model, progress=within(progress, 0.05, 0.95))
    store.save_result(audit_id, work.audit.to_json(), summary(work.audit))


def open_place(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Look at data in a data folder, give them to an audit and propose the roles of their columns.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        "folder", one of those that the administrator names, "inside", what lies in it, and "engine".
    progress : callable
        Where the work reports.

    Raises
    ------
    InputError
        Where the folder is not offered any more, the path leads out of it, or the data cannot be read.
    """
    from audit.data.folders import inside, offered
    from audit.data.guess import guess_roles
    from audit.data.inplace import open_in_place

    root = offered(str(payload["folder"]))
    path = inside(root, str(payload["inside"]))
    dataset = open_in_place(path, engine=str(payload.get("engine", "")), root=root, progress=progress)
    plan = Plan.from_dict(store.get(audit_id).plan)
    store.save_dataset(audit_id, dataset, plan=replace(plan, roles=guess_roles(dataset)))


def mitigate(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Try one mitigation on an audit and keep what came of it.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        "mitigation", its id, and "params", its settings.
    progress : callable
        Where the work reports.
    """
    from audit.mitigation.synthesis.shelf import tidy
    from audit.run import prepare

    dataset, plan, model = _inputs(store, audit_id)
    base = store.result(audit_id)
    if base is None:
        raise StoreError("There is no audit yet to improve on.", fix="Run the audit first.", code="no_result")
    params = dict(payload.get("params", {}))
    if plan.model.kind != "train":
        params.setdefault(BASELINE, plan.baseline)
    choice = MitigationChoice(id=str(payload["mitigation"]), params=params)
    progress(0.02, "Reading the data")
    # The plan's date and seed are those of the result, so that the trial belongs to it.
    # A model of each group's own is known already, and no repair needs it.
    plan = replace(Audit.from_json(base).plan, baseline=plan.baseline, regret=False)
    work = prepare(dataset, plan, model=model, progress=within(progress, 0.02, 0.3))
    work.aids = _aids(store, audit_id)
    meter = Meter()
    trial = work.attempt(choice, progress=within(progress, 0.3, 1.0))
    tidy(store.unfinished_folder(audit_id))
    kept = {**trial.to_dict(), "cost": asdict(meter.read())}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    store.save_trial(audit_id, trial_key(choice), text)


def adopt(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Train the model of a mitigation that was tried once more and keep it as files.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        "trial", the key of the mitigation that was tried.
    progress : callable
        Where the work reports.

    Raises
    ------
    StoreError
        Where the trial is gone, or where the model decides otherwise than when it was tried.
    ModelError
        Where no file can hold the model.
    """
    key = str(payload["trial"])
    work, trial, first = _once_more(store, audit_id, key, within(progress, 0.0, 0.9))
    progress(0.9, "Writing the files")
    store.save_adopted(audit_id, key, work.hand_over(first, trial).zipped())


def take_rows(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Make the rows of a mitigation that was tried once more and keep them as files.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        "trial", the key of the mitigation that was tried; "rows", real and made ones ("augmented") or made ones only
        ("made"); "kind", the format of the table.
    progress : callable
        Where the work reports.

    Raises
    ------
    StoreError
        Where the trial is gone, or where the model decides otherwise than when it was tried.
    AuditError
        Where no rows were made, or the table is too large.
    """
    from audit.handover.rows import Asked, row_files
    from audit.models.skops_write import zipped

    key = str(payload["trial"])
    asked = Asked(rows=str(payload["rows"]), kind=str(payload["kind"]))
    work, trial, first = _once_more(store, audit_id, key, within(progress, 0.0, 0.9))
    progress(0.9, "Writing the files")
    files = row_files(first, trial, work.dataset, work.plan, asked)
    store.save_adopted(audit_id, key, zipped(files), part=asked.part)


def _once_more(
    store: Store, audit_id: str, key: str, progress: Progress
) -> tuple[Work, Trial, Attempt | Counted]:
    """Run a mitigation that was tried again, and refuse what decides otherwise than it did."""
    from audit.mitigation.synthesis.shelf import tidy
    from audit.run import prepare

    dataset, plan, model = _inputs(store, audit_id)
    base, text = store.result(audit_id), store.trials(audit_id).get(key)
    if base is None or text is None:
        raise StoreError(
            "The repair is no longer part of the audit.",
            fix="Try it again, then make the files.",
            code="unknown_trial",
        )
    trial = Trial.from_dict(json.loads(text))
    progress(0.02, "Reading the data")
    plan = replace(Audit.from_json(base).plan, baseline=plan.baseline, regret=False)
    work = prepare(dataset, plan, model=model, progress=within(progress, 0.02, 0.33))
    work.aids = _aids(store, audit_id)
    once = MitigationChoice(id=trial.record.mitigation, params={**trial.record.params, SEEDS: 1})
    again, first = work.try_any(once, progress=within(progress, 0.33, 1.0))
    tidy(store.unfinished_folder(audit_id))
    if again.cells.to_dict() != trial.cells.to_dict():
        raise StoreError(
            "The model does not decide as it did when the repair was tried.",
            why="The data, the settings or the installed versions are others than they were.",
            fix="Try the repair again, then make the files.",
            code="decisions_changed",
        )
    return work, trial, first


def search(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Search the subgroups that an audit's plan asks for and add what was counted to its result.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        Nothing is read from it.
    progress : callable
        Where the work reports.

    Raises
    ------
    StoreError
        Where there is no result yet, or where its decisions are not those of today.

    Notes
    -----
    The other numbers of the audit and the mitigations that were tried stay as they are. A model that is trained here
    is trained again, which gives the same decisions.
    """
    del payload
    from audit.run import prepare

    dataset, plan, model = _inputs(store, audit_id)
    text = store.result(audit_id)
    if text is None:
        raise StoreError("There is no audit yet to search in.", fix="Run the audit first.", code="no_result")
    base = Audit.from_json(text)
    progress(0.02, "Reading the data")
    asked = replace(base.plan, search=plan.search, regret=False)
    work = prepare(dataset, asked, model=model, progress=within(progress, 0.05, 0.95))
    if work.audit.cells.to_dict() != base.cells.to_dict():
        raise StoreError(
            "The decisions are not the ones that were audited.",
            why="The model decides differently than when the audit was run.",
            fix="Run the audit again; the search is run with it.",
            code="decisions_changed",
        )
    changed = replace(base.plan, search=plan.search)
    basis = replace(base.basis, searched=work.audit.basis.searched)
    result = replace(base, plan=changed, basis=basis, kept={}).with_plan(changed)
    store.save_result(audit_id, result.to_json(), summary(result))


def tune(store: Store, audit_id: str, payload: Mapping[str, Any], progress: Progress = silent) -> None:
    """Search repairs and their settings as an audit's plan asks, and keep what was found.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.
    payload : mapping
        Nothing is read from it.
    progress : callable
        Where the work reports.

    Raises
    ------
    StoreError
        Where there is no result yet.

    Notes
    -----
    Every try is kept at once: a search that was cancelled or that died is continued by the next one that asks the same.
    """
    del payload
    from audit.run import prepare
    from audit.tuning.journal import InStore
    from audit.tuning.search import done_of, journal_name
    from audit.tuning.search import tune as searched

    dataset, plan, model = _inputs(store, audit_id)
    text = store.result(audit_id)
    if text is None:
        raise StoreError("There is no audit yet to improve on.", fix="Run the audit first.", code="no_result")
    asked = tuning_plan(Audit.from_json(text).plan, plan)
    progress(0.01, "Reading the data")
    work = prepare(dataset, asked, model=model, progress=within(progress, 0.01, 0.1))
    work.aids = _aids(store, audit_id)
    journal = InStore(store=store, audit_id=audit_id, name=journal_name(dataset.fingerprint, asked))
    study = searched(work, journal=journal, progress=within(progress, 0.1, 1.0))
    kept = {"tuning": done_of(asked, study).to_dict()["tuning"], "study": plain(study)}
    store.save_study(audit_id, json.dumps(kept, ensure_ascii=False, sort_keys=True))


def tuning_plan(base: Plan, current: Plan) -> Plan:
    """Give the plan that a search over repairs runs: the one of the result, with what is asked now.

    Parameters
    ----------
    base : Plan
        The plan of the audit's result: its seed and its roles.
    current : Plan
        The audit's plan of now.

    Returns
    -------
    Plan
        A model of each group's own is known already, and no repair needs it.
    """
    return replace(base, baseline=current.baseline, tuning=current.tuning, regret=False)


def load_audit(store: Store, audit_id: str) -> Audit | None:
    """Put an audit together from what the store holds.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.

    Returns
    -------
    Audit or None
        The audit with its mitigations and with the texts, tolerances, population and sections of its current plan; None
        before its first run.
    """
    text = store.result(audit_id)
    if text is None:
        return None
    base = Audit.from_json(text)
    trials = [Trial.from_dict(json.loads(raw)) for _, raw in sorted(store.trials(audit_id).items())]
    current = Plan.from_dict(store.get(audit_id).plan)
    choices = tuple(MitigationChoice(id=t.record.mitigation, params=dict(t.record.params)) for t in trials)
    plan = replace(
        base.plan,
        baseline=current.baseline,
        about=current.about,
        tolerances=current.tolerances,
        population=current.population,
        sections=current.sections,
        mitigations=choices,
    )
    kept = store.study(audit_id)
    if kept is not None:
        raw = json.loads(kept)
        plan = replace(plan, tuning=build(Tuning, raw["tuning"], "tuning", {}))
        base = replace(base, study=Study.from_dict(raw["study"]))
    return base.with_plan(plan).with_trials(trials) if trials else base.with_plan(plan)


def costs(store: Store, audit_id: str) -> tuple[Cost | None, ...]:
    """Say what each mitigation of an audit cost.

    Parameters
    ----------
    store : Store
        Where the audit lives.
    audit_id : str
        Which audit.

    Returns
    -------
    tuple of Cost or None
        In the order of the audit's trials; None where it is not known.
    """
    kept = [json.loads(raw).get("cost") for _, raw in sorted(store.trials(audit_id).items())]
    return tuple(None if cost is None else Cost.from_dict(cost) for cost in kept)


def trial_key(choice: MitigationChoice) -> str:
    """Name a mitigation with its settings, so that the same ones replace each other.

    Parameters
    ----------
    choice : MitigationChoice
        Mitigation and settings.

    Returns
    -------
    str
        The id and a short fingerprint of the settings.
    """
    settings = json.dumps(dict(choice.params), sort_keys=True)
    return f"{choice.id}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"


def summary(result: Audit) -> dict[str, Any]:
    """Give what a list of audits shows of one.

    Parameters
    ----------
    result : Audit
        The audit.

    Returns
    -------
    dict
        Number of verdicts of each kind, people audited, and the first finding's title.
    """
    verdicts = [row.verdict for row in result.verdicts]
    return {
        "verdicts": {name: verdicts.count(name) for name in ("beyond", "cannot_tell", "within")},
        "audited": result.data.audited,
        "finding": plain(result.findings[0])["title"] if result.findings else "",
    }


def _aids(store: Store, audit_id: str) -> Aids:
    from audit.mitigation.repair import Aids

    return Aids(shelf=store.unfinished_folder(audit_id), secret=store.secret())


def _inputs(store: Store, audit_id: str) -> tuple[Dataset, Plan, Path | None]:
    dataset = store.dataset(audit_id)
    if dataset is None:
        raise StoreError("The audit has no data yet.", fix="Bring data first.", code="no_data")
    plan = Plan.from_dict(store.get(audit_id).plan)
    model = store.model_path(plan.model.sha256) if plan.model.sha256 else None
    return dataset, plan, model


TASKS: Final[dict[str, Callable[..., None]]] = {
    "audit": run_audit,
    "mitigate": mitigate,
    "open": open_place,
    "search": search,
    "adopt": adopt,
    "rows": take_rows,
    "tune": tune,
}
"""Kinds of jobs."""
