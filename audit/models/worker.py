"""The process that opens and runs model files: `python -m audit.models.worker FOLDER`.

It limits itself before it reads anything, does the one task it finds in the folder, and leaves its answer there.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import warnings
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ModelError
from audit.models.process import ANSWER, DECISION, MODEL, PROGRESS, ROWS, SCORE, TASK, THREADS
from audit.models.sniff import unreadable

if TYPE_CHECKING:
    import pandas as pd

    from audit.models.outputs import Answers

_LARGEST_FILE = 4 * 2**30
_REASONS = (
    ("unknown categories", "A column holds a value that the model was not trained on."),
    ("could not convert string", "A column holds text where the model takes numbers."),
    ("contains NaN", "A column holds missing values, which the model does not take."),
    ("Invalid rank", "The model takes its input in another shape."),
    ("invalid dimensions", "The model takes another number of features."),
)


class _WithoutTorch(MetaPathFinder):
    """Keep torch out: scikit-learn would load it in passing, which doubles the time the process takes to start."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:  # noqa: ARG002 - the protocol
        """Refuse torch and leave every other package to the usual finders."""
        if fullname.split(".", 1)[0] == "torch":
            raise ModuleNotFoundError(name=fullname)


def main(folder: Path) -> int:
    """Do the task in a folder.

    Parameters
    ----------
    folder : Path
        Where the task is and where the answer goes.

    Returns
    -------
    int
        0 if there is an answer, which can be an error.
    """
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    _limit(task["limits"])
    sys.meta_path.insert(0, _WithoutTorch())
    warnings.simplefilter("ignore")
    try:
        answer = _inspect(task, folder) if task["task"] == "inspect" else _score(task, folder)
    except AuditError as error:
        answer = _refusal(error)
    except MemoryError:
        answer = {"memory": True}
    except Exception as error:  # noqa: BLE001 - whatever a model does wrong is told in one sentence
        answer = _failure(error) if task["task"] == "score" else _refusal(unreadable(task["name"]))
    draft = folder / f"{ANSWER}.draft"
    draft.write_text(json.dumps(answer), encoding="utf-8")
    draft.replace(folder / ANSWER)
    return 0


def _inspect(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    name = task["name"]
    if task["kind"] == "skops":
        from audit.models.skops_file import inspect_skops

        return {"info": inspect_skops(folder / MODEL, name=name, limit=task["limit"])}
    from audit.models.onnx_file import inspect_onnx

    return {"info": inspect_onnx((folder / MODEL).read_bytes(), name=name)}


def _score(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    import numpy as np
    import pyarrow.feather

    from audit.models.outputs import interpret

    frame = pyarrow.feather.read_table(folder / ROWS, memory_map=False).to_pandas()
    scored = interpret(_answers(task, folder, frame), positive=task["positive"], n_rows=len(frame))
    if scored.score is not None:
        np.save(folder / SCORE, scored.score, allow_pickle=False)
    if scored.decision is not None:
        np.save(folder / DECISION, scored.decision, allow_pickle=False)
    return {"notes": list(scored.notes)}


def _answers(task: dict[str, Any], folder: Path, frame: pd.DataFrame) -> Answers:
    def report(share: float) -> None:
        (folder / PROGRESS).write_text(f"{share:.4f}", encoding="ascii")

    if task["kind"] == "skops":
        from audit.models.skops_file import load_estimator, prepare, score_skops

        estimator, _ = load_estimator(folder / MODEL, name=task["name"])
        return score_skops(estimator, prepare(frame, task["types"], named=task["named"]), report)
    from audit.models.onnx_file import open_onnx, score_onnx

    return score_onnx(open_onnx((folder / MODEL).read_bytes(), name=task["name"]), frame, report)


def _refusal(error: AuditError) -> dict[str, Any]:
    return {"error": {"what": error.what, "why": error.why, "fix": error.fix, "code": error.code}}


def _failure(error: Exception) -> dict[str, Any]:
    """Describe a failure without its own words, which can hold values of people."""
    text = str(error)
    if "bad allocation" in text or "bad_alloc" in text:
        return {"memory": True}
    why = next(
        (reason for mark, reason in _REASONS if mark in text), f"It stopped with {type(error).__name__}."
    )
    return _refusal(
        ModelError(
            "The model could not be run on these rows.",
            why=why,
            fix="Check that the columns hold what the model was trained on, or bring its decisions as a column.",
            code="model_failed",
        )
    )


def _limit(limits: dict[str, Any]) -> None:
    """Limit memory, files and processor time, and end with the process that asked."""
    threading.Thread(target=_end_with, args=(int(limits["parent"]),), daemon=True).start()
    try:
        import resource
    except ImportError:  # a system without them: the watch from outside remains
        return
    seconds = int(float(limits["seconds"]) * (THREADS + 1)) + 10
    wanted = {
        resource.RLIMIT_DATA: int(limits["megabytes"]) * 2**20,
        resource.RLIMIT_FSIZE: _LARGEST_FILE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds,
    }
    for what, most in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(what)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (least, least))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
