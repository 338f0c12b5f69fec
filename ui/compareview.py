"""What the screen before and after a repair says and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from audit import wording
from audit.before import AS_IT_IS, GROUP_BY
from audit.disparity.verdict import leading
from audit.plan import CRITERIA
from ui import cached, controls, modeldoors, overview, seriesview, show, tables, text, trials, workspace

if TYPE_CHECKING:
    from audit.result import Audit
    from audit.rows import ComparisonRow
    from audit.rows.flips import TradeRow
    from ui.screen import Screen

_NAMED: Final = {AS_IT_IS: "the audited scores, nothing trained", "skops": "a fresh copy of the uploaded one"}
"""What a model before a repair is called where it is no baseline."""


def trial(audit: Audit) -> int:
    """Pick one of the repairs that were tried.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    int
        Its place among the audit's trials.
    """
    titles = controls.distinct([record.title for record in audit.trials])
    return int(
        controls.choose(
            "trial", "Repair", {str(number): title for number, title in enumerate(titles)}, width="stretch"
        )
    )


def start(audit: Audit, place: int) -> tuple[tuple[str, ...] | None, str]:
    """Say where to begin: with the gap that matters most, among the groups that the repair worked on.

    Parameters
    ----------
    audit : Audit
        The audit.
    place : int
        Place of the repair among the audit's trials.

    Returns
    -------
    tuple of (tuple of str or None, str)
        A grouping and a rate.
    """
    by = str(audit.trials[place].params.get(GROUP_BY, "all"))
    worked_on = [row for row in audit.disparities if by == "all" or row.sensitive == (by,)]
    lead = leading(worked_on, audit.larger) or overview.lead(audit)
    if lead is None:
        return None, "selection_rate"
    rates = wording.criterion_rates(lead.metric, audit.plan.roles.favourable)
    return lead.sensitive, rates[0] if rates else "selection_rate"


class View:
    """One repair, seen by one grouping and one rate.

    Parameters
    ----------
    screen : Screen
        The open audit.
    place : int
        Place of the repair among the audit's trials.
    sensitive : tuple of str
        The grouping.
    metric : str
        Id of the rate.
    """

    def __init__(self, screen: Screen, place: int, sensitive: tuple[str, ...], metric: str) -> None:
        self._audit = screen.audit
        self._screen = screen
        self._place = place
        self._record = self._audit.trials[place]
        self._rows = self._compared(place)
        self._sensitive = sensitive
        self._metric = metric
        self._favourable = self._audit.plan.roles.favourable
        self._confidence = self._audit.plan.confidence

    def _compared(self, place: int) -> tuple[ComparisonRow, ...]:
        record = self._screen.record
        if record is None:
            return ()
        return cached.comparison(record.id, record.revision, self._audit, place)

    def _of(self, metric: str, comparison: str | None) -> list[ComparisonRow]:
        return [
            row
            for row in self._rows
            if row.metric == metric and row.comparison == comparison and row.sensitive == self._sensitive
        ]

    def headline(self) -> None:
        """Say what the repair did to the gap, who paid, and what stands beside what."""
        gap = next(iter(self._of(self._metric, "difference")), None)
        groups = self._of(self._metric, None)
        if gap is not None:
            st.markdown(trials.chip(gap))
            show.answer(wording.change(gap, self._favourable, confidence=self._confidence))
            down = wording.levelling_down(gap, groups, self._favourable)
            if down:
                st.markdown(f":orange-badge[▼ Levelling down] {text.sentence(_without_its_name(down))}")
        show.note(self._columns())
        show.quiet(trials.settings(self._record, self._audit.plan.roles.sensitive))

    def _columns(self) -> str:
        """Say what before, control and after are."""
        record = self._record
        known = {**{key: title.lower() for key, (title, *_) in modeldoors.ALGORITHMS.items()}, **_NAMED}
        name = known.get(record.baseline, record.baseline)
        before = f"Before: the model ({name}) without the repair. After: the same model with it."
        if record.reason:
            control = f"There is no control: {wording.not_estimable(record.reason).removeprefix('not estimable: ')}."
        else:
            control = (
                "Control: the model before with its threshold moved so that it selects as many people as the model "
                f"after ({wording.percent(record.control_rate)} reached, {wording.percent(record.after_rate)} aimed "
                "at): what fewer or more selections alone would do."
            )
        original = any(row.original is not None for row in self._rows)
        also = ""
        if original:
            trained = self._audit.plan.model.kind == "train"
            seen = "" if trained else "; it may have been trained on the test rows"
            also = f" The original model is the audited one{seen}."
        return (
            f"{before} {control}{also} All are measured on the same {wording.count(record.n_test)} test rows. Paired "
            "intervals cover which people were drawn into the test rows, not what training once more would change."
        )

    def rates(self) -> None:
        """Draw the rate of every group before, for the control, and after."""
        from audit.figures.comparison import dumbbell, dumbbell_alt

        rows = self._of(self._metric, None)
        st.header("Each group before and after", anchor=False)
        show.figure(
            cached.drawn(
                dumbbell, rows, theme=show.theme(), favourable=self._favourable, confidence=self._confidence
            ),
            key="dumbbell",
            alt=dumbbell_alt(rows, favourable=self._favourable),
            rows=tables.comparison(rows, self._favourable, confidence=self._confidence),
            name=f"before-after-{self._metric}",
            words=(self._metric, *CRITERIA),
            favourable=self._favourable,
        )

    def gained(self) -> None:
        """Draw who gained and who lost."""
        from audit.figures.comparison import gained_lost, gained_lost_alt

        rows = self._of(self._metric, None)
        said = gained_lost_alt(rows, favourable=self._favourable)
        st.header("Who gained, who lost", anchor=False)
        show.answer(said)
        show.figure(
            cached.drawn(
                gained_lost,
                rows,
                theme=show.theme(),
                favourable=self._favourable,
                confidence=self._confidence,
            ),
            key="gained",
            alt=said,
            name=f"gained-lost-{self._metric}",
        )

    def gaps(self) -> None:
        """Show what happened to the criteria and to the accuracy."""
        st.header("Gaps and accuracy", anchor=False)
        rows = [row for name in CRITERIA for kind in ("difference", "ratio") for row in self._of(name, kind)]
        overall = [row for row in self._of("accuracy", None) if row.group is None]
        worst = self._of("error_rate", "worst_group")
        gaps = [row for name in CRITERIA for row in self._of(name, "difference")]
        for row in (*gaps, *overall, *worst):
            st.markdown(
                f"- {text.sentence(wording.change(row, self._favourable, confidence=self._confidence))}"
            )
        if st.toggle("Show the numbers", key="gaps_numbers"):
            show.table(
                tables.comparison([*rows, *overall, *worst], self._favourable, confidence=self._confidence),
                key="gap_table",
                alt="Criteria, accuracy and worst group before, for the control, and after.",
            )

    def flipped(self) -> None:
        """Show whose decision is another one now."""
        from audit.tradeoff import flips

        rows = flips(self._audit.tried[self._place], self._audit.plan, self._sensitive)
        said = wording.flipped(rows)
        st.header("Whose decision changed", anchor=False)
        show.answer(said)
        show.table(tables.flips(rows, self._favourable), key="flips", alt=said)

    def tradeoff(self) -> None:
        """Draw accuracy against the gap for every repair that was tried."""
        from audit.figures.tradeoff import TradePoint, tradeoff, tradeoff_alt

        st.header("All repairs: accuracy against the gap", anchor=False)
        criterion = controls.choose(
            "trade",
            "Gap",
            {name: wording.short_title(name, self._favourable) for name in CRITERIA},
            first=self._criterion(),
        )
        record = self._screen.record
        found = (
            ()
            if record is None
            else cached.trade_rows(record.id, record.revision, self._audit, self._sensitive, criterion)
        )
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
            for row in found
            if row.accuracy is not None and row.gap is not None and row.stage != "original"
        ]
        if not points:
            show.note("No gap can be estimated here, so there is nothing to draw.")
            return
        title = f"{wording.short_title(criterion, self._favourable)}: gap by {wording.column_title(self._sensitive)}"
        show.figure(
            cached.drawn(
                tradeoff,
                points,
                gap_title=title,
                tolerance=self._audit.plan.tolerances.get(f"{criterion}_difference"),
                opened=self._record.title,
                theme=show.theme(),
            ),
            key="tradeoff",
            alt=tradeoff_alt(points, gap_title=title),
            rows=tables.trades(found, confidence=self._confidence),
            name="accuracy-gap",
            picked=lambda x, y: self._open(found, x, y),
        )
        if len(self._audit.trials) > 1:
            show.note(
                "Click a point to open its repair above. Neighbouring points may not be distinguishable."
            )

    def _criterion(self) -> str:
        """Name the criterion of the gap that leads the audit."""
        row = overview.lead(self._audit)
        return row.metric if row is not None and row.metric in CRITERIA else CRITERIA[0]

    def _open(self, found: tuple[TradeRow, ...], x: float, y: float) -> None:
        """Open the repair whose point was clicked."""
        names = list(dict.fromkeys(row.mitigation for row in found))
        for row in found:
            if (row.gap, row.accuracy) == (x, y):
                workspace.set_widget("trial", str(names.index(row.mitigation)))
                workspace.remember("trial", str(names.index(row.mitigation)))
                return

    def training(self) -> None:
        """Show what the repair did to the training rows, and what it measured and noticed on the way."""
        from audit.figures.training import cells, cells_alt, changed

        record = self._record
        if not (record.cells or record.notes or record.measured):
            return
        st.header("What the repair did", anchor=False)
        if record.cells and not any(changed(row) for row in record.cells):
            show.note("No training row was added, removed, relabelled or weighed.")
        elif record.cells:
            show.figure(
                cached.drawn(
                    cells, record.cells, label_name=self._audit.plan.roles.label, theme=show.theme()
                ),
                key="cells",
                alt=cells_alt(record.cells),
                rows=tables.cells(record.cells, self._audit.plan.roles.positive),
                name="training-rows",
            )
        for said in record.notes:
            st.markdown(f"- {text.sentence(said)}")
        for said in wording.measured(record.measured):
            st.markdown(f"- {text.sentence(said)}")

    def course(self) -> None:
        """Show the curves that the repair left: by epoch, and over its setting."""
        seriesview.shown(self._audit, self._record)


def _without_its_name(down: str) -> str:
    """Leave out the words that the chip before the sentence says already."""
    rest = down.removeprefix("Levelling down: ")
    return rest[:1].upper() + rest[1:]
