"""What a mitigation is given and what it gives back, whatever the stage at which it works.

Every mitigation answers :meth:`Mitigation.repair`: from training and validation rows and a way to train the audited
model again, to something that decides about any rows. Test rows are never part of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from audit.mitigation.spec import Mitigation
from audit.models.draws import row_draws
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.rule import GroupRule
    from audit.mitigation.synthesis.augmented import Augmented
    from audit.mitigation.table import TrainingTable, Treated
    from audit.models.baseline import Fitted
    from audit.progress import Progress
    from audit.rows.likeness import LikenessRecord
    from audit.rows.series import Series
    from audit.rows.trials import CellCount

    Groups: TypeAlias = NDArray[np.integer[Any]]
    Fit: TypeAlias = Callable[[pd.DataFrame, NDArray[np.int8], NDArray[np.float64] | None, Progress], Fitted]

_STREAM: Final = 0x7C15
"""Names the stream of random numbers that decides between two thresholds where no model is handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aids:
    """What a mitigation may use besides the rows; all of it can be missing.

    Parameters
    ----------
    shelf : pathlib.Path or None, default None
        A folder where an unfinished training may be kept, so that it can go on after it was cut off.
    secret : bytes, default b""
        What noise is drawn from that hides single people, where it is to be the same again; never in a result.
    """

    shelf: Path | None = None
    secret: bytes = field(default=b"", repr=False)


NO_AIDS: Final = Aids()
"""Nothing besides the rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """Everything that a mitigation may see.

    Parameters
    ----------
    train : TrainingTable
        The rows that models learn from.
    validation : TrainingTable or None
        Rows to tune and to stop on, in the same groups; None where the data keep none apart. See :meth:`tuning`.
    fit : callable
        Trains the audited kind of model again: (frame, label, weight, progress) → Fitted.
    base : Fitted
        That model, trained on the training rows as they are.
    threshold : float
        A score at or above it is a positive decision.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    seed : int
        Where every random draw starts.
    aids : Aids
        What may be used besides the rows.
    """

    train: TrainingTable
    validation: TrainingTable | None
    fit: Fit
    base: Fitted
    threshold: float
    favourable: str
    seed: int
    aids: Aids = NO_AIDS

    @property
    def tuning(self) -> TrainingTable:
        """The validation rows, or the training rows where there are none."""
        return self.train if self.validation is None else self.validation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repaired:
    """What a mitigation gives back: it decides about rows, and says what happened on the way.

    Parameters
    ----------
    decide : callable
        (frame, group) → 0 or 1 for each row; group is the position among the training groups, −1 for any other.
    score : callable or None
        (frame, group) → a score for each row, where decisions come from scores.
    cells : tuple of CellCount
        What happened to the training rows, where they were changed.
    notes : tuple of str
        What a reader must know of this run, as sentences.
    quality : mapping of str to float
        How good generated rows are; empty where none were generated.
    measured : mapping of str to float
        What else was measured, by its id in :data:`audit.wording.MEASURED`, such as "duality_gap".
    series : tuple of Series
        Curves by epoch or over a setting.
    fitted : Fitted or None
        The model whose scores are used, where it can be handed over as a file.
    transform : callable or None
        (frame, group) → what that model sees, where features are changed first.
    rule : GroupRule or None
        How its scores become decisions, where that depends on the group; None for one threshold.
    likeness : LikenessRecord or None
        How like real rows generated ones are, by cell, group and column.
    augmented : Augmented or None
        The training rows with the generated ones, and what made them, to be handed over as files.
    """

    decide: Callable[[pd.DataFrame, Groups], NDArray[np.int8]]
    score: Callable[[pd.DataFrame, Groups], NDArray[np.float64]] | None = None
    cells: tuple[CellCount, ...] = ()
    notes: tuple[str, ...] = ()
    quality: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    fitted: Fitted | None = None
    transform: Callable[[pd.DataFrame, Groups], pd.DataFrame] | None = None
    rule: GroupRule | None = None
    likeness: LikenessRecord | None = None
    augmented: Augmented | None = None


def by_threshold(
    fitted: Fitted,
    threshold: float,
    *,
    transform: Callable[[pd.DataFrame, Groups], pd.DataFrame] | None = None,
) -> Repaired:
    """Decide by one threshold for everybody.

    Parameters
    ----------
    fitted : Fitted
        The model.
    threshold : float
        A score at or above it is a positive decision.
    transform : callable or None
        (frame, group) → the frame that the model is to see.

    Returns
    -------
    Repaired
        Without notes or cells; add them with :func:`dataclasses.replace`.
    """

    def score(frame: pd.DataFrame, group: Groups) -> NDArray[np.float64]:
        return fitted.score(frame if transform is None else transform(frame, group))

    def decide(frame: pd.DataFrame, group: Groups) -> NDArray[np.int8]:
        return (score(frame, group) >= threshold).astype(np.int8)

    return Repaired(decide=decide, score=score, fitted=fitted, transform=transform)


def by_rule(fitted: Fitted, rule: GroupRule, *, seed: int) -> Repaired:
    """Decide by thresholds that depend on the group.

    A draw between two thresholds follows from what a model that can be handed over sees of a row, so that its file
    decides alike. Scores that come from elsewhere may be all that is seen, and many people share one: there it follows
    from the place of the row.

    Parameters
    ----------
    fitted : Fitted
        The model.
    rule : GroupRule
        The thresholds.
    seed : int
        Where draws between two thresholds start.

    Returns
    -------
    Repaired
        Without notes; add them with :func:`dataclasses.replace`.
    """

    def score(frame: pd.DataFrame, group: Groups) -> NDArray[np.float64]:
        del group
        return fitted.score(frame)

    def decide(frame: pd.DataFrame, group: Groups) -> NDArray[np.int8]:
        draw = (
            row_draws(frame, fitted.features, seed=seed)
            if fitted.estimator is not None or fitted.members
            else np.random.default_rng([seed, _STREAM]).random(len(frame))
        )
        return rule.decide(fitted.score(frame), group, draw=draw)

    return Repaired(decide=decide, score=score, fitted=fitted, rule=rule)


class PreProcessing(Mitigation, ABC):
    """A mitigation that changes the training rows; the audited kind of model is then trained on them."""

    @abstractmethod
    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Give the training rows after the treatment; the caller's table stays as it is.

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
            The rows to train on.
        """

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Treat the training rows and train the model again.

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
        treated = self.treat(task.train, seed=task.seed, progress=within(progress, 0.0, 0.7))
        progress(0.7, "Training the model again")
        fitted = task.fit(treated.frame, treated.label, treated.weight, within(progress, 0.7, 1.0))
        return replace(
            by_threshold(fitted, task.threshold, transform=treated.transform),
            cells=tuple(treated.cells),
            notes=tuple(treated.notes),
            quality=treated.quality,
            measured=treated.measured,
        )


class InProcessing(Mitigation, ABC):
    """A mitigation that trains a model in another way: override :meth:`repair`."""

    @abstractmethod
    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train a model under the mitigation.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The model.
        """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Scores of rows that thresholds may be set on.

    Parameters
    ----------
    score : ndarray of float64 of shape (n,)
        The score of each row, or of each bin of equal scores.
    label : ndarray of int8 of shape (n,)
        Labels, 0 or 1.
    group : ndarray of int of shape (n,)
        Position of each row's group in ``groups``.
    groups : tuple of tuple of str
        The groups.
    weight : ndarray of float64 of shape (n,)
        What each row counts; for bins the number of people, times their weight.
    threshold : float
        The threshold of now.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    people : ndarray of float64 of shape (n,) or None
        How many people each row stands for, without their weights; None where every row is one person.
    """

    score: NDArray[np.float64]
    label: NDArray[np.int8]
    group: Groups
    groups: tuple[tuple[str, ...], ...]
    weight: NDArray[np.float64]
    threshold: float
    favourable: str = "positive"
    people: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjusted:
    """How scores become decisions after a mitigation.

    Parameters
    ----------
    rule : GroupRule
        The thresholds.
    notes : tuple of str
        What a reader must know, as sentences.
    measured : mapping of str to float
        What was measured on the way, by its id.
    series : tuple of Series
        Curves over a setting.
    """

    rule: GroupRule
    notes: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    series: tuple[Series, ...] = ()


class PostProcessing(Mitigation, ABC):
    """A mitigation that leaves scores as they are and decides otherwise; it needs the group at decision time."""

    @abstractmethod
    def adjust(self, scores: Scores, *, seed: int, progress: Progress) -> Adjusted:
        """Set the thresholds.

        Parameters
        ----------
        scores : Scores
            Scores, labels and groups of rows that the model was not trained on, as rows or as weighted bins.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Adjusted
            Thresholds for each group.
        """

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Set thresholds on the validation rows, or on training rows that the scoring model has not seen.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The model as it was, with other thresholds.
        """
        from audit.mitigation.hull.crossed import tuning_scores

        progress(0.0, "Scoring the rows that thresholds are set on")
        scores, notes = tuning_scores(task, progress=within(progress, 0.0, 0.5))
        adjusted = self.adjust(scores, seed=task.seed, progress=within(progress, 0.5, 1.0))
        return replace(
            by_rule(task.base, adjusted.rule, seed=task.seed),
            notes=(*adjusted.notes, *notes),
            measured=adjusted.measured,
            series=adjusted.series,
        )
