"""What a search over repairs found: the picture of all tries, and the picked ones on the test rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.pareto import pareto, pareto_alt
from audit.report.blocks import Bullets, Cell, Column, Figure, Heading, Paragraph, Run
from audit.report.document import table
from audit.tuning.shown import named
from audit.wording import amount, count, level, points
from audit.wording.tuning import (
    STUDY_METHOD,
    UTILITY_TITLES,
    control_sentence,
    limits,
    noise_sentence,
    picked_sentence,
    study_answer,
    tally,
    worth_sentence,
)

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit
    from audit.rows.studies import Standing, Study

_LISTED: Final = 6


def searched(audit: Audit) -> list[Block]:
    """Show what a search over repairs found.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        A part of the section on what was tried; nothing where nothing was searched.
    """
    study = audit.study
    if study is None:
        return []
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    chosen = study.chosen
    said = study_answer(
        study,
        audit.plan.tuning,
        settings=named(chosen) if chosen else "",
        favourable=favourable,
        confidence=confidence,
    )
    found: list[Block] = [] if audit.trials else [Heading("What was tried")]
    found += [
        Heading("Search for the best trade-off", 2),
        Paragraph((Run(f"{said} {limits(audit.plan.tuning)}"),)),
        Figure(
            pareto(study, favourable=favourable),
            "Every try by its gap and its use; picked ones again on the test rows.",
            pareto_alt(study, audit.plan.tuning, favourable=favourable, confidence=confidence),
        ),
    ]
    if study.front:
        found.append(_picked(study, confidence))
    if chosen is not None:
        parts = (
            picked_sentence(chosen, confidence=confidence),
            worth_sentence(chosen),
            control_sentence(chosen, study.utility),
        )
        found.append(Bullets(tuple((Run(part),) for part in parts if part)))
    last = " ".join(
        part for part in (noise_sentence(study), tally(study), *study.notes, STUDY_METHOD) if part
    )
    return [*found, Paragraph((Run(last),))]


def _picked(study: Study, confidence: float) -> Table:
    rows = sorted(study.front, key=lambda row: (not row.chosen, row.test is None))[:_LISTED]
    shown = [row for row in study.front if row in rows]
    before = next((row.before for row in study.front if row.before is not None), None)
    body: list[RowLike] = [("Before: no repair", *_cells(study, study.before, before), Cell(""))]
    for row in shown:
        name = f"Try {row.number}{', recommended' if row.chosen else ''}: {named(row)}"
        control = "" if row.control is None else points(row.control.gap).removesuffix(" points")
        body.append((name, *_cells(study, row.validation, row.test), Cell(control)))
    utility = UTILITY_TITLES[study.utility]
    return table(
        (
            Column("", weight=1),
            Column("Gap, validation", "right"),
            Column(f"{utility}, validation", "right"),
            Column("Gap, test", "right"),
            Column(f"{level(confidence)} interval", "right"),
            Column(f"{utility}, test", "right"),
            Column("Control", "right"),
        ),
        body,
        caption="The picked tries where they were picked, and on the test rows.",
        note=" ".join(
            part
            for part in (
                "Gaps in points. Control: the gap of the model before, moved to the same selection rate.",
                f"{count(len(shown))} of {count(len(study.front))} picked tries are shown; all are in the attached audit.json."
                if len(shown) < len(study.front)
                else "",
            )
            if part
        ),
    )


def _cells(study: Study, found: Standing | None, test: Standing | None) -> tuple[Cell, ...]:
    def gap(value: float | None) -> str:
        return "" if value is None else points(value).removesuffix(" points")

    ends = f"{gap(test.gap_low)} to {gap(test.gap_high)}" if test and test.gap_low is not None else ""
    return (
        Cell(gap(found.gap if found else None)),
        Cell(amount(study.utility, found.utility) if found else ""),
        Cell(gap(test.gap if test else None)),
        Cell(ends),
        Cell(amount(study.utility, test.utility) if test else ""),
    )
