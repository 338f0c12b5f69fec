"""Who competes for being the worst group, and which model is kept, by its losses on the validation rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from audit.errors import ModelError
from audit.mitigation.minimax.losses import wrong
from audit.mitigation.minimax.weights import shares_of
from audit.mitigation.spec import Param
from audit.mitigation.table import TrainingTable, group_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.minimax.losses import Loss
    from audit.mitigation.repair import Task
    from audit.progress import Progress

    Array = NDArray[np.float64]

Source: TypeAlias = Literal["validation", "aside", "train"]

MIN_CLASS: Final = 20
"""Training rows of each label below which a group does not compete."""

MIN_JUDGED: Final = 30
"""Validation rows below which a group's loss is too uncertain to choose by."""

_ASIDE: Final = 0xA51D
"""Names the stream of random numbers by which rows are kept aside."""

ENOUGH: Final = 0.9
"""The model kept is the one that costs least among those with this share of the best gain."""

MIN_ROWS: Final = Param(
    id="min_rows",
    title="Smallest group that can be the worst",
    kind="int",
    default=50,
    low=20,
    high=100_000,
    help=(
        "A group with fewer training rows, or with fewer than 20 of either label, counts among everybody and cannot be "
        "the worst group: its loss is mostly chance."
    ),
)
"""The setting of who competes."""

MAX_COST: Final = Param(
    id="max_cost",
    title="Most that everybody's loss may rise",
    kind="float",
    default=0.05,
    low=0.0,
    high=1.0,
    help="As a share of what it is without the mitigation, on the validation rows: 0.05 allows 5 % more.",
)
"""The setting of what it may cost."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """The rows by which models are told apart, and the groups that compete.

    Parameters
    ----------
    rows : TrainingTable
        The validation rows; the training rows where they are too few.
    loss : Loss
        What is judged.
    threshold : float
        A score at or above it is a positive decision.
    inside : ndarray of bool of shape (groups,)
        Groups that compete in training.
    judged : ndarray of bool of shape (groups,)
        Those of them with enough rows here.
    source : {"validation", "aside", "train"}
        Whether these are validation rows, training rows that were kept aside, or the training rows themselves.
    notes : tuple of str
        Who is left out, as sentences.
    """

    rows: TrainingTable
    loss: Loss
    threshold: float
    inside: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    source: Source
    notes: tuple[str, ...]

    def measure(self, score: Array) -> Standing:
        """Give the losses of scores.

        Parameters
        ----------
        score : ndarray of float64 of shape (n,)
            Scores of the rows.

        Returns
        -------
        Standing
            By group and of everybody.
        """
        shares = shares_of(self.rows, self.loss.counted)
        row = self.loss.judge(self.rows.label, score, self.threshold)
        missed = wrong(self.rows.label, score, self.threshold)
        everybody = shares_of(self.rows, None)
        return Standing(
            row=row,
            by_group=shares.by_group(row),
            errors=everybody.by_group(missed),
            # one kind of error alone is nothing that everybody bears: all errors together are
            overall=everybody.overall(row if self.loss.counted is None else missed),
            error=everybody.overall(missed),
            selected=everybody.overall((score >= self.threshold).astype(np.float64)),
            judged=self.judged,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How a model does, by group.

    Parameters
    ----------
    row : ndarray of float64 of shape (n,)
        Loss of each row.
    by_group : ndarray of float64 of shape (groups,)
        Loss of each group; NaN where no row counts.
    errors : ndarray of float64 of shape (groups,)
        Share of wrong decisions in each group; NaN where no row counts.
    overall : float
        What everybody bears: the same loss, or for one kind of error the error rate.
    error : float
        Share of wrong decisions overall.
    selected : float
        Share of positive decisions.
    judged : ndarray of bool of shape (groups,)
        Groups that can be the worst.
    """

    row: Array
    by_group: Array
    errors: Array
    overall: float
    error: float
    selected: float
    judged: NDArray[np.bool_]

    @property
    def worst(self) -> float:
        """The largest loss of a group."""
        return float(self.by_group[self.judged].max())

    @property
    def worst_group(self) -> int:
        """The position of the group that has it."""
        return int(np.flatnonzero(self.judged)[np.argmax(self.by_group[self.judged])])


def set_judge(
    train: TrainingTable,
    held: TrainingTable | None,
    loss: Loss,
    *,
    threshold: float,
    min_rows: int,
    source: Source = "validation",
) -> Judge:
    """Say which groups compete, and on which rows models are told apart.

    Parameters
    ----------
    train : TrainingTable
        Training rows.
    held : TrainingTable or None
        Rows to choose on that training does not see.
    loss : Loss
        What is judged.
    threshold : float
        A score at or above it is a positive decision.
    min_rows : int
        Training rows that a group needs.
    source : {"validation", "aside"}
        Where the rows to choose on come from.

    Returns
    -------
    Judge
        With sentences about who is left out.

    Raises
    ------
    ModelError
        Where no group is large enough.
    """
    inside, notes = _competing(train, min_rows)
    judged = inside if held is None else inside & (_says(held, loss) >= MIN_JUDGED)
    if held is None or not judged.any():
        source, rows, judged = "train", train, inside
        notes += (
            (
                "There are too few rows to keep some aside and choose on: the training rows were used, on which every model "
                "looks better than it is."
            ),
        )
    else:
        rows = held
        notes += _unjudged(train, inside & ~judged)
    return Judge(
        rows=rows,
        loss=loss,
        threshold=threshold,
        inside=inside,
        judged=judged,
        source=source,
        notes=notes,
    )


def keep_aside(table: TrainingTable, *, seed: int) -> tuple[TrainingTable, TrainingTable | None]:
    """Keep a fifth of every group and label aside to choose on, where the data have no validation rows.

    Parameters
    ----------
    table : TrainingTable
        The training rows.
    seed : int
        Where the draw starts.

    Returns
    -------
    learn : TrainingTable
        The rows to train on.
    held : TrainingTable or None
        The rows kept aside; None where that would be none.
    """
    generator = np.random.default_rng([seed, _ASIDE])
    says = np.flatnonzero(table.weight > 0)
    cell = table.group[says].astype(np.int64) * 2 + table.label[says]
    aside = np.zeros(len(table.label), dtype=bool)
    for code in np.unique(cell):
        rows = generator.permutation(says[cell == code])
        aside[rows[: len(rows) // 5]] = True
    if not aside.any():
        return table, None
    return _part(table, ~aside), _part(table, aside)


def prepare(task: Task, loss: Loss, *, min_rows: int, progress: Progress) -> tuple[Task, Judge]:
    """Give the task with rows to choose on that its models have not seen, and who is judged by them.

    Parameters
    ----------
    task : Task
        Where it has no validation rows, a fifth of the training rows is kept aside and the first model trained again.
    loss : Loss
        What is judged.
    min_rows : int
        Training rows that a group needs.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    task : Task
        To train by.
    judge : Judge
        To choose by.
    """
    if task.validation is not None:
        judge = set_judge(task.train, task.validation, loss, threshold=task.threshold, min_rows=min_rows)
        return task, judge
    learn, held = keep_aside(task.train, seed=task.seed)
    judge = set_judge(task.train, held, loss, threshold=task.threshold, min_rows=min_rows, source="aside")
    if judge.source != "aside":
        return task, judge
    base = task.fit(learn.frame, learn.label, learn.weight, progress)
    return replace(task, train=learn, validation=held, base=base), judge


def judge_training(task: Task, judge: Judge) -> Judge:
    """Give a judge of the same groups by the training rows, where bounds are set.

    Parameters
    ----------
    task : Task
        The training rows.
    judge : Judge
        Whose groups compete.

    Returns
    -------
    Judge
        By the training rows.
    """
    return replace(judge, rows=task.train, judged=judge.inside, source="train", notes=())


def _part(table: TrainingTable, rows: NDArray[np.bool_]) -> TrainingTable:
    return replace(
        table,
        frame=table.frame.loc[rows].reset_index(drop=True),
        label=table.label[rows],
        group=table.group[rows],
        weight=table.weight[rows],
    )


def pick(standings: Sequence[Standing], *, max_cost: float) -> int:
    """Choose the model that costs least among those with nearly the best worst group.

    Parameters
    ----------
    standings : sequence of Standing
        First the model without the mitigation, then others, those that cost least first.
    max_cost : float
        Share by which everybody's loss may rise.

    Returns
    -------
    int
        Position of the choice; 0 where no other has a better worst group at that cost.
    """
    base = standings[0]
    gains = np.array(
        [
            base.worst - one.worst if one.overall <= base.overall * (1 + max_cost) + 1e-12 else -np.inf
            for one in standings
        ]
    )
    best = gains.max()
    return 0 if best <= 1e-12 else int(np.argmax(gains >= ENOUGH * best))


def _counted(table: TrainingTable) -> NDArray[np.int64]:
    """Count the rows that have a say, by group and label."""
    says = table.weight > 0
    cell = table.group[says].astype(np.int64) * 2 + table.label[says]
    return np.bincount(cell, minlength=2 * len(table.groups)).reshape(-1, 2)


def _says(table: TrainingTable, loss: Loss) -> NDArray[np.int64]:
    """Count the rows that make each group's loss."""
    counts = _counted(table)
    return np.asarray(counts.sum(axis=1) if loss.counted is None else counts[:, loss.counted])


def _competing(train: TrainingTable, min_rows: int) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Mark the groups that can be the worst, and name the others."""
    counts = _counted(train)
    inside = (counts.sum(axis=1) >= min_rows) & (counts.min(axis=1) >= MIN_CLASS)
    if not inside.any():
        raise ModelError(
            "No group is large enough to train for.",
            why=f"A group needs {min_rows:,} training rows, and {MIN_CLASS} of each label.",
            fix="Work on the groups of one sensitive column, or bring more rows.",
            code="minimax_small_groups",
        )
    alone = "Only one group is large enough to compete: there is no other to weigh it against."
    told = (alone,) if np.count_nonzero(inside) == 1 else ()
    return inside, (*_left_out(train, counts, inside), *told)


def _left_out(train: TrainingTable, counts: NDArray[np.int64], inside: NDArray[np.bool_]) -> tuple[str, ...]:
    out = np.flatnonzero(~inside)
    if not len(out):
        return ()
    told = [f"{group_name(train.groups[g])} ({counts[g, 0]:,} and {counts[g, 1]:,})" for g in out[:5]]
    more = f" and {len(out) - 5} more" if len(out) > 5 else ""
    return (
        (
            "Too small to be the worst group, so counted among everybody only (rows with label 0 and with label 1): "
            f"{', '.join(told)}{more}."
        ),
    )


def _unjudged(train: TrainingTable, which: NDArray[np.bool_]) -> tuple[str, ...]:
    names = [group_name(train.groups[g]) for g in np.flatnonzero(which)]
    if not names:
        return ()
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        (
            f"With fewer than {MIN_JUDGED} validation rows that count, {', '.join(names[:5])}{more} had no part in the "
            "choice of the model."
        ),
    )
