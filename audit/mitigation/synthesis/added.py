"""What all methods have in common that add rows: which cells get how many, the model trained again, the strength tuned."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from audit.mitigation.balance import plan_counts
from audit.mitigation.repair import PreProcessing, Repaired, by_threshold
from audit.mitigation.spec import Param, resolve_params
from audit.mitigation.synthesis.tuning import STEPS, pick_strength, rivals_on, tuning_series
from audit.progress import within

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from audit.mitigation.balance import Target
    from audit.mitigation.repair import Task
    from audit.mitigation.spec import MitigationSpec, Value
    from audit.mitigation.synthesis.augmented import Augmented
    from audit.mitigation.table import TrainingTable, Treated
    from audit.progress import Progress

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


EQUAL_RATES: Final = "The difference in base rates between groups should not be learned. "
"""What every method that fills cells assumes."""

AS_RECORDED: Final = "The labels and values of the real rows are taken as they are."
"""What every method assumes that learns from real rows."""

BY_GROUP: Final = (
    "Making rows by a protected characteristic is a use of that characteristic in training; whether that is lawful "
    "depends on place and purpose, so have it checked."
)
"""What to clear first, whoever makes the rows."""

CLOSER: Final = (
    "The base rates of the training rows are equal; the selection rates of the retrained model come closer and are "
    "usually not equal. "
)
"""How to read what the rows did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the making of rows may use besides the rows.

    Parameters
    ----------
    favourable : int, default 1
        Which label is good for the person.
    folder : pathlib.Path or None, default None
        Where an unfinished training may be kept.
    secret : bytes, default b""
        What noise is drawn from that hides single people; empty for one of this process.
    """

    favourable: int = 1
    folder: Path | None = None
    secret: bytes = field(default=b"", repr=False)


ALONE: Final = Means()
"""Nothing besides the rows."""


@dataclass(eq=False, repr=False)
class AddedRows(PreProcessing):
    """Base of the methods that add rows to cells of group and label that lack some.

    Real rows are never dropped or changed. Added rows are marked, and none enters the validation or the test rows.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is added, from 0 to 1.
    """

    spec: ClassVar[MitigationSpec]

    target: str = "base_rate"
    strength: float = 1.0

    @abstractmethod
    def augment(
        self,
        table: TrainingTable,
        validation: TrainingTable | None,
        *,
        seed: int,
        progress: Progress,
        means: Means = ALONE,
    ) -> Augmented:
        """Add the rows that cells lack, and keep what made them.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        validation : TrainingTable or None
            Rows to measure made ones on, where they are measured.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.
        means : Means
            What may be used besides.

        Returns
        -------
        Augmented
            The real rows followed by the added ones, cell by cell.
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
            The real rows followed by the added ones, cell by cell, with their quality where it is measured.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        AuditError
            Where a cell that lacks rows is too small to learn from.
        """
        return self.augment(table, None, seed=seed, progress=progress).treated

    def settings(self) -> dict[str, Value]:
        """Give every setting, checked.

        Returns
        -------
        dict of str to bool, int, float or str
            By id.
        """
        return resolve_params(self.spec, self.get_params())

    def planned(self, table: TrainingTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count the rows of every cell as they are and as they should be.

        Parameters
        ----------
        table : TrainingTable
            The training rows.

        Returns
        -------
        tuple of ndarray of int64 of shape (groups, 2)
            Rows by group and label, before and after.
        """
        settings, before = self.settings(), table.counts()
        target = cast("Target", settings["target"])
        return before, plan_counts(
            before, strategy="oversample", target=target, strength=float(settings["strength"])
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
        settings = self.settings()
        found = self.augment(
            task.train,
            task.validation,
            seed=task.seed,
            means=Means(
                favourable=int(task.favourable == "positive"),
                folder=task.aids.shelf,
                secret=task.aids.secret,
            ),
            progress=within(progress, 0.0, 0.7),
        )
        progress(0.7, "Training the model again")
        treated, series, notes = found.treated, found.series, found.treated.notes
        fitted = task.fit(treated.frame, treated.label, treated.weight, within(progress, 0.7, 0.8))
        if settings.get(TUNE.id, "off") != "off" and treated.synthetic.any():
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
                task, [(share, model) for share, model, _ in tried], aim=str(settings[TUNE.id])
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


def _where(task: Task) -> str:
    return "training" if task.validation is None else "validation"
