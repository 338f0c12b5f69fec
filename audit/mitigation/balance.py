"""How many rows each cell of group and label should have, and what a reader must know about that plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from audit.mitigation.spec import Param
from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Strategy = Literal["oversample", "undersample", "both"]
Target = Literal["cells", "base_rate"]

FEW_ROWS: Final = 50
"""Below this many rows a cell is called small."""

_MANY_COPIES = 10
_LITTLE_LEFT = 0.2

TARGET: Final = Param(
    id="target",
    title="What to make equal",
    kind="choice",
    default="base_rate",
    choices=("base_rate", "cells"),
    choice_titles=("The base rate of every group", "The number of rows of every group, by label"),
    help=(
        "Equal base rates: every group gets the overall share of positive labels, and few rows change. Equal numbers of "
        "rows: all groups also get the same size, and small groups weigh as much as large ones. On census income data, "
        "by sex and with rows added, equal base rates closed more of the gap at the same accuracy, partly because men "
        "were selected less often; equal numbers closed less and took nothing from men."
    ),
)
"""The setting that says what balance means."""

STRENGTH: Final = Param(
    id="strength",
    title="Strength",
    kind="float",
    default=1.0,
    low=0.0,
    high=1.0,
    help=(
        "The share of the missing or surplus rows that is added or left out: 0 leaves the rows as they are, 1 goes all "
        "the way. Going all the way can overshoot: try smaller values where another gap opens."
    ),
)
"""The setting that says how far to go."""


def plan_counts(
    before: NDArray[np.int64], *, strategy: Strategy, target: Target, strength: float
) -> NDArray[np.int64]:
    """Plan how many rows each cell should have.

    Parameters
    ----------
    before : ndarray of int64 of shape (groups, 2)
        Rows by group and label.
    strategy : {"oversample", "undersample", "both"}
        Whether rows are only added, only left out, or both.
    target : {"cells", "base_rate"}
        Whether the cells of all groups become equal in number, or only the base rates.
    strength : float
        Share of the way to go, 0 to 1.

    Returns
    -------
    ndarray of int64 of shape (groups, 2)
        Planned rows. A cell without rows is planned like the others; whoever carries out the plan says whether it
        can be filled.

    Notes
    -----
    ===========  ========================================  =========================================================
    strategy     cells: rows of label y in each group      base_rate: each group's share of positive labels
    ===========  ========================================  =========================================================
    oversample   the largest number in any group           the overall share, reached by adding the rarer label
    undersample  the smallest number above 0 in any group  the overall share, reached by leaving out the commoner one
    both         the mean over groups with rows            the overall share; group sizes stay (Kamiran and Calders)
    ===========  ========================================  =========================================================

    The mean in "both" keeps the number of rows and the overall base rate; a geometric mean would keep neither.
    """
    wanted = _equal_cells(before, strategy) if target == "cells" else _equal_rates(before, strategy)
    step = strength * (wanted - before)
    return before + (np.sign(step) * np.floor(np.abs(step) + 0.5)).astype(np.int64)


def _equal_cells(before: NDArray[np.int64], strategy: Strategy) -> NDArray[np.float64]:
    """Give every group the same number of rows of each label."""
    wanted = before.astype(np.float64)
    present = before.sum(axis=1) > 0
    for label in (0, 1):
        counts = before[:, label]
        filled = counts[counts > 0]
        if len(filled) == 0:
            continue
        if strategy == "oversample":
            wanted[:, label] = filled.max()
        elif strategy == "undersample":
            wanted[:, label] = np.minimum(counts, filled.min())
        else:
            wanted[present, label] = np.floor(counts[present].mean() + 0.5)
    return wanted


def _equal_rates(before: NDArray[np.int64], strategy: Strategy) -> NDArray[np.float64]:
    """Give every group the overall base rate; groups with one label only stay as they are."""
    wanted = before.astype(np.float64)
    whole = (before > 0).all(axis=1)
    totals = before[whole].sum(axis=0).astype(np.float64)
    if not whole.any():
        return wanted
    counts = wanted[whole]
    if strategy == "both":
        wanted[whole] = counts.sum(axis=1, keepdims=True) * totals / totals.sum()
        return wanted
    # The rows of the other label fix how many rows of a label make the overall base rate.
    matching = counts[:, ::-1] * totals / totals[::-1]
    pick = np.maximum if strategy == "oversample" else np.minimum
    wanted[whole] = pick(counts, matching)
    return wanted


def describe_plan(
    groups: Sequence[tuple[str, ...]], before: NDArray[np.int64], after: NDArray[np.int64]
) -> tuple[str, ...]:
    """Say what a reader must know about a plan that was carried out.

    Parameters
    ----------
    groups : sequence of tuple of str
        The groups in the order of the counts.
    before, after : ndarray of int64 of shape (groups, 2)
        Rows by group and label.

    Returns
    -------
    tuple of str
        Sentences; none where nothing is remarkable.
    """
    few, many, notes = [], [], []
    for code, label in np.argwhere((before > 0) & (after > before)).tolist():
        had, has = int(before[code, label]), int(after[code, label])
        name = f"{group_name(groups[code])} with label {label}"
        if had < FEW_ROWS:
            few.append((has - had, f"{name} ({had:,} real rows for the {has:,} planned)"))
        elif has > _MANY_COPIES * had:
            many.append((has - had, f"{name} (from {had:,} rows to {has:,}, {has / had:.0f} times as many)"))
    if few:
        notes.append(f"What the model learns rests on few people here: {largest(few)}.")
    if many:
        notes.append(f"Cells that grow much: {largest(many)}.")
    if after.sum() < _LITTLE_LEFT * before.sum():
        notes.append(
            f"Only {int(after.sum()):,} of {int(before.sum()):,} training rows are left, because a small cell sets the "
            "size of the others."
        )
    return tuple(notes)


def largest(said: Sequence[tuple[float, str]], most: int = 6) -> str:
    """List what is largest, and how much is left out.

    Parameters
    ----------
    said : sequence of (float, str)
        Sizes with their words.
    most : int, default 6
        How many are named.

    Returns
    -------
    str
        The words by falling size.
    """
    words = [each for _, each in sorted(said, key=lambda one: -one[0])]
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{more}"


def unfillable(
    groups: Sequence[tuple[str, ...]], before: NDArray[np.int64], planned: NDArray[np.int64]
) -> tuple[str, ...]:
    """Say which cells should get rows and have none to start from.

    Parameters
    ----------
    groups : sequence of tuple of str
        The groups in the order of the counts.
    before, planned : ndarray of int64 of shape (groups, 2)
        Rows by group and label.

    Returns
    -------
    tuple of str
        One sentence, where there are any.
    """
    found = [
        (
            float(planned[code, label]),
            f"{group_name(groups[code])} with label {label} ({int(planned[code, label]):,} planned)",
        )
        for code, label in np.argwhere((before == 0) & (planned > 0)).tolist()
    ]
    return (f"Without any training row, so that none can be made: {largest(found)}.",) if found else ()
