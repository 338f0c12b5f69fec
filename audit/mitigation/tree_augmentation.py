"""Tree augmentation: decision trees make the rows that cells of group and label lack, one column after another."""

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
    assumes=(f"{EQUAL_RATES}Each cell that lacks rows has enough real ones to learn from. {AS_RECORDED}"),
    caution=(
        "Made rows hold no information about people that was not measured. Small leaves can put a real person together "
        "again: compare the share of copies with that of real rows. Made rows are not anonymous by themselves. "
        f"{BY_GROUP}"
    ),
    reading=(
        "A detection of 0.5 means that made rows cannot be told from real ones. "
        f"{CLOSER}Read the change on the test rows."
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
        smallest_cell(),
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
    adds_rows=True,
)


@dataclass(eq=False, repr=False)
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

    tune: str = field(default="off", kw_only=True)
    leaf: int = field(default=50, kw_only=True)

    def generator(self, settings: Mapping[str, Value], means: Means) -> SequentialTrees:
        """Build the trees.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        means : Means
            Not needed: trees are grown in seconds.

        Returns
        -------
        SequentialTrees
            Not grown yet.
        """
        del means
        from audit.mitigation.synthesis.trees import SequentialTrees

        return SequentialTrees(smallest_leaf=int(settings["leaf"]))
