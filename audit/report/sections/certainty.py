"""How firm the verdicts are: against chance, against single decisions, and against what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.disparity.verdict import leading
from audit.figures.guards import guards, guards_alt
from audit.plan import CRITERIA
from audit.report.blocks import Cell, Column, Figure, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections import bounds, peers, regret
from audit.report.sections.words import span, verdict_chip
from audit.rows import group_name
from audit.wording import column_title, count, not_estimable, percent, short_title
from audit.wording.certainty import GUARD_RULE, SPLIT_RULE, change_of, guard, turning

if TYPE_CHECKING:
    from audit.chapters.guards import GapGuardRow
    from audit.chapters.robustness import RobustnessRow
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit
    from audit.rows import DisparityRow

_WORST: Final = ("error_rate", "true_positive_rate")
"""The rates whose worst group is shown on paper; the attached results have all of them."""


def certainty(audit: Audit) -> list[Block]:
    """Say how much the verdicts can be trusted.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section: the leading verdict, gaps beside chance, what would change each verdict, worst groups on fresh
        halves, then people whose group is not known, groups' own models and other tools. Nothing where what it rests
        on is withheld.
    """
    if audit.protection is not None:
        return []
    row = leading(audit.disparities, audit.larger)
    found: list[Block] = [Heading("How firm this is")]
    if row is not None:
        found.append(Paragraph((Run(_lead(audit, row)),), lead=True))
    sensitive = row.sensitive if row else audit.groupings[0]
    found.append(_picture(audit, sensitive))
    found.append(Paragraph((Run(GUARD_RULE),)))
    if audit.chapter("robustness"):
        found.append(_robustness(audit))
    if any(row.value is not None and row.metric in _WORST for row in audit.chapter("worst_guards")):
        found.append(_worst(audit))
    return [*found, *bounds.bounds(audit), *regret.regret(audit), *peers.peers(audit)]


def _lead(audit: Audit, row: DisparityRow) -> str:
    """Say what it would take to change the leading verdict, and what of its gap chance explains."""
    known = [
        each
        for each in audit.chapter("robustness")
        if (each.metric, each.comparison, each.sensitive) == (row.metric, row.comparison, row.sensitive)
        and each.value is not None
        and each.what != "people"
    ]
    roles = audit.plan.roles
    said = "One kind of change in one group is not enough to change the leading verdict."
    if known:
        first = min(known, key=lambda each: each.what)
        said = turning(
            what=first.what,
            people=first.value,
            n=first.n,
            who=(first.sensitive, first.group),
            now=(first.label, first.decision),
            verdicts=(first.verdict, first.becomes),
            roles=roles,
        )
    held = [
        guard(
            metric=each.metric,
            sensitive=each.sensitive,
            value=each.value,
            expected=each.expected,
            debiased=each.debiased,
            roles=roles,
        )
        for each in audit.chapter("guards")
        if (each.metric, each.sensitive) == (row.metric, row.sensitive)
    ]
    return " ".join([said, *held])


def _picture(audit: Audit, sensitive: tuple[str, ...]) -> Figure:
    rows: list[GapGuardRow] = [
        row for row in audit.chapter("guards") if row.sensitive == sensitive and row.metric in CRITERIA
    ]
    rows = [row for row in rows if f"{row.metric}_difference" in audit.plan.tolerances] or rows
    tolerances = [audit.plan.tolerances.get(f"{row.metric}_difference") for row in rows]
    favourable = audit.plan.roles.favourable
    return Figure(
        guards(rows, tolerances, favourable=favourable, confidence=audit.plan.confidence),
        f"Gaps by {column_title(sensitive)} beside what chance alone would show.",
        guards_alt(rows, favourable=favourable),
    )


def _robustness(audit: Audit) -> Table:
    rows: list[RowLike] = []
    silent = 0
    every: tuple[RobustnessRow, ...] = audit.chapter("robustness")
    gaps = {(row.metric, row.sensitive) for row in every if row.comparison == "difference"}
    # Where a gap and a ratio of the same rates are judged, paper shows the gap; the attached results have both.
    shown = [
        row for row in every if row.comparison == "difference" or (row.metric, row.sensitive) not in gaps
    ]
    for sensitive in audit.groupings:
        here: dict[tuple[str, str], dict[str, RobustnessRow]] = {}
        for row in shown:
            if row.sensitive == sensitive:
                here.setdefault((row.metric, row.comparison), {})[row.what] = row
        told = [kinds for kinds in here.values() if any(row.value is not None for row in kinds.values())]
        silent += len(here) - len(told)
        if told:
            rows.append(Separator(f"By {column_title(sensitive)}"))
        rows += [_verdict(audit, kinds) for kinds in told]
    columns = (
        Column("Criterion", weight=0.9),
        Column("Verdict"),
        Column("Decisions", weight=1.3),
        Column("Labels", weight=1.3),
    )
    note = (
        "The fewest people of one group who, decided or labelled otherwise, would change the verdict. Changes in several "
        "groups at once could be fewer."
    )
    if len(shown) < len(every):
        note += " Those of the ratios are in the attached audit.json."
    if silent:
        note += f" {count(silent)} further {'verdict' if silent == 1 else 'verdicts'} would stand: one kind of change in one group is not enough."
    return table(columns, rows, caption="What it would take to change each verdict.", note=note)


def _verdict(audit: Audit, kinds: dict[str, RobustnessRow]) -> tuple[str | Cell, ...]:
    first = next(iter(kinds.values()))
    kind = "ratio" if first.comparison == "ratio" else "gap"
    chip = verdict_chip(first.verdict)
    return (
        f"{short_title(first.metric, audit.plan.roles.favourable)}, {kind}",
        chip if isinstance(chip, str) else Cell(chip=chip),
        _fewest(audit, kinds.get("decisions")),
        _fewest(audit, kinds.get("labels")),
    )


def _fewest(audit: Audit, row: RobustnessRow | None) -> Cell:
    if row is None or row.value is None:
        return Cell(not_estimable(row.reason if row else "").removeprefix("not estimable: "), muted=True)
    how = change_of(what=row.what, now=(row.label, row.decision), roles=audit.plan.roles)
    return Cell(f"{count(row.value)} of {count(row.n)} in {group_name(row.group)}", below=how)


def _worst(audit: Audit) -> Table:
    rows: list[RowLike] = []
    for sensitive in audit.groupings:
        rows.append(Separator(f"By {column_title(sensitive)}"))
        rows += [
            (
                short_title(row.metric, audit.plan.roles.favourable),
                Cell(group_name(row.group), below=f"n {count(row.n)}"),
                Cell(percent(row.value), below=span(row.low, row.high, kind="rate")),
                percent(row.shrunken),
                percent(row.split_fresh),
                percent(row.chance),
            )
            for row in audit.chapter("worst_guards")
            if row.sensitive == sensitive and row.value is not None and row.metric in _WORST
        ]
    columns = (
        Column("Rate", weight=0.9),
        Column("Worst group", weight=1.1),
        Column("Observed", "right"),
        Column("Shrunken", "right"),
        Column("Fresh", "right"),
        Column("By chance", "right"),
    )
    return table(columns, rows, caption="The worst groups, guarded against their choice.", note=SPLIT_RULE)
