"""How like real rows the rows are that a repair made: sentences, pictures and tables for one repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.rows import REASONS, group_name
from audit.wording.likeness import RIVALS, likeness_verdict
from ui import cached, controls, show, tables

if TYPE_CHECKING:
    from audit.rows.likeness import LikenessRecord
    from ui.screen import Screen


def quality(screen: Screen, place: int) -> None:
    """Show real and made rows side by side, where a repair made some.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Place of the repair among the audit's trials.
    """
    record = screen.audit.trials[place]
    found = record.likeness
    if not record.quality:
        return
    st.header("How like real rows the made ones are", anchor=False)
    for said in likeness_verdict(record.quality, found):
        show.answer(said)
    show.note(_basis(found))
    if found is not None:
        _cells(found, screen.audit.plan.roles.positive)
        _columns(found)
        _rivals(found)
    with st.expander("Every measure, and what to hold it against", key="likeness_measures"):
        show.table(tables.quality(record.quality), key="likeness_table", alt="Measures of made rows.")


def _basis(found: LikenessRecord | None) -> str:
    if found is None:
        return ""
    where = "validation rows" if found.held == "validation" else "training rows"
    return (
        f"Measured on {wording.count(found.n_real)} {where} that the generator never saw, against "
        f"{wording.count(found.n_made)} made rows with the same mixture of groups and labels."
    )


def _cells(found: LikenessRecord, positive: str) -> None:
    """Draw how easily the made rows of each cell are told from real ones."""
    from audit.figures.likeness import detected, detected_alt

    rows = [
        {
            "Group": group_name(row.group),
            "Label": positive if row.label else f"not {positive}",
            "Real rows": wording.count(row.n_real),
            "Made rows": wording.count(row.n_made),
            "Told apart": _or_reason(row.detection, row.reason),
            "Columns": _or_reason(row.marginals, row.reason),
            "Pairs": _or_reason(row.pair_trends, row.reason),
            "Pairs, real": _or_reason(row.real_pair_trends, row.reason),
            "Copies": "–" if row.copies is None else wording.percent(row.copies),
        }
        for row in found.cells
    ]
    show.figure(
        cached.drawn(detected, found.cells, theme=show.theme()),
        key="likeness_cells",
        alt=detected_alt(found.cells),
        rows=rows,
        name="made-rows-by-cell",
    )


def _columns(found: LikenessRecord) -> None:
    """Draw one column among real and among made rows; the least alike comes first."""
    from audit.figures.likeness import column, column_alt

    if not found.columns:
        return
    names = controls.distinct([row.column for row in found.columns])
    picked = controls.choose(
        "likeness_column", "Column", {str(number): name for number, name in enumerate(names)}, width="stretch"
    )
    row = found.columns[int(picked)]
    show.figure(
        cached.drawn(column, row, theme=show.theme()),
        key="likeness_column_figure",
        alt=column_alt(row),
        rows=[
            {"Value": name, "Real rows": wording.percent(real), "Made rows": wording.percent(made)}
            for name, real, made in zip(row.bins, row.real, row.made, strict=True)
        ],
        name="made-rows-by-column",
    )


def _rivals(found: LikenessRecord) -> None:
    """Hold the retrained model against copies and weights, on the same rows."""
    if not found.rivals:
        return
    st.subheader("Against simpler means, on the same rows", anchor=False)
    show.table(
        [
            {
                "Training rows": RIVALS[row.name],
                "Accuracy": wording.percent(row.accuracy),
                "Gap in selection rates": _or_reason(row.selection_gap, "fewer_than_two_groups"),
                "Gap in chances": _or_reason(row.opportunity_gap, "fewer_than_two_groups"),
            }
            for row in found.rivals
        ],
        key="likeness_rivals",
        alt="Made rows against copies and weights.",
    )


def _or_reason(value: float | None, reason: str) -> str:
    return wording.points(value) if value is not None else REASONS.get(reason, "–")
