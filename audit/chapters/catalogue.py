"""All chapters, found by a sorted scan of this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.chapters.case import Chapter


@cache
def chapters() -> Mapping[str, Chapter]:
    """Find every chapter.

    Returns
    -------
    mapping of str to Chapter
        What the modules of this folder list in ``CHAPTERS``, by module name, then in their order.

    Raises
    ------
    ValueError
        Where two chapters have one id.
    """
    import audit.chapters as package

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    every = [chapter for module in modules for chapter in getattr(module, "CHAPTERS", ())]
    found = {chapter.id: chapter for chapter in every}
    if len(found) < len(every):
        raise ValueError("two chapters have one id")
    return found
