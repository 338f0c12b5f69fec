from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtri

from audit.mitigation.synthesis.calibration import level_offsets
from audit.mitigation.synthesis.codec import SCORE_SCALE, fit_codec, take_values
from audit.mitigation.synthesis.quality import compare_with, independent_donors

N = 500


def table(n=N, seed=0):
    rng = np.random.default_rng(seed)
    spike = np.where(rng.random(n) < 0.9, 0, rng.integers(1, 10_000, n))
    holes = rng.normal(size=n)
    holes[rng.random(n) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "whole": rng.integers(0, 100, n),
            "spike": spike,
            "holes": holes,
            "nullable": pd.array(np.where(rng.random(n) < 0.1, None, rng.integers(0, 50, n)), dtype="Int64"),
            "word": rng.choice(["x", "y", None], n),
            "flag": rng.random(n) < 0.3,
            "kind": pd.Categorical(rng.choice(["u", "v", "w"], n), categories=["w", "v", "u", "never"]),
            "when": pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 900, n), unit="h"),
            "day": [dt.date(9999, 1, 1) - dt.timedelta(days=int(d)) for d in rng.integers(0, 99, n)],
            "money": [Decimal(int(d)) / 100 for d in rng.integers(0, 9999, n)],
            "few": rng.integers(0, 3, n),
            "list": [[int(d)] for d in rng.integers(0, 3, n)],
            "constant": "c",
            "nothing": np.nan,
        }
    )


def round_trip(frame, codec, seed=0):
    generator = np.random.default_rng(seed)
    low, high = codec.bounds
    share = low.astype(float) + (high - low) * generator.uniform(0.01, 0.99, low.shape)
    scores = ndtri(np.clip(share, 1e-9, 1 - 1e-9)) / SCORE_SCALE
    return take_values(frame, codec.decode(scores, codec.codes, generator=generator))


def test_forward_and_back_is_the_identity_with_types():
    frame = table()
    pd.testing.assert_frame_equal(round_trip(frame, fit_codec(frame)), frame)


def test_what_is_ranked_and_what_has_levels():
    frame = table()
    codec = fit_codec(frame)
    names = list(frame.columns)
    assert [names[part.column] for part in codec.numeric] == [
        "whole",
        "spike",
        "holes",
        "nullable",
        "when",
        "day",
        "money",
    ]
    assert [(names[part.column], part.width) for part in codec.levels] == [
        ("holes", 2),
        ("nullable", 2),
        ("word", 3),
        ("flag", 2),
        ("kind", 3),
        ("few", 3),
        ("list", 3),
    ]
    assert "constant" not in [names[place] for place in codec.columns]
    assert codec.width == 7 + 18


def test_scores_of_a_spike_are_spread_evenly():
    frame = table(4000)[["spike"]]
    low, high = fit_codec(frame).bounds
    share = (low + (high - low) * np.random.default_rng(1).random(low.shape)).ravel()
    assert stats.kstest(share, "uniform").statistic < 0.02


def test_any_score_gives_a_real_value():
    frame = table()[["whole", "holes"]]
    codec = fit_codec(frame)
    scores = np.array([[-9.0, -9.0], [9.0, 9.0], [0.0, 0.0]])
    made = take_values(
        frame, codec.decode(scores, np.zeros((3, 1), dtype=int), generator=np.random.default_rng(0))
    )
    assert made["whole"].tolist()[:2] == [frame["whole"].min(), frame["whole"].max()]
    assert made["holes"].tolist()[:2] == [frame["holes"].min(), frame["holes"].max()]


def test_rare_levels_share_a_place_and_come_back_as_themselves():
    rng = np.random.default_rng(0)
    common = rng.choice(["a", "b"], 300)
    frame = pd.DataFrame({"word": [*common, *(f"rare {i}" for i in range(100))]})
    codec = fit_codec(frame, max_levels=2)
    assert (codec.levels[0].width, codec.folded) == (3, (0,))
    made = take_values(
        frame, codec.decode(np.empty((50, 0)), np.full((50, 1), 2), generator=np.random.default_rng(0))
    )
    assert made["word"].str.startswith("rare").all()
    assert made["word"].nunique() > 20


def test_skipped_columns_take_no_part():
    frame = table()
    codec = fit_codec(frame, skip=["whole", "word"])
    assert not {0, 4} & set(codec.columns)


@pytest.mark.parametrize("share", [[0.7, 0.2, 0.1], [0.5, 0.5, 0.0], [0.999, 0.0005, 0.0005]])
def test_offsets_give_levels_their_shares(share):
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(20_000, 3)) * 2 + rng.gumbel(size=(20_000, 3))
    offsets = level_offsets(drawn, np.array(share))
    reached = np.bincount((drawn + offsets).argmax(axis=1), minlength=3) / 20_000
    np.testing.assert_allclose(reached, share, atol=0.003)


def test_real_rows_are_like_themselves_and_independent_draws_are_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    frame = pd.DataFrame({"x": x, "double": 2 * x, "sign": np.where(x > 0, "+", "-")})
    likeness = compare_with(frame, [0, 1, 2])
    every, even = np.tile(np.arange(4000)[:, None], 3), np.ones(4000)
    assert likeness.pair_trends(every, even) == pytest.approx(1)
    assert likeness.marginals(every, even) == pytest.approx(1)
    assert likeness.copies(every) == 1
    assert likeness.repeats() == 0
    alone = independent_donors(np.zeros(4000, dtype=int), np.zeros(4000, dtype=int), 3, generator=rng)
    # Ten deciles that should agree: independent draws share 1/10; a sign that follows: 1/2 twice.
    assert likeness.pair_trends(alone, even) == pytest.approx((0.1 + 0.5 + 0.5) / 3, abs=0.03)
    assert likeness.marginals(alone, even) > 0.97
    assert likeness.copies(alone) == 0


def test_weights_say_which_real_rows_count():
    frame = pd.DataFrame({"x": ["a"] * 50 + ["b"] * 50})
    likeness = compare_with(frame, [0])
    donors = np.zeros((10, 1), dtype=int)
    assert likeness.marginals(donors, np.ones(100)) == pytest.approx(0.5)
    assert likeness.marginals(donors, np.repeat([1.0, 0.0], 50)) == pytest.approx(1)
