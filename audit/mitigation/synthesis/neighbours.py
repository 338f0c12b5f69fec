"""Rows made between real ones of the same cell: SMOTE for mixed columns, and the variant of Fair-SMOTE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from scipy.special import ndtri

from audit.errors import AuditError
from audit.mitigation.synthesis.protocol import Generator, Lesson
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.protocol import State
    from audit.progress import Progress

MOST_PARENTS: Final = 5_000
"""Real rows of a cell between which rows are made, at most; of more, as many are drawn at random."""

_AT_ONCE: Final = 500
_MOST_LEVELS: Final = 100
_SCALE: Final = 0.8
_CROSSOVER: Final = 0.8


class Interpolation(Generator):
    """Make rows between a real row and its neighbours in the same cell.

    Parameters
    ----------
    kind : {"smote", "fair_smote"}
        A random point on the way to a neighbour, with the levels that are commonest around; or the row plus a part of
        the difference of two neighbours, with levels taken from any of the three.
    neighbours : int
        How many of the closest rows count as neighbours.

    Notes
    -----
    The way between two numbers is measured in the order of the values observed, so that whole numbers, dates and
    spikes stay what they are.
    """

    id: ClassVar[str] = "interpolation"

    def __init__(self, *, kind: str = "smote", neighbours: int = 5) -> None:
        self.kind = kind
        self.neighbours = neighbours
        self._lesson: Lesson
        self._parents: dict[int, NDArray[np.int64]] = {}
        self._around: dict[int, NDArray[np.int64]] = {}

    def fit(self, lesson: Lesson, *, seed: int, progress: Progress = silent) -> None:
        """Find the neighbours of every row in its cell.

        Parameters
        ----------
        lesson : Lesson
            The rows.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.
        """
        codes, cell = lesson.learned
        generator = np.random.default_rng([seed, 2])
        self._lesson = lesson
        space = _space(lesson, codes)
        present = np.unique(cell).tolist()
        for step, code in enumerate(present):
            rows = np.flatnonzero(cell == code)
            if len(rows) > MOST_PARENTS:
                rows = np.sort(generator.permutation(rows)[:MOST_PARENTS])
            self._parents[code] = codes[rows]
            self._around[code] = _closest(
                space[rows],
                self.neighbours,
                lambda share, step=step: progress((step + share) / len(present), "Looking for neighbours"),
            )
        progress(1.0, "Neighbours are known")

    def sample(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> NDArray[np.int64]:
        """Make rows between real ones.

        Parameters
        ----------
        cell : ndarray of int64 of shape (m,)
            The cell of each row to make.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done; may raise to stop.

        Returns
        -------
        ndarray of int64 of shape (m, columns)
            Numbered values.
        """
        generator = np.random.default_rng([seed, 3])
        lesson = self._lesson
        made = np.zeros((len(cell), lesson.codes.shape[1]), dtype=np.int64)
        present = np.unique(cell).tolist()
        for step, code in enumerate(present):
            progress(step / len(present), "Making rows")
            rows = np.flatnonzero(cell == code)
            parents, around = self._parents[code], self._around[code]
            start = _evenly(len(parents), len(rows), generator)
            mix = _smote if self.kind == "smote" else _fair_smote
            found = mix(lesson, parents, around, start, generator)
            places = np.asarray(lesson.columns, dtype=np.int64)
            made[np.ix_(rows, places)] = found[:, places]
        return made

    def state(self) -> State:
        """Refuse: what this generator has learned is real rows.

        Raises
        ------
        AuditError
            Always ("generator_holds_rows").
        """
        raise AuditError(
            "This generator cannot be handed over.",
            why="It makes rows between real ones, so it holds real rows itself.",
            fix="Hand over the augmented table, or use the network or the trees.",
            code="generator_holds_rows",
        )

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> Interpolation:
        """Refuse: there is nothing to read.

        Parameters
        ----------
        arrays, info : mapping
            Not looked at.

        Raises
        ------
        AuditError
            Always ("generator_holds_rows").
        """
        del arrays, info
        raise AuditError("This kind of generator cannot be read from a file.", code="generator_holds_rows")


def _space(lesson: Lesson, codes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Put rows where their distances mean something: numbers by rank, levels one spread apart (SMOTE-NC)."""
    parts = []
    for place in lesson.columns:
        column = codes[:, place]
        width = lesson.values.widths[place]
        if lesson.values.ordered[place]:
            counts = np.bincount(column, minlength=width)
            middle = (np.cumsum(counts) - counts / 2) / len(column)
            parts.append(ndtri(np.clip(middle, 1e-4, 1 - 1e-4))[column][:, None])
            continue
        rank = np.empty(width, dtype=np.int64)
        rank[np.argsort(-np.bincount(column, minlength=width), kind="stable")] = np.arange(width)
        marks = np.zeros((len(column), min(width, _MOST_LEVELS + 1)))
        marks[np.arange(len(column)), np.minimum(rank[column], _MOST_LEVELS)] = np.sqrt(0.5)
        parts.append(marks)
    return np.column_stack(parts).astype(np.float32)


def _closest(space: NDArray[np.float32], count: int, told: Any) -> NDArray[np.int64]:
    """Find the closest other rows of each row; a row alone is its own neighbour."""
    size = len(space)
    wanted = min(count, size - 1)
    if wanted < 1:
        return np.zeros((size, 1), dtype=np.int64)
    lengths = np.einsum("ij,ij->i", space, space)
    found = np.empty((size, wanted), dtype=np.int64)
    for start in range(0, size, _AT_ONCE):
        told(start / size)
        part = space[start : start + _AT_ONCE]
        apart = lengths[None, :] - 2 * (part @ space.T)
        apart[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        nearest = np.argpartition(apart, wanted - 1, axis=1)[:, :wanted]
        found[start : start + len(part)] = np.sort(nearest, axis=1)
    return found


def _evenly(size: int, wanted: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Choose rows to start from, none two times more often than another."""
    whole, rest = divmod(wanted, size)
    return np.concatenate([np.tile(np.arange(size), whole), generator.permutation(size)[:rest]])


def _smote(
    lesson: Lesson,
    parents: NDArray[np.int64],
    around: NDArray[np.int64],
    start: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Go a random part of the way to a random neighbour; take the level that is commonest among the neighbours."""
    other = around[start, generator.integers(0, around.shape[1], len(start))]
    way = generator.random(len(start))
    made = parents[start].copy()
    for place in lesson.columns:
        one, two = parents[start, place], parents[other, place]
        if lesson.values.ordered[place]:
            made[:, place] = _between(lesson, place, one, np.rint(one + way * (two - one)), two)
        else:
            made[:, place] = _commonest(parents[around[start], place], generator)
    return made


def _fair_smote(
    lesson: Lesson,
    parents: NDArray[np.int64],
    around: NDArray[np.int64],
    start: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Add a part of the difference of two neighbours to numbers; take levels from any of the three rows."""
    first, second = (around[start, generator.integers(0, around.shape[1], len(start))] for _ in range(2))
    made = parents[start].copy()
    for place in lesson.columns:
        one, two, three = parents[start, place], parents[first, place], parents[second, place]
        changed = generator.random(len(start)) < _CROSSOVER
        if lesson.values.ordered[place]:
            moved = _between(lesson, place, one, np.rint(one + _SCALE * (two - three)), two, three)
        else:
            moved = np.choose(generator.integers(0, 3, len(start)), [one, two, three])
        made[changed, place] = moved[changed]
    return made


def _between(
    lesson: Lesson,
    place: int,
    start: NDArray[np.int64],
    moved: NDArray[np.float64],
    *others: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Keep a number within what was observed; where any of the rows holds none, stay."""
    largest = lesson.values.widths[place] - 1 - lesson.values.missing[place]
    found = np.clip(moved, 0, largest).astype(np.int64)
    if not lesson.values.missing[place]:
        return found
    absent = np.any([row > largest for row in (start, *others)], axis=0)
    return np.where(absent, start, found)


def _commonest(levels: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Give the level most neighbours have; of equally common ones a random one of theirs."""
    same = (levels[:, :, None] == levels[:, None, :]).sum(axis=2) + generator.random(levels.shape) * 0.5
    found: NDArray[np.int64] = levels[np.arange(len(levels)), same.argmax(axis=1)]
    return found
