"""Interpolation: rows between real ones of the same cell fill the cells of group and label that lack some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.mitigation.balance import STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.added import AS_RECORDED, BY_GROUP, CLOSER, EQUAL_RATES, TUNE
from audit.mitigation.synthesis.augment import Augmentation, smallest_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.added import Means
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
        f"{EQUAL_RATES}What lies between two similar people of a cell could be a person of that cell. {AS_RECORDED}"
    ),
    caution=(
        "Made rows lie closer together than real ones, and classifiers tell them apart easily. They lie close to real "
        f"people and are not anonymous. {BY_GROUP}"
    ),
    reading=(f"{CLOSER}Read the change on the test rows."),
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
        smallest_cell(10, low=2),
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
    adds_rows=True,
    kept_back=(
        "The generator is not handed over: it makes rows between real ones, so it would hold the rows of real people."
    ),
)


@dataclass(eq=False, repr=False)
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

    tune: str = field(default="off", kw_only=True)
    kind: str = field(default="smote", kw_only=True)
    neighbours: int = field(default=5, kw_only=True)
    min_cell: int = field(default=10, kw_only=True)

    def generator(self, settings: Mapping[str, Value], means: Means) -> Interpolation:
        """Build what finds neighbours.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        means : Means
            Not needed: neighbours are found in seconds.

        Returns
        -------
        Interpolation
            Not fitted yet.
        """
        del means
        from audit.mitigation.synthesis.neighbours import Interpolation

        return Interpolation(kind=str(settings["kind"]), neighbours=int(settings["neighbours"]))
