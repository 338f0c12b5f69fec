"""Who is in the data: the rows, the groups, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.chapters.missing import MissingGapRow
from audit.chapters.power import TURNED
from audit.chapters.representation import FitRow
from audit.figures.data import shares, shares_alt
from audit.figures.power import Detectable, power, power_alt
from audit.figures.sizes import sizes, sizes_alt
from audit.report.blocks import Bullets, Cell, Column, Figure, Heading, Paragraph, Run
from audit.report.document import table
from audit.report.sections.front import paired, remark
from audit.report.sections.words import CAP, largest, span
from audit.rows import group_name
from audit.wording import (
    cannot_both,
    column_title,
    count,
    detectable,
    level,
    percent,
    points,
    repeated,
    represented,
)

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit

_PICTURES: Final = 4
_TOLD: Final = 0.01
"""A gap in missing values that is told."""


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
    return [*found, *_represented(audit), *_missing(audit), *_seen(audit), *_limits(audit)]


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


def _represented(audit: Audit) -> list[Block]:
    """Hold the groups against the population, where there is one."""
    pictures, said = [], []
    for sensitive in audit.groupings:
        rows = [
            row
            for row in audit.chapter("representation")
            if row.sensitive == sensitive and row.among == "all" and not isinstance(row, FitRow)
        ]
        told = represented(rows)
        if told:
            said.append(told)
            pictures.append(
                Figure(
                    shares(rows, confidence=audit.plan.confidence),
                    f"Shares by {column_title(sensitive)}, in the data and in the population.",
                    shares_alt(rows),
                )
            )
    if not pictures:
        return []
    return [
        Heading("Against the population", 2),
        Paragraph((Run(" ".join(said)),)),
        *paired(pictures[:_PICTURES]),
    ]


def _missing(audit: Audit) -> list[Block]:
    """Table the columns that are surely missing more often for one group, and say how many rows are repeated."""
    gaps = [
        row
        for row in audit.chapter("missing")
        if isinstance(row, MissingGapRow) and (row.value or 0.0) >= _TOLD and (row.low or 0.0) > 0
    ]
    again = next((row for row in audit.chapter("repeats") if row.repeated), None)
    found: list[Block] = []
    if gaps:
        gaps.sort(key=lambda row: -(row.value or 0.0))
        columns = (
            Column("Column", weight=1),
            Column("By"),
            Column("Most often for", weight=1),
            Column("Gap", "right"),
        )
        rows = [
            (
                row.column,
                column_title(row.sensitive),
                group_name(row.group),
                Cell(points(row.value), below=span(row.low, row.high, kind="gap")),
            )
            for row in gaps[:CAP]
        ]
        note = f"Below each gap: its {level(audit.plan.confidence)} interval, simultaneous over the groups."
        found.append(
            table(columns, rows, caption="Columns that are missing more often for one group.", note=note)
        )
    if again is not None:
        found.append(remark("Repeated rows.", repeated(audit.chapter("repeats"))))
    return found


def _seen(audit: Audit) -> list[Block]:
    """Say how small a gap these people could show."""
    favourable = audit.plan.roles.favourable
    opportunity = TURNED[favourable][1]
    said, pictures = [], []
    for sensitive in audit.groupings:
        rows = [
            row
            for row in audit.chapter("power")
            if (row.metric, row.sensitive, row.reference) == (opportunity, sensitive, None)
        ]
        if not rows or len(sensitive) > 1:
            continue
        bound = rows[0].tolerance
        drawn = [
            Detectable(
                sensitive=row.sensitive,
                group=row.group,
                gap=row.value,
                n=row.n,
                needed=row.needed,
                reason=row.reason,
            )
            for row in rows
        ]
        said.append(detectable(rows, favourable) or power_alt(drawn))
        if any(row.value is None or row.value > (bound or 0.0) for row in rows):
            pictures.append(
                Figure(
                    power(drawn, tolerance=bound),
                    f"Smallest gap that could be seen by {column_title(sensitive)}.",
                    power_alt(drawn, tolerance=bound),
                )
            )
    if not said:
        return []
    return [
        Heading("How small a gap could be seen", 2),
        Paragraph((Run(" ".join(said)),)),
        *paired(pictures[:_PICTURES]),
    ]


def _limits(audit: Audit) -> list[Block]:
    """Say what cannot hold at once on this data."""
    every = audit.chapter("impossibility")
    told = [
        cannot_both([row for row in every if row.sensitive == sensitive]) for sensitive in audit.groupings
    ]
    said = " ".join(one for one in told if one)
    if not said:
        return []
    return [
        Heading("What cannot hold at once", 2),
        Paragraph(
            (
                Run(
                    "Base rates differ between groups. Unless decisions are perfect, a positive decision then cannot be "
                    f"equally often right for every group while errors are equally frequent. {said}"
                ),
            )
        ),
    ]
