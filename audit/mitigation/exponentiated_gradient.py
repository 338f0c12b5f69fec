"""Exponentiated gradient: a mixture of models, each trained on other weights and labels, that meets a constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.hull.aims import AIM, Aim
from audit.mitigation.repair import InProcessing, Repaired
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Task
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="exponentiated_gradient",
    title="Reduction by exponentiated gradient",
    stage="in",
    summary=(
        "Trains the same kind of model many times, each time with weights and labels of the training rows moved to "
        "where the constraint is broken most, and lets a mixture of these models decide. Done by the library Fairlearn. "
        "The group is needed for training only, not when somebody is decided."
    ),
    assumes=(
        "The model accepts row weights and makes mistakes on its training rows: one that knows them by heart meets "
        "every constraint there without being changed. "
        "What holds on the training rows holds for other people."
    ),
    caution=(
        "It takes two to three times as many trainings as steps. The mixture is no single model: it is harder to "
        "explain. Part of the gap closes because the better-off group is favoured less often. "
        "Using a protected characteristic in training may need a legal basis; have it checked."
    ),
    reading=(
        "The constraint is met on the training rows, up to the two allowances below; on the test rows the gap is "
        "usually wider, the more the model adapts to its training rows. Hold it against thresholds by group, which "
        "reach the same with one model."
    ),
    params=(
        AIM,
        Param(
            id="difference_bound",
            title="Allowed difference",
            kind="float",
            default=0.01,
            low=0.0,
            high=1.0,
            help=(
                "How far a group's rate may be from that of everybody, as a share; two groups can then be twice as far "
                "apart. It belongs to the question that is asked."
            ),
        ),
        Param(
            id="eps",
            title="Slack of the solver",
            kind="float",
            default=0.01,
            low=0.001,
            high=0.5,
            help=(
                "One over the highest price of breaking the constraint. It belongs to the way to the answer: with a "
                "larger slack fewer steps are needed, and the answer may break the constraint by about as much."
            ),
        ),
        Param(
            id="max_iter",
            title="Most steps",
            kind="int",
            default=10,
            low=1,
            high=100,
            help="Each step trains two to three models. It stops earlier where no more is to be gained.",
        ),
        Param(
            id="draw",
            title="Draw the model that decides",
            kind="bool",
            default=False,
            help=(
                "As in the paper, one model of the mixture is drawn for each person. Without it the mean of the models' "
                "scores decides, and everybody who is the same is decided the same."
            ),
        ),
    ),
    references=(
        (
            "Agarwal, A., Beygelzimer, A., Dudík, M., Langford, J. and Wallach, H. (2018). A reductions approach to "
            "fair classification. International Conference on Machine Learning. doi:10.48550/arXiv.1803.02453"
        ),
        (
            "Weerts, H., Dudík, M., Edgar, R., Jalali, A., Lutz, R. and Madaio, M. (2023). Fairlearn: assessing and "
            "improving fairness of AI systems. Journal of Machine Learning Research 24(257), 1–8."
        ),
    ),
    aims=("opportunity", "selection", "odds", "error"),
)


class ExponentiatedGradient(InProcessing):
    """Run Fairlearn's reduction on the audited kind of model.

    Parameters
    ----------
    constraint : {"opportunity", "selection", "odds", "false_positive_rate", "error"}, default "opportunity"
        What is to be alike.
    difference_bound : float, default 0.01
        How far a group may be from everybody.
    eps : float, default 0.01
        One over the highest price of breaking the constraint.
    max_iter : int, default 10
        Most steps.
    draw : bool, default False
        Whether one model is drawn for each person.

    Notes
    -----
    Above 20,000 rows a part stands for all. The objective is the cost of errors under which the threshold of the audit
    is the best one: t for a false positive and 1 − t for a false negative.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        constraint: str = "opportunity",
        difference_bound: float = 0.01,
        eps: float = 0.01,
        max_iter: int = 10,
        draw: bool = False,
    ) -> None:
        self.constraint = constraint
        self.difference_bound = difference_bound
        self.eps = eps
        self.max_iter = max_iter
        self.draw = draw

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train the mixture.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told with every model; may raise to stop.

        Returns
        -------
        Repaired
            The mixture.

        Raises
        ------
        PlanError
            Where a setting is out of range.
        InputError
            Where the training rows have one group only.
        """
        from audit.mitigation.reductions.gradient import repaired

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Preparing the constraint")
        return repaired(
            task,
            Aim(id=str(settings["constraint"]), favourable=task.favourable),
            bound=float(settings["difference_bound"]),
            eps=float(settings["eps"]),
            max_iter=int(settings["max_iter"]),
            draw=bool(settings["draw"]),
            progress=progress,
        )
