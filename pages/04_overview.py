"""Overview: the answer, the findings by weight, all verdicts at a glance and a picture of one grouping."""

from __future__ import annotations

from ui import overview
from ui.pagespec import PageSpec
from ui.shell import enter

PAGE = PageSpec(title="Overview", question="What did we find?", section="Audit", order=4, needs="result")

screen = enter(PAGE)
audit = screen.audit
overview.answer(audit)
overview.glance(audit)
overview.feature(audit)
overview.findings(audit)
overview.tolerances(screen)
