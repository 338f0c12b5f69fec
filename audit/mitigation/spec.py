"""What a mitigation says about itself, and how its settings are completed and checked."""

from __future__ import annotations

import inspect
import math
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np

from audit.errors import PlanError, did_you_mean, listing, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.repair import Repaired, Task
    from audit.progress import Progress

Value: TypeAlias = bool | int | float | str
"""A setting of a mitigation."""

ParamKind = Literal["int", "float", "choice", "bool"]
Stage = Literal["pre", "in", "post"]
Aim = Literal["selection", "opportunity", "odds", "error", "worst_group", "calibration"]
"""What a mitigation is meant to bring closer: selection rates, chances, both error rates, errors, the worst group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One setting of a mitigation, from which its form field is drawn.

    Parameters
    ----------
    id : str
        The name of the setting, as in the constructor and in the plan.
    title : str
        The name as a reader sees it.
    kind : {"int", "float", "choice", "bool"}
        What it holds.
    default : bool, int, float or str
        Its value where the plan says nothing.
    low, high : float or None
        For numbers: the smallest and the largest value allowed.
    choices : tuple of str, default ()
        For a choice: the values allowed.
    choice_titles : tuple of str, default ()
        For a choice: how a reader sees each value, in the same order.
    help : str
        What it does, in plain words.
    tuned : bool, default True
        Whether a search over settings may change it; a number also needs both of its limits for that.
    log : bool or None
        Whether a search goes through its values by factors; None where that follows from how far its limits are apart.
    """

    id: str
    title: str
    kind: ParamKind
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    choice_titles: tuple[str, ...] = ()
    tuned: bool = True
    log: bool | None = None

    def choice_title(self, value: str) -> str:
        """Give the words under which a choice is shown.

        Parameters
        ----------
        value : str
            One of the choices.

        Returns
        -------
        str
            Its title, or the value itself where there is none.
        """
        return dict(zip(self.choices, self.choice_titles, strict=False)).get(value, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationSpec:
    """What a mitigation is, what it assumes and costs, and how to read its result.

    Parameters
    ----------
    id : str
        The name in the plan, on the command line and of the module.
    title : str
        The name as a reader sees it.
    stage : {"pre", "in", "post"}
        Whether it changes the training data, the training, or the decisions.
    summary : str
        What it does.
    assumes : str
        What must hold for it to make sense.
    caution : str
        What it costs and what to clear with a lawyer first.
    reading : str
        How to read the result.
    params : tuple of Param, default ()
        Its settings, in the order of the form.
    references : tuple of str, default ()
        Where it comes from.
    aims : tuple of str, default ("selection",)
        What it is meant to bring closer: "selection", "opportunity", "odds", "error", "worst_group", "calibration".
    own_model : str, default ""
        The baseline whose kind of model it trains itself, such as "mlp"; the model before is then of that kind, so that
        only the mitigation makes the difference. Empty where the audited kind of model is trained again.
    group_at_decision : bool, default False
        Whether a person's group has to be known, and is used, when it is decided about the person.
    edits_labels : bool, default False
        Whether it changes recorded labels, which edits the ground truth that the model learns from.
    binary_groups : bool, default False
        Whether it works for two groups only.
    adds_rows : bool, default False
        Whether it adds made rows to the training rows, so that these can be handed over.
    private : bool, default False
        Whether what made rows tell about one person is bounded; they then hold values that no row may hold.
    kept_back : str, default ""
        Why what makes the rows is not handed over with them, as sentences; empty where it can be.
    slow : bool, default False
        Whether it takes minutes rather than seconds on tens of thousands of rows; a search leaves it out unless asked.
    """

    id: str
    title: str
    stage: Stage
    summary: str
    assumes: str
    caution: str
    reading: str
    params: tuple[Param, ...] = ()
    references: tuple[str, ...] = ()
    aims: tuple[Aim, ...] = ("selection",)
    own_model: str = ""
    group_at_decision: bool = False
    edits_labels: bool = False
    binary_groups: bool = False
    adds_rows: bool = False
    private: bool = False
    kept_back: str = ""
    slow: bool = False


class Mitigation(ABC):
    """Base of every mitigation: the constructor stores settings unchanged, work checks them.

    It speaks scikit-learn's ``get_params`` and ``set_params``, so ``sklearn.base.clone`` copies a mitigation, without
    loading scikit-learn for a form.
    """

    spec: ClassVar[MitigationSpec]

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(name for name in inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002, ARG002 - scikit-learn's signature
        """Give the settings as they were given to the constructor.

        Parameters
        ----------
        deep : bool, default True
            Without effect; settings are plain values.

        Returns
        -------
        dict
            Name and value of each setting.
        """
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Mitigation:
        """Change settings in place.

        Parameters
        ----------
        **params
            Settings by name.

        Returns
        -------
        Mitigation
            This object.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        resolve_params(self.spec, params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    @abstractmethod
    def repair(self, task: Task, *, progress: Progress) -> Repaired:
        """Repair the model.

        Parameters
        ----------
        task : Task
            Training and validation rows, and how the audited model is trained.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        Repaired
            What decides about rows from now on.
        """

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({shown})"


def default_params(spec: MitigationSpec) -> dict[str, Value]:
    """Give every setting of a mitigation at its default.

    Parameters
    ----------
    spec : MitigationSpec
        The mitigation.

    Returns
    -------
    dict
        Name and default of each setting, in the order of the form.
    """
    return {param.id: param.default for param in spec.params}


def resolve_params(spec: MitigationSpec, given: Mapping[str, Any]) -> dict[str, Value]:
    """Complete the settings given with the defaults and check them.

    Parameters
    ----------
    spec : MitigationSpec
        The mitigation.
    given : mapping of str to bool, int, float or str
        Settings that differ from the defaults.

    Returns
    -------
    dict
        Every setting, each of the kind its spec says.

    Raises
    ------
    PlanError
        Where a setting is unknown, of another kind or out of range.
    """
    known = {param.id: param for param in spec.params}
    for name in given:
        if name not in known:
            raise PlanError(
                f"The mitigation {quote(spec.id)} has no setting {quote(str(name))}.",
                why=f"Settings: {listing(known)}.",
                fix=did_you_mean(str(name), known) or "Remove it.",
                code="mitigation_unknown_setting",
            )
    return {
        name: _checked(spec, param, given[name]) if name in given else param.default
        for name, param in known.items()
    }


def _checked(spec: MitigationSpec, param: Param, value: Any) -> Value:
    """Give the value as the kind its spec says, or say what is wrong with it."""
    if param.kind == "bool":
        return _true_or_false(spec, param, value)
    if param.kind == "choice":
        return _choice(spec, param, value)
    return _number(spec, param, value)


def _true_or_false(spec: MitigationSpec, param: Param, value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise _wrong(spec, param, value, "Write true or false.", "mitigation_setting_type")


def _choice(spec: MitigationSpec, param: Param, value: Any) -> str:
    if isinstance(value, str) and value in param.choices:
        return str(value)
    hint = did_you_mean(str(value), param.choices)
    fix = f"{hint} Choose one of {listing(param.choices)}.".strip()
    raise _wrong(spec, param, value, fix, "mitigation_setting_choice")


def _number(spec: MitigationSpec, param: Param, value: Any) -> int | float:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not -sys.float_info.max <= value <= sys.float_info.max:
        raise _wrong(spec, param, value, "Write a number.", "mitigation_setting_type")
    if param.kind == "int" and float(value) != int(value):
        raise _wrong(spec, param, value, "Write a whole number.", "mitigation_setting_type")
    low = -math.inf if param.low is None else param.low
    high = math.inf if param.high is None else param.high
    if not low <= value <= high:
        fix = f"Choose a number from {low:,g} to {high:,g}."
        raise _wrong(spec, param, value, fix, "mitigation_setting_range")
    return int(value) if param.kind == "int" else float(value)


def _wrong(spec: MitigationSpec, param: Param, value: Any, fix: str, code: str) -> PlanError:
    return PlanError(f"{spec.title}: '{param.id}' is {quote(str(value))}.", fix=fix, code=code)
