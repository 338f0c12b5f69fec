"""Rows made column by column: a decision tree for each, given the cell and the columns before it.

A made value is the value of a real row drawn from the leaf that the made row reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from audit.mitigation.synthesis.protocol import Generator, Lesson, named, part_of
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.protocol import State
    from audit.progress import Progress

_BALANCE: Final = 0.5
_MOST_CLASSES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeafTree:
    """A tree whose leaves hold the values that real rows had there.

    Parameters
    ----------
    feature : ndarray of int64 of shape (nodes,)
        Which feature a node asks about; 0 for a leaf.
    threshold : ndarray of float64 of shape (nodes,)
        A row goes left where its feature is at or below it.
    left, right : ndarray of int64 of shape (nodes,)
        The nodes that follow; a leaf points to itself.
    starts : ndarray of int64 of shape (nodes + 1,)
        Where the values of each node begin.
    donors : ndarray of int64
        Numbered values, by leaf.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    starts: NDArray[np.int64]
    donors: NDArray[np.int64]

    def leaf(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Find the leaf of each row.

        Parameters
        ----------
        rows : ndarray of float64 of shape (n, features)
            Whole numbers.

        Returns
        -------
        ndarray of int64 of shape (n,)
            Nodes.
        """
        node = np.zeros(len(rows), dtype=np.int64)
        place = np.arange(len(rows))
        while True:
            to_left = rows[place, self.feature[node]] <= self.threshold[node]
            following = np.where(to_left, self.left[node], self.right[node])
            if np.array_equal(following, node):
                return node
            node = following

    def draw(self, rows: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a value for each row from the leaf it reaches.

        Parameters
        ----------
        rows : ndarray of float64 of shape (n, features)
            Whole numbers.
        generator : numpy.random.Generator
            Draws.

        Returns
        -------
        ndarray of int64 of shape (n,)
            Numbered values.
        """
        node = self.leaf(rows)
        size = self.starts[node + 1] - self.starts[node]
        return self.donors[self.starts[node] + (generator.random(len(rows)) * size).astype(np.int64)]


class SequentialTrees(Generator):
    """Make rows of given cells column by column.

    Parameters
    ----------
    smallest_leaf : int
        Fewest real rows that a made value is drawn from.
    """

    id: ClassVar[str] = "trees"

    def __init__(self, *, smallest_leaf: int = 50) -> None:
        self.smallest_leaf = smallest_leaf
        self._columns: tuple[int, ...] = ()
        self._width = 0
        self._ranks: dict[int, NDArray[np.int64]] = {}
        self._trees: tuple[LeafTree, ...] = ()

    def fit(self, lesson: Lesson, *, seed: int, progress: Progress = silent) -> None:
        """Grow a tree for every column.

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
        values = lesson.values
        # Levels first, the fewest before the many; then numbers.
        self._columns = tuple(
            sorted(lesson.columns, key=lambda place: (values.ordered[place], values.widths[place], place))
        )
        self._width = codes.shape[1]
        counts = np.bincount(cell, minlength=lesson.cells)
        weight = (counts[cell] / len(cell)) ** (_BALANCE - 1)
        self._ranks = {
            place: np.arange(values.widths[place])
            if values.ordered[place]
            else _by_label(codes[:, place], cell % 2, values.widths[place])
            for place in self._columns
        }
        seen = _of_cell(cell)
        trees = []
        for step, place in enumerate(self._columns):
            progress(step / len(self._columns), "Growing a tree for each column")
            column = codes[:, place]
            trees.append(
                _grow(
                    seen,
                    column,
                    weight,
                    in_order=values.ordered[place],
                    smallest_leaf=min(self.smallest_leaf, max(len(column) // 4, 1)),
                    seed=seed,
                )
            )
            seen = np.column_stack([seen, self._ranks[place][column]])
        self._trees = tuple(trees)
        progress(1.0, "Trees are grown")

    def sample(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> NDArray[np.int64]:
        """Make rows column by column.

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
        generator = np.random.default_rng([seed, 1])
        made = np.zeros((len(cell), self._width), dtype=np.int64)
        seen = _of_cell(cell)
        for step, (place, tree) in enumerate(zip(self._columns, self._trees, strict=True)):
            progress(step / len(self._columns), "Making rows")
            made[:, place] = tree.draw(seen, generator)
            seen = np.column_stack([seen, self._ranks[place][made[:, place]]])
        return made

    def state(self) -> State:
        """Give the trees.

        Returns
        -------
        tuple of dict and dict
            Arrays by name, and plain values.
        """
        arrays: dict[str, NDArray[Any]] = {}
        for step, tree in enumerate(self._trees):
            parts = ("feature", "threshold", "left", "right", "starts", "donors")
            arrays.update(named({name: getattr(tree, name) for name in parts}, f"tree.{step}"))
        arrays.update(named({str(place): rank for place, rank in self._ranks.items()}, "ranks"))
        return arrays, {
            "columns": list(self._columns),
            "width": self._width,
            "smallest_leaf": self.smallest_leaf,
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> SequentialTrees:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays, info : mapping
            Arrays by name, and plain values.

        Returns
        -------
        SequentialTrees
            It makes the same rows from the same seed.
        """
        found = cls(smallest_leaf=int(info["smallest_leaf"]))
        found._columns = tuple(int(place) for place in info["columns"])
        found._width = int(info["width"])
        found._ranks = {int(place): rank for place, rank in part_of(arrays, "ranks").items()}
        found._trees = tuple(
            LeafTree(**part_of(arrays, f"tree.{step}")) for step in range(len(found._columns))
        )
        return found


def _of_cell(cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give a cell as features: its label, and its group by number."""
    return np.column_stack([cell % 2, cell // 2]).astype(np.float64)


def _by_label(column: NDArray[np.int64], label: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Put levels in the order of their share of positive labels, so that a tree can cut between them."""
    counts = np.bincount(column, minlength=width)
    share = np.bincount(column, weights=label, minlength=width) / np.maximum(counts, 1)
    rank = np.empty(width, dtype=np.int64)
    rank[np.argsort(share, kind="stable")] = np.arange(width)
    return rank


def _grow(
    seen: NDArray[np.float64],
    column: NDArray[np.int64],
    weight: NDArray[np.float64],
    *,
    in_order: bool,
    smallest_leaf: int,
    seed: int,
) -> LeafTree:
    """Grow a tree of one column on what came before it."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    settings: dict[str, Any] = {"min_samples_leaf": smallest_leaf, "random_state": seed}
    if in_order:
        ordered = np.sort(column)
        target = (np.searchsorted(ordered, column, "left") + np.searchsorted(ordered, column, "right")) / (
            2 * len(column)
        )
        model = DecisionTreeRegressor(**settings).fit(seen, target, sample_weight=weight)
    else:
        counts = np.bincount(column)
        rank = np.empty(len(counts), dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        model = DecisionTreeClassifier(**settings).fit(
            seen, np.minimum(rank[column], _MOST_CLASSES), sample_weight=weight
        )
    tree = model.tree_
    leaf = tree.children_left < 0
    own = np.arange(tree.node_count)
    reached = model.apply(seen)
    order = np.argsort(reached, kind="stable")
    return LeafTree(
        feature=np.where(leaf, 0, tree.feature).astype(np.int64),
        threshold=np.where(leaf, 0.0, tree.threshold).astype(np.float64),
        left=np.where(leaf, own, tree.children_left).astype(np.int64),
        right=np.where(leaf, own, tree.children_right).astype(np.int64),
        starts=np.searchsorted(reached[order], np.arange(tree.node_count + 1)).astype(np.int64),
        donors=column[order],
    )
