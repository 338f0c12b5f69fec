"""All tables of the basis, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.gather import classes, clusters, probable, profile, scores, searched, strata, values
from audit.progress import silent
from audit.tables.basis import Basis

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from audit.gather.audited import Audited
    from audit.progress import Progress

_TABLES: Final[dict[str, tuple[str, Callable[[Audited], Any]]]] = {
    "scores": ("Counting scores", scores.gather),
    "strata": ("Counting by the control columns", strata.gather),
    "clusters": ("Counting clusters", clusters.gather),
    "classes": ("Counting classes", classes.gather),
    "values": ("Summing errors", values.gather),
    "probable": ("Counting by probabilities", probable.gather),
    "profile": ("Looking at the data", profile.gather),
    "searched": ("Counting subgroups", searched.gather),
}


def gather(audited: Audited, *, progress: Progress = silent) -> Basis:
    """Count everything that the plan and the data give a reason for.

    Parameters
    ----------
    audited : Audited
        The rows.
    progress : callable
        Where the work reports.

    Returns
    -------
    Basis
        The tables.
    """
    found = {}
    for i, (name, (message, count)) in enumerate(_TABLES.items()):
        progress(i / len(_TABLES), message)
        found[name] = count(audited)
    return Basis(**found)
