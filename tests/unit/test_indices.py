"""F1, balanced accuracy, correlation, error balance and entropies: by hand, against scikit-learn, closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.cells import Cells
from audit.chapters.indices import CHAPTERS
from audit.metrics.indices import INDICES, benefits, entropy, index_values, undefined_reason
from audit.names import FAMILIES
from audit.plan import Grouping, Plan, Roles
from audit.tables.clusters import ClusterCells
from tests.by_hand import TOY, case, people, weighted

PLAN = Plan(replicates=400)
TURNED = Plan(replicates=400, roles=Roles(favourable="negative"))
BY_ID = {index.id: index for index in INDICES}


def rows(cells, plan=PLAN, clusters=None):
    (chapter,) = CHAPTERS
    found = {}
    for row in chapter.rows(case(cells, plan, clusters)):
        key = row.comparison if hasattr(row, "comparison") else row.group and row.group[0]
        found[row.metric, key] = row
    return found


def values(name, tn, fp, fn, tp):
    return float(index_values(BY_ID[name], np.array([[tn, fp], [fn, tp]], dtype=float)))


def test_the_ids_are_those_of_the_family():
    assert tuple(BY_ID) == FAMILIES["indices"]


def test_the_toy_table_by_hand():
    found = rows(TOY)
    assert found["f1_score", "a"].value == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert found["f1_score", "b"].value == pytest.approx(2 / (2 + 1 + 1))
    assert found["balanced_accuracy", "a"].value == pytest.approx((3 / 4 + 3 / 4) / 2)
    assert found["balanced_accuracy", "b"].value == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert found["matthews_correlation", "a"].value == pytest.approx((9 - 1) / 16)
    assert found["matthews_correlation", "b"].value == pytest.approx((3 - 1) / math.sqrt(2 * 2 * 4 * 4))
    assert found["treatment_equality", "a"].value == pytest.approx(1.0)
    assert found["treatment_equality", "c"].value == 0.0
    # a: benefits 0 once, 1 six times, 2 once: mean 1, GE(2) = (6 + 4)/8 − 1 over 2.
    assert found["generalized_entropy", "a"].value == pytest.approx((10 / 8 - 1) / 2)
    assert found["theil_index", "a"].value == pytest.approx(2 / 8 * math.log(2))
    # c: benefits 1, 1, 1, 2: nobody has none.
    mean = 5 / 4
    assert found["mean_log_deviation", "c"].value == pytest.approx(
        math.log(mean) * 3 / 4 + math.log(mean / 2) / 4
    )


def test_what_is_undefined_has_its_reason_and_is_never_zero():
    found = rows(TOY)
    for name in ("f1_score", "balanced_accuracy", "matthews_correlation"):
        row = found[name, "c"]
        assert (row.value, row.low, row.high, row.reason) == (None, None, None, "no_positives")
        assert found[name, "difference"].groups_estimable == 2
        assert found[name, "difference"].groups_total == 3
    assert found["mean_log_deviation", "a"].reason == "zero_benefit"
    assert found["mean_log_deviation", "difference"].reason == "fewer_than_two_groups"
    other = rows(people(a=(5, 0, 1, 4), b=(5, 1, 1, 4), c=(0, 0, 3, 0), d=(3, 0, 2, 0)))
    assert other["treatment_equality", "a"].reason == "no_false_positives"
    assert other["generalized_entropy", "c"].reason == "no_benefit"
    assert other["matthews_correlation", "c"].reason == "no_negatives"
    assert other["matthews_correlation", "d"].reason == "no_predicted_positives"
    assert other["f1_score", "d"].value == 0.0  # positives there are, and none was found


def test_small_groups_are_left_out_by_the_plan():
    found = rows(TOY, Plan(replicates=100, grouping=Grouping(min_size=7)))
    assert found["theil_index", "b"].reason == "below_minimum_size"
    assert found["theil_index", "difference"].reason == "fewer_than_two_groups"


@pytest.mark.parametrize("weights", [False, True])
def test_scikit_learn_gives_the_same(weights):
    from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

    rng = np.random.default_rng(3)
    label = (rng.random(500) < 0.4).astype(int)
    decision = (rng.random(500) < 0.2 + 0.5 * label).astype(int)
    weight = rng.gamma(2.0, 1.0, 500) if weights else np.ones(500)
    w = np.zeros((2, 2))
    np.add.at(w, (label, decision), weight)
    for name, theirs in (
        ("f1_score", f1_score),
        ("balanced_accuracy", balanced_accuracy_score),
        ("matthews_correlation", matthews_corrcoef),
    ):
        ours = float(index_values(BY_ID[name], w))
        assert ours == pytest.approx(theirs(label, decision, sample_weight=weight), abs=1e-12)


def test_entropies_are_their_closed_forms():
    x = np.array([1.0, 2.0, 3.0, 6.0])
    share = np.full(4, 0.25)
    mean, logs = 3.0, np.log(x / 3.0)
    assert entropy(x, share, 0) == pytest.approx(-logs.mean())
    assert entropy(x, share, 1) == pytest.approx((x / mean * logs).mean())
    assert entropy(x, share, 2) == pytest.approx((x.std() / mean) ** 2 / 2)
    # Half the people share everything: Theil's index is ln 2, GE(2) is 1/2, and the mean log deviation has no end.
    half = np.array([0.0, 1.0])
    even = np.array([0.5, 0.5])
    assert entropy(half, even, 1) == pytest.approx(math.log(2))
    assert entropy(half, even, 2) == pytest.approx(0.5)
    assert math.isinf(entropy(half, even, 0))
    for order in (0, 1, 2):
        assert entropy(np.full(3, 7.0), np.array([0.2, 0.3, 0.5]), order) == pytest.approx(0.0, abs=1e-15)


def test_benefits_follow_the_favourable_decision():
    cells = people(a=(30, 10, 5, 55), b=(30, 5, 10, 55))
    plain, turned = rows(cells), rows(cells, TURNED)
    # What a false alarm is to one reading, a miss is to the other: the groups change places.
    assert plain["theil_index", "a"].value == pytest.approx(turned["theil_index", "b"].value)
    assert plain["theil_index", "a"].value != pytest.approx(turned["theil_index", "a"].value)
    for name in ("f1_score", "balanced_accuracy", "matthews_correlation", "treatment_equality"):
        assert plain[name, "a"].value == turned[name, "a"].value
    size, share = benefits(cells.w[0])
    assert size.tolist() == [0.0, 1.0, 2.0]
    assert share.tolist() == pytest.approx([0.05, 0.85, 0.10])


def test_intervals_hold_the_value_and_have_a_width_at_the_ends():
    found = rows(people(a=(10, 0, 0, 10), b=(400, 100, 80, 420), c=(3, 1, 1, 2)))
    for row in found.values():
        if row.value is not None:
            assert row.low <= row.value <= row.high
    perfect = found["f1_score", "a"]
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low < 0.95
    assert found["balanced_accuracy", "b"].high - found["balanced_accuracy", "b"].low < 0.06


def test_disparities_name_their_groups_and_can_hold_no_gap():
    found = rows(people(a=(40, 10, 10, 40), b=(40, 10, 20, 30), c=(41, 9, 10, 40)))
    gap, ratio, worst = (found["f1_score", kind] for kind in ("difference", "ratio", "worst_group"))
    assert (gap.group, gap.reference) == (("c",), ("b",))
    assert (ratio.group, ratio.reference) == (("b",), ("c",))
    assert (worst.group, worst.reference) == (("b",), ("c",))
    assert gap.value == pytest.approx(80 / 99 - 60 / 90)
    assert ratio.value == pytest.approx((60 / 90) / (80 / 99))
    assert worst.distance == pytest.approx(60 / 90 - 220 / (220 + 29 + 40))
    assert gap.low == 0.0 < gap.value < gap.high <= 1.0
    assert 0.0 < gap.expected < gap.high
    equal = rows(people(a=(40, 10, 10, 40), b=(40, 10, 10, 40)))["theil_index", "difference"]
    assert (equal.value, equal.low) == (0.0, 0.0)
    assert equal.high > 0.0
    assert ("treatment_equality", "worst_group") not in found  # neither end is the worse one


def test_a_wide_gap_is_shown_and_a_ratio_needs_values_above_zero():
    found = rows(people(a=(800, 200, 200, 800), b=(500, 500, 500, 500)))
    assert found["matthews_correlation", "difference"].low > 0.5
    assert found["matthews_correlation", "ratio"].reason == "not_positive"
    assert found["f1_score", "ratio"].high < 0.7


def test_the_order_of_the_groups_does_not_matter_for_the_value():
    plan = Plan(replicates=4000)
    one = rows(people(a=(30, 9, 7, 50), b=(20, 10, 10, 20)), plan)
    other = rows(people(b=(20, 10, 10, 20), a=(30, 9, 7, 50)), plan)
    for key, row in one.items():
        assert other[key].value == (None if row.value is None else pytest.approx(row.value))
        if row.low:
            assert other[key].low == pytest.approx(row.low, rel=0.1, abs=0.01)


def test_weights_are_repetitions_for_the_value_and_widen_the_interval():
    cells = people(a=(30, 9, 7, 50), b=(20, 10, 10, 20))
    tripled = rows(weighted(cells, [3.0, 3.0]))
    plain = rows(cells)
    repeated = rows(people(a=(90, 27, 21, 150), b=(60, 30, 30, 60)))
    for name in ("f1_score", "matthews_correlation", "theil_index"):
        assert tripled[name, "a"].value == pytest.approx(repeated[name, "a"].value)
        # Equal weights carry no information: the interval is that of the people there are.
        assert tripled[name, "a"].low == pytest.approx(plain[name, "a"].low, abs=0.02)
        assert tripled[name, "a"].n == 96
    uneven = Cells(
        attributes=cells.attributes,
        groups=cells.groups,
        n=cells.n,
        w=cells.n.copy(),
        w2=cells.n * 4.0,
        weighted=True,
    )
    wide, narrow = rows(uneven)["balanced_accuracy", "a"], plain["balanced_accuracy", "a"]
    assert wide.n_effective == pytest.approx(96 / 4)
    assert wide.high - wide.low == pytest.approx(2 * (narrow.high - narrow.low), rel=0.2)


def clustered(cells, sizes):
    """Clusters of equal rows: each cell in clusters of the size given for it."""
    flat = [(k, int(n)) for k, n in enumerate(cells.n.reshape(-1)) if n]
    return ClusterCells(
        column="h",
        sensitive=cells.sensitive,
        groups=cells.groups,
        number=np.array([n / sizes for _, n in flat], dtype=float),
        kind=np.arange(len(flat)),
        cell=np.array([k for k, _ in flat]),
        n=np.full(len(flat), float(sizes)),
        w=np.full(len(flat), float(sizes)),
        w2=np.full(len(flat), float(sizes)),
    )


def test_clusters_widen_the_interval_as_their_size_says():
    cells = people(a=(400, 100, 80, 420), b=(300, 100, 100, 300))
    alone = rows(cells, Plan(replicates=4000), clustered(cells, 1))["f1_score", "a"]
    rows_only = rows(cells, Plan(replicates=4000))["f1_score", "a"]
    in_fours = rows(cells, Plan(replicates=4000), clustered(cells, 4))["f1_score", "a"]
    width = rows_only.high - rows_only.low
    assert alone.high - alone.low == pytest.approx(width, rel=0.06)
    assert in_fours.high - in_fours.low == pytest.approx(2 * width, rel=0.08)
    assert in_fours.value == rows_only.value


def test_people_without_a_recorded_group_are_listed_and_left_out_of_gaps():
    cells = people(missing="Unknown", a=(30, 9, 7, 50), b=(20, 10, 10, 20), Unknown=(1, 9, 9, 1))
    found = rows(cells)
    assert found["f1_score", "Unknown"].value is not None
    assert found["f1_score", "difference"].groups_total == 2
    assert "Unknown" not in (found["f1_score", "worst_group"].group or ())


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    assert rows(TOY) == rows(TOY)
    other = rows(TOY, Plan(replicates=400, seed=1))
    assert other["f1_score", "a"].low != rows(TOY)["f1_score", "a"].low


def test_everybody_in_one_group_is_no_distance_away():
    found = rows(people(a=(30, 9, 7, 50)))
    worst = found["f1_score", "worst_group"]
    assert worst.reference is None
    assert (worst.distance, worst.distance_low, worst.distance_high) == (0.0, 0.0, 0.0)
    assert found["f1_score", "difference"].reason == "fewer_than_two_groups"


def test_reasons_are_given_in_the_order_of_the_needs():
    assert undefined_reason(BY_ID["matthews_correlation"], np.zeros((2, 2))) == "empty"
    assert math.isnan(values("f1_score", 0, 0, 0, 0))


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    """Coverage of each group's interval and of the gap's, for small and skewed tables.

    Measured with 1,000 runs each for 2, 5 and 20 equal groups of 50 and 200 people: groups .936 to .957, gaps .934 to
    .977, worst groups .951 to .981. With 20 people, a bias-corrected bootstrap of the rows covers as little as .34.
    """
    shares = {"even": (0.4, 0.1, 0.1, 0.4), "rare": (0.82, 0.08, 0.04, 0.06)}
    for share in shares.values():
        for n, groups in ((50, 2), (200, 5)):
            truth = np.array(share).reshape(2, 2)
            hits: dict[tuple[str, str], list[bool]] = {}
            for seed in range(300):
                rng = np.random.default_rng([seed, n])
                drawn = {f"g{k}": tuple(rng.multinomial(n, share)) for k in range(groups)}
                plan = Plan(seed=seed)
                for (name, key), row in rows(people(**drawn), plan).items():
                    if row.value is None or name == "mean_log_deviation" or key is None:
                        continue
                    goal = 0.0 if key == "difference" else float(index_values(BY_ID[name], truth))
                    if key in {"difference", "g0"}:
                        hits.setdefault((name, key), []).append(row.low <= goal <= row.high)
            for held in hits.values():
                assert np.mean(held) >= 0.90
            assert np.mean([np.mean(held) for held in hits.values()]) >= 0.93
