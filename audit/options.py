"""The plan that a command line asks for, and the files that it names."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import PlanError, RoleError, listing, quote
from audit.flags import parser
from audit.given import existing
from audit.limits import EXACT, LEAST_BINS, MOST_BINS
from audit.plan import MitigationChoice, ModelChoice, Plan, with_tolerance
from audit.tuning.flags import asked_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from audit.data.dataset import Dataset
    from audit.plan import ScoreBins

__all__ = [
    "adopted_place",
    "check_population",
    "parser",
    "plan_from",
    "with_population",
    "with_references",
]


def plan_from(arguments: argparse.Namespace) -> Plan:
    """Make the plan that a command line asks for.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.

    Returns
    -------
    Plan
        The plan of ``--plan``, if any, with every option given put over it.

    Raises
    ------
    PlanError
        Where options contradict each other or are out of range.
    """
    plan = _plan_file(arguments.plan) if arguments.plan else Plan()
    plan = replace(plan, roles=_roles(arguments, plan), grouping=_grouping(arguments, plan))
    plan = _studies(arguments, _model(arguments, plan))
    for text in arguments.tolerance or ():
        name, _, value = text.partition("=")
        plan = with_tolerance(
            plan, name.strip(), None if value.strip().casefold() == "none" else _float(text, value)
        )
    if arguments.mitigate:
        plan = replace(plan, mitigations=tuple(_mitigation(text) for text in arguments.mitigate))
    if arguments.seed is not None:
        plan = replace(plan, seed=arguments.seed)
    if arguments.sample_rows is not None:
        plan = replace(plan, sample_rows=arguments.sample_rows)
    if arguments.score_bins is not None:
        plan = replace(plan, score_bins=_bins(arguments.score_bins))
    return asked_for(arguments, plan)


def _plan_file(path: str) -> Plan:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(
            f"The plan {quote(Path(path).name)} cannot be read.",
            why=f"{type(error).__name__}.",
            fix="Check the path.",
            code="plan_file",
        ) from error
    return Plan.from_json(text)


def _roles(arguments: argparse.Namespace, plan: Plan) -> Any:
    given: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in ("label", "positive", "favourable", "weight", "split", "threshold", "cluster", "task")
        if getattr(arguments, name) is not None
    }
    given |= {
        part: tuple(getattr(arguments, name))
        for part, name in (("features", "features"), ("control", "control"), ("probabilities", "probability"))
        if getattr(arguments, name)
    }
    if arguments.sensitive:
        given["sensitive"] = tuple(arguments.sensitive)
    if arguments.decision_positive:
        given["decision_positive"] = tuple(arguments.decision_positive)
    sources = [name for name in ("decision", "score", "model") if getattr(arguments, name)]
    if len(sources) > 1 and set(sources) != {"decision", "score"}:
        raise PlanError(
            "Decisions come from more than one place.",
            fix="Give one of --decision, --score and --model.",
            code="usage",
        )
    if sources:
        given |= {"decision": arguments.decision, "score": arguments.score}
    elif arguments.train and not arguments.plan:
        given |= {"decision": None, "score": None}
    return replace(plan.roles, **given)


def _grouping(arguments: argparse.Namespace, plan: Plan) -> Any:
    grouping = plan.grouping
    if arguments.min_size is not None:
        grouping = replace(grouping, min_size=arguments.min_size)
    if arguments.small is not None:
        grouping = replace(grouping, small=arguments.small)
    if arguments.small_size is not None:
        grouping = replace(grouping, small_size=arguments.small_size)
    sensitive = tuple(arguments.sensitive or plan.roles.sensitive)
    references = dict(grouping.references)
    for text in arguments.reference or ():
        column, mark, group = text.partition("=")
        if mark and column in (*sensitive, " × ".join(sensitive)):
            references[column] = group
    return replace(grouping, references=references)


def _studies(arguments: argparse.Namespace, plan: Plan) -> Plan:
    search = plan.search
    if arguments.regret and plan.roles.task == "regression":
        raise PlanError(
            "A model of each group's own is not trained where the label is a number.",
            why="Regret counts wrong decisions, and a number is not right or wrong.",
            fix="Leave out --regret, or audit a label of two values.",
            code="usage",
        )
    if arguments.search_by is not None and not (arguments.search or search.columns):
        raise PlanError("--search-by has nothing to search.", fix="Name columns with --search.", code="usage")
    if arguments.search:
        search = replace(search, columns=tuple(arguments.search))
    if arguments.search_by is not None:
        search = replace(search, metric=arguments.search_by)
    return replace(plan, search=search, regret=plan.regret if arguments.regret is None else True)


def with_population(plan: Plan, path: str) -> Plan:
    """Read the table of ``--population`` into the plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    path : str
        The table.

    Returns
    -------
    Plan
        The plan with the population that the data should stand for.

    Raises
    ------
    InputError
        Where the table cannot be read or says something else.
    """
    from audit.population import read_population

    table = existing(path, "population table")
    return replace(plan, population=read_population(table, plan.roles.sensitive))


def check_population(plan: Plan, dataset: Dataset) -> None:
    """Refuse a population of which the data know nobody: its groups are named otherwise than in the data.

    Parameters
    ----------
    plan : Plan
        The plan with its population.
    dataset : Dataset
        The data.

    Raises
    ------
    RoleError
        Where no group of a column in the population is in the data.
    """
    from audit.grouping import group_names
    from audit.population import match

    for column, people in plan.population.items():
        known = group_names(dataset, column, plan)
        matched, _ = match({column: people}, {column: known})
        if not set(matched[column]) & set(known):
            raise RoleError.unknown_value(
                next(iter(people)), column, list(known), role="group of the population"
            )


def with_references(plan: Plan, texts: Sequence[str], dataset: Dataset) -> Plan:
    """Find the column that each bare group name of ``--reference`` belongs to.

    Parameters
    ----------
    plan : Plan
        The plan; references written as COL=GROUP are in it already.
    texts : sequence of str
        What was given with ``--reference``.
    dataset : Dataset
        The data.

    Returns
    -------
    Plan
        The plan with every reference group in its place.

    Raises
    ------
    RoleError
        Where no sensitive column has such a group.
    """
    from audit.grouping import group_names

    sensitive, joint = plan.roles.sensitive, " × ".join(plan.roles.sensitive)
    references = dict(plan.grouping.references)
    named = {column: group_names(dataset, column, plan) for column in sensitive}
    for text in texts:
        column, mark, _ = text.partition("=")
        if mark and column in (*sensitive, joint):
            continue
        found = [name for name, groups in named.items() if text in groups]
        if not found and len(sensitive) > 1 and text.count(" × ") == len(sensitive) - 1:
            found = [joint]
        if not found:
            every = [group for groups in named.values() for group in groups]
            raise RoleError.unknown_value(text, joint, every, role="reference group")
        references |= dict.fromkeys(found, text)
    return replace(plan, grouping=replace(plan.grouping, references=references))


def _model(arguments: argparse.Namespace, plan: Plan) -> Plan:
    if arguments.model:
        from audit.uploaded import look_at_model

        path = existing(arguments.model, "model")
        info = look_at_model(path, name=path.name)
        choice = ModelChoice(kind=info.kind, name=path.name, sha256=info.sha256, inputs=plan.model.inputs)
        plan = replace(plan, model=choice)
    elif arguments.decision or arguments.score:
        plan = replace(plan, model=ModelChoice())
    elif (
        arguments.train
        and plan.model.kind in {"column", "train"}
        and not (arguments.plan and _has_decisions(plan))
    ):
        plan = replace(plan, model=ModelChoice(kind="train", algorithm=arguments.train))
    if arguments.train:
        plan = replace(plan, baseline=arguments.train)
    return plan


def _has_decisions(plan: Plan) -> bool:
    return plan.model.kind == "column" and bool(plan.roles.decision or plan.roles.score)


def _mitigation(text: str) -> MitigationChoice:
    name, _, rest = text.partition(":")
    params: dict[str, bool | int | float | str] = {}
    for part in filter(None, rest.split(",")):
        key, mark, value = part.partition("=")
        if not mark:
            raise PlanError(
                f"The setting {quote(part)} of a mitigation has no value.",
                fix="Write name=value.",
                code="usage",
            )
        params[key.strip()] = _setting(value.strip())
    return MitigationChoice(id=name.strip(), params=params)


def _setting(value: str) -> bool | int | float | str:
    if value in {"true", "false"}:
        return value == "true"
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(value)
    return value


def adopted_place(arguments: argparse.Namespace, plan: Plan) -> int | None:
    """Find the mitigation that ``--adopt`` names.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.
    plan : Plan
        Its mitigations.

    Returns
    -------
    int or None
        Its place among them, from 0; None where nothing is adopted.

    Raises
    ------
    PlanError
        Where the plan has no such mitigation.
    """
    wanted = arguments.adopt
    if wanted is None:
        return None
    names = [choice.id for choice in plan.mitigations]
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise PlanError(
        f"There is no mitigation {quote(wanted)} to adopt.",
        why=f"Mitigations of the plan: {listing(names)}." if names else "The plan has no mitigation.",
        fix=f"Give its id, or a number from 1 to {len(names)}." if names else "Name one with --mitigate.",
        code="usage",
    )


def _bins(text: str) -> ScoreBins:
    """Read a number of bins, or the word for none."""
    if text == EXACT:
        return EXACT
    try:
        return int(text)
    except ValueError as error:
        raise PlanError(
            f"--score-bins is {quote(text)}.",
            fix=f"Write a whole number from {LEAST_BINS:,} to {MOST_BINS:,}, or {EXACT}.",
            code="usage",
        ) from error


def _float(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise PlanError(
            f"The tolerance {quote(text)} has no number.",
            fix="Write it as equal_opportunity_difference=0.05.",
            code="usage",
        ) from error
