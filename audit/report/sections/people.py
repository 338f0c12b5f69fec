"""Who is in the data: the rows, the groups, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.sizes import sizes, sizes_alt
from audit.report.blocks import Bullets, Column, Figure, Heading, Paragraph, Run
from audit.report.document import table
from audit.report.sections.front import paired
from audit.report.sections.words import CAP, largest
from audit.wording import column_title, count, percent

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit

_PICTURES: Final = 4


def people(audit: Audit) -> list[Block]:
    """Say who is in the data, and what is missing.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    data = audit.data
    found: list[Block] = [Heading("Who is in the data"), Paragraph((Run(_lead(audit)),), lead=True)]
    found += _flow(audit)
    if data.notes:
        found.append(Bullets(tuple((Run(note),) for note in data.notes)))
    single = [one for one in audit.groupings if len(one) == 1][:_PICTURES]
    found += paired([_sizes(audit, sensitive) for sensitive in single])
    if data.missing:
        rows = [(name, count(n), percent(n / data.read if data.read else None)) for name, n in data.missing]
        columns = (
            Column("Column", weight=1),
            Column("Rows without a value", "right"),
            Column("Share", "decimal"),
        )
        found.append(table(columns, rows[:CAP], caption="Missing values in the columns that play a part."))
    return found


def _sizes(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    counts = largest(audit.metric_rows("count", sensitive))
    kept = {row.group for row in counts}
    bases = [row for row in audit.metric_rows("base_rate", sensitive) if row.group in kept]
    return Figure(
        sizes(counts, bases, confidence=audit.plan.confidence),
        f"Groups by {column_title(sensitive)}: people, and the share whose label is {audit.plan.roles.positive}.",
        sizes_alt(counts, bases),
    )


def _lead(audit: Audit) -> str:
    data = audit.data
    everybody = audit.metric("base_rate", audit.groupings[0])
    label = audit.plan.roles.label
    share = "" if everybody.value is None else (
        f" The label {label} is {audit.plan.roles.positive} for {percent(everybody.value)} of them."
    )  # fmt: skip
    return f"{count(data.audited)} of {count(data.read)} rows were audited ({data.split}).{share}"


def _flow(audit: Audit) -> list[Block]:
    data = audit.data
    if not data.dropped:
        return []
    rows = [
        ("Rows read", count(data.read), percent(1.0)),
        *((f"– {item.reason}", count(item.n), _share(item.n, data.read)) for item in data.dropped),
        ("Rows audited", count(data.audited), _share(data.audited, data.read)),
    ]
    columns = (Column("Step", weight=1), Column("Rows", "right"), Column("Share", "decimal"))
    return [table(columns, rows, caption="From the rows that were read to the rows that were audited.")]


def _share(n: int, total: int) -> str:
    return percent(n / total) if total else ""
