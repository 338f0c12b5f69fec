"""Several classes: by hand, against scikit-learn, and where something is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_score, recall_score

from audit.errors import RoleError
from audit.plan import Grouping, Plan, Roles
from audit.result import Audit
from audit.run import run

# Group a: 4 red (3 found), 2 green (1 found), 2 blue (2 found). Group b: 2 red (0 found), 4 green (4 found), no blue.
ROWS = [
    *[("a", "red", "red")] * 3,
    ("a", "red", "blue"),
    ("a", "green", "green"),
    ("a", "green", "red"),
    *[("a", "blue", "blue")] * 2,
    *[("b", "red", "green")] * 2,
    *[("b", "green", "green")] * 4,
]


def audit(rows, **more):
    frame = pd.DataFrame(rows, columns=["g", "y", "d"])
    for name, column in more.pop("columns", {}).items():
        frame[name] = column
    given = {"label": "y", "decision": "d", "sensitive": ("g",), "positive": "red", "task": "multiclass"}
    grouping = more.pop("grouping", Grouping())
    return run(
        frame, Plan(roles=Roles(**{**given, **more}), grouping=grouping, replicates=100, dated="2026-01-01")
    )


def rates(found, metric):
    return {
        (row.group and row.group[0], row.of_class): row
        for row in found.chapter("classes")
        if row.metric == metric
    }


def test_every_class_against_the_rest_by_hand():
    found = audit(ROWS)
    recall, precision = rates(found, "true_positive_rate"), rates(found, "precision")
    assert [recall["a", c].value for c in ("blue", "green", "red")] == [1.0, 0.5, 0.75]
    assert (recall["b", "green"].value, recall["b", "red"].value) == (1.0, 0.0)
    assert (recall["b", "blue"].value, recall["b", "blue"].reason) == (None, "nobody_of_class")
    assert (precision["b", "red"].value, precision["b", "red"].reason) == (None, "never_predicted")
    assert precision["a", "red"].value == 0.75
    assert precision[None, "green"].value == pytest.approx(5 / 7)
    alarms, named = rates(found, "false_positive_rate"), rates(found, "selection_rate")
    assert alarms["a", "red"].value == pytest.approx(1 / 4)
    assert (named["b", "green"].value, named["b", "green"].n) == (1.0, 6)


def test_the_main_cells_hold_the_positive_class_against_the_rest():
    found = audit(ROWS)
    assert found.cells.n.tolist() == [[[3, 1], [1, 3]], [[4, 0], [2, 0]]]
    assert (
        rates(found, "true_positive_rate")["a", "red"].value
        == found.metric("true_positive_rate", ("g",), ("a",)).value
    )


def test_the_worst_class_of_a_group_and_the_gap_of_each_class():
    found = audit(ROWS)
    rows = [row for row in found.chapter("class_gaps") if row.metric == "true_positive_rate"]
    worst = next(row for row in rows if row.comparison == "worst_cell")
    assert (worst.of_class, worst.group, worst.value, worst.n) == ("red", ("b",), 0.0, 2)
    assert (worst.groups_estimable, worst.groups_total) == (5, 6)
    gaps = {row.of_class: row for row in rows if row.comparison == "difference"}
    assert (gaps["red"].value, gaps["red"].group, gaps["red"].reference) == (0.75, ("a",), ("b",))
    assert 0 <= gaps["red"].low <= 0.75 <= gaps["red"].high
    assert (gaps["blue"].value, gaps["blue"].reason) == (None, "fewer_than_two_groups")


def drawn(n=500, seed=3):
    rng = np.random.default_rng(seed)
    y = rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1])
    d = np.where(rng.random(n) < 0.6, y, rng.choice(["a", "b", "c", "d"], n))
    return list(zip(rng.choice(["u", "v"], n), y, d, strict=True)), rng.uniform(0.2, 3, n)


def test_recall_and_precision_are_those_of_scikit_learn_with_weights():
    rows, weight = drawn()
    found = audit(rows, columns={"w": weight}, weight="w", positive="a")
    frame = pd.DataFrame(rows, columns=["g", "y", "d"]).assign(w=weight)
    averages = {(r.metric, r.average, r.group): r for r in found.chapter("class_averages")}
    for group, part in [(None, frame), *(((g,), p) for g, p in frame.groupby("g"))]:
        for metric, score in (("true_positive_rate", recall_score), ("precision", precision_score)):
            given = {"y_true": part["y"], "y_pred": part["d"], "sample_weight": part["w"]}
            each = score(**given, average=None)
            ours = [
                row.value for row in found.chapter("classes") if row.metric == metric and row.group == group
            ]
            assert ours == pytest.approx(each, abs=1e-9)
            for average in ("macro", "weighted"):
                row = averages[metric, average, group]
                assert row.value == pytest.approx(score(**given, average=average), abs=1e-9)
                assert row.low < row.value < row.high
                assert row.classes_estimable == row.classes_total == 4


def test_a_class_that_is_only_predicted_is_a_class():
    found = audit(
        [("a", "red", "pink"), ("a", "green", "green"), ("b", "red", "red"), ("b", "green", "pink")]
    )
    assert found.basis.classes.classes == ("green", "pink", "red")
    recall = rates(found, "true_positive_rate")
    assert (recall[None, "pink"].value, recall[None, "pink"].reason) == (None, "nobody_of_class")
    macro = next(row for row in found.chapter("class_averages") if row.group is None)
    assert (macro.value, macro.classes_estimable, macro.classes_total) == (0.5, 2, 3)


def test_one_class_only_is_not_a_failure():
    found = audit([("a", "red", "red"), ("b", "red", "red"), ("b", "red", "red")])
    assert rates(found, "true_positive_rate")["a", "red"].value == 1.0
    assert rates(found, "false_positive_rate")["a", "red"].reason == "only_this_class"


def test_missing_labels_and_decisions_are_dropped_as_in_the_cells():
    found = audit([*ROWS, ("a", None, "red"), ("b", "red", None), (None, "red", "red")])
    assert found.basis.classes.n.sum() == found.cells.total == len(ROWS) + 1
    gaps = [row for row in found.chapter("class_gaps") if row.comparison == "difference"]
    assert {row.groups_total for row in gaps} == {2}
    assert ("Unknown",) not in {row.group for row in gaps}


def test_small_denominators_are_not_estimated():
    found = audit(ROWS, grouping=Grouping(min_size=3))
    assert rates(found, "true_positive_rate")["a", "green"].reason == "below_minimum_size"


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_read_back_as_it_was_written(weighted):
    rows, weight = drawn(120)
    found = audit(rows, positive="a", **({"columns": {"w": weight}, "weight": "w"} if weighted else {}))
    assert Audit.from_json(found.to_json()).to_json() == found.to_json()
    again = audit(rows, positive="a", **({"columns": {"w": weight}, "weight": "w"} if weighted else {}))
    assert again.to_json() == found.to_json()


def test_many_values_without_the_task_are_refused_with_the_way_out():
    with pytest.raises(RoleError) as error:
        audit(ROWS, task="binary")
    assert error.value.code == "label_not_binary"
    assert "multiclass" in str(error.value.fix)
    with pytest.raises(RoleError) as error:
        audit([("a", f"c{i}", f"c{i}") for i in range(51)], positive="c1")
    assert error.value.code == "too_many_classes"
    with pytest.raises(RoleError) as error:
        audit([("a", f"c{i}", f"d{i}") for i in range(30)], positive="c1", decision_positive=("d1",))
    assert error.value.code == "too_many_classes"


def test_the_worst_cell_covers_the_truth_when_all_are_equal():
    # All recalls are .8: the lower bound of the worst of 12 is at most .8 nearly always.
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(40):
        rows = []
        for group in "uvw":
            for name in "abcd":
                hits = rng.binomial(40, 0.8)
                rows += [(group, name, name)] * hits + [(group, name, "z")] * (40 - hits)
        worst = next(r for r in audit_worst(rows) if r.comparison == "worst_cell")
        missed += not worst.low <= 0.8 <= worst.high
    assert missed <= 6


def audit_worst(rows):
    """Compute the worst cell from counted rows alone, without an audit."""
    from types import SimpleNamespace

    from audit.cells import Attribute
    from audit.chapters.classes import class_gaps
    from audit.tables.classes import Classes

    groups = sorted({row[0] for row in rows})
    names = sorted({name for row in rows for name in row[1:]})
    n = np.zeros((len(groups), len(names), len(names)))
    for g, y, d in rows:
        n[groups.index(g), names.index(y), names.index(d)] += 1
    table = Classes(
        attributes=(Attribute(column="g", levels=tuple(groups)),),
        groups=tuple((g,) for g in groups),
        classes=tuple(names),
        n=n,
        w=n.copy(),
        w2=n.copy(),
    )
    case = SimpleNamespace(
        basis=SimpleNamespace(classes=table), groupings=(("g",),), plan=Plan(replicates=100)
    )
    return [row for row in class_gaps(case) if row.metric == "true_positive_rate"]
