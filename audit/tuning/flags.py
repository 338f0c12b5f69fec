"""The words of the command line that ask for a search over repairs, and the plan that they make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from audit.errors import PlanError, did_you_mean, quote
from audit.names import CRITERIA, UTILITIES

if TYPE_CHECKING:
    import argparse

    from audit.plan import Plan

USUAL_TRIALS: Final = 40
"""How many settings are tried where the command line does not say."""

_LIMITS: Final = {"loss": "most_loss", "gap": "most_gap"}


def add_flags(group: argparse._ArgumentGroup) -> None:
    """Describe what asks for a search over repairs.

    Parameters
    ----------
    group : argparse group
        Where the options are added.
    """
    group.add_argument(
        "--tune",
        metavar="ID",
        nargs="*",
        action="extend",
        help="search these mitigations and their settings for the best trade-off (default: all that are quick)",
    )
    group.add_argument(
        "--tune-trials", type=int, metavar="N", help=f"how many settings to try (default {USUAL_TRIALS})"
    )
    group.add_argument(
        "--tune-for", metavar="CRITERION", help=f"whose gap is to be small: {', '.join(CRITERIA)}, or a rate"
    )
    group.add_argument("--tune-keep", choices=UTILITIES, help="what is to stay high (default accuracy)")
    group.add_argument(
        "--tune-limit",
        metavar="LIMIT=VALUE",
        nargs="+",
        action="extend",
        help="loss=0.01 for at most one point less than before, gap=0.05 for a gap of at most five points; or =none",
    )
    group.add_argument(
        "--tune-by", metavar="COL", help='whose groups: a sensitive column (the first), or "all"'
    )
    group.add_argument(
        "--tune-sampler", choices=("tpe", "nsga2"), help="how settings are chosen (default tpe)"
    )
    group.add_argument("--tune-seconds", type=int, metavar="S", help="stop after so many seconds")


def asked_for(arguments: argparse.Namespace, plan: Plan) -> Plan:
    """Read a search over repairs into the plan.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser gave.
    plan : Plan
        The plan.

    Returns
    -------
    Plan
        The plan with its search.

    Raises
    ------
    PlanError
        Where options say how to search, and none says that there is to be a search.
    """
    named = {
        "trials": arguments.tune_trials,
        "criterion": arguments.tune_for,
        "utility": arguments.tune_keep,
        "group_by": arguments.tune_by,
        "sampler": arguments.tune_sampler,
        "seconds": arguments.tune_seconds,
    }
    given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    given |= dict(_limit(text) for text in arguments.tune_limit or ())
    if arguments.tune is None and not plan.tuning.trials:
        if given:
            raise PlanError(
                "There is no search to which options of one belong.",
                fix="Ask for it with --tune.",
                code="usage",
            )
        return plan
    if arguments.tune:
        given["methods"] = tuple(dict.fromkeys(arguments.tune))
    if not plan.tuning.trials:
        given.setdefault("trials", USUAL_TRIALS)
    return replace(plan, tuning=replace(plan.tuning, **given))


def _limit(text: str) -> tuple[str, float | None]:
    name, _, value = text.partition("=")
    if name.strip() not in _LIMITS:
        raise PlanError(
            f"A search has no limit {quote(name.strip())}.",
            why="Limits: loss and gap.",
            fix=did_you_mean(name.strip(), _LIMITS) or "Write it as loss=0.01 or gap=0.05.",
            code="usage",
        )
    try:
        return _LIMITS[name.strip()], None if value.strip().casefold() == "none" else float(value)
    except ValueError as error:
        raise PlanError(
            f"The limit {quote(text)} has no number.", fix="Write it as loss=0.01 or gap=0.05.", code="usage"
        ) from error
