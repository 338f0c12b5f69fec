"""Numbers of the specification of conventions that no other test holds: chance, weights, percentile bootstrap, HMDA."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.cells import Attribute, Cells
from audit.data.samples import sample
from audit.inference.chance import expected_gap
from audit.inference.gaps import difference_gap
from audit.inference.replicates import draw
from audit.plan import Grouping, Plan, Roles
from audit.run import run
from tests import studies


def test_chance_alone_in_forty_groups_of_ten():
    """All groups equal at .5: the mean gap is .658 (200,000 draws), beside .411 for 20 groups of 20."""
    rng = np.random.default_rng(0)
    found = expected_gap(np.full(40, 0.5), np.full(40, 10.0), replicates=6000, rng=rng)
    # From data set to data set the gap varies by less than .1: the mean of 6,000 is known within .0013.
    assert found == pytest.approx(0.658, abs=0.005)


@pytest.mark.parametrize(
    ("k", "truth", "measured"), [(2, 0.0, 0.946), (5, 0.0, 0.957), (20, 0.0, 0.976), (5, 0.15, 0.993)]
)
def test_coverage_is_at_least_the_one_that_was_measured(k, truth, measured):
    """Measured with simultaneous pairwise Newcombe; a true gap may be covered less often, never under 95 %."""
    runs = 1000
    found = studies.difference(k, 200, truth, runs, seed=11)
    goal = measured if truth == 0 else 0.95
    assert found >= goal - 4 * (goal * (1 - goal) / runs) ** 0.5 - 0.002


def test_a_percentile_bootstrap_of_the_gap_never_holds_zero_and_ours_does():
    """0 of 60 data sets against 56 of 60, where five groups of 200 are equal."""
    rng = np.random.default_rng(60)
    n = np.full(5, 200)
    theirs = ours = 0
    for p in rng.binomial(200, 0.5, size=(60, 5)) / 200:
        again = rng.binomial(200, p, size=(400, 5)) / 200
        low = np.quantile(again.max(axis=1) - again.min(axis=1), 0.025)
        theirs += low <= 0
        ours += difference_gap(p, n.astype(float), alpha=0.05, sizes=n).low <= 0
    assert theirs == 0
    assert ours >= 54


def test_weights_widen_as_drawing_rows_again_does():
    """Drawing cells at their weights alone gives intervals far too narrow: .0063 where drawing rows gives .0098."""
    rng = np.random.default_rng(5)
    size = 6000
    w = rng.lognormal(0.0, 1.0, size)
    label, decision = rng.integers(0, 2, size), (rng.random(size) < 0.45).astype(int)
    n, total, square = (np.zeros((1, 2, 2)) for _ in range(3))
    for array, each in ((n, np.ones(size)), (total, w), (square, w * w)):
        np.add.at(array[0], (label, decision), each)
    cells = Cells(
        attributes=(Attribute(column="g", levels=("a",)),),
        groups=(("a",),),
        n=n,
        w=total,
        w2=square,
        weighted=True,
    )
    drawn = draw(cells, replicates=2000, rng=rng).groups[:, 0]
    ours = float((drawn[:, :, 1].sum(axis=1) / drawn.sum(axis=(1, 2))).std())
    times = rng.multinomial(size, np.full(size, 1 / size), size=600)
    rows = float(((times @ (w * decision)) / (times @ w)).std())
    narrow = float((rng.multinomial(size, [0.55, 0.45], size=2000)[:, 1] / size).std())
    assert ours == pytest.approx(rows, rel=0.10)
    assert rows > 1.5 * narrow
    assert narrow == pytest.approx(0.0063, abs=0.0004)


def test_hmda_denials_of_stock_and_watson():
    """Boston 1990: 96 of 339 black and 189 of 2,041 other applicants were denied, 28.3 % against 9.3 %.

    The linear model of the same chapter, deny = −.091 + .559 P/I + .177 black, is no part of an audit.
    """
    counts = [("black", 1, 96), ("black", 0, 243), ("other", 1, 189), ("other", 0, 1852)]
    frame = pd.DataFrame([(g, d) for g, d, n in counts for _ in range(n)], columns=["race", "denied"])
    roles = Roles(label="denied", decision="denied", favourable="negative", sensitive=("race",))
    plan = Plan(
        roles=roles,
        grouping=Grouping(references={"race": "other"}),
        replicates=100,
        dated="2026-01-01",
    )
    audit = run(frame, plan)
    denied = {g: audit.metric("selection_rate", ("race",), (g,)) for g in ("black", "other")}
    assert {g: (round(100 * row.value, 1), row.n) for g, row in denied.items()} == {
        "black": (28.3, 339),
        "other": (9.3, 2041),
    }
    gap = audit.disparity("demographic_parity", "difference", ("race",))
    assert gap.value == pytest.approx(96 / 339 - 189 / 2041)
    assert gap.verdict == "beyond"


def test_propublica_s_row_filter_leaves_6172():
    """Screened within 30 days of the arrest, a known outcome, no ordinary traffic offence, a score."""
    rows = pd.read_csv(sample("compas").path, keep_default_na=False)
    days = pd.to_numeric(rows["days_b_screening_arrest"], errors="coerce")
    flow = [len(rows)]
    for keep in (
        days.between(-30, 30),
        rows["is_recid"] != -1,
        rows["c_charge_degree"] != "O",
        rows["score_text"] != "N/A",
    ):
        rows = rows[keep.reindex(rows.index)]
        flow.append(len(rows))
    assert (flow[0], flow[-1]) == (7214, 6172)
