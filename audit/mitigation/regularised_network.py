"""A network trained with other penalties, optimiser or size, and what it learnt by heart about each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from audit.mitigation.repair import InProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from audit.mitigation.networks.learnt_by_heart import Generalisation
    from audit.mitigation.networks.lesson import Lesson
    from audit.mitigation.repair import Repaired, Task
    from audit.models.network import Net
    from audit.models.networks.recipe import Optimiser, Recipe, Stop
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="regularised_network",
    title="Regularised network",
    stage="in",
    summary=(
        "Trains the neural network again with other ways against learning by heart: penalties on its weights, parts left "
        "out at random, another optimiser or size. With its usual settings it is the plain network, with its curves."
    ),
    assumes=(
        "Part of a gap comes from learning some people by heart and others not. "
        "Where groups differ in their outcomes, no setting of the training closes the gap."
    ),
    caution=(
        "It aims at better predictions for new people, not at equal rates. Strong penalties make the network plainer, "
        "and small groups are the first whose own pattern is lost. Trying many settings and keeping the best one "
        "overstates it: look at another split."
    ),
    reading=(
        "The generalisation gap is the loss on held-out rows less that on the training rows. A group with a far larger "
        "gap than everybody was learnt by heart: its rows in training say little about new people like them."
    ),
    params=(
        Param(
            id="l1", title="Penalty on absolute weights (L1)", kind="float", default=0.0, low=0.0, high=1.0,
            help="This times the sum of absolute weights is added to the loss; 0.0001 is mild, 0.01 strong.",
        ),
        Param(
            id="l2", title="Pull of weights to zero (L2)", kind="float", default=0.01, low=0.0, high=10.0,
            help="How fast weights shrink.",
        ),
        Param(
            id="decoupled", title="Pull apart from the gradient", kind="bool", default=True,
            help="As in AdamW; switched off, the squared weights are added to the loss.",
        ),
        Param(
            id="dropout", title="Share left out at random", kind="float", default=0.1, low=0.0, high=0.9,
            help="Of each hidden layer, anew in every step (dropout).",
        ),
        Param(
            id="optimiser", title="Optimiser", kind="choice", default="adamw",
            choices=("adamw", "adam", "sgd", "adagrad"),
            choice_titles=("AdamW", "Adam", "Gradient descent with momentum", "Adagrad"),
            help="How steps follow from gradients; for the last two a learning rate of about 0.05 is usual.",
        ),
        Param(
            id="learning_rate", title="Learning rate", kind="float", default=0.002, low=0.00001, high=1.0,
            help="Size of the steps.",
        ),
        Param(
            id="width", title="Width of a hidden layer", kind="int", default=64, low=2, high=512,
            help="How many units each hidden layer has.",
        ),
        Param(
            id="layers", title="Hidden layers", kind="int", default=2, low=1, high=4,
            help="How many hidden layers there are.",
        ),
        Param(
            id="epochs", title="Most passes over the training rows", kind="int", default=30, low=1, high=200,
            help="Training ends earlier where held-out rows gain no more.",
        ),
        Param(
            id="stop", title="Stop by", kind="choice", default="overall",
            choices=("overall", "worst_group"),
            choice_titles=("The loss of everybody", "The loss of the worst group"),
            help="Whose loss on held-out rows has to gain for training to go on.",
        ),
    ),
    references=(
        (
            "Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. International Conference on "
            "Learning Representations. doi:10.48550/arXiv.1711.05101"
        ),
        (
            "Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R. (2014). Dropout: A simple "
            "way to prevent neural networks from overfitting. Journal of Machine Learning Research 15(56), 1929–1958."
        ),
    ),
    aims=("error",),
    own_model="mlp",
)  # fmt: skip

_NONE: Final = 1e-3


class RegularisedNetwork(InProcessing):
    """Train the network with other settings.

    Parameters
    ----------
    l1, l2 : float, default 0.0 and 0.01
        Penalties on weights.
    decoupled : bool, default True
        Whether ``l2`` shrinks weights apart from their gradient.
    dropout : float, default 0.1
        Share of a hidden layer left out at random.
    optimiser : {"adamw", "adam", "sgd", "adagrad"}, default "adamw"
        How steps follow from gradients.
    learning_rate : float, default 0.002
        Size of the steps.
    width, layers : int, default 64 and 2
        Width and number of the hidden layers.
    epochs : int, default 30
        Most passes over the training rows.
    stop : {"overall", "worst_group"}, default "overall"
        Whose loss has to gain.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        l1: float = 0.0,
        l2: float = 0.01,
        decoupled: bool = True,
        dropout: float = 0.1,
        optimiser: str = "adamw",
        learning_rate: float = 0.002,
        width: int = 64,
        layers: int = 2,
        epochs: int = 30,
        stop: str = "overall",
    ) -> None:  # fmt: skip
        self.l1 = l1
        self.l2 = l2
        self.decoupled = decoupled
        self.dropout = dropout
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.width = width
        self.layers = layers
        self.epochs = epochs
        self.stop = stop

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
        from audit.mitigation.networks.learnt_by_heart import generalisation
        from audit.mitigation.networks.lesson import answer, learn, lesson
        from audit.models.networks.rows import one_thread
        from audit.models.networks.trainer import Objective

        recipe = self._recipe()
        progress(0.0, "Preparing the rows")
        taught = lesson(task)
        learned = learn(taught, recipe, Objective(), progress=progress)
        with one_thread():
            gaps = generalisation(learned.net, taught.rows, taught.held)
        return answer(
            taught,
            learned,
            title=SPEC.title,
            notes=(*_idle(learned.net, recipe), *_by_heart(taught, gaps)),
            measured={} if taught.judges == "train" else _measured(gaps),
        )

    def _recipe(self) -> Recipe:
        from audit.models.networks.recipe import Recipe

        settings = resolve_params(SPEC, self.get_params())
        return Recipe(
            hidden=(int(settings["width"]),) * int(settings["layers"]),
            dropout=float(settings["dropout"]),
            l1=float(settings["l1"]),
            l2=float(settings["l2"]),
            decoupled=bool(settings["decoupled"]),
            optimiser=cast("Optimiser", settings["optimiser"]),
            learning_rate=float(settings["learning_rate"]),
            epochs=int(settings["epochs"]),
            stop=cast("Stop", settings["stop"]),
        )


def _measured(gaps: tuple[Generalisation, ...]) -> dict[str, float]:
    groups = [one.gap for one in gaps if one.group is not None]
    everybody = [one.gap for one in gaps if one.group is None]
    found = {"generalisation_gap": everybody[0]} if everybody else {}
    return {**found, "widest_generalisation_gap": max(groups)} if len(groups) > 1 else found


def _idle(net: Net, recipe: Recipe) -> tuple[str, ...]:
    """Say how many weights a penalty on absolute weights has put to sleep."""
    if not recipe.l1:
        return ()
    weights = [parameter.detach() for parameter in net.parameters() if parameter.dim() > 1]
    idle = sum(int((one.abs() < _NONE).sum()) for one in weights)
    every = sum(one.numel() for one in weights)
    return (f"{idle:,} of {every:,} weights are below {_NONE:g}, so that they hardly count.",)


def _by_heart(taught: Lesson, gaps: tuple[Generalisation, ...]) -> tuple[str, ...]:
    """Say which groups were learnt by heart far more than others."""
    from audit.mitigation.networks.learnt_by_heart import stands_out

    everybody = next((one for one in gaps if one.group is None), None)
    if everybody is None or taught.judges == "train":
        return ()
    if len(taught.groups) < 2:
        return ()
    known = [one for one in gaps if one.group is not None and stands_out(one, everybody)]
    return tuple(_learnt(group_name(taught.groups[one.group or 0]), one, everybody) for one in known)


def _learnt(name: str, one: Generalisation, everybody: Generalisation) -> str:
    from audit.wording.numbers import fixed

    return (
        f"{name} was learnt by heart: its loss is {one.held:.3f} on held-out rows and {one.train:.3f} on the training "
        f"rows, a gap of {fixed(one.gap, 3)} ± {1.96 * one.error:.3f} against {fixed(everybody.gap, 3)} for everybody."
    )
