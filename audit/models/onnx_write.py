"""Writes a model that was trained here as an ONNX graph over the raw columns, in double precision throughout.

The graph is written operator by operator, because the usual converters know neither marks for missing values nor rare
levels nor trees over levels, and compute in single precision, which can turn a decision that is close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.errors import quote
from audit.models.columns import column_kind
from audit.models.pipeline import layers, not_portable
from audit.release import VERSION
from audit.values import canonical

if TYPE_CHECKING:
    from audit.models.baseline import Fitted
    from audit.models.features import Encoder, LevelColumn

OPSET: Final = 21
TREES: Final = 5
"""Versions of the operators for tables and for trees."""

_BRANCH_LEQ: Final = 0
_BRANCH_MEMBER: Final = 6
_SUM: Final = 1


class _Graph:
    """A graph that is being written: names are numbered, constants are kept aside."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numbers = helper, numpy_helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []

    def constant(self, value: Any) -> str:
        name = f"constant {len(self.constants)}"
        self.constants.append(self._numbers.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *given: str, domain: str = "", output: str = "", **options: Any) -> str:
        name = output or f"step {len(self.nodes)}"
        self.nodes.append(
            self._helper.make_node(operator, list(given), [name], name=name, domain=domain, **options)
        )
        return name

    def take(self, name: str, kind: int) -> str:
        if name not in (known.name for known in self.inputs):
            self.inputs.append(self._helper.make_tensor_value_info(name, kind, [None, 1]))
        return name

    def join(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=1)


def to_onnx(fitted: Fitted, frame: pd.DataFrame, *, turned: bool = False) -> bytes:
    """Write the graph of a model that was trained here.

    Parameters
    ----------
    fitted : Fitted
        The model, with its encoder and its estimator.
    frame : pandas.DataFrame
        Rows with its features: they say in which ways the levels are written.
    turned : bool, default False
        Whether the positive label is called 0, and the other one 1.

    Returns
    -------
    bytes
        An ONNX model with one input for each column, and as outputs the label and two probabilities.

    Raises
    ------
    ModelError
        With code "model_not_portable" where the model or a column is none that a graph can be written for.
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    members = fitted.members or ((1.0, fitted),)
    parts = [
        graph.add(
            "Mul", _counted(graph, one, frame, drawn=fitted.drawn), graph.constant(np.full((1, 1), share))
        )
        for share, one in members
    ]
    if not graph.inputs:
        raise not_portable("it says the same about everybody, and a graph needs a column to look at")
    score = parts[0] if len(parts) == 1 else graph.add("Sum", *parts)
    other = graph.add("Sub", graph.constant(np.ones((1, 1))), score)
    both = (score, other) if turned else (other, score)
    graph.add("Concat", *both, axis=1, output="probabilities")
    chosen = graph.add("Greater", both[1], graph.constant(np.full((1, 1), 0.5)))
    flat = graph.add("Reshape", chosen, graph.constant(np.array([-1], dtype=np.int64)))
    graph.add("Cast", flat, to=TensorProto.INT64, output="label")
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, [None, 2]),
    ]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "model", graph.inputs, outputs, graph.constants),
        producer_name="Evenhand",
        producer_version=VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES)],
        ir_version=10,
    )
    return bytes(made.SerializeToString(deterministic=True))


def _counted(graph: _Graph, fitted: Fitted, frame: pd.DataFrame, *, drawn: bool) -> str:
    """Write what one of several models adds: its score, or where one is drawn for each person its decision."""
    from onnx import TensorProto

    score = _score(graph, fitted, frame)
    if not drawn:
        return score
    yes = graph.add("GreaterOrEqual", score, graph.constant(np.full((1, 1), 0.5)))
    return graph.add("Cast", yes, to=TensorProto.DOUBLE)


def _score(graph: _Graph, fitted: Fitted, frame: pd.DataFrame) -> str:
    """Write what one model computes."""
    encoder, estimator = fitted.encoder, fitted.estimator
    if type(estimator).__name__ == "DummyClassifier" and estimator.constant in {0, 1}:
        return graph.constant(np.full((1, 1), float(estimator.constant)))
    if encoder is None or estimator is None:
        raise not_portable("it was not trained here on columns that are known")
    _check_columns(encoder, frame)
    kind = type(estimator).__name__
    if kind == "HistGradientBoostingClassifier":
        margin = _trees(graph, encoder, estimator, frame)
    elif kind == "Network":
        weights, offsets = layers(estimator)
        margin = _layers(graph, _matrix(graph, encoder, frame), weights, offsets)
    elif kind == "LogisticRegression":
        margin = _layers(graph, _matrix(graph, encoder, frame), [estimator.coef_.T], [estimator.intercept_])
    else:
        raise not_portable(f"no graph is written for {quote(kind)}")
    return graph.add("Sigmoid", margin)


def _check_columns(encoder: Encoder, frame: pd.DataFrame) -> None:
    dates = [column.name for column in encoder.numbers if column_kind(frame[column.name]) == "date"]
    if dates:
        raise not_portable(f"ONNX has no dates, and the model looks at {quote(dates[0])}")
    reserved = {"label", "probabilities", ""}
    odd = [name for name in encoder.features if name in reserved or name.startswith(("step ", "constant "))]
    if odd:
        raise not_portable(f"a column is called {quote(odd[0])}, which a graph needs for itself")


def _numbers(graph: _Graph, encoder: Encoder) -> str | None:
    """Take the number columns, side by side."""
    from onnx import TensorProto

    if not encoder.numbers:
        return None
    return graph.join([graph.take(column.name, TensorProto.DOUBLE) for column in encoder.numbers])


def _matrix(graph: _Graph, encoder: Encoder, frame: pd.DataFrame) -> str:
    """Standardised numbers, marks for missing ones, and 0 or 1 for each level, as :func:`one_hot` gives them."""
    from onnx import TensorProto

    parts = []
    raw = _numbers(graph, encoder)
    if raw is not None:
        absent = graph.add("IsNaN", raw)
        learned = {
            name: graph.constant(np.array([[getattr(column, name) for column in encoder.numbers]]))
            for name in ("median", "mean", "scale")
        }
        filled = graph.add("Where", absent, learned["median"], raw)
        parts.append(graph.add("Div", graph.add("Sub", filled, learned["mean"]), learned["scale"]))
        marked = [at for at, column in enumerate(encoder.numbers) if column.indicator]
        if marked:
            picked = graph.add("Gather", absent, graph.constant(np.array(marked, dtype=np.int64)), axis=1)
            parts.append(graph.add("Cast", picked, to=TensorProto.DOUBLE))
    for column in encoder.texts:
        known, table = _spellings(column, frame)
        marks = _marks(graph, column.name, known)
        if column.infrequent:
            # Whatever is not known counts as one of the rare levels: start there, and step away for a known one.
            start = np.zeros((1, column.width))
            start[0, len(column.levels)] = 1.0
            away = graph.add("MatMul", marks, graph.constant(table - start))
            parts.append(graph.add("Add", away, graph.constant(start)))
        else:
            parts.append(graph.add("MatMul", marks, graph.constant(table)))
    return graph.join(parts)


def _marks(graph: _Graph, name: str, known: list[str]) -> str:
    """Give 1 for the text that a row has, and nothing but 0 for a text that is not known."""
    from onnx import TensorProto

    text = graph.take(name, TensorProto.STRING)
    hot = graph.add("OneHotEncoder", text, domain="ai.onnx.ml", cats_strings=known, zeros=1)
    flat = graph.add("Reshape", hot, graph.constant(np.array([-1, len(known)], dtype=np.int64)))
    return graph.add("Cast", flat, to=TensorProto.DOUBLE)


def _spellings(column: LevelColumn, frame: pd.DataFrame) -> tuple[list[str], Any]:
    """List the ways in which levels are written, and the level of each as a matrix of 0 and 1.

    A missing value comes as an empty text.
    """
    place = {level: at for at, level in enumerate(column.levels)}
    other = len(column.levels) if column.infrequent else None
    absent = column.width - 1 if column.missing else other
    found: dict[str, int | None] = {**place, "": absent}
    for value in pd.unique(frame[column.name].dropna().astype(object)):
        text = canonical(value)
        at = absent if text is None else place.get(text, other)
        if at != other:  # rare values are what is not listed, so that the file names none of them
            found.setdefault(value if isinstance(value, str) else text or "", at)
    known = [text for text, at in found.items() if at is not None] or [""]
    table = np.zeros((len(known), column.width))
    for row, text in enumerate(known):
        if found[text] is not None:
            table[row, found[text]] = 1.0
    return known, table


def _layers(graph: _Graph, matrix: str, weights: list[Any], offsets: list[Any]) -> str:
    last = len(weights) - 1
    for at, (weight, offset) in enumerate(zip(weights, offsets, strict=True)):
        product = graph.add("MatMul", matrix, graph.constant(weight))
        matrix = graph.add("Add", product, graph.constant(np.reshape(offset, (1, -1))))
        if at < last:
            matrix = graph.add("Relu", matrix)
    return matrix


def _trees(graph: _Graph, encoder: Encoder, estimator: Any, frame: pd.DataFrame) -> str:
    """Sum the leaves of all trees; numbers come first and codes of levels after them."""
    from audit.models.pipeline import boosted

    estimator = boosted(estimator, encoder)
    parts = [part for part in [_numbers(graph, encoder)] if part is not None]
    for column in encoder.texts:
        known, table = _spellings(column, frame)
        marks = _marks(graph, column.name, known)
        code = graph.add(
            "MatMul", marks, graph.constant(table @ np.arange(column.width, dtype=float)[:, None])
        )
        # A text that is not known is a rare level, or missing as trees understand it.
        told = graph.add("ReduceMax", marks, graph.constant(np.array([1], dtype=np.int64)), keepdims=1)
        unknown = float(len(column.levels)) if column.infrequent else np.nan
        seen = graph.add("Greater", told, graph.constant(np.full((1, 1), 0.5)))
        parts.append(graph.add("Where", seen, code, graph.constant(np.full((1, 1), unknown))))
    forest = _forest(estimator, len(encoder.texts), len(encoder.numbers))
    leaves = graph.add("TreeEnsemble", graph.join(parts), domain="ai.onnx.ml", **forest)
    return graph.add("Add", leaves, graph.constant(np.reshape(estimator._baseline_prediction, (1, 1))))  # noqa: SLF001


def _forest(estimator: Any, n_texts: int, n_numbers: int) -> dict[str, Any]:
    """Write trees as lists of nodes and of leaves."""
    from onnx import numpy_helper

    nodes: dict[str, list[Any]] = {
        name: []
        for name in ("features", "splits", "modes", "yes", "no", "yes_leaf", "no_leaf", "absent", "members")
    }
    leaves: list[float] = []
    roots: list[int] = []
    for (tree,) in estimator._predictors:  # noqa: SLF001 - there is no other way to read them
        table, sets = tree.nodes, tree.raw_left_cat_bitsets
        if len(table) == 1:  # nothing was gained by any split: both ways lead to the same leaf
            roots.append(_stump(nodes, leaves, float(table[0]["value"])))
            continue
        start = len(nodes["features"])
        inner = {at: start + rank for rank, at in enumerate(np.flatnonzero(table["is_leaf"] == 0).tolist())}
        roots.append(start)
        for at in inner:
            node = table[at]
            feature = int(node["feature_idx"])
            nodes["features"].append(feature - n_texts if feature >= n_texts else feature + n_numbers)
            if node["is_categorical"]:
                bits = sets[node["bitset_idx"]]
                chosen = [float(code) for code in range(256) if int(bits[code // 32]) >> (code % 32) & 1]
                nodes["modes"].append(_BRANCH_MEMBER)
                nodes["splits"].append(0.0)
                nodes["members"] += [*chosen, np.nan]
            else:
                nodes["modes"].append(_BRANCH_LEQ)
                nodes["splits"].append(float(node["num_threshold"]))
            nodes["absent"].append(int(node["missing_go_to_left"]))
            for side, branch in (("left", "yes"), ("right", "no")):
                child = int(node[side])
                leaf = child not in inner
                nodes[f"{branch}_leaf"].append(int(leaf))
                nodes[branch].append(len(leaves) if leaf else inner[child])
                if leaf:
                    leaves.append(float(table[child]["value"]))
    return {
        "tree_roots": roots,
        "n_targets": 1,
        "aggregate_function": _SUM,
        "nodes_featureids": nodes["features"],
        "nodes_splits": numpy_helper.from_array(np.array(nodes["splits"])),
        "nodes_modes": numpy_helper.from_array(np.array(nodes["modes"], dtype=np.uint8)),
        "nodes_truenodeids": nodes["yes"],
        "nodes_falsenodeids": nodes["no"],
        "nodes_trueleafs": nodes["yes_leaf"],
        "nodes_falseleafs": nodes["no_leaf"],
        "nodes_missing_value_tracks_true": nodes["absent"],
        "leaf_targetids": [0] * len(leaves),
        "leaf_weights": numpy_helper.from_array(np.array(leaves)),
        **(
            {"membership_values": numpy_helper.from_array(np.array(nodes["members"]))}
            if nodes["members"]
            else {}
        ),
    }


def _stump(nodes: dict[str, list[Any]], leaves: list[float], value: float) -> int:
    for name, entry in (("features", 0), ("splits", 0.0), ("modes", _BRANCH_LEQ), ("absent", 1)):
        nodes[name].append(entry)
    for branch in ("yes", "no"):
        nodes[branch].append(len(leaves))
        nodes[f"{branch}_leaf"].append(1)
    leaves.append(value)
    return len(nodes["features"]) - 1
