"""Massaging: change the labels that lie nearest to the boundary until every group has the same base rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.mitigation.balance import largest
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, count_cells, count_changes, group_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="massaging",
    title="Massaging",
    stage="pre",
    summary=(
        "Changes recorded labels of training rows: in groups with few positive labels the most promising negatives "
        "become positive, in groups with many the least promising positives become negative, until all groups have the "
        "same base rate. A quick model ranks the rows, so that the labels nearest to its boundary are changed."
    ),
    assumes=(
        "Groups differ in their labels because the labels were given unequally, and most of all near the boundary. "
        "Where the labels record what really happened, this replaces facts by wishes."
    ),
    caution=(
        "It edits the ground truth that the model learns from: say so wherever the model is described. On the true labels "
        "it often overshoots, so that chances tilt the other way. The people whose labels are lowered are real. Changing "
        "a record by a protected characteristic may be unlawful even for training; have it checked."
    ),
    reading=(
        "The base rates of the training rows are equal; the table of cells shows how many labels were changed. The "
        "measures after it are taken on test rows with their labels as recorded, so a lower accuracy is expected. Read "
        "the chances by group: look for a gap that has changed sides."
    ),
    params=(
        Param(
            id="strength",
            title="Strength",
            kind="float",
            default=1.0,
            low=0.0,
            high=1.0,
            help=(
                "The share of the labels that would have to change for equal base rates: 0 changes none, 1 all of them. "
                "Smaller values edit less and overshoot less."
            ),
        ),
    ),
    references=(
        (
            "Kamiran, F. and Calders, T. (2009). Classifying without discriminating. International Conference on "
            "Computer, Control and Communication, 1–6. doi:10.1109/IC4.2009.4909197"
        ),
        (
            "Kamiran, F. and Calders, T. (2012). Data preprocessing techniques for classification without "
            "discrimination. Knowledge and Information Systems 33(1), 1–33. doi:10.1007/s10115-011-0463-8"
        ),
    ),
    edits_labels=True,
)


class Massaging(PreProcessing):
    """Promote and demote labels near the boundary until weighted base rates are equal.

    Parameters
    ----------
    strength : float, default 1.0
        Share of the labels to change, from 0 to 1.

    Notes
    -----
    A group of mass n and base rate p needs n |P − p| changes to reach the common base rate P. For two groups that is
    the same number for both, (p_M − p_F) n_F n_M / n, as Kamiran and Calders have it: what is promoted in one is
    demoted in the other, and the common base rate stays. A group with one label only takes part like the others.
    """

    spec = SPEC

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Change labels of the training rows.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where the model that ranks the rows starts.
        progress : callable
            Told the share done.

        Returns
        -------
        Treated
            The same rows, some with the other label.

        Raises
        ------
        PlanError
            Where the strength is out of range.
        ModelError
            Where the rows have one label only.
        """
        from audit.mitigation.ranking.ranker import rank

        strength = float(resolve_params(SPEC, self.get_params())["strength"])
        progress(0.0, "Counting cells")
        wanted = strength * changes_needed(table)
        label = table.label.copy()
        if (np.abs(wanted) > 0).any():
            score = rank(
                table, seed=seed, progress=lambda share, _: progress(0.8 * share, "Ranking the rows")
            )
            for code, mass in enumerate(wanted.tolist()):
                rows = nearest(table, score, code, mass)
                label[rows] = 1 - label[rows]
        progress(1.0, "Labels are changed")
        before, after = table.counts(), count_cells(table.group, label, len(table.groups))
        changed = label != table.label
        return Treated(
            frame=table.frame.reset_index(drop=True),
            label=label,
            group=table.group.copy(),
            weight=table.weight.copy(),
            synthetic=np.zeros(len(label), dtype=bool),
            cells=count_changes(table.groups, before, after),
            notes=_notes(table, changed),
            measured={"edited_labels": float(changed.sum())},
        )


def changes_needed(table: TrainingTable) -> NDArray[np.float64]:
    """Say how much of each group would have to get the other label for equal base rates.

    Parameters
    ----------
    table : TrainingTable
        The training rows.

    Returns
    -------
    ndarray of float64 of shape (groups,)
        In total weight: above 0 for labels to promote, below 0 for labels to demote; they add up to 0.
    """
    groups = len(table.groups)
    mass = np.bincount(table.group, weights=table.weight, minlength=groups)
    positive = np.bincount(table.group, weights=table.weight * table.label, minlength=groups)
    whole = mass.sum()
    return np.asarray(mass * (positive.sum() / whole) - positive if whole else np.zeros(groups))


def nearest(table: TrainingTable, score: NDArray[np.float64], code: int, mass: float) -> NDArray[np.int64]:
    """Choose the rows of a group whose labels are changed.

    Parameters
    ----------
    table : TrainingTable
        The training rows.
    score : ndarray of float64 of shape (n,)
        How likely the positive label is.
    code : int
        The group.
    mass : float
        Total weight to change: above 0 among the negatives with the highest scores, below 0 among the positives with the
        lowest.

    Returns
    -------
    ndarray of int64
        Positions; the number whose weight comes nearest to the mass. Rows of weight 0 are never chosen.
    """
    inside = (table.group == code) & (table.label == (0 if mass > 0 else 1)) & (table.weight > 0)
    rows = np.flatnonzero(inside)
    order = rows[np.argsort(-score[rows] if mass > 0 else score[rows], kind="stable")]
    reached = np.concatenate([[0.0], np.cumsum(table.weight[order])])
    return order[: int(np.argmin(np.abs(reached - abs(mass))))]


def _notes(table: TrainingTable, changed: NDArray[np.bool_]) -> tuple[str, ...]:
    """Say whose recorded labels were changed, and which way."""
    from audit.wording.numbers import percent

    notes = []
    if changed.any():
        share = percent(float(changed.mean()))
        notes.append(
            f"{int(changed.sum()):,} of {len(changed):,} recorded labels of the training rows were changed ({share}): "
            "the ground truth that the model learned from is edited."
        )
    for label, words in ((0, "from negative to positive"), (1, "from positive to negative")):
        counts = np.bincount(table.group[changed & (table.label == label)], minlength=len(table.groups))
        found = [
            (n, f"{group_name(table.groups[code])} {n:,}") for code, n in enumerate(counts.tolist()) if n
        ]
        if found:
            notes.append(f"Labels changed {words}: {largest(found)}.")
    return tuple(notes)
