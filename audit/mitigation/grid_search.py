"""Grid search: models trained under many prices of a constraint, of which the best trade is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.mitigation.hull.aims import AIM, Aim
from audit.mitigation.repair import InProcessing, Repaired
from audit.mitigation.spec import MitigationSpec, Param, resolve_params

if TYPE_CHECKING:
    from audit.mitigation.repair import Task
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="grid_search",
    title="Reduction by grid search",
    stage="in",
    summary=(
        "Trains the same kind of model once for each of many prices of the constraint, by weights and labels of the "
        "training rows, and keeps the one with the best trade between errors and gap. Done by the library Fairlearn. "
        "What comes out is one model that decides without chance, and without the group."
    ),
    assumes=(
        "The model accepts row weights and makes mistakes on its training rows. "
        "There are few groups: the prices to try grow with every group, so that a grid of the same size gets coarser."
    ),
    caution=(
        "One model of a grid meets the constraint less closely than a mixture can. Part of the gap closes because the "
        "better-off group is favoured less often. "
        "Using a protected characteristic in training may need a legal basis; have it checked."
    ),
    reading=(
        "The curve shows every model of the grid, by its gap on the validation rows. The one kept has the smallest sum "
        "of error and gap, weighted as asked. On the test rows it looks a little worse: it was chosen for being best."
    ),
    params=(
        AIM,
        Param(
            id="grid_size",
            title="Models to try",
            kind="int",
            default=15,
            low=3,
            high=200,
            help="How many prices are tried; each trains one model.",
        ),
        Param(
            id="grid_limit",
            title="Highest price",
            kind="float",
            default=2.0,
            low=0.1,
            high=50.0,
            help=(
                "How many errors a decision about one person of the rarest group may count for. Higher prices reach "
                "smaller gaps, with a coarser grid."
            ),
        ),
        Param(
            id="constraint_weight",
            title="Weight of the gap",
            kind="float",
            default=0.5,
            low=0.0,
            high=1.0,
            help="How much the gap counts when the best model is chosen: 0 looks at errors only, 1 at the gap only.",
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


class GridSearch(InProcessing):
    """Run Fairlearn's grid search on the audited kind of model and choose on validation rows.

    Parameters
    ----------
    constraint : {"opportunity", "selection", "odds", "false_positive_rate", "error"}, default "opportunity"
        What is to be alike.
    grid_size : int, default 15
        How many models are trained.
    grid_limit : float, default 2.0
        The highest price, in errors for one person of the rarest group and label that is compared.
    constraint_weight : float, default 0.5
        How much the gap counts in the choice.

    Notes
    -----
    Fairlearn's own limit is a price of the constraint, whose unit depends on how rare the people in it are: here it is
    divided by that. Fairlearn chooses on the training rows; here the validation rows decide, where there are any.
    """

    spec = SPEC

    def __init__(
        self,
        *,
        constraint: str = "opportunity",
        grid_size: int = 15,
        grid_limit: float = 2.0,
        constraint_weight: float = 0.5,
    ) -> None:
        self.constraint = constraint
        self.grid_size = grid_size
        self.grid_limit = grid_limit
        self.constraint_weight = constraint_weight

    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Train the grid and keep one model.

        Parameters
        ----------
        task : Task
            The rows and the model.
        progress : callable
            Told with every model; may raise to stop.

        Returns
        -------
        Repaired
            The model.

        Raises
        ------
        PlanError
            Where a setting is out of range.
        InputError
            Where the training rows have one group only.
        """
        from audit.mitigation.reductions.grid import repaired

        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Preparing the constraint")
        return repaired(
            task,
            Aim(id=str(settings["constraint"]), favourable=task.favourable),
            size=int(settings["grid_size"]),
            limit=float(settings["grid_limit"]),
            weight=float(settings["constraint_weight"]),
            progress=progress,
        )
