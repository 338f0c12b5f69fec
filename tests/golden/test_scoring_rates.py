"""Scoring rates and impact ratios as printed in the rule of New York City's Local Law 144.

The rule's example cuts its numbers after the last digit instead of rounding them, and its groups are small: within .01.
"""

from __future__ import annotations

import pandas as pd
import pytest

from audit.plan import Plan, Roles
from audit.run import run

SEX = {"Male": (92, 0.543, 1.00), "Female": (76, 0.447, 0.82)}
RACE = {
    "Hispanic": (28, 0.642, 1.00),
    "White": (40, 0.375, 0.58),
    "Black": (32, 0.500, 0.78),
    "Pacific Islander": (8, 0.625, 0.97),
    "Asian": (24, 0.417, 0.65),
}


def people(table, column):
    """Build scores of which each group has its share above 50, and everybody's median is 50."""
    rows = []
    for group, (n, rate, _) in table.items():
        high = round(n * rate)
        rows += [(group, 60.0)] * high + [(group, 40.0)] * (n - high)
    low, high = (sum(score == value for _, score in rows) for value in (40.0, 60.0))
    # Another group, whose scores make the sample's median lie between the two.
    rows += [("not listed", 40.0)] * max(high - low, 0) + [("not listed", 60.0)] * max(low - high, 0)
    frame = pd.DataFrame(rows, columns=[column, "score"])
    return frame.assign(label=range(len(frame)))


@pytest.mark.parametrize(("column", "table"), [("sex", SEX), ("race", RACE)])
def test_scoring_rates_and_impact_ratios(column, table):
    roles = Roles(label="label", score="score", sensitive=(column,), task="regression")
    plan = Plan(roles=roles, replicates=100)
    found = people(table, column)
    found.loc[found[column] == "not listed", column] = None
    rows = {row.group and row.group[0]: row for row in run(found, plan).chapter("scoring_rates")}
    for group, (n, rate, ratio) in table.items():
        assert rows[group].n == n
        assert rows[group].value == pytest.approx(rate, abs=0.01)
        assert rows[group].ratio == pytest.approx(ratio, abs=0.01)
        assert rows[group].median == 50
    assert rows[None].value == 0.5
    assert sum(row.share for group, row in rows.items() if group) == pytest.approx(1)
