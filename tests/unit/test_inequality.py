"""The benefit of decisions split into a part within and a part between groups."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.chapters.inequality import CHAPTERS, ORDERS
from audit.metrics.indices import benefits, decompose, entropy
from audit.plan import Grouping, Plan, Roles
from audit.wording.indices import between_groups
from tests.by_hand import TOY, case, people, weighted

PLAN = Plan(replicates=400)
TURNED = Plan(replicates=400, roles=Roles(favourable="negative"))


def split(cells, plan=PLAN):
    (chapter,) = CHAPTERS
    return {row.metric: row for row in chapter.rows(case(cells, plan))}


def test_the_toy_table_by_hand():
    found = split(TOY)["generalized_entropy"]
    # Benefits: a has mean 1 over 8 people, b 1 over 6, c 5/4 over 4; everybody 19/18.
    mean = 19 / 18
    between = sum(n * ((m / mean) ** 2 - 1) for n, m in ((8, 1), (6, 1), (4, 5 / 4))) / 18 / 2
    # Two have none, thirteen have 1, three have 2.
    total = ((13 + 3 * 4) / 18 / mean**2 - 1) / 2
    assert found.value == pytest.approx(between)
    assert found.total == pytest.approx(total)
    assert found.within == pytest.approx(total - between)
    assert found.share == pytest.approx(between / total)
    assert (found.n, found.groups) == (18, 3)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_parts_add_up_and_between_is_the_index_of_the_means(order):
    rng = np.random.default_rng(order)
    w = rng.gamma(3.0, 10.0, size=(6, 2, 2))
    if order == 0:
        w[:, 1, 0] = 0.0  # with a benefit of 0 it has no end
    within, between = decompose(w, order)
    size, share = benefits(w.sum(axis=0))
    assert within + between == pytest.approx(float(entropy(size, share, order)), abs=1e-12)
    size, share = benefits(w)
    mean, weight = (size * share).sum(axis=1), w.sum(axis=(1, 2)) / w.sum()
    assert between == pytest.approx(float(entropy(mean, weight, order)), abs=1e-15)


def test_equal_groups_have_nothing_between_them_and_the_interval_says_so():
    found = split(people(a=(30, 10, 10, 50), b=(60, 20, 20, 100)))
    for metric in ("theil_index", "generalized_entropy"):
        row = found[metric]
        assert row.value == pytest.approx(0.0, abs=1e-15)
        assert row.low == 0.0
        assert 0.0 < row.high < 0.02
        assert row.share == pytest.approx(0.0, abs=1e-12)


def test_groups_treated_apart_are_shown_to_be():
    found = split(people(a=(100, 0, 0, 100), b=(100, 0, 80, 20)))["generalized_entropy"]
    assert 0.0 < found.low < found.value < found.high
    assert 0.0 < found.share_low < found.share < found.share_high < 1.0


def test_where_all_inequality_lies_between_groups_the_share_is_one():
    found = split(people(a=(50, 0, 0, 50), b=(0, 100, 0, 0)))["theil_index"]
    assert found.within == pytest.approx(0.0, abs=1e-15)
    assert found.share == pytest.approx(1.0)


def test_all_of_it_between_two_people_has_a_share_with_an_interval():
    """Nothing is left within groups of one person; the part between them could be 0 of 0."""
    rows = split(people(a=(1, 0, 0, 0), b=(0, 1, 0, 0)))
    for row in rows.values() if isinstance(rows, dict) else rows:
        assert 0 <= row.share_low <= row.share == 1 == row.share_high


def test_what_cannot_be_split_has_its_reason():
    assert split(TOY)["mean_log_deviation"].reason == "zero_benefit"
    assert split(TOY)["mean_log_deviation"].total is None
    assert split(TOY)["mean_log_deviation"].value > 0
    assert split(people(a=(5, 0, 0, 5)))["theil_index"].reason == "fewer_than_two_groups"
    same = split(people(a=(5, 0, 0, 5), b=(9, 0, 0, 3)))["theil_index"]
    assert (same.total, same.share, same.reason) == (0.0, None, "no_inequality")
    assert split(people(a=(0, 0, 4, 0), b=(0, 0, 3, 0)))["theil_index"].reason == "no_benefit"
    assert split(people(a=(5, 1, 0, 5), b=(0, 0, 3, 0)))["mean_log_deviation"].value is None


def test_it_follows_the_favourable_decision_and_leaves_unknown_groups_out():
    cells = people(a=(30, 10, 5, 55), b=(30, 5, 10, 55))
    mirrored = people(a=(55, 5, 10, 30), b=(55, 10, 5, 30))
    for metric in ORDERS:
        one, other = split(cells, TURNED)[metric], split(mirrored)[metric]
        assert one.value == (None if other.value is None else pytest.approx(other.value))
    known = people(missing="Unknown", a=(30, 10, 5, 55), b=(30, 5, 10, 55), Unknown=(0, 0, 50, 0))
    assert split(known)["theil_index"].value == pytest.approx(split(cells)["theil_index"].value)
    counted = Plan(replicates=200, grouping=Grouping(include_unknown=True))
    assert split(known, counted)["theil_index"].groups == 3


def test_weights_are_repetitions_for_the_value():
    cells = people(a=(30, 10, 5, 55), b=(30, 5, 10, 55))
    heavy = split(weighted(cells, [2.0, 1.0]))["theil_index"]
    twice = split(people(a=(60, 20, 10, 110), b=(30, 5, 10, 55)))["theil_index"]
    assert heavy.value == pytest.approx(twice.value)
    assert heavy.total == pytest.approx(twice.total)
    assert math.isfinite(heavy.high)


def test_the_sentence_about_it():
    said = between_groups(0.1024, 0.0042, (0.0018, 0.0071))
    assert said == (
        "Of the inequality among all people (0.102), 0.4 % lies between these groups (95 % interval 0.2 to 0.7 %); the rest "
        "lies within them."
    )
    assert between_groups(None, None, (None, None)) == ""


@pytest.mark.slow
def test_the_interval_of_the_part_between_covers_as_often_as_it_says():
    for apart in (0.0, 0.1):
        for groups, n in ((2, 200), (5, 200), (20, 100)):
            shares = np.tile([0.4, 0.1, 0.1, 0.4], (groups, 1))
            shares[0] += [0, 0, apart, -apart]
            truth = float(decompose(shares.reshape(groups, 2, 2), 2)[1])
            held = []
            for seed in range(200):
                rng = np.random.default_rng(seed)
                drawn = {f"g{k}": tuple(rng.multinomial(n, p)) for k, p in enumerate(shares)}
                row = split(people(**drawn), Plan(replicates=400, seed=seed))["generalized_entropy"]
                held.append(row.low <= truth + 1e-12 and truth <= row.high)
            assert np.mean(held) >= 0.92
