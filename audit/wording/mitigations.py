"""Words about mitigations as such: stages, what each is meant to bring closer, and what to know before one is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.cost import Cost

STAGES: Final = {
    "pre": (
        "Before training",
        "The training rows are changed; the model and its use stay as they are.",
    ),
    "in": ("During training", "The way the model is trained is changed."),
    "post": ("After training", "Scores stay as they are; decisions are made differently."),
}
"""The stages at which a mitigation works, with what they change."""

AIMS: Final = {
    "selection": "equal selection",
    "opportunity": "equal chances",
    "odds": "equal errors",
    "error": "equally many wrong decisions",
    "worst_group": "a better worst group",
    "calibration": "honest scores in every group",
}
"""What a mitigation can be meant to bring closer."""

CRITERION_AIM: Final = {
    "demographic_parity": "selection",
    "equal_opportunity": "opportunity",
    "equalized_odds": "odds",
    "average_odds": "odds",
    "accuracy_equality": "error",
    "predictive_parity": "calibration",
}
"""The aim that a criterion asks for."""

_OWN: Final = {
    "mlp": "Trains a neural network of its own",
    "logistic_regression": "Trains a logistic regression of its own",
    "gradient_boosting": "Trains gradient boosting of its own",
}


def aimed(aims: Sequence[str]) -> str:
    """Say what a mitigation is meant to bring closer.

    Parameters
    ----------
    aims : sequence of str
        Ids of :data:`AIMS`.

    Returns
    -------
    str
        "Aims at equal selection and equal chances"
    """
    words = [AIMS[aim] for aim in aims]
    return f"Aims at {' and '.join(', '.join(words).rsplit(', ', 1))}"


def cautions(spec: object) -> tuple[str, ...]:
    """Name what has to be known before a mitigation is tried, in a few words each.

    Parameters
    ----------
    spec : MitigationSpec
        The mitigation.

    Returns
    -------
    tuple of str
        Such as "Needs the group for every decision"; the weightiest first.
    """
    found = []
    if getattr(spec, "edits_labels", False):
        found.append("Edits recorded labels")
    if getattr(spec, "group_at_decision", False):
        found.append("Needs the group for every decision")
    if getattr(spec, "binary_groups", False):
        found.append("For two groups only")
    own = getattr(spec, "own_model", "")
    if own:
        found.append(_OWN.get(own, "Trains a model of its own"))
    return tuple(found)


def cost(spent: Cost) -> str:
    """Say what a mitigation cost.

    Parameters
    ----------
    spent : Cost
        Computing time and memory.

    Returns
    -------
    str
        "12.3 s of computing, at most 410 MB of memory"
    """
    seconds = f"{spent.seconds:,.0f}" if spent.seconds >= 60 else f"{spent.seconds:.1f}"
    return f"{seconds} s of computing, at most {spent.megabytes:,.0f} MB of memory"
