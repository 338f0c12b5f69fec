"""Correlation remover: take out of every feature what goes, on average, with the group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import quote
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, count_changes, group_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Repaired, Task
    from audit.mitigation.represent.matrix import Matrix
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="correlation_remover",
    title="Correlation remover",
    stage="pre",
    summary=(
        "Takes out of every feature what goes, on average, with the group: after it the mean of each feature is the same "
        "in all groups, so no feature is correlated with the group. Texts become one number for each of their values "
        "first, which are treated alike."
    ),
    assumes=(
        "What has to go is in the averages. A model that is not linear can still tell groups apart by how features spread "
        "or go together. The group is known for everybody who is decided about."
    ),
    caution=(
        "The model sees numbers that nobody has measured, such as a job that is held by −0.1 of a person, so its reasons "
        "are hard to explain. Real differences that matter for the outcome go as well. It uses the group when it decides; "
        "whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "The correlation of each feature with the group is 0 on the training rows. A linear model then gives all groups "
        "the same mean log-odds, which usually brings selection rates closer; where one group's scores spread much wider, "
        "as with employment by disability, the gap can grow. Trees usually find part of the way back, and can widen a gap: "
        "values that no other group has give a group away. Read the change on the test rows."
    ),
    params=(
        Param(
            id="strength",
            title="Strength",
            kind="float",
            default=1.0,
            low=0.0,
            high=1.0,
            help="The share of the difference in means that is taken out: 0 takes nothing, 1 all of it.",
        ),
    ),
    references=(
        (
            "Weerts, H., Dudík, M., Edgar, R., Jalali, A., Lutz, R. and Madaio, M. (2023). Fairlearn: assessing and "
            "improving fairness of AI systems. Journal of Machine Learning Research 24(257), 1–8. "
            "doi:10.48550/arXiv.2303.16626"
        ),
    ),
    group_at_decision=True,
)

FEWEST: Final = 20
"""With fewer rows than this a group has no mean to speak of."""

_ROOM: Final = 1e-12

_NAMED: Final = 3

_WORTH_NAMING: Final = 0.05
"""Standard deviations of a feature from which on a move is told."""


class CorrelationRemover(PreProcessing):
    """Regress every feature on the group and keep the residual, about the common mean.

    Parameters
    ----------
    strength : float, default 1.0
        From 0 (features stay) to 1 (no correlation is left).

    Notes
    -----
    With s the indicators of the groups, x′ = x − α (s − s̄) β, β from weighted least squares. As s are indicators, this
    moves each group by the difference between its weighted mean and the common one. Nobody is moved in a group with fewer
    than 20 training rows, whose mean would be the features of a few persons, or in one that training did not know.
    """

    spec = SPEC

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:  # noqa: ARG002 - nothing is drawn
        """Take the group's mean out of the features, and say how it is taken out of those of later rows.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Without effect: nothing is drawn.
        progress : callable
            Told the share done.

        Returns
        -------
        Treated
            The same rows as numbers, and what does the same to any other row.

        Raises
        ------
        PlanError
            Where the strength is out of range.
        ModelError
            Where no column can be a feature.
        """
        from audit.mitigation.represent.change import MeansTakenOut
        from audit.mitigation.represent.matrix import as_matrix

        strength = float(resolve_params(SPEC, self.get_params())["strength"])
        progress(0.0, "Reading the features")
        counts = table.counts()
        kept: dict[str, Any] = {
            "label": table.label.copy(),
            "group": table.group.copy(),
            "weight": table.weight.copy(),
            "synthetic": np.zeros(len(table.label), dtype=bool),
            "cells": count_changes(table.groups, counts, counts),
        }
        if not strength:
            progress(1.0, "Nothing is taken out")
            return Treated(frame=table.frame.reset_index(drop=True), **kept)
        seen = table.frame.drop(columns=list(table.fixed)) if _others(table) else table.frame
        matrix = as_matrix(seen)
        values = matrix.of(seen)
        progress(0.5, "Taking out the means")
        moves = strength * group_moves(values, table)
        transform = MeansTakenOut(matrix=matrix, moves=moves, groups=table.groups)
        progress(1.0, "Means are taken out")
        return Treated(
            frame=matrix.frame(values - moves[table.group]),
            notes=(*matrix.encoder.notes, *_furthest(matrix, values, moves, table), *_notes(table, moves)),
            transform=transform,
            **kept,
        )

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Take the group's mean out of the features and train the model again.

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

        Raises
        ------
        ModelError
            Where the model takes its own columns only.
        """
        from audit.mitigation.represent.refit import told_plainly

        with told_plainly(SPEC.title):
            return super().repair(task, progress=progress)


def group_moves(values: NDArray[np.float64], table: TrainingTable) -> NDArray[np.float64]:
    """Say how far each feature of a group lies from the common mean.

    Parameters
    ----------
    values : ndarray of float64 of shape (n, features)
        The features of the training rows.
    table : TrainingTable
        Their groups and weights.

    Returns
    -------
    ndarray of float64 of shape (groups + 1, features)
        Weighted mean of the group less that of everybody; 0 for a group with fewer than 20 rows that count, and in the
        last row, which is where the code −1 leads.
    """
    groups = len(table.groups)
    mass = np.bincount(table.group, weights=table.weight, minlength=groups)
    moves = np.zeros((groups + 1, values.shape[1]))
    if mass.sum() <= 0:
        return moves
    sums = np.stack(
        [np.bincount(table.group, weights=table.weight * column, minlength=groups) for column in values.T],
        axis=1,
    )
    common = sums.sum(axis=0) / mass.sum()
    counted = _enough(table)
    moves[:-1][counted] = sums[counted] / mass[counted, None] - common
    moves[np.abs(moves) < _ROOM] = 0.0
    return moves


def _enough(table: TrainingTable) -> NDArray[np.bool_]:
    """Whether each group has rows enough for a mean of its own."""
    rows = np.bincount(table.group, weights=table.weight > 0, minlength=len(table.groups))
    return np.asarray(rows >= FEWEST)


def _others(table: TrainingTable) -> bool:
    """Whether there are features besides those that are the group itself."""
    return bool(table.fixed) and len(table.fixed) < table.frame.shape[1]


def _furthest(
    matrix: Matrix, values: NDArray[np.float64], moves: NDArray[np.float64], table: TrainingTable
) -> list[str]:
    """Name the features that groups are moved furthest in, against how much each feature spreads."""
    spread = values.std(axis=0)
    far = np.divide(
        np.abs(moves[:-1]), spread, out=np.zeros_like(moves[:-1]), where=(spread > 0) & np.isfinite(spread)
    )
    numbers = len(matrix.encoder.numbers)
    told = []
    for place in np.argsort(-far.max(axis=0), kind="stable")[:_NAMED].tolist():
        group = int(far[:, place].argmax())
        if far[group, place] < _WORTH_NAMING:
            break
        # What is taken out of a group that lies above the mean makes its values smaller.
        way = "down" if moves[group, place] > 0 else "up"
        much = (
            f"{far[group, place]:.2f} standard deviations"
            if place < numbers
            else f"{100 * abs(moves[group, place]):.1f} points"
        )
        told.append(f"{quote(matrix.names[place])} {way} by {much} (group {group_name(table.groups[group])})")
    return [f"Moved furthest: {', '.join(told)}."] if told else []


def _notes(table: TrainingTable, moves: NDArray[np.float64]) -> tuple[str, ...]:
    notes = []
    if _others(table):
        notes.append(
            "The columns that make the groups are no longer features: without its means nothing of them is left."
        )
    if not moves.any():
        notes.append("All groups have the same means: nothing was taken out.")
    few = [
        group_name(group) for group, enough in zip(table.groups, _enough(table), strict=True) if not enough
    ]
    if few:
        notes.append(
            f"Too few rows for a mean of their own, left as they are: group {', '.join(few[:5])}"
            f"{f' and {len(few) - 5} more' if len(few) > 5 else ''}."
        )
    return tuple(notes)
