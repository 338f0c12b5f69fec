"""The search as a job, as a finding and in the report: it adds to an audit and changes nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.errors import StoreError
from audit.plan import ModelChoice, Plan, Roles, Search
from audit.progress import silent
from audit.report.blocks import Bullets, Figure, Paragraph, Table
from audit.report.compose import compose
from audit.report.sections.subgroups import subgroups
from audit.result import Audit
from audit.run import run
from audit.store import Store
from tests.searching import planted

SEARCH = Search(columns=("sex", "degree", "region"))
PLAN = Plan(roles=Roles(label="y", decision="d", sensitive=("sex",)), replicates=100, dated="2026-01-01")


@pytest.fixture(scope="module")
def audit():
    return run(planted(6_000), replace(PLAN, search=SEARCH))


def test_a_confirmed_subgroup_is_a_finding(audit):
    found = [finding for finding in audit.findings if finding.code == "FA341"]
    assert [finding.severity for finding in found] == ["medium"]
    assert found[0].title == "One subgroup stands out where columns meet"
    assert "sex ‘Female’ and degree ‘None’" in found[0].evidence
    assert "points more than for everybody else" in found[0].evidence


def test_without_a_search_there_is_neither_finding_nor_section():
    audit = run(planted(800), PLAN)
    assert audit.chapter("search") == audit.chapter("subgroups") == ()
    assert not [finding for finding in audit.findings if finding.code == "FA341"]
    assert subgroups(audit) == []


def test_what_a_single_column_shows_is_no_finding(tmp_path):
    frame = planted(4_000, effect=0.0)
    frame["d"] = np.where((frame.sex == "Female") & (np.arange(4_000) % 3 == 0), 1 - frame.y, frame.d)
    audit = run(frame, replace(PLAN, search=SEARCH))
    assert [row.group for row in audit.chapter("subgroups") if row.worse and not row.folded][:1] == [
        ("Female",)
    ]
    assert not [finding for finding in audit.findings if finding.code == "FA341"]


def test_the_audit_is_read_back_from_json(audit):
    again = Audit.from_json(audit.to_json())
    assert again.to_json() == audit.to_json()
    assert again.chapter("subgroups") == audit.chapter("subgroups")
    raw = json.loads(audit.to_json())
    assert raw["chapters"]["search"][0]["standing"] == 1
    assert raw["basis"]["searched"]["metric"] == "error_rate"


def test_the_report_shows_the_tree_and_what_could_have_been_seen(audit):
    blocks = subgroups(audit)
    kinds = [type(block) for block in blocks]
    assert [kinds.count(kind) for kind in (Bullets, Figure, Table, Paragraph)] == [1, 1, 1, 3]
    assert compose(audit, sections=("subgroups",)).blocks[1:] == tuple(blocks)
    nothing = run(planted(3_000, effect=0.0), replace(PLAN, search=SEARCH))
    assert [type(block) for block in subgroups(nothing)].count(Figure) == 0
    assert any(
        "None stands out" in block.runs[0].text for block in subgroups(nothing) if type(block) is Paragraph
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def test_a_search_keeps_the_other_numbers_and_the_repairs(store):
    rng = np.random.default_rng(2)
    n = 900
    group = rng.choice(["a", "b"], n)
    x = rng.normal(size=n) + (group == "a")
    frame = pd.DataFrame(
        {"x": x, "z": rng.normal(size=n), "group": group, "y": (x + rng.normal(size=n) > 0.5).astype(int)}
    )
    plan = Plan(
        roles=Roles(label="y", sensitive=("group",), features=("x", "z")),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    )
    audit_id = store.create_audit(ingest_frame(frame, store.data_folder, name="t"), plan)
    tasks.run_audit(store, audit_id, {}, silent)
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {"group_by": "group"}}, silent)
    before = tasks.load_audit(store, audit_id)
    store.save_plan(audit_id, replace(plan, search=Search(columns=("group", "x"), min_size=10)))
    tasks.search(store, audit_id, {}, silent)
    after = tasks.load_audit(store, audit_id)
    assert after.basis.searched.m > 0
    assert after.plan.search.columns == ("group", "x")
    assert after.plan.dated == before.plan.dated
    assert after.metrics == before.metrics
    assert after.disparities == before.disparities
    assert after.comparison == before.comparison
    assert len(after.trials) == 1
    assert after.basis.scores.to_dict() == before.basis.scores.to_dict()


def test_a_search_needs_an_audit_and_its_decisions(store):
    audit_id = store.create_audit(ingest_frame(planted(400), store.data_folder, name="t"), PLAN)
    with pytest.raises(StoreError) as caught:
        tasks.search(store, audit_id, {}, silent)
    assert caught.value.code == "no_result"
    tasks.run_audit(store, audit_id, {}, silent)
    audit = tasks.load_audit(store, audit_id)
    other = run(planted(400, seed=1), PLAN)
    store.save_result(audit_id, replace(audit, cells=other.cells).to_json(), {})
    store.save_plan(audit_id, replace(PLAN, search=SEARCH))
    with pytest.raises(StoreError) as caught:
        tasks.search(store, audit_id, {}, silent)
    assert caught.value.code == "decisions_changed"
