"""The report is accessible, archivable, safe against its data, and the same bytes whenever it is made again."""

import hashlib
import io
import subprocess
import sys

import page
import plotly.graph_objects as go
import pypdf
import pypdfium2
import pytest

from audit.errors import InputError
from audit.report.blocks import (
    Callout,
    Cell,
    Chip,
    Chips,
    Column,
    Contents,
    Cover,
    Equation,
    Figure,
    KeepTogether,
    PageBreak,
    Pair,
    Run,
    Separator,
    Signature,
)  # fmt: skip
from audit.report.document import Document
from audit.report.equations import FORMULAS
from audit.report.pdf import Attachment, preview, render, timestamp

HOSTILE = [
    "# **Markdown** _x_ [link](http://x)", "<script>alert(1)</script>", "=cmd()|' /C calc'!A0",
    '#import "@preview/x:1.0.0": *', '#eval("1+1") #panic()', "$math$ \\ // /* @ref <label>", "مرحبا بالعالم",
    "汉族 藏族", "A" * 10_000, "emoji 😀👩\u200d👧", "NUL\x00 \ud800 lone \udfff", "z" + "\u0301" * 50,
    "\u202eevil\u2066x", "\ue000private \U000e0041tag", "line\nbreak\ttab", "हिन्दी ไทย עברית", "\ufeff", "﷽ ﬁ \u00ad",
]  # fmt: skip
RESULTS = '{"value": 0.1}\n'


def small():
    return (
        Document(title="A report")
        .heading("First")
        .paragraph("Some words.")
        .heading("Second")
        .paragraph("More.")
    )


def figure():
    made = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="markers", marker={"color": "#112233"}))
    axis = {"tickvals": [0, 1], "ticktext": ["none", "all of them"]}
    return made.update_layout(height=200, xaxis=axis, yaxis={"tickvals": [0, 1]}, template="none")


def full(names=("Women", "Men")):
    """Hold every kind of block, with the names in every place that takes text."""
    one = names[0]
    chips = tuple(Chip(tone, one) for tone in ("within", "beyond", "cannot_tell", "note"))
    cover = Cover(
        kicker=one, headline=one, facts=tuple((name, name) for name in names), asides=((one, tuple(names)),),
        verdicts=tuple((chip, one) for chip in chips), signature=(one, "Date"),
    )  # fmt: skip
    columns = (Column(one, weight=1), Column("n", "decimal"), Column("Verdict"))
    rows = [Separator(one), *((Cell(name, below=name), "1.5", chips[k % 4]) for k, name in enumerate(names))]
    document = Document(
        title=one, subtitle=one, meta=(("author", one), ("running", one)), blocks=(cover, Contents())
    )
    document = document.heading(one).paragraph([Run(name) for name in names], lead=True).bullets(names)
    document = document.table(columns, rows, caption=one, note=one).facts([(n, n) for n in names], code=True)
    document = document.figure(figure(), caption=one, alt=one).callout(one, one, kind="caution")
    document = document.add(Chips(chips), Callout(one, (Run(one),)), PageBreak())
    picture = Figure(figure(), one, one)
    document = document.add(Pair(picture, picture), KeepTogether((Signature((one,)),)))
    return document.extend(Equation(name, one, one) for name in FORMULAS)


def problems(pdf):
    profiles = (page.ValidationProfile.PDF_UA_1, page.ValidationProfile.PDF_A_3A)
    reports = [page.validate_pdf_bytes(pdf, profile=profile) for profile in profiles]
    return [failure.message for report in reports for failure in report.failures]


def text(pdf):
    return "\n".join(page_.get_textpage().get_text_range() for page_ in pypdfium2.PdfDocument(pdf))


def test_every_block_is_accessible_and_archivable():
    pdf = render(full(), dated="2026-11-21")
    assert problems(pdf) == []
    assert "all of them" in text(pdf)


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 6))
def test_hostile_names_are_printed_and_do_nothing(first):
    names = HOSTILE[first:] + HOSTILE[:first]
    pdf = render(
        full(names),
        dated="2026-11-21",
        attachments=[Attachment(name=names[0], text="{}", description=names[0])],
    )
    assert problems(pdf) == []
    shown = text(pdf).replace("\u200b", "").replace("\r\n", "").replace("\ufffe", "")
    for literal in ("<script>alert(1)</script>", "**Markdown**", "=cmd()", "#import", "$math$"):
        assert literal in shown
    assert "A" * 500 not in shown
    assert "\u202e" not in shown


def test_the_results_travel_inside():
    attached = Attachment(name="audit.json", text=RESULTS, description="All results")
    reader = pypdf.PdfReader(io.BytesIO(render(small(), attachments=[attached], dated="2026-11-21")))
    (content,) = reader.attachments["audit.json"]
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(RESULTS.encode()).hexdigest()


def test_headings_are_bookmarks_and_the_title_is_known():
    reader = pypdf.PdfReader(io.BytesIO(render(small(), dated="2026-11-21")))
    assert [item.title for item in reader.outline] == ["First", "Second"]
    assert reader.metadata.title == "A report"
    assert reader.trailer["/Root"]["/Lang"].startswith("en")


def test_the_only_time_is_the_given_one():
    reader = pypdf.PdfReader(io.BytesIO(render(small(), dated="2024-02-29")))
    assert reader.metadata.creation_date_raw.startswith("D:20240229")
    assert timestamp("1970-01-02") == 86_400
    assert timestamp("1970-01-01T01:00:00+01:00") == 0


@pytest.mark.parametrize("dated", ["", "yesterday", "21.11.2026"])
def test_a_report_without_a_date_is_refused(dated):
    with pytest.raises(InputError) as caught:
        render(small(), dated=dated)
    assert caught.value.code == "report_date"


def test_another_process_makes_the_same_bytes(tmp_path):
    script = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:3]\n"
        "import test_pdf as t\n"
        "print(hashlib.sha256(t.render(t.full(), dated='2026-11-21')).hexdigest())"
    )
    here = __file__.rsplit("/", 1)[0]
    command = [sys.executable, "-c", script, here, here.rsplit("/", 2)[0]]
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert other.stdout.strip() == hashlib.sha256(render(full(), dated="2026-11-21")).hexdigest()


def test_a_long_table_repeats_its_heading_and_leaves_no_row_alone():
    for n in range(24, 32):
        rows = [(f"Group {k}", "1") for k in range(n)]
        document = (
            Document(title="T")
            .paragraph("x")
            .table((Column("Name", weight=1), Column("Size", "right")), rows)
        )
        document = Document(title="T", blocks=(*document.blocks, *document.blocks))
        pages = [
            p.get_textpage().get_text_range()
            for p in pypdfium2.PdfDocument(render(document, dated="2026-01-01"))
        ]
        assert "Group 0" in pages[0]
        for one in pages[1:]:
            assert "Name" in one
            assert one.count("Group") >= 2


def test_a_picture_of_every_page_can_be_shown():
    pages = preview(small().add(PageBreak()).heading("Third"), dated="2026-11-21", pixels_per_inch=40)
    assert len(pages) == 2
    assert all(one.startswith(b"\x89PNG") for one in pages)
