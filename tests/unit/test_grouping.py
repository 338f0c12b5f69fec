"""How people are put into groups, and how groups are shown."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.data.ingest import ingest_frame
from audit.engines.duckdb_engine import DuckDBEngine
from audit.errors import PlanError, RoleError
from audit.grouping import Rule, attribute, bin_labels, codes_in_memory, group_names, rules, shown
from audit.plan import Grouping, Plan, Roles

WHOLE = Rule(column="g")


def plan(**grouping):
    return Plan(roles=Roles(sensitive=("g",)), grouping=Grouping(**grouping))


def rule(tmp_path, values, **grouping):
    dataset = ingest_frame(pd.DataFrame({"g": values}), tmp_path)
    return rules(dataset, plan(**grouping), DuckDBEngine())[0]


def test_bins_are_named_by_their_ends():
    assert bin_labels((25.0, 37.5)) == ("under 25", "25 to under 37.5", "37.5 and over")
    assert bin_labels((0.1 + 0.2,))[0] == "under 0.3"
    assert bin_labels(()) == ("all values",)


def test_many_numbers_are_cut_at_their_quartiles(tmp_path):
    assert rule(tmp_path, range(1, 102)).cuts == (26.0, 51.0, 76.0)


def test_quartiles_that_fall_together_make_fewer_groups(tmp_path):
    # Three quarters of the values are 0: the only cut that parts anything is the upper quartile.
    assert rule(tmp_path, [0.0] * 89 + [i + 0.5 for i in range(30)]).cuts == (0.25,)


def test_few_numbers_are_groups_of_their_own(tmp_path):
    assert rule(tmp_path, [1, 2, 3] * 10).cuts is None


def test_named_cuts_win(tmp_path):
    assert rule(tmp_path, range(100), bins={"g": (25.0,)}).cuts == (25.0,)
    assert rule(tmp_path, range(100), bins={"g": ()}).cuts is None


def test_texts_cannot_be_cut(tmp_path):
    with pytest.raises(PlanError) as refused:
        rule(tmp_path, ["a", "b"], bins={"g": (1.0,)})
    assert refused.value.code == "bins_on_text"


def test_too_many_groups_are_refused_with_an_offer(tmp_path):
    with pytest.raises(RoleError, match="Bin the column") as refused:
        rule(tmp_path, [f"v{i}" for i in range(201)])
    assert refused.value.code == "too_many_groups"
    assert rule(tmp_path, [f"v{i}" for i in range(200)]).cuts is None


def test_levels_are_sorted_and_the_missing_one_is_last():
    found, positions = attribute(WHOLE, ["b", None, "10", "9", "a"])
    assert found.levels == ("9", "10", "a", "b", "Unknown")
    assert found.missing == "Unknown"
    assert positions == {"9": 0, "10": 1, "a": 2, "b": 3, None: 4}


def test_a_real_unknown_stays_apart_from_the_missing():
    found, positions = attribute(WHOLE, ["Unknown", None])
    assert (found.levels, found.missing) == (("Unknown", "Unknown (missing)"), "Unknown (missing)")
    assert positions["Unknown"] != positions[None]
    found, positions = attribute(WHOLE, ["Unknown", "Unknown (missing)", None])
    assert len(set(found.levels)) == 3
    assert len(set(positions.values())) == 3
    assert found.levels[-1] == found.missing


def test_values_that_are_one_value_share_a_level():
    found, positions = attribute(WHOLE, [1, 1.5, "1", " 1 "])
    assert found.levels == ("1", "1.5")
    assert positions["1"] == positions[1] == positions[" 1 "]


def test_names_that_look_the_same_stay_apart():
    found, positions = attribute(WHOLE, ["x", "x\u200b", "x (2)"])
    assert len(set(found.levels)) == 3
    assert len(set(positions.values())) == 3
    assert found.levels[positions["x"]] == "x"
    assert found.levels[positions["x (2)"]] == "x (2)"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a\nb", "a b"),
        ("\u202eabc", "abc"),
        ("=cmd()", "=cmd()"),
        ("<b>", "<b>"),
        ("\u200b", "(blank)"),
        ("e\u0301", "é"),
        ("عربي", "عربي"),
    ],
)
def test_names_are_shown_literally_on_one_line(text, name):
    assert shown(text) == name


def test_long_names_are_cut():
    assert len(shown("x" * 10_000)) == 200
    assert shown("x" * 10_000).endswith("…")
    assert shown("x" * 200) == "x" * 200


@pytest.mark.parametrize("cuts", [(), (2.0,), (2.0, 3.0)])
def test_rows_in_memory_fall_into_the_same_bins_as_in_the_engine(tmp_path, cuts):
    values = [1.0, 2.0, 2.5, None, 3.0, 9.0]
    dataset = ingest_frame(pd.DataFrame({"g": values}), tmp_path)
    from audit.engines.protocol import Key

    counted = DuckDBEngine().count(dataset.path, [Key(column="g", cuts=cuts)])
    found, positions = attribute(Rule(column="g", cuts=cuts), {key[0] for key in counted.keys})
    told, codes = codes_in_memory(Rule(column="g", cuts=cuts), dataset.frame(["g"])["g"])
    assert told == found
    engine = {found.levels[positions[key[0]]]: int(n) for key, n in zip(counted.keys, counted.n, strict=True)}
    memory = pd.Series([told.levels[code] for code in codes]).value_counts().to_dict()
    assert engine == memory


def test_texts_in_memory_fall_into_the_same_groups():
    found, codes = codes_in_memory(WHOLE, pd.Series(["b", None, "a", "b"]))
    assert [found.levels[code] for code in codes] == ["b", "Unknown", "a", "b"]


def test_the_names_of_the_groups_before_anything_is_counted(tmp_path):
    dataset = ingest_frame(pd.DataFrame({"g": ["b", None, "a"], "x": [1.0, 2.0, 3.0]}), tmp_path)
    assert group_names(dataset, "g", plan()) == ("a", "b", "Unknown")
    assert group_names(dataset, "x", plan(bins={"x": (2.0,)})) == ("under 2", "2 and over")
