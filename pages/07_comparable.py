"""Comparable people: the groups compared within the values of control columns."""

from __future__ import annotations

from ui import comparableview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(
    title="Comparable people",
    question="Does the gap remain among comparable people?",
    section="Audit",
    order=7,
    needs="result",
)

screen = enter(PAGE)
comparableview.draw(screen)
