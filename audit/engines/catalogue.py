"""The engines there are, found by a scan of this folder for modules called ``…_engine``."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import audit.engines
from audit.errors import EngineError, listing, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.engines.protocol import Engine, EngineSpec

_ENDING: Final = "_engine"
EMBEDDED: Final = "duckdb"
"""The engine that is always there."""


@cache
def engines() -> Mapping[str, EngineSpec]:
    """List the engines; none of them is started.

    Returns
    -------
    mapping of str to EngineSpec
        Ids in alphabetical order, the embedded engine first.
    """
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(audit.engines.__path__)
        if module.name.endswith(_ENDING)
    )
    specs = [import_module(f"audit.engines.{name}").ENGINE for name in names]
    return {spec.id: spec for spec in sorted(specs, key=lambda spec: (spec.id != EMBEDDED, spec.id))}


def make(name: str = EMBEDDED, address: str = "", frame: Any = None) -> Engine:
    """Start an engine.

    Parameters
    ----------
    name : str, default "duckdb"
        The engine's id.
    address : str, default ""
        Where it runs, such as the URL of a Spark master or of a Dask scheduler; empty runs it on this machine.
    frame : object or None
        A lazy data frame of the engine that is to be counted.

    Returns
    -------
    Engine
        Ready to count.

    Raises
    ------
    EngineError
        Where there is no such engine, its packages are not installed or nobody answers at the address.
    """
    if name not in engines():
        raise EngineError(
            f"There is no engine {quote(name)}.",
            why=f"Engines: {listing(engines())}.",
            fix="Name one of these.",
            code="unknown_engine",
        )
    engine: Engine = engines()[name].make(address, frame)
    return engine
