"""Which mitigations there are: every module of this folder that is one method."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import audit.mitigation
from audit.errors import PlanError, did_you_mean, listing, quote
from audit.mitigation.spec import Mitigation, MitigationSpec, resolve_params

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

_SHARED: Final = frozenset({"balance", "catalogue", "estimator", "repair", "rule", "spec", "table"})
"""Modules of the folder that are not a method; machinery of one method goes into a folder of its own."""


def catalogue() -> Mapping[str, tuple[MitigationSpec, type[Mitigation]]]:
    """List every mitigation with its spec and its class.

    Returns
    -------
    mapping of str to tuple of MitigationSpec and type
        By id, in alphabetical order.
    """
    return _scan()


def make(id: str, params: Mapping[str, Any] | None = None) -> Mitigation:  # noqa: A002 - the word of the plan
    """Build a mitigation with checked settings.

    Parameters
    ----------
    id : str
        Its id, such as "reweighing".
    params : mapping of str to bool, int, float or str, optional
        Settings that differ from the defaults.

    Returns
    -------
    Mitigation
        An object with every setting filled in.

    Raises
    ------
    PlanError
        Where there is no such mitigation, or a setting is unknown or out of range.
    """
    known = catalogue()
    if id not in known:
        raise PlanError(
            f"There is no mitigation {quote(str(id))}.",
            why=f"Mitigations: {listing(known)}.",
            fix=did_you_mean(str(id), known) or "Choose one of them.",
            code="unknown_mitigation",
        )
    spec, kind = known[id]
    return kind(**resolve_params(spec, params or {}))


@cache
def _scan() -> Mapping[str, tuple[MitigationSpec, type[Mitigation]]]:
    found = sorted(info.name for info in pkgutil.iter_modules(audit.mitigation.__path__) if not info.ispkg)
    names = [name for name in found if name not in _SHARED]
    return collect(importlib.import_module(f"audit.mitigation.{name}") for name in names)


def collect(modules: Iterable[ModuleType]) -> Mapping[str, tuple[MitigationSpec, type[Mitigation]]]:
    """Read the spec and the class out of modules.

    Parameters
    ----------
    modules : iterable of module
        Each with one ``SPEC`` and one class whose ``spec`` it is.

    Returns
    -------
    mapping of str to tuple of MitigationSpec and type
        By id, in the order given.

    Raises
    ------
    TypeError
        Where a module is not one method, or two share an id; a mistake in the code, not of the analyst.
    """
    methods: dict[str, tuple[MitigationSpec, type[Mitigation]]] = {}
    for module in modules:
        spec = getattr(module, "SPEC", None)
        kinds = [thing for thing in vars(module).values() if _is_method(thing, spec)]
        if not isinstance(spec, MitigationSpec) or len(kinds) != 1:
            raise TypeError(f"{module.__name__} needs one SPEC and one class that carries it.")
        if spec.id in methods:
            raise TypeError(f"{module.__name__} repeats the id {spec.id!r}.")
        methods[spec.id] = (spec, kinds[0])
    return MappingProxyType(methods)


def _is_method(thing: Any, spec: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Mitigation) and getattr(thing, "spec", None) is spec
