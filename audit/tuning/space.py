"""What may be tried: which repairs, and which values of their settings, as their specs say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from audit.errors import PlanError, did_you_mean, listing, quote
from audit.mitigation.catalogue import catalogue
from audit.mitigation.spec import default_params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.spec import MitigationSpec, Param, Value
    from audit.wanted import Tuning

_FACTORS: Final = 100.0
"""Limits that are further apart than this factor are gone through by factors, where both are above 0."""

_DIGITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """The values that one setting may take in a search.

    Parameters
    ----------
    id : str
        The setting.
    kind : {"int", "float", "choice"}
        Numbers between two limits, or one of several values.
    low, high : float
        Limits of numbers.
    log : bool
        Whether numbers are drawn by factors instead of by distances.
    values : tuple
        The values of a choice.
    """

    id: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    values: tuple[bool | str, ...] = ()


def dimension(param: Param) -> Dimension | None:
    """Say which values of a setting may be tried.

    Parameters
    ----------
    param : Param
        The setting.

    Returns
    -------
    Dimension or None
        None where the setting keeps its default: it is not to be tuned, has an end missing or one value only.
    """
    if not param.tuned:
        return None
    if param.kind == "bool":
        return Dimension(id=param.id, kind="choice", values=(False, True))
    if param.kind == "choice":
        return Dimension(id=param.id, kind="choice", values=param.choices) if len(param.choices) > 1 else None
    if param.low is None or param.high is None or not param.low < param.high:
        return None
    far = param.low > 0 and param.high / param.low >= _FACTORS
    log = param.low > 0 and (far if param.log is None else param.log)
    return Dimension(id=param.id, kind=param.kind, low=param.low, high=param.high, log=log)


def dimensions(spec: MitigationSpec) -> tuple[Dimension, ...]:
    """List the settings of a mitigation that may be tried.

    Parameters
    ----------
    spec : MitigationSpec
        The mitigation.

    Returns
    -------
    tuple of Dimension
        In the order of its form.
    """
    found = (dimension(param) for param in spec.params)
    return tuple(each for each in found if each is not None)


def rounded(value: Any, found: Dimension) -> Value:
    """Give a value that a reader can repeat: numbers to three digits, within their limits.

    Parameters
    ----------
    value : bool, int, float or str
        What was drawn.
    found : Dimension
        The setting.

    Returns
    -------
    bool, int, float or str
        The value to try.
    """
    if found.kind == "choice":
        return value  # type: ignore[no-any-return] # one of the values
    if found.kind == "int":
        return int(value)
    if value == 0:
        return 0.0
    places = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    return float(min(max(round(float(value), places), found.low), found.high))


def methods_of(tuning: Tuning, groups: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say which repairs a search tries.

    Parameters
    ----------
    tuning : Tuning
        What was asked.
    groups : int
        Number of groups that they work on.

    Returns
    -------
    methods : tuple of str
        Ids, in the order of the catalogue.
    notes : tuple of str
        Which were left out, and why.

    Raises
    ------
    PlanError
        Where a repair is not known, or none is left.
    """
    known = catalogue()
    for name in tuning.methods:
        if name not in known:
            raise PlanError(
                f"There is no mitigation {quote(name)} to search.",
                why=f"Mitigations: {listing(known)}.",
                fix=did_you_mean(name, known) or "Choose one of them.",
                code="unknown_mitigation",
            )
    asked = [name for name in known if name in tuning.methods or not (tuning.methods or known[name][0].slow)]
    kept = [name for name in asked if not (known[name][0].binary_groups and groups != 2)]
    if not kept:
        raise PlanError(
            "There is no repair to search.",
            why=f"Those that were asked for work for two groups only, and there are {groups}.",
            fix="Choose other repairs, or a sensitive column with two groups.",
            code="tuning_no_method",
        )
    out = [known[name][0].title for name in asked if name not in kept]
    if not out:
        return tuple(kept), ()
    works = "works" if len(out) == 1 else "work"
    said = f"{', '.join(out)} {works} for two groups only and {'was' if len(out) == 1 else 'were'} left out: there are {groups}."
    return tuple(kept), (said,)


def defaults(method: str) -> dict[str, Value]:
    """Give the settings that a search begins with.

    Parameters
    ----------
    method : str
        Id of a mitigation.

    Returns
    -------
    dict
        The defaults of the settings that are searched.
    """
    spec = catalogue()[method][0]
    searched = {found.id for found in dimensions(spec)}
    return {name: value for name, value in default_params(spec).items() if name in searched}


def named(params: Mapping[str, Value]) -> str:
    """Give a text that is the same for the same settings.

    Parameters
    ----------
    params : mapping
        Settings.

    Returns
    -------
    str
        Names and values, by name.
    """
    return ", ".join(f"{name}={params[name]!r}" for name in sorted(params))
