"""Predicted numbers: by hand, against scikit-learn, and where something is missing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from audit.engines.duckdb_engine import DuckDBEngine
from audit.engines.protocol import Key
from audit.errors import InputError, PlanError, RoleError
from audit.plan import Grouping, ModelChoice, Plan, Roles
from audit.result import Audit
from audit.run import run
from audit.wording import headline


def audit(columns, plan=None, **roles):
    given = {"label": "y", "score": "p", "sensitive": ("g",), "task": "regression"}
    plan = plan or {}
    return run(
        pd.DataFrame(columns),
        Plan(roles=Roles(**{**given, **roles}), replicates=100, dated="2026-01-01", **plan),
    )


def sums(audit):
    return audit.basis.values  # noqa: PD011 - a table of the audit, not of pandas


SMALL = {"y": [10.0, 20, 30, 40, 50, 60], "p": [12.0, 20, 28, 46, 50, 60], "g": list("aaabbb")}


def test_errors_by_hand():
    found = audit(SMALL)
    at = ("g",)
    assert found.metric("mean_error", at, ("a",)).value == pytest.approx(0)
    assert found.metric("mean_error", at, ("b",)).value == pytest.approx(2)
    assert found.metric("mean_absolute_error", at, ("a",)).value == pytest.approx(4 / 3)
    assert found.metric("root_mean_squared_error", at, ("b",)).value == pytest.approx(math.sqrt(12))
    assert found.metric("r_squared", at, ("a",)).value == pytest.approx(1 - 8 / 200)
    assert found.metric("mean_prediction", at, None).value == pytest.approx(36)
    gap = found.disparity("mean_error", "difference", at)
    assert (gap.value, gap.group, gap.reference) == (pytest.approx(2), ("b",), ("a",))
    worst = found.disparity("mean_absolute_error", "worst_group", at)
    assert (worst.group, worst.reference) == (("b",), ("a",))
    assert worst.distance == pytest.approx(2 - 10 / 6)


def test_high_is_strictly_above_the_median():
    found = audit(SMALL)
    # Labels above 35, predictions above 37.
    assert found.cells.n.tolist() == [[[3, 0], [0, 0]], [[0, 0], [0, 3]]]
    assert (sums(found).label_median, sums(found).prediction_median) == (35, 37)
    assert found.plan.roles.positive == "above 35"
    ties = audit({**SMALL, "y": [1, 1, 1, 1, 1, 9], "p": [5, 5, 5, 5, 5, 5]})
    assert ties.cells.n.sum(axis=0).tolist() == [[5, 0], [1, 0]]


def test_the_median_is_that_of_the_audited_rows():
    columns = {
        "y": [1.0, 2, 3, 4, 100, 200],
        "p": [1.0, 2, 3, None, 100, 200],
        "g": list("ababab"),
        "s": ["test"] * 4 + ["train"] * 2,
    }
    found = audit(columns, split="s")
    assert (sums(found).label_median, sums(found).prediction_median) == (2, 2)
    assert sums(found).n.sum() == found.data.audited == 3
    weighted = audit({**columns, "w": [1, None, 1, 1, 1, 1]}, weight="w", split="s")
    assert sums(weighted).label_median == 2
    assert sums(weighted).n.sum() == weighted.data.audited == 2


def test_words_speak_of_the_median():
    found = audit(SMALL)
    row = found.disparity("selection_rate", "difference", ("g",))
    assert "100.0 %" in headline(row, found.metrics, found.plan.roles)
    row = found.metric("true_positive_rate", ("g",), ("a",))
    assert row.reason == "no_positives"


def drawn(n=400, seed=1, loc=50_000.0):
    rng = np.random.default_rng(seed)
    y = rng.normal(loc, 9_000, n)
    p = y + rng.normal(300, 4_000, n)
    return {"y": y, "p": p, "g": rng.choice(list("abc"), n), "w": rng.uniform(0.2, 3, n)}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loc", [0.0, 5e7])
def test_measures_are_those_of_scikit_learn(weighted, loc):
    columns = drawn(loc=loc)
    found = audit(columns, **({"weight": "w"} if weighted else {}))
    frame = pd.DataFrame(columns)
    for group, part in [(None, frame), *(((g,), p) for g, p in frame.groupby("g"))]:
        w = part["w"] if weighted else None
        wanted = {
            "mean_error": np.average(part["p"] - part["y"], weights=w),
            "mean_absolute_error": mean_absolute_error(part["y"], part["p"], sample_weight=w),
            "root_mean_squared_error": math.sqrt(mean_squared_error(part["y"], part["p"], sample_weight=w)),
            "r_squared": r2_score(part["y"], part["p"], sample_weight=w),
            "mean_prediction": np.average(part["p"], weights=w),
        }
        for metric, value in wanted.items():
            row = found.metric(metric, ("g",), group)
            assert row.value == pytest.approx(value, rel=1e-9)
            assert row.low < row.value < row.high


def test_the_interval_of_a_mean_is_students():
    columns = drawn()
    row = audit(columns).metric("mean_error", ("g",), None)
    error = np.asarray(columns["p"]) - np.asarray(columns["y"])
    low, high = stats.t.interval(0.95, len(error) - 1, error.mean(), stats.sem(error))
    assert (row.low, row.high) == (pytest.approx(low), pytest.approx(high))


def test_a_group_against_everybody_is_its_share_of_the_difference_to_the_others():
    found = audit(drawn())
    worst = found.disparity("mean_absolute_error", "worst_group", ("g",))
    assert worst.distance == pytest.approx(worst.value - worst.overall)
    assert worst.distance_low <= worst.distance <= worst.distance_high


def test_a_constant_label_has_no_r_squared_and_one_person_no_value():
    found = audit({"y": [3.3] * 6 + [7.0], "p": [3.0, 4, 5, 3, 2, 1, 9], "g": list("aaabbbc")})
    assert found.metric("r_squared", ("g",), ("a",)).reason == "constant_label"
    assert found.metric("mean_error", ("g",), ("a",)).value == pytest.approx(0.7)
    assert found.metric("mean_error", ("g",), ("c",)).reason == "single_person"
    gap = found.disparity("mean_error", "difference", ("g",))
    assert (gap.groups_estimable, gap.groups_total) == (2, 3)
    everywhere = audit({"y": [3.3] * 6, "p": [3.0, 4, 5, 3, 2, 1], "g": list("aaabbb")})
    assert everywhere.disparity("r_squared", "difference", ("g",)).reason == "fewer_than_two_groups"


def test_perfect_predictions():
    found = audit({"y": [1.0, 2, 3, 4, 5, 6], "p": [1.0, 2, 3, 4, 5, 6], "g": list("aaabbb")})
    row = found.metric("r_squared", ("g",), ("a",))
    assert (row.value, row.low, row.high) == (1, 1, 1)
    assert found.metric("root_mean_squared_error", ("g",), ("a",)).value == 0


def test_numbers_without_an_end_are_not_estimable():
    found = audit({"y": [1.0, 2, 3, 4], "p": [1.0, float("inf"), 3, 4], "g": list("aabb")})
    assert found.metric("mean_error", ("g",), ("a",)).reason == "not_finite"
    assert found.metric("mean_error", ("g",), ("b",)).value == 0
    assert Audit.from_json(found.to_json()).to_json() == found.to_json()


def test_missing_predictions_are_dropped_and_people_without_a_group_are_listed():
    columns = drawn(60)
    columns["p"][:5] = np.nan
    columns["g"] = [None, *columns["g"][1:9], None, *columns["g"][10:]]
    found = audit(columns)
    assert found.data.dropped[0].reason == "score missing"
    assert sums(found).n.sum() == found.cells.total == 55
    assert found.metric("mean_error", ("g",), ("Unknown",)).n == 1
    assert found.disparity("mean_error", "difference", ("g",)).groups_total == 3
    assert {row.n for row in found.chapter("scoring_rates") if row.group == ("Unknown",)} == {1}


def test_a_bound_on_the_worst_groups_loss():
    columns = drawn()
    limits = {"mean_absolute_error_worst_group": 20_000.0, "mean_error_difference": 1e-6}
    found = audit(columns, plan={"tolerances": limits})
    assert found.disparity("mean_absolute_error", "worst_group", ("g",)).verdict == "within"
    tight = found.with_tolerance("mean_absolute_error_worst_group", 10.0)
    assert tight.disparity("mean_absolute_error", "worst_group", ("g",)).verdict == "beyond"
    assert found.disparity("mean_error", "difference", ("g",)).tolerance == 1e-6
    with pytest.raises(PlanError):
        Plan(tolerances={"r_squared_difference": 2.0})


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_read_back_as_it_was_written(weighted):
    columns, more = drawn(120), {"weight": "w"} if weighted else {}
    found = audit(columns, **more)
    back = Audit.from_json(found.to_json())
    assert back.to_json() == found.to_json()
    assert audit(columns, **more).to_json() == found.to_json()
    # A plan that a run wrote back gives the same audit again.
    assert run(pd.DataFrame(columns), found.plan).to_json() == found.to_json()


def test_small_groups_are_not_estimated():
    found = audit(SMALL, plan={"grouping": Grouping(min_size=4)})
    assert found.metric("mean_error", ("g",), ("a",)).reason == "below_minimum_size"


def test_predictions_of_a_group_against_the_others():
    found = audit({"y": range(8), "p": [1.0, 2, 3, 4, 11, 12, 13, 14], "g": list("aaaabbbb")})
    rows = {row.group: row for row in found.chapter("value_gaps")}
    assert rows["b",].value == pytest.approx(10)
    assert rows["b",].distance == rows["a",].distance == 1
    assert rows["a",].distance_expected == pytest.approx(min(1, 0.8687 * math.sqrt(0.5)), abs=1e-3)
    same = audit({"y": range(8), "p": [1.0, 2, 3, 4] * 2, "g": list("aaaabbbb")})
    assert {row.distance for row in same.chapter("value_gaps")} == {0}


@pytest.mark.parametrize(
    ("columns", "more", "code"),
    [
        ({**SMALL, "y": list("abcdef")}, {}, "label_not_numeric"),
        (SMALL, {"score": None}, "no_predictions"),
        ({**SMALL, "d": [0, 1] * 3}, {"decision": "d"}, "no_predictions"),
        ({**SMALL, "p": list("abcdef")}, {}, "score_not_numeric"),
        ({**SMALL, "y": [None] * 6}, {}, "label_missing"),
    ],
)
def test_refused(columns, more, code):
    with pytest.raises(RoleError) as error:
        audit(columns, **more)
    assert error.value.code == code


def test_a_number_needs_a_column_and_rows():
    with pytest.raises(RoleError) as error:
        audit(SMALL, plan={"model": ModelChoice(kind="train", algorithm="mlp")})
    assert error.value.code == "numbers_need_a_column"
    with pytest.raises(InputError) as error:
        audit({"y": [1.0, 2, 3, None], "p": [None, None, None, 4.0], "g": list("aabb")})
    assert error.value.code == "no_rows_left"


def test_the_engine_sums_powers(tmp_path):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame(
        {"g": list("aab"), "y": [1.0, 2.0, None], "p": [3.0, 1.0, 1.0], "w": [2.0, 1.0, 1.0]}
    )
    frame.to_parquet(path)
    found = DuckDBEngine().moments(path, [Key(column="g")], "y", "p", centre=1.0, weight="w")
    assert (found.keys, found.n.tolist(), found.w.tolist(), found.w2.tolist()) == ([("a",)], [2], [3], [5])
    # Errors 2 and −1; labels less one 0 and 1.
    assert found.absolute.tolist() == [5]
    assert found.moments.tolist() == [[3, 9, 33, 1, 1, 1, 1, -1, 1, 1]]
    assert DuckDBEngine().quantiles(path, "p", (0.5,), known=("y",)) == (2.0,)
    assert DuckDBEngine().quantiles(path, "p", (0.5,), among=("g", ["b"])) == (1.0,)


@pytest.mark.parametrize(
    ("metric", "truth"), [("mean_error", 0.5), ("root_mean_squared_error", None), ("r_squared", None)]
)
def test_intervals_cover_the_truth(metric, truth):
    from audit.cells import Attribute
    from audit.engines.protocol import MOMENTS
    from audit.metrics.numbers import measure
    from audit.tables.values import Values

    rng = np.random.default_rng(11)
    runs, n = 600, 80
    y, e = rng.normal(0, 2, (runs, n)), rng.normal(0.5, 1, (runs, n))
    ones = np.full(runs, float(n))
    table = Values(
        attributes=(Attribute(column="g", levels=("x",)),),
        groups=(("x",),) * runs,
        n=ones,
        w=ones.copy(),
        w2=ones.copy(),
        absolute=np.abs(e).sum(axis=1),
        moments=np.stack([(e**a * y**b).sum(axis=1) for a, b in MOMENTS], axis=1),
        label_median=0.0,
        prediction_median=0.0,
    )
    truth = {"mean_error": 0.5, "root_mean_squared_error": math.sqrt(1.25), "r_squared": 1 - 1.25 / 4}[metric]
    low, high = measure(metric, table).limits(0.05)
    assert 0.925 <= np.mean((low <= truth) & (truth <= high)) <= 0.975
