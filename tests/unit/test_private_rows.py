"""Made rows that bound what they tell about one person: sensitivity, accounting, noise, and what is never in a file."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from audit.errors import AuditError
from audit.mitigation.catalogue import make
from audit.mitigation.synthesis.augmented import Augmented
from audit.mitigation.synthesis.datacard import data_card, leaving
from audit.mitigation.synthesis.export import generator_files, read_generator
from audit.mitigation.synthesis.maker import prepare
from audit.mitigation.synthesis.private import tables
from audit.mitigation.synthesis.private.grid import Budget, Column, fit_grid
from audit.mitigation.synthesis.private.line import as_numbers, as_values, closest, fit_line
from audit.mitigation.synthesis.private.noise import (
    Noise,
    delta_for,
    epsilon_of,
    rho_of,
    sigma_of,
    stream_for,
)
from audit.mitigation.synthesis.private.tables import SHARES, NoisyTables
from audit.mitigation.synthesis.values import is_ordered
from audit.mitigation.table import TrainingTable
from audit.progress import silent
from tests.repairing import rows

SECRET = b"a secret of tests"


class Recorder(Noise):
    """Noise that remembers what it was asked and what it answered, or answers as another one did."""

    def __init__(self, secret, answers=()):
        super().__init__(secret)
        self.asked, self.answered, self._answers = [], [], list(answers)

    def _told(self, asked, answer):
        self.asked.append(asked)
        self.answered.append(self._answers.pop(0) if self._answers else answer)
        return self.answered[-1]

    def counts(self, exact, rho):
        return self._told(("counts", exact.copy(), rho), super().counts(exact, rho))

    def pick(self, quality, rho):
        return self._told(("pick", quality.copy(), rho), super().pick(quality, rho))


def table(n=3000, seed=0, **columns):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    label = (rng.random(n) < np.take([0.3, 0.5], group)).astype(np.int8)
    age = np.clip(np.rint(40 + 12 * rng.normal(size=n) + 6 * label), 18, 90).astype(int)
    frame = pd.DataFrame(
        {
            "age": age,
            "gain": np.where(rng.random(n) < 0.9, 0.0, np.round(rng.lognormal(7, 1, n), 2)),
            "job": np.where(age > 45, rng.choice(["x", "y"], n), rng.choice(["z", "x"], n)),
            "town": rng.choice(["u", None, "v"], n),
            **columns,
        }
    )
    return TrainingTable(frame=frame, label=label, group=group, groups=(("a",), ("b",)), weight=np.ones(n))


def lesson_of(given, **changes):
    return prepare(given, seed=0, aside=False, person_by_person=True, **changes).lesson


def fitted(given, *, epsilon=3.0, seed=0, secret=SECRET):
    made = NoisyTables(epsilon=epsilon, secret=secret)
    made.fit(lesson_of(given), seed=seed)
    return made


def watched(given, monkeypatch, answers=()):
    """Fit tables; give them, and the noise with what it was asked and what it answered."""
    noise = Recorder(SECRET, answers)
    monkeypatch.setattr(tables, "stream_for", lambda *_: noise)
    return fitted(given), noise


def test_the_accounting_by_hand():
    # rho = 1 / sigma² for a table in which one person moves two counts by one.
    assert sigma_of(0.04) == pytest.approx(5.0)
    # epsilon = 0.04 + 2 √(0.04 · ln 10⁶) = 0.04 + 2 √0.552620 = 1.526769
    assert epsilon_of(0.04, 1e-6) == pytest.approx(1.526769, abs=1e-6)
    assert rho_of(1.526769, 1e-6) == pytest.approx(0.04, abs=1e-7)
    for epsilon in (0.1, 1, 3, 20):
        assert epsilon_of(rho_of(epsilon, 1e-7), 1e-7) == pytest.approx(epsilon)
    assert (delta_for(24_000), delta_for(1_000), delta_for(999)) == pytest.approx((1e-6, 1e-4, 1e-4))
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_everything_that_is_asked_of_the_rows_adds_up_to_the_cost(monkeypatch):
    made, noise = watched(table(), monkeypatch)
    spent = sum(rho for _, _, rho in noise.asked)
    assert 0.9 * made.rho <= spent <= made.rho * (1 + 1e-9)  # of whole numbers decimals are not asked
    # Half of delta is left for the conversion, half for values of one person alone.
    assert epsilon_of(made.rho, made.delta / 2) == pytest.approx(3.0)


@pytest.mark.parametrize("picked", [3, 11, 500, 2999])
def test_one_person_changes_no_question_by_more_than_its_sensitivity(monkeypatch, picked):
    # What a guarantee compares: both tables are asked the same, after the same answers.
    one = table(gain=np.tile([0.0, 0.0, 12.25, 700.0, -3.5], 600), odd=np.tile([0.5, np.nan, 1.5], 1000))
    frame = one.frame.copy()
    frame.loc[picked] = frame.loc[(picked + 1234) % 3000]
    other = TrainingTable(frame=frame, label=one.label, group=one.group, groups=one.groups, weight=one.weight)
    _, first = watched(one, monkeypatch)
    _, second = watched(other, monkeypatch, first.answered)
    assert len(first.asked) == len(second.asked) > 15
    changed = 0
    for (kind, before, rho), (_, after, other_rho) in zip(first.asked, second.asked, strict=True):
        assert rho == other_rho
        moved = np.abs(after - before)
        if kind == "counts":
            assert (moved**2).sum() <= 2
        else:
            assert moved.max() <= 2 + 1e-9
        changed += bool(moved.any())
    assert changed > 5


def test_noise_is_normal_and_a_pick_follows_the_exponential_mechanism():
    noise = Noise(SECRET)
    drawn = noise.counts(np.zeros(40_000, dtype=np.int64), 0.0004)  # sigma 50
    assert drawn.std() == pytest.approx(50, rel=0.02)
    assert stats.kstest(drawn + noise.uniform(40_000) - 0.5, "norm", args=(0, 50)).pvalue > 1e-3
    # epsilon = √(8 rho) = 2, sensitivity 2: odds of e^(2 · 1 / (2 · 2)) between qualities 1 and 0.
    found = np.array([noise.pick(np.array([1.0, 0.0]), 0.5) for _ in range(4_000)])
    assert (found == 0).mean() == pytest.approx(1 / (1 + math.exp(-0.5)), abs=0.025)
    assert 0 < noise.uniform(1000).min() < noise.uniform(1000).max() < 1


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        Noise(b"short")


def test_the_same_secret_gives_the_same_rows_and_others_do_not():
    cell = np.repeat([0, 1, 2, 3], 50)
    given = table()

    def rows_of(**changes):
        return fitted(given, **changes).sample(cell, seed=5)

    np.testing.assert_array_equal(rows_of(), rows_of())
    for change in ({"secret": b"another secret of tests"}, {"seed": 1}, {"epsilon": 2.999}):
        noisy, other = fitted(given)._tables[0], fitted(given, **change)._tables[0]
        assert noisy.shape != other.shape or not np.array_equal(noisy, other)


def test_noise_does_not_follow_from_the_seed_and_changes_with_the_rows():
    one, other = stream_for(SECRET, "rows and seed"), stream_for(b"another secret of tests", "rows and seed")
    assert not np.array_equal(one.uniform(5), other.uniform(5))
    # Two values swapped that one person each holds: the numbering is the same, the noise must not be.
    given = table(odd=np.arange(3000) * 1.5)
    frame = given.frame.copy()
    frame.loc[2999, "odd"] = 1e9
    moved = TrainingTable(
        frame=frame, label=given.label, group=given.group, groups=given.groups, weight=given.weight
    )
    np.testing.assert_array_equal(lesson_of(given).codes, lesson_of(moved).codes)
    assert tables._fingerprint(lesson_of(given), 3.0, 0) != tables._fingerprint(lesson_of(moved), 3.0, 0)


def test_without_a_secret_there_is_one_for_the_process():
    one, other = stream_for(b"", "x").uniform(3), stream_for(b"", "x").uniform(3)
    np.testing.assert_array_equal(one, other)


def column(values):
    sample = pd.Series(values).drop_duplicates().sort_values(ignore_index=True)
    codes = pd.Series(values).map({value: at for at, value in enumerate(sample)}).to_numpy()
    return Column(sample=sample, codes=codes, ordered=is_ordered(sample), missing=False)


@pytest.mark.parametrize("delta", [1e-9, 0.02])
def test_a_level_of_one_person_is_named_with_chance_delta_at_most(delta):
    values = column(["x"] * 500 + ["y"] * 400 + [f"only {i}" for i in range(100)])
    named = 0
    for seed in range(200):
        budget = Budget(noise=Noise(SECRET + bytes([seed])), rho=0.01, delta=delta)
        grid, found = fit_grid(values, budget, most=200)
        kept = set(grid.sample.dropna())
        assert {"x", "y"} <= kept
        named += len(kept) - 2
        assert (found == grid.width).sum() == 100 - (len(kept) - 2)
    assert named <= 200 * 100 * delta + 4 * math.sqrt(200 * 100 * delta)


def test_types_of_values_know_only_the_levels_that_are_named():
    values = pd.Categorical(["x"] * 500 + ["y"] * 400 + ["rare"], categories=["rare", "x", "y", "never"])
    sample = pd.Series(pd.Categorical(["x", "y", "rare"], categories=values.categories))
    codes = pd.Series(values).map({"x": 0, "y": 1, "rare": 2}).astype(int).to_numpy()
    grid, _ = fit_grid(
        Column(sample=sample, codes=codes, ordered=False, missing=False),
        Budget(noise=Noise(SECRET), rho=0.01, delta=1e-4),
    )
    assert list(grid.sample.cat.categories) == ["x", "y"]


def test_ranges_follow_the_numbers_and_single_common_numbers_stand_alone():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(4000), np.rint(rng.lognormal(8, 1, 6000))]).astype(int)
    grid, found = fit_grid(column(values), Budget(noise=Noise(SECRET), rho=0.02, delta=1e-6))
    assert grid.ordered
    assert 0 in set(grid.sample)
    made = grid.sample.to_numpy()[grid.draw(found[found < grid.width], rng)]
    assert (made == 0).mean() == pytest.approx(0.4, abs=0.01)
    for share in (0.5, 0.75, 0.9):
        assert np.quantile(made, share) == pytest.approx(np.quantile(values, share), rel=0.1)
    assert made.dtype == values.dtype
    assert np.isin(made[made > 0], values).mean() < 0.9  # numbers between, not those of people


def test_numbers_without_people_make_no_ranges():
    grid, _ = fit_grid(column(np.full(800, 7)), Budget(noise=Noise(SECRET), rho=0.01, delta=1e-4))
    assert grid.sample.tolist() == [7]


def test_columns_of_mere_noise_are_named_on_the_card(augmented):
    far = np.random.default_rng(0).normal(size=120) * 1e6
    inner = fitted(table(120, far=far), epsilon=0.01)
    assert any("mere noise" in each and "'far'" in each for each in inner.lost)
    assert set(inner.lost) <= set(inner.notes)
    assert not any("noise:" in each for each in fitted(table()).lost)
    found = replace(augmented, maker=replace(augmented.maker, generator=inner))
    for withheld in (0, 10):
        card = data_card(leaving(found, real=False, withheld=withheld), title="T", params={}, source="")
        assert "mere noise: 'age', 'gain', 'far'" in card


def test_a_unit_is_found():
    rng = np.random.default_rng(0)
    for places, step in ((0, 1.0), (2, 0.01)):
        numbers = np.round(rng.normal(50, 10, 5000), places)
        line = fit_line(numbers, whole=False, noise=Noise(SECRET), rho=0.05)
        assert line.step == pytest.approx(step)
        inside = np.concatenate([line.values(cell) for cell in range(len(line.people))])
        np.testing.assert_allclose(inside / step, np.rint(inside / step), atol=1e-6)
    assert fit_line(rng.normal(size=5000), whole=False, noise=Noise(SECRET), rho=0.05).step == 0


def test_counts_of_0_or_more_with_a_known_sum():
    np.testing.assert_allclose(closest(np.array([5.0, 3.0, -2.0]), 6.0), [4.0, 2.0, 0.0])
    np.testing.assert_allclose(closest(np.array([-5.0, -3.0]), 1.0), [0.0, 1.0])


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 5, 9]),
        pd.Series([0.5, 2.25]),
        pd.Series(pd.array([1, 7], dtype="Int64")),
        pd.Series(pd.date_range("2020-01-01", periods=3)),
        pd.Series(pd.date_range("2020-01-01", periods=3, tz="Asia/Tokyo")),
        pd.Series(pd.date_range("2020-01-01", periods=3).date),
    ],
)
def test_values_become_numbers_and_come_back(values):
    again = as_values(as_numbers(values), values, missing=False)
    pd.testing.assert_series_equal(again, values)


def test_other_values_are_refused():
    with pytest.raises(AuditError) as caught:
        as_numbers(pd.Series(pd.to_timedelta([1, 2], unit="D"), name="wait"))
    assert caught.value.code == "private_values"


def test_links_between_columns_survive_in_large_tables():
    given = table(20_000)
    made = fitted(given, epsilon=10)
    cell = given.group * 2 + given.label
    frame = made.vocabulary(lesson_of(given).values).take(made.sample(cell, seed=0))
    for old in (True, False):
        real = (given.frame["job"][(given.frame["age"] > 45) == old] == "z").mean()
        assert (frame["job"][(frame["age"] > 45) == old] == "z").mean() == pytest.approx(real, abs=0.05)
    for code in range(4):
        real = given.frame["age"][cell == code].mean()
        assert frame["age"][cell == code].mean() == pytest.approx(real, abs=1.5)


@pytest.fixture(scope="module")
def augmented() -> Augmented:
    given = table(kind=pd.Categorical(["u", "v", "w"] * 1000, categories=["u", "v", "w", "nobody"]))
    return make("private_augmentation", {"target": "cells"}).augment(given, None, seed=0, progress=silent)


def test_files_hold_no_secret_and_only_values_that_were_found_with_noise(augmented):
    weights, text = generator_files(augmented.maker)
    again = read_generator(weights, text)
    cell = np.repeat([0, 1, 2, 3], 25)
    pd.testing.assert_frame_equal(augmented.maker.make(cell, seed=3), again.make(cell, seed=3))
    real = augmented.treated.frame[~augmented.treated.synthetic]
    rare = real["gain"][real["gain"] > 0]
    known = again.values.samples[1].dropna()  # noqa: PD011 - no frame
    assert np.isin(known, rare).mean() < 0.2  # a few meet by chance
    assert "nobody" not in text


def test_the_card_of_made_rows_says_what_is_bounded_and_nothing_of_the_real_rows(augmented):
    told = {"title": "T", "params": {"Epsilon": 3.0}, "source": "ab" * 32, "notes": ("a note",)}
    card = data_card(leaving(augmented, real=False), **told)
    assert "epsilon 3 at delta 1e-05" in card
    assert "Each row counts as one person" in card
    for fact in ("ab" * 32, "detection", "a note", "| group |", "not anonymous"):
        assert fact not in card
    beside = data_card(leaving(augmented, real=True), **told)
    assert "hand this table only to whom you may give the data" in beside
    # Where small groups are withheld too: rows are not compared with real ones once more.
    rows_left = leaving(augmented, real=False, withheld=10)
    assert rows_left.guarantee
    assert len(rows_left.augmented.treated.label) == augmented.treated.synthetic.sum()


def test_notes_say_epsilon_delta_and_what_is_not_covered(augmented):
    said = " ".join(augmented.treated.notes)
    assert "epsilon 3 at delta 1e-05" in said
    assert "Not covered: the real rows" in said
    assert "does not follow from the seed" in said
    assert augmented.treated.quality["epsilon"] == 3.0
    assert augmented.treated.quality["delta"] == 1e-5


def test_every_person_counts_once_and_every_column_is_learned():
    given = rows(900, 0, weight=lambda rng, n: rng.choice([0.0, 1.0, 5.0], n))
    lesson = lesson_of(given)
    assert len(lesson.cell) == (given.weight > 0).sum()
    same = TrainingTable(
        frame=given.frame.assign(one=1),
        label=given.label,
        group=given.group,
        groups=given.groups,
        weight=given.weight,
    )
    assert len(lesson_of(same).columns) == len(same.frame.columns)


def test_a_column_that_makes_the_groups_may_say_no_more_than_they_do():
    given = table()
    parts = {"label": given.label, "group": given.group, "groups": given.groups, "weight": given.weight}
    sex = np.where(given.group == 1, "m", "f")
    lesson_of(TrainingTable(frame=given.frame.assign(sex=sex), fixed=("sex",), **parts))
    with pytest.raises(AuditError) as caught:
        lesson_of(TrainingTable(frame=given.frame, fixed=("age",), **parts))
    assert caught.value.code == "private_groups"


def test_the_store_keeps_one_secret_that_only_its_owner_reads(tmp_path):
    from audit.store import Store

    store = Store(tmp_path / "home")
    secret = store.secret()
    assert len(secret) == 32
    assert Store(tmp_path / "home").secret() == secret != Store(tmp_path / "other").secret()
    path = store.root / "noise.key"
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in store.root.glob("noise.key*")] == ["noise.key"]


@pytest.mark.parametrize("unit", ["ns", "us", "s", "object"])
def test_noise_leads_no_date_beyond_what_its_type_holds(unit):
    days = [dt.date(1990, 1, 1), dt.date(2014, 5, 6)]
    like = (
        pd.Series(days, dtype=object)
        if unit == "object"
        else pd.Series(np.array(days, f"datetime64[{unit}]"))
    )
    found = as_values(np.array([-1e9, 0.0, 1e9]), like, missing=False)
    assert found.dtype == like.dtype
    first, middle, last = [each if unit == "object" else each.date() for each in found]
    assert first < dt.date(1700, 1, 1) < middle == dt.date(2000, 1, 1) < dt.date(2250, 1, 1) < last
