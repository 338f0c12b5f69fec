"""Pictures of the data before a model: paper can draw them, names stay literal, nothing unknown becomes zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.chapters.impossibility import ImpossibilityRow
from audit.chapters.missing import MissingGapRow
from audit.chapters.representation import RepresentationRow
from audit.figures.canvas import TYPES
from audit.figures.data import COLUMNS, limits, limits_alt, missing, missing_alt, shares, shares_alt
from audit.figures.lowering import lower
from tests.unit.test_figures import HOSTILE


def share(group, value, n, population=None):
    return RepresentationRow(
        sensitive=("race",),
        group=(group,),
        among="all",
        value=value,
        low=None if value is None else max(value - 0.05, 0),
        high=None if value is None else value + 0.05,
        population=population,
        ratio=None if population is None or value is None else value / population,
        n=n,
        total=1000,
        reason="" if value is not None else "empty",
    )


def gap(column, value=0.2):
    return MissingGapRow(
        column=column,
        sensitive=("race",),
        group=(HOSTILE[0],),
        reference=(HOSTILE[1],),
        value=value,
        low=None if value is None else 0.1,
        high=None if value is None else 0.3,
        n=1000,
        groups_estimable=2,
        groups_total=2,
        reason="" if value is not None else "fewer_than_two_groups",
    )


def limit(group, value, observed, n=500):
    return ImpossibilityRow(
        sensitive=("race",),
        group=(group,),
        value=value,
        low=value,
        high=value,
        observed=observed,
        observed_low=observed,
        observed_high=observed,
        base_rate=value,
        base_low=value,
        base_high=value,
        true_positive_rate=0.8,
        false_positive_rate=0.2,
        precision=0.7,
        observed_false_positive_rate=0.2,
        needed_false_positive_rate=0.3,
        n=n,
        reason="" if value is not None else "empty",
    )


SHARES = [share(name, 0.1 + k / 50, 10 * k, 0.2) for k, name in enumerate(HOSTILE)] + [share("none", None, 0)]
GAPS = [gap(name) for name in HOSTILE] + [gap("unknown", None)]
LIMITS = [limit(name, 0.4 + k / 50, 0.5) for k, name in enumerate(HOSTILE)] + [limit("none", None, None, 0)]
FIGURES = {
    "shares": lambda theme: shares(SHARES, theme=theme),
    "missing": lambda theme: missing(GAPS, theme=theme),
    "limits": lambda theme: limits(LIMITS, theme=theme, title=HOSTILE[0]),
    "no shares": lambda theme: shares([], theme=theme),
    "no gaps": lambda theme: missing([], theme=theme),
    "no limits": lambda theme: limits([], theme=theme),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_paper_can_draw_it(name, theme):
    figure = FIGURES[name](theme)
    assert {trace.type for trace in figure.data} <= set(TYPES)
    assert lower(figure, 500, glyphs=False)
    assert figure.layout.meta["alt"].endswith(".")
    assert "<script>" not in figure.to_json()
    assert figure.to_json() == FIGURES[name](theme).to_json()


def test_what_is_not_known_is_a_labelled_gap():
    notes = " ".join(note.text for note in shares(SHARES).layout.annotations)
    assert "not estimable" in notes
    marked = [trace for trace in shares(SHARES).data if trace.marker.symbol == "diamond"]
    assert sum(len(trace.x) for trace in marked) == len(SHARES) - 1


def test_sentences_name_the_furthest():
    rows = [share("White", 0.6, 600, 0.5), share("Black", 0.4, 400, 0.5)]
    assert "Black make up 40.0 % of the data and 50.0 % of the population: 0.80 times" in shares_alt(rows)
    gone = [share("White", 1.0, 1000, 0.9), replace(share("Black", 0.0, 0, 0.1))]
    assert "Nobody in the data belongs to Black." in shares_alt(gone)
    assert "from 40.0 % for Black to 60.0 % for White" in shares_alt(
        [replace(row, population=None, ratio=None) for row in rows]
    )
    assert "20.0 points apart (95 % interval 10.0 to 30.0 points)" in missing_alt(GAPS)
    assert missing_alt([]) == "Nothing is missing."
    assert limits_alt([limit("White", 0.8, 0.7)]) == "Fewer than two groups can be estimated."


def test_only_the_widest_gaps_are_drawn_and_it_is_said():
    figure = missing([gap(f"c{i}") for i in range(30)])
    assert f"{COLUMNS} of 30" in " ".join(note.text for note in figure.layout.annotations).replace(
        "<br>", " "
    )
