"""Label noise: find training labels that a model which has not seen them doubts, and change or leave them out."""

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
    id="label_noise",
    title="Doubtful labels",
    stage="pre",
    summary=(
        "Looks for recorded labels that are probably wrong: rows that a model, trained on other rows, puts with more than "
        "the usual confidence on the other side. What is usual is read within each group, so that a group whose labels "
        "are harder to predict is not suspected as a whole. Doubtful labels are changed, or their rows are left out."
    ),
    assumes=(
        "Labels are wrong at random within a group, and a simple model that has not seen a row knows better. Where labels "
        "are wrong in one direction for a whole group, the model has learned just that and finds nothing."
    ),
    caution=(
        "It edits the ground truth that the model learns from, on the word of another model. Doubt is no proof: unusual "
        "people with correct labels are doubted first. Changed labels make the training rows look easier than they are. "
        "Have a sample of the doubted records checked by somebody who can."
    ),
    reading=(
        "Read first how many labels of whom were doubted, and in which direction: a lopsided list says more about the "
        "recording than about the repair. Gaps are measured on test rows with labels as recorded, which may be as wrong."
    ),
    params=(
        Param(
            id="action",
            title="What to do with doubtful labels",
            kind="choice",
            default="change",
            choices=("change", "leave_out"),
            choice_titles=("Change the label", "Leave the row out"),
            help="Leaving rows out edits no label, and loses the people at the boundary.",
        ),
        Param(
            id="strength",
            title="Strength",
            kind="float",
            default=1.0,
            low=0.0,
            high=1.0,
            help="The share of the doubtful labels that is dealt with, the most doubtful first.",
        ),
        Param(
            id="most",
            title="Most labels of a group",
            kind="float",
            default=0.1,
            low=0.0,
            high=0.5,
            help=(
                "At most this share of a group's rows is dealt with, so that the model's doubt cannot rewrite a whole group."
            ),
        ),
    ),
    references=(
        (
            "Northcutt, C. G., Jiang, L. and Chuang, I. L. (2021). Confident learning: estimating uncertainty in dataset "
            "labels. Journal of Artificial Intelligence Research 70, 1373–1411. doi:10.1613/jair.1.12125"
        ),
        (
            "Wang, J., Liu, Y. and Levy, C. (2021). Fair classification with group-dependent label noise. ACM Conference "
            "on Fairness, Accountability, and Transparency, 526–536. doi:10.1145/3442188.3445915"
        ),
    ),
    aims=("error",),
    edits_labels=True,
)


class LabelNoise(PreProcessing):
    """Confident learning, group by group, with models that have not seen the rows they judge.

    Parameters
    ----------
    action : {"change", "leave_out"}, default "change"
        What is done with doubtful labels.
    strength : float, default 1.0
        Share of them, from 0 to 1.
    most : float, default 0.1
        Largest share of a group's rows.

    Notes
    -----
    With p(y) from a logistic regression of the other four fifths of the rows, the usual confidence t_{g,y} is the
    weighted mean of p(y) over the rows of group g that are labelled y. A row of group g with label y is doubtful where
    p(1 − y) ≥ t_{g,1−y} and p(1 − y) > p(y). Where the group has no row of the other label, nothing is doubted.
    """

    spec = SPEC

    def __init__(self, action: str = "change", strength: float = 1.0, most: float = 0.1) -> None:
        self.action = action
        self.strength = strength
        self.most = most

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Change or leave out doubtful labels of the training rows.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where the draw of the folds and the models start.
        progress : callable
            Told the share done.

        Returns
        -------
        Treated
            The rows, with other labels or without the doubtful ones.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        ModelError
            Where the rows of a fold leave one label only.
        """
        from audit.mitigation.ranking.ranker import rank_apart

        settings = resolve_params(SPEC, self.get_params())
        strength, most = float(settings["strength"]), float(settings["most"])
        progress(0.0, "Dealing the rows")
        chosen = np.zeros(len(table.label), dtype=bool)
        doubted = chosen
        if strength and most:
            score = rank_apart(
                table, seed=seed, progress=lambda share, message: progress(0.9 * share, message)
            )
            doubted = doubtful(table, score)
            chosen = _most_doubtful(table, score, doubted, strength=strength, most=most)
        progress(1.0, "Labels are judged")
        change = settings["action"] == "change"
        keep = np.ones(len(chosen), dtype=bool) if change else ~chosen
        label = np.where(chosen & change, 1 - table.label, table.label).astype(table.label.dtype)[keep]
        group = table.group[keep]
        return Treated(
            frame=table.frame.iloc[np.flatnonzero(keep)].reset_index(drop=True),
            label=label,
            group=group.copy(),
            weight=table.weight[keep].copy(),
            synthetic=np.zeros(len(label), dtype=bool),
            cells=count_changes(table.groups, table.counts(), count_cells(group, label, len(table.groups))),
            notes=_notes(table, doubted, chosen, change="changed" if change else "left out"),
            measured={"edited_labels": float(chosen.sum())} if change else {},
        )


def doubtful(table: TrainingTable, score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the rows whose label is doubted.

    Parameters
    ----------
    table : TrainingTable
        The training rows.
    score : ndarray of float64 of shape (n,)
        Probability of the positive label, from models that have not seen the row.

    Returns
    -------
    ndarray of bool of shape (n,)
        True where the other label is at least as sure as it usually is in the group; never for rows of weight 0.
    """
    cell = table.group.astype(np.int64) * 2 + table.label
    own = np.where(table.label == 1, score, 1 - score)
    mass = np.bincount(cell, weights=table.weight, minlength=2 * len(table.groups))
    sums = np.bincount(cell, weights=table.weight * own, minlength=2 * len(table.groups))
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(mass > 0, sums / mass, np.inf)
    other = 1 - own
    return np.asarray((other >= usual[cell ^ 1]) & (other > own) & (table.weight > 0))


def _most_doubtful(
    table: TrainingTable,
    score: NDArray[np.float64],
    doubted: NDArray[np.bool_],
    *,
    strength: float,
    most: float,
) -> NDArray[np.bool_]:
    """Choose among the doubted rows of each group those that are dealt with."""
    other = np.where(table.label == 1, 1 - score, score)
    chosen = np.zeros(len(doubted), dtype=bool)
    sizes = np.bincount(table.group, minlength=len(table.groups))
    for code, size in enumerate(sizes.tolist()):
        rows = np.flatnonzero(doubted & (table.group == code))
        take = min(round(strength * len(rows)), int(most * size))
        chosen[rows[np.argsort(-other[rows], kind="stable")][:take]] = True
    return chosen


def _notes(
    table: TrainingTable, doubted: NDArray[np.bool_], chosen: NDArray[np.bool_], *, change: str
) -> tuple[str, ...]:
    from audit.wording.numbers import percent

    if not doubted.any():
        return ("No label was doubted.",) if table.weight.any() else ()
    edits = ": the ground truth that the model learned from is edited" if change == "changed" else ""
    notes = [
        (
            f"{int(doubted.sum()):,} of {len(doubted):,} recorded labels of the training rows were doubted, "
            f"{int(chosen.sum()):,} {change}{edits}."
        )
    ]
    found = []
    for code, group in enumerate(table.groups):
        inside = table.group == code
        in_all = int((doubted & inside).sum())
        up, down = (int((chosen & inside & (table.label == label)).sum()) for label in (0, 1))
        if up or down:
            more = f", of {in_all:,} doubted" if in_all > up + down else ""
            share = percent((up + down) / inside.sum())
            found.append((up + down, f"{group_name(group)} {up:,} and {down:,} ({share} of its rows{more})"))
    if found:
        notes.append(f"Negative and positive labels {change} by group: {largest(found)}.")
    return tuple(notes)
