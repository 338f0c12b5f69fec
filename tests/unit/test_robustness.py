"""How many decisions or labels change a verdict: found by search, checked by counting again one person at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audit.cells import Attribute, Cells
from audit.chapters.robustness import robustness
from audit.disparity.chance import CRITERION_RATES
from audit.disparity.robustness import DECISIONS, LABELS
from audit.disparity.verdict import decide
from audit.inference.gaps import difference_gap, ratio_gap
from audit.metrics.rates import RATE, rate_table
from audit.plan import DEFAULT_TOLERANCES, Grouping, Plan, Roles
from audit.rows import DisparityRow
from tests.by_hand import people
from tests.cases import case_of


def verdicts(cells, plan):
    """The criteria's verdicts from the gaps themselves, without the rest of an audit."""
    turned = cells.flipped() if plan.roles.favourable == "negative" else cells
    given = {}
    for name, rates in CRITERION_RATES.items():
        tables = [rate_table(RATE[rate], turned) for rate in rates]
        known = min(int(np.count_nonzero(~np.isnan(table.value))) for table in tables)
        for kind, gap, worst in (("difference", difference_gap, max), ("ratio", ratio_gap, min)):
            key = f"{name}_{kind}"
            if key not in plan.tolerances:
                continue
            gaps = [gap(t.value, t.n_effective, alpha=0.05 / len(rates), sizes=cells.sizes) for t in tables]
            fine = not any(np.isnan(each.value) for each in gaps)
            row = DisparityRow(
                metric=name,
                sensitive=("g",),
                comparison=kind,
                value=worst(each.value for each in gaps) if fine else None,
                low=worst(each.low for each in gaps) if fine else None,
                high=worst(each.high for each in gaps) if fine else None,
                groups_estimable=known,
                groups_total=len(cells.groups),
            )
            given[key] = decide(row, plan.tolerances[key])
    return given


def moved(cells, g, a, b, k):
    """The cells with k people of one group moved, each with the weight it has on average."""
    share = k / cells.n[(g, *a)]
    arrays = []
    for array in (cells.n, cells.w, cells.w2):
        new = array.copy()
        new[(g, *a)] -= share * array[(g, *a)]
        new[(g, *b)] += share * array[(g, *a)]
        arrays.append(new)
    return replace(cells, n=arrays[0], w=arrays[1], w2=arrays[2])


def by_counting(cells, plan, moves):
    """The fewest people for every verdict, by trying every number of every group and move."""
    now = verdicts(cells, plan)
    best = dict.fromkeys(now)
    for g in range(len(cells.groups)):
        for a, b in moves:
            for k in range(1, int(cells.n[(g, *a)]) + 1):
                then = verdicts(moved(cells, g, a, b, k), plan)
                for name, verdict in then.items():
                    if verdict != now[name] and (best[name] is None or k < best[name]):
                        best[name] = k
    return best


def found(cells, plan, what):
    return {
        f"{row.metric}_{row.comparison}": row for row in robustness(case_of(cells, plan)) if row.what == what
    }


SMALL = {
    "two groups": people(a=(12, 4, 3, 15), b=(10, 8, 9, 6)),
    "far apart": people(a=(20, 2, 1, 19), b=(15, 6, 24, 5)),
    "alike": people(a=(30, 10, 10, 30), b=(29, 11, 10, 31)),
    "three": people(a=(12, 9, 3, 10), b=(9, 8, 9, 6), c=(4, 9, 12, 2)),
}
LOOSE = {name: 0.35 if name.endswith("difference") else 0.5 for name in DEFAULT_TOLERANCES}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("tolerances", [DEFAULT_TOLERANCES, LOOSE], ids=["usual", "loose"])
@pytest.mark.parametrize("favourable", ["positive", "negative"])
def test_the_search_finds_what_counting_finds(name, tolerances, favourable):
    plan = Plan(replicates=100, tolerances=dict(tolerances), roles=Roles(favourable=favourable))
    cells = SMALL[name]
    for what, moves in (("decisions", DECISIONS), ("labels", LABELS)):
        expected = by_counting(cells, plan, moves)
        for key, row in found(cells, plan, what).items():
            assert row.value == expected[key], (key, what)


def test_the_change_that_is_named_changes_the_verdict_and_one_fewer_does_not():
    rng = np.random.default_rng(0)
    plan = Plan(replicates=100)
    seen = set()
    for _ in range(25):
        k = int(rng.integers(2, 7))
        n = rng.integers(1, 400, (k, 2, 2)).astype(float)
        levels = tuple("abcdefg"[:k])
        weight = rng.uniform(0.5, 3, n.shape)
        cells = Cells(
            attributes=(Attribute(column="g", levels=levels),),
            groups=tuple((level,) for level in levels),
            n=n,
            w=n * weight,
            w2=n * weight**2,
            weighted=True,
        )
        now = verdicts(cells, plan)
        for row in robustness(case_of(cells, plan)):
            if row.what == "people" or row.value is None:
                continue
            key = f"{row.metric}_{row.comparison}"
            a = (row.label, row.decision)
            b = (row.label, 1 - row.decision) if row.what == "decisions" else (1 - row.label, row.decision)
            g = cells.groups.index(row.group)
            assert verdicts(moved(cells, g, a, b, row.value), plan)[key] == row.becomes != now[key]
            assert verdicts(moved(cells, g, a, b, row.value - 1), plan)[key] == now[key]
            seen.add((row.what, row.verdict))
    assert len(seen) >= 4


def test_with_the_people_needed_the_verdict_is_decided():
    cells = people(a=(60, 20, 30, 50), b=(55, 25, 45, 35))
    plan = Plan(replicates=100)
    rows = [row for row in robustness(case_of(cells, plan)) if row.what == "people"]
    assert rows
    for row in rows:
        assert row.verdict == "cannot_tell"
        assert row.value > cells.total

        def bigger(total):
            times = total / cells.total
            return replace(cells, n=cells.n * times, w=cells.w * times, w2=cells.w2 * times)

        key = f"{row.metric}_{row.comparison}"
        assert verdicts(bigger(row.value), plan)[key] == row.becomes
        assert verdicts(bigger(row.value - 1), plan)[key] == "cannot_tell"


def test_why_there_is_no_number_is_said():
    plan = Plan(replicates=100)
    rows = found(SMALL["two groups"], plan, "labels")
    assert rows["demographic_parity_difference"].reason == "plays_no_part"
    nobody = people(a=(9, 0, 9, 0), b=(9, 0, 9, 0))
    assert found(nobody, plan, "decisions")["demographic_parity_ratio"].reason == "zero_reference_rate"
    missing = people(a=(500, 500, 500, 500), b=(500, 500, 500, 500), c=(9, 9, 0, 0))
    needed = found(missing, plan, "people")["equal_opportunity_difference"]
    assert (needed.value, needed.reason) == (None, "group_not_estimable")
    edge = people(a=(50, 50, 50, 50), b=(50, 50, 60, 40))
    assert found(edge, plan, "people")["equal_opportunity_difference"].reason == "at_tolerance"


def test_one_label_that_empties_a_denominator_undoes_within():
    cells = people(a=(5000, 5000, 2000, 8000), b=(5000, 5000, 2000, 8000), c=(900, 900, 0, 1))
    plan = Plan(
        replicates=100,
        tolerances={"equal_opportunity_difference": 0.99},
        grouping=Grouping(min_size=1),
    )
    row = found(cells, plan, "labels")["equal_opportunity_difference"]
    assert (row.verdict, row.value, row.group, row.becomes) == ("within", 1, ("c",), "cannot_tell")


def test_a_change_of_tolerance_is_followed():
    from audit.chapters.catalogue import chapters

    assert chapters()["robustness"].judged
