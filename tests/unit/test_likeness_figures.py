"""Real and made rows side by side, drawn and said; names from the data stay names."""

from __future__ import annotations

import pytest

from audit.figures.likeness import column, column_alt, detected, detected_alt
from audit.figures.lowering import lower
from audit.rows.likeness import CellLikeness, ColumnLikeness
from audit.wording.likeness import LIKENESS_TEXTS, likeness_value, likeness_verdict

HOSTILE = "<b>x</b><script>alert(1)</script> $a$ %{y}"


def found(**more):
    given = {
        "column": "hours",
        "kind": "numbers",
        "likeness": 0.91,
        "bins": ("below 40", "40 or more"),
        "real": (0.25, 0.75),
        "made": (0.34, 0.66),
    }
    return ColumnLikeness(**{**given, **more})


def cells():
    return [
        CellLikeness(group=("a",), label=0, n_real=200, n_made=300, detection=0.62),
        CellLikeness(group=("a",), label=1, n_real=90, n_made=300, detection=0.48),
        CellLikeness(group=(HOSTILE,), label=0, n_real=5, n_made=3, reason="too_few_rows"),
        CellLikeness(group=(HOSTILE,), label=1, n_real=300, n_made=0, reason="too_few_rows"),
    ]


def test_a_column_is_two_bars_for_each_value():
    figure = column(found())
    real, made = figure.data
    assert list(real.x) == [0.25, 0.75]
    assert list(made.x) == [0.34, 0.66]
    assert all(one < other for one, other in zip(real.y, made.y, strict=True))


def test_the_sentence_names_what_is_furthest_apart():
    assert column_alt(found()) == (
        "hours, likeness 0.91 (1 is the same). Furthest apart: below 40, 25.0 % of real and 34.0 % of made rows."
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_figures_are_lowered_for_paper(theme):
    assert lower(column(found(bins=(HOSTILE, "other")), theme=theme), width=480)
    assert lower(detected(cells(), theme=theme), width=480)


def test_names_from_the_data_never_become_markup():
    for figure in (column(found(bins=(HOSTILE, "other"), column=HOSTILE)), detected(cells())):
        text = figure.to_json()
        assert "<script" not in text
        assert "<b>x" not in text


def test_cells_without_a_value_say_why():
    figure = detected(cells())
    assert len(figure.data[0].x) == 2
    assert "2 cells have too few rows" in detected_alt(cells())
    assert "0.48 for a (label 1) to 0.62 for a (label 0)" in detected_alt(cells())
    assert detected_alt(cells()[2:]).startswith("No cell")


def test_every_measure_stands_beside_a_yardstick_or_explains_itself():
    for id_, text in LIKENESS_TEXTS.items():
        assert text.reading.endswith(".")
        assert text.title
        if id_ not in {"independent_pair_trends", "epochs_done"}:
            assert text.beside or text.yardstick


def test_shares_are_percentages_and_areas_numbers():
    assert likeness_value("copies", 0.0123) == "1.2 %"
    assert likeness_value("real_copies", 0.0123) == "1.2 %"
    assert likeness_value("detection_boosting", 0.6543) == "0.65"
    assert likeness_value("epochs_done", 40.0) == "40"


def test_the_plain_words_follow_the_numbers():
    said = " ".join(likeness_verdict({"detection_boosting": 0.95, "membership_auc": 0.7}, None))
    assert "nearly all made rows" in said
    assert "rows give away" in said
    said = " ".join(likeness_verdict({"detection_boosting": 0.52, "tstr": 0.9, "trtr": 0.92}, None))
    assert "hardly any" in said
    assert "0.90 on real people, one trained on real rows 0.92" in said
    assert likeness_verdict({}, None) == ()
