"""Public things say what they take and give, in numpydoc's form."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import grimp
import pytest
from numpydoc.validate import validate

import audit

WANTED = {"GL08", "SS01", "SS02", "SS03", "PR01", "PR02", "PR10", "RT01", "RT03"}
"""There is a docstring and a summary that starts large and ends in a full stop; parameters and returns are described."""

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(audit.__path__, "audit.")
    if not module.name.endswith("__main__")
)


def room(module):
    """The room of a module; jobs and the store keep their things in one database and count as one."""
    name = ".".join(module.split(".")[:2])
    return "audit.store" if name == "audit.jobs" else name


@pytest.fixture(scope="module")
def between_rooms():
    """Modules that a screen or another room of the library uses; the others are the inside of their room."""
    graph = grimp.build_graph("audit", "ui", cache_dir=None)
    return {
        module
        for module in MODULES
        if module.count(".") == 1
        or any(room(other) != room(module) for other in graph.find_modules_that_directly_import(module))
    }


def things(module):
    """Public functions, classes and methods that a module defines itself."""
    for name, thing in vars(importlib.import_module(module)).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing):
            yield f"{module}.{name}", thing
        elif inspect.isclass(thing):
            yield f"{module}.{name}", thing
            for attribute, value in vars(thing).items():
                inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if not attribute.startswith("_") and inspect.isfunction(inner):
                    yield f"{module}.{name}.{attribute}", inner


def is_form(thing):
    """A class that only names a kind: a protocol, or an error that takes what its parent takes."""
    return inspect.isclass(thing) and (
        getattr(thing, "_is_protocol", False)
        or (issubclass(thing, Exception) and "__init__" not in vars(thing))
    )


def of_protocol(name, thing):
    """A method of a protocol, whose parameters are described where it is met."""
    if inspect.isclass(thing) or "." not in thing.__qualname__:
        return False
    owner = vars(importlib.import_module(thing.__module__)).get(thing.__qualname__.split(".")[0])
    return getattr(owner, "_is_protocol", False)


def inherits_its_parameters(thing):
    """A class that adds no parameters to those that its base, of this library, describes."""
    return (
        inspect.isclass(thing)
        and thing.__base__.__module__.startswith("audit.")
        and inspect.signature(thing).parameters.keys() == inspect.signature(thing.__base__).parameters.keys()
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_public_thing_has_a_docstring(module):
    assert importlib.import_module(module).__doc__, module
    missing = [name for name, thing in things(module) if not (thing.__doc__ or "").strip()]
    assert missing == []


def test_what_rooms_share_is_described_in_full(between_rooms):
    found = []
    for module in sorted(between_rooms):
        for name, thing in things(module):
            if is_form(thing) or of_protocol(name, thing) or inherits_its_parameters(thing):
                continue
            found += [f"{name}: {code} {said}" for code, said in validate(name)["errors"] if code in WANTED]
    assert found == []
