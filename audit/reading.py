"""From JSON to frozen parts of a plan: every wrong name or type gets a sentence."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from audit.errors import PlanError, did_you_mean, listing, quote

LARGEST: Final = sys.float_info.max
"""Whole numbers in JSON have no end; a number beyond this one is none that a setting could take."""

_T = TypeVar("_T")


def build(kind: type[_T], given: Any, where: str, parts: Mapping[str, type]) -> _T:
    """Make a frozen part of a plan from plain values, naming what does not fit.

    Parameters
    ----------
    kind : type
        A dataclass.
    given : object
        Names and values, as JSON gives them.
    where : str
        What is being made, as a message names it.
    parts : mapping of str to type
        Fields that are dataclasses themselves, or tuples of them.

    Returns
    -------
    object
        An instance of the dataclass.

    Raises
    ------
    PlanError
        Where a name is unknown or a type is wrong.
    """
    if not isinstance(given, Mapping):
        raise PlanError(f"'{where}' is not an object with names and values.", code="plan_type")
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise PlanError(
                f"The {where} has no setting {quote(str(name))}.",
                why=f"Settings: {listing(known)}.",
                fix=did_you_mean(str(name), known) or "Remove it.",
                code="plan_unknown_setting",
            )
    values = {name: _value(name, value, str(known[name].type), parts) for name, value in given.items()}
    return kind(**values)


def _value(name: str, value: Any, kind: str, parts: Mapping[str, type]) -> Any:
    """Turn one plain value into the type of its field."""
    if name in parts and kind.startswith("tuple"):
        return tuple(build(parts[name], item, name.removesuffix("s"), {}) for item in _list(name, value))
    if name in parts:
        return build(parts[name], value, name, {})
    if name == "bins":
        return {
            str(k): tuple(float(_number(name, v)) for v in _list(name, items))
            for k, items in _mapping(name, value).items()
        }
    if name == "tolerances":
        return {
            str(k): float(_number(f"tolerance {k}", v))
            for k, v in _mapping(name, value).items()
            if v is not None
        }
    if name == "population":
        return {
            str(column): {
                str(group): float(_number(f"population of {column}", share))
                for group, share in _mapping(name, groups).items()
            }
            for column, groups in _mapping(name, value).items()
        }
    if name == "score_bins":
        return value if isinstance(value, str) else _scalar(name, value, "int")
    if kind.startswith("Mapping"):
        return dict(_mapping(name, value))
    if value is None and "None" in kind:
        return None
    if kind.startswith("tuple"):
        return tuple(str(item) for item in _list(name, value))
    return _scalar(name, value, kind.removesuffix(" | None"))


def _scalar(name: str, value: Any, kind: str) -> Any:
    if kind == "bool":
        if isinstance(value, bool):
            return value
        raise PlanError(f"'{name}' is {value!r}.", fix="Write true or false.", code="plan_type")
    if kind == "int":
        number = _number(name, value)
        if number != int(number):
            raise PlanError(f"'{name}' is {value!r}.", fix="Write a whole number.", code="plan_type")
        return int(number)
    if kind == "float":
        return float(_number(name, value))
    if isinstance(value, dict | list):
        raise PlanError(f"'{name}' holds a list or an object where a text is due.", code="plan_type")
    return str(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise PlanError(
            f"'{name}' is {quote(str(value))}, not a number.", fix="Write a number.", code="plan_type"
        )
    return value


def _list(name: str, value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise PlanError(f"'{name}' is not a list.", fix='Write it between brackets: ["…"].', code="plan_type")


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise PlanError(f"'{name}' is not an object.", fix='Write it between braces: {"…": …}.', code="plan_type")
