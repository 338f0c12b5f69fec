"""Run uploaded models on rows, in a process of their own, and train fresh copies of those that allow it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError, quote
from audit.models.clone import fit_clone
from audit.models.columns import as_numbers, column_kind, require_columns
from audit.models.outputs import Scored
from audit.models.process import DECISION, MODEL, ROWS, SCORE, Limits, run_worker
from audit.models.upload import SIZE_LIMIT, ModelInfo, columns_for, fingerprint, input_types
from audit.progress import silent
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from audit.models.baseline import Fitted
    from audit.progress import Progress

__all__ = ["Scored", "refit", "score_isolated"]


def score_isolated(
    path: Path,
    info: ModelInfo,
    frame: pd.DataFrame,
    features: Sequence[str],
    *,
    positive: str = "1",
    seconds: float = 300.0,
    megabytes: int = 4096,
    progress: Progress = silent,
) -> Scored:
    """Run an uploaded model on rows, in a process with limits on time and memory.

    Parameters
    ----------
    path : Path
        The model file.
    info : ModelInfo
        What :func:`audit.models.upload.inspect_model` said about it.
    frame : pandas.DataFrame
        The rows, with at least the columns the model takes.
    features : sequence of str
        The features in the order the analyst confirmed; only for a model that does not name its columns.
    positive : str, default "1"
        The positive label, as canonical text.
    seconds : float, default 300
        Wall time after which the model is stopped.
    megabytes : int, default 4096
        Memory above which the model is stopped.
    progress : callable
        Told how far the model is; raising :class:`audit.errors.Cancelled` stops it.

    Returns
    -------
    Scored
        Scores, or decisions of a model that gives none.

    Raises
    ------
    ModelError
        If columns are missing, the model fails on the rows ("model_failed"), or gives answers that cannot be
        understood ("model_output").
    JobFailed
        If the process was killed or ran out of memory or time.
    """
    names = columns_for(info, features, list(frame.columns))
    require_columns(frame, names)
    _require_same_file(path, info)
    if not len(frame):
        return Scored(score=np.empty(0), decision=None)
    with tempfile.TemporaryDirectory(prefix="evenhand-") as place:
        folder = Path(place)
        shutil.copyfile(path, folder / MODEL)
        _write_rows(frame, names, folder / ROWS)
        task = {
            "task": "score",
            "kind": info.kind,
            "name": info.name,
            "named": info.named,
            "types": input_types(info, len(names)),
            "positive": positive,
        }
        limits = Limits(seconds=seconds, megabytes=megabytes)
        answer = run_worker(folder, task, limits=limits, progress=progress, message="Running the model")
        score = _read(folder / SCORE, len(frame), np.dtype(np.float64))
        decision = _read(folder / DECISION, len(frame), np.dtype(np.int8))
    if score is None and decision is None:
        raise ModelError(
            "The model gave no answers.",
            why="It was run, and left neither scores nor decisions.",
            fix="Check the model file; or bring its decisions as a column of the data.",
            code="model_output",
        )
    notes = (*info.notes, *map(str, answer.get("notes", ())))
    return Scored(score=score, decision=decision, notes=notes)


def refit(
    path: Path,
    info: ModelInfo,
    frame: pd.DataFrame,
    label: Sequence[int] | NDArray[Any],
    *,
    weight: Sequence[float] | NDArray[Any] | None = None,
    seed: int,
) -> Fitted:
    """Train a fresh copy of an uploaded scikit-learn classifier on other rows or weights.

    Parameters
    ----------
    path : Path
        The skops file.
    info : ModelInfo
        What :func:`audit.models.upload.inspect_model` said about it.
    frame : pandas.DataFrame
        The training rows: the model's own columns, or for a model without names its features in order.
    label : array of int, shape (n_rows,)
        1 for the positive label, else 0.
    weight : array of float, shape (n_rows,), optional
        How much each row counts.
    seed : int
        Given to every `random_state` of the classifier.

    Returns
    -------
    Fitted
        The retrained model, with the file's settings.

    Raises
    ------
    ModelError
        If the file cannot be refitted, takes no weights where they are needed, or fails to train.

    Notes
    -----
    Only what the file says about settings is used; what it has learned is thrown away before anything is run.
    """
    if not info.refittable or info.kind != "skops":
        raise ModelError(
            f"{quote(info.name)} cannot be trained again.",
            why="Only a scikit-learn classifier in a skops file carries what training needs.",
            fix="Choose a baseline to retrain instead.",
            code="model_refit",
        )
    from audit.models.skops_file import check_archive, load_estimator, prepare

    names = columns_for(info, list(frame.columns), list(frame.columns))
    require_columns(frame, names)
    _require_same_file(path, info)
    check_archive(path, name=info.name, limit=5 * SIZE_LIMIT)
    estimator, _ = load_estimator(path, name=info.name)
    types, named = input_types(info, len(names)), info.named
    return fit_clone(
        estimator,
        frame[list(names)],
        label,
        prepare=lambda rows: prepare(rows[list(names)], types, named=named),
        weight=weight,
        seed=seed,
        title=f"{info.title}, trained again",
    )


def _require_same_file(path: Path, info: ModelInfo) -> None:
    if fingerprint(path) != info.sha256:
        raise ModelError(
            f"{quote(info.name)} is not the file that was checked.",
            why="Its bytes have changed since.",
            fix="Upload the model again.",
            code="model_changed",
        )


def _write_rows(frame: pd.DataFrame, names: Sequence[str], path: Path) -> None:
    """Write the columns as numbers, dates and texts; nothing else crosses over."""
    import pyarrow as pa
    import pyarrow.feather

    arrays = [_plain(frame[name]) for name in names]
    table = pa.Table.from_arrays(arrays, names=[str(name) for name in names])
    pyarrow.feather.write_feather(table, str(path), compression="uncompressed")


def _plain(series: pd.Series[Any]) -> Any:
    import pandas as pd
    import pyarrow as pa

    kind = column_kind(series)
    if kind == "number" and pd.api.types.infer_dtype(series, skipna=True) != "boolean":
        return pa.array(as_numbers(series), from_pandas=True)
    if kind != "text":
        return pa.array(series.astype(object) if kind == "number" else series, from_pandas=True)
    codes, uniques = pd.factorize(series.astype(object))
    texts = np.array([*map(_text, uniques), None], dtype=object)[np.asarray(codes)]
    return pa.array(texts, type=pa.large_string())


def _text(value: Any) -> str | None:
    """Keep a text as it is, for a model knows it by its exact letters."""
    return value if isinstance(value, str) else canonical(value)


def _read(path: Path, n_rows: int, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Read an answer that must be one finite number per row; the process that wrote it is not trusted."""
    if not path.exists():
        return None
    sound = not path.is_symlink() and path.stat().st_size <= n_rows * dtype.itemsize + 1024
    try:
        values: NDArray[Any] | None = np.load(path, allow_pickle=False) if sound else None
    except (ValueError, OSError, EOFError):
        values = None
    if values is None or values.shape != (n_rows,) or values.dtype != dtype or not np.isfinite(values).all():
        raise ModelError(
            f"The model did not give one number for each of the {n_rows:,} rows.",
            why="An audit needs a decision or a score for every row.",
            fix="Check the model file; or bring its decisions as a column of the data.",
            code="model_output",
        )
    return values
