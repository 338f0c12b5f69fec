from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from audit import jobs
from audit.errors import JobFailed, StoreError
from audit.jobs import control, table
from audit.plan import Plan
from audit.store import Store, processes, schema

TASKS = """
import ctypes, hashlib, os, subprocess, sys, time
from pathlib import Path
from audit.errors import InputError


def finish(store, audit_id, payload, progress):
    progress(0.25, "Reading")
    store.save_result(audit_id, payload["text"], {"beyond": 1, "nice": os.getpriority(os.PRIO_PROCESS, 0)})
    print("a line for the log")
    progress(float("nan"), "x" * 1000)
    progress(7, "y" * 1000)


def steps(store, audit_id, payload, progress):
    Path(payload["file"]).touch()
    for number in range(3000):
        progress(0.5, f"Step {number}")
        time.sleep(0.01)


def gate(store, audit_id, payload, progress):
    progress(0.5, "Waiting at the gate")
    while not Path(payload["file"]).exists():
        progress(0.5, "Waiting at the gate")
        time.sleep(0.02)


def stuck(store, audit_id, payload, progress):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(payload["file"]).write_text(str(child.pid))
    ctypes.PyDLL(None).sleep(600)  # holds the interpreter: neither threads nor signal handlers run


def hashing(store, audit_id, payload, progress):
    Path(payload["file"]).touch()
    hashlib.pbkdf2_hmac("sha512", b"", b"", 2_000_000_000)


def hungry(store, audit_id, payload, progress):
    held = []
    while True:
        held.append(bytearray(os.urandom(1) * 8_000_000))
        time.sleep(0.01)


def parent_of_hungry(store, audit_id, payload, progress):
    subprocess.run([sys.executable, "-c", "import time; x = bytearray(b'1' * 300_000_000); time.sleep(600)"])


def exhausted(store, audit_id, payload, progress):
    raise MemoryError


def refused(store, audit_id, payload, progress):
    raise InputError("The label is not binary.", why="It has 3 values.", fix="Choose another.", code="not_binary")


def broken(store, audit_id, payload, progress):
    raise RuntimeError("cell value of a person")


def leaves(store, audit_id, payload, progress):
    sys.exit(0)


def vanishes(store, audit_id, payload, progress):
    store.save_trial(audit_id, "before", "{}")
    os.kill(os.getpid(), 9)


def chatty(store, audit_id, payload, progress):
    for _ in range(40):
        print("z" * 100_000, flush=True)
    time.sleep(1.0)
    print("the end", flush=True)


TASKS = {name: thing for name, thing in list(globals().items()) if callable(thing) and name != "InputError"}
"""


@pytest.fixture(scope="module")
def task_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "evenhand_test_tasks.py").write_text(TASKS)
    return folder


@pytest.fixture
def store(tmp_path, monkeypatch, task_folder):
    for name in ("EVENHAND_HOME", "EVENHAND_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(task_folder))
    monkeypatch.setenv("EVENHAND_TEST_TASKS", "evenhand_test_tasks")
    monkeypatch.setenv("EVENHAND_JOB_MEMORY_MB", "2000")
    opened = Store(tmp_path / "home")
    yield opened
    for row in table.unfinished(opened, None):
        if row["pid"]:
            processes.end(row["pid"], row["ticks"])
        table.finish(opened, row["id"], "cancelled")
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(timeout=2)


@pytest.fixture
def audit_id(store):
    return store.create_audit(None, Plan())


def until(condition, seconds=20.0):
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    return found


def alive(pid):
    ticks = processes.started_ticks(pid)
    return ticks is not None and processes.is_alive(pid, ticks)


def test_a_job_does_its_work_and_says_so(store, audit_id):
    job = jobs.start(store, audit_id, "finish", {"text": "found Ü"}, key="k", title="Audit <b>")
    record = jobs.wait(store, job, seconds=20)
    assert (record.state, record.progress, record.error, record.failure()) == ("done", 1.0, None, None)
    assert (record.title, record.kind, record.key, record.payload) == (
        "Audit <b>",
        "finish",
        "k",
        {"text": "found Ü"},
    )
    assert record.seconds >= 0
    assert record.is_over
    assert store.result(audit_id) == "found Ü"
    assert store.get(audit_id).verdicts["nice"] >= 5
    assert "a line for the log" in (store.jobs_folder / f"{job}.log").read_text()
    assert (store.jobs_folder / f"{job}.log").stat().st_mode & 0o077 == 0


def test_progress_is_seen_from_another_store_and_cancel_is_honoured(store, audit_id, tmp_path):
    job = jobs.start(store, audit_id, "steps", {"file": str(tmp_path / "began")})
    other = Store(store.root)
    record = until(lambda: (seen := jobs.poll(other, job)).message.startswith("Step") and seen)
    assert (record.state, record.progress, record.cancelling) == ("running", 0.5, False)
    assert alive(record.pid)
    assert [one.id for one in jobs.active(other, audit_id)] == [job]
    jobs.cancel(other, job)
    record = jobs.wait(store, job, seconds=10)
    assert (record.state, record.error) == ("cancelled", None)
    jobs.cancel(store, job)
    assert jobs.poll(store, job).state == "cancelled"
    assert until(lambda: not alive(record.pid))


@pytest.mark.parametrize("kind", ["stuck", "hashing"])
def test_cancel_ends_a_job_inside_a_long_call_with_its_children(store, audit_id, tmp_path, kind):
    file = tmp_path / "began"
    job = jobs.start(store, audit_id, kind, {"file": str(file)})
    until(lambda: file.exists() and (kind == "hashing" or file.read_text()))
    pids = [jobs.poll(store, job).pid, *([int(file.read_text())] if kind == "stuck" else [])]
    jobs.cancel(store, job)
    assert jobs.poll(store, job).cancelling
    until(lambda: not any(alive(pid) for pid in pids))
    assert jobs.wait(store, job, seconds=5).state == "cancelled"


def test_a_job_is_asked_then_told_then_made_to_stop_within_two_seconds():
    assert 0 < control._ASK_SECONDS < control._KILL_SECONDS < 2.0


def test_polling_ends_a_job_when_the_one_who_cancelled_is_gone(store, audit_id, tmp_path):
    file = tmp_path / "began"
    job = jobs.start(store, audit_id, "stuck", {"file": str(file)})
    until(lambda: file.exists() and file.read_text())
    table.ask_to_stop(store, job)
    assert jobs.wait(store, job, seconds=10).state == "cancelled"
    assert not alive(int(file.read_text()))


@pytest.mark.parametrize(
    ("kind", "code", "reason"),
    [
        ("refused", "not_binary", "The label is not binary. It has 3 values. Choose another."),
        ("broken", "internal", "reference"),
        ("leaves", "internal", "reference"),
        ("no_such_task", "internal", "reference"),
        ("exhausted", "job_memory", "memory"),
        ("vanishes", "job_died", "killed"),
    ],
)
def test_a_failure_is_told_in_sentences(store, audit_id, kind, code, reason):
    record = jobs.wait(store, jobs.start(store, audit_id, kind), seconds=20)
    assert record.state == "failed"
    assert record.error["code"] == code
    failure = record.failure()
    assert isinstance(failure, JobFailed)
    assert reason in str(failure)
    assert "cell value" not in str(record)
    if code == "internal":
        reference = failure.why.rstrip(".").rpartition(" ")[2]
        log = (store.jobs_folder / f"{record.id}.log").read_text()
        assert reference in log
        assert "Traceback" in log
    assert store.get(audit_id).read_plan() == Plan()
    assert jobs.active(store, audit_id) == ()


@pytest.mark.parametrize("kind", ["hungry", "parent_of_hungry"])
def test_a_job_that_needs_too_much_memory_is_stopped(store, audit_id, kind, monkeypatch):
    monkeypatch.setenv("EVENHAND_JOB_MEMORY_MB", "200")
    record = jobs.wait(store, jobs.start(store, audit_id, kind), seconds=20)
    assert (record.state, record.error["code"]) == ("failed", "job_memory")
    assert "200 MB" in record.error["why"]
    assert until(lambda: not alive(record.pid))


def test_a_job_that_takes_too_long_is_stopped(store, audit_id, tmp_path, monkeypatch):
    monkeypatch.setenv("EVENHAND_JOB_SECONDS", "0.5")
    record = jobs.wait(
        store, jobs.start(store, audit_id, "hashing", {"file": str(tmp_path / "f")}), seconds=20
    )
    assert (record.state, record.error["code"]) == ("failed", "job_time")


def test_a_job_that_keeps_no_limit_itself_is_ended_by_polling(store, audit_id, tmp_path, monkeypatch):
    file = tmp_path / "f"
    job = jobs.start(store, audit_id, "stuck", {"file": str(file)})
    until(lambda: file.exists() and file.read_text())
    monkeypatch.setenv("EVENHAND_JOB_SECONDS", "0.1")
    monkeypatch.setattr(control, "_OVERTIME_SECONDS", 0.0)
    record = jobs.poll(store, job)
    assert (record.state, record.error["code"]) == ("failed", "job_time")
    assert not alive(int(file.read_text()))


def test_a_killed_job_leaves_no_children_and_the_audit_whole(store, audit_id, tmp_path):
    file = tmp_path / "f"
    store.save_result(audit_id, "before", {})
    job = jobs.start(store, audit_id, "stuck", {"file": str(file)})
    until(lambda: file.exists() and file.read_text())
    os.kill(jobs.poll(store, job).pid, signal.SIGKILL)
    record = until(lambda: (seen := jobs.poll(Store(store.root), job)).is_over and seen)
    assert record.error["code"] == "job_died"
    assert "killed" in record.error["why"]
    assert not alive(int(file.read_text()))
    assert store.result(audit_id) == "before"


def test_the_same_work_runs_once_and_the_queue_keeps_its_order(store, audit_id, tmp_path, monkeypatch):
    monkeypatch.setenv("EVENHAND_JOBS_AT_ONCE", "1")
    gate = {"file": str(tmp_path / "gate")}
    first = jobs.start(store, audit_id, "gate", gate)
    assert jobs.start(store, audit_id, "gate", gate) == first
    assert jobs.start(Store(store.root), audit_id, "gate", {}) == first
    second = jobs.start(store, audit_id, "gate", gate, key="other")
    third = jobs.start(store, store.create_audit(None, Plan()), "gate", gate)
    assert len({first, second, third}) == 3
    assert [jobs.poll(store, one).state for one in (first, second, third)] == ["running", "queued", "queued"]
    assert [one.id for one in jobs.active(store)] == [first, second, third]
    jobs.cancel(store, second)
    assert jobs.poll(store, second).state == "cancelled"
    Path(gate["file"]).touch()
    # The worker that ends starts the next one, without anybody polling.
    until(lambda: table.read(store, third)["state"] == "done")
    assert jobs.wait(store, first, seconds=10).state == "done"
    assert jobs.start(store, audit_id, "gate", gate) != first


def test_polling_a_waiting_job_finds_out_that_the_one_before_it_died(store, audit_id, monkeypatch):
    monkeypatch.setenv("EVENHAND_JOBS_AT_ONCE", "1")
    running_row(store, audit_id, pid=os.getpid(), ticks=1)
    waiting = table.enter(store, audit_id, "finish", {"text": ""}, key="", title="")
    assert jobs.wait(store, waiting, seconds=20).state == "done"


def test_ended_jobs_are_listed_until_they_are_dismissed(store, audit_id):
    first = jobs.start(store, audit_id, "refused")
    jobs.wait(store, first, seconds=20)
    second = jobs.start(store, audit_id, "finish", {"text": ""})
    jobs.dismiss(store, second)
    jobs.wait(store, second, seconds=20)
    assert [one.id for one in jobs.recent(store, audit_id)] == [second, first]
    jobs.dismiss(store, first)
    assert [one.id for one in jobs.recent(store, audit_id)] == [second]


def test_deleting_an_audit_ends_its_jobs(store, audit_id, tmp_path):
    file = tmp_path / "f"
    job = jobs.start(store, audit_id, "stuck", {"file": str(file)})
    until(lambda: file.exists() and file.read_text())
    pid = jobs.poll(store, job).pid
    store.delete_audit(audit_id)
    assert not alive(pid)
    assert not alive(int(file.read_text()))
    assert not list(store.jobs_folder.iterdir())
    with pytest.raises(StoreError) as told:
        jobs.poll(store, job)
    assert told.value.code == "unknown_job"


def test_a_long_log_is_cut_and_goes_on(store, audit_id):
    job = jobs.start(store, audit_id, "chatty")
    assert jobs.wait(store, job, seconds=20).state == "done"
    log = (store.jobs_folder / f"{job}.log").read_text()
    assert len(log) < 1_500_000
    assert log.endswith("the end\n")


def running_row(store, audit_id, **values):
    """Put a job into the table as another process would have left it there."""
    job = table.enter(store, audit_id, "gate", {}, key="", title="Gate")
    assert table.claim_next(store, 2) == job
    if values:
        with store.database.write() as connection:
            connection.execute(schema.jobs.update().where(schema.jobs.c.id == job).values(**values))
    return job


def test_a_process_that_got_the_number_of_a_dead_job_is_left_alone(store, audit_id):
    me = os.getpid()
    job = running_row(store, audit_id, pid=me, ticks=processes.started_ticks(me) - 1)
    assert jobs.poll(store, job).error["code"] == "job_died"


def test_a_job_whose_launcher_died_does_not_wait_for_ever(store, audit_id):
    fresh = running_row(store, audit_id)
    assert jobs.poll(store, fresh).state == "running"
    table.finish(store, fresh, "cancelled")
    stale = running_row(store, audit_id, started="2020-01-01T00:00:00+00:00")
    assert jobs.poll(store, stale).error["code"] == "job_died"


def test_a_job_on_another_machine_lives_as_long_as_it_says_so(store, audit_id):
    job = running_row(store, audit_id, pid=1, ticks=1, machine="elsewhere")
    assert jobs.poll(store, job).state == "running"
    with store.database.write() as connection:
        connection.execute(schema.jobs.update().values(beat="2020-01-01T00:00:00+00:00"))
    assert jobs.poll(store, job).error["code"] == "job_died"


def test_an_outcome_is_not_changed_afterwards(store, audit_id):
    job = running_row(store, audit_id)
    assert table.finish(store, job, "done")
    assert not table.finish(store, job, "failed", {"what": "late"})
    table.note_progress(store, job, 0.1, "late")
    record = jobs.poll(store, job)
    assert (record.state, record.progress, record.message, record.error) == ("done", 1.0, "", None)


def test_a_job_needs_an_audit_that_is_there(store):
    for bad in ("nobody000000", "../x"):
        with pytest.raises(StoreError) as told:
            jobs.start(store, bad, "finish")
        assert told.value.code == "unknown_audit"
    for act in (jobs.poll, jobs.cancel):
        with pytest.raises(StoreError) as told:
            act(store, "nothing")
        assert told.value.code == "unknown_job"


def test_limits_that_are_not_numbers_count_as_not_given(monkeypatch):
    for bad in ("", "lots", "-5", "0", "nan", "inf"):
        monkeypatch.setenv("EVENHAND_JOB_SECONDS", bad)
        assert jobs.record.limit("EVENHAND_JOB_SECONDS") == 1800.0


def test_only_fifty_ended_jobs_are_kept(store, audit_id):
    for number in range(53):
        job = table.enter(store, audit_id, "gate", {}, key=str(number), title="")
        (store.jobs_folder / f"{job}.log").touch()
        table.ask_to_stop(store, job)
    assert len(table.ended(store, audit_id, 100)) == 51
    assert len(list(store.jobs_folder.iterdir())) == 51
