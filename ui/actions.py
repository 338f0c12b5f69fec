"""What the buttons do: every change of an audit goes through here and into the store."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from audit import jobs
from audit.errors import AuditError
from audit.plan import Plan
from audit.progress import silent
from ui import cached, workspace
from ui.pagespec import page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from audit.data.folders import Folder
    from audit.plan import MitigationChoice, Search, Tuning
    from audit.result import Audit
    from ui.screen import Screen

MAY_CHANGE: Final = (
    "about",
    "tolerances",
    "population",
    "search",
    "sections",
    "dated",
    "mitigations",
    "tuning",
    "baseline",
)
"""Parts of a plan that change none of the audit's own numbers."""


LOOKED_AT_ONCE: Final = 30_000_000
"""Bytes of data in place that are described while the reader waits; larger ones are a job."""


def upload_megabytes() -> int:
    """Tell how large an uploaded file may be.

    Returns
    -------
    int
        The server's setting ``server.maxUploadSize``, in megabytes.
    """
    return int(st.get_option("server.maxUploadSize"))


def open_page(slug: str, audit_id: str | None = None) -> NoReturn:
    """Go to another screen.

    Parameters
    ----------
    slug : str
        The screen.
    audit_id : str or None, default None
        The audit to open there; None keeps the open one.
    """
    st.switch_page(page(slug).path, query_params=workspace.link(audit_id))


def open_sample(sample_id: str) -> NoReturn:
    """Begin an audit of a sample, run it and show it.

    Parameters
    ----------
    sample_id : str
        Id of the sample.
    """
    from audit.data.samples import open_sample as read
    from audit.data.samples import sample

    with st.spinner("Reading the data…"):
        dataset = read(sample_id, cached.store().data_folder)
        plan = sample(sample_id).plan
        audit_id = cached.store().create_audit(dataset, plan, sample=sample_id)
    run(audit_id, plan)


def open_place(folder: Folder, inside: str, n_bytes: int, engine: str) -> NoReturn:
    """Begin an audit of data in a data folder; large ones are looked at in a process of its own.

    Parameters
    ----------
    folder : Folder
        The data folder.
    inside : str
        What lies in it: a file, or a folder whose files are one table.
    n_bytes : int
        Its size.
    engine : {"duckdb", "spark", "dask"}
        Who counts the rows.
    """
    from audit.data.folders import inside as find
    from audit.tasks import open_place as look

    store = cached.store()
    find(folder.path, inside)  # refuse before anything is begun
    payload = {"folder": str(folder.path), "inside": inside, "engine": engine}
    audit_id = store.create_audit(None, Plan())
    if n_bytes > LOOKED_AT_ONCE or engine != "duckdb":
        jobs.start(store, audit_id, "open", payload, title=f"Opening {Path(inside).name or folder.name}")
        open_page("data", audit_id)
    try:
        with st.spinner("Reading the columns…"):
            look(store, audit_id, payload, silent)
    except AuditError:
        store.delete_audit(audit_id)
        raise
    open_page("data", audit_id)


def take_upload(file: UploadedFile) -> NoReturn:
    """Begin an audit of an uploaded file and ask for the roles of its columns.

    Parameters
    ----------
    file : UploadedFile
        The file; its bytes are let go once they are in the store.
    """
    from audit.data.guess import guess_roles
    from audit.data.ingest import ingest

    store = cached.store()
    try:
        with st.spinner("Reading the data…"):
            dataset = ingest(
                file.getvalue(), store.data_folder, name=file.name, limit=upload_megabytes() * 1_000_000
            )
            audit_id = store.create_audit(dataset, Plan(roles=guess_roles(dataset)))
    except AuditError as error:
        workspace.refuse(error)
        st.rerun()  # the uploader on the screen has lost its key: a next file would go unheard
    finally:
        workspace.upload_taken()
        gc.collect()
    open_page("data", audit_id)


def take_model(screen: Screen, file: UploadedFile) -> None:
    """Keep an uploaded model file once it has been looked into, without running it.

    Parameters
    ----------
    screen : Screen
        The open audit.
    file : UploadedFile
        An ONNX or skops file.
    """
    import tempfile

    from audit.models.upload import inspect_model

    try:
        with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
            path = Path(folder) / "model"
            path.write_bytes(file.getvalue())
            info = inspect_model(path, name=file.name)
            sha = cached.store().add_model(path, file.name, info.to_dict(), audit_id=screen.id)
    except AuditError as error:
        workspace.refuse(error)
        st.rerun()
    finally:
        workspace.upload_taken()
    choice = replace(screen.plan.model, kind=info.kind, name=file.name, sha256=sha, algorithm="", inputs=())
    save_plan(screen, replace(screen.plan, model=choice))


def save_plan(screen: Screen, plan: Plan) -> None:
    """Save a changed plan; results that no longer belong to it are removed, those that do follow it.

    Parameters
    ----------
    screen : Screen
        The open audit.
    plan : Plan
        The changed plan.
    """
    store = cached.store()
    plan = _still_searchable(plan)
    if plan == screen.plan:
        return
    store.save_plan(screen.id, plan)
    if not screen.has_result:
        return
    if numbers_change(screen.plan, plan):
        store.clear_results(screen.id)
    else:
        save_result(screen.id, screen.audit.with_plan(plan))


def _still_searchable(plan: Plan) -> Plan:
    """Take columns out of the search that have become outcomes, which cannot be searched."""
    from audit.gather.searched import outcome_columns

    outcomes = outcome_columns(plan.roles)
    columns = tuple(name for name in plan.search.columns if name not in outcomes)
    return replace(plan, search=replace(plan.search, columns=columns))


def undo(screen: Screen) -> None:
    """Take back the last change of the plan; results follow as for any other change.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    store = cached.store()
    plan = store.undo_plan(screen.id)
    if plan is None or not screen.has_result:
        return
    if numbers_change(screen.plan, plan):
        store.clear_results(screen.id)
    else:
        save_result(screen.id, screen.audit.with_plan(plan))


def numbers_change(before: Plan, after: Plan) -> bool:
    """Tell whether a change of plan makes the audit's numbers out of date.

    Parameters
    ----------
    before, after : Plan
        The plans.

    Returns
    -------
    bool
        True where the audit has to be run again.
    """
    same: dict[str, Any] = {name: getattr(before, name) for name in MAY_CHANGE}
    return replace(after, **same) != before


def save_result(audit_id: str, audit: Audit) -> None:
    """Renew what the list of audits says of one whose verdicts changed while its numbers did not.

    Parameters
    ----------
    audit_id : str
        Its id in the store.
    audit : Audit
        The audit.
    """
    from audit.tasks import summary

    store = cached.store()
    store.save_result(audit_id, store.result(audit_id) or audit.to_json(), summary(audit))


def run(audit_id: str, plan: Plan, *, then: str = "overview") -> NoReturn:
    """Run an audit: at once where the decisions are in the data, as a job where a model has to run.

    Parameters
    ----------
    audit_id : str
        The audit.
    plan : Plan
        Its plan.
    then : str, default "overview"
        The screen to show.
    """
    if plan.model.kind == "column" and not _takes_long(audit_id):
        from audit.tasks import run_audit

        with st.spinner("Counting and comparing the groups…"):
            run_audit(cached.store(), audit_id, {}, silent)
    else:
        jobs.start(cached.store(), audit_id, "audit", {}, title="Audit")
    open_page(then, audit_id)


def _takes_long(audit_id: str) -> bool:
    """Tell whether counting the rows needs a process of its own."""
    from audit.data.inplace import JOB_ROWS

    record = cached.store().get(audit_id)
    place = (record.dataset or {}).get("place")
    return place is not None and (record.n_rows > JOB_ROWS or place["engine"] != "duckdb")


def delete_trial(screen: Screen, place: int) -> None:
    """Remove a mitigation that was tried.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Its place among the audit's trials.
    """
    store = cached.store()
    store.delete_trial(screen.id, sorted(store.trials(screen.id))[place])


def trial_at(screen: Screen, place: int) -> str | None:
    """Name the trial at a place, as the store knows it.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Its place among the audit's trials.

    Returns
    -------
    str or None
        Its key; None where it is gone.
    """
    keys = sorted(cached.store().trials(screen.id))
    return keys[place] if place < len(keys) else None


def hand_over(screen: Screen, kind: str, payload: Mapping[str, str], title: str) -> None:
    """Start writing the files of a repair as a job.

    Parameters
    ----------
    screen : Screen
        The open audit.
    kind : {"adopt", "rows"}
        Whether they are the files of its model, or those of the rows that it made.
    payload : mapping of str to str
        "trial", as the store knows it, and what else the job is to know.
    title : str
        The repair's name, as the list of jobs shows it.
    """
    said = {"adopt": "Adopt", "rows": "Made rows"}[kind]
    key = payload["trial"]
    jobs.start(cached.store(), screen.id, kind, payload, key=key, title=f"{said}: {title}")


def search(screen: Screen, wanted: Search) -> None:
    """Start a search over subgroups as a job; the other results and the repairs that were tried stay.

    Parameters
    ----------
    screen : Screen
        The open audit.
    wanted : Search
        What to search.
    """
    save_plan(screen, replace(screen.plan, search=wanted))
    jobs.start(cached.store(), screen.id, "search", {}, title="Search for subgroups")


def mitigate(screen: Screen, choice: MitigationChoice, title: str) -> None:
    """Start a mitigation as a job.

    Parameters
    ----------
    screen : Screen
        The open audit.
    choice : MitigationChoice
        The mitigation and its settings.
    title : str
        Its name, as the list of jobs shows it.
    """
    payload = {"mitigation": choice.id, "params": dict(choice.params)}
    jobs.start(cached.store(), screen.id, "mitigate", payload, key=choice.id, title=title)


def tune(screen: Screen, wanted: Tuning) -> None:
    """Start a search over repairs as a job, or continue one that asks the same.

    Parameters
    ----------
    screen : Screen
        The open audit.
    wanted : Tuning
        What to look for.
    """
    save_plan(screen, replace(screen.plan, tuning=wanted))
    jobs.start(cached.store(), screen.id, "tune", {}, title="Search for the best repair")


def delete_study(screen: Screen) -> None:
    """Remove what a search over repairs found, and what it could be continued from.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    save_plan(screen, replace(screen.plan, tuning=replace(screen.plan.tuning, trials=0)))
    cached.store().delete_study(screen.id)


def tries_kept(screen: Screen) -> int:
    """Count the tries from which a search would be continued.

    Parameters
    ----------
    screen : Screen
        The open audit.

    Returns
    -------
    int
        Tries of a search that asks the same as the plan of now.
    """
    from audit.tasks import tuning_plan
    from audit.tuning.search import journal_name

    plan = tuning_plan(screen.audit.plan, screen.plan)
    name = journal_name(screen.dataset.fingerprint, plan)
    return sum(part.startswith("try-") for part in cached.store().study_parts(screen.id, name))
