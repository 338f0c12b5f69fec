"""Adversarial augmentation: copies of real rows of rare cells, moved a little to where a quick model errs most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from audit.mitigation.balance import STRENGTH, TARGET, describe_plan, unfillable
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.added import ALONE, CLOSER, EQUAL_RATES, AddedRows, Means
from audit.mitigation.synthesis.augmented import Augmented
from audit.mitigation.table import Treated, count_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="adversarial_augmentation",
    title="Adversarial augmentation",
    stage="pre",
    summary=(
        "Fills cells of group and label that lack rows with copies of real ones whose numbers are moved, within a stated "
        "radius, to where a quick model is most likely to decide wrongly about them. The label stays. A model that "
        "learns from them errs less on people like these. Real rows stay as they are."
    ),
    assumes=(
        f"People whose numbers differ by no more than the radius have the same label. {EQUAL_RATES}"
        "The labels of the real rows are taken as they are."
    ),
    caution=(
        "A radius that is too large gives rows that no person could have, and labels that are wrong for them. Only "
        "numbers and dates are moved, each by itself. Robustness is bought with accuracy on ordinary rows. Choosing "
        "rows by a protected characteristic is a use of that characteristic in training; whether that is lawful depends "
        "on place and purpose, so have it checked."
    ),
    reading=(
        f"{CLOSER}Read the change on the test rows, and hold it against resampling, which copies without moving."
    ),
    params=(
        TARGET,
        STRENGTH,
        Param(
            id="radius",
            title="Radius",
            kind="float",
            default=0.1,
            low=0.0,
            high=2.0,
            help=(
                "How far a number is moved at most, in standard deviations of its column. Copies are spread over the "
                "radius, from none to all of it; 0 copies without moving."
            ),
        ),
    ),
    references=(
        (
            "Goodfellow, I. J., Shlens, J. and Szegedy, C. (2015). Explaining and harnessing adversarial examples. "
            "International Conference on Learning Representations. arXiv:1412.6572"
        ),
        (
            "Xu, H. et al. (2021). To be robust or to be fair: towards fairness in adversarial training. International "
            "Conference on Machine Learning. arXiv:2010.06121"
        ),
    ),
    adds_rows=True,
    kept_back="There is no generator to hand over: each row is a copy of a real one whose numbers were moved.",
)

_RINGS = 4


@dataclass(eq=False, repr=False)
class AdversarialAugmentation(AddedRows):
    """Fill cells that lack rows with moved copies.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    radius : float, default 0.1
        How far a number is moved at most, in standard deviations, 0 to 2.

    Notes
    -----
    The quick model is a logistic regression of each group's own rows, or of all rows where a group has one label only.
    """

    spec = SPEC

    radius: float = 0.1

    def augment(
        self,
        table: TrainingTable,
        validation: TrainingTable | None,
        *,
        seed: int,
        progress: Progress,
        means: Means = ALONE,
    ) -> Augmented:
        """Add moved copies of real rows.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        validation : TrainingTable or None
            Not needed: how like real rows copies are is no question.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.
        means : Means
            Not needed: nothing is trained for long.

        Returns
        -------
        Augmented
            The real rows followed by the moved copies, cell by cell; nothing that makes rows is kept.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        del validation, means
        progress(0.0, "Planning cells")
        before, planned = self.planned(table)
        after = np.where(before == 0, 0, planned)
        rows = _parents(table, after - before, seed=seed)
        made = table.frame.iloc[:0]
        if len(rows):
            radius = float(self.settings()["radius"])
            made = _moved(table, rows, radius=radius, seed=seed, progress=progress)
        progress(1.0, "Rows are made")
        n = len(table.label)
        treated = Treated(
            frame=pd.concat([table.frame, made], ignore_index=True),
            label=np.concatenate([table.label, table.label[rows]]),
            group=np.concatenate([table.group, table.group[rows]]),
            weight=np.concatenate([table.weight, table.weight[rows]]),
            synthetic=np.arange(n + len(rows)) >= n,
            cells=count_changes(table.groups, before, after),
            notes=(
                *unfillable(table.groups, before, planned),
                *describe_plan(table.groups, before, after),
            ),
        )
        return Augmented(treated=treated, groups=table.groups)


def _parents(table: TrainingTable, lacking: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Choose the real rows to copy, evenly within each cell; rows of weight 0 are not copied where others are there."""
    generator = np.random.default_rng(seed)
    cell = table.group.astype(np.int64) * 2 + table.label
    chosen = [np.empty(0, dtype=np.int64)]
    for code, wanted in enumerate(lacking.ravel().tolist()):
        own = np.flatnonzero((cell == code) & (table.weight > 0))
        own = own if len(own) else np.flatnonzero(cell == code)
        if wanted <= 0 or not len(own):
            continue
        whole, rest = divmod(wanted, len(own))
        chosen.append(np.concatenate([np.tile(own, whole), generator.permutation(own)[:rest]]))
    return np.concatenate(chosen)


def _moved(
    table: TrainingTable, rows: NDArray[np.int64], *, radius: float, seed: int, progress: Progress
) -> pd.DataFrame:
    """Copy rows and move their numbers, group by group."""
    from audit.mitigation.synthesis.perturbed import fit_slope
    from audit.mitigation.synthesis.values import read_values

    values, codes = read_values(table.frame)
    columns = tuple(
        place
        for place, name in enumerate(table.frame.columns)
        if name not in table.fixed and values.widths[place] > 1
    )
    made = codes[rows]
    label = table.label.astype(np.int64)
    ring = np.random.default_rng([seed, _RINGS]).integers(1, _RINGS + 1, len(rows))
    for code in range(len(table.groups)) if columns else ():
        progress(0.1 + 0.8 * code / len(table.groups), "Moving copies towards errors")
        here = np.flatnonzero(table.group[rows] == code)
        own = (table.group == code) & (table.weight > 0)
        own = own if len(np.unique(label[own])) == 2 else table.weight > 0
        if not len(here) or len(np.unique(label[own])) < 2:
            continue
        slope, scale = fit_slope(values, codes[own], label[own], columns)
        for part in range(1, _RINGS + 1):
            at = here[ring[here] == part]
            made[at] = slope.move(
                values, made[at], label[rows[at]], radius=radius * part / _RINGS, scale=scale
            )
    return values.take(made)
