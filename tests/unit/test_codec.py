from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtri

from audit.mitigation.synthesis.calibration import level_offsets
from audit.mitigation.synthesis.codec import SCORE_SCALE, Codec, fit_codec
from audit.mitigation.synthesis.values import read_values

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


def coded(frame, columns=None, **options):
    values, codes = read_values(frame)
    return values, codes, fit_codec(values, codes, columns=columns or range(frame.shape[1]), **options)


def round_trip(codec, codes, seed=0):
    generator = np.random.default_rng(seed)
    low, high = codec.bounds(codes)
    share = low.astype(float) + (high.astype(float) - low) * generator.uniform(0.01, 0.99, low.shape)
    scores = ndtri(np.clip(share, 1e-9, 1 - 1e-9)) / SCORE_SCALE
    return codec.decode(scores, codec.marks(codes), generator=generator)


def test_numbering_and_back_is_the_identity_with_types():
    frame = table()
    values, codes = read_values(frame)
    pd.testing.assert_frame_equal(values.take(codes), frame)


def test_forward_and_back_is_the_identity():
    frame = table()
    values, codes, codec = coded(frame)
    pd.testing.assert_frame_equal(values.take(round_trip(codec, codes)), frame)


def test_a_codec_that_was_written_down_codes_the_same():
    _, codes, codec = coded(table())
    again = Codec.restore(*codec.state())
    np.testing.assert_array_equal(round_trip(codec, codes, 3), round_trip(again, codes, 3))


def test_what_is_ranked_and_what_has_levels():
    frame = table()
    _, _, codec = coded(frame)
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
    _, codes, codec = coded(frame)
    low, high = codec.bounds(codes)
    share = (low + (high - low) * np.random.default_rng(1).random(low.shape)).ravel()
    assert stats.kstest(share, "uniform").statistic < 0.02


def test_any_score_gives_a_real_value():
    frame = table()[["whole", "holes"]]
    values, _, codec = coded(frame)
    scores = np.array([[-9.0, -9.0], [9.0, 9.0], [0.0, 0.0]])
    made = values.take(codec.decode(scores, np.zeros((3, 1), dtype=int), generator=np.random.default_rng(0)))
    assert made["whole"].tolist()[:2] == [frame["whole"].min(), frame["whole"].max()]
    assert made["holes"].tolist()[:2] == [frame["holes"].min(), frame["holes"].max()]


def test_rare_levels_share_a_place_and_come_back_as_themselves():
    rng = np.random.default_rng(0)
    common = rng.choice(["a", "b"], 300)
    frame = pd.DataFrame({"word": [*common, *(f"rare {i}" for i in range(100))]})
    values, _, codec = coded(frame, max_levels=2)
    assert (codec.levels[0].width, codec.folded) == (3, (0,))
    levels = np.full((400, 1), 2)
    made = values.take(codec.decode(np.empty((400, 0)), levels, generator=np.random.default_rng(0)))
    assert made["word"].str.startswith("rare").all()
    assert made["word"].nunique() > 80


def test_levels_that_share_a_place_come_as_often_as_they_are_common():
    frame = pd.DataFrame({"word": ["a"] * 60 + ["b"] * 30 + ["c"] * 10})
    values, _, codec = coded(frame, max_levels=1)
    levels = np.ones((10_000, 1), dtype=int)
    made = values.take(codec.decode(np.empty((10_000, 0)), levels, generator=np.random.default_rng(0)))
    assert made["word"].value_counts(normalize=True)["b"] == pytest.approx(0.75, abs=0.02)


def test_columns_left_out_and_columns_that_never_vary_take_no_part():
    frame = table()
    _, _, codec = coded(frame, columns=[place for place in range(frame.shape[1]) if place not in {0, 4}])
    assert not {0, 4, 12, 13} & set(codec.columns)


@pytest.mark.parametrize("share", [[0.7, 0.2, 0.1], [0.5, 0.5, 0.0], [0.999, 0.0005, 0.0005]])
def test_offsets_give_levels_their_shares(share):
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(20_000, 3)) * 2 + rng.gumbel(size=(20_000, 3))
    offsets = level_offsets(drawn, np.array(share))
    reached = np.bincount((drawn + offsets).argmax(axis=1), minlength=3) / 20_000
    np.testing.assert_allclose(reached, share, atol=0.003)
