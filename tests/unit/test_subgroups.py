"""What a search over subgroups concludes, says and draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from audit.disparity.folding import fold
from audit.disparity.subgroups import search_row, subgroup_rows
from audit.figures.lowering import lower
from audit.figures.subgroups import subgroup_alt, subgroup_tree, telling
from audit.gather.searched import gather
from audit.inference.discovery import (
    harmonic,
)
from audit.inference.intervals import newcombe
from audit.metrics.rates import RATE
from audit.plan import Plan, Roles, Search
from audit.tables.searched import Searched
from audit.wording.subgroups import (
    search_answer,
    search_power,
    subgroup_halves,
    subgroup_name,
    subgroup_people,
    subgroup_sentence,
)
from tests.searching import COLUMNS, PLAN, audited, by_hand, found, planted, small


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    source = audited(planted(), tmp_path_factory.mktemp("data"))
    return source, *found(source)


def test_a_subgroup_by_hand():
    rows = {row.id: row for row in subgroup_rows(by_hand(), PLAN)}
    row = rows["0.0_1.0"]
    low, high = newcombe(0.5, 100, 0.1, 900)
    assert (row.rate, row.rest) == (0.5, 0.1)
    assert (row.value, row.low, row.high) == pytest.approx((0.4, float(low), float(high)))
    assert (row.distance, row.distance_low) == pytest.approx((0.5 - 0.14, 0.9 * float(low)))
    assert (row.sensitive, row.group, row.depth) == (("g", "h"), ("a", "a"), 2)
    assert (row.n, row.n_seen, row.worse, row.confirmed) == (100, 100, True, "yes")
    exact = hypergeom(1_000, 140, 100)
    assert row.p == pytest.approx(2 * (exact.sf(50) + exact.pmf(50) / 2), rel=1e-6)
    assert row.q == pytest.approx(min(1, row.p * 5 * harmonic(5)), rel=1e-6)


def test_what_another_subgroup_explains_is_folded_into_it():
    rows = {row.id: row for row in subgroup_rows(by_hand(), PLAN)}
    assert rows["0.0_1.0"].folded == ""
    assert {row.folded for name, row in rows.items() if name != "0.0_1.0"} == {"0.0_1.0"}
    assert rows["0.0_1.0"].parent in {"0.0", "1.0"}
    assert {row.worse for row in rows.values() if row.id in {"0.1", "1.1"}} == {False}


def test_a_part_that_does_not_differ_from_the_whole_is_folded_into_it():
    codes = [[0, -1], [0, 0], [0, 1], [1, -1]]
    counts = [(400, 160), (200, 84), (200, 76), (600, 60)]
    table = small(codes, counts, counts, [(1_000, 220), (1_000, 220)])
    rows = {row.id: row for row in subgroup_rows(table, PLAN)}
    assert [row.id for row in rows.values() if row.discovered and not row.folded] == ["0.0"]
    assert rows["0.0_1.0"].folded == "0.0"


def test_two_differences_stand_side_by_side():
    codes = [[0, -1], [-1, 0], [0, 0], [1, -1], [-1, 1]]
    # 10 % everywhere, 20 points more for g = a and 20 for h = a.
    counts = [(400, 160), (400, 160), (200, 100), (600, 100), (600, 100)]
    table = small(codes, counts, counts, [(1_000, 260), (1_000, 260)])
    rows = subgroup_rows(table, PLAN)
    standing = {row.id for row in rows if row.discovered and not row.folded and row.worse}
    assert standing == {"0.0", "1.0", "0.0_1.0"}


def test_people_apart_on_the_same_side_are_no_echo_of_each_other():
    """Without the people of a, those of b are farther from everybody else, not closer: a does not explain them."""
    codes = [[0, -1], [1, -1], [2, -1], [3, -1]]
    counts = [(200, 120), (100, 40), (350, 35), (350, 35)]
    table = small(codes, counts, counts, [(1_000, 230)] * 2, levels=("a", "b", "c", "d"))
    sides = np.array([1.0, 1.0, -1.0, -1.0])
    # So wide are the intervals at this level that nothing can be told from anything.
    assert fold(table, np.arange(4), sides, alpha=1e-60) == {2: 0, 3: 0}


def test_the_other_half_confirms_contradicts_or_leaves_open():
    codes = [[0, -1], [1, -1]]
    seen = [(500, 150), (500, 50)]
    for second, wanted in (
        ([(500, 150), (500, 50)], "yes"),
        ([(500, 75), (500, 75)], "no"),
        ([(60, 12), (60, 9)], "cannot_tell"),
    ):
        total = [tuple(np.sum(seen, axis=0)), tuple(np.sum(second, axis=0))]
        rows = {row.id: row for row in subgroup_rows(small(codes, seen, second, total), PLAN)}
        assert rows["0.0"].confirmed == wanted, second
        assert rows["0.0"].seen == pytest.approx(0.2)
        assert rows["0.0"].value == pytest.approx(second[0][1] / second[0][0] - second[1][1] / second[1][0])


@pytest.mark.parametrize(
    ("metric", "favourable", "worse"),
    [
        ("error_rate", "positive", True),
        ("accuracy", "positive", False),
        ("selection_rate", "positive", False),
        ("selection_rate", "negative", True),
        ("base_rate", "positive", None),
        ("false_positive_rate", "negative", True),
    ],
)
def test_what_is_worse_follows_the_rate_and_the_favourable_decision(metric, favourable, worse):
    table = small([[0, -1], [1, -1]], [(500, 150), (500, 50)], [(500, 150), (500, 50)], [(1_000, 200)] * 2)
    plan = replace(PLAN, roles=Roles(favourable=favourable))
    rows = {row.id: row for row in subgroup_rows(replace(table, metric=metric), plan)}
    assert rows["0.0"].worse is worse
    assert rows["0.1"].worse is (None if worse is None else not worse)


def test_the_planted_subgroup_is_found_confirmed_and_stands_alone(example):
    source, table, rows = example
    first = rows[0]
    assert (first.sensitive, first.group) == (("sex", "degree"), ("Female", "None"))
    assert (first.confirmed, first.folded, first.worse) == ("yes", "", True)
    assert first.low < 0.15 < first.high
    known = {row.id: row for row in rows}
    for name in (first.id.split("_")[0], first.id.split("_")[1]):
        assert known[name].folded == first.id
    assert [row.id for row in rows if row.discovered and not row.folded] == [first.id]
    summary = search_row(table, source.plan, rows)
    assert (summary.standing, summary.tested) == (1, table.m)
    assert summary.n + summary.n_seen == 20_000


def test_the_table_and_its_rows_survive_json(example):
    source, table, rows = example
    import orjson

    again = Searched.from_dict(orjson.loads(orjson.dumps(table.to_dict())))
    assert again.to_dict() == table.to_dict()
    assert subgroup_rows(again, source.plan) == rows


def test_a_weighted_table_survives_json(tmp_path):
    frame = planted(2_000).assign(weight=np.random.default_rng(0).random(2_000))
    source = audited(frame, tmp_path, weight="weight")
    table = gather(source)
    again = Searched.from_dict(table.to_dict())
    assert again.to_dict() == table.to_dict()
    assert subgroup_rows(again, source.plan) == subgroup_rows(table, source.plan)


def test_nothing_to_find_says_what_could_have_been_seen(tmp_path):
    source = audited(planted(4_000, effect=0.0), tmp_path)
    table, rows = found(source)
    summary = search_row(table, source.plan, rows)
    assert rows == ()
    assert summary.discovered == summary.standing == 0
    assert "None stands out from chance." in search_answer(summary)
    assert 0 < summary.detectable_largest < summary.detectable < 1
    assert "In 8 of 10 searches" in search_power(summary)


def test_too_few_people_say_so(tmp_path):
    source = audited(planted(40), tmp_path)
    table, rows = found(source)
    summary = search_row(table, source.plan, rows)
    assert (table.m, rows) == (0, ())
    assert summary.reason == "no_subgroup_large_enough"
    assert "enough people" in search_answer(summary)
    assert search_power(summary) == ""
    assert Searched.from_dict(table.to_dict()).to_dict() == table.to_dict()


def any_discovery(seeds, folder):
    plan = Plan(search=Search(columns=("a", "b", "c", "d4")))
    hits = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({name: rng.integers(0, 3, 1_500) for name in ("a", "b", "c", "d4")})
        frame = frame.astype(str).assign(sex="x", y=rng.integers(0, 2, 1_500))
        frame["d"] = np.where(rng.random(1_500) < 0.3, 1 - frame.y, frame.y)
        target = folder / str(seed)
        target.mkdir()
        source = audited(frame, target, search=plan.search)
        table, rows = found(source)
        assert table.m > 50
        hits += any(row.discovered for row in rows)
    return hits


def test_where_nothing_is_there_hardly_anything_is_found(tmp_path):
    assert any_discovery(20, tmp_path) <= 2


@pytest.mark.slow
def test_any_discovery_under_no_difference_is_at_most_alpha(tmp_path):
    """At most 5 % of 300 searches; 5 % would give 23 or fewer in 19 of 20 such tests."""
    assert any_discovery(300, tmp_path) <= 23


@pytest.mark.slow
def test_planted_effects_are_confirmed_and_their_intervals_hold(tmp_path):
    held = confirmed = 0
    for seed in range(40):
        folder = tmp_path / str(seed)
        folder.mkdir()
        _, rows = found(audited(planted(8_000, seed=seed), folder, search=Search(columns=COLUMNS[:4])))
        hits = [row for row in rows if row.group == ("Female", "None") and row.confirmed == "yes"]
        confirmed += bool(hits) and not hits[0].folded
        held += bool(hits) and hits[0].low <= 0.15 <= hits[0].high
    assert confirmed >= 36
    assert held >= 34


ROLES = Roles(label="y", positive="1")


def test_a_sentence_about_a_subgroup():
    row = {row.id: row for row in subgroup_rows(by_hand(), PLAN)}["0.0_1.0"]
    low, high = newcombe(0.5, 100, 0.1, 900)
    assert subgroup_sentence(row, ROLES) == (
        "Among people with g ‘a’ and h ‘a’ (n = 100), 50.0 % of decisions are wrong, 40.0 points more than for "
        f"everybody else (95 % interval {100 * low:.1f} to {100 * high:.1f} points)."
    )
    assert subgroup_name(row) == "g: a × h: a"
    assert "confirms it" in subgroup_halves(row)


def test_missing_and_joined_values_are_said(example):
    _, _, rows = example
    row = next(r for r in rows if any(r.joined))
    assert "a rarer job" in subgroup_people(row)
    assert "job: other values" in subgroup_name(row)
    gone = replace(row, missing=(True,) * row.depth, joined=(False,) * row.depth)
    assert f"no {row.sensitive[0]} recorded" in subgroup_people(gone)


@pytest.mark.parametrize("metric", [*RATE])
def test_every_rate_has_its_words(metric):
    row = replace(subgroup_rows(by_hand(), PLAN)[0], metric=metric)
    for favourable in ("positive", "negative"):
        said = subgroup_sentence(row, replace(ROLES, favourable=favourable))
        assert said.endswith(".")
        assert "50.0 %" in said
        assert "None" not in said


def test_hostile_names_are_shown_literally(tmp_path):
    frame = planted(3_000, effect=0.5)
    bad = "<b>x</b> $y$ %{z}"
    frame[bad] = np.where(frame.sex == "Female", "=cmd()\u202e|'x'!A1", "*b*")
    source = audited(frame, tmp_path, search=Search(columns=(bad, "degree")))
    table, rows = found(source)
    summary = search_row(table, source.plan, rows)
    for row in rows:
        said = subgroup_sentence(row, source.plan.roles)
        assert "\u202e" not in said
        assert "\n" not in said
    drawn = subgroup_tree(rows, summary)
    assert "<b>x</b>" not in str(drawn.layout.annotations)
    lower(drawn, 390)


def test_the_tree_shows_the_way_to_each_subgroup(example):
    source, table, rows = example
    summary = search_row(table, source.plan, rows)
    shown = telling(rows)
    assert [level for _, level in shown] == [0, 1]
    assert shown[1][0].id == rows[0].id
    below = telling(rows, focus=rows[0].id)
    assert len(below) == 20
    assert {rows[0].id, rows[0].parent} <= {row.id for row, _ in below}
    places = {row.id: i for i, (row, _) in enumerate(below)}
    assert all(places[row.parent] < places[row.id] for row, level in below if level)
    for theme in ("light", "dark"):
        for focus in ("", rows[0].id, rows[-1].id):
            lower(subgroup_tree(rows, summary, focus=focus, theme=theme), 390)
    assert "sex ‘Female’ and degree ‘None’" in subgroup_alt(rows, summary)
    assert "no subgroup" in subgroup_alt((), summary)
