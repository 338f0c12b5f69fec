from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import pytest

from audit.figures.axes import count_texts, nice_ticks, rate_ticks
from audit.figures.canvas import TYPES
from audit.figures.comparison import dumbbell, gained_lost, gained_lost_alt, outlook
from audit.figures.forest import forest, forest_alt
from audit.figures.lowering import lower
from audit.figures.matrix import matrix
from audit.figures.ordering import MOST, arranged
from audit.figures.power import Detectable, power, power_alt
from audit.figures.scores import ScoreBins, scores
from audit.figures.series import curves
from audit.figures.sizes import sizes
from audit.figures.strips import strips, strips_alt
from audit.figures.theme import group_colour, palette
from audit.figures.tradeoff import TradePoint, tradeoff
from audit.figures.training import cells, cells_alt, most_changed, rowflow, rowflow_alt
from audit.figures.worst import worst
from audit.rows import ComparisonRow, DataRecord, DisparityRow, Dropped, MetricRow
from audit.rows.trials import CellCount
from tests.curves import series

HOSTILE = (
    "<b>bold</b><br><script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "مرحبا بالعالم",
    "汉字测试" * 9,
    "x" * 10_000 + "a",
    "x" * 10_000 + "b",
    "**md** [a](http://x)",
    "%{y} $a^2$ &amp;",
    "line\nbreak\u202e",
)


def rate(group, value, *, n=500, metric="true_positive_rate", sensitive=("race",), reason=""):
    half = None if value is None else min(0.9 / math.sqrt(n), 0.3)
    return MetricRow(
        metric=metric,
        sensitive=sensitive,
        group=group,
        value=value,
        low=None if value is None else max(value - half, 0.0),
        high=None if value is None else min(value + half, 1.0),
        n=n,
        n_effective=None,
        reason=reason,
    )


def gap(metric="equal_opportunity", comparison="difference", **more):
    given = {"value": 0.2, "low": 0.1, "high": 0.3, "groups_estimable": 2, "groups_total": 2}
    return DisparityRow(metric=metric, sensitive=("race",), comparison=comparison, **{**given, **more})


def changed(group, before, change, *, half=0.02, metric="true_positive_rate"):
    known = before is not None
    return ComparisonRow(
        mitigation="reweighing",
        metric=metric,
        sensitive=("race",),
        comparison=None,
        group=group,
        original=None,
        before=before,
        control=before,
        after=before + change if known else None,
        change=change if known else None,
        low=change - half if known else None,
        high=change + half if known else None,
        n=200 if known else 0,
    )


NAMES = ("White", "Black or African American", "Asian", "Alaska Native alone", *HOSTILE)
RATES = (
    rate(None, 0.7, n=9000),
    *(
        rate(
            (name,),
            None if k == 3 else 0.3 + 0.05 * k,
            n=12 if k == 2 else 400,
            reason="no_positives" if k == 3 else "",
        )
        for k, name in enumerate(NAMES)
    ),
)
PAIRS = tuple(
    rate(
        (name, sex),
        None if k == 3 else 0.3 + 0.05 * k,
        n=3 + 40 * k,
        sensitive=("race", "sex"),
        metric="selection_rate",
    )
    for k, name in enumerate(NAMES)
    for sex in ("Female", "<i>Male</i>")
    if not (k == 3 and sex == "Female")
)
GAPS = (
    gap(tolerance=0.1, verdict="cannot_tell"),
    gap("demographic_parity", value=0.4, low=0.3, high=0.5, tolerance=0.1, verdict="beyond"),
    gap("demographic_parity", "ratio", value=0.9, low=0.85, high=1.0, tolerance=0.8, verdict="within"),
    gap("equal_opportunity", "ratio", value=None, low=None, high=None, reason="zero_reference_rate"),
)
WORST = (
    gap(
        "error_rate",
        "worst_group",
        group=(HOSTILE[0],),
        overall=0.2,
        distance=0.1,
        distance_low=0.0,
        distance_high=0.2,
    ),
    gap("false_positive_rate", "worst_group", value=None, low=None, high=None, reason="no_negatives"),
)
CHANGES = (
    changed(None, 0.6, 0.01),
    *(changed((name,), None if k == 3 else 0.4, 0.05 * (k - 3)) for k, name in enumerate(NAMES)),
)
CELLS = tuple(
    CellCount(
        group=(name,), label=label, before=100, after=120 + 0.7 * k, added=20 * label, removed=5 * (1 - label)
    )
    for k, name in enumerate(NAMES)
    for label in (0, 1)
)
DATA = DataRecord(
    name="x.csv",
    fingerprint="0" * 64,
    read=1000,
    audited=850,
    dropped=(Dropped(reason="label not recorded <b>", n=100), Dropped(reason="no group", n=50)),
)
POINTS = tuple(
    TradePoint(
        title=name, stage=stage, accuracy=0.8 - 0.01 * k, gap=0.2 - 0.05 * k, gap_low=0.1, gap_high=0.2
    )
    for name in ("Reweighing", HOSTILE[0])
    for k, stage in enumerate(("before", "control", "after"))
)
BINS = tuple(
    ScoreBins(sensitive=("race",), group=group, edges=(0.0, 0.25, 0.5, 1.0), share=share, n=9)
    for group, share in (
        ((HOSTILE[0],), (0.2, 0.3, 0.5)),
        (("none",), (0.0, 0.0, 0.0)),
        (None, (0.3, 0.3, 0.4)),
    )
)
DETECTABLE = tuple(
    Detectable(
        sensitive=("race",), group=(name,), gap=None if k == 3 else 0.02 * (k + 1), n=10 * k, needed=388
    )
    for k, name in enumerate(NAMES)
)


FIGURES = {
    "forest": lambda theme: forest(RATES, tolerance=0.1, title=HOSTILE[0], theme=theme),
    "strips": lambda theme: strips(GAPS, theme=theme),
    "sizes": lambda theme: sizes(RATES, [replace(row, metric="base_rate") for row in RATES], theme=theme),
    "matrix": lambda theme: matrix(PAIRS, theme=theme),
    "worst": lambda theme: worst(WORST, theme=theme),
    "dumbbell": lambda theme: dumbbell(CHANGES, theme=theme),
    "gained_lost": lambda theme: gained_lost(CHANGES, theme=theme),
    "tradeoff": lambda theme: tradeoff(POINTS, tolerance=0.1, theme=theme),
    "cells": lambda theme: cells(CELLS, label_name=HOSTILE[0], theme=theme),
    "rowflow": lambda theme: rowflow(DATA, theme=theme),
    "scores": lambda theme: scores(BINS, threshold=0.5, theme=theme),
    "power": lambda theme: power(DETECTABLE, tolerance=0.1, theme=theme),
    "training": lambda theme: curves(series(NAMES, title=HOSTILE[0]), title=HOSTILE[0], theme=theme),
    "long_training": lambda theme: curves(series(NAMES, n=200, picked=117.0), theme=theme),
    "path": lambda theme: curves(
        series(NAMES, kind="path", n=6, measures=("equal_opportunity_difference", HOSTILE[1])), theme=theme
    ),
}
EMPTY = {
    "forest": lambda: forest([]),
    "strips": lambda: strips([]),
    "sizes": lambda: sizes([], []),
    "matrix": lambda: matrix([]),
    "worst": lambda: worst([]),
    "dumbbell": lambda: dumbbell([]),
    "gained_lost": lambda: gained_lost([]),
    "tradeoff": lambda: tradeoff([]),
    "cells": lambda: cells([]),
    "rowflow": lambda: rowflow(replace(DATA, read=0, audited=0, dropped=())),
    "scores": lambda: scores([]),
    "power": lambda: power([]),
    "training": lambda: curves(series((), n=0, picked=None)),
    "path": lambda: curves(series(("a",), n=1, kind="path", measures=(), picked=None)),
}


@lru_cache
def drawn(name, theme):
    """Build each figure once; no test changes it."""
    return FIGURES[name](theme)


def plain(figure):
    return json.loads(figure.to_json())


def texts(node):
    """Every text of a figure that its reader could take for markup."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"text", "hovertext", "ticktext", "name", "hovertemplate"}:
                yield from (
                    [value] if isinstance(value, str) else value if isinstance(value, list) else texts(value)
                )
            elif key != "meta":
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
class TestEveryFigure:
    def test_draws_only_what_paper_can_draw(self, name, theme):
        figure = drawn(name, theme)
        assert {trace.type for trace in figure.data} <= set(TYPES)
        drawing = lower(figure, 480)
        assert drawing.primitives

    def test_sets_every_tick(self, name, theme):
        layout = plain(drawn(name, theme))["layout"]
        axes = {key: value for key, value in layout.items() if key[:5] in {"xaxis", "yaxis"}}
        assert {"xaxis", "yaxis"} <= set(axes)
        for axis in axes.values():
            assert len(axis["tickvals"]) == len(axis["ticktext"]) > 0
            assert axis["fixedrange"]

    def test_shows_names_literally(self, name, theme):
        for text in texts(plain(drawn(name, theme))):
            assert "<" not in text.replace("<br>", ""), text
            assert "%{" not in text
            assert "$" not in text
            assert "\u202e" not in text
            assert all(len(line) < 1300 for line in text.split("<br>"))

    def test_is_light_enough_for_a_page(self, name, theme):
        figure = drawn(name, theme)
        assert all(len(trace.x) <= 500 for trace in figure.data)
        assert len(figure.to_json()) < 200_000

    def test_is_the_same_every_time(self, name, theme):
        assert drawn(name, theme).to_json() == FIGURES[name](theme).to_json()

    def test_carries_its_takeaway_sentence(self, name, theme):
        said = drawn(name, theme).layout.meta["alt"]
        assert said.endswith(".")
        assert "None" not in said
        assert "nan" not in said.split()


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


def test_of_many_training_cells_those_that_changed_most_are_drawn():
    rows = [
        CellCount(group=(f"g{at}",), label=1, before=100, after=100 + at % 7, added=at % 7, removed=0)
        for at in range(60)
    ]
    swapped = CellCount(group=("s",), label=1, before=100, after=100, added=50, removed=50)
    shown = most_changed([*rows, swapped])
    assert len(shown) == 16
    assert shown[-1] is swapped
    assert {row.added for row in shown[:-1]} == {5, 6}
    order = [int(row.group[0][1:]) for row in shown[:-1]]
    assert order == sorted(order)
    words = " ".join(note.text.replace("<br>", " ") for note in cells(rows).layout.annotations)
    assert "16 of 60 are drawn: those that changed most" in words


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
