"""What the settings of a plan may be, as far as that needs no data."""

from __future__ import annotations

import math
from typing import Any, Final

from audit.errors import PlanError, did_you_mean, listing, quote
from audit.names import BASELINES, CRITERIA, KNOWN_TOLERANCES, MORE_CRITERIA, RATES, UNBOUNDED, UTILITIES

GENETIC_TRIALS: Final = 100
"""Fewest trials with which a genetic search is worth its name: it tries twenty at random before it learns."""

MOST_TRIALS: Final = 1000

LEAST_SAMPLE: Final = 1_000
"""Fewest rows of a sample."""

MOST_SAMPLE: Final = 5_000_000
"""Most rows of a sample: it is held in memory."""

LEAST_BINS: Final = 1_000
"""Fewest bins in which scores are counted."""

MOST_BINS: Final = 10_000
"""Most bins in which scores are counted."""

EXACT: Final = "exact"
"""What stands in the place of a number of bins where every score is counted by itself."""


def in_range(ok: bool, name: str, value: object, wanted: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuse a value out of its range.

    Parameters
    ----------
    ok : bool
        Whether it is in its range.
    name : str
        The setting.
    value : object
        Its value.
    wanted : str
        What to choose instead.

    Raises
    ------
    PlanError
        Where it is not.
    """
    if not ok:
        raise PlanError(f"'{name}' is {value}.", fix=f"Choose {wanted}.", code="plan_range")


def choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is not one of a list.

    Parameters
    ----------
    name : str
        The setting.
    value : str
        Its value.
    choices : tuple of str
        What it may be.

    Raises
    ------
    PlanError
        Where it is none of them.
    """
    if value not in choices:
        raise PlanError(
            f"'{name}' is {quote(value)}.",
            why=f"Choices: {listing(choices)}.",
            fix=did_you_mean(value, choices) or "Choose one of them.",
            code="plan_choice",
        )


def check(plan: Any) -> None:
    """Check every range that needs no data.

    Parameters
    ----------
    plan : Plan
        The plan.

    Raises
    ------
    PlanError
        Where a value cannot be meant.
    """
    in_range(
        0.5 <= plan.confidence < 1, "confidence", plan.confidence, "a level from 0.5 to below 1, such as 0.95"
    )
    in_range(100 <= plan.replicates <= 100_000, "replicates", plan.replicates, "100 to 100,000")
    in_range(0 <= plan.seed < 2**32, "seed", plan.seed, "a whole number from 0 to 4,294,967,295")
    in_range(
        LEAST_SAMPLE <= plan.sample_rows <= MOST_SAMPLE,
        "sample_rows",
        plan.sample_rows,
        f"{LEAST_SAMPLE:,} to {MOST_SAMPLE:,} rows",
    )
    in_range(
        plan.score_bins == EXACT
        or (isinstance(plan.score_bins, int) and LEAST_BINS <= plan.score_bins <= MOST_BINS),
        "score_bins",
        plan.score_bins,
        f'{LEAST_BINS:,} to {MOST_BINS:,}, or "{EXACT}"',
    )
    in_range(math.isfinite(plan.roles.threshold), "threshold", plan.roles.threshold, "a number")
    in_range(
        1 <= plan.grouping.min_size < 2**53, "min_size", plan.grouping.min_size, "a whole number of 1 or more"
    )
    choice("favourable", plan.roles.favourable, ("positive", "negative"))
    choice("kind", plan.model.kind, ("column", "train", "onnx", "skops"))
    choice("baseline", plan.baseline, BASELINES)
    choice("task", plan.roles.task, ("binary", "multiclass", "regression"))
    choice("small", plan.grouping.small, ("keep", "merge", "suppress"))
    choice("metric", plan.search.metric, RATES)
    in_range(2 <= plan.grouping.small_size <= 1000, "small_size", plan.grouping.small_size, "2 to 1,000")
    in_range(1 <= plan.search.depth <= 3, "depth", plan.search.depth, "1, 2 or 3")
    in_range(
        1 <= plan.search.min_size < 2**53, "min_size", plan.search.min_size, "a whole number of 1 or more"
    )
    in_range(
        0 < plan.search.false_discovery < 1,
        "false_discovery",
        plan.search.false_discovery,
        "a share such as 0.05",
    )
    check_tuning(plan.tuning)
    if plan.model.kind == "train":
        choice("algorithm", plan.model.algorithm, BASELINES)
    for name, tolerance in plan.tolerances.items():
        choice("tolerance", name, KNOWN_TOLERANCES)
        most, words = (
            (math.inf, "a number of 0 or more") if name in UNBOUNDED else (1, "a number from 0 to 1")
        )
        in_range(
            math.isfinite(tolerance) and 0 <= tolerance <= most, f"tolerance of {name}", tolerance, words
        )
    for part, columns in (
        ("sensitive", plan.roles.sensitive),
        ("control", plan.roles.control),
        ("probability", plan.roles.probabilities),
        ("search", plan.search.columns),
    ):
        if len(set(columns)) != len(columns):
            raise PlanError(
                f"A {part} column is named twice.", fix="Name each column once.", code="plan_choice"
            )
    for column, groups in plan.population.items():
        known = all(math.isfinite(value) and value >= 0 for value in groups.values())
        in_range(
            known and sum(groups.values()) > 0,
            f"population of {column}",
            "not shares",
            "shares of 0 or more, one above 0",
        )
    for column, cuts in plan.grouping.bins.items():
        in_range(list(cuts) == sorted(set(cuts)), f"bins of {column}", cuts, "cut points that rise")


def check_tuning(tuning: Any) -> None:
    """Check what a search over repairs is to look for, as far as that needs neither data nor methods.

    Parameters
    ----------
    tuning : Tuning
        What to look for.

    Raises
    ------
    PlanError
        Where a value cannot be meant.
    """
    in_range(0 <= tuning.trials <= MOST_TRIALS, "trials", tuning.trials, f"0 to {MOST_TRIALS:,}")
    in_range(0 <= tuning.seconds <= 86_400, "seconds", tuning.seconds, "0 to 86,400")
    choice("utility", tuning.utility, UTILITIES)
    choice(
        "criterion", tuning.criterion, (*CRITERIA, *MORE_CRITERIA, *(r for r in RATES if r != "base_rate"))
    )
    choice("sampler", tuning.sampler, ("tpe", "nsga2"))
    for name, value in (("most_loss", tuning.most_loss), ("most_gap", tuning.most_gap)):
        in_range(
            value is None or 0 <= value <= 1, name, value, "a number from 0 to 1, such as 0.01 for one point"
        )
    if tuning.sampler == "nsga2" and 0 < tuning.trials < GENETIC_TRIALS:
        raise PlanError(
            f"A genetic search of {tuning.trials} trials is hardly better than drawing at random.",
            why="It tries twenty settings at random before it learns, and learns slowly from then on.",
            fix=f"Ask for {GENETIC_TRIALS} trials or more, or choose the sampler tpe.",
            code="tuning_genetic",
        )
