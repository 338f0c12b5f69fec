"""Augmentation: a generator makes the rows that cells of group and label lack, and they are added to the real ones."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from audit.errors import AuditError, listing
from audit.mitigation.balance import FEW_ROWS, describe_plan
from audit.mitigation.spec import Param
from audit.mitigation.synthesis.added import ALONE, AddedRows, Means
from audit.mitigation.synthesis.augmented import Augmented, join
from audit.mitigation.synthesis.maker import RowMaker, prepare
from audit.mitigation.synthesis.panel import MOST_ROWS, Rows, measure_quality
from audit.mitigation.table import count_changes, group_name
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.maker import Learning
    from audit.mitigation.synthesis.protocol import Generator
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress
    from audit.rows.likeness import LikenessRecord

MIN_CELL: Final = "min_cell"
"""The setting that says how few rows a cell may have that is imitated."""

_FEWEST_HELD: Final = 40
_MIXTURE = 0x313
_ROOM = 0.02
_MANY = 4_000
"""Training rows from which a tenth is enough to test a training on."""
_FIT, _MAKE = 0.7, 0.8


def smallest_cell(default: int = FEW_ROWS, low: int = 10) -> Param:
    """Give the setting that says how few rows a cell may have that is imitated.

    Parameters
    ----------
    default : int, default 50
        What it is by default.
    low : int, default 10
        Its lowest value.

    Returns
    -------
    Param
        The setting.
    """
    return Param(
        id=MIN_CELL,
        title="Smallest cell to learn from",
        kind="int",
        default=default,
        low=low,
        high=10_000,
        help="A cell of group and label with fewer real rows is refused instead of being imitated.",
        tuned=False,
    )


@dataclass(eq=False, repr=False)
class Augmentation(AddedRows):
    """Base of the methods whose rows a generator makes; each says which.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    min_cell : int, default 50
        Fewest real rows of a cell that is to be imitated.
    """

    tests_aside: ClassVar[bool] = False
    """Whether the generator tests itself on training rows that it does not learn from."""

    min_cell: int = field(default=FEW_ROWS, kw_only=True)

    @abstractmethod
    def generator(self, settings: Mapping[str, Value], means: Means) -> Generator:
        """Build the generator.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        means : Means
            What it may use besides the rows.

        Returns
        -------
        Generator
            Not fitted yet.
        """

    def augment(
        self,
        table: TrainingTable,
        validation: TrainingTable | None,
        *,
        seed: int,
        progress: Progress,
        means: Means = ALONE,
    ) -> Augmented:
        """Learn from the real rows, make those that cells lack, and hold them against real ones.

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
        means : Means
            What may be used besides.

        Returns
        -------
        Augmented
            The rows, the generator and the quality.
        """
        progress(0.0, "Planning cells")
        before, after = self.planned(table)
        self._refuse_small_cells(table, before, after)
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
        learning = prepare(
            table, seed=seed, aside=testing or validation is None, person_by_person=self.spec.private
        )
        maker = self._fit(
            learning,
            table,
            means,
            seed=seed,
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

    def _fit(
        self,
        learning: Learning,
        table: TrainingTable,
        means: Means,
        *,
        seed: int,
        progress: Progress,
    ) -> RowMaker:
        generator, values = None, learning.lesson.values  # noqa: PD011 - no frame
        if learning.lesson.columns:
            generator = self.generator(self.settings(), means)
            generator.fit(learning.lesson, seed=seed, progress=progress)
        return RowMaker(
            generator=generator,
            values=generator.vocabulary(values) if generator else values,
            templates=learning.templates,
            groups=table.groups,
        )

    def _refuse_small_cells(
        self, table: TrainingTable, before: NDArray[np.int64], after: NDArray[np.int64]
    ) -> None:
        """Refuse to imitate people of whom there are too few."""
        smallest = int(self.settings()[MIN_CELL])
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
                f"more weight were learned from {'as often as others' if self.spec.private else 'more often'}."
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
    widths = lesson.values.widths  # noqa: PD011 - no frame
    varied = tuple(place for place in lesson.columns if widths[place] > 1)
    if len(held.cell) < _FEWEST_HELD or not varied:
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
        columns=varied,
        groups=table.groups,
        held_from="validation" if validation is not None else "train",
        seed=seed,
        progress=within(progress, 0.3, 1.0),
    )
