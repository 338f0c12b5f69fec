"""A document is a value: verbs give new ones, and empty parts leave no trace."""

import dataclasses

import pytest

from audit.figures.fonts import coverages, width
from audit.figures.lettering import breakable, clean
from audit.report.blocks import Cell, Chip, Facts, Heading, Item, Paragraph, Run, Separator
from audit.report.document import Document, table
from audit.report.equations import FORMULAS
from audit.report.lowered import Lowering


def test_verbs_give_new_documents_and_leave_the_old_one():
    empty = Document(title="T")
    longer = empty.heading("One").paragraph("Text").bullets(["a"]).facts([("k", "v")])
    assert empty.blocks == ()
    assert len(longer.blocks) == 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        longer.title = "other"


def test_the_same_document_is_equal():
    assert Document(title="T").heading("One") == Document(title="T").add(Heading("One"))


def test_empty_values_leave_no_line():
    document = Document(title="T").facts([("System", ""), ("Purpose", "  "), ("Auditor", "A. Noether")])
    assert document.blocks == (Facts((("Auditor", "A. Noether"),)),)
    assert Document(title="T").facts([("System", "")]).blocks == ()
    assert Document(title="T").paragraph("").blocks == ()
    assert Document(title="T").bullets([]).blocks == ()


def test_runs_keep_their_styles():
    document = Document(title="T").paragraph(["plain ", Run("strong", "strong")])
    assert document.blocks == (Paragraph((Run("plain "), Run("strong", "strong"))),)


def test_a_row_has_as_many_cells_as_there_are_columns():
    with pytest.raises(ValueError, match="2 columns"):
        table(["a", "b"], [("1", "2", "3")])
    made = table(["a", "b"], [Separator("s"), ("1", Chip("within", "Within"))])
    assert made.rows == (Separator("s"), (Cell("1"), Cell(chip=Chip("within", "Within"))))


def test_decimal_points_stand_in_line():
    made = table([dataclasses.replace(table(["x"], []).columns[0], align="decimal")], [["12.25 %"], ["3.5 %"], ["7"], ["not estimable"]])  # fmt: skip
    rows = Lowering().block(made)["rows"]
    pads = [row["cells"][0]["pad"] for row in rows]
    assert pads[0] == pads[3] == 0
    assert pads[1] == pytest.approx(width("0", 8.9), abs=0.01)
    assert pads[2] == pytest.approx(width(".00 %", 8.9), abs=0.01)


def test_a_long_table_keeps_its_last_rows_together():
    rows = [[str(k)] for k in range(30)]
    assert Lowering().block(table(["x"], rows))["kept"] == 3
    assert Lowering().block(table(["x"], rows[:5]))["kept"] == 0
    assert Lowering().block(table(["x"], [*rows, Separator("s"), ["last"]]))["kept"] == 1


def test_a_finding_keeps_its_parts():
    said = Lowering().block(Item(Chip("beyond", "High"), "Title", "Evidence.", "Advice."))
    assert [said["title"], said["evidence"], said["advice"]] == ["Title", "Evidence.", "Advice."]


def test_what_is_no_block_is_refused():
    with pytest.raises(TypeError, match="not a block"):
        Lowering().block("text")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("# *Markdown* <b>x</b> $y$ =cmd()", "# *Markdown* <b>x</b> $y$ =cmd()"),
        ("a\x00b\u202ec\u2066d\ue000e\ud800f\u0378g", "abcdefg"),
        ("e\u0301", "é"),
        ("two\n\t lines ", "two lines"),
        ("汉", "[U+6C49]"),
        ("😀", "[U+1F600]"),
        ("soft\u00adhyphen\ufe0f", "softhyphen"),
        ("\u0301x", "[U+0301]x"),
    ],
)
def test_hostile_text_is_shown_literally(given, shown):
    if any(ord("汉") in covered for covered in coverages()):
        pytest.skip("the optional font for Chinese is installed")
    assert clean(given) == shown


def test_arabic_keeps_its_joiners_and_latin_does_not():
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("a\u200cb") == "ab"


def test_long_names_are_cut_and_marks_do_not_pile_up():
    assert len(clean("A" * 10_000)) == 200
    assert clean("A" * 10_000).endswith("…")
    assert len(clean("ab" * 400, limit=50)) == 50
    assert len(clean("x" + "\u0323" * 500, glyphs=False)) <= 4


def test_long_words_can_be_broken_without_losing_a_letter():
    word = "a_very_long_column_name_" + "z" * 60
    assert breakable(word).replace("\u200b", "") == word
    assert max(len(part) for part in breakable(word).split("\u200b")) <= 18
    assert breakable("short words only") == "short words only"


def test_a_name_inside_a_sentence_is_cut_like_any_other():
    sentence = Lowering().sentence("The group " + "A" * 10_000 + " has 12 people.").replace("\u200b", "")
    assert "…" in sentence
    assert len(sentence) < 300


def test_every_formula_has_words():
    assert {"wilson", "true_positive_rate", "equal_opportunity", "worst_group"} <= set(FORMULAS)
    assert all(formula.alt and formula.source for formula in FORMULAS.values())
