"""Tree augmentation: decision trees make the rows that cells of group and label lack, one column after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.balance import FEW_ROWS, STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.augment import MIN_CELL, TUNE, Augmentation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.trees import SequentialTrees

SPEC = MitigationSpec(
    id="tree_augmentation",
    title="Tree augmentation",
    stage="pre",
    summary=(
        "Makes the rows that cells of group and label lack, one column after another: each value is drawn from real "
        "rows that a decision tree puts together because they agree on the columns before it. Real rows stay as they "
        "are, and made rows never enter the rows that are tested on."
    ),
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "Each cell that lacks rows has enough real ones to learn from. "
        "The labels and values of the real rows are taken as they are."
    ),
    caution=(
        "Made rows hold no information about people that was not measured. Small leaves can put a real person together "
        "again: compare the share of copies with that of real rows. Made rows are not anonymous by themselves. "
        "Making rows by a protected characteristic is a use of that characteristic in training; whether that is lawful "
        "depends on place and purpose, so have it checked."
    ),
    reading=(
        "A detection of 0.5 means that made rows cannot be told from real ones. The base rates of the training rows are "
        "equal; the selection rates of the retrained model come closer and are usually not equal. "
        "Read the change on the test rows."
    ),
    params=(
        TARGET,
        STRENGTH,
        TUNE,
        Param(
            id="leaf",
            title="Smallest leaf",
            kind="int",
            default=50,
            low=10,
            high=1_000,
            help=(
                "Fewest real rows that a made value is drawn from. Larger leaves protect people better and keep fewer "
                "links between columns."
            ),
        ),
        Param(
            id=MIN_CELL,
            title="Smallest cell to learn from",
            kind="int",
            default=FEW_ROWS,
            low=10,
            high=10_000,
            help="A cell of group and label with fewer real rows is refused instead of being imitated.",
        ),
    ),
    references=(
        (
            "Reiter, J. P. (2005). Using CART to generate partially synthetic public use microdata. Journal of Official "
            "Statistics 21(3), 441–462."
        ),
        (
            "Nowok, B., Raab, G. M. and Dibben, C. (2016). synthpop: bespoke creation of synthetic data in R. Journal of "
            "Statistical Software 74(11). doi:10.18637/jss.v074.i11"
        ),
    ),
)


class TreeAugmentation(Augmentation):
    """Make the rows that cells of group and label lack with a decision tree for each column.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    tune : {"off", "selection", "opportunity"}, default "off"
        Whether the strength is looked for on the validation rows, and for which gap.
    leaf : int, default 50
        Fewest real rows that a made value is drawn from.
    min_cell : int, default 50
        Fewest real rows of a cell that is to be imitated.
    """

    spec = SPEC

    def __init__(
        self,
        target: str = "base_rate",
        strength: float = 1.0,
        *,
        tune: str = "off",
        leaf: int = 50,
        min_cell: int = FEW_ROWS,
    ) -> None:
        self.target = target
        self.strength = strength
        self.tune = tune
        self.leaf = leaf
        self.min_cell = min_cell

    def generator(
        self, settings: Mapping[str, Value], *, favourable: int, folder: Path | None
    ) -> SequentialTrees:
        """Build the trees.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        favourable : int
            Which label is good for the person.
        folder : pathlib.Path or None
            Not needed: trees are grown in seconds.

        Returns
        -------
        SequentialTrees
            Not grown yet.
        """
        del favourable, folder
        from audit.mitigation.synthesis.trees import SequentialTrees

        return SequentialTrees(smallest_leaf=int(settings["leaf"]))
