"""How people are put into groups: which column, cut where, shown how."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.cells import UNKNOWN, UNKNOWN_BESIDE_LEVEL, Attribute
from audit.errors import PlanError, RoleError, quote
from audit.values import canonical, natural_key
from audit.wording.small import OTHER, joined_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from audit.cells import Cells
    from audit.data.dataset import ColumnProfile, Dataset
    from audit.engines.protocol import Engine
    from audit.plan import Grouping, Plan

MOST_GROUPS: Final = 200
"""An audit with more groups than this says nothing about any of them."""

SHOWN_LENGTH: Final = 200
"""Longest name of a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one column makes groups.

    Parameters
    ----------
    column : str
        The column's name.
    cuts : tuple of float or None
        Cut points of a numeric column; None where every value is a group.
    joined : tuple of str, default ()
        Levels that are one level together, because few people have them.
    """

    column: str
    cuts: tuple[float, ...] | None = None
    joined: tuple[str, ...] = ()


def is_number(profile: ColumnProfile) -> bool:
    """Say whether a column holds numbers, be they codes or measurements.

    Parameters
    ----------
    profile : ColumnProfile
        The column.

    Returns
    -------
    bool
        True for integers and decimals.
    """
    return profile.low is not None and profile.kind in {"numeric", "categorical", "binary"}


def rules(dataset: Dataset, plan: Plan, engine: Engine) -> tuple[Rule, ...]:
    """Decide how every sensitive column makes groups.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Sensitive columns and their cut points, where named.
    engine : Engine
        Finds quartiles.

    Returns
    -------
    tuple of Rule
        One rule for each sensitive column, in order.

    Raises
    ------
    RoleError
        Where a column is missing or has too many values.
    PlanError
        Where cut points are named for a column of texts.
    """
    return tuple(rule_of(dataset, column, plan, engine) for column in plan.roles.sensitive)


def rule_of(
    dataset: Dataset, column: str, plan: Plan, engine: Engine, *, role: str = "sensitive feature"
) -> Rule:
    """Decide how one column makes groups.

    Parameters
    ----------
    dataset : Dataset
        The data.
    column : str
        The column.
    plan : Plan
        Cut points, where named.
    engine : Engine
        Finds quartiles.
    role : str, default "sensitive feature"
        What the column is called where it is missing.

    Returns
    -------
    Rule
        A numeric column with many values is cut at its quartiles where the plan names no cuts.

    Raises
    ------
    RoleError
        Where the column is missing or has too many values.
    PlanError
        Where cut points are named for a column of texts.
    """
    profile = dataset.column(column, role=role)
    cuts = plan.grouping.bins.get(column)
    if cuts:
        if not is_number(profile):
            raise PlanError(
                f"Column {quote(column)} has cut points but does not hold numbers.",
                fix="Remove its cut points, or name a numeric column.",
                code="bins_on_text",
            )
        return Rule(column=column, cuts=tuple(cuts))
    if cuts is None and profile.kind == "numeric" and profile.low is not None:
        quartiles = engine.quantiles(dataset.source, column, (0.25, 0.5, 0.75))
        found = tuple(sorted({cut for cut in quartiles if cut > profile.low}))
        # Where most people share the lowest value, the quartiles are all the same: cut further up.
        return Rule(column=column, cuts=found or _first_cut(dataset, column, profile, engine))
    if profile.n_distinct > MOST_GROUPS:
        raise too_many_groups(profile.n_distinct, column)
    return Rule(column=column)


def group_names(dataset: Dataset, column: str, plan: Plan) -> tuple[str, ...]:
    """Name the groups that a sensitive column makes.

    Parameters
    ----------
    dataset : Dataset
        The data.
    column : str
        A sensitive column.
    plan : Plan
        Its cut points, where named.

    Returns
    -------
    tuple of str
        The names as shown, all that can occur.
    """
    from audit.data.place import engine_of
    from audit.engines.protocol import Key

    engine = engine_of(dataset)
    rule = rule_of(dataset, column, plan, engine)
    if rule.cuts is not None:
        return bin_labels(rule.cuts)
    found = engine.count(dataset.source, [Key(column=column)])
    return attribute(rule, {None if canonical(key) is None else key for (key,) in found.keys})[0].levels


def _first_cut(dataset: Dataset, column: str, profile: ColumnProfile, engine: Engine) -> tuple[float, ...]:
    """Find the lowest of some high quantiles that parts the people in two."""
    upper = engine.quantiles(dataset.source, column, (0.8, 0.9, 0.95, 0.99, 0.999, 1.0))
    return next(((cut,) for cut in upper if profile.low is not None and cut > profile.low), ())


def too_many_groups(n: int, columns: str) -> RoleError:
    """Build the error for a grouping that is too fine.

    Parameters
    ----------
    n : int
        How many groups there would be.
    columns : str
        The column or columns.

    Returns
    -------
    RoleError
        The error, which offers binning.
    """
    return RoleError(
        f"{quote(columns)} would make {n:,} groups; at most {MOST_GROUPS} are audited.",
        why="With so many groups almost none has enough people to say anything about.",
        fix="Bin the column (cut points for numbers, fewer categories for texts), or take a sensitive column away.",
        code="too_many_groups",
    )


def bin_labels(cuts: Sequence[float]) -> tuple[str, ...]:
    """Name the bins between cut points.

    Parameters
    ----------
    cuts : sequence of float
        Rising cut points.

    Returns
    -------
    tuple of str
        One name more than there are cuts.

    Examples
    --------
    >>> bin_labels((25.0, 37.5))
    ('under 25', '25 to under 37.5', '37.5 and over')
    """
    marks = [f"{cut:.15g}" for cut in cuts]
    if not marks:
        return ("all values",)
    middle = [f"{low} to under {high}" for low, high in pairwise(marks)]
    return (f"under {marks[0]}", *middle, f"{marks[-1]} and over")


def shown(text: str) -> str:
    """Clean a name for display: one line, nothing invisible, at most 200 characters.

    Parameters
    ----------
    text : str
        A name from the data.

    Returns
    -------
    str
        The name as every screen and file shows it.
    """
    kept = "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else " "
        for c in text[: 4 * SHOWN_LENGTH]
    )
    line = " ".join(unicodedata.normalize("NFC", kept).split()) or "(blank)"
    return (
        line
        if len(line) <= SHOWN_LENGTH and len(text) <= 4 * SHOWN_LENGTH
        else line[: SHOWN_LENGTH - 1] + "…"
    )


def attribute(rule: Rule, raw: Iterable[Any]) -> tuple[Attribute, dict[Any, int]]:
    """Name the levels of a column and say which raw value falls in which.

    Parameters
    ----------
    rule : Rule
        How the column makes groups.
    raw : iterable
        The distinct values that occur: bin numbers where the rule cuts, otherwise values as stored; None for missing.

    Returns
    -------
    attribute : Attribute
        Levels in display order; only those that occur, the missing one last.
    positions : dict
        Raw value to position of its level.
    """
    values = list(raw)
    if rule.cuts is not None:
        names = bin_labels(rule.cuts)
        present = sorted({int(value) for value in values if value is not None})
        texts = {value: None if value is None else names[int(value)] for value in values}
        levels = [names[i] for i in present]
    else:
        canon = {value: canonical(value) for value in values}
        order = sorted({text for text in canon.values() if text is not None}, key=natural_key)
        unique = _distinct([shown(text) for text in order])
        display = dict(zip(order, unique, strict=True))
        texts = {value: None if text is None else display[text] for value, text in canon.items()}
        levels = unique
    levels, texts = _joined(rule, levels, texts)
    missing = None
    if any(text is None for text in texts.values()):
        missing = _distinct([*levels, UNKNOWN_BESIDE_LEVEL if UNKNOWN in levels else UNKNOWN])[-1]
        levels = [*levels, missing]
    position = {level: i for i, level in enumerate(levels)}
    last = len(levels) - 1
    return (
        Attribute(column=rule.column, levels=tuple(levels), missing=missing, cuts=rule.cuts),
        {value: last if text is None else position[text] for value, text in texts.items()},
    )


def _joined(
    rule: Rule, levels: list[str], texts: dict[Any, str | None]
) -> tuple[list[str], dict[Any, str | None]]:
    """Put the levels that are joined under one name, after the others."""
    small = [level for level in levels if level in rule.joined]
    if not small:
        return levels, texts
    kept = [level for level in levels if level not in rule.joined]
    name = joined_name(kept)
    return [*kept, name], {value: name if text in small else text for value, text in texts.items()}


def joined_name(beside: Sequence[str]) -> str:
    """Name the level of joined small groups.

    Parameters
    ----------
    beside : sequence of str
        The other levels.

    Returns
    -------
    str
        A name that none of them has.
    """
    return _distinct([*beside, OTHER])[-1]


def join_small(
    rules: tuple[Rule, ...], cells: Cells, grouping: Grouping
) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Join the levels that few people have, where the plan asks for it.

    Parameters
    ----------
    rules : tuple of Rule
        How the sensitive columns make groups.
    cells : Cells
        The audited people in these groups.
    grouping : Grouping
        The plan's policy for small groups.

    Returns
    -------
    rules : tuple of Rule
        The same rules, with the levels to join.
    notes : tuple of str
        What was joined, a sentence for each column; empty where nothing was.

    Notes
    -----
    In each column the levels of fewer than ``small_size`` people become one. While it is small itself, the next
    smallest level joins it, as long as another one is left to compare with and somebody in it is audited. People whose level is not recorded stay
    apart. A single small level that nothing joins keeps its name.
    """
    if grouping.small != "merge":
        return rules, ()
    out, notes = [], []
    for rule in rules:
        names = _small_levels(cells.marginal((rule.column,)), grouping.small_size)
        out.append(replace(rule, joined=names))
        if names:
            beside = [one for one in _known_levels(cells, rule.column) if one not in names]
            notes.append(joined_sentence(rule.column, names, joined_name(beside), grouping.small_size))
    return tuple(out), tuple(notes)


def _known_levels(cells: Cells, column: str) -> list[str]:
    return [level for (level,), unknown in _levels(cells.marginal((column,))) if not unknown]


def _levels(cells: Cells) -> list[tuple[tuple[str, ...], bool]]:
    return list(zip(cells.groups, cells.unknown, strict=True))


def _small_levels(cells: Cells, small: int) -> tuple[str, ...]:
    """Name the levels to join, smallest first."""
    (attribute,) = cells.attributes
    # A level that only rows beside the audited ones have is the smallest there is: a repair would meet it all the same.
    sizes = dict.fromkeys(attribute.levels, 0) | {
        group[0]: int(n) for group, n in zip(cells.groups, cells.sizes, strict=True)
    }
    known = [(n, i, level) for i, (level, n) in enumerate(sizes.items()) if level != attribute.missing]
    known.sort()
    joined = [entry for entry in known if entry[0] < small]
    left = known[len(joined) :]
    # Levels that no audited row has leave nobody small to be compared with: no larger one gives up its name for them.
    while any(n for n, _, _ in joined) and len(left) > 1 and sum(n for n, _, _ in joined) < small:
        joined.append(left.pop(0))
    return tuple(name for _, _, name in joined) if len(joined) > 1 else ()


def _distinct(names: Sequence[str]) -> list[str]:
    """Keep names apart that look the same once cleaned, also from a level that is really called "name (2)"."""
    kept: list[str] = []
    taken = set(names)
    for name in names:
        free, number = name, 1
        while free in kept or (number > 1 and free in taken):
            number += 1
            free = f"{name} ({number})"
        kept.append(free)
    return kept


def codes_in_memory(rule: Rule, column: Any) -> tuple[Attribute, NDArray[np.int64]]:
    """Put rows that are in memory into the levels of one column.

    Parameters
    ----------
    rule : Rule
        How the column makes groups.
    column : pandas.Series
        The column.

    Returns
    -------
    attribute : Attribute
        The levels.
    codes : ndarray of shape (n_rows,)
        Position of each row's level.
    """
    import pandas as pd

    if rule.cuts is not None:
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        bins = np.searchsorted(np.asarray(rule.cuts), numbers, side="right")
        raw = np.where(np.isnan(numbers), -1, bins)
        codes, values = pd.factorize(raw)
        distinct: list[Any] = [None if value == -1 else int(value) for value in values]
    else:
        codes, values = pd.factorize(column, use_na_sentinel=True)
        distinct = [*list(values), None] if (codes < 0).any() else list(values)
        codes = np.where(codes < 0, len(distinct) - 1, codes)
    found, positions = attribute(rule, distinct)
    lookup = np.array([positions[value] for value in distinct], dtype=np.int64)
    return found, lookup[codes] if len(lookup) else np.zeros(len(column), dtype=np.int64)
