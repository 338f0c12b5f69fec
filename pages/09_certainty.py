"""Certainty: what could make a verdict another one."""

from __future__ import annotations

from ui import certaintyview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(title="Certainty", question="How firm is this?", section="Audit", order=9, needs="result")

screen = enter(PAGE)
certaintyview.draw(screen)
