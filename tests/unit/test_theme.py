from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from audit.figures.theme import (
    PALETTES,
    VERDICT_MARKERS,
    contrast,
    group_colour,
    mix,
    palette,
    scale_colour,
)

THEMES = ("light", "dark")
CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))

# Machado, Oliveira and Fernandes (2009): what protanopes and deuteranopes see, on linear light.
SIGHT = {
    "common": np.eye(3),
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [[0.3673, 0.8607, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
}


def lab(colour, sight):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIGHT[sight]) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", THEMES)
def test_text_reads_and_marks_stand_out(theme):
    p = palette(theme)
    for ground in (p.background, p.surface):
        for text in (p.text, p.muted, p.accent, *p.verdict_texts.values()):
            assert contrast(text, ground) >= 4.5, (text, ground)
        for mark in (p.interval, *p.groups, *p.verdict_marks.values(), *p.scale):
            assert contrast(mark, ground) >= 3, (mark, ground)
    assert contrast(p.accent, p.accent_text) >= 4.5
    for mark in p.verdict_marks.values():
        assert contrast(mark, p.band) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_eight_groups_stay_apart_for_every_reader(theme, sight):
    colours = palette(theme).groups
    assert len(colours) == 8
    for one, other in itertools.combinations(colours, 2):
        assert np.linalg.norm(lab(one, sight) - lab(other, sight)) >= 9, (one, other)


def test_groups_keep_their_colour_and_a_ninth_borrows_none():
    assert group_colour(0) == PALETTES["light"].groups[0]
    assert group_colour(8) == group_colour(40) == PALETTES["light"].interval
    assert group_colour(8) not in PALETTES["light"].groups


def test_verdicts_differ_in_shape():
    assert len(set(VERDICT_MARKERS.values())) == 3


def test_scale_goes_from_end_to_end():
    steps = palette("light").scale
    assert scale_colour(0) == scale_colour(-1) == steps[0]
    assert scale_colour(1) == steps[-1]
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"


@pytest.mark.parametrize("theme", THEMES)
def test_screens_and_figures_share_their_colours(theme):
    p, screen = palette(theme), CONFIG["theme"][theme]
    assert screen["linkColor"] == p.accent
    # Streamlit writes white on the primary colour in every theme.
    assert contrast(screen["primaryColor"], "#FFFFFF") >= 4.5
    assert contrast(screen["primaryColor"], p.background) >= 3
    assert screen["backgroundColor"] == p.background
    assert screen["secondaryBackgroundColor"] == p.surface
    assert screen["textColor"] == p.text
    assert screen["borderColor"] == p.line
    assert tuple(screen["chartCategoricalColors"]) == p.groups
    assert screen["sidebar"] == {"backgroundColor": p.surface, "secondaryBackgroundColor": p.background}


def test_server_settings_keep_people_safe():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["enableXsrfProtection"]
    assert CONFIG["server"]["enableCORS"]
    assert not CONFIG["browser"]["gatherUsageStats"]
    assert CONFIG["client"]["showErrorDetails"] == "type"
    assert not CONFIG["runner"]["magicEnabled"]
