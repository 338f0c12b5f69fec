"""The secret of a store: what noise is drawn from that hides single people, so that it can be drawn again here only."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from audit.store.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "noise.key"
_BYTES: Final = 32


def of_store(root: Path) -> bytes:
    """Give the secret of a store; it is drawn when it is first asked for.

    Parameters
    ----------
    root : Path
        The folder of the store.

    Returns
    -------
    bytes
        The same for every process, and readable for the owner of the store only.
    """
    target = root / _NAME
    if not target.is_file():
        begun = root / f"{_NAME}.{secrets.token_hex(8)}"
        write_atomic(begun, secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):  # whoever was first has drawn it
            os.link(begun, target)
        begun.unlink()
    return target.read_bytes()
