"""The files, folders and tables that a command line names."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from audit.data.opening import open_data
from audit.errors import InputError, PlanError, quote
from audit.progress import silent

if TYPE_CHECKING:
    import argparse

    from audit.data.dataset import Dataset
    from audit.plan import Plan
    from audit.progress import Progress


def data_from(arguments: argparse.Namespace, folder: Path, *, progress: Progress = silent) -> Dataset:
    """Read the data that a command line names, or look at them where they lie.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.
    folder : Path
        Where a file that is read is kept while it is needed.
    progress : callable
        Where the work reports.

    Returns
    -------
    Dataset
        The data.

    Raises
    ------
    InputError
        Where there are none, or options contradict each other.
    """
    engine = arguments.engine
    for other, name, address in (
        ("spark", "--master", arguments.master),
        ("dask", "--scheduler", arguments.scheduler),
    ):
        if address and engine not in {"", other}:
            raise PlanError(
                f"{name} is given with the engine {engine}.", fix=f"Name --engine {other}.", code="usage"
            )
        engine = engine or (other if address else "")
    if engine and arguments.in_place is False:
        raise PlanError(
            f"The engine {engine} counts rows in place, and --no-in-place is given.",
            fix="Leave out one of them.",
            code="usage",
        )
    return open_data(
        arguments.data,
        folder,
        in_place=arguments.in_place,
        engine=engine,
        address=arguments.master or arguments.scheduler,
        progress=progress,
    )


def existing(path: str, what: str) -> Path:
    """Find a file that a command line names.

    Parameters
    ----------
    path : str
        Where it should be.
    what : str
        What it is, as a sentence names it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Where it is not a file.
    """
    found = Path(path)
    try:
        there, folder = found.is_file(), found.is_dir()
    except OSError:  # such as a path that is too long
        there = folder = False
    if folder:
        raise InputError(
            f"The {what} {quote(found.name)} is a folder.", fix="Name a file in it.", code="file_missing"
        )
    if not there:
        raise InputError(
            f"The {what} {quote(found.name)} is not there.", fix="Check the path.", code="file_missing"
        )
    return found


def model_file(arguments: argparse.Namespace, plan: Plan) -> Path | None:
    """Find the file of an uploaded model.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.
    plan : Plan
        Names the model and the fingerprint of its bytes.

    Returns
    -------
    Path or None
        The file of ``--model``; without it, a file of the plan's name and fingerprint beside the plan, beside the data or
        in the working folder; None where the plan needs no file or none is found.
    """
    if arguments.model:
        return Path(arguments.model)
    name = Path(plan.model.name).name
    if plan.model.kind not in {"onnx", "skops"} or not name or not plan.model.sha256:
        return None
    folders = [Path(arguments.plan).parent] if arguments.plan else []
    beside = Path(arguments.data[0])
    for folder in (*folders, beside, beside.parent, Path()):
        found = folder / name
        if found.is_file() and hashlib.sha256(found.read_bytes()).hexdigest() == plan.model.sha256:
            return found
    return None
