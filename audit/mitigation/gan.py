"""GAN augmentation: an adversarially trained network makes the rows that cells of group and label lack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from audit.mitigation.balance import STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.added import AS_RECORDED, BY_GROUP, CLOSER, EQUAL_RATES, TUNE
from audit.mitigation.synthesis.augment import Augmentation, smallest_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.spec import Value
    from audit.mitigation.synthesis.added import Means
    from audit.mitigation.synthesis.adversarial import ConditionalGan

SPEC = MitigationSpec(
    id="gan",
    title="GAN augmentation",
    stage="pre",
    summary=(
        "Trains two neural networks against each other on the training rows: one makes rows of a given group and "
        "label, the other tries to tell them from real ones. Then makes only the rows that cells of group and label "
        "lack: of twelve rows made for each, one is kept, by how much it looks like real ones. Real rows stay as they are, "
        "and made rows never enter the rows that are tested on."
    ),
    assumes=(f"{EQUAL_RATES}Each cell that lacks rows has enough real ones to learn from. {AS_RECORDED}"),
    caution=(
        "Made rows hold no information about people that was not measured, and they smooth over rare combinations. "
        "Compare with resampling, which needs no network. Made rows are drawn from real ones and are not anonymous by "
        f"themselves. {BY_GROUP}"
    ),
    reading=(
        "Pair trends say how well made rows keep the links between two columns: 1 is the same as real, and the value "
        f"must be above that of drawing every column by itself. {CLOSER}Read the change on the test rows."
    ),
    params=(
        TARGET,
        STRENGTH,
        TUNE,
        Param(
            id="steering",
            title="Fair generation",
            kind="choice",
            default="off",
            choices=("off", "selection", "opportunity"),
            choice_titles=(
                "No, imitate the real rows",
                "Towards closer selection rates",
                "Towards closer chances of those whose label is favourable",
            ),
            help=(
                "A second phase trains the network on, so that a model that learned from the real rows decides more alike "
                "about made rows of all groups. Four weights are tried, the strongest that hardly makes rows easier to "
                "tell from real ones is kept. Made rows then differ from real ones on purpose."
            ),
        ),
        Param(
            id="epochs",
            title="Epochs",
            kind="int",
            default=36,
            low=1,
            high=200,
            help=(
                "How often the network sees the training rows at most; of more than 30,000 rows, 30,000 at a time. "
                "25,000 rows and 36 epochs take about a minute. The training ends earlier where rows come no closer "
                "to real ones that were set aside."
            ),
            tuned=False,
        ),
        smallest_cell(),
        Param(
            id="seconds",
            title="Time limit in seconds",
            kind="int",
            default=600,
            low=1,
            high=3_600,
            help=(
                "An emergency brake: no new epoch starts after this time. A training that was stopped cannot be "
                "repeated exactly; use fewer epochs instead."
            ),
            tuned=False,
        ),
    ),
    references=(
        (
            "Goodfellow, I. et al. (2014). Generative adversarial nets. Advances in Neural Information Processing "
            "Systems 27. arXiv:1406.2661"
        ),
        "Mirza, M. and Osindero, S. (2014). Conditional generative adversarial nets. arXiv:1411.1784",
        (
            "Mescheder, L., Geiger, A. and Nowozin, S. (2018). Which training methods for GANs do actually converge? "
            "International Conference on Machine Learning. arXiv:1801.04406"
        ),
        (
            "Xu, L., Skoularidou, M., Cuesta-Infante, A. and Veeramachaneni, K. (2019). Modeling tabular data using "
            "conditional GAN. Advances in Neural Information Processing Systems 32. arXiv:1907.00503"
        ),
        (
            "Azadi, S., Olsson, C., Darrell, T., Goodfellow, I. and Odena, A. (2019). Discriminator rejection sampling. "
            "International Conference on Learning Representations. arXiv:1810.06758"
        ),
        (
            "Rajabi, A. and Garibay, O. O. (2022). TabFairGAN: fair tabular data generation with generative adversarial "
            "networks. Machine Learning and Knowledge Extraction 4(2), 488–501. doi:10.3390/make4020022"
        ),
        (
            "Engelmann, J. and Lessmann, S. (2021). Conditional Wasserstein GAN-based oversampling of tabular data for "
            "imbalanced learning. Expert Systems with Applications 174, 114582. doi:10.1016/j.eswa.2021.114582"
        ),
    ),
    adds_rows=True,
    slow=True,
)


@dataclass(eq=False, repr=False)
class GanAugmentation(Augmentation):
    """Make the rows that cells of group and label lack with a conditional adversarial network.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    tune : {"off", "selection", "opportunity"}, default "off"
        Whether the strength is looked for on the validation rows, and for which gap.
    steering : {"off", "selection", "opportunity"}, default "off"
        Whether a second phase trains the network towards a smaller gap.
    epochs : int, default 36
        How often the network sees the training rows at most, 1 to 200.
    min_cell : int, default 50
        Fewest real rows of a cell that is to be imitated.
    seconds : int, default 600
        Time limit of the training; an emergency brake.

    Notes
    -----
    Same table, settings and seed give the same rows, unless the time limit stops the training: the number of epochs
    done then depends on the machine, a note says so, and ``quality["epochs_done"]`` gives it.
    """

    spec = SPEC
    tests_aside: ClassVar[bool] = True

    tune: str = field(default="off", kw_only=True)
    steering: str = field(default="off", kw_only=True)
    epochs: int = field(default=36, kw_only=True)
    seconds: int = field(default=600, kw_only=True)

    def generator(self, settings: Mapping[str, Value], means: Means) -> ConditionalGan:
        """Build the networks.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        means : Means
            Which label is good, and where an unfinished training may be kept.

        Returns
        -------
        ConditionalGan
            Not trained yet.
        """
        from audit.mitigation.synthesis.adversarial import ConditionalGan

        return ConditionalGan(
            epochs=int(settings["epochs"]),
            seconds=float(settings["seconds"]),
            folder=means.folder,
            steering=str(settings["steering"]),
            favourable=means.favourable,
        )
