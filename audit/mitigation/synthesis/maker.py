"""A generator together with what turns its numbers into rows: vocabulary, and columns that go with the group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.errors import AuditError, listing
from audit.mitigation.synthesis.protocol import Generator, Lesson
from audit.mitigation.synthesis.values import Values, read_values
from audit.progress import silent

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

MOST_ROWS: Final = 200_000
"""Rows that a generator learns from at most; of more, as many are drawn at random."""

_ASIDE: Final = 0.1
_TEMPLATES = 0x7E3A
_LEARNED = 0x1EA2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Templates:
    """What columns that are not imitated hold, taken from real rows of the same cell.

    Parameters
    ----------
    columns : tuple of int
        Their positions.
    codes : ndarray of int64 of shape (combinations, columns)
        Combinations of values that occur.
    counts : ndarray of int64 of shape (combinations, cells)
        How often each occurs in each cell.
    """

    columns: tuple[int, ...]
    codes: NDArray[np.int64]
    counts: NDArray[np.int64]

    def fill(self, made: NDArray[np.int64], cell: NDArray[np.int64], generator: np.random.Generator) -> None:
        """Write values into made rows, in place.

        Parameters
        ----------
        made : ndarray of int64 of shape (m, all columns)
            Numbered values.
        cell : ndarray of int64 of shape (m,)
            Their cells.
        generator : numpy.random.Generator
            Draws.
        """
        if not self.columns:
            return
        for code in np.unique(cell).tolist():
            rows = np.flatnonzero(cell == code)
            share = self.counts[:, code] / self.counts[:, code].sum()
            drawn = generator.choice(len(share), size=len(rows), p=share)
            made[np.ix_(rows, np.asarray(self.columns))] = self.codes[drawn]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowMaker:
    """A fitted generator that gives rows.

    Parameters
    ----------
    generator : Generator or None
        What makes numbers; None where no column varies.
    values : Values
        What the numbers stand for.
    templates : Templates
        What columns that are not imitated hold.
    groups : tuple of tuple of str
        The groups, by their number.
    """

    generator: Generator | None
    values: Values
    templates: Templates
    groups: tuple[tuple[str, ...], ...]

    def make(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> pd.DataFrame:
        """Make rows of given cells.

        Parameters
        ----------
        cell : ndarray of int64 of shape (m,)
            For each row twice its group, plus its label.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        pandas.DataFrame of shape (m, columns)
            Rows with the columns and types of the training rows.
        """
        if self.generator is None:
            made = np.zeros((len(cell), len(self.values.samples)), dtype=np.int64)
        else:
            made = self.generator.sample(cell, seed=seed, progress=progress)
        self.templates.fill(made, cell, np.random.default_rng([seed, _TEMPLATES]))
        return self.values.take(made)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learning:
    """What a generator is to learn from, and what it never sees.

    Parameters
    ----------
    lesson : Lesson
        The rows.
    templates : Templates
        What columns that are not imitated hold.
    rows : ndarray of int64
        Which training rows the lesson holds; those of more weight more often.
    """

    lesson: Lesson
    templates: Templates
    rows: NDArray[np.int64]


def prepare(table: TrainingTable, *, seed: int, aside: bool, person_by_person: bool = False) -> Learning:
    """Make training rows ready for a generator.

    Parameters
    ----------
    table : TrainingTable
        The training rows; those of weight 0 have no say, and others are repeated as their weights ask.
    seed : int
        Where every random draw starts.
    aside : bool
        Whether a tenth of every cell is set aside, to test on.
    person_by_person : bool, default False
        Whether every row is learned from once, whatever its weight, and every column is imitated, also one in which all
        rows agree: that they do would tell something about each of them.

    Returns
    -------
    Learning
        The lesson.

    Raises
    ------
    AuditError
        Where people are learned from one by one, and a column that makes the groups has several values in one of them
        ("private_groups").
    """
    generator = np.random.default_rng([seed, _LEARNED])
    cell = table.group.astype(np.int64) * 2 + table.label
    weight = (table.weight > 0).astype(np.float64) if person_by_person else table.weight
    rows = _weighted_rows(cell, weight, generator)
    if len(rows) > MOST_ROWS:
        rows = np.sort(generator.permutation(rows)[:MOST_ROWS])
    values, codes = read_values(table.frame.iloc[rows])
    cell = cell[rows]
    held = np.zeros(len(rows), dtype=bool)
    if aside:
        held = _set_aside(rows, cell, generator)
    imitated = tuple(
        place
        for place, name in enumerate(table.frame.columns)
        if name not in table.fixed and (person_by_person or values.widths[place] > 1)
    )
    fixed = tuple(place for place, name in enumerate(table.frame.columns) if name in table.fixed)
    cells = 2 * len(table.groups)
    templates = _templates(codes, cell, fixed, cells)
    if person_by_person:
        _refuse_mixed(table, templates)
    return Learning(
        lesson=Lesson(
            values=values, codes=codes, cell=cell, groups=table.groups, columns=imitated, aside=held
        ),
        templates=templates,
        rows=rows,
    )


def _refuse_mixed(table: TrainingTable, templates: Templates) -> None:
    """Refuse columns that make the groups and say more about a person than the group does."""
    by_group = templates.counts[:, ::2] + templates.counts[:, 1::2]
    if ((by_group > 0).sum(axis=0) <= 1).all():
        return
    names = listing(str(table.frame.columns[place]) for place in templates.columns)
    raise AuditError(
        f"A column that makes the groups has several values within one of them: {names}.",
        why="Its values would be taken from real people as they are, without noise.",
        fix="Leave the column out of the features, or choose another generator.",
        code="private_groups",
    )


def _weighted_rows(
    cell: NDArray[np.int64], weight: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Repeat rows by their weight within each cell; equal weights leave every row once."""
    kept = np.flatnonzero(weight > 0)
    if not len(kept) or np.ptp(weight[kept]) == 0:
        return kept
    found = []
    for code in np.unique(cell[kept]):
        rows = kept[cell[kept] == code]
        total = np.cumsum(weight[rows]) / weight[rows].sum() * len(rows)
        at = np.arange(len(rows)) + generator.random()
        found.append(rows[np.minimum(np.searchsorted(total, at, side="left"), len(rows) - 1)])
    return np.sort(np.concatenate(found))


def _set_aside(
    rows: NDArray[np.int64], cell: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Mark a tenth of the persons of every cell; one who is repeated is on one side only."""
    held = np.zeros(len(rows), dtype=bool)
    for code in np.unique(cell):
        people = np.unique(rows[cell == code])
        picked = generator.permutation(people)[: int(len(people) * _ASIDE)]
        held |= (cell == code) & np.isin(rows, picked)
    return held


def _templates(
    codes: NDArray[np.int64], cell: NDArray[np.int64], columns: tuple[int, ...], cells: int
) -> Templates:
    if not columns:
        return Templates(
            columns=(), codes=np.empty((0, 0), dtype=np.int64), counts=np.empty((0, cells), dtype=np.int64)
        )
    combinations, place = np.unique(codes[:, columns], axis=0, return_inverse=True)
    counts = np.zeros((len(combinations), cells), dtype=np.int64)
    np.add.at(counts, (place.ravel(), cell), 1)
    return Templates(columns=columns, codes=combinations.astype(np.int64), counts=counts)
