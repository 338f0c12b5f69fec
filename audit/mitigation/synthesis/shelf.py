"""Where a training lies while it is cut off, so that it need not start again.

A job can make several networks. One that is trained stays on its shelf until the whole job is done, see :func:`tidy`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Kept = tuple[dict[str, NDArray[Any]], dict[str, Any]]

EVERY_SECONDS: Final = 10.0
"""How often a training that goes on is written down."""


class Shelf:
    """One training, in a file of a folder or in memory; a context that writes down what it holds when it is left by an error.

    Parameters
    ----------
    key : str
        What the training is of: equal keys are the same training. See :func:`key_of`.
    folder : pathlib.Path or None
        Where the file lies; None keeps it in this object only.
    every : float, default 10
        Seconds that pass at least from one writing to the next.

    Notes
    -----
    The file is in the safetensors format, which holds numbers only: reading it runs no code. A file that cannot be
    read is left out of account, and the training starts again.
    """

    def __init__(self, key: str, folder: Path | None = None, *, every: float = EVERY_SECONDS) -> None:
        self._path = None if folder is None else folder / f"{key}.safetensors"
        self._every = every
        self._written = time.monotonic()
        self._kept: Kept | None = None
        self._waiting = False

    def __enter__(self) -> Self:
        """Begin to watch over a training.

        Returns
        -------
        Shelf
            This shelf.
        """
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Write down what waits where the training was cut off.

        Parameters
        ----------
        kind, error, trace : object
            What cut it off, where something did.
        """
        if kind is not None and self._waiting:
            self._write()

    def keep(self, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any], *, now: bool = False) -> None:
        """Put a training on the shelf, in place of what lay there.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Weights and the like.
        info : mapping
            Plain values that JSON can hold.
        now : bool, default False
            Whether it is written to the file at once, and not only where some time has passed.
        """
        self._kept = ({name: np.array(value) for name, value in arrays.items()}, dict(info))
        self._waiting = True
        if now or time.monotonic() - self._written > self._every:
            self._write()

    def _write(self) -> None:
        if self._path is None or self._kept is None:
            return
        from safetensors.numpy import save_file

        arrays, info = self._kept
        self._path.parent.mkdir(parents=True, exist_ok=True)
        begun = self._path.with_suffix(".part")
        save_file(arrays, begun, metadata={"info": json.dumps(info)})
        begun.replace(self._path)  # in one step, so that no half-written file is ever found
        self._written, self._waiting = time.monotonic(), False

    def find(self) -> Kept | None:
        """Look for a training that was cut off, or that was done before its job was.

        Returns
        -------
        tuple of dict and dict, or None
            Its arrays and plain values, where one lies there.
        """
        if self._kept is not None or self._path is None:
            return self._kept
        return _read(self._path)


def tidy(folder: Path) -> None:
    """Take the trainings that are done off the shelves of a folder, once what they were for is done as well.

    Parameters
    ----------
    folder : pathlib.Path
        The folder; it goes where it is empty.
    """
    for path in folder.glob("*.safetensors"):
        found = _read(path)
        if found is None or found[1].get("ended"):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _read(path: Path) -> Kept | None:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            info = json.loads(file.metadata()["info"])
            return {name: file.get_tensor(name) for name in file.keys()}, info  # noqa: SIM118 - no mapping
    except (SafetensorError, KeyError, TypeError, ValueError, OSError):
        return None


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
