"""What is handed over: the augmented table with its mark and card, and a generator without any code in it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from audit.data.ingest import ingest_frame
from audit.errors import AuditError, InputError
from audit.mitigation.catalogue import make
from audit.mitigation.synthesis.augmented import Augmented
from audit.mitigation.synthesis.datacard import data_card, identifiers, leaving
from audit.mitigation.synthesis.export import (
    augmented_table,
    generator_files,
    read_generator,
    table_bytes,
)
from audit.mitigation.table import Treated
from audit.progress import silent
from tests.repairing import GROUPS, rows


def augmented(name, **params):
    return make(name, params).augment(rows(700, 3), None, seed=0, progress=silent)


@pytest.fixture(scope="module")
def trees():
    return augmented("tree_augmentation", min_cell=10)


def test_the_table_marks_made_rows_and_keeps_the_real_ones(trees):
    table = augmented_table(trees, label="hired", labels=("no", "yes"), sensitive=("sex",))
    real = table[~table["is_synthetic"]]
    given = rows(700, 3)
    pd.testing.assert_frame_equal(real[list(given.frame.columns)], given.frame)
    np.testing.assert_array_equal(real["hired"] == "yes", given.label == 1)
    np.testing.assert_array_equal(real["sex"], np.take([group[0] for group in GROUPS], given.group))
    assert table["is_synthetic"].sum() == sum(cell.added for cell in trees.treated.cells) > 0
    assert "row_weight" not in table


@pytest.mark.parametrize(
    ("label", "sensitive"),
    [
        ("age", "sex"),
        ("is_synthetic", "sex"),
        ("hired", "is_synthetic"),
        ("row_weight", "sex"),
        ("sex", "sex"),
    ],
)
def test_a_column_that_is_named_like_an_added_one_is_refused(trees, label, sensitive):
    treated = trees.treated
    uneven = replace(trees, treated=replace(treated, weight=1.0 + np.arange(len(treated.label))))
    with pytest.raises(InputError) as caught:
        augmented_table(uneven, label=label, labels=("no", "yes"), sensitive=(sensitive,))
    assert caught.value.code == "augmented_name"


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_the_table_is_read_again(trees, kind, tmp_path):
    path = tmp_path / f"t.{kind}"
    table = augmented_table(trees, label="hired", labels=("no", "yes"), sensitive=("sex",))
    path.write_bytes(table_bytes(table, kind))
    again = pd.read_parquet(path) if kind == "parquet" else pd.read_csv(path)
    assert len(again) == len(trees.treated.label)
    assert again["is_synthetic"].sum() == trees.treated.synthetic.sum()


def test_the_card_says_what_the_rows_are(trees):
    told = {"title": "Trees", "params": {"leaf": 50}, "source": "ab" * 32, "notes": ("One |note|.",)}
    card = data_card(leaving(trees, real=True), **told)
    made = sum(cell.added for cell in trees.treated.cells)
    assert f"{made:,} made ones" in card
    assert "must not be used to test" in card
    assert "hand this table only to whom you may give the data themselves" in card
    assert "detection_boosting" in card
    assert "One /note/." in card
    only = data_card(leaving(trees, real=False), **told)
    assert only.startswith("# Data card of made rows")
    assert "hand this table only" not in only


def test_an_audit_that_withholds_small_groups_gives_no_row_of_a_person(trees):
    rows = leaving(trees, real=True, withheld=10)
    assert not rows.real
    assert rows.augmented.treated.synthetic.all()
    card = data_card(rows, title="Trees", params={}, source="", notes=("Group a has only 7 real rows.",))
    assert "withholds groups of fewer than 10 people" in card
    assert "only 7" not in card
    assert "real rows learned from" not in card


def people_of_their_own(n=200):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person": [f"p{at}" for at in range(n)],
            "number": np.arange(n) + 1000,
            "town": ["Bonn", "Köln"] * (n // 2 - 5) + ["Ulm"] * 3 + ["Jena"] * 7,
            "income": rng.lognormal(10, 1, n),
            "age": rng.integers(18, 60, n),
            "since": pd.Timestamp("2001-01-01") + pd.to_timedelta(np.arange(n), unit="D"),
        }
    )


def test_columns_that_name_people_are_named_or_stay_and_rare_texts_with_them():
    frame = people_of_their_own()
    n = len(frame)
    assert identifiers(frame) == ("person", "number")
    assert identifiers(frame.iloc[:10]) == ()
    other = pd.DataFrame(
        {
            "with a gap": [None, *range(1, n)],
            "decimal": [Decimal(at) for at in range(n)],
            "twice": [0, 0, *range(2, n)],
            "often": np.arange(n) // 2,
            "half": np.arange(n) + 0.5,
        }
    )
    assert identifiers(other) == ("with a gap", "decimal", "twice")
    made = frame.iloc[[0, 1, 190, 195]].assign(income=[1.0, 2.0, 3.0, 4.0])
    treated = Treated(
        frame=pd.concat([frame, made], ignore_index=True),
        label=np.ones(n + 4, dtype=np.int8),
        group=np.zeros(n + 4, dtype=np.int64),
        weight=np.ones(n + 4),
        synthetic=np.arange(n + 4) >= n,
        cells=(),
    )
    found = Augmented(treated=treated, groups=(("a",),))
    kept = leaving(found, real=False, withheld=10)
    assert list(kept.augmented.treated.frame) == ["town", "income", "age", "since"]
    assert kept.augmented.treated.frame["town"].tolist() == ["Bonn", "Köln"]
    card = data_card(kept, title="T", params={}, source="")
    assert "left out: 'person', 'number'" in card
    assert "with a text that 1 to 9 real people have are left out" in card
    whole = leaving(found, real=True)
    assert len(whole.augmented.treated.frame) == n + 4
    assert "'person', 'number'. Made rows hold values of real people" in data_card(
        whole, title="T", params={}, source=""
    )


def test_names_are_checked_before_anything_is_trained(tmp_path):
    from audit.handover.rows import check_names
    from audit.plan import Plan, Roles

    frame = pd.DataFrame({"x": [1, 2, 3], "is_synthetic": [0, 1, 0], "row_weight": [1, 2, 3], "y": [0, 1, 0]})
    data = ingest_frame(frame, tmp_path)
    for roles in (
        {"label": "y"},
        {"label": "is_synthetic", "features": ("x",)},
        {"label": "y", "sensitive": ("is_synthetic",), "features": ("x",)},
        {"label": "row_weight", "weight": "x", "features": ("y",)},
    ):
        with pytest.raises(InputError, match="Rename the column"):
            check_names(data, Plan(roles=Roles(**roles)))
    check_names(data, Plan(roles=Roles(label="y", features=("x", "row_weight"))))
    check_names(data, Plan(roles=Roles(label="y", weight="row_weight", split="is_synthetic")))


def test_names_of_columns_in_a_csv_are_no_formulas():
    table = pd.DataFrame({"=1+1": ["@cmd"], "x": [1]})
    assert table_bytes(table, "csv").decode().splitlines() == ["'=1+1,x", "'@cmd,1"]


def test_made_rows_that_equal_a_few_people_or_are_of_few_people_stay():
    n = 200
    frame = pd.DataFrame({"x": [*range(10), *[100] * 40, *range(20, 170)]})
    group = np.array([*[0] * 60, *[1] * 132, *[2] * 8])
    made = pd.DataFrame({"x": [3, 100, 500, 21, 600]})
    treated = Treated(
        frame=pd.concat([frame, made], ignore_index=True),
        label=np.array([*[1] * n, *[1] * 5], dtype=np.int8),
        group=np.array([*group, 0, 0, 0, 1, 2]),
        weight=np.ones(n + 5),
        synthetic=np.arange(n + 5) >= n,
        cells=(),
    )
    found = Augmented(treated=treated, groups=(("a",), ("b",), ("c",)))
    rows = leaving(found, real=False, withheld=10)
    # 3 and 21 are single people's; 100 is that of 40; 500 is nobody's; 600 is of a cell of 8.
    assert rows.augmented.treated.frame["x"].tolist() == [100, 500]
    assert rows.augmented.treated.group.tolist() == [0, 0]
    assert len(rows.left) == 5
    assert leaving(found, real=False).augmented.treated.frame["x"].tolist() == [3, 100, 500, 21, 600]


@pytest.mark.parametrize(("name", "params"), [("tree_augmentation", {}), ("gan", {"epochs": 1})])
def test_a_generator_makes_the_same_rows_after_a_journey_through_files(name, params):
    maker = augmented(name, **params, min_cell=10).maker
    tensors, text = generator_files(maker)
    again = read_generator(tensors, text)
    cell = np.repeat([0, 1, 2, 3], 20)
    pd.testing.assert_frame_equal(maker.make(cell, seed=9), again.make(cell, seed=9))
    assert again.groups == GROUPS
    assert b"pickle" not in tensors


def test_types_survive_the_journey():
    table = rows(600, 1)
    n = len(table.label)
    odd = table.frame.assign(
        when=pd.date_range("2020-01-01", periods=n, freq="h", tz="UTC"),
        kind=pd.Categorical(np.tile(["u", "v", "w"], n // 3)),
        maybe=pd.array(np.tile([1, 2, None], n // 3), dtype="Int64"),
        day=pd.date_range("2020-01-01", periods=n).date,
        endless=np.tile([np.inf, 1.5, np.nan], n // 3),
    )
    table = type(table)(
        frame=odd, label=table.label, group=table.group, groups=table.groups, weight=table.weight
    )
    maker = make("tree_augmentation", {"min_cell": 10}).augment(table, None, seed=0, progress=silent).maker
    again = read_generator(*generator_files(maker))
    cell = np.repeat([0, 1, 2, 3], 10)
    pd.testing.assert_frame_equal(maker.make(cell, seed=1), again.make(cell, seed=1))


def test_values_without_words_in_json_are_refused():
    table = rows(400, 1)
    odd = table.frame.assign(list=[[int(i) % 3] for i in range(400)])
    table = type(table)(
        frame=odd, label=table.label, group=table.group, groups=table.groups, weight=table.weight
    )
    found = make("tree_augmentation", {"min_cell": 10}).augment(table, None, seed=0, progress=silent)
    with pytest.raises(AuditError) as caught:
        generator_files(found.maker)
    assert caught.value.code == "generator_values"


@pytest.mark.parametrize(
    "broken",
    [
        (b"", "{}"),
        (b"\x80\x04", json.dumps({"format": 1})),
        (b"", "not json"),
        (b"", json.dumps({"format": 2})),
    ],
)
def test_foreign_files_are_refused(broken):
    with pytest.raises(InputError) as caught:
        read_generator(*broken)
    assert caught.value.code == "generator_file"


def test_a_generator_with_a_kind_that_is_unknown_is_refused(trees):
    tensors, text = generator_files(trees.maker)
    with pytest.raises(InputError):
        read_generator(tensors, text.replace('"kind": "trees"', '"kind": "os.system"'))


def test_the_command_line_writes_them_beside_the_report(tmp_path):
    from audit import cli
    from tests.commands import frame

    frame(900).to_csv(tmp_path / "d.csv", index=False)
    out = tmp_path / "out"
    options = ["--label", "label", "--positive", "1", "--sensitive", "group", "--features", "x", "age"]
    done = cli.main(
        [
            *("run", "--data", str(tmp_path / "d.csv"), "--out", str(out), "--quiet", *options),
            *("--train", "logistic_regression", "--augmented", "csv"),
            *("--mitigate", "tree_augmentation:seeds=1,target=cells,min_cell=10", "reweighing:seeds=1"),
        ]
    )
    assert done != 2  # a verdict, not a refusal
    assert not (out / "augmented-reweighing").exists()
    place = out / "augmented-tree_augmentation"
    assert {path.name for path in place.iterdir()} == {"augmented.csv", "card.md"}
    assert "none was trained" in (place / "card.md").read_text()  # the cells were equal already
    table = pd.read_csv(place / "augmented.csv")
    assert set(table["group"]) == {"a", "b"}
    assert "is_synthetic" in table
    counts = table.groupby(["group", "label"]).size()
    assert (counts["a"] == counts["b"]).all()
