"""The search over subgroups counts every subgroup in two halves of the people."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from audit.cells import Attribute
from audit.data.ingest import ingest_frame
from audit.disparity.subgroups import subgroup_rows
from audit.errors import RoleError
from audit.gather import searched
from audit.gather.cube import capped, finest
from audit.gather.halves import halved
from audit.gather.searched import gather, outcome_columns, searchable, suggested
from audit.grouping import rule_of
from audit.metrics.rates import RATE
from audit.plan import Grouping, ModelChoice, Plan, Roles, Search
from audit.run import prepare
from tests.searching import COLUMNS, audited, by_name, found, planted


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    source = audited(planted(), tmp_path_factory.mktemp("data"))
    return source, *found(source)


def test_the_finest_cells_are_those_that_the_audit_counts(tmp_path):
    frame = planted(600)
    frame.loc[::7, "d"] = None
    frame["part"] = np.where(np.arange(600) % 3, "test", "train")
    frame["weight"] = np.random.default_rng(0).random(600)
    frame.loc[::11, "weight"] = None
    source = audited(frame, tmp_path, split="part", weight="weight")
    names = ("sex", "married", "age")
    rule = [rule_of(source.dataset, name, source.plan, source.engine) for name in names]
    cells = finest(source, rule)
    from audit.engines.protocol import Key
    from audit.gather.audited import place

    kept = source.count([Key(column=each.column, cuts=each.cuts) for each in rule])
    attributes, codes = place(rule, kept.keys)
    assert cells.attributes == attributes
    one = {
        (*c, bool(y), bool(d)): (n, w, w2)
        for c, y, d, n, w, w2 in zip(
            codes.tolist(), kept.label, kept.decision, kept.n, kept.w, kept.w2, strict=True
        )
    }
    other = {
        (*c, bool(y), bool(d)): (n, w, w2)
        for c, y, d, n, w, w2 in zip(
            cells.codes.tolist(), cells.label, cells.decision, cells.n, cells.w, cells.w2, strict=True
        )
    }
    assert one == other


def test_every_subgroup_that_is_large_enough_is_tested_and_counted(tmp_path):
    frame = planted(3_000)
    source = audited(
        frame, tmp_path, search=Search(columns=("sex", "degree", "region", "married"), min_size=40)
    )
    table = gather(source)
    frame["married"] = frame["married"].fillna("Unknown")
    frame["wrong"] = frame["y"] != frame["d"]
    counted = by_name(table)
    wanted = 0
    for depth in (1, 2, 3):
        for columns in combinations(("sex", "degree", "region", "married"), depth):
            for values, group in frame.groupby(list(columns)):
                key = frozenset(zip(columns, values if isinstance(values, tuple) else (values,), strict=True))
                if key in counted:
                    n1, _, h1, _, n2, _, h2, _ = counted[key]
                    assert (n1 + n2, h1 + h2) == (len(group), group.wrong.sum())
                    assert min(n1, n2) >= 40
                    wanted += 1
                else:
                    assert len(group) < 140
    assert wanted == table.m == sum(table.tested) == len(counted)
    assert table.total.sum(axis=0)[0] == 3_000


def test_the_number_tested_at_each_depth_is_that_of_a_brute_force_count(tmp_path):
    """With every group far above the minimum, all combinations are tested."""
    frame = planted(20_000)
    columns = ("sex", "degree", "region")
    table = gather(audited(frame, tmp_path, search=Search(columns=columns)))
    every = tuple(
        sum(frame.groupby(list(part)).ngroups for part in combinations(columns, depth)) for depth in (1, 2, 3)
    )
    assert table.tested == every == (9, 26, 24)


def test_the_same_people_under_another_name_are_not_tested_twice(tmp_path):
    frame = planted(2_000)
    frame["again"] = frame["sex"].str.lower()
    table = gather(audited(frame, tmp_path, search=Search(columns=("sex", "again"))))
    assert table.tested == (4, 0)


def test_neither_the_order_of_rows_nor_that_of_columns_changes_a_number(tmp_path, example):
    _, table, rows = example
    for folder, frame, columns in (
        ("a", planted().sample(frac=1, random_state=1), COLUMNS),
        ("b", planted(), COLUMNS[::-1]),
    ):
        (tmp_path / folder).mkdir()
        other, again = found(audited(frame, tmp_path / folder, search=Search(columns=columns)))
        assert by_name(other) == by_name(table)

        def key(row):
            return (frozenset(zip(row.sensitive, row.group, strict=True)), row.value, row.confirmed, row.q)

        assert {key(row) for row in again} == {key(row) for row in rows}


def test_another_seed_deals_other_halves(tmp_path):
    source = audited(planted(2_000), tmp_path)
    other = replace(source, plan=replace(source.plan, seed=1))
    assert by_name(gather(source)) == by_name(gather(source))
    assert by_name(gather(source)) != by_name(gather(other))


def test_a_cube_that_is_too_large_is_summed_from_the_cells_that_occur(tmp_path, example, monkeypatch):
    source, table, _ = example
    monkeypatch.setattr("audit.gather.halves.MOST_CELLS", 100)
    assert by_name(gather(source)) == by_name(table)


def test_too_many_combinations_are_counted_a_few_columns_at_a_time(tmp_path, example, monkeypatch):
    source, table, _ = example
    monkeypatch.setattr(searched, "MOST_CELLS", 1_000)
    other = gather(source)
    assert other.attributes == table.attributes
    assert other.joined == table.joined
    whole, parts = by_name(table), by_name(other)
    both = set(whole) & set(parts)
    assert len(both) > 0.9 * len(whole)
    for key in both:  # dealt to other halves, but the same people
        assert parts[key][0] + parts[key][4] == whole[key][0] + whole[key][4]


def test_only_the_clearest_are_kept_with_all_that_they_are_parts_of(tmp_path, example, monkeypatch):
    source, table, rows = example
    monkeypatch.setattr(searched, "MOST_KEPT", 200)
    short = gather(source)
    assert len(short.codes) <= 200
    assert short.tested == table.tested
    kept = {tuple(codes) for codes in short.codes.tolist()}
    every = {
        tuple(codes): rank for codes, rank in zip(table.codes.tolist(), table.rank.tolist(), strict=True)
    }
    for codes, rank in zip(short.codes.tolist(), short.rank.tolist(), strict=True):
        assert every[tuple(codes)] == rank
        for axis in range(len(codes)):
            above = tuple(-1 if a == axis else c for a, c in enumerate(codes))
            assert above in kept or above not in every
    assert [row.id for row in subgroup_rows(short, source.plan) if row.discovered] == [
        row.id for row in rows if row.discovered
    ]


def test_rare_values_are_joined_and_missing_ones_stay_apart(example):
    _, table, _ = example
    job = table.attributes[COLUMNS.index("job")]
    assert len(job.levels) == 12
    assert job.levels[-1] == table.joined[COLUMNS.index("job")] == "Other values"
    assert table.attributes[COLUMNS.index("married")].missing == "Unknown"
    assert len(table.attributes[COLUMNS.index("age")].levels) == 4


def test_the_joined_level_has_a_name_of_its_own():
    each = Attribute(column="c", levels=("Other values", "b", "c", "d", "Unknown"), missing="Unknown")
    short, positions, name = capped(each, np.array([9.0, 1, 2, 8, 5]), 3)
    assert short.levels == ("Other values", "d", "Other values (joined)", "Unknown")
    assert positions.tolist() == [0, 2, 2, 1, 3]
    assert name == "Other values (joined)"


def test_halves_add_up_and_are_even(tmp_path):
    frame = planted(4_000)
    frame["weight"] = np.random.default_rng(0).choice([0.5, 1.0, 4.0], 4_000)
    source = audited(frame, tmp_path, weight="weight")
    rule = [rule_of(source.dataset, name, source.plan, source.engine) for name in ("sex", "region")]
    cells = finest(source, rule)
    dealt = halved(cells, (2, 4), RATE["error_rate"], seed=0, stream="t", weighted=True)
    first, second = dealt.counts[:, :4].sum(axis=0), dealt.counts[:, 4:].sum(axis=0)
    wrong = frame.y != frame.d
    whole = [4_000, frame.weight.sum(), frame.weight[wrong].sum(), (frame.weight**2).sum()]
    assert first + second == pytest.approx(whole)
    assert first[0] == pytest.approx(2_000, abs=130)
    assert first[1] / second[1] == pytest.approx(1, abs=0.15)


def test_the_weight_of_a_half_varies_as_that_of_rows_dealt_one_by_one():
    from audit.gather.halves import deal

    weights = np.array([0.2, 0.5, 1.0, 3.0, 5.0, 7.0])
    n, w, w2 = (np.full(20_000, v) for v in (6.0, weights.sum(), (weights**2).sum()))
    _, part, squares = deal(n, w, w2, np.random.default_rng(0), weighted=True)
    rows = np.random.default_rng(1).integers(0, 2, (20_000, 6)) @ weights
    assert part.mean() == pytest.approx(rows.mean(), rel=0.02)
    assert part.std() == pytest.approx(rows.std(), rel=0.05)
    assert (part >= 0).all()
    assert (part <= w).all()
    assert (squares <= w2 + 1e-9).all()


def test_equal_weights_change_nothing(tmp_path, example):
    _, table, rows = example
    other, again = found(audited(planted().assign(weight=2.0), tmp_path, weight="weight"))
    assert {k: v[0] for k, v in by_name(other).items()} == {k: v[0] for k, v in by_name(table).items()}
    for row, same in zip(rows, again, strict=True):
        assert (row.id, row.confirmed) == (same.id, same.confirmed)
        assert (row.value, row.low) == pytest.approx((same.value, same.low))
        assert same.n_effective == pytest.approx(row.n)
        assert row.n_effective is None


def test_clusters_stay_together_and_widen_the_intervals(tmp_path):
    frame = planted(3_000, effect=0.3)
    frame["home"] = [f"h{i}" for i in range(3_000)]
    twice = pd.concat([frame, frame])
    once = gather(audited(frame, tmp_path / "a", cluster="home") if _made(tmp_path / "a") else None)
    both = gather(audited(twice, tmp_path / "b", cluster="home") if _made(tmp_path / "b") else None)
    assert once.design == pytest.approx(1.0)
    assert both.design == pytest.approx(2.0)
    assert {
        k: tuple(2 * x for x in v) for k, v in by_name(once).items() if min(v[0], v[4]) >= 30
    }.items() <= (by_name(both).items())
    # Every row counted twice says no more than once.
    plan = Plan(search=Search(columns=COLUMNS))
    narrow = {row.id: row for row in subgroup_rows(once, plan)}
    wide = {row.id: row for row in subgroup_rows(both, plan)}
    shared = set(narrow) & set(wide)
    assert shared
    for name in shared:
        assert (wide[name].low, wide[name].high) == pytest.approx((narrow[name].low, narrow[name].high))


def _made(folder):
    folder.mkdir()
    return True


def test_what_can_be_searched(tmp_path):
    frame = planted(400).assign(id=[f"p{i}" for i in range(400)], one="x", weight=1.5)
    dataset = ingest_frame(frame, tmp_path)
    roles = Roles(label="y", decision="d", sensitive=("region",), weight="weight")
    assert searchable(dataset, roles) == ("region", "sex", "age", "degree", "job", "married")
    assert suggested(dataset, roles) == ("region", "sex", "degree", "married")
    assert outcome_columns(roles) == {"y", "d", "weight"}


@pytest.mark.parametrize(
    ("columns", "code"),
    [(("y",), "search_outcome"), (("id",), "search_too_many_values"), (("sexx",), "unknown_column")],
)
def test_a_column_that_cannot_be_searched_is_refused(tmp_path, columns, code):
    frame = planted(400).assign(id=[f"p{i}" for i in range(400)])
    with pytest.raises(RoleError) as caught:
        gather(audited(frame, tmp_path, search=Search(columns=columns)))
    assert caught.value.code == code


def test_nothing_is_searched_unless_asked(tmp_path):
    assert gather(audited(planted(100), tmp_path, search=Search())) is None


def test_suppression_keeps_the_few_others_of_a_subgroup_untold(tmp_path):
    frame = planted(2_000)
    frame["rare"] = np.where((frame.sex == "Female") & (np.arange(2_000) < 30), "r", "s")
    search = Search(columns=("sex", "rare"), min_size=5)
    open_ = audited(frame, tmp_path, search=search)
    hidden = replace(open_, plan=replace(open_.plan, grouping=Grouping(small="suppress", small_size=30)))
    assert frozenset({("sex", "Female"), ("rare", "s")}) in by_name(gather(open_))
    assert frozenset({("sex", "Female"), ("rare", "s")}) not in by_name(gather(hidden))


def test_a_trained_model_and_its_stored_decisions_are_searched_alike(tmp_path):
    frame = planted(4_000).drop(columns="d")
    frame["y"] = ((frame.age > 45) ^ (np.random.default_rng(0).random(4_000) < 0.2)).astype(int)
    search = Search(columns=("sex", "degree", "married", "age"))
    plan = Plan(
        roles=Roles(label="y", sensitive=("sex",)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        search=search,
        dated="2026-01-01",
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    work = prepare(ingest_frame(frame, tmp_path / "a"), plan)
    from audit.bench import decide
    from audit.models.split import TEST

    test = work.bench.rows(TEST)
    rows = work.bench.frame.iloc[test].reset_index(drop=True)
    rows["d"] = decide(work.kept["audited"].score, 0.5).astype(int)
    cuts = dict(zip(("age",), (work.audit.basis.searched.attributes[3].cuts,), strict=True))
    stored_plan = replace(
        plan,
        roles=replace(plan.roles, decision="d"),
        model=ModelChoice(),
        grouping=Grouping(bins=cuts),
    )
    again = prepare(ingest_frame(rows, tmp_path / "b"), stored_plan)
    assert work.audit.basis.searched.to_dict() == again.audit.basis.searched.to_dict()
