"""An uploaded model: looked at once, matched to the columns of the data, run in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.bench import decide
from audit.errors import ModelError, quote

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.models.baseline import Fitted
    from audit.models.upload import ModelInfo
    from audit.plan import Plan
    from audit.progress import Progress

LARGEST_MODEL: Final = 1 << 36
"""Bytes of the largest model file that is opened: a guard against nonsense, not a limit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ran:
    """What an uploaded model decided.

    Parameters
    ----------
    decisions : ndarray of int8
        0 or 1 for each row.
    has_scores : bool
        Whether they come from scores and a threshold.
    notes : tuple of str
        What a reader should know of the run.
    score : ndarray of float64 or None
        The score of each row, where the model gives scores.
    """

    decisions: NDArray[np.int8]
    has_scores: bool
    notes: tuple[str, ...]
    score: NDArray[np.float64] | None = None


def _features(dataset: Dataset, plan: Plan) -> tuple[str, ...]:
    taken = plan.roles.taken()
    return plan.roles.features or tuple(name for name in dataset.names if name not in taken)


def look_at_model(path: Path, *, name: str) -> ModelInfo:
    """Find out what a model file is, once for each state of the file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its name as shown.

    Returns
    -------
    ModelInfo
        Kind, inputs and outputs.

    Raises
    ------
    ModelError
        Where the file is not a model that can be used.
    """
    state = path.stat()
    return _look(path, name, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _look(path: Path, name: str, modified: int, size: int) -> ModelInfo:
    from audit.models.upload import inspect_model

    del modified, size  # they only say whether the file is still the same
    # Uploads are limited where they arrive; a file that is on this machine already may be of any size.
    return inspect_model(path, name=name, limit=LARGEST_MODEL)


def planned_model(model: Path, plan: Plan) -> ModelInfo:
    """Look at a model file and refuse it where it is not the one of the plan.

    Parameters
    ----------
    model : Path
        The file.
    plan : Plan
        Names the kind of the model and, after a first run, its fingerprint.

    Returns
    -------
    ModelInfo
        Kind, inputs and outputs.

    Raises
    ------
    ModelError
        Where the file is another one, or of another kind.
    """
    info = look_at_model(model, name=plan.model.name or model.name)
    if plan.model.sha256 and info.sha256 != plan.model.sha256:
        raise ModelError(
            f"The file {quote(info.name)} is not the model of the plan.",
            why="Its fingerprint is another one.",
            fix="Give the same file, or remove the fingerprint from the plan.",
            code="model_changed",
        )
    if info.kind != plan.model.kind:
        raise ModelError(
            f"The file {quote(info.name)} is a model of kind {info.kind}, the plan names {plan.model.kind}.",
            fix="Change the plan's model kind, or give the other file.",
            code="model_kind",
        )
    return info


def model_inputs(info: ModelInfo, plan: Plan, dataset: Dataset) -> tuple[str, ...]:
    """Name the columns that an uploaded model takes, in its order.

    Parameters
    ----------
    info : ModelInfo
        The model.
    plan : Plan
        The order that the analyst confirmed, for a model that does not name its columns.
    dataset : Dataset
        The data.

    Returns
    -------
    tuple of str
        Column names.
    """
    from audit.models.upload import columns_for

    features = plan.model.inputs or info.feature_names or _features(dataset, plan)
    return columns_for(info, features, dataset.names)


def run_model(
    file: tuple[Path, ModelInfo],
    bench: Bench,
    inputs: tuple[str, ...],
    rows: NDArray[np.int64],
    *,
    positive: str,
    threshold: float,
    progress: Progress,
) -> Ran:
    """Run an uploaded model on some rows of a bench.

    Parameters
    ----------
    file : tuple of (Path, ModelInfo)
        The model.
    bench : Bench
        The rows.
    inputs : tuple of str
        The columns it takes, in its order.
    rows : ndarray of int
        Positions of the rows.
    positive : str
        The label's positive value.
    threshold : float
        A score at or above it is a positive decision.
    progress : callable
        Where the work reports.

    Returns
    -------
    Ran
        The decisions, and what a reader should know of the run.
    """
    from audit.models.isolated import score_isolated

    frame = bench.frame.loc[rows, list(inputs)]
    scored = score_isolated(*file, frame, inputs, positive=positive, progress=progress)
    if scored.score is None:
        return Ran(decisions=np.asarray(scored.decision, dtype=np.int8), has_scores=False, notes=scored.notes)
    return Ran(
        decisions=decide(scored.score, threshold), has_scores=True, notes=scored.notes, score=scored.score
    )


def scorer(
    file: tuple[Path, ModelInfo], inputs: tuple[str, ...], *, positive: str, progress: Progress
) -> Fitted:
    """Give an uploaded model as something that scores rows.

    Parameters
    ----------
    file : tuple of (Path, ModelInfo)
        The model.
    inputs : tuple of str
        The columns it takes, in its order.
    positive : str
        The label's positive value.
    progress : callable
        Where the work reports.

    Returns
    -------
    Fitted
        It runs the model in a process of its own whenever rows are scored.
    """
    from audit.models.baseline import Fitted
    from audit.models.isolated import score_isolated

    def predict(frame: pd.DataFrame) -> NDArray[np.float64]:
        scored = score_isolated(*file, frame[list(inputs)], inputs, positive=positive, progress=progress)
        if scored.score is None:
            raise ModelError(
                "The model gives no scores.",
                why="It only decides.",
                fix="Choose a repair that trains a model.",
                code="no_scores",
            )
        return scored.score

    return Fitted(title=file[1].name, features=inputs, notes=(), predict=predict, bounded=False)
