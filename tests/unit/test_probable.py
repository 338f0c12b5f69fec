"""Groups known by probability: exact where the probability is certain, and bounds that hold the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from audit.disparity.probable import sharp_bounds
from audit.errors import AuditError
from audit.metrics.rates import RATE
from audit.plan import Plan, Roles
from audit.result import Audit
from audit.run import run
from audit.tables.probable import ProbableGroup
from audit.wording.bounds import probable_sentence


def audit(frame, *columns):
    roles = Roles(
        label="y",
        decision="d",
        sensitive=("s",),
        probabilities=columns,
        weight="w" if "w" in frame else None,
    )
    return run(frame, Plan(roles=roles, replicates=100))


def rows(found, metric="selection_rate"):
    return {
        None if row.group is None else row.group[0]: row
        for row in found.chapter("probable")
        if row.metric == metric
    }


def simulated(n=6000, seed=3, shift=0.2):
    """People whose true group is known here, and only by probability to the audit; the decision depends on it."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.7, 0.9, n)
    group = rng.random(n) < p
    y = rng.random(n) < 0.4
    d = rng.random(n) < 0.5 + 0.2 * y - shift * group
    return pd.DataFrame(
        {
            "y": y.astype(int),
            "d": d.astype(int),
            "p": p,
            "q": 1 - p,
            "g": group,
            "e": group.astype(float),
            "s": "all",
        }
    )


METRICS = {
    "selection_rate": lambda t: t["d"] == 1,
    "true_positive_rate": lambda t: t.loc[t["y"] == 1, "d"] == 1,
    "false_positive_rate": lambda t: t.loc[t["y"] == 0, "d"] == 1,
    "error_rate": lambda t: t["d"] != t["y"],
}


@pytest.mark.parametrize("metric", METRICS)
def test_certain_probabilities_give_the_rates_of_the_groups_and_no_doubt(metric):
    table = simulated()
    found = rows(audit(table, "e"), metric)
    for name, part in (("e", table[table["g"]]), ("not e", table[~table["g"]])):
        rate = METRICS[metric](part).mean()
        row = found[name]
        assert (row.value, row.bound_low, row.bound_high) == pytest.approx((rate, rate, rate))
        assert row.exact
        assert row.n_effective == pytest.approx(len(METRICS[metric](part)))
    gap = found[None]
    assert (gap.bound_low, gap.bound_high) == pytest.approx((gap.value, gap.value))
    assert "leave no doubt" in probable_sentence(gap)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bounds_hold_the_truth_where_the_weighted_estimate_misses_it(metric, seed):
    table = simulated(seed=seed)
    found = rows(audit(table, "p", "q"), metric)
    for name, part in (("p", table[table["g"]]), ("q", table[~table["g"]])):
        row = found[name]
        assert row.bound_low <= METRICS[metric](part).mean() <= row.bound_high
        assert row.bound_low <= row.value <= row.bound_high
        assert not row.exact
    if metric == "selection_rate":
        assert found["p"].value > table.loc[table["g"], "d"].mean() + 0.03


def test_one_column_makes_two_groups_like_two_columns_that_add_up_to_1():
    table = simulated()
    one, two = rows(audit(table, "p")), rows(audit(table, "p", "q"))
    for name, other in (("p", "p"), ("not p", "q"), (None, None)):
        assert one[name].value == pytest.approx(two[other].value)
        assert one[name].bound_low == pytest.approx(two[other].bound_low, abs=0.01)
        assert one[name].bound_high == pytest.approx(two[other].bound_high, abs=0.01)
    assert one["not p"].n_effective == pytest.approx(two["q"].n_effective)


def test_the_effective_number_is_that_of_the_weights():
    table = simulated()
    row = rows(audit(table, "p"))["p"]
    assert row.n_effective == pytest.approx(table["p"].sum() ** 2 / (table["p"] ** 2).sum())
    assert row.people == pytest.approx(table["p"].sum())
    assert row.n == len(table)
    assert row.low < row.value < row.high


def test_row_weights_count():
    table = simulated().assign(w=lambda t: np.random.default_rng(0).uniform(0.5, 1.5, len(t)))
    row = rows(audit(table, "p"))["p"]
    wp = table["w"] * table["p"]
    assert row.value == pytest.approx((wp * table["d"]).sum() / wp.sum())
    assert row.n_effective == pytest.approx(wp.sum() ** 2 / (wp**2).sum(), rel=0.01)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("metric", METRICS)
def test_bounds_are_those_of_the_linear_program(metric, seed):
    """Charnes and Cooper's form: the extremes of a ratio over all joint counts that agree with the margins."""
    rng = np.random.default_rng(seed)
    share = rng.random((3, 2, 2))
    p = rng.random(3) * share.sum(axis=(1, 2))
    entries = [(b, y, d) for b in range(3) for y in (0, 1) for d in (0, 1)]
    w = np.array([share[at] for at in entries])
    mean = (p / share.sum(axis=(1, 2))).repeat(4)
    group = ProbableGroup(
        column="p",
        cuts=(),
        exact=True,
        **{name: np.array([at[i] for at in entries]) for i, name in enumerate(("bin", "label", "decision"))},
        n=np.ones(12),
        w=w,
        w2=w**2,
        p=w * mean,
        p2=(w * mean) ** 2,
    )
    rate = RATE[metric]
    top = np.array([at[1:] in rate.numerator for at in entries], dtype=float)
    bottom = np.array([at[1:] in rate.denominator for at in entries], dtype=float)
    # Variables: t × joint counts, and t; the denominator is 1.
    sums = np.array([[float(at[0] == b) for at in entries] + [-p[b]] for b in range(3)])
    equal = np.vstack([sums, [*bottom, 0.0]])
    limits = np.hstack([np.eye(12), -w[:, None]])
    extremes = [
        linprog(
            sign * np.array([*top, 0.0]), A_ub=limits, b_ub=np.zeros(12), A_eq=equal, b_eq=[0, 0, 0, 1]
        ).fun
        * sign
        for sign in (1, -1)
    ]
    assert sharp_bounds(group, rate) == pytest.approx(extremes, abs=1e-7)


def test_missing_probabilities_are_counted_and_left_out():
    table = simulated(500)
    table.loc[:49, "p"] = None
    row = rows(audit(table, "p"))["p"]
    assert (row.missing, row.n) == (50, 450)


def test_the_table_survives_a_file():
    found = audit(simulated(500), "p", "q")
    assert Audit.from_json(found.to_json()).chapter("probable") == found.chapter("probable")


def test_probabilities_of_one_person_add_up_to_1_at_most():
    table = simulated(200).assign(q=0.9)
    with pytest.raises(AuditError, match=r"rows add up to more than 1") as caught:
        audit(table, "p", "q")
    assert caught.value.code == "probabilities_over_one"


@pytest.mark.parametrize(
    ("values", "code"), [([2.0, 0.5], "not_probabilities"), (["x", "z"], "not_probabilities"), ([-0.1, 0.3], "not_probabilities")]
)  # fmt: skip
def test_what_is_no_probability_is_refused(values, code):
    table = simulated(200)
    table["p"] = values * 100
    with pytest.raises(AuditError) as caught:
        audit(table, "p")
    assert caught.value.code == code


def test_a_probability_has_no_other_part():
    roles = Roles(label="y", decision="d", sensitive=("s",), control=("p",), probabilities=("p",))
    with pytest.raises(AuditError, match="something else"):
        run(simulated(200), Plan(roles=roles))


def test_without_probabilities_the_chapter_is_empty():
    assert audit(simulated(200)).chapter("probable") == ()
