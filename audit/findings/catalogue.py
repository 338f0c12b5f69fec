"""All checks, found by a sorted scan of this folder, and the order in which their findings are shown."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from audit.findings.facts import Facts
    from audit.rows import Finding

_WEIGHT: Final = {"high": 0, "medium": 1, "low": 2, "info": 3}


class Check(Protocol):
    """Looks at an audit and says what it found."""

    def __call__(self, facts: Facts) -> list[Finding]:
        """Give the findings; an empty list where there is nothing to say."""


@cache
def checks() -> tuple[Check, ...]:
    """Find every check.

    Returns
    -------
    tuple of callable
        The functions that the modules of this folder list in ``CHECKS``, by module name.
    """
    import audit.findings as package

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    return tuple(check for module in modules for check in getattr(module, "CHECKS", ()))


def find(facts: Facts) -> tuple[Finding, ...]:
    """Run every check.

    Parameters
    ----------
    facts : Facts
        What the audit knows.

    Returns
    -------
    tuple of Finding
        Findings by weight, then by code, then in the order of the groupings.
    """
    found = [finding for check in checks() for finding in check(facts)]
    return tuple(sorted(found, key=lambda finding: (_WEIGHT[finding.severity], finding.code)))
