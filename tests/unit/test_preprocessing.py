"""Massaging, preferential sampling, doubtful labels and changed features, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.mitigation.catalogue import make
from audit.mitigation.label_noise import doubtful
from audit.mitigation.massaging import changes_needed, nearest
from audit.mitigation.represent.prototypes import Rows, loss
from audit.mitigation.resampling import choose_rows
from audit.mitigation.table import TrainingTable
from audit.progress import silent
from tests.repairing import build_task, rows


def table(label, group, *, weight=None, groups=(("a",), ("b",)), **columns):
    n = len(label)
    return TrainingTable(
        frame=pd.DataFrame(columns or {"x": np.arange(n)}),
        label=np.asarray(label, dtype=np.int8),
        group=np.asarray(group),
        groups=groups,
        weight=np.ones(n) if weight is None else np.asarray(weight, dtype=float),
    )


def treat(name, data, seed=0, **params):
    return make(name, params).treat(data, seed=seed, progress=silent)


# Massaging


def test_the_number_of_changes_is_that_of_kamiran_and_calders():
    """disc · n_F · n_M / n = (0.75 − 0.25) · 8 · 4 / 12."""
    data = table([1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0], [0] * 8 + [1] * 4)
    np.testing.assert_allclose(changes_needed(data), [-(0.5 * 8 * 4 / 12), 0.5 * 8 * 4 / 12])


def test_changes_of_any_number_of_groups_add_up_to_nothing_and_meet_the_common_rate():
    groups = tuple((name,) for name in "abcde")
    data = rows(700, 3, groups=groups)
    wanted = changes_needed(data)
    assert wanted.sum() == pytest.approx(0)
    treated = treat("massaging", data)
    for code in range(5):
        assert treated.label[data.group == code].mean() == pytest.approx(
            data.label.mean(), abs=0.51 / (data.group == code).sum()
        )


def test_the_labels_nearest_to_the_boundary_are_changed():
    data = table([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1])
    score = np.array([0.1, 0.4, 0.3, 0.9, 0.6, 0.7])
    assert nearest(data, score, 0, 2.0).tolist() == [1, 2]
    assert nearest(data, score, 1, -1.0).tolist() == [4]


def test_weights_count_and_rows_of_weight_0_are_never_changed():
    data = table([0, 0, 0, 0], [0] * 4, weight=[0, 3, 1, 1])
    score = np.array([0.9, 0.8, 0.7, 0.6])
    assert nearest(data, score, 0, 3.2).tolist() == [1]
    muddy = rows(800, 1, weight=lambda rng, n: rng.integers(0, 3, n).astype(float))
    treated = treat("massaging", muddy)
    assert (treated.label == muddy.label)[muddy.weight == 0].all()
    rates = [
        np.average(treated.label[muddy.group == g], weights=muddy.weight[muddy.group == g]) for g in (0, 1)
    ]
    assert rates[0] == pytest.approx(rates[1], abs=0.02)


def test_massaging_says_how_many_labels_of_whom_it_edited():
    data = rows(900, 0)
    treated = treat("massaging", data)
    changed = treated.label != data.label
    assert treated.measured == {"edited_labels": changed.sum()}
    assert f"{changed.sum():,} of 900 recorded labels" in treated.notes[0]
    words = ("from negative to positive", "from positive to negative")
    for group, before, after, way in ((0, 0, 1, words[0]), (1, 1, 0, words[1])):
        n = (changed & (data.group == group) & (treated.label == after) & (data.label == before)).sum()
        assert f"Labels changed {way}: '{data.groups[group][0]}' {n:,}." in treated.notes[1:]
    assert make("massaging").spec.edits_labels


# Preferential sampling


def test_borderline_rows_are_copied_and_left_out_first():
    """Positives of a: copy the lowest score. Negatives of a: leave out the highest. And the other way about in b."""
    label = [1, 1, 0, 0, 0, 1, 1, 1, 0, 0]
    data = table(label, [0] * 5 + [1] * 5)
    score = np.array([0.9, 0.6, 0.4, 0.1, 0.2, 0.9, 0.6, 0.7, 0.4, 0.1])
    first = np.where(np.array(label) == 1, score, -score)
    chosen = choose_rows(data, np.array([[2, 3], [3, 2]]), seed=0, first=first, progress=silent)
    assert sorted(chosen.tolist()) == [0, 1, 1, 3, 4, 5, 7, 8, 8, 9]


def test_preferential_sampling_takes_the_counts_of_uniform_and_other_rows():
    data = rows(900, 0)
    uniform, preferential = (
        treat("resampling", data, strategy="both", pick=p) for p in ("random", "boundary")
    )
    assert uniform.cells == preferential.cells
    assert not uniform.frame.equals(preferential.frame)
    copies = preferential.frame["skill"].value_counts()
    assert copies.max() == 2


# Doubtful labels


def test_a_label_is_doubted_against_what_is_usual_in_its_group():
    """In a, a positive row usually gets 0.9; in b 0.6: a negative with 0.7 is doubtful in b only."""
    data = table([1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1])
    score = np.array([0.9, 0.7, 0.1, 0.6, 0.7, 0.1])
    assert doubtful(data, score).tolist() == [False, False, False, False, True, False]


def test_flipped_labels_are_found_and_weight_0_is_left_alone():
    rng = np.random.default_rng(0)
    data = rows(2000, 0)
    clear = data.frame["skill"].to_numpy() > 0.5
    wrong = rng.random(2000) < 0.05
    data = replace(
        data, label=(clear ^ wrong).astype(np.int8), weight=np.where(np.arange(2000) < 200, 0.0, 1.0)
    )
    treated = treat("label_noise", data)
    changed = treated.label != data.label
    assert not changed[:200].any()
    far = np.abs(data.frame["skill"].to_numpy() - 0.5) > 0.8  # at the boundary nobody can tell
    assert changed[200:][(wrong & far)[200:]].mean() > 0.95
    assert (changed & ~wrong).sum() / changed.sum() < 0.1
    left = treat("label_noise", data, action="leave_out")
    assert len(left.label) == 2000 - changed.sum()
    assert left.measured == {}


def test_no_more_labels_of_a_group_are_changed_than_allowed():
    data = rows(900, 0)
    data = replace(data, label=np.random.default_rng(0).integers(0, 2, 900).astype(np.int8))
    treated = treat("label_noise", data, most=0.03)
    for code in (0, 1):
        inside = data.group == code
        assert (treated.label != data.label)[inside].sum() <= 0.03 * inside.sum()
    (told,) = (note for note in treated.notes if "by group" in note)
    assert told.count("doubted)") == 2


# Disparate impact remover


def test_values_move_to_the_median_over_groups_of_their_rank():
    a, b = np.arange(1, 31), np.arange(101, 131)
    data = table([0, 1] * 30, [0] * 30 + [1] * 30, x=np.concatenate([a, b]))
    treated = treat("disparate_impact_remover", data)
    expected = np.tile((a + b) // 2, 2)
    assert treated.frame["x"].tolist() == expected.tolist()
    half = treat("disparate_impact_remover", data, strength=0.5)
    assert half.frame["x"].tolist() == np.round(0.5 * np.concatenate([a, b]) + 0.5 * expected).tolist()


def test_three_groups_have_the_median_and_an_unknown_one_is_read_like_everybody():
    parts = [np.linspace(0, 1, 21), np.linspace(10, 11, 21), np.linspace(50, 51, 21)]
    data = table(
        [0, 1, 1] * 21, np.repeat([0, 1, 2], 21), groups=(("a",), ("b",), ("c",)), x=np.concatenate(parts)
    )
    treated = treat("disparate_impact_remover", data)
    np.testing.assert_allclose(treated.frame["x"], np.tile(parts[1], 3))
    found = treated.transform(pd.DataFrame({"x": [10.5, -99.0, np.nan]}), np.array([-1, 2, 0]))["x"]
    np.testing.assert_allclose(found, [10.5, 10.0, np.nan])


def test_the_distribution_is_the_same_in_every_group_and_weights_make_it():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 4000)
    x = rng.normal(3.0 * group, 1 + group)
    data = table(rng.integers(0, 2, 4000), group, x=x, weight=rng.integers(0, 4, 4000))
    moved = treat("disparate_impact_remover", data).frame["x"].to_numpy()
    many = [np.repeat(moved[group == g], data.weight[group == g].astype(int)) for g in (0, 1)]
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(many[0], share) == pytest.approx(np.quantile(many[1], share), abs=0.02)
    for code in (0, 1):
        inside = (group == code) & (data.weight > 0)
        assert (np.argsort(moved[inside]) == np.argsort(x[inside])).all()


def test_what_has_no_order_stays_and_is_named():
    data = rows(600, 0)
    data = replace(data, frame=data.frame.assign(flag=data.group, kind="k"), fixed=("flag",))
    treated = treat("disparate_impact_remover", data)
    for name in ("job", "owner", "flag", "kind"):
        pd.testing.assert_series_equal(treated.frame[name], data.frame[name])
    assert any("'job'" in note and "no order" in note for note in treated.notes)
    assert any("'flag'" in note and "go with the group" in note for note in treated.notes)


# Correlation remover


def test_no_feature_is_correlated_with_the_group_afterwards():
    data = rows(1500, 0, weight=lambda rng, n: rng.gamma(2, 1, n), groups=(("a",), ("b",), ("c",)))
    treated = treat("correlation_remover", data)
    for code in range(3):
        inside = data.group == code
        means = np.average(treated.frame[inside], axis=0, weights=data.weight[inside])
        np.testing.assert_allclose(means, np.average(treated.frame, axis=0, weights=data.weight), atol=1e-12)
    assert {"job = x", "job = (missing)"} <= set(treated.frame.columns)


def test_it_is_what_fairlearn_computes():
    from fairlearn.preprocessing import CorrelationRemover

    data = rows(800, 0)
    numbers = replace(data, frame=data.frame[["skill", "proxy"]])
    treated = treat("correlation_remover", numbers, strength=0.7)
    standard = (numbers.frame - numbers.frame.mean()) / numbers.frame.std(ddof=0)
    theirs = CorrelationRemover(sensitive_feature_ids=["s"], alpha=0.7).fit_transform(
        standard.assign(s=data.group.astype(float))
    )
    np.testing.assert_allclose(treated.frame, theirs, atol=1e-12)


def test_the_features_that_were_moved_furthest_are_named():
    data = rows(600, 0)
    apart = np.where(data.group == 0, 1.0, -1.0) + np.random.default_rng(3).normal(size=600)
    data = replace(data, frame=pd.DataFrame({"even": np.arange(600) % 7, "apart": apart}))
    (said,) = [note for note in treat("correlation_remover", data).notes if note.startswith("Moved furthest")]
    spread = np.std(apart)
    means = [apart[data.group == code].mean() - apart.mean() for code in (0, 1)]
    most = int(np.argmax(np.abs(means)))
    way = "down" if means[most] > 0 else "up"
    assert said.startswith(
        f"Moved furthest: 'apart' {way} by {abs(means[most]) / spread:.2f} standard deviations"
    )


def test_columns_that_are_the_group_are_no_features_any_more():
    data = rows(600, 0)
    data = replace(data, frame=data.frame.assign(sex=np.where(data.group, "f", "m")), fixed=("sex",))
    treated = treat("correlation_remover", data)
    assert not any(name.startswith("sex") for name in treated.frame.columns)
    assert any("no longer features" in note for note in treated.notes)


# Prototypes


def test_the_gradient_is_the_slope_of_the_loss():
    rng = np.random.default_rng(0)
    n, d, k = 40, 4, 3
    weight = rng.random(n)
    group = rng.integers(0, 3, n)
    share = (group == np.arange(3)[:, None]) * weight
    data = Rows(
        x=rng.normal(size=(n, d)),
        label=rng.integers(0, 2, n).astype(float),
        share=share / share.sum(axis=1, keepdims=True),
        mass=share.sum(axis=1) / share.sum(),
        weight=weight / weight.sum(),
    )
    flat = np.concatenate([rng.normal(size=k * d + k), rng.random(d)])
    value, slope = loss(flat, data, k, evenness=3.0, rebuild=0.5)
    assert np.isfinite(value)
    for at in range(len(flat)):
        step = np.zeros(len(flat))
        step[at] = 1e-6
        up, down = (loss(flat + sign * step, data, k, evenness=3.0, rebuild=0.5)[0] for sign in (1, -1))
        assert slope[at] == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_groups_resemble_the_prototypes_alike_where_that_is_asked_for():
    data = rows(1200, 0)
    apart = {}
    for evenness in (0.0, 100.0):
        treated = treat("prototype_representation", data, prototypes=4, evenness=evenness)
        np.testing.assert_allclose(treated.frame.sum(axis=1), 1.0)
        means = treated.frame.groupby(data.group).mean()
        apart[evenness] = np.abs(means.loc[0] - means.loc[1]).max()
    assert apart[100.0] < 0.02
    assert apart[0.0] > 0.1


def test_it_is_told_plainly_when_a_model_takes_its_own_columns_only():
    from audit.errors import ModelError

    task = build_task()
    own = list(task.train.frame.columns)

    def fit(frame, label, weight, progress):
        from audit.models.columns import require_columns

        require_columns(frame, own)
        return task.fit(frame, label, weight, progress)

    for name in ("correlation_remover", "prototype_representation"):
        with pytest.raises(ModelError, match="takes its own only"):
            make(name).repair(replace(task, fit=fit), progress=silent)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("int32", "int32"),
        ("uint8", "uint8"),
        ("Int32", "Int32"),
        ("float32", "float64"),
        ("Float32", "Float64"),
        ("float[pyarrow]", "double[pyarrow]"),
        ("double[pyarrow]", "double[pyarrow]"),
    ],
)
def test_numbers_of_any_width_are_moved(dtype, kept):
    """Short whole numbers stay so; decimals of single precision are widened, for a value between two needs more digits."""
    data = rows(300, 0)
    wide = data.frame["age"].astype("float64")
    frame = data.frame.assign(age=wide.astype(dtype))
    treated = treat("disparate_impact_remover", replace(data, frame=frame))
    moved = treat("disparate_impact_remover", replace(data, frame=data.frame.assign(age=wide)))
    assert str(treated.frame["age"].dtype) == kept
    wanted = moved.frame["age"].to_numpy()
    found = treated.frame["age"].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.round(wanted) if "nt" in dtype else wanted, atol=1e-9)
