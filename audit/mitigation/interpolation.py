"""Interpolation: rows between real ones of the same cell fill the cells of group and label that lack some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.balance import STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.augment import MIN_CELL, TUNE, Augmentation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.neighbours import Interpolation

SPEC = MitigationSpec(
    id="interpolation",
    title="Interpolation (SMOTE)",
    stage="pre",
    summary=(
        "Makes the rows that cells of group and label lack between a real row and its closest neighbours in the same "
        "cell. Real rows stay as they are, and made rows never enter the rows that are tested on."
    ),
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "What lies between two similar people of a cell could be a person of that cell. "
        "The labels and values of the real rows are taken as they are."
    ),
    caution=(
        "Made rows lie closer together than real ones, and classifiers tell them apart easily. They lie close to real "
        "people and are not anonymous. Making rows by a protected characteristic is a use of that characteristic in "
        "training; whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "The base rates of the training rows are equal; the selection rates of the retrained model come closer and are "
        "usually not equal. Read the change on the test rows."
    ),
    params=(
        TARGET,
        STRENGTH,
        TUNE,
        Param(
            id="kind",
            title="How rows are made",
            kind="choice",
            default="smote",
            choices=("smote", "fair_smote"),
            choice_titles=("On the way to a neighbour (SMOTE-NC)", "From three rows (Fair-SMOTE)"),
            help=(
                "On the way to a neighbour: a random point between two rows, with the levels that are commonest around. "
                "From three rows: a row plus a part of the difference of two neighbours, with levels of any of the "
                "three; the situation testing of Fair-SMOTE, which drops rows, is left out."
            ),
        ),
        Param(
            id="neighbours",
            title="Neighbours",
            kind="int",
            default=5,
            low=1,
            high=50,
            help="How many of the closest rows of the same cell count as neighbours.",
        ),
        Param(
            id=MIN_CELL,
            title="Smallest cell to learn from",
            kind="int",
            default=10,
            low=2,
            high=10_000,
            help="A cell of group and label with fewer real rows is refused instead of being imitated.",
        ),
    ),
    references=(
        (
            "Chawla, N. V., Bowyer, K. W., Hall, L. O. and Kegelmeyer, W. P. (2002). SMOTE: synthetic minority "
            "over-sampling technique. Journal of Artificial Intelligence Research 16, 321–357. doi:10.1613/jair.953"
        ),
        (
            "Chakraborty, J., Majumder, S. and Menzies, T. (2021). Bias in machine learning software: why? how? what to "
            "do? ESEC/FSE 2021, 429–440. doi:10.1145/3468264.3468537"
        ),
    ),
)


class InterpolatedAugmentation(Augmentation):
    """Make the rows that cells of group and label lack between real rows.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    tune : {"off", "selection", "opportunity"}, default "off"
        Whether the strength is looked for on the validation rows, and for which gap.
    kind : {"smote", "fair_smote"}, default "smote"
        How rows are made.
    neighbours : int, default 5
        How many of the closest rows count as neighbours.
    min_cell : int, default 10
        Fewest real rows of a cell that is to be imitated.
    """

    spec = SPEC

    def __init__(
        self,
        target: str = "base_rate",
        strength: float = 1.0,
        *,
        tune: str = "off",
        kind: str = "smote",
        neighbours: int = 5,
        min_cell: int = 10,
    ) -> None:
        self.target = target
        self.strength = strength
        self.tune = tune
        self.kind = kind
        self.neighbours = neighbours
        self.min_cell = min_cell

    def generator(
        self, settings: Mapping[str, Value], *, favourable: int, folder: Path | None
    ) -> Interpolation:
        """Build what finds neighbours.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        favourable : int
            Which label is good for the person.
        folder : pathlib.Path or None
            Not needed: neighbours are found in seconds.

        Returns
        -------
        Interpolation
            Not fitted yet.
        """
        del favourable, folder
        from audit.mitigation.synthesis.neighbours import Interpolation

        return Interpolation(kind=str(settings["kind"]), neighbours=int(settings["neighbours"]))
