"""The command line: what it writes, what it refuses, and how it ends."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit import cli
from audit.data.samples import sample
from audit.errors import JobFailed
from tests.commands import BASIC, FILES, exactly, frame, rows, run, written


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """Stand in for the report, which costs seconds each time: the last test here renders the real one."""
    import types

    module = types.ModuleType("audit.report.compose")
    module.to_pdf = lambda audit, **_: b"%PDF-stand-in " + hashlib.sha256(audit.to_json().encode()).digest()
    monkeypatch.setitem(sys.modules, "audit.report.compose", module)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    frame().to_csv(path, index=False)
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


# An adopted model

ADOPTING = [
    "--label", "label", "--positive", "1", "--sensitive", "group", "--split", "split", "--features", "x", "sex", "age",
    "--train", "logistic_regression", "--mitigate", "reweighing:seeds=1", "massaging:seeds=1",
]  # fmt: skip


def test_an_adopted_model_is_audited_again_to_the_numbers_after(data, out, tmp_path):
    run(data, out, *ADOPTING, "--adopt", "massaging")
    folder = out / "adopted"
    names = ["model-card.md", "model.onnx", "model.skops", "plan.json", "thresholds.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    (folder / "model.onnx").unlink()
    again = tmp_path / "again"
    run(data, again, "--plan", str(folder / "plan.json"))
    first, second = (json.loads((place / "audit.json").read_text(encoding="utf-8")) for place in (out, again))
    after = {
        (row["metric"], tuple(row["group"] or ())): row["after"]
        for row in rows(first, "comparison", mitigation="massaging", comparison=None, sensitive=["group"])
    }
    found = {
        (row["metric"], tuple(row["group"] or ())): row["value"]
        for row in rows(second, "metrics", sensitive=["group"])
    }
    assert after
    assert {key: found[key] for key in after} == after


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--adopt", "3"], "no mitigation '3' to adopt"),
        (["--adopt", "0"], "no mitigation '0' to adopt"),
        (["--adopt", "../x"], "to adopt"),
    ],
)
def test_only_a_mitigation_of_the_plan_is_adopted(data, out, capsys, words, said):
    assert run(data, out, *ADOPTING, *words) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_in_the_way_of_an_adopted_model_is_refused_before_anything_is_computed(data, out):
    (out / "adopted" / "model.skops").mkdir(parents=True)
    assert run(data, out, *ADOPTING, "--adopt", "1") == 2
    assert [path.name for path in out.iterdir()] == ["adopted"]


# How it ends


def test_everything_within_ends_with_0(tmp_path, out):
    path = exactly(tmp_path, (2000, 500, 500, 2000), (2000, 500, 500, 2000))
    assert run(path, out, *BASIC) == 0
    assert {row["verdict"] for row in written(out)["disparities"] if row["verdict"]} == {"within"}


def test_anything_beyond_ends_with_1(tmp_path, out):
    path = exactly(tmp_path, (2000, 500, 500, 2000), (2000, 500, 1500, 1000), (3, 1, 0, 0))
    assert run(path, out, *BASIC) == 1
    assert "beyond" in {row["verdict"] for row in written(out)["disparities"]}


def test_else_anything_undecided_ends_with_3(tmp_path, out):
    path = exactly(tmp_path, (2000, 500, 500, 2000), (2000, 500, 500, 2000), (3, 1, 0, 0))
    assert run(path, out, *BASIC) == 3
    assert {row["verdict"] for row in written(out)["disparities"] if row["verdict"]} == {"cannot_tell"}


def test_only_the_criteria_of_the_plan_count(tmp_path, out):
    path = exactly(tmp_path, (2000, 500, 500, 2000), (2000, 500, 1500, 1000))
    none = [
        word
        for name in ("demographic_parity", "equal_opportunity")
        for kind in ("difference", "ratio")
        for word in ("--tolerance", f"{name}_{kind}=none")
    ]
    assert run(path, out, *BASIC, *none, "--tolerance", "equalized_odds_difference=none") == 0
    assert {row["verdict"] for row in written(out)["disparities"]} == {None}


def test_a_criterion_counts_over_every_grouping(tmp_path, out):
    """Nothing differs by a or by b alone; their combination is far apart."""
    table = [
        {"label": 1, "decision": int(k < (90 if a == b else 10)), "a": f"a{a}", "b": f"b{b}"}
        for a in (0, 1)
        for b in (0, 1)
        for k in range(100)
        for _ in range(10)
    ]
    path = tmp_path / "xor.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    words = [
        "--label",
        "label",
        "--positive",
        "1",
        "--decision",
        "decision",
        "--sensitive",
        "a",
        "--sensitive",
        "b",
    ]
    assert run(path, out, *words) == 1
    found = {
        tuple(row["sensitive"]): row["value"]
        for row in rows(written(out), "disparities", metric="demographic_parity", comparison="difference")
    }
    assert found == {("a",): 0, ("b",): 0, ("a", "b"): pytest.approx(0.8)}


def test_help_says_what_the_numbers_mean(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["run", "--help"])
    assert stopped.value.code == 0
    assert "3 at least one cannot be decided" in capsys.readouterr().out


@pytest.mark.parametrize("error", [RuntimeError("secret"), MemoryError(), JobFailed("The job was killed.")])
def test_what_breaks_ends_with_70_and_writes_nothing(monkeypatch, data, out, capsys, error):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("audit.run.run_and_adopt", broken)
    assert run(data, out, *BASIC) == 70
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    assert "Traceback" not in said
    assert "secret" not in said
    assert not out.exists()


def test_a_report_that_breaks_leaves_no_partial_file(monkeypatch, data, out):
    def broken(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(sys.modules["audit.report.compose"], "to_pdf", broken)
    assert run(data, out, *BASIC) == 70
    assert not out.exists()
    out.mkdir()
    assert run(data, out, *BASIC) == 70
    assert list(out.iterdir()) == []


def test_what_was_there_stays_when_a_later_run_is_refused(data, out):
    run(data, out, *BASIC)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert run(data, out, *BASIC, "--sensitive", "nope") == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


# What it writes


def test_the_three_files_and_the_fingerprint(data, out):
    run(data, out, *BASIC)
    audit = written(out)
    assert audit["fingerprint"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert audit["rows"] == {"read": 400, "dropped": [], "audited": 400}
    assert json.loads((out / "plan.json").read_text(encoding="utf-8")) == audit["plan"]
    assert audit["plan"]["dated"]


@pytest.mark.parametrize(
    "words",
    [
        [*BASIC, "--weight", "weight", "--sensitive", "age", "--reference", "group=b", "--min-size", "5"],
        [
            "--label",
            "label",
            "--score",
            "score",
            "--threshold",
            "0.4",
            "--sensitive",
            "sex",
            "--favourable",
            "negative",
        ],
        [
            "--label",
            "label",
            "--train",
            "logistic_regression",
            "--sensitive",
            "group",
            "--mitigate",
            "reweighing",
        ],
    ],
)
def test_a_plan_repeats_byte_for_byte(data, out, tmp_path, words):
    first = run(data, out, *words)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    again = tmp_path / "again"
    assert run(data, again, "--plan", str(out / "plan.json")) == first
    assert {path.name: path.read_bytes() for path in again.iterdir()} == before
    assert run(data, out, "--plan", str(out / "plan.json")) == first
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_source_date_epoch_is_the_date(data, out, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    run(data, out, *BASIC)
    assert written(out)["plan"]["dated"] == "2001-09-09"


def test_options_override_the_plan(data, out, tmp_path):
    run(data, out, *BASIC)
    other = tmp_path / "other"
    run(data, other, "--plan", str(out / "plan.json"), "--sensitive", "sex", "--seed", "7")
    audit = written(other)
    assert audit["plan"]["roles"]["sensitive"] == ["sex"]
    assert audit["plan"]["seed"] == 7
    assert audit["plan"]["roles"]["decision"] == "decision"


def test_several_positive_decisions(out):
    words = [
        "--label",
        "two_year_recid",
        "--positive",
        "1",
        "--decision",
        "score_text",
        "--favourable",
        "negative",
    ]
    code = run(
        sample("compas").path, out, *words, "--decision-positive", "Medium", "High", "--sensitive", "race"
    )
    (row,) = rows(written(out), "metrics", metric="false_positive_rate", group=["African-American"])
    assert round(100 * row["value"], 2) == 44.85
    assert code == 1


def test_tolerances_are_set_and_removed(data, out):
    words = [
        "--tolerance",
        "equal_opportunity_difference=0.05",
        "--tolerance",
        "demographic_parity_ratio=none",
    ]
    run(data, out, *BASIC, *words, "--tolerance", "accuracy_difference=0.2")
    audit = written(out)
    assert audit["plan"]["tolerances"]["equal_opportunity_difference"] == 0.05
    assert "demographic_parity_ratio" not in audit["plan"]["tolerances"]
    (row,) = rows(audit, "disparities", metric="accuracy", comparison="difference")
    assert row["tolerance"] == 0.2
    assert row["verdict"] is not None


def test_references_of_several_columns(data, out):
    words = [*BASIC, "--sensitive", "sex", "--reference", "b", "--reference", "m"]
    run(data, out, *words)
    audit = written(out)
    assert audit["plan"]["grouping"]["references"] == {"group": "b", "sex": "m"}
    named = {
        (tuple(row["sensitive"]), tuple(row["reference"]))
        for row in rows(audit, "disparities", comparison="to_reference")
    }
    assert named == {(("group",), ("b",)), (("sex",), ("m",)), (("group", "sex"), ("b", "m"))}


def test_minimum_size(data, out):
    run(data, out, *BASIC, "--min-size", "150")
    audit = written(out)
    (row,) = rows(audit, "metrics", metric="true_positive_rate", group=["a"])
    assert (row["value"], row["n"], row["reason"]) == (None, 100, "below_minimum_size")


def test_favourable_negative(tmp_path, out):
    path = exactly(tmp_path, (700, 300, 200, 800), (900, 100, 200, 800))
    run(path, out, *BASIC, "--favourable", "negative")
    audit = written(out)
    (row,) = rows(audit, "disparities", metric="equal_opportunity", comparison="difference")
    assert row["value"] == pytest.approx(0.2)
    (worst,) = rows(audit, "disparities", metric="selection_rate", comparison="worst_group")
    assert worst["group"] == ["g0"]


def test_weights(data, out):
    run(data, out, *BASIC, "--weight", "weight")
    (row,) = rows(written(out), "metrics", metric="selection_rate", group=["a"])
    who = frame().query("group == 'a'")
    assert row["value"] == pytest.approx(np.average(who["decision"], weights=who["weight"]), abs=1e-12)
    assert row["n"] == 200
    assert row["n_effective"] == pytest.approx(who["weight"].sum() ** 2 / (who["weight"] ** 2).sum())


def test_a_split_column_leaves_the_test_rows(data, out):
    run(data, out, *BASIC, "--split", "split")
    audit = written(out)
    assert audit["rows"]["audited"] == 80
    assert audit["rows"]["read"] == 400
    assert sum(item["n"] for item in audit["rows"]["dropped"]) == 320


def test_a_trained_model_is_audited_on_its_test_rows(data, out):
    words = ["--label", "label", "--positive", "1", "--train", "logistic_regression", "--sensitive", "group"]
    run(data, out, *words, "--mitigate", "reweighing", "--seed", "3")
    audit = written(out)
    assert audit["rows"]["audited"] == pytest.approx(80, abs=2)
    assert {row["mitigation"] for row in audit["comparison"]} == {"reweighing"}
    (row,) = rows(
        audit, "comparison", metric="selection_rate", group=None, sensitive=["group"], comparison=None
    )
    assert row["change"] == pytest.approx(row["after"] - row["before"])
    assert row["control"] is not None
    assert row["original"] is None


def test_numbers_are_binned_by_quartile(data, out):
    words = ["--label", "label", "--positive", "1", "--decision", "decision", "--sensitive", "age"]
    run(data, out, *words)
    audit = written(out)
    counts = {row["group"][0]: row["value"] for row in rows(audit, "metrics", metric="count") if row["group"]}
    ages = frame()["age"]
    cuts = ages.quantile([0.25, 0.5, 0.75]).tolist()
    assert list(counts) == [
        f"under {cuts[0]:g}",
        f"{cuts[0]:g} to under {cuts[1]:g}",
        f"{cuts[1]:g} to under {cuts[2]:g}",
        f"{cuts[2]:g} and over",
    ]
    bins = np.searchsorted(cuts, ages, side="right")
    assert list(counts.values()) == np.bincount(bins).tolist()


@pytest.mark.parametrize("value", ["1", "1.0", " 1 "])
@pytest.mark.parametrize("label", [[1, 0], [1.0, 0.0], ["1", "0"], ["1.0", "0.0"], [True, False]])
def test_one_is_one_however_it_is_written(tmp_path, out, value, label):
    path = tmp_path / "data.parquet"
    table = frame()
    pd.DataFrame(
        {
            "label": [label[0] if one else label[1] for one in table["label"]],
            "decision": [label[0] if one else label[1] for one in table["decision"]],
            "group": table["group"],
        }
    ).to_parquet(path)
    run(path, out, *BASIC[:2], "--positive", value, *BASIC[4:])
    (row,) = rows(written(out), "metrics", metric="selection_rate", group=None)
    assert row["value"] == pytest.approx(table["decision"].mean())


def test_one_class_only_shows_what_exists(tmp_path, out):
    path = exactly(tmp_path, (50, 50, 0, 0), (60, 40, 0, 0))
    assert run(path, out, *BASIC) == 3
    audit = written(out)
    (row,) = rows(audit, "metrics", metric="true_positive_rate", group=None)
    assert (row["value"], row["reason"]) == (None, "no_positives")
    (row,) = rows(audit, "metrics", metric="false_positive_rate", group=["g0"])
    assert row["value"] == 0.5


def test_hostile_names_are_shown_literally(tmp_path, out):
    names = ["=cmd()|'/c calc'!A1", "<script>alert(1)</script>", "**b** [x](y)", "عربي", "中文", "x" * 10_000]
    path = tmp_path / "hostile.parquet"
    table = frame(600)
    table["group"] = [names[i % len(names)] for i in range(600)]
    table.to_parquet(path)
    run(path, out, *BASIC)
    shown = [row["group"][0] for row in rows(written(out), "metrics", metric="count") if row["group"]]
    assert set(names[:5]) < set(shown)
    assert max(len(name) for name in shown) == 200


# As a program


def program(*words):
    return subprocess.run(
        [sys.executable, "-m", "audit", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )


def test_as_a_program_bad_input_is_one_line(out, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    done = program("run", "--data", path, "--out", out, *BASIC)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not out.exists()


def test_as_a_program_with_the_real_report_everything_repeats(data, out, tmp_path):
    done = program("run", "--data", data, "--out", out, *BASIC)
    assert done.returncode in {0, 1, 3}, done.stderr
    assert done.stderr == ""
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    again = tmp_path / "again"
    done = program("run", "--data", data, "--out", again, "--plan", out / "plan.json")
    assert done.stderr == ""
    for name in FILES:
        assert (again / name).read_bytes() == (out / name).read_bytes(), name


@pytest.mark.parametrize("stream", ["full", "closed", "narrow"])
def test_output_that_nobody_can_read_changes_no_exit_status(tmp_path, out, monkeypatch, stream):
    path = exactly(tmp_path, (2000, 500, 500, 2000), (2000, 500, 500, 2000))
    words = [
        "run",
        *("--data", str(path), "--out", str(out)),
        *("--label", "label", "--decision", "decision", "--sensitive", "group"),
    ]
    if stream == "closed":
        monkeypatch.setattr(sys, "stdout", None)
        assert cli.main(words) == 0
    else:
        target, encoding = ("/dev/full", "utf-8") if stream == "full" else (tmp_path / "said", "ascii")
        with open(target, "w", encoding=encoding) as file:  # noqa: PTH123 - a device is no path to write text to
            monkeypatch.setattr(sys, "stdout", file)
            assert cli.main(words) == 0
    written(out)
