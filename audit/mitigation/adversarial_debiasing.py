"""A network and an adversary that guesses the group from its scores; the network learns to leave it guessing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from audit.mitigation.repair import InProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Repaired, Task
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="adversarial_debiasing",
    title="Adversarial debiasing",
    stage="in",
    summary=(
        "Trains two neural networks in turn: one decides, the other guesses the group from the scores of the first. "
        "The first is also rewarded when the second guesses wrong, until scores say little about the group."
    ),
    assumes=(
        "What is to be hidden is the group itself, among those whom the aim is about. "
        "For equal chances and equal errors the labels have to be right. Each group has enough rows of each label for "
        "the second network to learn from."
    ),
    caution=(
        "Two networks that work against each other need not settle: another seed can give another gap. Scores no "
        "longer match the frequency of the outcome. The better-off group may lose. Groups are used in training and not "
        "at decision time; whether that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "The AUC of a fresh adversary says what is left: 0.5 is guessing. A low AUC does not mean small gaps at the "
        "threshold, so read the gaps on the test rows, and how much they vary from seed to seed."
    ),
    params=(
        Param(
            id="aim",
            title="Among whom the group is hidden",
            kind="choice",
            default="opportunity",
            choices=("selection", "opportunity", "odds"),
            choice_titles=(
                "Everybody (demographic parity)",
                "Those it is due to (equal opportunity)",
                "Those of the same label (equalized odds)",
            ),
            help="The adversary sees the scores of these people; for the last choice also their labels.",
        ),
        Param(
            id="alpha",
            title="Weight of misleading the adversary",
            kind="float",
            default=2.0,
            low=0.0,
            high=20.0,
            help="0 is the plain network; large values cost accuracy and can end in a network that says nothing.",
        ),
        Param(
            id="epochs",
            title="Passes over the training rows",
            kind="int",
            default=12,
            low=3,
            high=100,
            help=(
                "All are trained; the weights of the last third are averaged, which keeps the two from circling. Few "
                "rows are passed over more often, until the two have taken 200 steps."
            ),
        ),
        Param(
            id="projection",
            title="Take out what helps the adversary",
            kind="bool",
            default=False,
            help="As first published: the part of each step that would help the adversary is removed.",
        ),
    ),
    references=(
        (
            "Zhang, B. H., Lemoine, B. and Mitchell, M. (2018). Mitigating unwanted biases with adversarial learning. "
            "AAAI/ACM Conference on AI, Ethics, and Society, 335–340. doi:10.1145/3278721.3278779"
        ),
        (
            "Beutel, A., Chen, J., Zhao, Z. and Chi, E. H. (2017). Data decisions and theoretical implications when "
            "adversarially learning fair representations. doi:10.48550/arXiv.1707.00075"
        ),
    ),
    aims=("selection", "opportunity", "odds"),
    own_model="mlp",
)

_LEAST_STEPS: Final = 200


class AdversarialDebiasing(InProcessing):
    """Make L_P − α L_A small, where an adversary makes L_A small in turn.

    Parameters
    ----------
    aim : {"selection", "opportunity", "odds"}, default "opportunity"
        Among whom the group is hidden.
    alpha : float, default 2.0
        α.
    epochs : int, default 12
        Passes over the training rows.
    projection : bool, default False
        Whether the projection of Zhang and others is used.

    Notes
    -----
    One step of the adversary, one of the network. The adversary has one hidden layer of 32 over the log-odds z, for
    "odds" over (z, z y, y), and one output for each group; for "opportunity" it sees only people to whom the decision
    that is good for them is due. Formulas are at :class:`audit.mitigation.networks.adversary.Game`.
    """

    spec = SPEC

    def __init__(
        self,
        aim: str = "opportunity",
        alpha: float = 2.0,
        epochs: int = 12,
        projection: bool = False,  # noqa: FBT001, FBT002 - a setting
    ) -> None:
        self.aim = aim
        self.alpha = alpha
        self.epochs = epochs
        self.projection = projection

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train both networks.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            The first network, with the threshold that the model had.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        from audit.mitigation.networks.adversary import Game, told_apart
        from audit.mitigation.networks.lesson import PLAIN, answer, learn, lesson
        from audit.models.networks.batches import portion
        from audit.models.networks.rows import one_thread
        from audit.models.networks.trainer import scored
        from audit.progress import within

        settings = resolve_params(SPEC, self.get_params())
        aim, epochs = str(settings["aim"]), int(settings["epochs"])
        progress(0.0, "Preparing the rows")
        taught = lesson(task)
        game = Game(aim, float(settings["alpha"]), good=taught.good, project=bool(settings["projection"]))
        steps = max(len(taught.rows) // portion(len(taught.rows), PLAIN.batch), 1)
        epochs = max(epochs, -(-_LEAST_STEPS // steps))
        recipe = replace(PLAIN, epochs=epochs, patience=0, averaged=max(epochs // 3, 1))
        learned = learn(
            taught,
            recipe,
            game,
            progress=within(progress, 0.0, 0.95),
            message="Training network and adversary",
        )
        progress(0.95, "Letting a fresh adversary guess")
        with one_thread():
            left = told_apart(
                (scored(learned.net, taught.rows), taught.rows),
                (scored(learned.net, taught.held), taught.held),
                aim=aim,
                good=taught.good,
                seed=taught.seed,
            )
        progress(1.0, "Trained")
        return answer(
            taught,
            learned,
            title=SPEC.title,
            notes=_left(left),
            measured={} if left is None else {"adversary_auc": left},
        )


def _left(found: float | None) -> tuple[str, ...]:
    """Say why it is not known how well the group can be told, where that is so."""
    if found is not None:
        return ()
    return (
        "How well the group can be told from the scores cannot be estimated: it needs rows of two groups.",
    )
