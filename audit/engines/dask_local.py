"""A Dask scheduler and its workers on this machine, started for whoever has none."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any


def keep_quiet(least: int = logging.NOTSET) -> None:
    """Let Dask's log say no more than the log of this process does; Dask's own level is INFO, whatever was asked for.

    Parameters
    ----------
    least : int, default 0
        A level below which nothing is said in any case.
    """
    least = max(least, logging.getLogger().getEffectiveLevel())
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if name.partition(".")[0] == "distributed" and isinstance(logger, logging.Logger) and logger.level:
            logger.setLevel(max(logger.level, least))


def start() -> Any:
    """Start two workers on this machine.

    Returns
    -------
    distributed.Client
        A client of them. They are processes of their own, or threads of this one where a new process would run the
        script that asks for them once more.
    """
    import distributed

    # What goes wrong on a worker is raised here: its log would only tell of workers that are told to go.
    quiet = logging.getLogger().getEffectiveLevel() > logging.INFO
    least = logging.CRITICAL if quiet else logging.INFO
    keep_quiet(least)
    processes = may_spawn(sys.modules["__main__"])
    cluster = distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2,
        threads_per_worker=1,
        processes=processes,
        silence_logs=least,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1" if processes else None,  # threads need no network
    )
    return distributed.Client(cluster)  # type: ignore[no-untyped-call]


def may_spawn(main: Any) -> bool:
    """Say whether a new process does not begin with running the program again.

    Parameters
    ----------
    main : module
        The module ``__main__``: a new process imports it, unless it is interactive or the entry of a package.

    Returns
    -------
    bool
        False for a script, which may have nothing that keeps it from starting all over.
    """
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None:
        return str(spec.name).endswith("__main__") or str(spec.name).startswith("audit.")
    # What pip puts beside the interpreter does nothing where it is imported.
    return not file or Path(file).absolute().parent == Path(sys.executable).absolute().parent
