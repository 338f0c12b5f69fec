"""What a search over repairs is to look for: a part of the plan, so that a file can hold it and a run repeat it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Utility = Literal["accuracy", "balanced_accuracy", "auc"]
Sampler = Literal["tpe", "nsga2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Which repairs to search, with which settings, for the best trade-off between use and gap.

    Parameters
    ----------
    trials : int, default 0
        How many settings to try; 0 means that nothing is searched.
    methods : tuple of str, default ()
        Ids of the repairs; empty means all that take seconds rather than minutes.
    group_by : str, default ""
        The sensitive column whose groups are worked on and compared; "all" for the intersection, empty for the first.
    utility : {"accuracy", "balanced_accuracy", "auc"}, default "accuracy"
        What is to be as large as possible.
    criterion : str, default "equal_opportunity"
        The criterion or rate whose largest difference between groups is to be as small as possible.
    most_loss : float or None
        How much less utility than the model before is allowed, as a share; None for no limit.
    most_gap : float or None
        How large a gap is allowed, as a share; None for no limit.
    sampler : {"tpe", "nsga2"}, default "tpe"
        How the next settings are chosen: a tree-structured Parzen estimator, or a genetic algorithm.
    seconds : int, default 0
        After how many seconds to stop, whatever has been tried by then; 0 for no limit.
    """

    trials: int = 0
    methods: tuple[str, ...] = ()
    group_by: str = ""
    utility: Utility = "accuracy"
    criterion: str = "equal_opportunity"
    most_loss: float | None = None
    most_gap: float | None = None
    sampler: Sampler = "tpe"
    seconds: int = 0
