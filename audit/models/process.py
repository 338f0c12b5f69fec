"""Run one task on a model file in a process of its own, with limits on time and memory.

The process starts in an empty temporary folder with a minimal environment, reads its task and its rows from files
there, and leaves its answer there. Whatever it does to itself, this process lives on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.errors import JobFailed, ModelError
from audit.progress import silent

if TYPE_CHECKING:
    from audit.progress import Progress

TASK: Final = "task.json"
ANSWER: Final = "answer.json"
MODEL: Final = "model"
ROWS: Final = "rows.arrow"
SCORE: Final = "score.npy"
DECISION: Final = "decision.npy"
PROGRESS: Final = "progress"

THREADS: Final = 2
"""How many threads a model may use."""

_POLL_SECONDS = 0.05
_REPORT_SECONDS = 0.2
_LONGEST_ANSWER = 2**22
_COMMAND: Final = (sys.executable, "-P", "-m", "audit.models.worker")
"""`-P` keeps the working folder off the import path: no file there can pose as a package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a task may use.

    Parameters
    ----------
    seconds : float, default 300
        Wall time.
    megabytes : int, default 4096
        Memory.
    """

    seconds: float = 300.0
    megabytes: int = 4096


def run_worker(
    folder: Path, task: dict[str, Any], *, limits: Limits, progress: Progress = silent, message: str = ""
) -> dict[str, Any]:
    """Run a task in a worker process and give its answer.

    Parameters
    ----------
    folder : Path
        An own temporary folder, with the files the task needs.
    task : dict
        What to do, as JSON.
    limits : Limits
        What it may use.
    progress : callable
        Asked several times a second; raising :class:`audit.errors.Cancelled` ends the process.
    message : str, default ""
        What the progress says.

    Returns
    -------
    dict
        The worker's answer.

    Raises
    ------
    ModelError
        If the worker refused the file or the model failed on the rows.
    JobFailed
        If it was killed ("job_killed"), or ran out of memory ("job_memory") or time ("job_time").
    """
    limit = {"seconds": limits.seconds, "megabytes": limits.megabytes, "parent": os.getpid()}
    (folder / TASK).write_text(json.dumps({**task, "limits": limit}), encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603 - our own module, named by constants
        [*_COMMAND, str(folder)],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
    )
    try:
        peak = _watch(process, folder, limits, progress, message)
    finally:
        _end(process)
    return _answer(folder, process.returncode, peak, limits)


def _environment(folder: Path) -> dict[str, str]:
    threads = str(THREADS)
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "NUMEXPR_NUM_THREADS": threads,
    }


def _watch(
    process: subprocess.Popen[bytes], folder: Path, limits: Limits, progress: Progress, message: str
) -> float:
    """Wait for the process within its limits; give the most memory it was seen to use, in megabytes."""
    started = reported = time.monotonic()
    peak = 0.0
    progress(0.0, message)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
        if process.returncode is not None:
            return peak
        peak = max(peak, _resident_megabytes(process.pid))
        if peak > limits.megabytes:
            raise _out_of_memory(limits)
        now = time.monotonic()
        if now - started > limits.seconds:
            raise JobFailed(
                f"The model was stopped after {limits.seconds:,.0f} seconds.",
                why="It took longer than a model may take.",
                fix="Bring fewer rows, a faster model, or its decisions as a column of the data.",
                code="job_time",
            )
        if now - reported > _REPORT_SECONDS:
            reported = now
            progress(_share(folder), message)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and anything it started; it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _resident_megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0  # ended just now, or a system without /proc: the worker's own limit remains
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _share(folder: Path) -> float:
    try:
        return min(max(float((folder / PROGRESS).read_text(encoding="ascii")), 0.0), 1.0)
    except (OSError, ValueError):
        return 0.0


def _out_of_memory(limits: Limits) -> JobFailed:
    return JobFailed(
        f"The model was stopped when it used more than {limits.megabytes:,} MB of memory.",
        why="It took more memory than a model may take.",
        fix="Bring fewer rows, a smaller model, or its decisions as a column of the data.",
        code="job_memory",
    )


def _answer(folder: Path, status: int, peak: float, limits: Limits) -> dict[str, Any]:
    answer = _read_answer(folder / ANSWER)
    if answer is None:
        if peak > 0.8 * limits.megabytes:
            raise _out_of_memory(limits)
        raise JobFailed(
            "The process that ran the model died.",
            why=f"It ended with status {status} and left no answer.",
            fix="Check the model file; or bring its decisions as a column of the data.",
            code="job_killed",
        )
    if answer.get("memory"):
        raise _out_of_memory(limits)
    if "error" in answer:
        error = answer["error"]
        raise ModelError(
            str(error["what"]), why=str(error["why"]), fix=str(error["fix"]), code=str(error["code"])
        )
    return answer


def _read_answer(path: Path) -> dict[str, Any] | None:
    try:
        if path.is_symlink() or path.stat().st_size > _LONGEST_ANSWER:
            return None
        answer = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
