"""Prototype representation: describe everybody by how much they resemble a few typical persons, evenly in all groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, count_changes
from audit.progress import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.repair import Repaired, Task
    from audit.mitigation.represent.prototypes import Rows
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="prototype_representation",
    title="Prototype representation",
    stage="pre",
    summary=(
        "Learns a few prototypes, typical persons who exist in no record, and describes everybody by how much they "
        "resemble each. The prototypes are chosen so that all groups resemble each of them equally on average, while "
        "they still tell the outcome and the features. The model then sees the resemblances and nothing else."
    ),
    assumes=(
        "What matters for the outcome fits into a handful of types, and groups should be spread over the types alike. "
        "Only averages are made equal: within a type people of different groups may still differ."
    ),
    caution=(
        "Much is lost: people of one type get about the same score, whatever else sets them apart. A decision can only be "
        "explained by a resemblance. The result depends on the start of the search, so look at the range over seeds. "
        "Groups are used in training and not at the decision."
    ),
    reading=(
        "Selection rates come closer and accuracy falls; more prototypes lose less of both. The note says how far apart "
        "groups are in their resemblance on the training rows, where 0 is wanted."
    ),
    params=(
        Param(
            id="prototypes",
            title="Number of prototypes",
            kind="int",
            default=10,
            low=2,
            high=50,
            help="More of them keep more of what people differ in, and take longer.",
        ),
        Param(
            id="evenness",
            title="Weight of equal resemblance",
            kind="float",
            default=0.5,
            low=0.0,
            high=100.0,
            help=(
                "How much a difference between groups weighs against a worse prediction: 0 does not ask for it, large "
                "values make groups alike and all people too. Called A_z in the paper."
            ),
        ),
        Param(
            id="rebuild",
            title="Weight of the features",
            kind="float",
            default=0.1,
            low=0.0,
            high=100.0,
            help=(
                "How much it weighs that features can be told from the resemblances: small values keep only what predicts "
                "the outcome. Called A_x in the paper."
            ),
        ),
    ),
    references=(
        (
            "Zemel, R., Wu, Y., Swersky, K., Pitassi, T. and Dwork, C. (2013). Learning fair representations. "
            "International Conference on Machine Learning, PMLR 28(3), 325–333. "
            "https://proceedings.mlr.press/v28/zemel13.html"
        ),
    ),
)

_STREAM = 0x9607
_CONSTANT = 0.01


class PrototypeRepresentation(PreProcessing):
    """Learn prototypes by L-BFGS on standardised features and levels.

    Parameters
    ----------
    prototypes : int, default 10
        How many.
    evenness : float, default 0.5
        Weight of the differences between groups.
    rebuild : float, default 0.1
        Weight of rebuilding the features; the log loss of the label has the weight 1.

    Notes
    -----
    Resemblance is softmax(−Σ_j a_j (x_j − v_j)²), with prototypes v and scales a learned together. Prototypes are learned
    from at most 10,000 rows, drawn with the seed; everybody is then described by them. The group is not looked at.
    """

    spec = SPEC

    def __init__(self, prototypes: int = 10, evenness: float = 0.5, rebuild: float = 0.1) -> None:
        self.prototypes = prototypes
        self.evenness = evenness
        self.rebuild = rebuild

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Describe the training rows by prototypes, and say how later rows are described.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where the draws of rows and of first prototypes start.
        progress : callable
            Told the share done.

        Returns
        -------
        Treated
            The same rows as resemblances, and what does the same to any other row.

        Raises
        ------
        PlanError
            Where a setting is out of range.
        ModelError
            Where no column can be a feature.
        """
        from audit.mitigation.represent.change import Resembling
        from audit.mitigation.represent.matrix import as_matrix
        from audit.mitigation.represent.prototypes import learn

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Reading the features")
        matrix = as_matrix(table.frame)
        x = matrix.of(table.frame)
        rows, drawn = _drawn(table, x, seed=seed)
        found = learn(
            rows,
            int(settings["prototypes"]),
            evenness=float(settings["evenness"]),
            rebuild=float(settings["rebuild"]),
            seed=seed,
            progress=within(progress, 0.05, 0.95),
        )
        names = tuple(f"resemblance to prototype {at + 1}" for at in range(len(found.chance)))
        new = found.of(x)
        transform = Resembling(matrix=matrix, prototypes=found, names=names)
        progress(1.0, "Everybody is described")
        counts = table.counts()
        return Treated(
            frame=transform(table.frame, table.group),
            label=table.label.copy(),
            group=table.group.copy(),
            weight=table.weight.copy(),
            synthetic=np.zeros(len(table.label), dtype=bool),
            cells=count_changes(table.groups, counts, counts),
            notes=(*matrix.encoder.notes, *_notes(table, new, drawn)),
            transform=transform,
        )

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Describe the rows by prototypes and train the model again.

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
            repaired = super().repair(task, progress=progress)
        return replace(repaired, notes=(*repaired.notes, *_collapse(task, repaired)))


def _collapse(task: Task, repaired: Repaired) -> tuple[str, ...]:
    """Say when the representation has lost what decisions could rest on."""
    rows = task.tuning
    if repaired.score is not None and float(np.std(repaired.score(rows.frame, rows.group))) < _CONSTANT:
        return ("The scores are nearly the same for everybody: too much was given up for equal resemblance.",)
    if len(np.unique(repaired.decide(rows.frame, rows.group))) == 1:
        return ("Everybody gets the same decision: too much was given up for equal resemblance.",)
    return ()


def _drawn(table: TrainingTable, x: NDArray[np.float64], *, seed: int) -> tuple[Rows, int]:
    """Draw the rows that prototypes are learned from, with their weights by group."""
    from audit.errors import ModelError
    from audit.mitigation.represent.prototypes import MOST_ROWS, Rows

    usable = np.flatnonzero(table.weight > 0)
    if not len(usable):
        raise ModelError(
            "No training row has a weight above 0.",
            why="Rows of weight 0 have no say.",
            fix="Check the column of weights.",
            code="no_weight",
        )
    if len(usable) > MOST_ROWS:
        generator = np.random.default_rng([seed, _STREAM])
        usable = np.sort(generator.choice(usable, MOST_ROWS, replace=False))
    weight = table.weight[usable]
    present = np.unique(table.group[usable])
    share = (table.group[usable] == present[:, None]) * weight
    return (
        Rows(
            x=x[usable],
            label=table.label[usable].astype(np.float64),
            share=share / share.sum(axis=1, keepdims=True),
            mass=share.sum(axis=1) / weight.sum(),
            weight=weight / weight.sum(),
        ),
        len(usable),
    )


def _notes(table: TrainingTable, new: NDArray[np.float64], drawn: int) -> tuple[str, ...]:
    notes = []
    if drawn < int((table.weight > 0).sum()):
        notes.append(f"The prototypes were learned from {drawn:,} training rows, drawn at random.")
    mass = np.bincount(table.group, weights=table.weight, minlength=len(table.groups))
    means = np.array(
        [
            np.average(new[table.group == code], axis=0, weights=table.weight[table.group == code])
            for code in np.flatnonzero(mass > 0)
        ]
    )
    if len(means) > 1:
        notes.append(
            "The mean resemblance to a prototype differs between two groups by at most "
            f"{100 * float(np.ptp(means, axis=0).max()):.1f} points on the training rows."
        )
    used = int((new.mean(axis=0) > 0.01).sum())
    if used < new.shape[1]:
        notes.append(f"Only {used} of the {new.shape[1]} prototypes resemble anybody much.")
    return tuple(notes)
