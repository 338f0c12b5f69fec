"""Augmentation: a generator makes the rows that cells of group and label lack, and they are added to the real ones."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import numpy as np

from audit.errors import AuditError, listing
from audit.mitigation.balance import describe_plan, plan_counts
from audit.mitigation.repair import PreProcessing, Repaired, by_threshold
from audit.mitigation.spec import Param, resolve_params
from audit.mitigation.synthesis.augmented import Augmented, join
from audit.mitigation.synthesis.maker import RowMaker, prepare
from audit.mitigation.synthesis.panel import MOST_ROWS, Rows, measure_quality
from audit.mitigation.synthesis.tuning import STEPS, pick_strength, rivals_on, tuning_series
from audit.mitigation.table import Treated, count_changes, group_name
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.balance import Target
    from audit.mitigation.repair import Task
    from audit.mitigation.spec import MitigationSpec, Value
    from audit.mitigation.synthesis.maker import Learning
    from audit.mitigation.synthesis.protocol import Generator
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress
    from audit.rows.likeness import LikenessRecord

TUNE: Final = Param(
    id="tune",
    title="Tune the strength on the validation rows",
    kind="choice",
    default="off",
    choices=("off", "selection", "opportunity"),
    choice_titles=(
        "No, use the strength as it is set",
        "To the closest selection rates",
        "To the closest chances of those whose label is favourable",
    ),
    help=(
        "Trains the model with a quarter, a half, three quarters and all of the strength, and keeps the one with the "
        "smallest gap on the validation rows that costs at most one percentage point of accuracy."
    ),
)
"""The setting that says whether the strength is looked for."""

MIN_CELL: Final = "min_cell"
_FEWEST_HELD: Final = 40
_MIXTURE = 0x313
_ROOM = 0.02
_MANY = 4_000
"""Training rows from which a tenth is enough to test a training on."""
_FIT, _MAKE = 0.7, 0.8


class Augmentation(PreProcessing):
    """Base of the methods that add made rows; each says which generator makes them.

    Real rows are never dropped or changed. Made rows are marked, and none enters the validation or the test rows.
    """

    tests_aside: ClassVar[bool] = False
    """Whether the generator tests itself on training rows that it does not learn from."""

    spec: ClassVar[MitigationSpec]

    @abstractmethod
    def generator(self, settings: Mapping[str, Value], *, favourable: int, folder: Path | None) -> Generator:
        """Build the generator.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        favourable : int
            Which label is good for the person.
        folder : pathlib.Path or None
            Where an unfinished training may be kept.

        Returns
        -------
        Generator
            Not fitted yet.
        """

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Add the rows that cells lack.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Treated
            The real rows followed by the made ones, cell by cell, with the quality of the made rows.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        AuditError
            Where a cell that lacks rows is too small to learn from.
        """
        return self.augment(table, None, seed=seed, progress=progress).treated

    def augment(
        self,
        table: TrainingTable,
        validation: TrainingTable | None,
        *,
        seed: int,
        progress: Progress,
        favourable: int = 1,
        folder: Path | None = None,
    ) -> Augmented:
        """Add the rows that cells lack, and keep what made them.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        validation : TrainingTable or None
            Rows to measure made ones on; None takes a tenth of the training rows, from which nothing is learned.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.
        favourable : int, default 1
            Which label is good for the person.
        folder : pathlib.Path or None
            Where an unfinished training may be kept.

        Returns
        -------
        Augmented
            The rows, the generator and the quality.
        """
        settings = resolve_params(self.spec, self.get_params())
        progress(0.0, "Planning cells")
        before = table.counts()
        after = plan_counts(
            before,
            strategy="oversample",
            target=cast("Target", settings["target"]),
            strength=float(settings["strength"]),
        )
        self._refuse_small_cells(table, before, after, smallest=int(settings[MIN_CELL]))
        made_cell = np.repeat(np.arange(before.size), (after - before).ravel())
        plan = describe_plan(table.groups, before, after)
        if not len(made_cell):
            note = (
                "Under this plan no cell that holds rows lacks any: none were made and nothing was trained."
            )
            progress(1.0, "No rows are lacking")
            rows = join(table, made_cell, table.frame.iloc[:0], count_changes(table.groups, before, after))
            return Augmented(treated=replace(rows, notes=(note, *plan)), groups=table.groups)
        testing = self.tests_aside and len(table.label) >= _MANY
        learning = prepare(table, seed=seed, aside=testing or validation is None)
        maker = self._fit(
            learning,
            table,
            settings,
            seed=seed,
            favourable=favourable,
            folder=folder,
            progress=within(progress, 0.0, _FIT),
        )
        made = maker.make(made_cell, seed=seed, progress=within(progress, _FIT, _MAKE))
        treated = join(table, made_cell, made, count_changes(table.groups, before, after))
        quality, likeness = _quality(
            table,
            validation,
            learning,
            maker,
            (made, made_cell),
            seed=seed,
            progress=within(progress, _MAKE, 1.0),
        )
        progress(1.0, "Rows are made")
        notes = (*self._notes(table, learning, maker, quality), *plan)
        inner = maker.generator
        return Augmented(
            treated=replace(treated, notes=notes, quality={**quality, **(inner.measured if inner else {})}),
            groups=table.groups,
            maker=maker,
            series=inner.series if inner else (),
            likeness=likeness,
        )

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Add the rows that cells lack and train the model again.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The retrained model, with the threshold it had.
        """
        settings = resolve_params(self.spec, self.get_params())
        found = self.augment(
            task.train,
            task.validation,
            seed=task.seed,
            favourable=int(task.favourable == "positive"),
            folder=task.shelf,
            progress=within(progress, 0.0, 0.7),
        )
        progress(0.7, "Training the model again")
        treated, series, notes = found.treated, found.series, found.treated.notes
        fitted = task.fit(treated.frame, treated.label, treated.weight, within(progress, 0.7, 0.8))
        if settings["tune"] != "off" and treated.synthetic.any():
            target = cast("Target", settings["target"])
            whole = float(settings["strength"])
            tried: list[tuple[float, Any, Treated | None]] = [
                (0.0, task.base, None),
                (whole, fitted, treated),
            ]
            for place, share in enumerate(STEPS):
                at = found.at_strength(task.train, target, share * whole)
                part = within(progress, 0.8 + 0.04 * place, 0.84 + 0.04 * place)
                tried.append((share * whole, task.fit(at.frame, at.label, at.weight, part), at))
            tried.sort(key=lambda one: one[0])
            picked = pick_strength(
                task, [(share, model) for share, model, _ in tried], aim=str(settings["tune"])
            )
            share, fitted, chosen = tried[picked]
            treated = found.at_strength(task.train, target, 0.0) if chosen is None else chosen
            series = (*series, tuning_series(task, [(s, model) for s, model, _ in tried], picked=share))
            notes = (
                *notes,
                f"The strength {share:.2f} was picked on the {_where(task)} rows, of {len(tried)} tried.",
            )
        progress(0.93, "Comparing with copies and weights")
        likeness = found.likeness
        if likeness is not None:
            rivals = rivals_on(task, fitted, treated, progress=within(progress, 0.93, 1.0))
            likeness = replace(likeness, rivals=rivals)
        progress(1.0, "Trained")
        return replace(
            by_threshold(fitted, task.threshold),
            cells=tuple(treated.cells),
            notes=tuple(notes),
            quality=treated.quality,
            series=series,
            likeness=likeness,
            augmented=replace(found, treated=treated),
        )

    def _fit(
        self,
        learning: Learning,
        table: TrainingTable,
        settings: Mapping[str, Value],
        *,
        seed: int,
        favourable: int,
        folder: Path | None,
        progress: Progress,
    ) -> RowMaker:
        generator = None
        if learning.lesson.columns:
            generator = self.generator(settings, favourable=favourable, folder=folder)
            generator.fit(learning.lesson, seed=seed, progress=progress)
        return RowMaker(
            generator=generator,
            values=learning.lesson.values,
            templates=learning.templates,
            groups=table.groups,
        )

    def _refuse_small_cells(
        self, table: TrainingTable, before: NDArray[np.int64], after: NDArray[np.int64], *, smallest: int
    ) -> None:
        """Refuse to imitate people of whom there are too few."""
        cell = table.group.astype(np.int64) * 2 + table.label
        usable = np.bincount(cell[table.weight > 0], minlength=before.size).reshape(before.shape)
        small = np.argwhere((after > before) & (usable < smallest)).tolist()
        if not small:
            return
        named = [
            f"{group_name(table.groups[code])} with label {label}: {int(usable[code, label])} rows, "
            f"{smallest - int(usable[code, label])} more needed"
            for code, label in small
        ]
        more = f"; and {len(named) - 12} more" if len(named) > 12 else ""
        raise AuditError(
            f"{self.spec.title} cannot learn from cells of fewer than {smallest} training rows: "
            f"{'; '.join(named[:12])}{more}.",
            why="From so few people it would learn single persons by heart, or nothing.",
            fix="Collect more rows, merge small groups, or use resampling.",
            code=f"{self.spec.id}_small_cells",
        )

    def _notes(
        self, table: TrainingTable, learning: Learning, maker: RowMaker, quality: Mapping[str, float]
    ) -> tuple[str, ...]:
        """Say what a reader must know about these rows."""
        inner = maker.generator
        if inner is None:
            return ("No feature varies, so the rows made are copies and nothing was trained.",)
        notes = list(inner.notes)
        real, alone = (quality.get(f"{kind}_pair_trends", 0.0) for kind in ("real", "independent"))
        # Where chance leaves less room than this, the comparison says nothing.
        if real - alone > _ROOM and quality["pair_trends"] <= alone:
            notes.append(
                "The made rows keep the links between columns no better than drawing every column by itself: train "
                "longer, or use resampling instead."
            )
        if not quality:
            notes.append(
                "There are too few rows to hold made rows against real ones that were not learned from."
            )
        folded = getattr(inner, "folded", ())
        if folded:
            names = listing(str(table.frame.columns[place]) for place in folded)
            notes.append(f"Rare levels were imitated together, and then drawn from the real ones: {names}.")
        if len(learning.rows) < int((table.weight > 0).sum()):
            notes.append(f"The generator learned from {len(learning.rows):,} training rows drawn at random.")
        if np.ptp(table.weight) > 0:
            notes.append(
                "Balance is counted in rows; a made row has the mean weight of the real rows of its cell, and rows of "
                "more weight were learned from more often."
            )
        return tuple(notes)


def _quality(
    table: TrainingTable,
    validation: TrainingTable | None,
    learning: Learning,
    maker: RowMaker,
    added: tuple[pd.DataFrame, NDArray[np.int64]],
    *,
    seed: int,
    progress: Progress,
) -> tuple[dict[str, float], LikenessRecord | None]:
    """Hold made rows against real ones that the generator never saw."""
    lesson = learning.lesson
    if validation is not None:
        usable = validation.weight > 0
        held = Rows(
            frame=validation.frame[usable].reset_index(drop=True),
            cell=(validation.group.astype(np.int64) * 2 + validation.label)[usable],
        )
    else:
        rows, places = np.unique(learning.rows[lesson.aside], return_index=True)
        held = Rows(
            frame=table.frame.iloc[rows].reset_index(drop=True), cell=lesson.cell[lesson.aside][places]
        )
    if len(held.cell) < _FEWEST_HELD or not lesson.columns:
        return {}, None
    learned = Rows(
        frame=table.frame.iloc[learning.rows[~lesson.aside]].reset_index(drop=True), cell=lesson.learned[1]
    )
    mixed = np.random.default_rng([seed, _MIXTURE]).permutation(learned.cell)[:MOST_ROWS]
    mixture = maker.make(mixed, seed=seed + 1, progress=within(progress, 0.0, 0.3))
    return measure_quality(
        learned,
        held,
        Rows(frame=mixture, cell=mixed),
        Rows(frame=added[0], cell=added[1]),
        columns=lesson.columns,
        groups=table.groups,
        held_from="validation" if validation is not None else "train",
        seed=seed,
        progress=within(progress, 0.3, 1.0),
    )


def _where(task: Task) -> str:
    return "training" if task.validation is None else "validation"
