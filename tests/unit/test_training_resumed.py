"""A network whose job was stopped or killed: the next job of the same goes on, and ends where an unbroken one does."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pandas as pd
import pytest

from audit import jobs, tasks
from audit.data.ingest import ingest_frame
from audit.jobs import table
from audit.plan import ModelChoice, Plan, Roles
from audit.store import Store, processes

ASKED = {"mitigation": "gan", "params": {"seeds": 1, "epochs": 10, "target": "cells"}}
WENT_ON = re.compile(r"Epoch \d+ of 10 \(went on from epoch (\d+)\)")


def people(n=900):
    rng = np.random.default_rng(4)
    group = rng.choice(["a", "b"], n, p=[0.6, 0.4])
    skill = rng.normal(size=n) + (group == "a")
    return pd.DataFrame(
        {
            "skill": skill,
            "town": rng.choice(["u", "v", "w"], n),
            "group": group,
            "hired": (skill + rng.normal(size=n) > 0.8).astype(int),
        }
    )


@pytest.fixture
def store(tmp_path, monkeypatch):
    for name in ("EVENHAND_HOME", "EVENHAND_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    opened = Store(tmp_path / "home")
    yield opened
    for row in table.unfinished(opened, None):
        if row["pid"]:
            processes.end(row["pid"], row["ticks"])
        table.finish(opened, row["id"], "cancelled")


def begun(store):
    plan = Plan(
        roles=Roles(label="hired", positive="1", sensitive=("group",), features=("skill", "town")),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        dated="2026-12-01",
    )
    audit_id = store.create_audit(ingest_frame(people(), store.data_folder), plan)
    tasks.run_audit(store, audit_id, {})
    return audit_id


def told_until(store, job_id, wanted):
    """Poll as a screen does until a message is there, and give it."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        job = jobs.poll(store, job_id)
        found = wanted(job.message or "")
        if found or job.is_over:
            return found
        time.sleep(0.05)
    return None


def test_a_job_that_was_cut_off_is_continued_by_the_next_and_gives_the_same(store):
    audit_id = begun(store)
    folder = store.unfinished_folder(audit_id)
    job = jobs.start(store, audit_id, "mitigate", ASKED, key="gan")
    assert told_until(store, job, lambda said: re.match(r"Epoch [3-6] of 10, loss", said))
    jobs.cancel(store, job)
    assert jobs.wait(store, job, seconds=30).state == "cancelled"
    assert [path.suffix for path in folder.iterdir()] == [".safetensors"]
    assert store.trials(audit_id) == {}
    job = jobs.start(store, audit_id, "mitigate", ASKED, key="gan")
    seen = told_until(store, job, WENT_ON.match)
    assert seen is not None
    assert int(seen[1]) >= 3
    assert jobs.wait(store, job, seconds=120).state == "done"
    assert not folder.exists()
    other = begun(store)
    tasks.mitigate(store, other, ASKED)
    ((_, one),), ((_, two),) = store.trials(audit_id).items(), store.trials(other).items()
    first, second = (
        {key: value for key, value in json.loads(text).items() if key != "cost"} for text in (one, two)
    )
    assert first == second
