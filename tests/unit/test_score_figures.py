"""Pictures of scores: drawn on screen and paper alike, few marks, names literally."""

from __future__ import annotations

import numpy as np
import pytest

from audit.chapters.calibration import ReliabilityRow
from audit.disparity.score_lines import metric_lines, precision_lines, roc_lines
from audit.disparity.thresholds import rates_at, sweep
from audit.figures.canvas import TYPES
from audit.figures.curves import MOST_CURVES, ranking_alt, ranking_curves, threshold_alt, threshold_curves
from audit.figures.lowering import lower
from audit.figures.promises import promises, promises_alt
from audit.figures.scores import score_bins, scores, scores_alt
from audit.plan import Plan
from tests.scored import counted, drawn

PLAN = Plan()
NAMES = ["<b>bold</b>", "=cmd()|x", "汉字测试" * 9, "مرحبا", *(f"group {k}" for k in range(8))]


def cells(names=("a", "b"), **more):
    score, label, _ = drawn(900)
    group = [names[k % len(names)] for k in range(900)]
    return counted(score, label, group, **{"bins": 1000, **more})


def bins(table):
    from audit.chapters.calibration import CHAPTERS
    from audit.chapters.case import Case
    from audit.tables.basis import Basis

    case = Case(
        plan=PLAN, data=None, model=None, cells=None, basis=Basis(scores=table), groupings=(("g",),),
        metrics=(), disparities=(), larger=(), chapter=lambda _: (),
    )  # fmt: skip
    return [row for row in CHAPTERS[0].rows(case) if isinstance(row, ReliabilityRow)]


def pictures(table, theme="light"):
    found = sweep(table, PLAN)
    at = (0.4,) * len(table.groups)
    rows = rates_at(table, at, "true_positive_rate", PLAN)
    return {
        "common": threshold_curves(
            metric_lines(found, "true_positive_rate"), rows, at=at, present=0.5, theme=theme
        ),
        "own": threshold_curves(
            metric_lines(found, "precision"),
            rates_at(table, [0.1 + 0.01 * k for k in range(len(at))], "precision", PLAN),
            at=[0.1 + 0.01 * k for k in range(len(at))],
            theme=theme,
            favourable="negative",
        ),
        "roc": ranking_curves(roc_lines(table), kind="roc", theme=theme),
        "precision": ranking_curves(precision_lines(table), kind="precision", theme=theme, title="Title"),
        "promises": promises(bins(table), theme=theme),
        "ranks": promises(bins(table), probabilities=False, theme=theme),
        "spread": scores(score_bins(table), threshold=0.5, theme=theme),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("names", [("a", "b"), tuple(NAMES)])
def test_every_picture_is_drawn_on_paper_too(theme, names):
    for name, figure in pictures(cells(names), theme).items():
        assert figure.layout.meta["alt"], name
        assert all(trace.type in TYPES for trace in figure.data)
        assert all(len(trace.x) <= 500 for trace in figure.data), name
        for width in (220, 500):
            assert lower(figure, width).primitives
        shown = " ".join(note.text or "" for note in figure.layout.annotations)
        assert "<b>" not in shown


def test_at_most_eight_curves_are_drawn_and_the_rest_is_said():
    figure = pictures(cells(tuple(NAMES)))["common"]
    assert sum(trace.mode == "lines" for trace in figure.data) == MOST_CURVES
    assert any("8 of 12 are drawn" in note.text for note in figure.layout.annotations)


def test_names_stand_in_the_order_of_the_curves_and_apart():
    figure = pictures(cells(("a", "b", "c", "d", "e")))["common"]
    notes = [note for note in figure.layout.annotations if note.xref == "paper" and note.yref == "y"]
    heights = [note.y for note in notes]
    assert len(heights) == 5
    assert all(step >= 0.124 for step in -np.diff(heights))
    assert all(0 <= y <= 1 for y in heights)


def test_what_cannot_be_estimated_is_said_and_not_drawn():
    table = counted([0.1, 0.4, 0.8, 0.3, 0.6], [0, 1, 1, 0, 0], "aaabb")
    rows = rates_at(table, 0.5, "true_positive_rate", PLAN)
    figure = threshold_curves(metric_lines(sweep(table, PLAN), "true_positive_rate"), rows, at=(0.5, 0.5))
    assert any("not estimable" in (note.text or "") for note in figure.layout.annotations)
    assert lower(figure, 300).primitives
    assert len(roc_lines(table)) == 1
    alone = threshold_alt([row for row in rows if row.group == ("b",)], at=(0.5,))
    assert "no group can be estimated" in alone


def test_the_sentences_name_the_ends():
    table = counted([0.9, 0.6, 0.4, 0.1, 0.8, 0.3, 0.2, 0.7], [1, 1, 1, 0, 1, 1, 0, 0], "aaaabbbb")
    said = threshold_alt(rates_at(table, 0.5, "true_positive_rate", PLAN), at=(0.5, 0.5))
    assert said == (
        "Chances given (true positive rate) by group over the threshold: 66.7 % for g a and 50.0 % for g b, "
        "16.7 points apart, at a threshold of 0.5."
    )
    assert ranking_alt(roc_lines(table), kind="roc") == "ROC curves of 2 groups."
    assert "over the score" in promises_alt(bins(table))
    assert "furthest apart" in promises_alt(bins(cells()))
    assert "highest on average" in scores_alt(score_bins(table))


def test_scores_are_joined_to_bins_that_hold_everybody():
    for table in (cells(), counted(np.round(drawn(300)[0], 1), drawn(300)[1], drawn(300)[2])):
        rows = score_bins(table)
        assert rows[0].group is None
        assert len(rows) == 1 + len(table.groups)
        for row in rows:
            assert sum(row.share) == pytest.approx(1)
            assert len(row.edges) == len(row.share) + 1
            assert list(row.edges) == sorted(row.edges)
    far = counted(np.linspace(-300, 500, 200), [0, 1] * 100, ["a"] * 200)
    assert score_bins(far)[0].edges[0] == -300
    one = score_bins(counted([3.0, 3.0], [0, 1], "aa"))[0]
    assert one.share == (1.0,)
