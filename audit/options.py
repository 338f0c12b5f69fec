"""The words of the command line, and the plan that they ask for."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from audit.errors import InputError, PlanError, RoleError, quote
from audit.plan import BASELINES, MitigationChoice, ModelChoice, Plan, with_tolerance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.data.dataset import Dataset

_DESCRIPTION: Final = """Audit decisions about people, by group.

Exit status: 0 every criterion is within its tolerance; 1 at least one is beyond; 3 at least one cannot be decided;
2 the input or the usage is wrong; 70 the program broke or was stopped."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        raise PlanError(
            f"The command line is not understood: {message}.", fix=f"See {self.prog} --help.", code="usage"
        )


def parser() -> argparse.ArgumentParser:
    """Describe the command line.

    Returns
    -------
    argparse.ArgumentParser
        The parser of ``python -m audit``.
    """
    top = _Parser(
        prog="python -m audit", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="run", parser_class=_Parser)
    run = commands.add_parser(
        "run",
        help="audit a table",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = run.add_argument_group("files")
    files.add_argument(
        "--data", required=True, metavar="FILE", help="CSV, TSV, Parquet, Arrow, Feather or Excel"
    )
    files.add_argument(
        "--out", required=True, metavar="DIR", help="gets audit.json, report.pdf and plan.json"
    )
    files.add_argument("--plan", metavar="FILE", help="a plan.json; the other options override it")
    files.add_argument("--model", metavar="FILE", help="an ONNX or skops file that makes the decisions")
    roles = run.add_argument_group("roles")
    roles.add_argument("--label", metavar="COL", help="what really happened")
    roles.add_argument("--positive", metavar="VALUE", help="the label's positive value (default 1)")
    roles.add_argument("--decision", metavar="COL", help="the decisions")
    roles.add_argument(
        "--decision-positive",
        metavar="VALUE",
        nargs="+",
        action="extend",
        help="positive values of the decision (default: --positive)",
    )
    roles.add_argument("--score", metavar="COL", help="scores, compared with --threshold")
    roles.add_argument(
        "--threshold", type=float, metavar="T", help="a score of T or more is positive (default 0.5)"
    )
    roles.add_argument(
        "--sensitive",
        metavar="COL",
        nargs="+",
        action="extend",
        help="a column whose values make groups; one or more",
    )
    roles.add_argument(
        "--favourable", choices=("positive", "negative"), help="the decision that is good for the person"
    )
    roles.add_argument("--weight", metavar="COL", help="row weights")
    roles.add_argument(
        "--split", metavar="COL", help="says train, validation or test; only test rows are audited"
    )
    roles.add_argument(
        "--reference",
        metavar="GROUP",
        nargs="+",
        action="extend",
        help="the group others are compared with, or COL=GROUP",
    )
    rules = run.add_argument_group("rules")
    rules.add_argument("--min-size", type=int, metavar="N", help="smallest denominator of a rate (default 1)")
    rules.add_argument(
        "--tolerance",
        metavar="CRITERION=VALUE",
        nargs="+",
        action="extend",
        help="such as equal_opportunity_difference=0.05, or =none",
    )
    rules.add_argument("--seed", type=int, metavar="N", help="where every random draw starts (default 0)")
    work = run.add_argument_group("models and mitigations")
    work.add_argument(
        "--train", choices=BASELINES, help="train this model here, or retrain it for --mitigate"
    )
    work.add_argument(
        "--mitigate",
        metavar="ID[:name=value,…]",
        nargs="+",
        action="extend",
        help="reweighing, resampling or gan; one or more",
    )
    run.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return top


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
    plan = _model(arguments, plan)
    for text in arguments.tolerance or ():
        name, _, value = text.partition("=")
        plan = with_tolerance(
            plan, name.strip(), None if value.strip().casefold() == "none" else _float(text, value)
        )
    if arguments.mitigate:
        plan = replace(plan, mitigations=tuple(_mitigation(text) for text in arguments.mitigate))
    if arguments.seed is not None:
        plan = replace(plan, seed=arguments.seed)
    return plan


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
        for name in ("label", "positive", "favourable", "weight", "split", "threshold")
        if getattr(arguments, name) is not None
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
    sensitive = tuple(arguments.sensitive or plan.roles.sensitive)
    references = dict(grouping.references)
    for text in arguments.reference or ():
        column, mark, group = text.partition("=")
        if mark and column in (*sensitive, " × ".join(sensitive)):
            references[column] = group
    return replace(grouping, references=references)


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


def _float(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise PlanError(
            f"The tolerance {quote(text)} has no number.",
            fix="Write it as equal_opportunity_difference=0.05.",
            code="usage",
        ) from error


def existing(path: str, what: str) -> Path:
    """Find a file that a command line names.

    Parameters
    ----------
    path : str
        Where it should be.
    what : str
        What it is, as a sentence names it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Where it is not a file.
    """
    found = Path(path)
    try:
        there, folder = found.is_file(), found.is_dir()
    except OSError:  # such as a path that is too long
        there = folder = False
    if folder:
        raise InputError(
            f"The {what} {quote(found.name)} is a folder.", fix="Name a file in it.", code="file_missing"
        )
    if not there:
        raise InputError(
            f"The {what} {quote(found.name)} is not there.", fix="Check the path.", code="file_missing"
        )
    return found


def model_file(arguments: argparse.Namespace, plan: Plan) -> Path | None:
    """Find the file of an uploaded model.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.
    plan : Plan
        Names the model and the fingerprint of its bytes.

    Returns
    -------
    Path or None
        The file of ``--model``; without it, a file of the plan's name and fingerprint beside the plan, beside the data or
        in the working folder; None where the plan needs no file or none is found.
    """
    if arguments.model:
        return Path(arguments.model)
    name = Path(plan.model.name).name
    if plan.model.kind not in {"onnx", "skops"} or not name or not plan.model.sha256:
        return None
    folders = [Path(arguments.plan).parent] if arguments.plan else []
    for folder in (*folders, Path(arguments.data).parent, Path()):
        found = folder / name
        if found.is_file() and hashlib.sha256(found.read_bytes()).hexdigest() == plan.model.sha256:
            return found
    return None
