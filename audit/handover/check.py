"""Opens a model file that was just written and holds its decisions against those that were measured."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audit.bench import decide

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_ROOM = 1 << 34


def decided_otherwise(
    content: bytes,
    rows: pd.DataFrame,
    measured: NDArray[np.int8],
    *,
    features: tuple[str, ...],
    positive: str,
    threshold: float,
) -> int:
    """Count the rows about which a file decides otherwise than was measured.

    Parameters
    ----------
    content : bytes
        The skops file.
    rows : pandas.DataFrame
        The test rows.
    measured : ndarray of int8
        What was decided about them.
    features : tuple of str
        The columns in their order, for a model that does not name its own.
    positive : str
        The positive label.
    threshold : float
        A score at or above it is a positive decision.

    Returns
    -------
    int
        How many rows: 0 where the file is what was measured.
    """
    from audit.models.outputs import interpret
    from audit.models.skops_file import inspect_skops, load_estimator, prepare, score_skops

    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        path = Path(folder) / "model.skops"
        path.write_bytes(content)
        told = inspect_skops(path, name=path.name, limit=_ROOM)
        estimator, _ = load_estimator(path, name=path.name)
    names = told["feature_names"] or list(features)
    types = [each["dtype"] for each in told["inputs"]]
    if len(types) != len(names):
        types = ["any"] * len(names)
    table = prepare(rows[list(names)], types, named=told["named"])
    found = interpret(score_skops(estimator, table, lambda _: None), positive=positive, n_rows=len(rows))
    again = found.decision if found.score is None else decide(found.score, threshold)
    return int(np.count_nonzero(np.asarray(again) != measured))
