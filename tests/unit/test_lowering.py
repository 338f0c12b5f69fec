"""A figure on paper has its marks where the screen has them, and nothing is cut or left out in silence."""

from itertools import pairwise

import plotly.graph_objects as go
import pytest

from audit.errors import AuditError
from audit.figures.drawing import Circle, Path, Rect, Text
from audit.figures.lowered.reading import colour
from audit.figures.lowered.words import extent
from audit.figures.lowering import lower

AXIS = {"tickvals": [0, 0.5, 1], "ticktext": ["0", "50", "100 %"], "range": [0, 1]}
ROWS = {"tickvals": [0, 1], "ticktext": ["Women", "Men"], "range": [1.5, -0.5]}


def texts(drawing):
    return {p.text: p for p in drawing.primitives if isinstance(p, Text)}


def of(drawing, kind):
    return [p for p in drawing.primitives if isinstance(p, kind)]


def forest(**more):
    figure = go.Figure(
        go.Scatter(
            x=[0.25, 0.75], y=[0, 1], mode="markers", marker={"color": "#112233", "size": 10},
            error_x={"type": "data", "symmetric": False, "array": [0.1, 0.1], "arrayminus": [0.05, 0.05], "width": 0},
        )
    )  # fmt: skip
    return figure.update_layout(height=200, xaxis=AXIS, yaxis=ROWS, template="none", **more)


def test_marks_lie_where_the_ticks_say():
    drawing = lower(forest(), 300, 140)
    said = texts(drawing)
    left, right = said["0"].x, said["100 %"].x
    first, second = of(drawing, Circle)
    assert first.x == pytest.approx(left + 0.25 * (right - left), abs=0.01)
    assert second.x == pytest.approx(left + 0.75 * (right - left), abs=0.01)
    assert first.y < second.y
    assert (drawing.width, drawing.height) == (300, 140)


def test_an_empty_foot_is_cut_off():
    drawing = lower(forest(margin={"l": 60, "r": 10, "t": 10, "b": 90}), 300)
    assert drawing.height < 140 - 20
    assert max(extent(p)[3] for p in drawing.primitives) <= drawing.height


def test_intervals_keep_their_ends():
    drawing = lower(forest(), 300)
    said = texts(drawing)
    left, span = said["0"].x, said["100 %"].x - said["0"].x
    first = of(drawing, Circle)[0]
    lines = [
        p
        for p in of(drawing, Path)
        if p.points[0][1] == pytest.approx(first.y) == pytest.approx(p.points[1][1])
    ]
    ends = sorted(x for x, _ in lines[-1].points)
    assert ends == pytest.approx([left + 0.20 * span, left + 0.35 * span], abs=0.02)


def test_nothing_leaves_the_sheet_however_long_the_names():
    figure = forest()
    names = ["A name that goes on and on " * 8, "x" * 200]
    figure.update_layout(yaxis={**ROWS, "ticktext": names}, xaxis_title="A long title " * 6)
    drawing = lower(figure, 240)
    for primitive in drawing.primitives:
        left, top, right, bottom = extent(primitive)
        assert left >= -0.1
        assert top >= -0.1
        assert right <= drawing.width + 0.1
        assert bottom <= drawing.height + 0.1
    assert any(text.endswith("…") for text in texts(drawing))


def test_labels_across_do_not_touch():
    figure = go.Figure(go.Bar(x=[f"Group number {k}" for k in range(9)], y=list(range(9))))
    figure.update_layout(height=200, yaxis={"tickvals": [0, 5]}, template="none")
    labels = [p for p in of(lower(figure, 300), Text) if p.anchor == "middle"]
    for row in {round(p.y, 2) for p in labels}:
        boxes = sorted(extent(p) for p in labels if round(p.y, 2) == row)
        assert all(a[2] <= b[0] for a, b in pairwise(boxes))


def test_numbers_on_an_axis_are_thinned_and_the_last_stays():
    ticks = [k / 40 for k in range(41)]
    figure = forest()
    figure.update_layout(xaxis={"tickvals": ticks, "ticktext": [f"{t:.3f}" for t in ticks], "range": [0, 1]})
    said = texts(lower(figure, 300))
    assert "1.000" in said
    assert len(said) < 20


def test_bars_stand_side_by_side_and_on_top_of_each_other():
    def build(mode):
        figure = go.Figure([go.Bar(x=["a", "b"], y=[1, 2], marker_color="#111111"), go.Bar(x=["a", "b"], y=[3, 4], marker_color="#222222")])  # fmt: skip
        figure.update_layout(
            barmode=mode, height=200, yaxis={"tickvals": [0, 2, 4, 6], "range": [0, 6]}, template="none"
        )
        return of(lower(figure, 300), Rect)

    beside = build("group")
    assert beside[0].x + beside[0].width <= beside[2].x + 0.01
    assert beside[1].height == pytest.approx(2 * beside[0].height)
    stacked = build("stack")
    assert stacked[0].x == pytest.approx(stacked[2].x)
    assert stacked[2].y + stacked[2].height == pytest.approx(stacked[0].y)


def test_bars_across_are_hatched_where_the_screen_hatches():
    figure = go.Figure(
        go.Bar(y=["a"], x=[2], orientation="h", marker={"color": "#111111", "pattern": {"shape": "/"}})
    )
    figure.update_layout(height=120, xaxis={"tickvals": [0, 2]}, template="none")
    slanted = [p for p in of(lower(figure, 200), Path) if p.points[0][0] != p.points[1][0] and p.points[0][1] != p.points[1][1]]  # fmt: skip
    assert len(slanted) > 10


def test_tiles_take_their_colours_and_leave_out_what_is_missing():
    figure = go.Figure(
        go.Heatmap(
            z=[[0, 1], [None, 0.5]], x=["a", "b"], y=["c", "d"], colorscale=[[0, "#000000"], [1, "#ffffff"]],
            showscale=False, text=[["0", "1"], ["", "½"]], texttemplate="%{text}",
        )
    )  # fmt: skip
    drawing = lower(figure.update_layout(height=200, template="none"), 200)
    assert [p.fill for p in of(drawing, Rect)] == ["#000000", "#ffffff", "#808080"]
    assert texts(drawing)["0"].fill != texts(drawing)["1"].fill


def test_lines_break_at_missing_values_and_stop_at_the_edge():
    figure = go.Figure(
        go.Scatter(
            x=[0, 0.5, None, 0.6, 2], y=[0, 0.5, None, 0.6, 2], mode="lines", line={"color": "#123456"}
        )
    )
    figure.update_layout(height=200, xaxis=AXIS, yaxis={"tickvals": [0, 1], "range": [0, 1]}, template="none")
    drawing = lower(figure, 200)
    parts = [p for p in of(drawing, Path) if p.stroke == "#123456"]
    assert len(parts) == 2
    assert max(x for p in parts for x, _ in p.points) <= texts(drawing)["100 %"].x + 0.01


def test_bands_lines_and_notes_are_drawn():
    figure = forest(
        shapes=[{"type": "rect", "x0": 0.2, "x1": 0.4, "y0": 0, "y1": 1, "yref": "paper", "fillcolor": "#eeeeee", "line": {"width": 0}, "layer": "below"}]
    )  # fmt: skip
    figure.add_vline(x=0.5, line={"dash": "dash", "color": "#445566"})
    figure.add_annotation(x=0.5, y=0, text="<b>here</b><br>&lt;i&gt;", showarrow=True, ax=30, ay=30)
    drawing = lower(figure, 300)
    said = texts(drawing)
    band = of(drawing, Rect)[0]
    span = said["100 %"].x - said["0"].x
    assert band.width == pytest.approx(0.2 * span, abs=0.02)
    assert said["here"].weight == 600
    assert "<i>" in said
    assert [p for p in of(drawing, Path) if p.stroke == "#445566" and p.dash]


def test_a_legend_names_what_has_a_name():
    figure = go.Figure(
        [go.Scatter(x=[0, 1], y=[0, 1], name=f"Group {k}", mode="lines+markers") for k in range(2)]
    )
    figure.update_layout(xaxis=AXIS, yaxis={"tickvals": [0, 1]}, height=200)
    assert {"Group 0", "Group 1"} <= set(texts(lower(figure, 300)))
    figure.update_layout(showlegend=False)
    assert not {"Group 0", "Group 1"} & set(texts(lower(figure, 300)))


def test_escaped_names_are_shown_literally_and_missing_glyphs_spelled():
    figure = forest()
    figure.update_layout(yaxis={**ROWS, "ticktext": ["&lt;script&gt; &#36;x&#36;", "\u1234"]})
    assert {"<script> $x$", "[U+1234]"} <= set(texts(lower(figure, 300)))
    assert "\u1234" in texts(lower(figure, 300, glyphs=False))


@pytest.mark.parametrize(
    "figure",
    [
        go.Figure(go.Pie(values=[1, 2])),
        go.Figure(go.Scatter(x=[1], y=[1])),
        forest(shapes=[{"type": "path", "path": "M0 0L1 1"}]),
        go.Figure(go.Heatmap(z=[[1]], x=["a"], y=["b"])),
        go.Figure(go.Scatter(x=["a"], y=["b"], mode="markers", marker={"symbol": "star"})),
        go.Figure(go.Scatter(x=["a"], y=["b"], mode="markers", marker={"color": [1.0]})),
        go.Figure(go.Scatter(x=["a"], y=["b"], mode="markers", marker={"color": "rebeccapurple"})),
    ],
    ids=["pie", "no ticks", "path", "colour bar without ticks", "symbol", "colour by number", "named colour"],
)
def test_what_paper_cannot_draw_is_refused(figure):
    with pytest.raises(AuditError) as caught:
        lower(figure, 200)
    assert caught.value.code == "figure_not_drawable"


def test_colours_are_written_one_way():
    assert colour("rgb(255, 0, 16)") == "#ff0010"
    assert colour("rgba(0,0,0,0.5)") == "#00000080"
    assert colour("rgba(0,0,0,0)") == ""
    assert colour("#ABC") == "#aabbcc"
    assert colour("#112233", opacity=0.5) == "#11223380"


def test_the_drawing_is_the_same_again():
    assert lower(forest(), 300) == lower(forest(), 300)
