"""skops models: scikit-learn estimators in a zip with a schema, read without running code of the file's choice."""

from __future__ import annotations

import json
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import ModelError, listing, quote
from audit.models.columns import as_numbers, numbers_again
from audit.models.outputs import Answers
from audit.models.sniff import holds_pickle, pickle_refused, unreadable
from audit.models.trusted import TRUSTED_TYPES
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from audit.models.upload import InputType

_MOST_FILES: Final = 100_000
_LARGEST_SCHEMA: Final = 64 * 2**20
_ROWS_AT_ONCE: Final = 20_000
_TAKES_NUMBERS: Final = frozenset(
    {
        "KBinsDiscretizer", "MaxAbsScaler", "MinMaxScaler", "Normalizer", "PolynomialFeatures", "PowerTransformer",
        "QuantileTransformer", "RobustScaler", "SplineTransformer", "StandardScaler", "PCA", "TruncatedSVD",
        "VarianceThreshold",
    }
)  # fmt: skip


def check_archive(path: Path, *, name: str, limit: int) -> None:
    """Check a zip before anything in it is read: its size when unpacked, pickles, and the version that made it.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called, for messages.
    limit : int
        Largest unpacked size in bytes.

    Raises
    ------
    ModelError
        With code "model_unreadable", "pickle_refused", "model_too_large" or "model_version".
    """
    try:
        with zipfile.ZipFile(path) as archive:
            fault = _archive_fault(archive, name, limit)
            schema = None if fault else json.loads(archive.read("schema.json"))
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        ValueError,
        RecursionError,
        OSError,
        EOFError,
    ) as error:
        raise unreadable(name) from error
    except NotImplementedError as error:  # a compression method, or encryption, that zipfile does not know
        raise unreadable(name) from error
    if fault:
        raise fault
    _check_version(schema, name=name)


def load_estimator(path: Path, *, name: str) -> tuple[Any, tuple[str, ...]]:
    """Load the estimator of a checked file whose types are all trusted.

    Parameters
    ----------
    path : Path
        The file, which :func:`check_archive` has passed.
    name : str
        What it is called, for messages.

    Returns
    -------
    tuple
        The estimator, and the types that are trusted by our list only.

    Raises
    ------
    ModelError
        With code "model_untrusted" or "model_unreadable".
    """
    import skops.io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            asked = tuple(skops.io.get_untrusted_types(file=path))
            refused = [kind for kind in asked if kind not in TRUSTED_TYPES]
            estimator = None if refused else skops.io.load(path, trusted=list(asked))
        except MemoryError:
            raise
        except Exception as error:
            raise unreadable(name, why="Its content is damaged, or not a scikit-learn model.") from error
    if refused:
        raise _untrusted(name, refused)
    return estimator, asked


def inspect_skops(path: Path, *, name: str, limit: int) -> dict[str, Any]:
    """Describe a model.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called, for messages.
    limit : int
        Largest unpacked size in bytes.

    Returns
    -------
    dict
        The fields of :class:`audit.models.upload.ModelInfo` that the content decides.

    Raises
    ------
    ModelError
        If it cannot be trusted or read, or does not predict.
    """
    check_archive(path, name=name, limit=limit)
    estimator, untrusted = load_estimator(path, name=name)
    _require_prediction(estimator, name)
    from sklearn import __version__ as sklearn_version
    from sklearn.base import is_classifier

    names = [str(column) for column in getattr(estimator, "feature_names_in_", ())]
    count = getattr(estimator, "n_features_in_", None)
    n_features = int(count) if count is not None else len(names) or None
    classes = [canonical(value) or "" for value in getattr(estimator, "classes_", ())]
    types = _input_types(estimator, names, n_features or 0)
    numbers = hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")
    inputs = [
        {"name": names[position] if names else f"feature {position + 1}", "dtype": dtype, "width": 1}
        for position, dtype in enumerate(types)
    ]
    return {
        "title": _title(estimator),
        "inputs": inputs or [{"name": "features", "dtype": "any", "width": None}],
        "named": bool(names),
        "n_features": n_features,
        "outputs": [
            {"name": "labels", "kind": "labels", "width": 1},
            *([{"name": "scores", "kind": "numbers", "width": len(classes) or 1}] if numbers else []),
        ],
        "classes": classes,
        "feature_names": names,
        "untrusted": list(untrusted),
        "versions": {"scikit-learn": sklearn_version, **_schema_versions(path)},
        "refittable": bool(is_classifier(estimator)),
        "notes": ["Missing values are handed to the model as NaN."],
    }


def prepare(frame: pd.DataFrame, types: Sequence[InputType], *, named: bool) -> Any:
    """Bring a table into the form a scikit-learn model takes.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns in the order the model takes them.
    types : sequence of str
        What each column holds in the model: "number", "text" or "any".
    named : bool
        Whether the model knows its columns by name.

    Returns
    -------
    pandas.DataFrame or array
        A table with names, or a matrix for a model without them.
    """
    table = frame.copy(deep=False)
    for name, dtype in zip(frame.columns, types, strict=True):
        table[name] = _column(frame[name], dtype)
    if named:
        return table
    plain = all(dtype.kind in "biuf" for dtype in table.dtypes)
    return table.to_numpy(dtype=float if plain else object)


def score_skops(estimator: Any, table: Any, report: Callable[[float], None]) -> Answers:
    """Run a model on all rows, some at a time.

    Parameters
    ----------
    estimator : scikit-learn estimator
        The model.
    table : pandas.DataFrame or array
        What :func:`prepare` gave.
    report : callable
        Told the share of rows that are done.

    Returns
    -------
    Answers
        Probabilities where the model has them, else margins, else its labels.
    """
    classes = tuple(canonical(value) or "" for value in getattr(estimator, "classes_", ()))
    method = next(
        name for name in ("predict_proba", "decision_function", "predict") if hasattr(estimator, name)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = []
        for start, piece in _pieces(table):
            parts.append(np.asarray(getattr(estimator, method)(piece)))
            report(min(start + _ROWS_AT_ONCE, len(table)) / len(table))
    whole = np.concatenate(parts)
    if method == "predict" and classes:
        return Answers(labels=whole, table=None)
    return Answers(labels=None, table=whole, classes=classes, margin=method == "decision_function")


def _pieces(table: Any) -> Iterator[tuple[int, Any]]:
    for start in range(0, len(table), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        yield start, table[rows] if isinstance(table, np.ndarray) else table.iloc[rows]


def _column(series: pd.Series[Any], dtype: InputType) -> Any:
    numbers = as_numbers(series)
    if dtype == "number":
        return numbers_again(series)
    if dtype == "text" and numbers is not None:
        texts = [canonical(value) for value in series.tolist()]
        return np.array([np.nan if text is None else text for text in texts], dtype=object)
    if numbers is not None:
        return numbers
    values = series.astype(object)
    return values.where(values.notna(), np.nan).to_numpy(dtype=object)


def _archive_fault(archive: zipfile.ZipFile, name: str, limit: int) -> ModelError | None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if holds_pickle(names):
        return pickle_refused(name)
    if "schema.json" not in names:
        return unreadable(name, why="It is a zip archive without the schema of a skops file.")
    size = sum(entry.file_size for entry in entries)
    schema_size = archive.getinfo("schema.json").file_size
    if size > limit or len(entries) > _MOST_FILES or schema_size > _LARGEST_SCHEMA:
        return _unpacks_too_large(name, size)
    return None


def _check_version(schema: Any, *, name: str) -> None:
    from sklearn import __version__ as installed

    recorded = sorted(_recorded_versions(schema))
    other = [version for version in recorded if _minor(version) != _minor(installed)]
    if other:
        raise ModelError(
            f"{quote(name)} was made by scikit-learn {listing(other)}, and {installed} is installed here.",
            why="Another version can read the same file as a different model.",
            fix=f"Export the model to ONNX, or train and save it again with scikit-learn {installed}.",
            code="model_version",
        )


def _recorded_versions(schema: Any) -> set[str]:
    """Collect every version that an estimator in the file says it was made by."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            version = node.get("_sklearn_version")
            if isinstance(version, dict):
                version = version.get("content")
            if isinstance(version, str):
                found.add(version.strip('"')[:40])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])


def _schema_versions(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        version = json.loads(archive.read("schema.json")).get("_skops_version", "")
    return {"skops": str(version)[:40]} if version else {}


def _unpacks_too_large(name: str, size: int) -> ModelError:
    return ModelError(
        f"{quote(name)} unpacks to more than a model file may hold: {size / 2**20:,.0f} MB.",
        why="An archive that grows without measure can stop the whole machine.",
        fix="Save the model again without compression, or upload a smaller one.",
        code="model_too_large",
    )


def _untrusted(name: str, types: Sequence[str]) -> ModelError:
    return ModelError(
        f"{quote(name)} holds types that are not on the trusted list: {listing(types)}.",
        why="Building an object of an unknown type can run code of the file's choice.",
        fix="Use scikit-learn's own estimators without custom functions, or export the model to ONNX.",
        code="model_untrusted",
    )


def _require_prediction(estimator: Any, name: str) -> None:
    from sklearn.base import BaseEstimator, is_clusterer, is_outlier_detector
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not isinstance(estimator, BaseEstimator) or not hasattr(estimator, "predict"):
        raise ModelError(
            f"{quote(name)} holds {quote(type(estimator).__name__)}, which does not predict.",
            why="An audit needs decisions or scores.",
            fix="Save the whole trained pipeline, with its classifier as the last step.",
            code="model_output",
        )
    if is_clusterer(estimator) or is_outlier_detector(estimator):
        raise ModelError(
            f"{quote(name)} holds {quote(type(estimator).__name__)}, which makes no yes-or-no decisions.",
            why="It numbers clusters or marks outliers, and such numbers are neither decisions nor scores.",
            fix="Save a classifier, or bring its decisions as a column of the data.",
            code="model_output",
        )
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise ModelError(
            f"{quote(name)} has not been trained.",
            why="It holds the settings of a model and nothing that was learned.",
            fix="Train the model, then save it.",
            code="model_unfitted",
        ) from error


def _title(estimator: Any) -> str:
    steps = [type(step).__name__ for _, step in getattr(estimator, "steps", ())]
    return f"{type(estimator).__name__}{': ' if steps else ''}{', '.join(steps)}"[:200]


def _input_types(estimator: Any, names: Sequence[str], n_features: int) -> list[InputType]:
    """Tell from what an estimator has learned which columns it takes as numbers and which as texts."""
    types: list[InputType] = ["any"] * n_features
    inside = _inside(estimator)
    if inside:
        return _known_inside(inside, names, types)
    first = _first_step(estimator)
    if type(first).__name__ != "ColumnTransformer":
        kinds = _leaf_types(first, n_features)
        return kinds if len(kinds) == n_features else types
    for _, transformer, columns in first.transformers_:
        places = _places(columns, names, n_features)
        for place, kind in zip(places, _leaf_types(_first_step(transformer), len(places)), strict=False):
            # A part that takes anything, such as one that marks gaps, says nothing against one that takes numbers.
            types[place] = kind if kind != "any" else types[place]
    return types


def _inside(estimator: Any) -> list[Any]:
    """Give the models inside one of this project's own parts; what they take, it takes."""
    if not type(estimator).__module__.startswith("audit.models."):
        return []
    inner = getattr(estimator, "estimator_", None)
    return list(getattr(estimator, "estimators_", [])) if inner is None else [inner]


def _known_inside(inside: list[Any], names: Sequence[str], types: list[InputType]) -> list[InputType]:
    known = {name: place for place, name in enumerate(names)}
    for inner in inside:
        own = [str(name) for name in getattr(inner, "feature_names_in_", ())]
        for name, kind in zip(own, _input_types(inner, own, len(own)), strict=True):
            if name in known and kind != "any":
                types[known[name]] = kind
    return types


def _first_step(estimator: Any) -> Any:
    while getattr(estimator, "steps", None):
        estimator = estimator.steps[0][1]
    return estimator


def _leaf_types(leaf: Any, n_columns: int) -> list[InputType]:
    categories = getattr(leaf, "categories_", None)
    if categories is not None and len(categories) == n_columns:
        return ["number" if np.asarray(values).dtype.kind in "biuf" else "text" for values in categories]
    imputes = type(leaf).__name__ == "SimpleImputer" and leaf.strategy in {"mean", "median"}
    return ["number" if imputes or type(leaf).__name__ in _TAKES_NUMBERS else "any"] * n_columns


def _places(columns: Any, names: Sequence[str], n_features: int) -> list[int]:
    if isinstance(columns, slice | str):
        columns = list(range(n_features))[columns] if isinstance(columns, slice) else [columns]
    listed = list(columns)
    if listed and isinstance(listed[0], bool | np.bool_):
        return [place for place, chosen in enumerate(listed) if chosen]
    known = {name: place for place, name in enumerate(names)}
    places = [known.get(str(column), -1) if isinstance(column, str) else int(column) for column in listed]
    return [place for place in places if 0 <= place < n_features]
