"""ONNX models: read and run with ONNX Runtime, inside the worker process only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError, listing, quote
from audit.models.columns import as_numbers, numbers_again
from audit.models.outputs import Answers
from audit.models.process import THREADS
from audit.models.sniff import unreadable
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

_NUMBERS = {"float16": np.float16, "float": np.float32, "double": np.float64}
_INTEGERS = {
    name: np.dtype(name)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}
_ROWS_AT_ONCE = 20_000


def open_onnx(data: bytes, *, name: str) -> Any:
    """Open a model.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What it is called, for messages.

    Returns
    -------
    onnxruntime.InferenceSession
        Ready to run on the processor.

    Raises
    ------
    ModelError
        With code "model_version" for a newer format, else "model_unreadable".
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(data, sess_options=options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:
        text = str(error)
        if "bad allocation" in text or "bad_alloc" in text:
            raise MemoryError from error
        if re.search(
            r"Unsupported model IR version|Opset \d+ is under development|opset.*not.*supported", text
        ):
            raise ModelError(
                f"{quote(name)} uses a newer ONNX version than can be run here.",
                why=f"ONNX Runtime {onnxruntime.__version__} is installed.",
                fix="Export the model again with a lower target opset.",
                code="model_version",
            ) from error
        raise unreadable(name) from error


def inspect_onnx(data: bytes, *, name: str) -> dict[str, Any]:
    """Describe a model.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What it is called, for messages.

    Returns
    -------
    dict
        The fields of :class:`audit.models.upload.ModelInfo` that the content decides.

    Raises
    ------
    ModelError
        If it cannot be read, takes something other than tables, or gives nothing that can be understood.
    """
    session = open_onnx(data, name=name)
    inputs = [_describe_input(source) for source in session.get_inputs()]
    outputs = [described for sink in session.get_outputs() if (described := _describe_output(sink))]
    if not inputs or not outputs:
        raise ModelError(
            f"{quote(name)} {'takes no input' if not inputs else 'gives no answer that can be read'}.",
            why="A model has to take a table and give labels or numbers.",
            fix="Export the model again with its usual inputs and outputs.",
            code="model_output" if inputs else "model_inputs",
        )
    widths = [source["width"] for source in inputs]
    named = len(inputs) > 1 and all(width in {1, None} for width in widths)
    if named:
        for source in inputs:
            source["width"] = 1
    elif len(inputs) > 1 and None in widths:
        raise ModelError(
            f"{quote(name)} has several inputs and does not say how many columns each takes.",
            why="The features cannot be dealt out to them.",
            fix="Export the model with fixed widths, or with one input per column.",
            code="model_inputs",
        )
    meta = session.get_modelmeta()
    return {
        "title": f"ONNX model{f' from {meta.producer_name}' if meta.producer_name else ''}"[:200],
        "inputs": inputs,
        "named": named,
        "n_features": sum(source["width"] for source in inputs) if named or None not in widths else None,
        "outputs": outputs,
        "classes": [],
        "feature_names": [source["name"] for source in inputs] if named else [],
        "untrusted": [],
        "versions": {"producer": meta.producer_name[:100]} if meta.producer_name else {},
        "refittable": False,
        "notes": ["Missing values are handed to the model as NaN in numbers and as empty texts."],
    }


def score_onnx(session: Any, frame: pd.DataFrame, report: Callable[[float], None]) -> Answers:
    """Run a model on all rows, some at a time.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The model.
    frame : pandas.DataFrame
        The columns in the order the model takes them.
    report : callable
        Told the share of rows that are done.

    Returns
    -------
    Answers
        As the model gave them.
    """
    sources = session.get_inputs()
    blocks = _deal(sources, frame)
    feeds = {source.name: _tensor(source, block) for source, block in zip(sources, blocks, strict=True)}
    batch = _fixed_batch(sources)
    step = batch or _ROWS_AT_ONCE
    sinks = _chosen(session.get_outputs())
    parts: list[list[Any]] = []
    for start in range(0, len(frame), step):
        part = {key: _padded(value[start : start + step], batch) for key, value in feeds.items()}
        n_rows = min(step, len(frame) - start)
        answers = session.run([sink.name for sink in sinks], part)
        parts.append(
            [answer[:n_rows] if np.ndim(answer) or isinstance(answer, list) else answer for answer in answers]
        )
        report(min(start + step, len(frame)) / len(frame))
    return _collect(sinks, parts)


def _describe_input(source: Any) -> dict[str, Any]:
    element = _element(source.type)
    shape = source.shape or []
    if element is None or len(shape) not in {1, 2}:
        raise ModelError(
            f"The model's input {quote(source.name)} is not a table.",
            why="Rows with columns of numbers or texts can be handed over; pictures and sequences cannot.",
            fix="Export a model for tables, or bring its decisions as a column of the data.",
            code="model_inputs",
        )
    width = 1 if len(shape) == 1 else shape[1] if isinstance(shape[1], int) and shape[1] > 0 else None
    dtype = {"string": "text", "bool": "boolean"}.get(
        element, "integer" if element in _INTEGERS else "number"
    )
    return {"name": source.name, "dtype": dtype, "width": width}


def _describe_output(sink: Any) -> dict[str, Any] | None:
    kind = _output_kind(sink.type)
    if kind is None:
        return None
    shape = getattr(sink, "shape", None) or []
    width = 1 if len(shape) < 2 else shape[-1] if isinstance(shape[-1], int) and shape[-1] > 0 else None
    return {"name": sink.name, "kind": kind, "width": None if kind == "probability_map" else width}


def _output_kind(text: str) -> str | None:
    if text.startswith("seq(map("):
        return "probability_map"
    element = _element(text)
    if element in _NUMBERS:
        return "numbers"
    return "labels" if element in {*_INTEGERS, "string", "bool"} else None


def _element(text: str) -> str | None:
    match = re.fullmatch(r"tensor\((\w+)\)", text)
    known = match is not None and match[1] in {*_NUMBERS, *_INTEGERS, "string", "bool"}
    return match[1] if match is not None and known else None


def _fixed_batch(sources: Sequence[Any]) -> int | None:
    fixed = {
        source.shape[0] for source in sources if isinstance(source.shape[0], int) and source.shape[0] > 0
    }
    return int(min(fixed)) if fixed else None


def _padded(rows: NDArray[Any], batch: int | None) -> NDArray[Any]:
    """Fill the last batch of a model that takes a fixed number of rows by repeating its last row."""
    short = (batch or len(rows)) - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], short, axis=0)]) if short > 0 else rows


def _deal(sources: Sequence[Any], frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Give each input its columns, in order."""
    blocks, start = [], 0
    for position, source in enumerate(sources):
        known = len(source.shape) == 2 and isinstance(source.shape[1], int) and source.shape[1] > 0
        width = source.shape[1] if known else len(frame.columns) if len(sources) == 1 else 1
        last = position == len(sources) - 1
        blocks.append(frame.iloc[:, start : len(frame.columns) if last else start + width])
        start += width
    return blocks


def _tensor(source: Any, block: pd.DataFrame) -> NDArray[Any]:
    element = _element(source.type) or "float"
    columns = [_column(block.iloc[:, position], element) for position in range(block.shape[1])]
    return columns[0] if len(source.shape) == 1 else np.column_stack(columns)


def _column(series: pd.Series[Any], element: str) -> NDArray[Any]:
    if element == "string":
        codes, uniques = series.factorize()
        texts = [value if isinstance(value, str) else canonical(value) or "" for value in uniques]
        table: NDArray[Any] = np.array([*texts, ""], dtype=object)[np.asarray(codes)]
        return table
    if element == "bool" and as_numbers(series) is None:
        series = series.map({"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0}).fillna(series)
    values = numbers_again(series)
    if element in _NUMBERS:
        return values.astype(_NUMBERS[element])
    broken = int(np.sum(~(values == np.round(values))))
    if broken:
        raise ModelError(
            f"Column {quote(str(series.name))} has {broken:,} missing or fractional values, and the model takes whole numbers.",
            why="A whole-number input cannot hold them.",
            fix="Fill the missing values, or export the model with floating-point inputs.",
            code="model_types",
        )
    whole: NDArray[Any] = values.astype(bool if element == "bool" else _INTEGERS[element])
    return whole


def _chosen(sinks: Sequence[Any]) -> list[Any]:
    """Choose the outputs to read: one with classes, one with numbers."""
    maps = [sink for sink in sinks if _output_kind(sink.type) == "probability_map"]
    numbers = [sink for sink in sinks if _output_kind(sink.type) == "numbers"]
    labels = [sink for sink in sinks if _output_kind(sink.type) == "labels"]
    numbers.sort(key=lambda sink: ("prob" not in sink.name.lower(), not _is_pair(sink)))
    return [*labels[:1], *(maps[:1] or numbers[:1])]


def _is_pair(sink: Any) -> bool:
    shape = sink.shape or []
    return len(shape) == 2 and shape[1] == 2


def _collect(sinks: Sequence[Any], parts: list[list[Any]]) -> Answers:
    labels: NDArray[Any] | None = None
    table: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()
    for position, sink in enumerate(sinks):
        kind = _output_kind(sink.type)
        pieces = [part[position] for part in parts]
        if kind == "labels":
            labels = np.concatenate([np.asarray(piece) for piece in pieces])
        elif kind == "numbers":
            table = np.concatenate([np.asarray(piece, dtype=np.float64) for piece in pieces])
        else:
            table, classes = _from_maps([row for piece in pieces for row in piece])
    return Answers(labels=labels, table=table, classes=classes)


def _from_maps(rows: list[dict[Any, float]]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    keys = list(rows[0]) if rows else []
    if any(list(row) != keys for row in rows):
        raise ModelError(
            "The model names different classes for different rows.",
            why=f"The first row has {listing(map(str, keys))}.",
            fix="Export the model with one number per class.",
            code="model_output",
        )
    table = np.array([list(row.values()) for row in rows], dtype=np.float64)
    return table, tuple(canonical(key) or "" for key in keys)
