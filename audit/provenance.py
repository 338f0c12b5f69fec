"""When and with what an audit was computed."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from audit.errors import PlanError
from audit.release import VERSION

PACKAGES: Final = (
    "fairlearn",
    "pandas",
    "numpy",
    "scipy",
    "scikit-learn",
    "duckdb",
    "pyarrow",
    "torch",
    "plotly",
    "typst",
)
"""Packages whose releases are written into every audit."""


def versions() -> dict[str, str]:
    """Give the releases of everything that computes an audit.

    Returns
    -------
    dict of str to str
        Package name to release.
    """
    found = {"evenhand": VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - all are in requirements.txt
            continue
    return dict(sorted(found.items()))


def today() -> str:
    """Give today's date, or that of SOURCE_DATE_EPOCH.

    Returns
    -------
    str
        An ISO date in UTC.

    Raises
    ------
    PlanError
        Where SOURCE_DATE_EPOCH is set to something else than a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    try:
        moment = datetime.fromtimestamp(int(epoch), tz=UTC) if epoch else datetime.now(tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise PlanError(
            "The environment variable SOURCE_DATE_EPOCH is not a time.",
            why="It is the date of a plan that has none.",
            fix="Set it to whole seconds since 1970, such as 1700000000, or unset it.",
            code="source_date_epoch",
        ) from error
    return moment.date().isoformat()
