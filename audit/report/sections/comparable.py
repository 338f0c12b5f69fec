"""Compare people within the values of the control columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.strata import strata, strata_alt
from audit.report.blocks import Callout, Cell, Column, Figure, Heading, Paragraph, Run
from audit.report.document import table
from audit.report.sections.words import CAP, span
from audit.rows import group_name
from audit.wording import column_title, count, level, ratio, short_title, signed_points
from audit.wording.comparable import CAUTION, PATTERN_WORDS, RULE, adjusted_sentence, control_phrase

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.result import Audit
    from audit.rows.comparable import AdjustedRow, StratumRow

_PICTURES: Final = 3


def comparable(audit: Audit) -> list[Block]:
    """Compare people within the values of the control columns.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where there is nothing to say.
    """
    rows: tuple[AdjustedRow, ...] = audit.chapter("simpson")
    if not rows:
        return []
    roles, confidence = audit.plan.roles, audit.plan.confidence
    found: list[Block] = [Heading("Among comparable people")]
    features = dict.fromkeys(row.sensitive for row in rows)
    for place, sensitive in enumerate(list(features)[:_PICTURES]):
        row = max((row for row in rows if row.sensitive == sensitive), key=_weight)
        if len(features) > 1:
            found.append(Heading(f"By {column_title(sensitive)}", level=2))
        found.append(Paragraph((Run(adjusted_sentence(row, roles, confidence=confidence)),), lead=place == 0))
        found.append(_picture(audit, row))
    found.append(_table(audit, rows))
    found.append(Callout("A comparison takes its columns as given.", (Run(CAUTION),), kind="caution"))
    return found


def _weight(row: AdjustedRow) -> tuple[bool, float]:
    """Put selection before the other rates, and the widest difference first."""
    return row.metric == "selection_rate", abs(row.crude or 0.0)


def _picture(audit: Audit, row: AdjustedRow) -> Figure:
    favourable = audit.plan.roles.favourable
    rows: list[StratumRow] = [
        one
        for one in audit.chapter("conditional")
        if (one.metric, one.sensitive, one.group) == (row.metric, row.sensitive, row.group)
        and one.comparison == "to_reference"
    ]
    return Figure(
        strata(row, rows, favourable=favourable, confidence=audit.plan.confidence),
        f"{short_title(row.metric, favourable)}: {group_name(row.group)} minus {group_name(row.reference)}, over everybody, "
        f"among people with the same {control_phrase(row.control)}, and in each stratum.",
        strata_alt(row, rows, favourable=favourable),
    )


def _table(audit: Audit, rows: tuple[AdjustedRow, ...]) -> Table:
    shown = sorted(rows, key=lambda row: row.metric != "selection_rate")[:CAP]
    body = [
        (
            Cell(
                f"{group_name(row.group)} against {group_name(row.reference)}",
                below=short_title(row.metric, audit.plan.roles.favourable),
            ),
            _cell(row.crude, row.crude_low, row.crude_high),
            _cell(row.value, row.low, row.high),
            _cell(row.standardised, row.standardised_low, row.standardised_high),
            _cell(row.odds, row.odds_low, row.odds_high, kind="ratio"),
            f"{count(row.reversed)} of {count(row.strata)}",
            PATTERN_WORDS[row.pattern],
        )
        for row in shown
    ]
    columns = (
        Column("Groups and rate", weight=1),
        Column("Everybody", "right"),
        Column("Same strata", "right"),
        Column("Standardised", "right"),
        Column("Odds ratio", "right"),
        Column("Other sign", "right"),
        Column("Difference"),
    )
    left = (
        f" {len(shown)} of {len(rows)} comparisons; all are in the attached audit.json."
        if len(shown) < len(rows)
        else ""
    )
    return table(
        columns,
        body,
        caption=f"Differences over everybody and among people with the same {control_phrase(rows[0].control)}.",
        note=(
            f"Points, with {level(audit.plan.confidence)} intervals below. Same strata and odds ratio: Mantel–Haenszel. Other "
            f"sign: strata in which the difference turns round. {RULE}{left}"
        ),
    )


def _cell(value: float | None, low: float | None, high: float | None, *, kind: str = "gap") -> Cell:
    if value is None:
        return Cell("not estimable", muted=True)
    write = ratio(value) if kind == "ratio" else signed_points(value).removesuffix(" points")
    return Cell(write, below=span(low, high, kind="ratio" if kind == "ratio" else "gap"))
