from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from audit.figures.axes import count_texts, nice_ticks, rate_ticks
from audit.figures.comparison import gained_lost_alt, outlook
from audit.figures.forest import forest, forest_alt
from audit.figures.lowering import lower
from audit.figures.matrix import matrix
from audit.figures.ordering import MOST, arranged
from audit.figures.power import power_alt
from audit.figures.series import curves
from audit.figures.strips import strips, strips_alt
from audit.figures.theme import group_colour, palette
from audit.figures.training import cells, cells_alt, rowflow, rowflow_alt
from audit.rows.trials import CellCount
from tests.drawn import DATA, DETECTABLE, EMPTY, GAPS, PAIRS, RATES, changed, rate, series


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_show_is_a_designed_state(name):
    figure = EMPTY[name]()
    assert figure.layout.meta["alt"].endswith(".")
    assert figure.layout.height > 0
    lower(figure, 480)


def test_what_is_not_estimable_is_a_labelled_gap_and_never_zero():
    figure = forest(RATES)
    values = [x for trace in figure.data for x in trace.x]
    assert 0.0 not in values
    assert all(math.isfinite(x) for x in values)
    marks = [trace for trace in figure.data if trace.hoverinfo == "text"]
    assert sum(len(trace.x) for trace in marks) == len(RATES) - 1
    assert "not estimable:<br>no positive labels" in [note.text for note in figure.layout.annotations]


def test_forest_puts_everybody_first_and_sorts_by_value():
    figure = forest(
        [rate(None, 0.5), rate(("a",), 0.2), rate(("b",), 0.8), rate(("c",), None, reason="empty")]
    )
    names = sorted(
        (note.y, note.text) for note in figure.layout.annotations if note.text in {"Everybody", "a", "b", "c"}
    )
    assert [name for _, name in names] == ["Everybody", "b", "a", "c"]


def test_groups_keep_their_colour_whatever_the_order():
    rows = [rate(("a",), 0.2), rate(("b",), 0.8)]
    for order in ("value", "given"):
        (trace,) = [t for t in forest(rows, order=order).data if t.hoverinfo == "text"]
        colour = dict(zip(trace.x, trace.marker.color, strict=True))
        assert colour == {0.2: group_colour(0), 0.8: group_colour(1)}


def test_few_people_are_open_marks():
    figure = forest([rate(("few",), 0.5, n=29), rate(("enough",), 0.6, n=30)])
    by_x = {trace.x[0]: trace for trace in figure.data if trace.hoverinfo == "text"}
    assert by_x[0.5].marker.color == palette("light").background
    assert by_x[0.5].marker.line.color == (group_colour(0),)
    assert by_x[0.6].marker.color == (group_colour(1),)


def test_very_many_groups_are_cut_to_the_extremes_and_it_is_said():
    rows = [rate((str(k),), k / 100) for k in range(90)]
    kept = [row.value for row in arranged(rows)]
    assert len(kept) == MOST
    assert max(kept) == 0.89
    assert min(kept) == 0.0
    figure = forest(rows)
    assert any("40 of 90" in note.text for note in figure.layout.annotations)
    assert (
        len([row for row in arranged([*rows, rate(("x",), None, reason="empty")]) if row.value is None]) == 0
    )


def test_differences_and_ratios_have_their_own_axes():
    figure = strips(GAPS)
    assert figure.layout.xaxis.tickvals[0] == 0
    assert list(figure.layout.xaxis2.tickvals) == [0, 0.5, 1]
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert "Equal selection by race, gap: 40.0 points, beyond tolerance" in strips_alt(GAPS)


def test_a_verdict_is_a_shape_and_a_word():
    figure = strips(GAPS)
    shapes = {trace.marker.symbol for trace in figure.data if trace.hoverinfo == "text"}
    assert shapes == {"circle", "triangle-up", "diamond"}
    words = {note.text for note in figure.layout.annotations}
    assert {"within", "beyond", "cannot tell"} <= words


def test_matrix_leaves_empty_fields_empty_and_falls_back_to_a_list():
    figure = matrix(PAIRS)
    assert "n.e." in [note.text for note in figure.layout.annotations]
    squares = [trace for trace in figure.data if trace.hoverinfo == "text"]
    assert len(squares) == sum(row.value is not None for row in PAIRS)
    three = [rate(("a", "b", str(k)), 0.5, sensitive=("x", "y", "z")) for k in range(3)]
    assert matrix(three).layout.xaxis.ticktext[-1].endswith("%")


def test_gained_and_lost_follow_the_metric_and_the_interval():
    assert outlook(changed(("a",), 0.4, 0.1)) == "gained"
    assert outlook(changed(("a",), 0.4, -0.1)) == "lost"
    assert outlook(changed(("a",), 0.4, 0.1, metric="error_rate")) == "lost"
    assert outlook(changed(("a",), 0.4, 0.1, metric="selection_rate"), "negative") == "lost"
    assert outlook(changed(("a",), 0.4, 0.1, metric="base_rate")) == "rose"
    assert outlook(changed(("a",), 0.4, 0.01)) == "cannot tell"
    assert outlook(changed(("a",), None, 0.0)) == "cannot tell"
    rows = [changed(("a",), 0.4, 0.1), changed(("b",), 0.4, -0.1), changed(("c",), 0.4, 0.0)]
    assert gained_lost_alt(rows) == (
        "Chances given: 1 gained, most race a (+10.0 points); 1 lost, most race b (−10.0 points); for 1 of 3 groups no change could be shown."
    )


def test_row_flow_falls_from_read_to_audited():
    (trace,) = rowflow(DATA).data
    assert list(trace.x) == [1000, 100, 50, 850]
    assert list(trace.base) == [0, 900, 850, 0]
    assert rowflow_alt(DATA).startswith(
        "1,000 rows were read and 850 audited. 100 dropped: label not recorded"
    )


def test_training_cells_add_up():
    cell = CellCount(group=("a",), label=1, before=100, after=130, added=40, removed=10)
    kept, added, removed = cells([cell]).data
    assert (kept.x[0], added.x[0], removed.x[0]) == (90, 40, 10)
    assert (added.base[0], removed.base[0]) == (90, 130)
    assert cells_alt([cell]).endswith("100 rows before, 130 after; 40 added, 10 removed.")


def test_sentences_of_figures_name_the_ends():
    assert forest_alt(
        [rate(("a",), 0.2), rate(("b",), 0.8), rate(("c",), None)], overall=rate(None, 0.5)
    ) == (
        "Chances given (true positive rate) by group: from 20.0 % for race a to 80.0 % for race b; everybody 50.0 %. "
        "1 of 3 groups cannot be estimated."
    )
    assert power_alt(DETECTABLE, tolerance=0.1).endswith("a gap of 10.0 points could go unseen.")


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.31, 0.87), (0.5, 0.5), (-0.3, 0.12), (0, 68_785), (0.998, 1.0)]
)
def test_ticks_enclose_their_range_and_are_few(low, high):
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low + 1e-9
    assert ticks[-1] >= high - 1e-9
    assert 2 <= len(ticks) <= 5
    assert len({round(b - a, 9) for a, b in pairwise(ticks)}) == 1


def test_rates_never_leave_the_axis_of_rates():
    ticks, words = rate_ticks([0.97, 1.0, None])
    assert ticks[-1] == 1
    assert words[-1] == "100 %"
    assert rate_ticks([])[0] == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert count_texts((0, 500, 2500, 25_000, 2_500_000)) == ["0", "500", "2,500", "25k", "2.5M"]


class TestCurves:
    def test_the_place_kept_is_marked_and_named(self):
        figure = curves(series(groups=("a", "b"), picked=7.0))
        dotted = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
        assert [shape.x0 for shape in dotted] == [7.0] * 2
        assert any(
            "the epoch kept (7)" in note.text.replace("<br>", " ") for note in figure.layout.annotations
        )
        dots = [trace for trace in figure.data if trace.mode == "markers"]
        assert {x for trace in dots for x in trace.x} == {7.0}

    def test_every_setting_is_a_model_and_stands_at_its_own_step(self):
        found = curves(
            replace(series(groups=("a", "b"), n=4, kind="path"), x=(0.0, 0.1, 0.5, 20.0), picked=0.5)
        )
        assert found.layout.xaxis.tickvals == (0, 1, 2, 3)
        assert [axis.ticktext for axis in (found.layout.xaxis, found.layout.xaxis3)] == [
            ("", "", "", ""),
            ("0", "0.1", "0.5", "20"),
        ]
        dots = [trace for trace in found.data if trace.mode == "markers"]
        assert all(tuple(trace.x) == (0.0, 1.0, 2.0, 3.0) for trace in dots)

    def test_groups_keep_the_colour_of_the_audit(self):
        figure = curves(series(groups=("a", "b")), places={("b",): 0, ("a",): 1})
        lines = {
            trace.hovertext[0].split("<br>")[0]: trace.line.color
            for trace in figure.data
            if trace.mode == "lines"
        }
        assert lines["a"] == group_colour(1)
        assert lines["b"] == group_colour(0)

    def test_one_group_is_everybody(self):
        figure = curves(series(groups=("a",)))
        names = {note.text.split("<br>")[0] for note in figure.layout.annotations}
        assert "a" in names
        assert "Everybody" not in names

    def test_of_many_groups_eight_are_drawn_and_it_is_said(self):
        figure = curves(series(groups=tuple(f"group {k}" for k in range(30))))
        said = " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)
        assert "8 of 30 are drawn" in said

    def test_before_and_after_have_one_scale(self):
        both = replace(
            series(
                groups=("a", "b"), kind="path", n=4, measures=("robust_accuracy_before", "robust_accuracy")
            ),
            values=(((0.9, 0.8, 0.7, 0.6),) * 3, ((0.9, 0.89, 0.88, 0.87),) * 3),
        )
        figure = curves(both)
        assert figure.layout.yaxis.range == figure.layout.yaxis2.range

    def test_names_at_the_right_stand_apart(self):
        figure = curves(series(groups=tuple("abcdefgh")))
        for axis in ("y domain", "y2 domain"):
            heights = sorted(
                note.y for note in figure.layout.annotations if note.yref == axis and note.x == 1
            )
            assert len(heights) == 8  # everybody and eight groups, but the one that cannot be estimated
            assert all(b - a >= 0.11 for a, b in pairwise(heights))
            assert heights[0] >= 0
            assert heights[-1] <= 1

    def test_the_sentence_says_where_it_began_and_ended_and_who_is_apart(self):
        said = curves(series(groups=("a", "b"), picked=3.0)).layout.meta["alt"]
        assert "Epoch 1 to 14, on held-out rows." in said
        assert "Loss (log-loss) from 0.900 to 0.064, 0.225 for a and 0.180 for b at 3" in said
        assert said.endswith("Kept: 3.")
