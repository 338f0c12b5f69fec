"""The baselines: what they learn, what they leave out, and that they repeat."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from audit.errors import Cancelled, ModelError
from audit.models.baseline import fit_baseline
from audit.models.columns import as_numbers
from audit.models.features import build_encoder
from audit.plan import BASELINES


def people(n=600, seed=0):
    """Two signals, a number and a level; everything else is there to be handled."""
    draw = np.random.default_rng(seed)
    number, level = draw.normal(size=n), draw.choice(["x", "y", "z"], n)
    frame = pd.DataFrame(
        {
            "number": np.where(draw.random(n) < 0.1, np.nan, number),
            "level": pd.Series(np.where(draw.random(n) < 0.1, None, level)),
            "whole": draw.integers(0, 5, n),
            "truth": draw.random(n) < 0.5,
            "moment": pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 900, n), unit="D"),
            "category": pd.Categorical(draw.choice(["p", "q"], n)),
        }
    )
    label = (number + (level == "x") + draw.normal(scale=0.5, size=n) > 0.4).astype(np.int8)
    return frame, label


def ranking(score, label):
    """The share of pairs in the right order, by hand."""
    positive, negative = score[label == 1], score[label == 0]
    return np.mean(positive[:, None] > negative[None, :])


@pytest.mark.parametrize("algorithm", BASELINES)
def test_it_learns_scores_new_rows_and_repeats(algorithm):
    frame, label = people(1200)
    seen = []
    fitted = fit_baseline(
        algorithm, frame[:800], label[:800], seed=1, progress=lambda share, _: seen.append(share)
    )
    score = fitted.score(frame[800:])
    assert score.dtype == np.float64
    assert score.shape == (400,)
    assert 0 <= score.min() <= score.max() <= 1
    assert ranking(score, label[800:]) > 0.8
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    again = fit_baseline(algorithm, frame[:800], label[:800], seed=1).score(frame[800:])
    assert np.array_equal(score, again)
    assert set(fitted.features) == set(frame.columns)
    assert fitted.title


@pytest.mark.parametrize("algorithm", BASELINES)
def test_weights_decide_between_contradicting_rows(algorithm):
    frame = pd.DataFrame({"number": np.repeat([0.0, 1.0, 0.0, 1.0], 100)})
    label = np.repeat([0, 1, 1, 0], 100)
    forward, backward = np.repeat([9.0, 1.0], 200), np.repeat([1.0, 9.0], 200)
    ends = pd.DataFrame({"number": [0.0, 1.0]})
    low, high = fit_baseline(algorithm, frame, label, weight=forward, seed=0).score(ends)
    assert low < 0.4
    assert high > 0.6
    low, high = fit_baseline(algorithm, frame, label, weight=backward, seed=0).score(ends)
    assert low > 0.6
    assert high < 0.4


def test_only_the_proportions_of_weights_matter():
    frame, label = people()
    weight = np.random.default_rng(2).random(len(label))
    one = fit_baseline("logistic_regression", frame, label, weight=weight, seed=0).score(frame)
    other = fit_baseline("logistic_regression", frame, label, weight=1000 * weight, seed=0).score(frame)
    assert np.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("algorithm", BASELINES)
def test_unseen_levels_and_missing_values_are_scored(algorithm):
    frame, label = people()
    fitted = fit_baseline(algorithm, frame.dropna(), label[frame.notna().all(axis=1)], seed=0)
    strange = frame[:3].copy()
    strange["level"] = ["never seen", None, "x"]
    strange["category"] = pd.Categorical(["r", None, "p"])
    strange["number"] = [np.nan, np.inf, 1.0]
    strange["moment"] = [pd.NaT, pd.Timestamp("2030-01-01"), pd.Timestamp("2020-01-01")]
    assert np.isfinite(fitted.score(strange)).all()
    assert fitted.score(frame[:0]).shape == (0,)


def test_text_types_give_the_same_model():
    frame, label = people()
    scores = []
    for dtype in ("str", "category", object):
        table = frame.astype({"level": dtype})
        scores.append(fit_baseline("logistic_regression", table, label, seed=0).score(table))
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])


def test_what_cannot_be_a_feature_is_named():
    n = 300
    frame = pd.DataFrame(
        {
            "good": np.arange(n) % 7,
            "constant": 1,
            "one word": "a",
            "empty": np.nan,
            "identity": [f"person {row}" for row in range(n)],
        }
    )
    fitted = fit_baseline("logistic_regression", frame, np.arange(n) % 2, seed=0)
    assert fitted.features == ("good",)
    notes = " ".join(fitted.notes)
    assert all(name in notes for name in ("'constant'", "'one word'", "'empty'", "'identity'"))
    assert "200" in notes
    assert "person" not in notes


def test_rare_levels_are_folded_and_missing_is_a_level():
    column = ["a"] * 50 + ["b"] * 30 + ["rare"] * 9 + [None] * 11
    encoder = build_encoder(pd.DataFrame({"level": column}))
    (level,) = encoder.texts
    assert level.levels == ("a", "b")
    assert (level.infrequent, level.missing, level.width) == (True, True, 4)
    codes = encoder.codes(pd.DataFrame({"level": ["b", "rare", "unseen", None, "a"]})).ravel()
    assert codes.tolist() == [1, 2, 2, 3, 0]


def test_numbers_are_imputed_marked_and_standardised():
    frame = pd.DataFrame(
        {"number": [0.0, 2.0, 4.0, np.nan], "day": [dt.date(1970, 1, d) for d in (1, 2, 3, 4)]}
    )
    encoder = build_encoder(frame)
    assert encoder.raw(frame)[:, 1].tolist() == [0.0, 1.0, 2.0, 3.0]
    table = encoder.standard(frame)
    assert table[:, 2].tolist() == [0, 0, 0, 1]
    assert np.allclose(table[:, 0], np.array([-2, 0, 2, 0]) / np.sqrt(2))


def test_a_truth_value_that_was_read_with_gaps_is_a_number():
    frame = pd.DataFrame(
        {"truth": [True, False, None, True], "nullable": pd.array([1, None, 3, 4], dtype="Int64")}
    )
    assert build_encoder(frame).features == ("truth", "nullable")
    assert np.isnan(build_encoder(frame).raw(frame)).sum() == 2


@pytest.mark.parametrize("unit", ["object", "s", "us"])
def test_dates_beyond_what_nanoseconds_hold_are_days(unit):
    days = [dt.date(9999, 12, 31), dt.date(31, 6, 12), dt.date(1970, 1, 2)]
    series = pd.Series(days, dtype=object)
    if unit != "object":
        series = pd.Series(np.array(days, dtype=f"datetime64[{unit}]"))
    np.testing.assert_array_equal(as_numbers(series), [2_932_896, -708_043, 1])


def test_one_label_no_features_and_an_unknown_name_are_refused():
    frame, label = people(100)
    for call, code in (
        (lambda: fit_baseline("mlp", frame, np.ones(100, int), seed=0), "one_class"),
        (lambda: fit_baseline("mlp", frame, label, weight=(label == 1).astype(float), seed=0), "one_class"),
        (lambda: fit_baseline("mlp", frame[[]], label, seed=0), "no_features"),
        (lambda: fit_baseline("mlp", frame[["truth"]].assign(truth=True), label, seed=0), "no_features"),
        (lambda: fit_baseline("logistic_regresion", frame, label, seed=0), "unknown_baseline"),
    ):
        with pytest.raises(ModelError) as caught:
            call()
        assert caught.value.code == code
    assert "Did you mean 'logistic_regression'?" in str(caught.value)


def test_a_missing_feature_and_a_changed_type_are_refused():
    frame, label = people()
    fitted = fit_baseline("logistic_regression", frame, label, seed=0)
    with pytest.raises(ModelError) as caught:
        fitted.score(frame.drop(columns="level").assign(levell="x"))
    assert caught.value.code == "model_features"
    assert "'level'" in str(caught.value)
    assert "Did you mean 'levell'?" in str(caught.value)
    with pytest.raises(ModelError) as caught:
        fitted.score(frame.assign(whole="many"))
    assert caught.value.code == "model_types"
    assert "many" not in caught.value.what


def test_training_that_does_not_converge_is_a_note(monkeypatch):
    import sklearn.linear_model

    class Hasty(sklearn.linear_model.LogisticRegression):
        def fit(self, *args, **kwargs):
            self.max_iter = 1
            return super().fit(*args, **kwargs)

    monkeypatch.setattr(sklearn.linear_model, "LogisticRegression", Hasty)
    frame, label = people()
    assert any(
        "converged" in note for note in fit_baseline("logistic_regression", frame, label, seed=0).notes
    )


def test_the_network_can_be_cancelled_and_leaves_the_random_state_alone():
    import torch

    frame, label = people()

    def stop(share, _):
        if share > 0.1:
            raise Cancelled

    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    with pytest.raises(Cancelled):
        fit_baseline("mlp", frame, label, seed=0, progress=stop)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
