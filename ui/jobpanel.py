"""Work in progress: what runs, how far it is, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from audit import jobs
from audit.errors import StoreError
from ui import cached, text, workspace
from ui.problems import boundary, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.jobs import JobRecord
    from audit.rows.series import Series

    Picture: TypeAlias = Callable[[Series, str], None]
    Draw: TypeAlias = Callable[[str, tuple[str, ...], str, Picture | None], None]


def sidebar(audit_id: str) -> None:
    """Show the jobs of an audit and keep them up to date.

    Parameters
    ----------
    audit_id : str
        The audit.
    """
    active = jobs.active(cached.store(), audit_id)
    ended = [job for job in jobs.recent(cached.store(), audit_id) if job.state == "failed"]
    if active:
        st.markdown("**Work in progress**")
        _polled(_draw_active)(audit_id, tuple(job.id for job in active), "side", None)
    for job in ended:
        failure = job.failure()
        if failure:
            st.markdown(f"**{text.md(job.title)}**")
            message(failure)
        if st.button("Dismiss", key=f"dismiss_{job.id}"):
            jobs.dismiss(cached.store(), job.id)
            st.rerun()


def watch(audit_id: str, kind: str, *, picture: Picture | None = None) -> bool:
    """Show the running job of a kind in the middle of the screen, where its result will be.

    Parameters
    ----------
    audit_id : str
        The audit.
    kind : str
        "audit" or "mitigate".
    picture : callable or None
        (series, key) → draws what the job has so far.

    Returns
    -------
    bool
        Whether there is one.
    """
    active = tuple(job.id for job in jobs.active(cached.store(), audit_id) if job.kind == kind)
    if active:
        with st.container(border=True):
            _polled(_draw_active)(audit_id, active, "main", picture)
    return bool(active)


def _polled(draw: Draw) -> Draw:
    def guarded(audit_id: str, known: tuple[str, ...], place: str, picture: Picture | None) -> None:
        with boundary():
            draw(audit_id, known, place, picture)

    return st.fragment(run_every=1.0)(guarded)


def _draw_active(audit_id: str, known: tuple[str, ...], place: str, picture: Picture | None) -> None:
    now = {job.id: job for job in jobs.active(cached.store(), audit_id)}
    for job_id in known:
        if job_id in now:
            _draw(now[job_id], place)
            series = jobs.growing(cached.store(), job_id) if picture is not None else None
            if picture is not None and series is not None and series.x:
                picture(series, f"growing_{job_id}")
    if set(now) != set(known) and not (place == "main" and set(known) <= set(now)):
        _tell_ended(set(known) - set(now))
        st.rerun()


def _tell_ended(gone: set[str]) -> None:
    for job_id in gone:
        try:
            job = jobs.poll(cached.store(), job_id)
        except StoreError:
            continue  # deleted with its audit, perhaps in another window; the screen says so
        if job.state == "done":
            workspace.notify(f"{text.md(job.title)}: finished.")
        if job.state == "cancelled":
            workspace.notify(f"{text.md(job.title)}: cancelled. Nothing was changed.")


def _draw(job: JobRecord, place: str) -> None:
    waiting = "Waiting for its turn" if job.state == "queued" else "Starting"
    said = "Stopping…" if job.cancelling else job.message or waiting
    st.progress(job.progress, text=f"**{text.md(job.title)}** · {text.sentence(said)}")
    if st.button(
        "Cancel",
        key=f"cancel_{place}_{job.id}",
        disabled=job.cancelling,
        help="Stops the work; nothing is changed.",
    ):
        jobs.cancel(cached.store(), job.id)
        st.rerun(scope="fragment")
