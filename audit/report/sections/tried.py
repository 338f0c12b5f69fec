"""What was tried: each mitigation, what it did to the training data, who gained and who paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.figures.comparison import dumbbell, dumbbell_alt
from audit.figures.likeness import column, column_alt, detected, detected_alt
from audit.figures.series import curves, default_measures
from audit.figures.training import cells, cells_alt, changed, most_changed
from audit.report.blocks import Bullets, Cell, Column, Facts, Figure, Heading, Paragraph, Run, Separator
from audit.report.document import table
from audit.report.sections.front import paired, remark
from audit.report.sections.together import together
from audit.report.sections.words import change_cells, criterion_name, opportunity, size_of
from audit.rows import REASONS, group_name
from audit.tradeoff import flips
from audit.wording import (
    LEVELLING,
    column_title,
    count,
    criterion_rates,
    escape_plain,
    flipped,
    level,
    levelling_down,
    measured,
    metric_title,
    over_seeds,
    percent,
    short_title,
)
from audit.wording.likeness import LIKENESS_TEXTS, likeness_value, likeness_verdict

if TYPE_CHECKING:
    from audit.report.blocks import Block, Table
    from audit.report.document import RowLike
    from audit.result import Audit
    from audit.rows import ComparisonRow
    from audit.rows.trials import TrialRecord

_NOTES: Final = 4
_CELLS: Final = 6
_PICTURES: Final = 1
_PANELS: Final = 3
_GROUPS: Final = 12
_CRITERIA: Final = (
    ("demographic_parity", "difference"),
    ("equal_opportunity", "difference"),
    ("equalized_odds", "difference"),
    ("error_rate", "worst_group"),
)


def mitigations(audit: Audit) -> list[Block]:
    """Show before, control and after of every mitigation.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section; nothing where nothing was tried.
    """
    if not audit.trials:
        return []
    found: list[Block] = [
        Heading("What was tried"),
        Paragraph((Run(_lead(audit)),), lead=True),
        Paragraph(
            (
                Run("Before", "strong"),
                Run(" is the model without the mitigation. "),
                Run("Control", "strong"),
                Run(
                    " is the same model with its threshold moved to the selection rate of the mitigated one: what "
                    "goes beyond it is the mitigation's own. "
                ),
                Run("Intervals of a change", "strong"),
                Run(
                    " are paired over the same test rows; they cover the sampling of test rows, not retraining. The "
                    "range over seeds says what another draw of the training rows would have given."
                ),
            )
        ),
    ]
    for place, trial in enumerate(audit.trials):
        found += _trial(audit, place, trial)
    return found + together(audit)


def _lead(audit: Audit) -> str:
    n = len(audit.trials)
    noun = "mitigation was" if n == 1 else "mitigations were"
    names = ", ".join(trial.title for trial in audit.trials)
    return f"{count(n)} {noun} tried, trained on the training rows alone and measured on held-out test rows: {names}."


def _trial(audit: Audit, place: int, trial: TrialRecord) -> list[Block]:
    rows = [row for row in audit.comparison if row.mitigation == trial.mitigation]
    found: list[Block] = [Heading(trial.title, 2), _settings(trial)]
    found += [
        remark("Levelling down.", _sentence(warning.removeprefix("Levelling down: ")), caution=True)
        for warning in _levelled(audit, rows)
    ]
    found.append(_gaps(audit, rows))
    found += paired([*_dumbbells(audit, trial, rows), *_cells(audit.plan.roles.label, trial)])
    found += _likeness(trial)
    found.append(_by_group(audit, rows))
    found += [
        Paragraph((Run(flipped(flips(audit.tried[place], audit.plan, sensitive))),))
        for sensitive in audit.groupings[:1]
    ]
    found += paired(_curves(audit, trial))
    if trial.notes or trial.measured:
        notes = [(Run(note),) for note in (*measured(trial.measured), *trial.notes[:_NOTES])]
        left = len(trial.notes) - len(trial.notes[:_NOTES])
        if left > 0:
            notes.append((Run(f"{count(left)} further notes are in the attached audit.json."),))
        found.append(Bullets(tuple(notes)))
    return found


def _sentence(text: str) -> str:
    """Start with a capital letter and leave the names of groups as they are."""
    return text[:1].upper() + text[1:]


def _dumbbells(audit: Audit, trial: TrialRecord, rows: list[ComparisonRow]) -> list[Figure]:
    """Draw the chances of every group of the single features, before and after."""
    metric, favourable = opportunity(audit.plan), audit.plan.roles.favourable
    found = []
    for sensitive in [one for one in audit.groupings if len(one) == 1][:_PICTURES]:
        shown = _largest(
            [r for r in rows if (r.metric, r.comparison, r.sensitive) == (metric, None, sensitive)]
        )
        if shown:
            found.append(
                Figure(
                    dumbbell(shown, favourable=favourable, confidence=audit.plan.confidence),
                    f"{metric_title(metric, favourable)} by {column_title(sensitive)}, before and after "
                    f"{trial.title.lower()}.",
                    dumbbell_alt(shown, favourable=favourable),
                )
            )
    return found


def _cells(label: str, trial: TrialRecord) -> list[Figure]:
    """Draw what happened to the training rows, where it changed most."""
    if not any(changed(cell) for cell in trial.cells):
        return []
    kept = most_changed(trial.cells, _CELLS)
    more = (
        f" The {len(kept)} that changed most of {len(trial.cells)}." if len(kept) < len(trial.cells) else ""
    )
    return [
        Figure(
            cells(kept, label_name=label),
            f"Training rows by group and label, before and after.{more}",
            cells_alt(kept),
        )
    ]


def _curves(audit: Audit, trial: TrialRecord) -> list[Figure]:
    """Draw the first course of a training and the first path over a setting."""
    by = str(trial.params.get("group_by", "all"))
    columns = audit.plan.roles.sensitive if by == "all" else (by,)
    order: dict[tuple[str, ...] | None, int] = {}
    if columns in audit.groupings:
        order.update({group: place for place, group in enumerate(audit.groups(columns))})
    sizes: dict[tuple[str, ...] | None, int] = {
        row.group: row.n for row in audit.metric_rows("count", columns) if row.group
    }
    favourable, found = audit.plan.roles.favourable, []
    for kind in ("training", "path"):
        series = next((one for one in trial.series if one.kind == kind and one.x), None)
        if series is not None:
            drawn = curves(
                series,
                measures=default_measures(series, favourable)[:_PANELS],
                places=order or None,
                sizes=sizes or None,
                favourable=favourable,
            )
            found.append(Figure(drawn, f"{series.title}.", str(drawn.layout.meta["alt"])))
    return found


def _likeness(trial: TrialRecord) -> list[Block]:
    """Hold made rows against real ones: in words, measure by measure, and in two pictures."""
    if not trial.quality:
        return []
    words = " ".join(likeness_verdict(trial.quality, trial.likeness))
    body: list[RowLike] = [
        (
            Cell(text.title),
            Cell(likeness_value(id_, trial.quality[id_])),
            Cell(
                likeness_value(text.beside, trial.quality[text.beside])
                if text.beside in trial.quality
                else text.yardstick or "–"
            ),
        )
        for id_, text in LIKENESS_TEXTS.items()
        if id_ in trial.quality
    ]
    found: list[Block] = [Heading("How like real rows the made ones are", 3)]
    if words:
        found.append(Paragraph((Run(words),)))
    found.append(
        table((Column("", weight=1), Column("Made rows", "right"), Column("Real rows", "right")), body)
    )
    if trial.likeness is not None:
        shown = trial.likeness.cells[:_CELLS]
        figures = [
            Figure(
                detected(shown),
                "How easily made rows are told from real ones, by group and label.",
                detected_alt(shown),
            )
        ]
        figures += [
            Figure(
                column(one),
                f"{escape_plain(one.column, 40)} among real and among made rows, the column least alike.",
                column_alt(one),
            )
            for one in trial.likeness.columns[:1]
        ]
        found += paired(figures)
    return found


def _settings(trial: TrialRecord) -> Facts:
    control = REASONS.get(trial.reason, trial.reason) if trial.reason else ""
    if not control and trial.control_rate is not None and trial.after_rate is not None:
        control = f"selects {percent(trial.control_rate)}, after the mitigation {percent(trial.after_rate)} are selected"
    shown = {name: value for name, value in trial.params.items() if name != "seeds"}
    params = ", ".join(f"{name} {value}" for name, value in sorted(shown.items()))
    seeds = trial.params.get("seeds", 1)
    how = "each with a split of its own" if trial.resplit else "the further ones on training rows drawn again"
    return Facts(
        (
            ("Baseline", trial.baseline.replace("_", " ")),
            ("Rows", f"{count(trial.n_train)} trained on, {count(trial.n_test)} measured on"),
            ("Settings", params),
            ("Seeds", "1" if seeds == 1 else f"{seeds}, {how}"),
            ("Control", control),
        )
    )


def _levelled(audit: Audit, rows: list[ComparisonRow]) -> list[str]:
    """Say where a gap closed because somebody got worse."""
    found = []
    for gap in rows:
        if gap.metric in LEVELLING and gap.comparison == "difference":
            metric = criterion_rates(gap.metric, audit.plan.roles.favourable)[0]
            rates = [r for r in rows if r.metric == metric and r.comparison is None]
            said = levelling_down(gap, rates, audit.plan.roles.favourable)
            if said:
                found.append(said)
    return found


def _gaps(audit: Audit, rows: list[ComparisonRow]) -> Table:
    original = any(row.original is not None and row.original != row.before for row in rows)
    seeds = any(row.seeds for row in rows)
    body: list[RowLike] = []
    everybody = [r for r in rows if r.metric == "accuracy" and r.comparison is None and r.group is None]
    body += [_line(row, "Accuracy, everybody", original=original, seeds=seeds) for row in everybody[:1]]
    for sensitive in audit.groupings:
        body.append(Separator(f"By {column_title(sensitive)}"))
        for metric, comparison in _CRITERIA:
            for row in rows:
                if (row.metric, row.comparison, row.sensitive) == (metric, comparison, sensitive):
                    name = "Worst error" if comparison == "worst_group" else criterion_name(row, audit.plan)
                    body.append(_line(row, name, original=original, seeds=seeds))
    columns = (
        Column("", weight=1),
        *((Column("Original", "right"),) if original else ()),
        Column("Before", "right"),
        Column("Control", "right"),
        Column("After", "right"),
        Column("Change", "right"),
        Column(f"{level(audit.plan.confidence)} interval", "right"),
        *((Column("Over seeds", "right"),) if seeds else ()),
    )
    note = "Gaps and changes in points. Change: after less before, with its paired interval; in bold where that leaves out zero."
    return table(columns, body, caption="Gaps before, for the control, and after.", note=note)


def _line(row: ComparisonRow, name: str, *, original: bool, seeds: bool) -> RowLike:
    before = (row.original, row.before) if original else (row.before,)
    values = (*before, row.control, row.after)
    runs = (Cell(over_seeds(row).partition(" over ")[0].removesuffix(" points")),) if seeds else ()
    return (name, *(_value(row, value) for value in values), *change_cells(row), *runs)


def _value(row: ComparisonRow, value: float | None) -> Cell:
    if value is None:
        return Cell("", muted=True)
    return Cell(size_of(row, value).removesuffix(" points").removesuffix(" point"))


def _by_group(audit: Audit, rows: list[ComparisonRow]) -> Table:
    """Table what the mitigation did to the rates of every group of the single features."""
    metrics = tuple(dict.fromkeys(("selection_rate", opportunity(audit.plan), "error_rate")))
    keyed = {(r.metric, r.sensitive, r.group): r for r in rows if r.comparison is None}
    body: list[RowLike] = []
    for sensitive in [one for one in audit.groupings if len(one) == 1]:
        body.append(Separator(f"By {column_title(sensitive)}"))
        shown = _largest(
            [r for r in rows if (r.metric, r.comparison, r.sensitive) == (metrics[0], None, sensitive)]
        )
        for one in [row for row in shown if row.group is not None]:
            moves = [cell for metric in metrics for cell in _move(keyed.get((metric, sensitive, one.group)))]
            body.append((group_name(one.group), *moves))
    favourable = audit.plan.roles.favourable
    columns = (
        Column("Group", weight=1),
        *(
            column
            for metric in metrics
            for column in (Column(short_title(metric, favourable), "right"), Column("Change", "right"))
        ),
    )
    note = "Changes in points; in bold where the paired interval leaves out zero."
    return table(columns, body, caption="Rates of the groups before and after.", note=note)


def _move(row: ComparisonRow | None) -> tuple[Cell, Cell]:
    """Show a rate before and after, and the change."""
    if row is None or row.before is None or row.after is None:
        return Cell("not estimable", muted=True), Cell("", muted=True)
    said = f"{percent(row.before).removesuffix(' %')} → {percent(row.after)}"
    return Cell(said), change_cells(row)[0]


def _largest(rows: list[ComparisonRow]) -> list[ComparisonRow]:
    kept = {id(row) for row in sorted(rows, key=lambda row: -row.n)[: _GROUPS + 1]}
    return [row for row in rows if id(row) in kept]
