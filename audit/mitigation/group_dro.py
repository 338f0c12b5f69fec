"""A network that is trained for the group with the largest loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audit.mitigation.repair import InProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from audit.mitigation.networks.lesson import Learned, Lesson
    from audit.mitigation.repair import Repaired, Task
    from audit.models.networks.trainer import Objective
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="group_dro",
    title="Worst-group network",
    stage="in",
    summary=(
        "Trains a neural network that looks at the group with the largest loss instead of the mean over everybody "
        "(group distributionally robust optimisation). Training stops when the worst group on held-out rows gains no more."
    ),
    assumes=(
        "The worst group is badly served because it is small or because a shortcut works for the others. "
        "Where its outcomes are harder to predict, no weighting helps. Each group has enough held-out rows to say when "
        "to stop."
    ),
    caution=(
        "It does not aim at equal rates: gaps can grow while the worst loss falls. Others may be served worse. "
        "A very small group can steer the whole training by chance. Groups are used in training and not at decision "
        "time; whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Look at the worst group's error before and after, and at everybody's. Where the two lines of the loss do not "
        "come closer, the groups differ in how predictable they are, not in how much the model cared."
    ),
    params=(
        Param(
            id="way",
            title="How the worst group is favoured",
            kind="choice",
            default="weights",
            choices=("weights", "sampling", "maximum"),
            choice_titles=(
                "Weights that grow with the loss (group DRO)",
                "Next rows from the worst group (active sampling)",
                "A smooth maximum of the losses",
            ),
            help="Three ways to the same aim; the first is the usual one.",
        ),
        Param(
            id="step",
            title="How fast weights grow",
            kind="float",
            default=0.1,
            low=0.001,
            high=1.0,
            help="For weights that grow: the larger, the sooner only the worst group counts.",
        ),
        Param(
            id="adjustment",
            title="More for small groups",
            kind="float",
            default=0.0,
            low=0.0,
            high=10.0,
            help=(
                "For weights that grow: this much over the root of its rows is added to a group's loss, because small "
                "groups do worse on new rows than on those they were trained on."
            ),
        ),
        Param(
            id="l2",
            title="Pull of weights to zero",
            kind="float",
            default=0.01,
            low=0.0,
            high=10.0,
            help="A network that fits every row has no worst group left to look at; stronger values prevent that.",
        ),
    ),
    references=(
        (
            "Sagawa, S., Koh, P. W., Hashimoto, T. B. and Liang, P. (2020). Distributionally robust neural networks for "
            "group shifts. International Conference on Learning Representations. doi:10.48550/arXiv.1911.08731"
        ),
        (
            "Abernethy, J., Awasthi, P., Kleindessner, M., Morgenstern, J., Russell, C. and Zhang, J. (2022). Active "
            "sampling for min-max fairness. Proceedings of Machine Learning Research 162, 53–65. "
            "doi:10.48550/arXiv.2006.06879"
        ),
    ),
    aims=("worst_group",),
    own_model="mlp",
)

_SOFTNESS = 0.05
_PATIENCE = 6


class WorstGroupNetwork(InProcessing):
    """Train for the worst group, and stop by it.

    Parameters
    ----------
    way : {"weights", "sampling", "maximum"}, default "weights"
        Weights that grow with the loss, rows drawn from the worst group, or a smooth maximum.
    step : float, default 0.1
        η of the weights.
    adjustment : float, default 0.0
        C of the adjustment C/√n.
    l2 : float, default 0.01
        Decoupled decay of the network's weights.

    Notes
    -----
    Portions hold as many rows of every group; those of small groups come again more often. The formulas are at the
    classes of :mod:`audit.mitigation.networks.worst`.
    """

    spec = SPEC

    def __init__(
        self, way: str = "weights", step: float = 0.1, adjustment: float = 0.0, l2: float = 0.01
    ) -> None:
        self.way = way
        self.step = step
        self.adjustment = adjustment
        self.l2 = l2

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train the network.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The network, with the threshold that the model had.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        from audit.mitigation.networks.lesson import PLAIN, answer, learn, lesson
        from audit.mitigation.networks.worst import Active, GroupDRO, SmoothMax

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Preparing the rows")
        taught = lesson(task)
        ways: dict[str, Objective] = {
            "weights": GroupDRO(float(settings["step"]), float(settings["adjustment"])),
            "sampling": Active(),
            "maximum": SmoothMax(_SOFTNESS),
        }
        recipe = replace(PLAIN, l2=float(settings["l2"]), stop="worst_group", patience=_PATIENCE)
        learned = learn(
            taught,
            recipe,
            ways[str(settings["way"])],
            progress=progress,
            message="Training for the worst group",
        )
        final = learned.course.final
        return answer(
            taught,
            learned,
            title=SPEC.title,
            notes=_worst(taught, learned),
            measured={} if final is None else {"worst_group_loss": final.worst},
        )


def _worst(taught: Lesson, learned: Learned) -> tuple[str, ...]:
    """Say which group is worst off on the rows kept to judge by."""
    final = learned.course.final
    if final is None or len(taught.groups) < 2:
        return ()
    at = int((final.losses == final.worst).argmax())
    said = (
        f"On held-out rows the largest loss is that of {group_name(taught.groups[at])}: {final.worst:.3f}, with "
        f"{int(final.rows[at]):,} rows."
    )
    return (said,)
