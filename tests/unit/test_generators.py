"""The generators behind one protocol: what each makes, that it is repeatable, and that it can be written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.errors import AuditError, Cancelled
from audit.mitigation.synthesis.adversarial import ConditionalGan
from audit.mitigation.synthesis.forest import Forest, fit_forest
from audit.mitigation.synthesis.judge import Judge, features_of, fit_judge
from audit.mitigation.synthesis.maker import RowMaker, prepare
from audit.mitigation.synthesis.neighbours import Interpolation
from audit.mitigation.synthesis.shelf import Shelf, key_of, tidy
from audit.mitigation.synthesis.trees import SequentialTrees
from audit.mitigation.table import TrainingTable
from audit.progress import silent

KINDS = {
    "gan": lambda: ConditionalGan(epochs=2),
    "trees": lambda: SequentialTrees(smallest_leaf=20),
    "smote": lambda: Interpolation(kind="smote"),
    "fair_smote": lambda: Interpolation(kind="fair_smote"),
}


def build(n=800, seed=0, *, columns=None, sizes=None, fixed=(), weight=None):
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, 4, n) if sizes is None else np.repeat(np.arange(4), sizes)
    n = len(cell)
    x = rng.normal(size=n) + cell % 2
    frame = pd.DataFrame(
        {
            "whole": np.clip(40 + 10 * x, 0, 99).astype(int),
            "spike": np.where(rng.random(n) < 0.8, 0, rng.integers(1, 9999, n)),
            "level": np.where(x > 1, "high", np.where(x > 0, "middle", "low")),
            "holes": np.where(rng.random(n) < 0.2, np.nan, x + rng.normal(0, 0.3, n)),
        }
    )
    for name, values in (columns or {}).items():
        frame[name] = values(n, rng) if callable(values) else values
    return TrainingTable(
        frame=frame,
        label=(cell % 2).astype(np.int8),
        group=cell // 2,
        groups=(("a",), ("b",)),
        weight=np.ones(n) if weight is None else weight(n, rng),
        fixed=fixed,
    )


def fitted(kind, table, seed=0, *, aside=False):
    learning = prepare(table, seed=seed, aside=aside)
    generator = KINDS[kind]()
    generator.fit(learning.lesson, seed=seed)
    return RowMaker(
        generator=generator,
        values=learning.lesson.values,
        templates=learning.templates,
        groups=table.groups,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rows_follow_their_cell_and_keep_links(kind):
    table = build(2000)
    cell = np.repeat([0, 1, 2, 3], 500)
    made = fitted(kind, table).make(cell, seed=1)
    assert list(made.dtypes) == list(table.frame.dtypes)
    for name in table.frame:
        assert made[name].dropna().isin(table.frame[name].dropna()).all()
    real = [table.frame["whole"][table.label == y].mean() for y in (0, 1)]
    for y in (0, 1):
        assert made["whole"][cell % 2 == y].mean() == pytest.approx(real[y], abs=2.5)
    if kind != "gan":  # two epochs teach the network little
        known = made.dropna()
        assert np.corrcoef(known["whole"], known["holes"])[0, 1] > 0.7
        assert (made["level"] == "low").mean() == pytest.approx(
            (table.frame["level"] == "low").mean(), abs=0.06
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_rows_and_another_others(kind):
    cell = np.repeat([0, 3], 50)
    one, other = (fitted(kind, build()).make(cell, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert not fitted(kind, build()).make(cell, seed=6).equals(one)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_columns_are_imitated_without_a_word(kind):
    columns = {
        "constant": "c",
        "nothing": np.nan,
        "never": lambda n, _: pd.Series([None] * n, dtype=object),
        "once": lambda n, _: [None] * (n - 1) + ["x"],
        "when": lambda n, _: pd.date_range("2020-01-01", periods=n, freq="h", tz="UTC"),
        "endless": lambda n, rng: rng.choice([np.inf, -np.inf, 0.0, np.nan, 1.5], n),
        "many": lambda n, rng: rng.permutation([f"n{i}" for i in range(n)]),
        "list": lambda n, rng: [[int(i)] for i in rng.integers(0, 3, n)],
        "maybe": lambda n, rng: pd.array(rng.choice([True, False, None], n), dtype="boolean"),
    }
    table = build(400, columns=columns)
    made = fitted(kind, table).make(np.repeat([0, 1, 2, 3], 25), seed=0)
    assert list(made.dtypes) == list(table.frame.dtypes)
    assert (made["constant"] == "c").all()
    assert made[["nothing", "never"]].isna().all(axis=None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_of_one_row_makes_something_like_it(kind):
    table = build(sizes=[300, 300, 300, 1])
    made = fitted(kind, table).make(np.full(5, 3), seed=0)
    assert len(made) == 5
    if kind in {"smote", "fair_smote"}:
        own = table.frame.iloc[[-1] * 5].reset_index(drop=True)
        pd.testing.assert_frame_equal(made, own)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_the_group_hold_what_the_cell_holds(kind):
    table = build(fixed=("sex", "twin"), columns={"sex": "", "twin": ""})
    frame = table.frame.assign(
        sex=np.where(table.group == 0, "f", "m"), twin=np.where(table.group == 0, "F", "M")
    )
    table = TrainingTable(
        **{name: getattr(table, name) for name in ("label", "group", "groups", "weight", "fixed")},
        frame=frame,
    )
    made = fitted(kind, table).make(np.array([0, 1, 2, 3] * 10), seed=0)
    assert made["sex"].tolist() == ["f", "f", "m", "m"] * 10
    assert (made["sex"].str.upper() == made["twin"]).all()


@pytest.mark.parametrize("kind", ["gan", "trees"])
def test_a_generator_that_was_written_down_makes_the_same_rows(kind):
    maker = fitted(kind, build(columns={"many": lambda n, rng: rng.choice([f"n{i}" for i in range(250)], n)}))
    arrays, info = maker.generator.state()
    again = type(maker.generator).restore(arrays, info)
    cell = np.repeat([0, 1, 2, 3], 30)
    np.testing.assert_array_equal(maker.generator.sample(cell, seed=4), again.sample(cell, seed=4))


def test_rows_between_real_ones_are_not_written_down():
    with pytest.raises(AuditError) as caught:
        fitted("smote", build()).generator.state()
    assert caught.value.code == "generator_holds_rows"


def test_smote_stays_between_a_row_and_a_neighbour_by_hand():
    n = 40
    frame = pd.DataFrame({"x": np.concatenate([np.arange(n), 1000 + np.arange(n)])})
    table = TrainingTable(
        frame=frame,
        label=np.zeros(2 * n, dtype=np.int8),
        group=np.zeros(2 * n, dtype=np.int64),
        groups=(("a",),),
        weight=np.ones(2 * n),
    )
    made = fitted("smote", table).make(np.zeros(400, dtype=np.int64), seed=0)["x"]
    # Neighbours are at most five places away, so nothing but the border lies between the two heaps.
    assert ((made < n) | (made >= 1000)).all()
    assert made.nunique() > 60


def test_rows_of_weight_0_have_no_say_and_heavy_rows_are_repeated():
    table = build(
        400, weight=lambda n, _: np.where(np.arange(n) < 200, 0.0, np.where(np.arange(n) < 300, 3.0, 1.0))
    )
    learning = prepare(table, seed=0, aside=False)
    assert learning.rows.min() >= 200
    heavy = (learning.rows < 300).sum()
    assert heavy / len(learning.rows) == pytest.approx(0.75, abs=0.03)


def test_equal_weights_leave_every_row_once():
    table = build(100, weight=lambda n, _: np.full(n, 2.5))
    np.testing.assert_array_equal(prepare(table, seed=0, aside=False).rows, np.arange(100))


def test_rows_set_aside_are_a_tenth_of_every_cell_and_not_learned():
    table = build(sizes=[100, 200, 300, 9])
    lesson = prepare(table, seed=0, aside=True).lesson
    counts = np.bincount(lesson.cell[lesson.aside], minlength=4)
    np.testing.assert_array_equal(counts, [10, 20, 30, 0])
    assert len(lesson.learned[1]) == 549


def test_a_person_who_is_repeated_is_not_on_both_sides():
    table = build(400, weight=lambda n, rng: rng.integers(1, 5, n).astype(float))
    learning = prepare(table, seed=0, aside=True)
    aside = learning.lesson.aside
    assert not set(learning.rows[aside]) & set(learning.rows[~aside])


def test_a_forest_taken_apart_gives_the_classifiers_logit():
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    rows = rng.integers(0, 50, (500, 4)).astype(float)
    truth = (rows[:, 0] + rng.normal(0, 9, 500) > 25).astype(int)
    weight = rng.uniform(0.5, 2, 500)
    forest = fit_forest(rows, truth, weight, trees=20, smallest_leaf=5, seed=3)
    model = HistGradientBoostingClassifier(
        max_iter=20, min_samples_leaf=5, l2_regularization=1.0, early_stopping=False, random_state=3
    ).fit(rows, truth, sample_weight=weight)
    fresh = rng.integers(-5, 60, (300, 4)).astype(float)
    np.testing.assert_allclose(forest.logit(fresh), model.decision_function(fresh), atol=1e-10)
    again = Forest.restore(forest.state())
    np.testing.assert_array_equal(forest.logit(fresh), again.logit(fresh))


def test_a_judge_draws_rows_in_the_proportions_of_real_ones():
    from audit.mitigation.synthesis.codec import fit_codec
    from audit.mitigation.synthesis.values import read_values

    rng = np.random.default_rng(0)
    n = 4000
    x = rng.integers(0, 100, n)
    real = pd.DataFrame({"x": x, "y": np.where(x > 50, "up", "down")})
    loose = pd.DataFrame(
        {"x": rng.integers(0, 100, 2 * n), "y": rng.choice(["up", "down"], 2 * n, p=[0.8, 0.2])}
    )
    values, codes = read_values(pd.concat([real, loose], ignore_index=True))
    codec = fit_codec(values, codes, columns=[0, 1])
    cell = np.zeros(n, dtype=np.int64)
    judge = fit_judge(codec, codes[:n], cell, codes[n:], np.zeros(2 * n, dtype=np.int64), cells=1, seed=0)
    pool = features_of(codec, codes[n:])
    kept = judge.choose(pool, np.zeros(2 * n, dtype=np.int64), np.array([400]), generator=rng)
    chosen = loose.iloc[kept]
    assert len(set(kept)) == 400
    agree = ((chosen["x"] > 50) == (chosen["y"] == "up")).mean()
    assert agree > 0.99  # about a half of the pool; "up" below 50 never occurs among the real rows
    assert (chosen["y"] == "up").mean() == pytest.approx(0.49, abs=0.06)
    restored = Judge.restore(judge.state())
    np.testing.assert_array_equal(
        judge.weights(pool, np.zeros(2 * n, int)), restored.weights(pool, np.zeros(2 * n, int))
    )


@pytest.mark.parametrize("kept_in", ["memory", "folder"])
def test_a_training_that_was_cut_off_goes_on_to_the_same_end(kept_in, tmp_path, monkeypatch):
    from audit.mitigation.synthesis import contest

    monkeypatch.setattr(contest, "FEW_ASIDE", 100)
    lesson = prepare(build(1200), seed=0, aside=True).lesson

    def start():
        return contest.Contest(
            ConditionalGanCodec(lesson),
            lesson.codes,
            lesson.cell,
            lesson.aside,
            cells=4,
            seed=0,
            device=_cpu(),
        )

    straight = start()
    whole = straight.train(epochs=6, seconds=600)
    shelf = Shelf("k", tmp_path if kept_in == "folder" else None, every=1e9)

    def stop(share, message):
        if message.startswith("Epoch 4"):
            raise Cancelled  # nothing was written so far: what waits is written now

    with pytest.raises(Cancelled):
        start().train(epochs=6, seconds=600, shelf=shelf, progress=stop)
    told = []
    resumed = start()
    again = resumed.train(
        epochs=6,
        seconds=600,
        shelf=shelf if kept_in == "memory" else Shelf("k", tmp_path),
        progress=lambda share, message: told.append((share, message)),
    )
    assert told[0][0] > 0.6
    assert told[0][1].startswith("Epoch 4 of 6 (went on from epoch 4), loss")
    assert again == whole
    for one, other in zip(straight.mean.parameters(), resumed.mean.parameters(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    # What is trained stays until the whole job is done: another run finds it and trains nothing.
    told.clear()
    third = start()
    kept = shelf if kept_in == "memory" else Shelf("k", tmp_path)
    assert third.train(epochs=6, seconds=600, shelf=kept, progress=lambda *seen: told.append(seen)) == whole
    assert told == []
    for one, other in zip(straight.mean.parameters(), third.mean.parameters(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    (tmp_path / "unfinished.txt").touch()
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["unfinished.txt"]


def ConditionalGanCodec(lesson):  # noqa: N802 - reads as what it gives
    from audit.mitigation.synthesis.codec import fit_codec

    return fit_codec(lesson.values, lesson.codes, columns=lesson.columns)


def _cpu():
    import torch

    return torch.device("cpu")


def test_a_broken_file_on_the_shelf_is_left_out_of_account(tmp_path):
    (tmp_path / "k.safetensors").write_bytes(b"\x80\x04not a tensor")
    assert Shelf("k", tmp_path).find() is None


def test_other_rows_settings_or_seeds_are_another_training():
    rows = np.arange(5)
    assert key_of(rows, 1) == key_of(np.arange(5), 1)
    assert len({key_of(rows, 1), key_of(rows, 2), key_of(rows + 1, 1), key_of(rows.astype(float), 1)}) == 4


def test_training_ends_early_where_rows_can_no_longer_be_told_apart():
    dull = TrainingTable(
        frame=pd.DataFrame({"coin": np.random.default_rng(0).choice(["h", "t"], 4000)}),
        label=np.tile([0, 1], 2000).astype(np.int8),
        group=np.zeros(4000, dtype=np.int64),
        groups=(("a",),),
        weight=np.ones(4000),
    )
    learning = prepare(dull, seed=0, aside=True)
    generator = ConditionalGan(epochs=80)
    generator.fit(learning.lesson, seed=0, progress=silent)
    assert generator.measured["epochs_done"] < 80
    assert "The training ended after" in generator.notes[0]


def test_training_curves_have_one_value_for_each_epoch():
    generator = ConditionalGan(epochs=3)
    generator.fit(prepare(build(1500), seed=0, aside=True).lesson, seed=0)
    (series,) = generator.series
    assert series.kind == "training"
    assert series.x == (1.0, 2.0, 3.0)
    assert all(len(curve) == 3 for by_group in series.values for curve in by_group)  # noqa: PD011 - no frame
    tests = series.values[series.measures.index("two_sample")][0]  # noqa: PD011
    assert all(0 <= value <= 1 for value in tests if value is not None)
    assert series.picked in series.x


@pytest.mark.parametrize("name", ["gan", "tree_augmentation", "interpolation"])
def test_made_rows_owe_nothing_to_validation_rows(name):
    """No leak: other validation rows give the same training rows, made ones included."""
    from audit.mitigation.catalogue import make
    from tests.repairing import rows

    params = {"epochs": 1} if name == "gan" else {}
    one, other = (
        make(name, params).augment(rows(600, 0), rows(300, seed), seed=0, progress=silent) for seed in (1, 2)
    )
    pd.testing.assert_frame_equal(one.treated.frame, other.treated.frame)
    assert one.treated.quality != other.treated.quality


@pytest.mark.parametrize("name", ["gan", "tree_augmentation", "interpolation"])
def test_fewer_rows_at_less_strength_are_some_of_the_same(name):
    from audit.mitigation.catalogue import make
    from tests.repairing import rows

    table = rows(600, 0)
    params = {"epochs": 1} if name == "gan" else {}
    whole = make(name, params).augment(table, rows(300, 1), seed=0, progress=silent)
    half = whole.at_strength(table, "base_rate", 0.5)
    counts = np.bincount(half.group * 2 + half.label, minlength=4)
    assert counts.tolist() == [int(cell.after) for cell in half.cells]
    assert 0 < half.synthetic.sum() < whole.treated.synthetic.sum()
    pd.testing.assert_frame_equal(half.frame.iloc[:600], table.frame)


def test_steering_brings_what_a_model_decides_about_made_rows_closer(monkeypatch):
    from audit.mitigation.synthesis import steering

    monkeypatch.setattr(steering, "DEAREST", 1.0)
    rng = np.random.default_rng(0)
    n = 3000
    group, label = rng.integers(0, 2, n), rng.integers(0, 2, n)
    x = rng.normal(size=n) + label * np.where(
        group == 1, 2.5, 0.6
    )  # the label is plain to see in one group only
    table = TrainingTable(
        frame=pd.DataFrame({"x": x, "y": x + rng.normal(0, 0.5, n)}),
        label=label.astype(np.int8),
        group=group,
        groups=(("a",), ("b",)),
        weight=np.ones(n),
    )
    generator = ConditionalGan(epochs=20, steering="opportunity")
    generator.fit(prepare(table, seed=0, aside=True).lesson, seed=0)
    path = generator.series[-1]
    assert path.kind == "path"
    assert path.x == (0.0, *steering.WEIGHTS)
    chances = path.values[0][1:]  # noqa: PD011 - no frame
    spread = [abs(one - other) for one, other in zip(*chances, strict=True)]
    assert spread[0] > 0.08
    assert min(spread[1:]) < 0.6 * spread[0]
    assert path.picked == path.x[int(np.argmin(spread))]
    assert all(0.4 < told <= 1 for told in path.values[1][0])  # noqa: PD011 - likewise
    assert "made the gap" in generator.notes[-1]
    again = ConditionalGan.restore(*generator.state())
    cell = np.repeat([0, 1, 2, 3], 10)
    np.testing.assert_array_equal(generator.sample(cell, seed=1), again.sample(cell, seed=1))


@pytest.mark.parametrize(
    ("tried", "picked"),
    [
        ([(0.2, 0.6), (0.1, 0.64), (0.05, 0.66)], 1),  # the last is told from real rows too easily
        ([(0.2, 0.6), (0.1, 0.9)], 0),
        ([(0.2, 0.6), (0.3, 0.5)], 0),
        ([(0.2, 0.6), (0.1, 0.6), (0.0, 0.65)], 2),
    ],
)
def test_a_smaller_gap_is_not_bought_with_rows_unlike_real_ones(tried, picked):
    from audit.mitigation.synthesis.steering import _pick

    assert _pick(tried) == picked
