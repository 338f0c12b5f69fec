"""All mitigations in one picture: what each gives and takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.disparity.verdict import leading
from audit.figures.tradeoff import TradePoint, tradeoff, tradeoff_alt
from audit.plan import CRITERIA
from audit.report.blocks import Figure, Heading
from audit.tradeoff import trade_rows
from audit.wording import column_title, short_title

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit


def together(audit: Audit) -> list[Block]:
    """Show accuracy against the leading gap for every mitigation that was tried.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        One picture; nothing where no gap can be estimated or only one mitigation was tried.
    """
    if len(audit.tried) < 2:
        return []
    lead = leading(audit.disparities, audit.larger)
    criterion = lead.metric if lead is not None and lead.metric in CRITERIA else CRITERIA[0]
    sensitive = lead.sensitive if lead is not None else audit.groupings[0]
    points = [
        TradePoint(
            title=row.title,
            stage=row.stage,  # type: ignore[arg-type]
            accuracy=row.accuracy,
            gap=row.gap,
            accuracy_low=row.accuracy_low,
            accuracy_high=row.accuracy_high,
            gap_low=row.gap_low,
            gap_high=row.gap_high,
            front=row.front,
        )
        for row in trade_rows(audit.tried, audit.plan, sensitive, criterion)
        if row.accuracy is not None and row.gap is not None and row.stage != "original"
    ]
    if not points:
        return []
    favourable = audit.plan.roles.favourable
    title = f"{short_title(criterion, favourable)}: gap by {column_title(sensitive)}"
    picture = tradeoff(
        points, gap_title=title, tolerance=audit.plan.tolerances.get(f"{criterion}_difference")
    )
    caption = "Every model that was tried. Neighbouring points may not be distinguishable."
    return [Heading("All together", 2), Figure(picture, caption, tradeoff_alt(points, gap_title=title))]
