"""Disparate impact remover: give every number the same distribution in every group, keeping the order within groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.errors import listing
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, count_changes, group_name

if TYPE_CHECKING:
    from audit.mitigation.represent.quantiles import Repair
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="disparate_impact_remover",
    title="Disparate impact remover",
    stage="pre",
    summary=(
        "Moves the numbers that the model looks at, so that each has the same distribution in every group: a value that "
        "is exceeded by a tenth of the own group becomes the value that is exceeded by a tenth of the typical group. The "
        "order within a group stays. Labels and texts stay as they are."
    ),
    assumes=(
        "The same rank within the own group means the same merit. Only numbers with at least three values are moved: what "
        "texts, truth values and dates tell about the group stays. The group is known for everybody who is decided about."
    ),
    caution=(
        "The model sees values that nobody has measured, so its reasons are hard to explain to a person. Real differences "
        "that matter for the outcome are taken away with the unequal ones. It uses the group when it decides; whether "
        "that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Where the model leans on numbers, selection rates come closer; where it leans on texts that go with the group, "
        "little changes. The quantiles come from the training rows and are applied to the test rows as they are."
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
                "How far each value goes from itself (0) to the value of its rank in the typical group (1); called λ in "
                "the paper."
            ),
        ),
    ),
    references=(
        (
            "Feldman, M., Friedler, S. A., Moeller, J., Scheidegger, C. and Venkatasubramanian, S. (2015). Certifying and "
            "removing disparate impact. ACM SIGKDD Conference on Knowledge Discovery and Data Mining, 259–268. "
            "doi:10.1145/2783258.2783311"
        ),
    ),
    group_at_decision=True,
)


class DisparateImpactRemover(PreProcessing):
    """Move each number to the median over groups of the quantile that it has within its own group.

    Parameters
    ----------
    strength : float, default 1.0
        From 0 (values stay) to 1 (the same distribution in every group).

    Notes
    -----
    x̄ = (1 − λ) x + λ · median_g F_g⁻¹(F_own(x)), with F the share below plus half the share at a value, and straight
    lines between values. A group with fewer than 20 known values, and one that training did not know, is read by the
    distribution of everybody.
    """

    spec = SPEC

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:  # noqa: ARG002 - nothing is drawn
        """Move the numbers of the training rows, and say how those of later rows are moved.

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
            The same rows with other numbers, and what does the same to any other row.

        Raises
        ------
        PlanError
            Where the strength is out of range.
        """
        from audit.mitigation.represent.change import RanksKept
        from audit.mitigation.represent.quantiles import fit_repairs

        strength = float(resolve_params(SPEC, self.get_params())["strength"])
        progress(0.0, "Reading the distributions")
        repairs, left = fit_repairs(table)
        progress(0.5, "Moving the numbers")
        transform = RanksKept(repairs=repairs, strength=strength, groups=table.groups)
        frame = transform(table.frame, table.group).reset_index(drop=True) if strength else table.frame.copy()
        progress(1.0, "Numbers are moved")
        counts = table.counts()
        return Treated(
            frame=frame,
            label=table.label.copy(),
            group=table.group.copy(),
            weight=table.weight.copy(),
            synthetic=np.zeros(len(table.label), dtype=bool),
            cells=count_changes(table.groups, counts, counts),
            notes=_notes(table, repairs, left),
            transform=transform if strength else None,
        )


def _notes(table: TrainingTable, repairs: tuple[Repair, ...], left: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if repairs:
        notes.append(f"Moved: {listing([repair.name for repair in repairs])}.")
    else:
        notes.append("No column is a number with three or more values: nothing was moved.")
    if left:
        notes.append(f"Left as they are, because they have no order: {listing(left)}.")
    if table.fixed:
        notes.append(
            f"Left as they are, although they go with the group: {listing(table.fixed)}. While the model sees them, it can "
            "undo the repair."
        )
    few = [
        group_name(group)
        for code, group in enumerate(table.groups)
        if any(repair.groups[code] is None for repair in repairs)
    ]
    if few:
        notes.append(
            f"Too few values for a distribution of their own, read like everybody: group {', '.join(few[:5])}"
            f"{f' and {len(few) - 5} more' if len(few) > 5 else ''}."
        )
    return tuple(notes)
