"""Model files from elsewhere: what they are, whether they can be trusted, and whether they fit the data.

A file is judged by its content. It is opened in a worker process only, never here.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from audit.errors import JobFailed, ModelError, did_you_mean, listing, quote
from audit.models.process import MODEL, Limits, run_worker
from audit.models.sniff import sniff, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEGABYTE: Final = 2**20
SIZE_LIMIT: Final = 200 * MEGABYTE
"""Largest model file, in bytes, unless a setting says otherwise."""

InputType = Literal["number", "integer", "boolean", "text", "any"]
OutputKind = Literal["labels", "numbers", "probability_map"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """Something a model takes.

    Parameters
    ----------
    name : str
        Its name in the file; for a model with column names, the column.
    dtype : {"number", "integer", "boolean", "text", "any"}
        What its values are; "any" where the file does not say.
    width : int or None
        How many columns it takes; None where the file does not say.
    """

    name: str
    dtype: InputType = "any"
    width: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutput:
    """Something a model gives for every row.

    Parameters
    ----------
    name : str
        Its name in the file.
    kind : {"labels", "numbers", "probability_map"}
        A class; one or more numbers; or a number per class, with the classes' names.
    width : int or None
        How many values per row; None where the file does not say.
    """

    name: str
    kind: OutputKind
    width: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What is known about a model file without running it.

    Parameters
    ----------
    kind : {"onnx", "skops"}
        The format.
    name : str
        The file's name, as shown.
    sha256 : str
        Fingerprint of the file's bytes.
    n_bytes : int
        Size of the file.
    title : str
        What the model is, such as "Pipeline: StandardScaler, LogisticRegression".
    inputs : tuple of ModelInput
        What it takes.
    named : bool
        Whether the inputs are columns by name; otherwise it takes the features in the order the analyst confirms.
    n_features : int or None
        How many columns it takes in all; None where the file does not say.
    outputs : tuple of ModelOutput
        What it gives.
    classes : tuple of str
        The labels it tells apart, as canonical text; empty where the file does not say.
    feature_names : tuple of str
        The columns it takes by name.
    untrusted : tuple of str
        Types in a skops file that skops does not trust by itself; all of them are on the trusted list.
    versions : mapping of str to str
        What made the file, such as {"scikit-learn": "1.9.1"}.
    refittable : bool
        Whether a fresh copy can be trained: true for scikit-learn classifiers.
    notes : tuple of str
        What a reader should know about how it is run.
    """

    kind: Literal["onnx", "skops"]
    name: str
    sha256: str
    n_bytes: int = 0
    title: str = ""
    inputs: tuple[ModelInput, ...] = ()
    named: bool = False
    n_features: int | None = None
    outputs: tuple[ModelOutput, ...] = ()
    classes: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    untrusted: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    refittable: bool = False
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the description as plain lists, dicts and texts.

        Returns
        -------
        dict
            Ready for JSON; :meth:`from_dict` reads it back.
        """
        return {**asdict(self), "versions": dict(self.versions)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelInfo:
        """Read a description back.

        Parameters
        ----------
        raw : mapping
            What :meth:`to_dict` gave.

        Returns
        -------
        ModelInfo
            Equal to the one that was written.
        """
        texts = {
            name: tuple(map(str, raw[name])) for name in ("classes", "feature_names", "untrusted", "notes")
        }
        return cls(
            **{
                **raw,
                **texts,
                "inputs": tuple(ModelInput(**value) for value in raw["inputs"]),
                "outputs": tuple(ModelOutput(**value) for value in raw["outputs"]),
                "versions": {str(key): str(value) for key, value in raw["versions"].items()},
            }
        )


class Profile(Protocol):
    """What has to be known about a column to tell whether it fits a model."""

    @property
    def kind(self) -> str:
        """Name the kind: binary, categorical, numeric, date, text or empty."""

    @property
    def dtype(self) -> str:
        """Name the type of its values."""

    @property
    def levels(self) -> tuple[tuple[str, int], ...]:
        """List its most frequent values with their rows."""


class Table(Protocol):
    """A data set, as far as checking a model needs it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name the columns."""

    def column(self, name: str) -> Profile:
        """Describe one column.

        Parameters
        ----------
        name : str
            The column.

        Returns
        -------
        Profile
            Its kind, type and levels.
        """


def inspect_model(path: Path, *, name: str, limit: int = SIZE_LIMIT) -> ModelInfo:
    """Find out what a model file is, and refuse what cannot be trusted or read.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called, for messages; its ending plays no part.
    limit : int, default 200 MB
        Largest size in bytes, of the file and of its compressed parts together five times as much.

    Returns
    -------
    ModelInfo
        The description.

    Raises
    ------
    ModelError
        With code "model_too_large", "pickle_refused", "model_unreadable", "model_version", "model_untrusted",
        "model_inputs" or "model_output".
    JobFailed
        If reading it took too much memory or time.
    """
    n_bytes = path.stat().st_size
    if n_bytes > limit:
        raise ModelError(
            f"{quote(name)} is too large: {n_bytes / MEGABYTE:,.0f} MB.",
            why=f"The limit for model files is {limit / MEGABYTE:,.0f} MB.",
            fix="Upload a smaller model, or bring its decisions as a column of the data.",
            code="model_too_large",
        )
    kind = "skops" if sniff(path, name=name) == "zip" else "onnx"
    with tempfile.TemporaryDirectory(prefix="evenhand-") as place:
        folder = Path(place)
        shutil.copyfile(path, folder / MODEL)
        task = {"task": "inspect", "kind": kind, "name": name, "limit": 5 * limit}
        try:
            answer = run_worker(folder, task, limits=Limits(seconds=120, megabytes=4096))
        except JobFailed as error:
            if error.code != "job_killed":
                raise
            raise unreadable(name, why="The process that opened it died.") from error
    head = {"kind": kind, "name": name, "sha256": fingerprint(path), "n_bytes": n_bytes}
    return ModelInfo.from_dict({**answer["info"], **head})


def fingerprint(path: Path) -> str:
    """Give the SHA-256 of a file's bytes.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def columns_for(info: ModelInfo, features: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """Name the columns a model is run on, in the order it takes them.

    Parameters
    ----------
    info : ModelInfo
        The model.
    features : sequence of str
        The features, in the order the analyst confirmed.
    available : sequence of str
        The columns of the data.

    Returns
    -------
    tuple of str
        The model's own names where it has them, else the features.
    """
    if info.named:
        return info.feature_names
    if info.n_features == 1 and len(features) != 1 and info.inputs and info.inputs[0].name in available:
        return (info.inputs[0].name,)
    return tuple(features)


def check_model(info: ModelInfo, dataset: Table, features: Sequence[str]) -> None:
    """Check that a model fits the data before it is run.

    Parameters
    ----------
    info : ModelInfo
        The model.
    dataset : Dataset
        The data.
    features : sequence of str
        The features, in the order the analyst confirmed; they do not matter to a model that names its columns.

    Raises
    ------
    ModelError
        With code "model_features" if columns are missing, "model_width" if their number is wrong, "model_types" if
        a column is not of the type the model takes, "model_output" if it does not answer a yes-or-no question.
    """
    _check_outputs(info)
    names = columns_for(info, features, dataset.names)
    if len(set(names)) < len(names):
        twice = [name for at, name in enumerate(names) if name in names[:at]]
        raise ModelError(
            f"The model's inputs name a column twice: {listing(twice)}.",
            why="Each input takes a column of its own.",
            fix="Name each column once, in the order of the training.",
            code="model_features",
        )
    missing = [name for name in names if name not in dataset.names]
    if missing:
        raise ModelError(
            f"The data lack {len(missing):,} of the {len(names):,} columns the model takes: {listing(missing)}.",
            why=f"Columns of the data: {listing(dataset.names)}.",
            fix=did_you_mean(missing[0], dataset.names) or "Add the columns, or rename them as in training.",
            code="model_features",
        )
    if info.n_features is not None and len(names) != info.n_features:
        raise ModelError(
            f"The model takes {info.n_features:,} features, and {len(names):,} are chosen.",
            why="It knows its features by their position only, so their number and order have to be right.",
            fix="Choose exactly the features it was trained on, in the same order.",
            code="model_width",
        )
    _check_types(info, dataset, names)


def input_types(info: ModelInfo, n_columns: int) -> tuple[InputType, ...]:
    """Give the type of each column a model takes, in order.

    Parameters
    ----------
    info : ModelInfo
        The model.
    n_columns : int
        How many columns it is run on.

    Returns
    -------
    tuple of {"number", "integer", "boolean", "text", "any"}
        One per column.
    """
    if len(info.inputs) == 1 and info.inputs[0].width is None:
        return (info.inputs[0].dtype,) * n_columns
    types = tuple(source.dtype for source in info.inputs for _ in range(source.width or 1))
    anything: InputType = "any"
    return types if len(types) == n_columns else (anything,) * n_columns


def _check_outputs(info: ModelInfo) -> None:
    widest = max(
        [len(info.classes), *(output.width or 0 for output in info.outputs if output.kind == "numbers")]
    )
    if widest > 2:
        raise ModelError(
            f"The model tells {widest:,} classes apart.",
            why="An audit is about one yes-or-no label.",
            fix="Upload a model that scores or decides one yes-or-no label.",
            code="model_output",
        )


def _check_types(info: ModelInfo, dataset: Table, names: Sequence[str]) -> None:
    wrong = [
        name
        for name, dtype in zip(names, input_types(info, len(names)), strict=True)
        if dtype in {"number", "integer", "boolean"} and not _is_number(dataset.column(name))
    ]
    if wrong:
        raise ModelError(
            f"The model takes numbers where the data hold text or dates: {listing(wrong)}.",
            why="A number cannot be made from such values without knowing how it was done in training.",
            fix="Bring the columns in the form the model was trained on, or check the order of the features.",
            code="model_types",
        )


def _is_number(column: Profile) -> bool:
    if column.kind in {"numeric", "empty"}:
        return True
    if column.kind == "date":
        return False
    if column.dtype.lower().startswith(("bool", "int", "uint", "float", "double", "decimal")):
        return True
    return bool(column.levels) and all(_reads_as_number(text) for text, _ in column.levels)


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
