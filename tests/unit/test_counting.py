"""From a table with decisions to cells and a row flow that adds up."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.counting import count_decisions
from audit.data.ingest import ingest_frame
from audit.engines.duckdb_engine import DuckDBEngine
from audit.errors import InputError, RoleError
from audit.grouping import rules
from audit.plan import Plan, Roles
from audit.roles import check_roles


def count(tmp_path, columns, **roles):
    given = {"label": "y", "decision": "d", "sensitive": ("g",), **roles}
    plan = Plan(roles=Roles(**given))
    dataset = ingest_frame(pd.DataFrame(columns), tmp_path)
    engine = DuckDBEngine()
    return count_decisions(
        dataset, plan.roles, check_roles(dataset, plan), rules(dataset, plan, engine), engine
    )


TABLE = {
    "y": [1, 1, 0, 0, 1, None, 1, 0],
    "d": [1, 0, 1, 0, 1, 1, None, 0],
    "g": ["a", "a", "a", "b", "b", "b", "b", None],
}


def test_cells_and_row_flow(tmp_path):
    found = count(tmp_path, TABLE)
    assert found.cells.groups == (("a",), ("b",), ("Unknown",))
    assert found.cells.n.tolist() == [[[0, 1], [1, 1]], [[1, 0], [0, 1]], [[1, 0], [0, 0]]]
    assert (found.read, found.audited) == (8, 6)
    assert {item.reason: item.n for item in found.dropped} == {"label missing": 1, "decision missing": 1}
    assert not found.cells.weighted


def test_a_row_is_dropped_for_one_reason(tmp_path):
    found = count(
        tmp_path,
        {
            "y": [1, 0, None, None, 1],
            "d": [1, 0, None, 1, 1],
            "g": list("aabba"),
            "w": [1.0, 2.0, None, None, None],
        },
        weight="w",
    )
    assert found.read == found.audited + sum(item.n for item in found.dropped)
    assert {item.reason: item.n for item in found.dropped} == {"label missing": 2, "weight missing": 1}
    assert found.cells.w.sum() == 3.0
    assert found.cells.n.sum() == 2


def test_scores_at_the_threshold_are_positive(tmp_path):
    columns = {"y": [1, 1, 0, 0], "s": [0.5, 0.49, float("nan"), 0.9], "g": list("aaaa")}
    found = count(tmp_path, columns, decision=None, score="s")
    assert found.cells.n.tolist() == [[[0, 1], [1, 1]]]
    assert {item.reason: item.n for item in found.dropped} == {"score missing": 1}


def test_only_test_rows_are_counted(tmp_path):
    columns = {**TABLE, "p": ["train", "TEST", "test", "valid", "Testing", "test", "test", "train"]}
    found = count(tmp_path, columns, split="p")
    assert found.audited == 3
    assert {item.reason: item.n for item in found.dropped} == {
        "not in the test split": 3,
        "label missing": 1,
        "decision missing": 1,
    }


def test_where_nothing_is_trained_every_row_may_be_a_test_row(tmp_path):
    found = count(tmp_path, {**TABLE, "p": ["test"] * 8}, split="p")
    assert found.audited == 6


def test_a_split_that_is_not_understood_is_refused(tmp_path):
    with pytest.raises(RoleError) as refused:
        count(tmp_path, {**TABLE, "p": ["test"] * 7 + ["tset"]}, split="p")
    assert refused.value.code == "unknown_split"


def test_weights_that_are_all_one_are_no_weights(tmp_path):
    found = count(tmp_path, {**TABLE, "w": [1.0] * 8}, weight="w")
    assert not found.cells.weighted


@pytest.mark.parametrize(
    ("weight", "code"), [(float("inf"), "weight_not_finite"), (1e300, "weight_not_finite")]
)
def test_weights_without_an_end_are_refused(tmp_path, weight, code):
    with pytest.raises(RoleError) as refused:
        count(tmp_path, {**TABLE, "w": [weight, *[1.0] * 7]}, weight="w")
    assert refused.value.code == code


def test_nobody_left_is_told(tmp_path):
    columns = {"y": [1, 0, None, None], "d": [None, None, 1, 0], "g": list("aabb")}
    with pytest.raises(InputError, match="label missing") as refused:
        count(tmp_path, columns)
    assert refused.value.code == "no_rows_left"


def test_too_many_combinations_are_refused(tmp_path):
    n = 15 * 15
    columns = {
        "y": [1, 0] * (n // 2) + [1],
        "d": [1, 0] * (n // 2) + [1],
        "g": [f"g{i % 15}" for i in range(n)],
        "h": [f"h{i // 15}" for i in range(n)],
    }
    with pytest.raises(RoleError, match="225 groups"):
        count(tmp_path, columns, sensitive=("g", "h"))


@pytest.mark.parametrize("kind", ["category", "string", "object", "Int64"])
def test_every_kind_of_column_counts_alike(tmp_path, kind):
    values = [1, 1, 2, 2, 2, 3] if kind == "Int64" else list("aabbbc")
    frame = pd.DataFrame({"y": [1, 0] * 3, "d": [1, 1, 0, 0, 1, 0], "g": pd.Series(values).astype(kind)})
    found = count(tmp_path, frame)
    assert found.cells.sizes.tolist() == [2, 3, 1]


def test_weights_that_add_up_to_the_rows_are_still_weights(tmp_path):
    """0.5 and 1.5 in every cell: the sums are the row counts, the effective number is not."""
    rows = [(y, d, g, w) for y in (0, 1) for d in (0, 1) for g in "ab" for w in (0.5, 1.5) for _ in range(20)]
    columns = dict(zip("ydgw", map(list, zip(*rows, strict=True)), strict=True))
    cells = count(tmp_path, columns, weight="w").cells
    assert cells.weighted
    assert cells.w.sum() == pytest.approx(320)
    assert cells.w.sum() ** 2 / cells.w2.sum() == pytest.approx(320**2 / (160 * 0.25 + 160 * 2.25))
