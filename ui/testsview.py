"""Tests of one rate, for who asks for p-values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.wording.certainty import TEST_RULE
from ui import certaintylines, show

if TYPE_CHECKING:
    from audit.result import Audit

_SAME: Final = {
    "accuracy": "error_rate",
    "true_negative_rate": "false_positive_rate",
    "false_negative_rate": "true_positive_rate",
    "false_discovery_rate": "precision",
}
"""Rates that say the same as another one: their tests are the same."""


def draw(audit: Audit, metric: str, sensitive: tuple[str, ...]) -> None:
    """Offer the tests of a rate; nothing where it is not tested.

    Parameters
    ----------
    audit : Audit
        The audit.
    metric : str
        Id of the rate.
    sensitive : tuple of str
        The grouping.
    """
    tested = _SAME.get(metric, metric)
    rates = {row.metric for row in audit.chapter("global_tests")}
    if tested not in rates or not st.toggle("Show p-values", key="p_values", bind="query-params"):
        return
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    if tested != metric:
        show.note(f"Tested as {wording.short_title(tested, favourable).lower()}: the two say the same.")
    whole = next(
        row for row in audit.chapter("global_tests") if (row.metric, row.sensitive) == (tested, sensitive)
    )
    if whole.p is not None:
        show.note(
            f"If all groups had one rate: {wording.pvalue(whole.p_homogeneity)} for differences as large as these, each group "
            f"counted by how sure it is; {wording.pvalue(whole.p)} for a largest gap of {wording.points(whole.value)} or "
            f"more ({wording.count(whole.replicates)} simulated data sets)."
        )
    rows = [row for row in audit.chapter("tests") if (row.metric, row.sensitive) == (tested, sensitive)]
    show.table(
        certaintylines.tests(rows, confidence=confidence),
        key="tests",
        alt="Test of each group against the reference group.",
    )
    show.note(TEST_RULE)
