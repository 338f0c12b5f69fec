"""Curves over epochs and over a setting: what was kept is marked, groups keep their colours, names stand apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from audit.figures.series import curves
from audit.figures.theme import group_colour
from tests.curves import series


class TestCurves:
    def test_the_place_kept_is_marked_and_named(self):
        figure = curves(series(("a", "b"), picked=7.0))
        dotted = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
        assert [shape.x0 for shape in dotted] == [7.0] * 2
        assert any(
            "the epoch kept (7)" in note.text.replace("<br>", " ") for note in figure.layout.annotations
        )
        dots = [trace for trace in figure.data if trace.mode == "markers"]
        assert {x for trace in dots for x in trace.x} == {7.0}

    def test_every_setting_is_a_model_and_stands_at_its_own_step(self):
        found = curves(replace(series(("a", "b"), n=4, kind="path"), x=(0.0, 0.1, 0.5, 20.0), picked=0.5))
        assert found.layout.xaxis.tickvals == (0, 1, 2, 3)
        assert [axis.ticktext for axis in (found.layout.xaxis, found.layout.xaxis3)] == [
            ("", "", "", ""),
            ("0", "0.1", "0.5", "20"),
        ]
        dots = [trace for trace in found.data if trace.mode == "markers"]
        assert all(tuple(trace.x) == (0.0, 1.0, 2.0, 3.0) for trace in dots)

    def test_what_is_measured_every_few_epochs_is_joined_and_every_point_shown(self):
        whole = series(("a",), n=9, picked=3.0)
        lines = [tuple(y if k % 3 == 2 else None for k, y in enumerate(line)) for line in whole.values[0]]
        figure = curves(replace(whole, values=(tuple(lines), *whole.values[1:])), measures=whole.measures[:1])
        at = tuple(whole.x[k] for k in (2, 5, 8))
        assert {tuple(trace.x) for trace in figure.data} == {at}
        assert all(None not in trace.y for trace in figure.data)

    def test_groups_keep_the_colour_of_the_audit(self):
        figure = curves(series(("a", "b")), places={("b",): 0, ("a",): 1})
        lines = {
            trace.hovertext[0].split("<br>")[0]: trace.line.color
            for trace in figure.data
            if trace.mode == "lines"
        }
        assert lines["a"] == group_colour(1)
        assert lines["b"] == group_colour(0)

    def test_one_group_is_everybody(self):
        figure = curves(series(("a",)))
        names = {note.text.split("<br>")[0] for note in figure.layout.annotations}
        assert "a" in names
        assert "Everybody" not in names

    def test_of_many_groups_eight_are_drawn_and_it_is_said(self):
        figure = curves(series(tuple(f"group {k}" for k in range(30))))
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
        figure = curves(series(tuple("abcdefgh")))
        for axis in ("y domain", "y2 domain"):
            heights = sorted(
                note.y for note in figure.layout.annotations if note.yref == axis and note.x == 1
            )
            assert len(heights) == 8  # everybody and eight groups, but the one that cannot be estimated
            assert all(b - a >= 0.11 for a, b in pairwise(heights))
            assert heights[0] >= 0
            assert heights[-1] <= 1

    def test_the_sentence_says_where_it_began_and_ended_and_who_is_apart(self):
        said = curves(series(("a", "b"), picked=3.0)).layout.meta["alt"]
        assert "Epoch 1 to 14, on held-out rows." in said
        assert "Loss (log-loss) from 0.900 to 0.064, 0.225 for a and 0.180 for b at 3" in said
        assert said.endswith("Kept: 3.")


def many(groups):
    whole = replace(series(groups=("a",)), groups=(None, *groups))
    values = tuple(
        tuple(tuple(0.01 * (k + at) for at in range(len(whole.x))) for k in range(len(groups) + 1))
        for _ in whole.measures
    )
    return replace(whole, values=values)


def test_of_many_groups_the_largest_are_drawn_each_in_a_colour_of_its_own():
    groups = tuple((f"g{at}",) for at in range(20))
    given = many(groups)
    places = {group: at for at, group in enumerate(groups)}
    sizes = {group: 10 * at for at, group in enumerate(groups)}
    figure = curves(given, measures=given.measures[:1], places=places, sizes=sizes)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    said = {text.split("<br>")[0] for trace in lines for text in trace.hovertext}
    assert said == {"Everybody", *(f"g{at}" for at in range(12, 20))}
    assert len({trace.line.color for trace in lines}) == 9
    words = " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)
    assert "8 of 20 are drawn: the largest" in words
    first = curves(given, measures=given.measures[:1], places=places)
    assert "the first" in " ".join(note.text.replace("<br>", " ") for note in first.layout.annotations)


def test_long_names_stand_below_by_the_number_beside_their_lines():
    groups = (
        ("Female", "American Indian alone", "With a disability"),
        ("Female", "American Indian alone", "Without a disability"),
    )
    given = many(groups)
    figure = curves(given, measures=given.measures[:2])
    notes = [
        note
        for note in figure.layout.annotations
        if note.yref == "paper" and note.y == 0 and note.yanchor == "top"
    ]
    assert [note.text for note in notes] == [
        "1",
        "Everybody",
        "2",
        "Female × American Indian alone × With a disability",
        "3",
        "Female × American Indian alone × Without a disability",
    ]
    beside = [note.text for note in figure.layout.annotations if note.x == 1 and note.xanchor == "left"]
    assert sorted(beside) == ["1", "1", "2", "2", "3", "3"]
    colours = {note.text: note.font.color for note in notes if note.text in "123"}
    drawn = {
        trace.hovertext[0].split("<br>")[0]: trace.line.color
        for trace in figure.data
        if trace.mode == "lines"
    }
    assert colours["2"] == drawn["Female × American Indian alone × With a disability"]
    short = curves(many((("a",), ("b",))), measures=given.measures[:1])
    assert not [
        note
        for note in short.layout.annotations
        if note.yref == "paper" and note.y == 0 and note.yanchor == "top"
    ]
