"""The rows that a reduction works on, and how alike decisions about rows are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import InputError
from audit.mitigation.hull.aims import FEWEST, Aim, wide
from audit.mitigation.hull.telling import listed
from audit.mitigation.table import group_name
from audit.wording.numbers import count

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable

    Array = NDArray[np.float64]

MOST_ROWS: Final = 20_000
"""Every model is trained many times: with more rows than this, a part of them stands for all."""

_STREAM: Final = 0xFA1A


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Rows with what a constraint needs to know of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Features.
    label : ndarray of int8
        Labels.
    group : ndarray of int
        Groups.
    weight : ndarray of float64
        Weights, each above 0.
    groups : tuple of tuple of str
        Names of the groups.
    notes : tuple of str
        What was left out.
    thin : frozenset of int
        Groups with too few people for a constraint of their own.
    """

    frame: pd.DataFrame
    label: NDArray[np.int8]
    group: NDArray[np.int64]
    weight: Array
    groups: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    thin: frozenset[int] = frozenset()

    def gap(self, aim: Aim, chance: Array) -> tuple[float, dict[str, list[float]]]:
        """Compare the groups.

        Parameters
        ----------
        aim : Aim
            What is to be alike.
        chance : ndarray of float64
            Each row's probability of a positive decision.

        Returns
        -------
        gap : float
            The widest difference between two groups that are not thin, in any rate of the aim.
        rates : dict of str to list of float
            Each rate for each group; NaN for a group without such people.
        """
        good = chance if aim.favourable == "positive" else 1 - chance
        merits = self.label == (aim.favourable == "positive")
        wrong = np.where(self.label == 1, 1 - chance, chance)
        parts = {
            "chance": (good, merits),
            "favour": (good, ~merits),
            "share": (good, np.ones(len(good), dtype=bool)),
            "error": (wrong, np.ones(len(good), dtype=bool)),
        }
        rates = {}
        for rate in aim.rates:
            value, inside = parts[rate]
            own = [inside & (self.group == code) for code in range(len(self.groups))]
            rates[rate] = [
                float(np.average(value[rows], weights=self.weight[rows])) if rows.any() else float("nan")
                for rows in own
            ]
        full = [code for code in range(len(self.groups)) if code not in self.thin]
        return max(wide([values[code] for code in full]) for values in rates.values()), rates

    def sides(self, aim: Aim) -> dict[str, NDArray[np.bool_]]:
        """Say who is in the denominator of each rate of an aim.

        Parameters
        ----------
        aim : Aim
            What is to be alike.

        Returns
        -------
        dict of str to ndarray of bool
            For each rate, whether a row is in it.
        """
        merits = self.label == (aim.favourable == "positive")
        everybody = np.ones(len(merits), dtype=bool)
        return {rate: {"chance": merits, "favour": ~merits}.get(rate, everybody) for rate in aim.rates}

    def constrained(self, aim: Aim) -> tuple[NDArray[np.int64], float]:
        """Give the groups that a constraint compares.

        Parameters
        ----------
        aim : Aim
            What is to be alike.

        Returns
        -------
        group : ndarray of int
            Groups in which the thin ones are one, or part of the largest group where they are thin together.
        rarest : float
            The smallest share of all weight that a group has in a denominator.
        """
        sides = self.sides(aim)
        group = self.group.copy()
        apart = np.isin(group, list(self.thin))
        together = min(int(np.count_nonzero(inside & apart)) for inside in sides.values())
        largest = int(np.argmax(np.bincount(group[~apart], minlength=len(self.groups))))
        group[apart] = len(self.groups) if together >= FEWEST else largest
        shares = [
            float(self.weight[inside & (group == code)].sum())
            for inside in sides.values()
            for code in np.unique(group)
        ]
        return group, min(shares) / float(self.weight.sum())

    def error(self, chance: Array) -> float:
        """Give the share of wrong decisions.

        Parameters
        ----------
        chance : ndarray of float64
            Each row's probability of a positive decision.

        Returns
        -------
        float
            0 to 1.
        """
        return float(np.average(np.where(self.label == 1, 1 - chance, chance), weights=self.weight))


def rows_of(table: TrainingTable, *, seed: int, most: int | None = MOST_ROWS) -> Rows:
    """Take the rows that count, and of many a part.

    Parameters
    ----------
    table : TrainingTable
        The rows.
    seed : int
        Where the draw starts.
    most : int or None
        How many training rows are wanted at most; None for rows that are only measured.

    Returns
    -------
    Rows
        In their order; drawn evenly from every group and label.

    Raises
    ------
    InputError
        Where fewer than two groups have rows.
    """
    kept = np.flatnonzero(table.weight > 0)
    if most is not None and len(np.unique(table.group[kept])) < 2:
        raise InputError(
            "There is only one group in the training rows.",
            why="A constraint compares at least two groups.",
            fix="Choose another sensitive column.",
            code="one_group",
        )
    notes: tuple[str, ...] = ()
    if most is not None and len(kept) > most:
        notes = (
            (
                f"Every model was trained on {count(most)} of the {count(len(kept))} training rows, drawn evenly from each "
                "group and label."
            ),
        )
        kept = _drawn(kept, table, most, seed)
    return Rows(
        frame=table.frame.iloc[kept].reset_index(drop=True),
        label=table.label[kept],
        group=table.group[kept].astype(np.int64),
        weight=table.weight[kept],
        groups=table.groups,
        notes=notes,
    )


def _drawn(kept: NDArray[np.int64], table: TrainingTable, most: int, seed: int) -> NDArray[np.int64]:
    """Draw evenly from every cell: in the order of the cells, every so many rows."""
    shuffled = np.random.default_rng([seed, _STREAM]).permutation(kept)
    cell = table.group[shuffled] * 2 + table.label[shuffled]
    order = shuffled[np.argsort(cell, kind="stable")]
    at = ((np.arange(most) + 0.5) * len(order) / most).astype(int)
    return np.sort(order[at])


def without_thin(rows: Rows, aim: Aim) -> Rows:
    """Mark the groups that have too few people for a constraint of their own.

    Parameters
    ----------
    rows : Rows
        The training rows.
    aim : Aim
        What is to be alike.

    Returns
    -------
    Rows
        With a note, where there are any.

    Raises
    ------
    InputError
        Where fewer than two groups are left to compare.
    """
    counts = np.min(
        [np.bincount(rows.group[inside], minlength=len(rows.groups)) for inside in rows.sides(aim).values()],
        axis=0,
    )
    thin = frozenset(np.flatnonzero(counts < FEWEST).tolist())
    if len(rows.groups) - len(thin) < 2:
        raise InputError(
            "There are not two groups with people enough to compare.",
            why=f"Each needs {FEWEST} people in every rate that is to be alike.",
            fix="Bring more rows, or work on the groups of fewer columns.",
            code="one_group",
        )
    names = [group_name(rows.groups[code]) for code in sorted(thin) if (rows.group == code).any()]
    if not names:
        return replace(rows, thin=thin)
    who = " or ".join(dict.fromkeys(aim.who(rate) for rate in aim.rates))
    verb = "has" if len(names) == 1 else "have"
    note = (
        f"{'Group' if len(names) == 1 else 'Groups'} {listed(names)} {verb} fewer than {FEWEST} {who} to learn from, and "
        "no constraint of its own: gaps here are those of the other groups."
    )
    return replace(
        rows, thin=thin, notes=(*rows.notes, note.replace("its own", "their own") if len(names) > 1 else note)
    )
