"""Reweighing: give the training rows weights under which label and group have nothing to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, group_name
from audit.rows.trials import CellCount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

_LARGE_WEIGHT = 10.0

SPEC = MitigationSpec(
    id="reweighing",
    title="Reweighing",
    stage="pre",
    summary=(
        "Gives each training row a weight, so that every group has the same weighted share of positive labels. "
        "A cell of group and label that is rarer than it would be by chance counts for more, a commoner one for less. "
        "No row is changed, added or removed."
    ),
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "The labels themselves are taken as they are: where they record past unequal treatment, they still do. "
        "The model must accept row weights."
    ),
    caution=(
        "Part of the gap closes because the better-off group is selected less often: look at who lost. "
        "Very rare cells get large weights, and few rows then decide much. "
        "Weights that depend on a protected characteristic are a use of that characteristic in training; whether that "
        "is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "The weighted base rates of the training rows are equal. The selection rates of the retrained model come closer "
        "and are usually not equal, because features still carry information about the group. "
        "Read the change on the test rows."
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
                "How far to go from the rows as they are (0) to equal weighted base rates (1). "
                "Smaller values cost less accuracy and close less of the gap."
            ),
        ),
    ),
    references=(
        (
            "Kamiran, F. and Calders, T. (2012). Data preprocessing techniques for classification without "
            "discrimination. Knowledge and Information Systems 33(1), 1–33. doi:10.1007/s10115-011-0463-8"
        ),
        (
            "Calders, T., Kamiran, F. and Pechenizkiy, M. (2009). Building classifiers with independency constraints. "
            "IEEE International Conference on Data Mining Workshops, 13–18. doi:10.1109/ICDMW.2009.83"
        ),
    ),
)


class Reweighing(PreProcessing):
    """Weigh each row by P(group) P(label) / P(group, label), on weighted counts.

    Parameters
    ----------
    strength : float, default 1.0
        From 0 (weights stay) to 1 (weighted base rates are equal).

    Notes
    -----
    With strength s the factor of a cell is 1 + s (w − 1). A row's factor multiplies the weight it already has. People
    whose group is not recorded are a group like the others.
    """

    spec = SPEC

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:  # noqa: ARG002 - nothing is drawn
        """Weigh the training rows.

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
            The same rows with new weights.

        Raises
        ------
        PlanError
            Where the strength is out of range.
        """
        strength = float(resolve_params(SPEC, self.get_params())["strength"])
        progress(0.0, "Counting cells")
        factor = cell_factors(table)
        factor = 1 + strength * (factor - 1)
        weight = table.weight * factor[table.group, table.label]
        mass = _mass(table)
        progress(1.0, "Weights are set")
        return Treated(
            frame=table.frame.reset_index(drop=True),
            label=table.label.copy(),
            group=table.group.copy(),
            weight=weight,
            synthetic=np.zeros(len(weight), dtype=bool),
            cells=_weigh_cells(table.groups, mass, mass * factor),
            notes=_notes(table, factor),
        )


def cell_factors(table: TrainingTable) -> NDArray[np.float64]:
    """Give the factor that makes label and group independent, for each cell.

    Parameters
    ----------
    table : TrainingTable
        The training rows.

    Returns
    -------
    ndarray of float64 of shape (groups, 2)
        P(group) P(label) / P(group, label); 1 where a cell has no weight, or its group lacks the other label.

    Notes
    -----
    A group that has rows of one label only cannot be brought to the common base rate by weights. It keeps its weights
    and is left out of the common base rate, so that the other groups still end equal.
    """
    mass = _mass(table)
    factor = np.ones_like(mass)
    whole = (mass > 0).all(axis=1)
    if whole.any():
        inside = mass[whole]
        expected = inside.sum(axis=1, keepdims=True) * inside.sum(axis=0) / inside.sum()
        factor[whole] = expected / inside
    return factor


def _weigh_cells(
    groups: tuple[tuple[str, ...], ...], before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[CellCount, ...]:
    return tuple(
        CellCount(group=group, label=y, before=float(before[code, y]), after=float(after[code, y]))
        for code, group in enumerate(groups)
        for y in (0, 1)
    )


def _mass(table: TrainingTable) -> NDArray[np.float64]:
    """Sum the weights of each cell."""
    cell = table.group.astype(np.int64) * 2 + table.label
    mass = np.bincount(cell, weights=table.weight, minlength=2 * len(table.groups))
    return mass.astype(np.float64).reshape(-1, 2)


def _notes(table: TrainingTable, factor: NDArray[np.float64]) -> tuple[str, ...]:
    """Say which cells cannot be balanced and which rows now decide much."""
    counts, mass = table.counts(), _mass(table)
    notes = []
    for code, group in enumerate(table.groups):
        name = group_name(group)
        for label in (0, 1):
            if mass[code, label] == 0 and mass[code, 1 - label] > 0:
                notes.append(
                    f"Group {name} has no training row with label {label} that counts: "
                    "weights cannot change its base rate, so its weights stay as they were."
                )
            if factor[code, label] > _LARGE_WEIGHT:
                notes.append(
                    f"Each of the {counts[code, label]:,} rows of group {name} with label {label} counts "
                    f"{factor[code, label]:.1f} times."
                )
    return tuple(notes)
