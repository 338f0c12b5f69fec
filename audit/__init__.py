"""Evenhand audits how a system treats groups of people: who, how sure, why, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.release import VERSION

if TYPE_CHECKING:
    from audit.plan import About, Grouping, MitigationChoice, ModelChoice, Plan, Roles, Search
    from audit.result import Audit
    from audit.run import run

__version__ = VERSION

__all__ = ["About", "Audit", "Grouping", "MitigationChoice", "ModelChoice", "Plan", "Roles", "Search", "run"]

_HOMES = {"Audit": "audit.result", "run": "audit.run"}


def __getattr__(name: str) -> Any:
    """Load a public name where it is first used, so that `import audit` stays light."""
    if name not in __all__:
        raise AttributeError(f"module 'audit' has no attribute {name!r}")
    from importlib import import_module

    found = import_module(_HOMES.get(name, "audit.plan"))
    # The module of this name can be called: whoever asks, and in whatever order, is given the same thing.
    return found if name == "run" else getattr(found, name)
