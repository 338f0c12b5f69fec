"""How finely scores are counted: the plan says so, areas come with a bound that holds, and nothing is lost on the way."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from sklearn.metrics import roc_auc_score

from audit.disparity.areas import AREAS, area_bounds, ranked
from audit.errors import PlanError, RoleError
from audit.gather import scores as gathering
from audit.plan import ModelChoice, Plan, Roles
from audit.report.compose import to_pdf
from audit.result import Audit
from audit.run import run
from audit.wording.numbers import at_most
from audit.wording.thresholds import counting
from tests.commands import run as command
from tests.commands import written
from tests.scored import counted

ROLES = Roles(label="y", score="s", sensitive=("g",))
TOO_MANY = "There are too many different scores to count each by itself."


def frame(n=12_000, *, seed=4):
    rng = np.random.default_rng(seed)
    s = rng.beta(2, 2, n)
    return pd.DataFrame(
        {
            "g": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
            "s": s,
            "y": (rng.random(n) < s).astype(int),
            "w": rng.uniform(0.5, 2.0, n),
        }
    )


def audited(table, bins=1000, **roles):
    return run(
        table, Plan(roles=replace(ROLES, **roles), replicates=100, score_bins=bins, dated="2026-12-01")
    )


@pytest.fixture(scope="module")
def table():
    return frame()


@pytest.fixture(scope="module")
def exact(table):
    return audited(table, "exact")


def areas_of(audit):
    """Each area with its bound, by measure and groups."""
    found = {
        (row.metric, row.group): [row.value]
        for row in audit.chapter("scores")
        if row.metric in AREAS and hasattr(row, "n_effective")
    }
    for row in audit.chapter("scores"):
        if row.metric in AREAS and hasattr(row, "bound"):
            found[row.metric, row.group].append(row.bound)
    pairs = {
        (row.metric, row.group, row.reference): [row.value, row.bound]
        for row in audit.chapter("score_gaps")
        if row.metric in {"xauc", "abroca"} and row.comparison == "to_reference"
    }
    return found | pairs


# ---- the plan


@pytest.mark.parametrize("bins", [1000, 4321, 10_000, "exact"])
def test_a_plan_keeps_its_bins(bins):
    plan = Plan(score_bins=bins)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.to_json() == plan.to_json()


def test_a_plan_of_before_counts_in_a_thousand_bins():
    raw = Plan(roles=ROLES).to_dict()
    del raw["score_bins"]
    assert Plan.from_dict(raw) == Plan(roles=ROLES)
    assert Plan().score_bins == 1000


@pytest.mark.parametrize(
    ("bins", "code"),
    [
        (999, "plan_range"),
        (10_001, "plan_range"),
        ("exactly", "plan_range"),
        ("5000", "plan_range"),
        (True, "plan_type"),
        (1500.5, "plan_type"),
        (None, "plan_type"),
        ([1000], "plan_type"),
    ],
)
def test_other_bins_are_refused(bins, code):
    with pytest.raises(PlanError) as refused:
        Plan.from_dict({"score_bins": bins})
    assert refused.value.code == code
    if code == "plan_range":
        assert refused.value.fix == 'Choose 1,000 to 10,000, or "exact".'


# ---- the bound


def test_the_bound_by_hand():
    # Two of each label; in the first of ten bins a positive lies above a negative, which the bin cannot tell.
    cells = counted([0.05, 0.06, 0.55, 0.95], [0, 1, 1, 0], "aaaa", bins=10)
    found = ranked(cells, cells.overall(), "auc").found
    assert found.value.tolist() == [1.5 / 4]
    assert roc_auc_score([0, 1, 1, 0], [0.05, 0.06, 0.55, 0.95]) == 2 / 4
    assert area_bounds(cells, cells.overall(), "auc").tolist() == [0.5 / 4]


def test_bounds_of_a_group_against_everybody_else_by_hand():
    # The positives of b share bins with the negatives of a: three of four pairs.
    score, label, group = [0.11, 0.12, 0.31, 0.13, 0.14], [0, 0, 0, 1, 1], "aaabb"
    cells = counted(score, label, group, bins=10)
    bounds = {name: area_bounds(cells, cells.overall(), name) for name in AREAS}
    assert np.isnan(bounds["auc"]).all()
    assert bounds["bpsn_auc"][0] == pytest.approx(0.5 * 4 / 6)
    assert bounds["bnsp_auc"][1] == pytest.approx(0.5 * 4 / 6)
    assert np.isnan(bounds["bpsn_auc"][1])


@pytest.mark.parametrize("bins", [1000, 3000, 10_000])
@pytest.mark.parametrize("weight", [None, "w"])
def test_no_area_is_further_off_than_its_bound(table, exact, bins, weight):
    truth = areas_of(exact if weight is None else audited(table, "exact", weight=weight))
    found = areas_of(audited(table, bins, weight=weight))
    assert found.keys() == truth.keys()
    assert {key[0] for key in found} == {*AREAS, "xauc", "abroca"}
    for key, (value, bound) in found.items():
        if value is not None:
            assert abs(value - truth[key][0]) <= bound + 1e-12, key
            assert 0 < bound < 2.5 / bins


@pytest.mark.parametrize("weight", [None, "w"])
def test_every_score_by_itself_is_what_scikit_learn_computes(table, exact, weight):
    audit = exact if weight is None else audited(table, "exact", weight=weight)
    found = areas_of(audit)
    assert audit.basis.scores.exact
    assert len(audit.basis.scores.cuts) == table["s"].nunique() > 10_000
    for name in "abc":
        mine, others = table[table["g"] == name], table[table["g"] != name]
        sides = {
            "auc": mine,
            "bpsn_auc": pd.concat([mine[mine["y"] == 0], others[others["y"] == 1]]),
            "bnsp_auc": pd.concat([mine[mine["y"] == 1], others[others["y"] == 0]]),
        }
        for metric, rows in sides.items():
            theirs = roc_auc_score(rows["y"], rows["s"], sample_weight=weight and rows[weight])
            value, bound = found[metric, (name,)]
            assert value == pytest.approx(theirs, abs=1e-12)
            assert bound == 0.0
    assert all(bound == 0.0 for *_, bound in found.values() if _[0] is not None)


def test_few_scores_are_exact_however_many_bins(table):
    rounded = table.assign(s=table["s"].round(2))
    plain, asked = audited(rounded), audited(rounded, "exact")
    assert plain.basis.scores.exact
    assert plain.basis.scores.to_dict() == asked.basis.scores.to_dict()


def test_deciding_by_the_threshold_is_exact_in_any_bins(table, exact):
    for audit in (exact, audited(table, 7777)):
        assert np.array_equal(audit.basis.scores.at(0.5).n, audit.cells.n)


def test_the_same_plan_gives_the_same_bytes_and_is_read_back(table, exact):
    text = exact.to_json()
    assert audited(table, "exact").to_json() == text
    again = Audit.from_json(text)
    assert again.plan.score_bins == "exact"
    assert again.to_json() == text
    assert [row["bound"] for row in json.loads(text)["chapters"]["scores"] if "bound" in row]


# ---- too many scores


def test_too_many_scores_of_a_column_are_refused_before_anything_is_counted(table, monkeypatch):
    monkeypatch.setattr(gathering, "MOST_EXACT", 5_000)

    def nothing(*_, **__):
        raise AssertionError("rows were counted")

    monkeypatch.setattr("audit.run.count_decisions", nothing)
    with pytest.raises(
        RoleError, match="'s' takes about 12,000 values; at most 5,000 are counted one by one"
    ) as said:
        audited(table, "exact")
    assert said.value.code == "too_many_scores"
    assert said.value.fix


def test_too_many_scores_of_a_model_are_counted_in_bins_and_its_work_is_kept(monkeypatch):
    monkeypatch.setattr(gathering, "MOST_EXACT", 500)
    monkeypatch.setattr(gathering, "MOST_BINS", 600)
    rows = frame(6_000).rename(columns={"s": "x"})
    plan = Plan(
        roles=Roles(label="y", sensitive=("g",), features=("x",)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        score_bins="exact",
        replicates=100,
    )
    audit = run(rows, plan)
    assert not audit.basis.scores.exact
    assert len(audit.basis.scores.cuts) in {600, 601}
    assert f"{TOO_MANY} Scores are counted in 60" in words(audit)


def test_too_many_scores_for_so_many_groups_are_counted_in_bins(table, monkeypatch):
    monkeypatch.setattr(gathering, "MOST_HELD", 30_000)
    audit = audited(table, "exact")
    assert len(audit.basis.scores.cuts) == 10_000
    assert TOO_MANY in words(audit)


# ---- what is said


def words(audit):
    pages = pypdfium2.PdfDocument(io.BytesIO(to_pdf(audit)))
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(text.replace("\ufffe", "").replace("\u200b", "").split())


def test_the_report_prints_the_bound_or_that_areas_are_exact(table, exact):
    assert "Every score is counted by itself: areas under curves are exact." in words(exact)
    audit = audited(table, 5000)
    bounds = [row.bound for row in audit.chapter("scores") if hasattr(row, "bound") and row.metric == "auc"]
    said = f"Scores are counted in 5,000 bins: no area under a curve here is off by more than {at_most(max(bounds))}"
    assert said in words(audit)


def test_a_bound_is_rounded_up():
    assert at_most(0.000511) == "0.00052"
    assert at_most(0.00051) == "0.00051"
    assert float(at_most(1 / 3)) > 1 / 3
    assert at_most(0.0) == "0.0"


@pytest.mark.parametrize(
    ("bounds", "exact", "asked", "said"),
    [
        ([0.1], True, 1000, "Every score is counted by itself: areas under curves are exact."),
        ([None], False, 1000, "Scores are counted in 1,000 bins."),
        ([0.0, None], False, 1000, "Scores are counted in 1,000 bins, and no bin holds both labels: areas under curves are exact."),
        ([0.01, None, 0.002], False, 1000, "Scores are counted in 1,000 bins: no area under a curve here is off by more than 0.01 for it."),
        ([0.5], False, "exact", f"{TOO_MANY} Scores are counted in 1,000 bins: no area under a curve here is off by more than 0.5 for it."),
    ],
)  # fmt: skip
def test_how_scores_are_counted_is_one_sentence(bounds, exact, asked, said):
    assert counting(1000, bounds, exact=exact, asked=asked) == said


# ---- the command line


@pytest.mark.parametrize("bins", ["2500", "exact"])
def test_the_command_line_counts_as_finely_as_it_is_asked_to(table, tmp_path, bins):
    table.to_csv(tmp_path / "d.csv", index=False)
    words = ["--label", "y", "--score", "s", "--sensitive", "g", "--score-bins", bins]
    command(tmp_path / "d.csv", tmp_path / "out", *words)
    audit = written(tmp_path / "out")
    assert audit["plan"]["score_bins"] == (bins if bins == "exact" else 2500)
    assert audit["basis"]["scores"]["exact"] == (bins == "exact")
    bounds = {
        row["bound"] for row in audit["chapters"]["scores"] if row.get("metric") == "auc" and "bound" in row
    }
    assert (bounds == {0.0}) == (bins == "exact")
    command(tmp_path / "d.csv", tmp_path / "again", "--plan", str(tmp_path / "out" / "plan.json"))
    first, again = ((tmp_path / name / "audit.json").read_bytes() for name in ("out", "again"))
    assert first == again


@pytest.mark.parametrize("bins", ["none", "1e3", "10", "20000"])
def test_the_command_line_refuses_other_bins_in_a_sentence(table, tmp_path, capsys, bins):
    table.head(50).to_csv(tmp_path / "d.csv", index=False)
    words = ["--label", "y", "--score", "s", "--sensitive", "g", "--score-bins", bins]
    assert command(tmp_path / "d.csv", tmp_path / "out", *words) == 2
    said = capsys.readouterr().err
    assert "1,000 to 10,000" in said
    assert "exact" in said
    assert not (tmp_path / "out").exists()
