"""Train the sample model and write it as ONNX and as skops.

Usage::

    python sample_data/models/make.py

The model is a logistic regression on the training rows of Adult. It does not see sex, race or the survey weight. Columns
of words become indicators; a word that was not in the training rows, or nothing at all, leaves all its indicators at 0,
so that both files treat missing words alike however they are written. Adult has no missing numbers, and the model takes
none. skl2onnx is needed here and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import pandas as pd
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE: Final = Path(__file__).resolve().parent
DATA: Final = HERE.parent / "adult" / "adult.parquet"
WORDS: Final = (
    "workclass",
    "education",
    "marital_status",
    "occupation",
    "relationship",
    "native_country",
)
NUMBERS: Final = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")


def read(split: str) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_parquet(DATA)
    frame = frame[frame["split"] == split].reset_index(drop=True)
    words = frame[list(WORDS)].astype(object).where(frame[list(WORDS)].notna(), "")
    features = pd.concat([frame[list(NUMBERS)].astype("float64"), words], axis=1)
    return features, (frame["income"] == ">50K").to_numpy(dtype="int64")


def train(features: pd.DataFrame, label: np.ndarray) -> Pipeline:
    levels = [sorted(set(features[name]) - {""}) for name in WORDS]
    words = OneHotEncoder(
        categories=[np.array(level, dtype=object) for level in levels], handle_unknown="ignore"
    )
    columns = ColumnTransformer([("numbers", StandardScaler(), list(NUMBERS)), ("words", words, list(WORDS))])
    model = Pipeline(
        [("columns", columns), ("regression", LogisticRegression(C=1.0, max_iter=2000, tol=1e-8))]
    )
    return model.fit(features, label)


def write_onnx(model: Pipeline, path: Path) -> None:
    inputs = [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    inputs += [(name, StringTensorType([None, 1])) for name in WORDS]
    graph = to_onnx(
        model,
        initial_types=inputs,
        options={id(model): {"zipmap": False}},
        target_opset={"": 18, "ai.onnx.ml": 3},
        name="adult_logistic",
    )
    graph.doc_string = (
        "Probability of an income above 50,000 dollars; outputs: label, probabilities [<=50K, >50K]"
    )
    onnx.checker.check_model(graph)
    path.write_bytes(graph.SerializeToString(deterministic=True))


def write_skops(model: Pipeline, path: Path) -> None:
    """Write the model; memory addresses become running numbers and times are fixed, so that bytes repeat."""
    skops.io.dump(model, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop("schema.json").decode("utf-8")
    found = dict.fromkeys(re.findall(r'"__id__": (\d+)', schema))
    number = {old: str(new) for new, old in enumerate(found, start=1)}
    schema = re.sub(r'"__id__": (\d+)', lambda hit: f'"__id__": {number[hit[1]]}', schema)
    schema = re.sub(r'"(\d+)\.npy"', lambda hit: f'"{number[hit[1]]}.npy"', schema)
    json.loads(schema)
    renamed = {re.sub(r"^(\d+)", lambda hit: number[hit[1]], name): data for name, data in parts.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted({**renamed, "schema.json": schema.encode("utf-8")}.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def onnx_scores(path: Path, features: pd.DataFrame) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed: dict[str, Any] = {name: features[[name]].to_numpy(dtype="float32") for name in NUMBERS}
    feed |= {name: features[[name]].to_numpy(dtype=object) for name in WORDS}
    return session.run(["probabilities"], feed)[0][:, 1]


def main() -> None:
    model = train(*read("train"))
    write_onnx(model, HERE / "adult_logistic.onnx")
    write_skops(model, HERE / "adult_logistic.skops")
    features, label = read("test")
    path = HERE / "adult_logistic.skops"
    print("untrusted types:", skops.io.get_untrusted_types(file=path))
    scores = skops.io.load(path, trusted=[]).predict_proba(features)[:, 1]
    print("accuracy on the test rows:", round(float(((scores >= 0.5) == label).mean()), 4))
    print("largest difference:", np.abs(scores - onnx_scores(HERE / "adult_logistic.onnx", features)).max())
    for name in ("adult_logistic.onnx", "adult_logistic.skops"):
        print(hashlib.sha256((HERE / name).read_bytes()).hexdigest(), name)


if __name__ == "__main__":
    main()
