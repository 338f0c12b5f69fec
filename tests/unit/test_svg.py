"""An SVG stands on its own, says what it shows, and runs nothing."""

from xml.etree import ElementTree as ET

from audit.figures.drawing import Circle, Drawing, Path, Rect, Text
from audit.figures.svg import to_svg

NS = "{http://www.w3.org/2000/svg}"
DRAWING = Drawing(
    width=100,
    height=50,
    primitives=(
        Rect(x=1, y=2, width=3, height=4, fill="#ff000080"),
        Circle(x=5, y=6, radius=2, fill="#00ff00", stroke="#000000", stroke_width=1),
        Path(points=((0, 0), (10, 10)), stroke="#0000ff", stroke_width=0.5, dash=(2, 1)),
        Path(points=((0, 0), (5, 5), (0, 5)), closed=True, fill="#123456"),
        Text(x=9, y=9, text="<script>alert('x')</script> & \"汉\"\x00", size=8, fill="#111111", anchor="middle", angle=-90),
    ),
)  # fmt: skip


def read(svg):
    return ET.fromstring(svg)  # noqa: S314 - it was made a line above


def test_it_is_accessible_and_well_formed():
    root = read(to_svg(DRAWING, "A title", "What it says").encode())
    assert root.attrib["role"] == "img"
    assert root.find(f"{NS}title").text == "A title"
    assert root.find(f"{NS}desc").text == "What it says"
    assert root.attrib["aria-labelledby"] == "title description"


def test_text_is_text():
    svg = to_svg(DRAWING, "<b>t</b>", "]]> & d")
    root = read(svg.encode())
    assert "<script" not in svg
    assert root.find(f".//{NS}text").text == "<script>alert('x')</script> & \"汉\""
    assert root.find(f"{NS}title").text == "<b>t</b>"


def test_marks_keep_place_and_colour():
    root = read(to_svg(DRAWING, "t", "d").encode())
    rect = root.findall(f".//{NS}g/{NS}rect")[0].attrib
    assert (rect["x"], rect["fill"], rect["fill-opacity"]) == ("1", "#ff0000", "0.502")
    line = root.find(f".//{NS}polyline").attrib
    assert (line["points"], line["fill"], line["stroke-dasharray"]) == ("0,0 10,10", "none", "2 1")
    assert root.find(f".//{NS}text").attrib["transform"] == "rotate(-90 9 9)"


def test_it_is_the_same_again():
    assert to_svg(DRAWING, "t", "d") == to_svg(DRAWING, "t", "d")
