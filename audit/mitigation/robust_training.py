"""A network that is also trained on rows whose numbers were changed to mislead it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.mitigation.repair import InProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.networks.attack import Room
    from audit.mitigation.networks.lesson import Lesson
    from audit.mitigation.repair import Repaired, Task
    from audit.models.network import Net
    from audit.models.networks.judged import Judged
    from audit.progress import Progress
    from audit.rows.series import Series

SPEC = MitigationSpec(
    id="robust_training",
    title="Training against changed inputs",
    stage="in",
    summary=(
        "Trains a neural network half on the rows as they are and half on rows whose numbers were moved a little in "
        "the direction that misleads it most. Then measures, for each group, how often decisions hold when numbers are moved."
    ),
    assumes=(
        "Small errors or changes in the numbers should not turn a decision. "
        "A standard deviation is a sensible unit of change for every number. "
        "Levels, such as an occupation, are never changed."
    ),
    caution=(
        "It aims at steady decisions, not at equal rates: gaps can grow. It costs some accuracy. The groups need not "
        "gain alike. Moved numbers stay in the range that was seen but need not be possible together for one person."
    ),
    reading=(
        "The path shows accuracy by group as numbers may be moved further, before and after. Where the lines part, a "
        "small error of measurement turns decisions more often in one group than in another."
    ),
    params=(
        Param(
            id="size",
            title="Largest change in training",
            kind="float",
            default=0.1,
            low=0.0,
            high=1.0,
            help="In standard deviations of each number; 0 is the plain network.",
        ),
        Param(
            id="steps",
            title="Steps of a change",
            kind="int",
            default=1,
            low=1,
            high=10,
            help="1 is quick (fast gradient sign); more steps find stronger changes and take as many times as long.",
        ),
    ),
    references=(
        (
            "Goodfellow, I. J., Shlens, J. and Szegedy, C. (2015). Explaining and harnessing adversarial examples. "
            "International Conference on Learning Representations. doi:10.48550/arXiv.1412.6572"
        ),
        (
            "Nanda, V., Dooley, S., Singla, S., Feizi, S. and Dickerson, J. P. (2021). Fairness through robustness: "
            "Investigating robustness disparity in deep learning. ACM Conference on Fairness, Accountability, and "
            "Transparency, 466–477. doi:10.1145/3442188.3445910"
        ),
        (
            "Xu, H., Liu, X., Li, Y., Jain, A. and Tang, J. (2021). To be robust or to be fair: Towards fairness in "
            "adversarial training. Proceedings of Machine Learning Research 139. doi:10.48550/arXiv.2010.06121"
        ),
    ),
    aims=("error",),
    own_model="mlp",
)

_SIZES: Final = (0.0, 0.05, 0.1, 0.2, 0.3)
_LOOKED_AT: Final = 5_000


class RobustTraining(InProcessing):
    """Train on rows and on their adversarial examples.

    Parameters
    ----------
    size : float, default 0.1
        ε in standard deviations.
    steps : int, default 1
        1 for the fast gradient sign, more for projected gradient steps of 2.5 ε / steps.

    Notes
    -----
    Only numbers with more than two values that were recorded are moved, within the range of the training rows.
    Robustness is measured with seven projected gradient steps.
    """

    spec = SPEC

    def __init__(self, size: float = 0.1, steps: int = 1) -> None:
        self.size = size
        self.steps = steps

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train the network and measure what it withstands.

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
        from audit.mitigation.networks.attack import Hardened, room
        from audit.mitigation.networks.lesson import PLAIN, answer, learn, lesson
        from audit.models.network import Network
        from audit.progress import within

        settings = resolve_params(SPEC, self.get_params())
        size, steps = float(settings["size"]), int(settings["steps"])
        progress(0.0, "Preparing the rows")
        taught = lesson(task)
        limits = room(taught.encoder, taught.rows)
        learned = learn(
            taught,
            PLAIN,
            Hardened(size, steps, limits),
            progress=within(progress, 0.0, 0.8),
            message="Training against changed inputs",
        )
        nets = {"robust_accuracy": learned.net}
        if isinstance(task.base.estimator, Network):
            nets = {"robust_accuracy_before": task.base.estimator.net, **nets}
        series, measured = _withstood(taught, nets, limits, size, progress=within(progress, 0.8, 1.0))
        return answer(
            taught,
            learned,
            title=SPEC.title,
            notes=_notes(limits, size),
            measured=measured,
            series=(series,),
        )


def _withstood(
    taught: Lesson, nets: dict[str, Net], limits: Room, size: float, *, progress: Progress
) -> tuple[Series, dict[str, float]]:
    """Measure the accuracy of each network and group as numbers may be moved further."""
    import numpy as np

    from audit.mitigation.networks.attack import accuracies, disparity, withstood
    from audit.models.networks.rows import one_thread
    from audit.rows.series import Series

    draw = np.random.default_rng(taught.seed).permutation(len(taught.held))[:_LOOKED_AT]
    rows = taught.held.take(np.sort(draw))
    sizes = tuple(sorted({*_SIZES, size}))
    found: dict[str, list[Judged]] = {name: [] for name in nets}
    with one_thread():
        for k, one in enumerate(sizes):
            progress(k / len(sizes), "Measuring what the network withstands")
            for name, net in nets.items():
                found[name].append(withstood(net, rows, limits, size=one, cut=taught.cut))
    progress(1.0, "Measured")
    at, measured = sizes.index(size), {}
    for name, course in found.items():
        wide = disparity(course[at])
        measured[name] = float(course[at].rates()[0][0])
        if wide is not None:
            measured[name.replace("accuracy", "disparity")] = wide
    return (
        Series(
            id="robustness",
            kind="path",
            title="Accuracy when numbers are moved against the network",
            across="Largest change (standard deviations)",
            measures=tuple(found),
            groups=(None, *taught.groups),
            x=sizes,
            values=tuple(
                tuple(zip(*(accuracies(one) for one in course), strict=True)) for course in found.values()
            ),
            picked=size,
        ),
        measured,
    )


def _notes(limits: Room, size: float) -> tuple[str, ...]:
    """Say what was moved, and how far."""
    count = int(limits.movable.sum())
    if not count:
        return (
            "No number of the data can be moved: nothing was trained against, and the network is the plain one.",
        )
    columns = f"{count} {'column' if count == 1 else 'columns'} of numbers"
    return (
        f"{columns} can be moved, within the range of the training rows; here by up to {size:g} standard deviations.",
    )
