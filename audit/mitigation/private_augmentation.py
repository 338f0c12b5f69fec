"""Private augmentation: noisy tables make the rows that cells of group and label lack, and bound what they tell of a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.mitigation.balance import STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.added import AS_RECORDED, BY_GROUP, CLOSER, EQUAL_RATES
from audit.mitigation.synthesis.augment import Augmentation, smallest_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.added import Means
    from audit.mitigation.synthesis.private.tables import NoisyTables

SPEC = MitigationSpec(
    id="private_augmentation",
    title="Private augmentation",
    stage="pre",
    summary=(
        "Makes the rows that cells of group and label lack from counts with noise, so that what made rows tell about any one "
        "person is bounded (differential privacy). Values, ranges, each column by cell and pairs of columns along a tree are "
        "counted with noise; rows are drawn from these counts alone. Real rows stay as they are, and made rows never "
        "enter the rows that are tested on."
    ),
    assumes=(
        f"{EQUAL_RATES}Each row is one person. Names and types of columns, the groups, the labels and how many rows each cell "
        f"has may be known. {AS_RECORDED}"
    ),
    caution=(
        "The bound holds for made rows and for the generator, and for nothing else: the model learns from real rows as well, and "
        "every number of the audit is computed from them. It adds up: each further seed or setting that is handed over adds its "
        "epsilon. The noise comes from a secret that stays in the store; whoever knew it could take the noise off, and without a "
        "store another run gives other rows. Noise costs links between columns, rare values and small cells the most. "
        f"{BY_GROUP}"
    ),
    reading=(
        "A smaller epsilon hides people better and gives rows that are easier to tell from real ones: hold each measure "
        f"against that of real rows. {CLOSER}Read the change on the test rows."
    ),
    params=(
        TARGET,
        STRENGTH,
        Param(
            id="epsilon",
            title="Epsilon",
            kind="float",
            default=3.0,
            low=0.1,
            high=20.0,
            help=(
                "How much made rows may tell about one person. At 1, what anybody believes about a person changes by a factor of "
                "2.7 at most in odds, at 3 by 20, at 10 by 22,000. Delta, the chance that this fails, is set to a tenth of one "
                "person's share at most."
            ),
            tuned=False,
        ),
        smallest_cell(),
    ),
    references=(
        (
            "Zhang, J., Cormode, G., Procopiuc, C. M., Srivastava, D. and Xiao, X. (2017). PrivBayes: private data release via "
            "Bayesian networks. ACM Transactions on Database Systems 42(4). doi:10.1145/3134428"
        ),
        (
            "McKenna, R., Miklau, G. and Sheldon, D. (2021). Winning the NIST contest: a scalable and general approach to "
            "differentially private synthetic data. Journal of Privacy and Confidentiality 11(3). doi:10.29012/jpc.778"
        ),
        (
            "Bun, M. and Steinke, T. (2016). Concentrated differential privacy: simplifications, extensions, and lower bounds. "
            "Theory of Cryptography Conference. arXiv:1605.02065"
        ),
    ),
    adds_rows=True,
    private=True,
)


@dataclass(eq=False, repr=False)
class PrivateAugmentation(Augmentation):
    """Make the rows that cells of group and label lack from noisy tables.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    epsilon : float, default 3.0
        What made rows may tell about one person at most, 0.1 to 20.
    min_cell : int, default 50
        Fewest real rows of a cell that is to be imitated.

    Notes
    -----
    Same table, settings, seed and secret give the same rows. The secret is that of the store; without one it is drawn
    for each process, so that another run gives other rows.
    """

    spec = SPEC

    epsilon: float = field(default=3.0, kw_only=True)

    def generator(self, settings: Mapping[str, Value], means: Means) -> NoisyTables:
        """Build the tables.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        means : Means
            The secret that noise is drawn from.

        Returns
        -------
        NoisyTables
            Nothing is counted yet.
        """
        from audit.mitigation.synthesis.private.tables import NoisyTables

        return NoisyTables(epsilon=float(settings["epsilon"]), secret=means.secret)
