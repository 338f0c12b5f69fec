"""Small groups are joined before anything is counted, and every table agrees about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.cells import Attribute, Cells
from audit.errors import RoleError
from audit.grouping import Rule, attribute, join_small
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan, Roles
from audit.result import Audit
from audit.run import run
from audit.wording.small import OTHER, joined_notes

MERGE = Grouping(small="merge", small_size=10)


def cells(missing=None, **sizes):
    n = np.zeros((len(sizes), 2, 2))
    n[:, 0, 0] = list(sizes.values())
    levels = tuple(sizes)
    return Cells(
        attributes=(Attribute(column="g", levels=levels, missing=missing),),
        groups=tuple((level,) for level in levels),
        n=n,
        w=n.copy(),
        w2=n.copy(),
    )


def joined(missing=None, **sizes):
    (rule,), notes = join_small((Rule(column="g"),), cells(missing, **sizes), MERGE)
    assert bool(rule.joined) == bool(notes)
    return rule.joined


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 100, "b": 6, "c": 7, "d": 50}, ("b", "c")),
        ({"a": 100, "b": 3, "c": 4, "d": 50}, ("b", "c", "d")),
        ({"a": 100, "b": 3, "c": 50}, ("b", "c")),
        ({"a": 100, "b": 10, "c": 10}, ()),
        ({"a": 100, "b": 3}, ()),
        ({"a": 3, "b": 2}, ("b", "a")),
        ({"a": 3}, ()),
        ({"a": 9, "b": 9, "c": 9}, ("a", "b", "c")),
    ],
    ids=["small ones", "next smallest too", "one small", "none", "no third", "all small", "alone", "all"],
)
def test_which_levels_are_joined(sizes, expected):
    assert joined(**sizes) == expected


def test_levels_that_only_rows_beside_the_audited_ones_have_are_joined():
    whole = cells(a=100, b=3, c=7)
    seen = replace(whole, attributes=(Attribute(column="g", levels=("a", "b", "c", "d")),))
    (rule,), notes = join_small((Rule(column="g"),), seen, MERGE)
    assert rule.joined == ("d", "b", "c")
    # Nobody of these is audited: a large group keeps its name beside them.
    far = replace(cells(a=100, b=300), attributes=(Attribute(column="g", levels=("a", "b", "c", "d")),))
    (rule,), _ = join_small((Rule(column="g"),), far, MERGE)
    assert rule.joined == ("c", "d")
    assert "‘d’" in notes[0]


def test_people_whose_group_is_not_recorded_stay_apart():
    assert joined("Unknown", a=100, b=3, c=4, d=20, Unknown=2) == ("b", "c", "d")
    assert joined("Unknown", a=100, b=3, Unknown=200) == ()


def test_joined_levels_are_one_level_before_the_missing_one():
    rule = Rule(column="g", joined=("b", "c"))
    found, positions = attribute(rule, ["a", "b", "c", None])
    assert found.levels == ("a", OTHER, "Unknown")
    assert found.missing == "Unknown"
    assert positions == {"a": 0, "b": 1, "c": 1, None: 2}


def test_a_real_level_of_that_name_stays_another_one():
    found, positions = attribute(Rule(column="g", joined=("b", "c")), [OTHER, "b", "c"])
    assert found.levels == (OTHER, f"{OTHER} (2)")
    assert positions[OTHER] == 0


def test_bins_can_be_joined():
    rule = Rule(column="age", cuts=(30.0, 60.0), joined=("under 30", "60 and over"))
    found, positions = attribute(rule, [0, 1, 2])
    assert found.levels == ("30 to under 60", OTHER)
    assert positions == {0: 1, 1: 0, 2: 1}


def frame(seed=0, n=600):
    rng = np.random.default_rng(seed)
    g = np.array(["a"] * 300 + ["b"] * 288 + ["c"] * 7 + ["d"] * 5, dtype=object)
    return pd.DataFrame(
        {
            "g": rng.permutation(g),
            "h": rng.choice(["x", "y"], n),
            "y": rng.integers(0, 2, n),
            "d": rng.integers(0, 2, n),
            "s": rng.random(n).round(3),
            "k": rng.choice(["p", "q"], n),
            "house": rng.integers(0, 200, n),
            "w": rng.uniform(0.5, 2, n),
            "x": rng.random(n),
        }
    )


def plan(**changes):
    roles = Roles(
        label="y", decision="d", score="s", sensitive=("g", "h"), control=("k",), cluster="house", weight="w"
    )
    return Plan(roles=replace(roles, **changes), grouping=MERGE, replicates=100, dated="2026-01-01")


def test_cells_and_every_table_have_the_same_groups():
    audit = run(frame(), plan())
    assert audit.groups(("g",)) == (("a",), ("b",), (OTHER,))
    assert audit.metric("count", ("g",), (OTHER,)).n == 12
    assert audit.basis.scores.groups == audit.cells.groups == audit.basis.clusters.groups
    assert {group[:2] for group in audit.basis.strata.groups} == set(audit.cells.groups)
    assert audit.basis.strata.marginal(("g", "h")).n.tolist() == audit.cells.n.tolist()
    assert (
        pytest.approx(audit.cells.n)
        == audit.basis.clusters.matrix(audit.cells, "n").T.dot(audit.basis.clusters.number).T
    )
    again = Audit.from_json(audit.to_json())
    assert again.to_json() == audit.to_json()


def test_it_says_what_was_joined_where_it_is_read():
    audit = run(frame(), plan())
    (note,) = joined_notes(audit.data.notes, "g")
    assert note == "Small groups by g (fewer than 10 people) are joined as ‘Other (small groups)’: ‘d’, ‘c’."
    assert joined_notes(audit.data.notes, "h") == ()
    (finding,) = [each for each in audit.findings if each.code == "FA361"]
    assert finding.severity == "info"
    assert note in finding.evidence


def test_the_joined_audit_is_that_of_data_joined_by_hand():
    data = frame()
    by_hand = data.assign(g=data["g"].replace({"c": OTHER, "d": OTHER}))
    found = run(data, plan())
    expected = run(by_hand, replace(plan(), grouping=Grouping()))
    key = lambda row: (row.metric, row.sensitive, row.group or ())  # noqa: E731 - a key for sorting
    for one, other in zip(sorted(found.metrics, key=key), sorted(expected.metrics, key=key), strict=True):
        assert key(one) == key(other)
        assert (one.value, one.n) == pytest.approx((other.value, other.n), nan_ok=True) or one.value is None
        assert one.reason == other.reason


def test_without_the_policy_nothing_is_joined():
    audit = run(frame(), replace(plan(), grouping=Grouping()))
    assert len(audit.groups(("g",))) == 4
    assert not joined_notes(audit.data.notes)


@pytest.mark.parametrize("kind", ["train", "column"])
def test_repairs_work_on_the_joined_groups(kind):
    data = pd.concat([frame(i) for i in range(3)], ignore_index=True)
    grouping = Grouping(small="merge", small_size=8)
    wanted = Plan(
        roles=Roles(
            label="y",
            decision="d" if kind == "column" else None,
            sensitive=("g",),
            features=("x", "s"),
        ),
        model=ModelChoice(kind=kind, algorithm="logistic_regression" if kind == "train" else ""),
        mitigations=(MitigationChoice(id="reweighing"),),
        grouping=grouping,
        replicates=100,
        dated="2026-01-01",
    )
    audit = run(data, wanted)
    (trial,) = audit.tried
    assert (len(audit.groups(("g",))) < 4) == (kind == "train"), (
        "36 people are small only among the test rows"
    )
    assert {group for (group,) in trial.cells.groups} <= {level for (level,) in audit.groups(("g",))}
    assert {cell.group[0] for cell in trial.record.cells} <= {level for (level,) in audit.groups(("g",))}


def test_a_reference_group_that_was_joined_is_refused_with_the_groups_there_are():
    named = replace(MERGE, references={"g": "c"})
    with pytest.raises(RoleError, match="small groups"):
        run(frame(), replace(plan(), grouping=named))
