"""Thresholds: every rate as the threshold moves, and what the scores promise."""

from __future__ import annotations

from ui import thresholdsview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Thresholds",
    question="Would another threshold, or honest probabilities, change it?",
    section="Audit",
    order=8,
    needs="result",
)

screen = enter(PAGE)
thresholdsview.draw(screen)
