"""Rows that figures are drawn from in tests, and every figure drawn once."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache

import pytest

from audit.figures.canvas import TYPES
from audit.figures.comparison import dumbbell, gained_lost
from audit.figures.forest import forest
from audit.figures.lowering import lower
from audit.figures.matrix import matrix
from audit.figures.power import Detectable, power
from audit.figures.scores import ScoreBins, scores
from audit.figures.series import curves
from audit.figures.sizes import sizes
from audit.figures.strips import strips
from audit.figures.tradeoff import TradePoint, tradeoff
from audit.figures.training import cells, rowflow
from audit.figures.worst import worst
from audit.rows import ComparisonRow, DataRecord, DisparityRow, Dropped, MetricRow
from audit.rows.series import Series
from audit.rows.trials import CellCount

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


def series(
    groups=NAMES, n=14, *, kind="training", measures=("log_loss", "selection_rate", "auc"), picked=3.0
):
    """Curves of hostile names, with a group that cannot be estimated."""
    return Series(
        id="x",
        kind=kind,
        title=HOSTILE[0],
        across="Epoch" if kind == "training" else HOSTILE[6],
        measures=measures,
        groups=(None, *((name,) for name in groups)),
        x=tuple(float(k + 1) for k in range(n)),
        values=tuple(
            tuple(
                tuple(None if g == 4 or (g == 3 and k < 5) else 0.9 / (1 + k + g) for k in range(n))
                for g in range(len(groups) + 1)
            )
            for _ in measures
        ),
        picked=picked,
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
    "training": lambda theme: curves(series(), title=HOSTILE[0], theme=theme),
    "long_training": lambda theme: curves(series(n=200, picked=117.0), theme=theme),
    "path": lambda theme: curves(
        series(kind="path", n=6, measures=("equal_opportunity_difference", HOSTILE[1])), theme=theme
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
    "training": lambda: curves(series(groups=(), n=0, picked=None)),
    "path": lambda: curves(series(groups=("a",), n=1, kind="path", measures=(), picked=None)),
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
