"""Who competes for being the worst group, and which model is kept, by its losses on the validation rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import ModelError
from audit.mitigation.minimax.weights import shares_of
from audit.mitigation.spec import Param
from audit.mitigation.table import TrainingTable, group_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.minimax.losses import Loss

    Array = NDArray[np.float64]

MIN_CLASS: Final = 20
"""Training rows of each label below which a group does not compete."""

MIN_JUDGED: Final = 30
"""Validation rows below which a group's loss is too uncertain to choose by."""

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
    validated : bool
        Whether these are validation rows.
    notes : tuple of str
        Who is left out, as sentences.
    """

    rows: TrainingTable
    loss: Loss
    threshold: float
    inside: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    validated: bool
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
        missed = (score >= self.threshold) != (self.rows.label == 1)
        everybody = shares_of(self.rows, None)
        return Standing(
            by_group=shares.by_group(row),
            errors=everybody.by_group(missed.astype(np.float64)),
            # one kind of error alone has no cost that everybody bears: all errors have
            overall=everybody.overall(row if self.loss.counted is None else missed.astype(np.float64)),
            error=everybody.overall(missed.astype(np.float64)),
            selected=everybody.overall((score >= self.threshold).astype(np.float64)),
            judged=self.judged,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How a model does, by group.

    Parameters
    ----------
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
    train: TrainingTable, validation: TrainingTable | None, loss: Loss, *, threshold: float, min_rows: int
) -> Judge:
    """Say which groups compete, and on which rows models are told apart.

    Parameters
    ----------
    train : TrainingTable
        Training rows.
    validation : TrainingTable or None
        Rows to choose on.
    loss : Loss
        What is judged.
    threshold : float
        A score at or above it is a positive decision.
    min_rows : int
        Training rows that a group needs.

    Returns
    -------
    Judge
        With sentences about who is left out.

    Raises
    ------
    ModelError
        Where no group is large enough.
    """
    counts = _counted(train)
    inside = (counts.sum(axis=1) >= min_rows) & (counts.min(axis=1) >= MIN_CLASS)
    if not inside.any():
        raise ModelError(
            "No group is large enough to train for.",
            why=f"A group needs {min_rows:,} training rows, and {MIN_CLASS} of each label.",
            fix="Work on the groups of one sensitive column, or bring more rows.",
            code="minimax_small_groups",
        )
    notes = list(_left_out(train, counts, inside))
    if validation is not None:
        held = _counted(validation)
        enough = held.sum(axis=1) if loss.counted is None else held[:, loss.counted]
        judged = inside & (enough >= MIN_JUDGED)
        if judged.any():
            notes += _unjudged(train, inside & ~judged)
            return Judge(
                rows=validation,
                loss=loss,
                threshold=threshold,
                inside=inside,
                judged=judged,
                validated=True,
                notes=tuple(notes),
            )
    notes.append(
        "There are too few validation rows to choose on: the training rows were used, on which every model looks "
        "better than it is."
    )
    return Judge(
        rows=train,
        loss=loss,
        threshold=threshold,
        inside=inside,
        judged=inside,
        validated=False,
        notes=tuple(notes),
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


def _left_out(train: TrainingTable, counts: NDArray[np.int64], inside: NDArray[np.bool_]) -> Sequence[str]:
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


def _unjudged(train: TrainingTable, which: NDArray[np.bool_]) -> Sequence[str]:
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
