"""GAN augmentation: an adversarially trained network makes the rows that cells of group and label lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from audit.mitigation.balance import FEW_ROWS, STRENGTH, TARGET
from audit.mitigation.spec import MitigationSpec, Param
from audit.mitigation.synthesis.augment import MIN_CELL, TUNE, Augmentation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.mitigation.spec import Value
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
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "Each cell that lacks rows has enough real ones to learn from. "
        "The labels and values of the real rows are taken as they are."
    ),
    caution=(
        "Made rows hold no information about people that was not measured, and they smooth over rare combinations. "
        "Compare with resampling, which needs no network. Made rows are drawn from real ones and are not anonymous by "
        "themselves. Making rows by a protected characteristic is a use of that characteristic in training; whether "
        "that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Pair trends say how well made rows keep the links between two columns: 1 is the same as real, and the value "
        "must be above that of drawing every column by itself. The base rates of the training rows are equal; the "
        "selection rates of the retrained model come closer and are usually not equal. Read the change on the test rows."
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
            default=40,
            low=1,
            high=200,
            help=(
                "How often the network sees the training rows at most; of more than 50,000 rows, 50,000 at a time. "
                "25,000 rows and 40 epochs take about 40 seconds. The training ends earlier where rows come no closer "
                "to real ones that were set aside."
            ),
            tuned=False,
        ),
        Param(
            id=MIN_CELL,
            title="Smallest cell to learn from",
            kind="int",
            default=FEW_ROWS,
            low=10,
            high=10_000,
            help="A cell of group and label with fewer real rows is refused instead of being imitated.",
            tuned=False,
        ),
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
    slow=True,
)


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
    epochs : int, default 40
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

    def __init__(
        self,
        target: str = "base_rate",
        strength: float = 1.0,
        *,
        tune: str = "off",
        steering: str = "off",
        epochs: int = 40,
        min_cell: int = FEW_ROWS,
        seconds: int = 600,
    ) -> None:
        self.target = target
        self.strength = strength
        self.tune = tune
        self.steering = steering
        self.epochs = epochs
        self.min_cell = min_cell
        self.seconds = seconds

    def generator(
        self, settings: Mapping[str, Value], *, favourable: int, folder: Path | None
    ) -> ConditionalGan:
        """Build the networks.

        Parameters
        ----------
        settings : mapping of str to bool, int, float or str
            Every setting, checked.
        favourable : int
            Which label is good for the person.
        folder : pathlib.Path or None
            Where an unfinished training may be kept.

        Returns
        -------
        ConditionalGan
            Not trained yet.
        """
        from audit.mitigation.synthesis.adversarial import ConditionalGan

        return ConditionalGan(
            epochs=int(settings["epochs"]),
            seconds=float(settings["seconds"]),
            folder=folder,
            steering=str(settings["steering"]),
            favourable=favourable,
        )
