"""Curves on the screens and in the report: those that a repair left, and those of one that is being tried."""

from __future__ import annotations

import json

import pytest

from audit import jobs, tasks
from audit.jobs import table
from audit.jobs.growing import keep
from audit.progress import silent
from audit.report.blocks import Figure, Pair
from audit.report.compose import compose
from audit.rows.series import Series
from audit.wording.curves import curve_title, curves_sentence
from ui.seriesview import lines


@pytest.fixture(scope="module")
def repaired(known):
    """The audit with a network tried on it, whose groups are called "a" and "b"."""
    copy = known.store.duplicate_audit(known.tried)
    for name in ("fair_loss", "robust_training"):
        tasks.mitigate(
            known.store, copy, {"mitigation": name, "params": {"group_by": "group", "seeds": 1}}, silent
        )
    return copy


def charts(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def done(at):
    """Open the part that says what a repair did."""
    at.session_state["compare_parts"] = "What it did"
    return at.run()


def test_compare_draws_the_course_and_the_path_of_a_repair(visit, known, repaired):
    record = tasks.load_audit(known.store, repaired).trials[0]
    assert record.mitigation == "fair_loss"
    at = done(visit("11_compare", repaired))
    assert not at.exception
    headers = [header.value for header in at.header]
    assert headers[-2:] == ["While it was trained", "What another setting would do"]
    said = [chart["layout"]["meta"]["alt"] for chart in charts(at)]
    for series, measures in zip(
        record.series,
        (("log_loss", "selection_rate", "true_positive_rate"), record.series[1].measures),
        strict=True,
    ):
        assert curves_sentence(series, measures) in said


def test_the_numbers_behind_the_curves_are_a_click_away(visit, known, repaired):
    at = done(visit("11_compare", repaired))
    at.toggle(key="series_strength_numbers").set_value(True).run()
    assert not at.exception
    record = tasks.load_audit(known.store, repaired).trials[0]
    written = lines(record.series[1])
    assert len(written) == 6 * 3
    assert sum("(kept)" in row["Weight of the penalty (λ)"] for row in written) == 3
    assert written[0]["Group"] == "Everybody"
    assert written[0][curve_title("equal_opportunity_difference")].endswith("points")
    assert written[1][curve_title("equal_opportunity_difference")] == ""


def test_a_repair_without_curves_has_no_empty_headings(visit, known):
    headers = [header.value for header in done(visit("11_compare", known.tried)).header]
    assert "While it was trained" not in headers
    assert "What another setting would do" not in headers


def test_the_report_draws_the_first_course_and_the_first_path(known, repaired):
    audit = tasks.load_audit(known.store, repaired)
    blocks = list(compose(audit).blocks)
    flat = [
        part
        for block in blocks
        for part in ((block.left, block.right) if isinstance(block, Pair) else (block,))
    ]
    captions = [block.caption for block in flat if isinstance(block, Figure)]
    assert captions.count("What happened while the network was trained.") == 2
    assert captions.count("What a stronger penalty does.") == 1
    assert captions.count("Accuracy when numbers are moved against the network.") == 1


def test_a_running_job_shows_what_it_has_so_far(visit, known, monkeypatch):
    copy = known.store.duplicate_audit(known.tried)
    monkeypatch.setattr(jobs.listing, "tend", lambda _: None)  # nobody starts or looks after it
    job = table.enter(known.store, copy, "mitigate", {}, key="x", title="A repair")
    series = Series(
        id="t", kind="training", title="What happened", across="Epoch", measures=("log_loss",), x=(1.0, 2.0),
        groups=(None, ("a",), ("<b>b",)), values=(((0.5, 0.4), (0.6, 0.5), (0.4, 0.3)),),
    )  # fmt: skip
    at = visit("10_mitigate", copy)
    assert not charts(at)
    keep(known.store, job, series)
    at = visit("10_mitigate", copy)
    assert not at.exception
    (chart,) = charts(at)
    assert chart["layout"]["meta"]["alt"] == curves_sentence(series, ("log_loss",))
    assert not any("<b>" in note["text"] for note in chart["layout"]["annotations"])
