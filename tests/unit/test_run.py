"""The one function behind the screens, the command line and the notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import audit
from audit.data.ingest import ingest
from audit.errors import ModelError, PlanError, RoleError
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan, Roles
from audit.provenance import today
from audit.run import run

ROLES = Roles(label="label", decision="decision", sensitive=("group",))


def frame(n=600, seed=0):
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(n) % 3 == 0, "b", "a")
    x = rng.normal(size=n)
    label = (x + 0.4 * (group == "a") + rng.normal(size=n) > 0).astype(int)
    return pd.DataFrame(
        {
            "label": label,
            "decision": (x > 0).astype(int),
            "group": group,
            "x": x,
            "age": rng.integers(18, 80, n),
        }
    )


def test_the_public_name_is_a_function_whatever_was_imported_before():
    code = (
        "import audit; a = audit.run; from audit import run; b = run; import audit.run; "
        "from audit.run import run as c; from audit import run as d; "
        "assert all(callable(each) for each in (a, b, c, d, audit.run)); "
        "import pandas as pd; frame = pd.DataFrame({'y': [0, 1], 'd': [1, 0], 'g': ['a', 'b']}); "
        "plan = audit.Plan(roles=audit.Roles(label='y', decision='d', sensitive=('g',))); "
        "assert audit.run(frame, plan).data.audited == d(frame, plan).data.audited == 2"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert audit.__version__


def test_a_frame_a_path_and_a_data_set_give_the_same_numbers(tmp_path):
    path = tmp_path / "data.csv"
    frame().to_csv(path, index=False)
    plan = Plan(roles=ROLES, dated="2026-01-01")
    from_frame, from_path = run(frame(), plan), run(path, plan)
    from_dataset = run(ingest(path, tmp_path / "store"), plan)
    assert from_frame.metrics == from_path.metrics == from_dataset.metrics
    assert from_path.to_json() == from_dataset.to_json()
    assert from_path.data.name == "data.csv"


def test_a_plan_without_a_date_is_dated(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert today() == "1970-01-01"
    assert run(frame(), Plan(roles=ROLES)).plan.dated == "1970-01-01"
    assert run(frame(), Plan(roles=ROLES, dated="2020-02-02")).plan.dated == "2020-02-02"


def test_fairlearn_agrees_with_every_audit():
    found = run(frame(), Plan(roles=ROLES))
    assert found.authority.checked >= 18
    assert found.authority.largest_difference <= 1e-12


def test_a_reference_that_nobody_is_in_is_refused():
    with pytest.raises(RoleError, match="reference group"):
        run(frame(), Plan(roles=ROLES, grouping=Grouping(references={"group": "zz"})))


def test_a_reference_of_another_column_is_no_matter():
    assert run(frame(), Plan(roles=ROLES, grouping=Grouping(references={"other": "zz"}))).metrics


TRAINED = Plan(
    roles=Roles(label="label", sensitive=("group", "age")),
    model=ModelChoice(kind="train", algorithm="logistic_regression"),
    grouping=Grouping(bins={"age": (40.0,)}),
    dated="2026-01-01",
)


def test_a_trained_model_is_audited_on_a_fifth_of_the_rows():
    table = frame().drop(columns="decision")
    found = run(table, TRAINED)
    assert found.data.split == "test rows"
    assert found.data.audited == pytest.approx(120, abs=2)
    assert found.data.read == found.data.audited + sum(item.n for item in found.data.dropped)
    assert found.model.features == ("x",)
    assert found.groupings == (("group",), ("age",), ("group", "age"))
    assert run(table, TRAINED).to_json() == found.to_json()


def test_mitigations_are_measured_on_the_same_test_rows():
    from dataclasses import replace

    plan = replace(
        TRAINED,
        mitigations=(
            MitigationChoice(id="reweighing"),
            MitigationChoice(id="reweighing", params={"group_by": "group"}),
        ),
    )
    found = run(frame().drop(columns="decision"), plan)
    assert [record.mitigation for record in found.trials] == ["reweighing", "reweighing#2"]
    for record in found.trials:
        assert record.n_test == found.data.audited
        assert record.control_rate == pytest.approx(record.after_rate, abs=0.05)
    for row in found.comparison:
        if row.comparison is None and row.mitigation == "reweighing":
            told = found.metric(row.metric, row.sensitive, row.group)
            assert row.before == told.value


def test_decisions_of_the_data_stand_beside_the_retrained_model():
    plan = Plan(roles=ROLES, mitigations=(MitigationChoice(id="reweighing"),), dated="2026-01-01")
    found = run(frame(), plan)
    (row,) = [
        r
        for r in found.comparison
        if (r.metric, r.group) == ("selection_rate", None) and r.comparison is None
    ]
    assert row.original is not None
    assert row.original == pytest.approx(frame()["decision"].mean(), abs=0.12)
    assert found.data.split == "all rows"


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(roles=ROLES, model=ModelChoice(kind="onnx")), "model_missing"),
        (
            Plan(
                roles=Roles(label="label", sensitive=("group",), features=()),
                model=ModelChoice(kind="train", algorithm="mlp"),
            ),
            "no_features",
        ),
    ],
)
def test_models_that_cannot_be(plan, code):
    with pytest.raises(ModelError) as refused:
        run(frame(), plan)
    assert refused.value.code == code


def test_a_mitigation_on_a_column_that_is_not_sensitive_is_refused():
    choice = MitigationChoice(id="reweighing", params={"group_by": "x"})
    with pytest.raises(PlanError) as refused:
        run(frame(), Plan(roles=ROLES, mitigations=(choice,)))
    assert refused.value.code == "group_by"


def test_progress_ends_at_one_and_never_goes_back():
    seen = []
    run(frame(), Plan(roles=ROLES), progress=lambda share, _: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("n", [1, 50])
def test_people_who_are_all_alike_are_audited(n):
    """One group, one label, one decision: a single cell, and nothing that could be compared."""
    rows = pd.DataFrame({"label": [1] * n, "decision": [1] * n, "group": ["a"] * n})
    result = run(rows, Plan(roles=ROLES))
    assert result.metric("true_positive_rate", ("group",), ("a",)).value == 1
    assert {row.verdict for row in result.disparities if row.verdict} == {"cannot_tell"}
    assert result.authority.largest_difference == 0
