"""What is counted over all rows of the data, against a small file counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from audit.data.ingest import ingest_frame
from audit.engines.duckdb_engine import DuckDBEngine
from audit.gather import profile as gathering
from audit.gather.profile import profile_of
from audit.grouping import rules
from audit.plan import Grouping, ModelChoice, Plan, Roles
from audit.result import Audit
from audit.roles import check_roles
from audit.run import run
from audit.tables.profile import Profile

HOSTILE = 'a"b; DROP TABLE x; --'
LONG = "L" * 10_000
EMOJI = "👩🏽‍🔬 état"


def counted(frame, plan, tmp_path):
    dataset = ingest_frame(frame, tmp_path)
    engine = DuckDBEngine()
    outcomes = check_roles(dataset, plan)
    return profile_of(dataset, plan, outcomes=outcomes, rules=rules(dataset, plan, engine), engine=engine)


def small():
    return pd.DataFrame(
        {
            "y": [1, 0, 1, 0, 1, None, 1, 0],
            "d": [1, 0, 1, 0, 0, 1, 1, None],
            "g": ["a", "a", "a", "b", "b", "b", None, None],
            "x": [1.0, None, 3.0, None, None, 6.0, 7.0, None],
            "z": ["p", "q", "p", None, "q", "p", "q", "p"],
            "w": [1.0, 2.0, 1.0, 1.0, 3.0, 1.0, None, 1.0],
        }
    )


ROLES = Roles(label="y", decision="d", sensitive=("g",), features=("x", "z"))


def test_people_labels_and_missing_values_by_hand(tmp_path):
    found = counted(small(), Plan(roles=ROLES), tmp_path)
    (by,) = found.groups
    assert found.rows == 8
    assert by.attribute.levels == ("a", "b", "Unknown")
    assert by.attribute.missing == "Unknown"
    assert by.rows.tolist() == [3, 3, 2]
    assert (found.classes, found.positive) == (("0", "1"), (False, True))
    # By label 0, 1 and missing.
    assert by.n[0].tolist() == [[1, 2, 0], [1, 1, 1], [1, 1, 0]]
    # Parts of the audit first, worst first: g misses 2, then y and d miss 1 each; then the features x and z.
    assert found.columns[0] == "g"
    assert set(found.columns[1:3]) == {"y", "d"}
    assert found.columns[3:] == ("x", "z")
    assert by.missing[:, 3].tolist() == [1, 2, 1]
    assert by.missing[:, 4].tolist() == [0, 1, 0]
    assert by.missing[:, 0].tolist() == [0, 0, 2]


def test_weights_are_summed_and_rows_without_one_are_left_out(tmp_path):
    from dataclasses import replace

    found = counted(small(), Plan(roles=replace(ROLES, weight="w")), tmp_path)
    (by,) = found.groups
    assert (found.weighted, found.weightless) == (True, 1)
    assert by.n.sum() == 7
    assert by.w[0].tolist() == [[2, 2, 0], [1, 3, 1], [1, 0, 0]]
    assert by.w2[0].tolist() == [[4, 2, 0], [1, 9, 1], [1, 0, 0]]
    assert by.rows.sum() == 8


def test_labels_are_counted_by_split(tmp_path):
    frame = small().assign(s=["train", "TEST", "test", "train", "val", "train", "test", "train"])
    plan = Plan(roles=Roles(label="y", decision="d", sensitive=("g",), split="s", features=("x",)))
    found = counted(frame, plan, tmp_path)
    assert found.parts == ("train", "validation", "test")
    assert found.groups[0].n.sum(axis=(1, 2)).tolist() == [4, 1, 3]


def test_the_table_is_read_back_exactly(tmp_path):
    from dataclasses import replace

    for plan in (Plan(roles=ROLES), Plan(roles=replace(ROLES, weight="w"))):
        found = counted(small(), plan, tmp_path)
        again = Profile.from_dict(json.loads(json.dumps(found.to_dict())))
        assert again.to_dict() == found.to_dict()
        assert np.array_equal(again.groups[0].w2, found.groups[0].w2)


def test_repeated_rows_count_missing_values_as_the_same(tmp_path):
    frame = pd.DataFrame(
        {
            "y": [1, 1, 1, 0, 0, 1],
            "d": [0, 1, 0, 1, 0, 1],
            "g": ["a", "a", "a", "b", "b", None],
            "x": [None, None, 2.0, 3.0, 3.0, None],
        }
    )
    found = counted(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g",))), tmp_path).repeats
    # (1, a, –) twice and (0, b, 3) twice; the decision is not compared.
    assert (found.rows, found.distinct, found.columns) == (6, 4, 3)
    assert found.split_reason == "no_split"


def test_rows_of_the_test_that_are_in_training_are_found(tmp_path):
    frame = pd.DataFrame(
        {
            "y": [1, 0, 1, 1, 0, 0, 1],
            "d": 1,
            "g": ["a", "b", None, "a", "b", "b", None],
            "x": [1, 2, 3, 1, 2, 9, 3],
            "part": ["train", "train", "train", "test", "validation", "test", "test"],
        }
    )
    roles = Roles(label="y", decision="d", sensitive=("g",), split="part")
    found = counted(frame, Plan(roles=roles), tmp_path).repeats
    assert (found.train, found.validation, found.test) == (3, 1, 3)
    assert (found.test_in_train, found.validation_in_train) == (2, 1)
    assert found.split_reason == ""
    audit = run(frame, Plan(roles=roles, replicates=100))
    row = next(row for row in audit.chapter("repeats") if row.where == "test_in_train")
    assert (row.repeated, row.n) == (2, 3)
    assert row.value == pytest.approx(2 / 3)
    assert row.low < row.value < row.high
    assert [finding.code for finding in audit.findings if finding.code == "FA313"] == ["FA313"]


def test_the_seeded_split_of_a_model_trained_here_is_compared():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(0, 3, 400), "g": rng.choice(["a", "b"], 400)})
    frame["y"] = rng.integers(0, 2, 400)
    plan = Plan(
        roles=Roles(label="y", sensitive=("g",)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        replicates=100,
    )
    audit = run(frame, plan)
    repeats = audit.basis.profile.repeats
    assert (repeats.train, repeats.validation, repeats.test) == (240, 80, 80)
    assert repeats.test == audit.data.audited
    assert repeats.test_in_train == 80  # 12 different rows among 240


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("MOST_ROWS", 7, "too_many_rows"), ("MOST_COMPARED", 2, "too_many_columns")],
)
def test_what_is_too_large_is_not_compared_and_says_why(monkeypatch, tmp_path, limit, value, reason):
    monkeypatch.setattr(gathering, limit, value)
    found = counted(small(), Plan(roles=ROLES), tmp_path)
    assert (found.repeats.reason, found.repeats.rows) == (reason, 0)


def test_without_a_feature_nothing_is_compared(tmp_path):
    frame = small()[["y", "d", "g"]]
    found = counted(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g",))), tmp_path)
    assert found.repeats.reason == "no_features"


def test_too_many_columns_with_gaps_are_said_to_be_left_out(monkeypatch, tmp_path):
    monkeypatch.setattr(gathering, "MOST_COLUMNS", 2)
    found = counted(small(), Plan(roles=ROLES), tmp_path)
    assert len(found.columns) == 2
    assert found.uncounted == 3


def test_a_label_of_very_many_values_is_joined(monkeypatch, tmp_path):
    monkeypatch.setattr(gathering, "MOST_CLASSES", 2)
    frame = pd.DataFrame(
        {"y": ["a", "b", "c", "d"] * 5, "d": ["a", "b"] * 10, "g": ["x", "y"] * 10, "x": range(20)}
    )
    plan = Plan(
        roles=Roles(
            label="y",
            positive="b",
            decision="d",
            decision_positive=("b",),
            sensitive=("g",),
            task="multiclass",
        )
    )
    found = counted(frame, plan, tmp_path)
    assert found.classes == (gathering.OTHERS, "b")
    assert found.positive == (False, True)
    assert found.groups[0].labels().tolist() == [[10, 0], [5, 5]]


def test_hostile_names_are_counted_like_any_other(tmp_path):
    n = 60
    frame = pd.DataFrame(
        {
            HOSTILE: [i % 2 for i in range(n)],
            LONG: [i // 2 % 2 for i in range(n)],
            EMOJI: [("x", '"; --', None)[i % 3] for i in range(n)],
            "p.q": [None if i % 4 == 0 else i for i in range(n)],
            "'); SELECT 1": range(n),
        }
    )
    audit = run(frame, Plan(roles=Roles(label=HOSTILE, decision=LONG, sensitive=(EMOJI,)), replicates=100))
    found = audit.basis.profile
    assert found.groups[0].rows.tolist() == [20, 20, 20]
    at = found.columns.index("p.q")
    assert found.groups[0].missing[:, at].sum() == 15
    assert found.repeats.distinct == n
    assert Audit.from_json(audit.to_json()).to_json() == audit.to_json()


def test_nothing_missing_is_an_empty_chapter():
    frame = pd.DataFrame({"y": [0, 1] * 20, "d": [0, 0, 1, 1] * 10, "g": ["a", "b"] * 20, "x": range(40)})
    audit = run(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100))
    assert audit.basis.profile.columns == ()
    assert audit.chapter("missing") == ()
    assert not [finding for finding in audit.findings if finding.code == "FA312"]


def test_cut_numbers_make_the_groups_of_the_audit(tmp_path):
    frame = pd.DataFrame({"y": [0, 1] * 30, "d": [1, 0] * 30, "age": range(60), "x": range(60)})
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("age",)), grouping=Grouping(bins={"age": (25.0,)})
    )
    found = counted(frame, plan, tmp_path)
    assert found.groups[0].attribute.levels == ("under 25", "25 and over")
    assert found.groups[0].rows.tolist() == [25, 35]
