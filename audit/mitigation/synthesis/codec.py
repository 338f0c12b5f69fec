"""How the numbered values of a mixed table become what a network can imitate, and how that becomes values again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.values import Values

MAX_LEVELS: Final = 200
"""Levels of a categorical column that get a place of their own; rarer ones share one."""

SCORE_SCALE: Final = 2.0
"""What normal scores are divided by, so that they are about as large as the marks of levels."""

_FEW_NUMBERS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumericPart:
    """A column of numbers or dates, coded by rank.

    Parameters
    ----------
    column : int
        Position in the table.
    edges : ndarray of float64 of shape (values + 1,)
        Share of the rows with a value that lie below each value, in rising order; 1 at the end.
    """

    column: int
    edges: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelPart:
    """A column of levels, or the mark of which rows of a numeric column hold a value.

    Parameters
    ----------
    column : int
        Position in the table.
    level : ndarray of int64 of shape (values,)
        The level of each value, the commonest first; rare values share the last one.
    counts : ndarray of int64 of shape (values,)
        Rows of each value.
    marks : bool
        Whether level 1 only says that a numeric column holds nothing.
    """

    column: int
    level: NDArray[np.int64]
    counts: NDArray[np.int64]
    marks: bool = False

    @property
    def width(self) -> int:
        """Number of levels."""
        return int(self.level.max()) + 1

    @property
    def folded(self) -> bool:
        """Whether rare values share a level."""
        return not self.marks and self.width < len(self.level)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Codec:
    """How the columns of one table are coded.

    Parameters
    ----------
    n_columns : int
        Columns of the table.
    numeric : tuple of NumericPart
        Columns coded by rank.
    levels : tuple of LevelPart
        Columns coded by level, and marks of missing numbers.

    Notes
    -----
    A number's rank is spread evenly over the jump that its value makes in the distribution, and becomes the normal
    score of that rank, divided by 2. So spikes, whole numbers and long tails all look the same to a network. Columns
    that hold one value only, or nothing, take no part.
    """

    n_columns: int
    numeric: tuple[NumericPart, ...]
    levels: tuple[LevelPart, ...]

    @property
    def width(self) -> int:
        """Number of inputs of a network that sees a whole row."""
        return len(self.numeric) + sum(part.width for part in self.levels)

    @property
    def columns(self) -> tuple[int, ...]:
        """Positions of the columns that take part."""
        ranked = {part.column for part in self.numeric}
        return tuple(sorted(ranked | {part.column for part in self.levels}))

    @property
    def folded(self) -> tuple[int, ...]:
        """Positions of the columns of which rare values share a level."""
        return tuple(part.column for part in self.levels if part.folded)

    def bounds(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the jump of each number in its distribution.

        Parameters
        ----------
        codes : ndarray of int64 of shape (n, columns)
            Numbered values.

        Returns
        -------
        tuple of ndarray of float32 of shape (n, numeric)
            Lower and upper ends; 0 and 1 where a number is missing.
        """
        low = np.zeros((len(codes), len(self.numeric)), dtype=np.float32)
        high = np.ones((len(codes), len(self.numeric)), dtype=np.float32)
        for place, part in enumerate(self.numeric):
            code = codes[:, part.column]
            known = code < len(part.edges) - 1
            low[known, place] = part.edges[code[known]]
            high[known, place] = part.edges[code[known] + 1]
        return low, high

    def marks(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the level of each row and coded column.

        Parameters
        ----------
        codes : ndarray of int64 of shape (n, columns)
            Numbered values.

        Returns
        -------
        ndarray of int64 of shape (n, levels)
            Levels.
        """
        empty = np.empty((len(codes), 0), dtype=np.int64)
        return np.column_stack([empty, *(part.level[codes[:, part.column]] for part in self.levels)])

    def decode(
        self,
        scores: NDArray[np.floating[Any]],
        levels: NDArray[np.integer[Any]],
        *,
        generator: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Turn what a network made into numbered values.

        Parameters
        ----------
        scores : ndarray of float of shape (m, numeric)
            Normal scores divided by :data:`SCORE_SCALE`.
        levels : ndarray of int of shape (m, levels)
            Levels.
        generator : numpy.random.Generator
            Chooses among the values that share a level, by how common they are.

        Returns
        -------
        ndarray of int64 of shape (m, columns)
            Numbered values; 0 for columns that take no part.
        """
        codes = np.zeros((len(scores), self.n_columns), dtype=np.int64)
        for place, numbers in enumerate(self.numeric):
            share = ndtr(np.asarray(scores[:, place], dtype=np.float64) * SCORE_SCALE)
            found = np.searchsorted(numbers.edges, share, side="right") - 1
            codes[:, numbers.column] = np.clip(found, 0, len(numbers.edges) - 2)
        for place, part in enumerate(self.levels):
            if part.marks:
                absent = levels[:, place] == 1
                codes[absent, part.column] = len(part.level) - 1
                continue
            codes[:, part.column] = _values_of(part, levels[:, place], generator)
        return codes

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Give what the codec is made of.

        Returns
        -------
        tuple of dict and dict
            Arrays by name, and plain values.
        """
        arrays: dict[str, NDArray[Any]] = {}
        for place, part in enumerate(self.numeric):
            arrays[f"edges.{place}"] = part.edges
        for place, levels in enumerate(self.levels):
            arrays[f"level.{place}"] = levels.level
            arrays[f"counts.{place}"] = levels.counts
        return arrays, {
            "columns": self.n_columns,
            "numeric": [part.column for part in self.numeric],
            "levels": [[part.column, part.marks] for part in self.levels],
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> Codec:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays, info : mapping
            Arrays by name, and plain values.

        Returns
        -------
        Codec
            The coding.
        """
        return cls(
            n_columns=int(info["columns"]),
            numeric=tuple(
                NumericPart(column=int(column), edges=arrays[f"edges.{place}"])
                for place, column in enumerate(info["numeric"])
            ),
            levels=tuple(
                LevelPart(
                    column=int(column),
                    level=arrays[f"level.{place}"],
                    counts=arrays[f"counts.{place}"],
                    marks=bool(marks),
                )
                for place, (column, marks) in enumerate(info["levels"])
            ),
        )


def fit_codec(
    values: Values, codes: NDArray[np.int64], *, columns: Sequence[int], max_levels: int = MAX_LEVELS
) -> Codec:
    """Learn how the columns of a table are coded.

    Parameters
    ----------
    values : Values
        The vocabulary.
    codes : ndarray of int64 of shape (n, all columns)
        Numbered values of the rows to learn from.
    columns : sequence of int
        Columns that take part where they hold more than one value.
    max_levels : int, default 200
        Levels of a column that get a place of their own.

    Returns
    -------
    Codec
        The coding.
    """
    numeric: list[NumericPart] = []
    levels: list[LevelPart] = []
    for place in columns:
        width = values.widths[place]
        counts = np.bincount(codes[:, place], minlength=width)
        if width <= 1:
            continue
        distinct = width - values.missing[place]
        if values.ordered[place] and distinct > _FEW_NUMBERS:
            shares = np.concatenate([[0.0], np.cumsum(counts[:distinct])])
            numeric.append(NumericPart(column=place, edges=shares / max(shares[-1], 1.0)))
            if values.missing[place]:
                absent = (np.arange(width) == distinct).astype(np.int64)
                levels.append(LevelPart(column=place, level=absent, counts=counts, marks=True))
            continue
        rank = np.empty(width, dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(width)
        levels.append(LevelPart(column=place, level=np.minimum(rank, max_levels), counts=counts))
    return Codec(n_columns=codes.shape[1], numeric=tuple(numeric), levels=tuple(levels))


def _values_of(
    part: LevelPart, levels: NDArray[np.integer[Any]], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Choose the value of each level; where several share one, as often as they are common."""
    order = np.argsort(part.level, kind="stable")
    starts = np.searchsorted(part.level[order], np.arange(part.width))
    found: NDArray[np.int64] = order[starts[levels]].astype(np.int64)
    if not part.folded:
        return found
    rare = np.flatnonzero(levels == part.width - 1)
    sharing = np.flatnonzero(part.level == part.width - 1)
    weight = part.counts[sharing].astype(np.float64)
    weight = weight if weight.sum() > 0 else np.ones(len(sharing))
    found[rare] = generator.choice(sharing, size=len(rare), p=weight / weight.sum())
    return found
