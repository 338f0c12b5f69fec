"""The curves of a running job: written while it runs, read by whoever watches, gone when it ends."""

from __future__ import annotations

import time

import pytest

from audit import jobs
from audit.errors import StoreError
from audit.jobs import table
from audit.jobs.growing import keep
from audit.plan import Plan
from audit.rows.series import Series
from audit.store import Store, processes

TASKS = """
import time
from pathlib import Path


def drawing(store, audit_id, payload, progress):
    from audit.progress import shown, within
    from audit.rows.series import Series

    show = shown(within(progress, 0.0, 0.5))
    for number in range(1, 3000):
        places = tuple(float(k) for k in range(number))
        line = tuple(0.5 for _ in places)
        groups = (None, *((f"group {k}",) for k in range(40)))
        show(Series(id="t", kind="training", title="T", across="Epoch", measures=("auc",), groups=groups, x=places,
            values=((line,) * 41,)))
        progress(0.5, "Drawing")
        Path(payload["file"]).write_text(str(number))
        if number == payload.get("odd"):
            show(object())  # a series that is none must not stop anything
            time.sleep(1.5)
            return
        time.sleep(0.02)


TASKS = {"drawing": drawing}
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    for name in ("EVENHAND_HOME", "EVENHAND_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "evenhand_drawing_tasks.py").write_text(TASKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("EVENHAND_TEST_TASKS", "evenhand_drawing_tasks")
    opened = Store(tmp_path / "home")
    yield opened
    for row in table.unfinished(opened, None):
        if row["pid"]:
            processes.end(row["pid"], row["ticks"])
        table.finish(opened, row["id"], "cancelled")


@pytest.fixture
def audit_id(store):
    return store.create_audit(None, Plan())


def until(condition, seconds=20.0):
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    return found


def test_curves_of_a_running_job_can_be_read_and_go_with_it(store, audit_id, tmp_path):
    job = jobs.start(store, audit_id, "drawing", {"file": str(tmp_path / "f")})
    until(lambda: jobs.growing(store, job) is not None)
    first = jobs.growing(store, job)
    assert first.groups[:2] == (None, ("group 0",))
    assert len(first.groups) == 9  # everybody and eight: a file has its limits
    until(lambda: len(jobs.growing(store, job).x) > len(first.x))
    path = next(store.jobs_folder.glob("*.curves.json"))
    assert path.stat().st_mode & 0o077 == 0
    began = time.monotonic()
    jobs.cancel(store, job)
    assert jobs.wait(store, job, seconds=20).state == "cancelled"
    assert time.monotonic() - began < 5
    until(lambda: not list(store.jobs_folder.glob("*.curves.*")))
    assert jobs.growing(store, job) is None


def test_curves_that_are_none_stop_nothing(store, audit_id, tmp_path):
    job = jobs.start(store, audit_id, "drawing", {"file": str(tmp_path / "f"), "odd": 30})
    assert jobs.wait(store, job, seconds=20).state == "done"
    assert not list(store.jobs_folder.glob("*.curves.*"))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"id": 1}', "x" * 300_000,
     '{"id":"t","kind":"training","title":"","across":"","measures":["a"],"groups":[null],"x":[1,2],"values":[[[1]]]}'],
)  # fmt: skip
def test_a_file_of_curves_that_is_damaged_is_no_curves(store, text):
    (store.jobs_folder / "abcdefghjkmn.curves.json").write_text(text)
    assert jobs.growing(store, "abcdefghjkmn") is None


def test_curves_are_asked_for_by_id_only(store):
    for bad in ("../x", "a" * 12 + "/..", ""):
        with pytest.raises(StoreError):
            jobs.growing(store, bad)


def test_curves_too_large_for_a_file_are_not_written(store):
    line = tuple(1 / 3 for _ in range(5000))
    series = Series(
        id="t",
        kind="training",
        title="",
        across="",
        measures=("auc",) * 6,
        groups=(None,),
        x=line,
        values=((line,),) * 6,
    )
    keep(store, "abcdefghjkmn", series)
    assert not list(store.jobs_folder.iterdir())
