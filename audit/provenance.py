"""When and with what an audit was computed."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

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
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), tz=UTC) if epoch.isdigit() else datetime.now(tz=UTC)
    return moment.date().isoformat()
