"""Whatever an audit may be given becomes a data set: a frame, a file, a folder, a pattern or a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import InputError
from audit.progress import silent

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.progress import Progress


def open_data(
    data: Any,
    folder: Path,
    *,
    in_place: bool | None = None,
    engine: str = "",
    address: str = "",
    progress: Progress = silent,
) -> Dataset:
    """Read whatever an audit may be given, or look at it where it lies.

    Parameters
    ----------
    data : data frame, path, text or Dataset
        A pandas frame, a lazy frame of Spark or Dask, a file, a folder, a pattern such as "people/*.parquet", a list of
        files, a table such as "spark:sales.people", or a data set that is open already.
    folder : Path
        Where a file that is read is kept as Parquet while it is needed.
    in_place : bool or None, default None
        Whether the rows are counted where they lie; None does so for folders, patterns, tables, lazy frames and files
        that are larger than an upload may be.
    engine : {"", "duckdb", "spark", "dask"}
        Who counts rows in place; naming one means that they are.
    address : str, default ""
        Where that engine runs; by default what the environment says, or this machine.
    progress : callable
        Where the work reports.

    Returns
    -------
    Dataset
        The data with profiles.
    """
    from audit.data.inplace import frame_engine, open_frame, open_in_place

    if frame_engine(data):
        return open_frame(data, progress=progress)
    if isinstance(data, str | os.PathLike | list | tuple):
        texts = (
            [os.fspath(data)] if isinstance(data, str | os.PathLike) else [os.fspath(each) for each in data]
        )
        if in_place or (in_place is None and (engine or len(texts) > 1 or _lies(texts[0]))):
            return open_in_place(texts, engine=engine, address=address, progress=progress)
        return _read(texts, folder)
    if hasattr(data, "fingerprint") and hasattr(data, "columns") and hasattr(data, "path"):
        return data  # type: ignore[no-any-return] # already a Dataset
    from audit.data.ingest import ingest_frame

    return ingest_frame(data, folder)


def _read(texts: list[str], folder: Path) -> Dataset:
    """Read one file whole."""
    from audit.data.ingest import ingest
    from audit.data.places import find_all

    paths = find_all(texts)
    if len(paths) > 1:
        raise InputError(
            "Several files are not read into memory as one table.",
            why="They are counted in place.",
            fix="Leave out --no-in-place, or name one file.",
            code="usage",
        )
    return ingest(paths[0], folder, name=paths[0].name if Path(texts[0]).is_dir() else Path(texts[0]).name)


def _lies(text: str) -> bool:
    """Say whether a path is left where it is unless something else is asked for."""
    from audit.data.inplace import is_large, table_of

    path = Path(text)
    try:
        if path.is_dir():
            return True
        if path.is_file():
            return is_large(path) and path.suffix.casefold() not in {".xlsx", ".arrow", ".feather"}
    except (OSError, ValueError):
        return False
    return table_of(text) is not None or any(mark in text for mark in "*?[")
