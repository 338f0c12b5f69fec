"""Where a training lies while it is cut off, so that it need not start again."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class Shelf:
    """One unfinished training, in a file of a folder or in memory.

    Parameters
    ----------
    key : str
        What the training is of: equal keys are the same training. See :func:`key_of`.
    folder : pathlib.Path or None
        Where the file lies; None keeps it in this object only.

    Notes
    -----
    The file is in the safetensors format, which holds numbers only: reading it runs no code. A file that cannot be
    read is left out of account, and the training starts again.
    """

    def __init__(self, key: str, folder: Path | None = None) -> None:
        self._path = None if folder is None else folder / f"{key}.safetensors"
        self._kept: tuple[dict[str, NDArray[Any]], dict[str, Any]] | None = None

    def keep(self, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> None:
        """Put a training on the shelf, in place of what lay there.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Weights and the like.
        info : mapping
            Plain values that JSON can hold.
        """
        self._kept = ({name: np.array(value) for name, value in arrays.items()}, dict(info))
        if self._path is None:
            return
        from safetensors.numpy import save_file

        self._path.parent.mkdir(parents=True, exist_ok=True)
        begun = self._path.with_suffix(".part")
        save_file(self._kept[0], begun, metadata={"info": json.dumps(info)})
        begun.replace(self._path)  # in one step, so that no half-written file is ever found

    def find(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Look for an unfinished training.

        Returns
        -------
        tuple of dict and dict, or None
            Its arrays and plain values, where one lies there.
        """
        if self._kept is not None or self._path is None or not self._path.is_file():
            return self._kept
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path, framework="numpy") as file:
                info = json.loads(file.metadata()["info"])
                return {name: file.get_tensor(name) for name in file.keys()}, info  # noqa: SIM118 - no mapping
        except (SafetensorError, KeyError, TypeError, ValueError, OSError):
            return None

    def clear(self) -> None:
        """Take the training off the shelf."""
        self._kept = None
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()


def key_of(*parts: object) -> str:
    """Name a training by what it is of.

    Parameters
    ----------
    *parts : ndarray, or anything that has a stable text
        Data, settings, seed.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            found.update(str((part.dtype, part.shape)).encode())
            found.update(np.ascontiguousarray(part).tobytes())
        else:
            found.update(repr(part).encode())
        found.update(b"|")
    return found.hexdigest()[:32]
