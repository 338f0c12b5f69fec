"""Rows drawn from noisy tables: each column given the cell and one other column, along a tree of those that hang together.

Everything is learned from counts with noise. What is drawn from them afterwards tells nothing more about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from audit.errors import listing
from audit.mitigation.synthesis.private.grid import MOST_BINS, Budget, Column, Grid, fit_grid
from audit.mitigation.synthesis.private.line import closest
from audit.mitigation.synthesis.private.noise import delta_for, rho_of, sigma_of, stream_for
from audit.mitigation.synthesis.protocol import Generator, Lesson, named, part_of
from audit.mitigation.synthesis.shelf import key_of
from audit.mitigation.synthesis.values import Values
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.private.noise import Noise
    from audit.mitigation.synthesis.protocol import State
    from audit.progress import Progress

SHARES: Final = {"values": 0.2, "cells": 0.35, "picking": 0.05, "pairs": 0.4}
"""How the cost is spent: on values and bins, on each column by cell, on picking pairs of columns, on those pairs."""

_FEWEST_BINS = 4
_ROUNDS = 40
_LITTLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """How a column follows from another.

    Parameters
    ----------
    parent, child : int
        Places among the columns that are imitated.
    table : ndarray of float64 of shape (cells, bins of the parent, bins of the child)
        Counts after noise, above 0.
    """

    parent: int
    child: int
    table: NDArray[np.float64]


class NoisyTables(Generator):
    """Make rows of given cells from noisy tables.

    Parameters
    ----------
    epsilon : float
        What made rows may tell about one person at most.
    secret : bytes
        Of whoever keeps the rows, so that the same noise can be drawn again; empty for one of this process.
    """

    id: ClassVar[str] = "tables"

    def __init__(self, *, epsilon: float, secret: bytes = b"") -> None:
        self.epsilon = epsilon
        self._secret = secret
        self.delta = self.rho = 0.0
        self._places: tuple[int, ...] = ()
        self._columns = 0
        self._grids: tuple[Grid, ...] = ()
        self._tables: tuple[NDArray[np.float64], ...] = ()
        self._links: tuple[Link, ...] = ()
        self._first = 0
        self._empty: tuple[str, ...] = ()
        self._noise: tuple[str, ...] = ()

    def fit(self, lesson: Lesson, *, seed: int, progress: Progress = silent) -> None:
        """Count with noise.

        Parameters
        ----------
        lesson : Lesson
            The rows; each is one person.
        seed : int
            Tells one set of made rows from another; noise does not follow from it.
        progress : callable
            Told the share done; may raise to stop.

        Raises
        ------
        AuditError
            Where a column holds neither numbers, dates nor levels ("private_values").
        """
        codes, cell = lesson.learned
        self.delta = delta_for(len(cell))
        # Half of delta is for values that one person holds alone, half for turning the cost into epsilon.
        self.rho = rho_of(self.epsilon, self.delta / 2)
        self._places, self._columns = lesson.columns, codes.shape[1]
        noise = stream_for(self._secret, _fingerprint(lesson, self.epsilon, seed))
        count = len(self._places)
        pair_cost = SHARES["pairs"] * self.rho / max(count - 1, 1)
        # So few bins that a table of two columns holds more people than noise in each place.
        most = int(np.clip(np.sqrt(len(cell) / sigma_of(pair_cost)), _FEWEST_BINS, MOST_BINS))
        grids, bins = [], []
        for step, place in enumerate(self._places):
            progress(0.4 * step / count, "Counting the values of each column with noise")
            grid, of_row = fit_grid(
                Column(
                    sample=lesson.values.samples[place],
                    codes=codes[:, place],
                    ordered=lesson.values.ordered[place],
                    missing=lesson.values.missing[place],
                ),
                Budget(noise=noise, rho=SHARES["values"] * self.rho / count, delta=self.delta / 2 / count),
                most=most,
            )
            grids.append(grid)
            bins.append(of_row)
        self._grids = tuple(grids)
        self._empty = tuple(str(grid.sample.name) for grid in grids if grid.missing and len(grid.sample) == 1)
        self._noise = tuple(str(grid.sample.name) for grid in grids if grid.noise)
        sizes = np.bincount(cell, minlength=lesson.cells)
        progress(0.4, "Counting each column by cell with noise")
        self._tables = tuple(
            _by_cell(grid, of_row, cell, sizes, noise=noise, rho=SHARES["cells"] * self.rho / count)
            for grid, of_row in zip(grids, bins, strict=True)
        )
        progress(0.6, "Picking columns that hang together")
        self._links = self._joined(bins, sizes, noise, pair_cost) if count > 1 else ()
        self._first = self._links[0].parent if self._links else 0
        progress(1.0, "Counted")

    def _joined(
        self, bins: list[NDArray[np.int64]], sizes: NDArray[np.int64], noise: Noise, cost: float
    ) -> tuple[Link, ...]:
        """Pick the tree of pairs whose tables are least what single columns say, and count these with noise."""
        grids, tables = self._grids, self._tables
        count = len(grids)
        exact: dict[tuple[int, int], NDArray[np.int64]] = {}
        surprise: dict[tuple[int, int], float] = {}
        known = sizes > 0
        for one in range(count):
            for other in range(one):
                shape = (grids[one].width + 1, grids[other].width + 1)
                flat = np.bincount(bins[one] * shape[1] + bins[other], minlength=shape[0] * shape[1])
                exact[one, other] = flat.reshape(shape)
                alone = np.einsum(
                    "ca,cb,c->ab", tables[one][known], tables[other][known], 1 / sizes[known].astype(float)
                )
                far = float(np.abs(exact[one, other][:-1, :-1] - alone).sum())
                surprise[one, other] = far - sigma_of(cost) * alone.size / np.sqrt(2 * np.pi)
        picked = _tree(count, surprise, noise, SHARES["picking"] * self.rho / (count - 1))
        links = []
        for parent, child in _from_root(picked):
            key = (max(parent, child), min(parent, child))
            noisy = noise.counts(exact[key], cost).astype(np.float64)
            table = closest(noisy, float(sizes.sum()))[:-1, :-1] + _LITTLE
            table *= sizes.sum() / table.sum()
            pair = table if key == (parent, child) else table.T
            links.append(Link(parent=parent, child=child, table=_raked(pair, tables[parent], tables[child])))
        return tuple(links)

    def sample(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> NDArray[np.int64]:
        """Draw rows column by column; this needs no noise any more.

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
            Numbers in the generator's own vocabulary.
        """
        generator = np.random.default_rng([seed, 2])
        made = np.zeros((len(cell), self._columns), dtype=np.int64)
        if not self._grids:
            return made
        bins = np.zeros((len(cell), len(self._grids)), dtype=np.int64)
        bins[:, self._first] = _drawn(self._tables[self._first], cell, generator)
        for step, link in enumerate(self._links):
            progress(step / len(self._links), "Making rows")
            width = link.table.shape[1]
            given = cell * width + bins[:, link.parent]
            bins[:, link.child] = _drawn(link.table.reshape(-1, link.table.shape[2]), given, generator)
        for at, (place, grid) in enumerate(zip(self._places, self._grids, strict=True)):
            made[:, place] = grid.draw(bins[:, at], generator)
        return made

    def vocabulary(self, learned: Values) -> Values:
        """Give the values that made rows may hold: of columns that are imitated none that was not found with noise.

        Parameters
        ----------
        learned : Values
            The values of the real rows.

        Returns
        -------
        Values
            What the numbers of :meth:`sample` stand for.
        """
        samples, ordered, missing = list(learned.samples), list(learned.ordered), list(learned.missing)
        for place, grid in zip(self._places, self._grids, strict=True):
            samples[place], ordered[place], missing[place] = grid.sample, grid.ordered, grid.missing
        return Values(samples=tuple(samples), ordered=tuple(ordered), missing=tuple(missing))

    @property
    def guarantee(self) -> str:
        """What is bounded, and what is not, as sentences."""
        return (
            f"What these rows tell about any one person is bounded: epsilon {self.epsilon:g} at delta {self.delta:g} "
            f"(differential privacy, rho {self.rho:.3g}), for tables that differ in what one row holds within its group and "
            "label. Each row counts as one person. Names and types of columns, the groups, the labels and how many rows each "
            "cell has are given and not hidden."
        )

    @property
    def lost(self) -> tuple[str, ...]:
        """Which columns are empty or mere noise, as sentences; this follows from counts with noise."""
        empty = f"No value is shared by enough people to be named, so made rows hold none: {listing(self._empty)}."
        noise = f"Too few people to be told from noise, so made rows hold mere noise: {listing(self._noise)}."
        return (*([empty] if self._empty else []), *([noise] if self._noise else []))

    @property
    def notes(self) -> tuple[str, ...]:
        """The guarantee, what it does not cover, and which columns are lost."""
        return (
            self.guarantee,
            (
                "Not covered: the real rows beside the made ones, the model that learned from both, and every measure here, as "
                "they were computed from real rows."
            ),
            (
                "The noise comes from a secret that is in no file and does not follow from the seed: whoever knew it could take "
                "the noise off. Other seeds, settings or rows have other noise, and what is handed over of each adds its epsilon."
            ),
            *self.lost,
        )

    @property
    def measured(self) -> Mapping[str, float]:
        """Epsilon and delta."""
        return {"epsilon": float(self.epsilon), "delta": self.delta}

    def state(self) -> State:
        """Give tables and bins; all of them were counted with noise.

        Returns
        -------
        tuple of dict and dict
            Arrays by name, and plain values.
        """
        arrays: dict[str, NDArray[Any]] = {}
        for at, (grid, table) in enumerate(zip(self._grids, self._tables, strict=True)):
            arrays.update(named({"bins": grid.bins, "weight": grid.weight, "table": table}, f"column.{at}"))
        for at, link in enumerate(self._links):
            arrays.update(named({"table": link.table}, f"link.{at}"))
        return arrays, {
            "epsilon": self.epsilon,
            "delta": self.delta,
            "rho": self.rho,
            "columns": self._columns,
            "places": list(self._places),
            "links": [[link.parent, link.child] for link in self._links],
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> NoisyTables:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays, info : mapping
            Arrays by name, and plain values.

        Returns
        -------
        NoisyTables
            It makes the same rows from the same seed.
        """
        import pandas as pd

        found = cls(epsilon=float(info["epsilon"]))
        found.delta, found.rho = float(info["delta"]), float(info["rho"])
        found._columns = int(info["columns"])
        found._places = tuple(int(place) for place in info["places"])
        parts = [part_of(arrays, f"column.{at}") for at in range(len(found._places))]
        nothing: pd.Series[Any] = pd.Series(dtype=object)  # the values are in the vocabulary of whoever draws
        found._grids = tuple(
            Grid(sample=nothing, bins=part["bins"], weight=part["weight"], ordered=False, missing=False)
            for part in parts
        )
        found._tables = tuple(part["table"] for part in parts)
        found._links = tuple(
            Link(parent=int(parent), child=int(child), table=part_of(arrays, f"link.{at}")["table"])
            for at, (parent, child) in enumerate(info["links"])
        )
        found._first = found._links[0].parent if found._links else 0
        return found


def _fingerprint(lesson: Lesson, epsilon: float, seed: int) -> str:
    """Name rows and settings: two of different names have different noise."""
    codes, cell = lesson.learned
    vocabulary = lesson.values  # noqa: PD011 - no frame
    values = [
        [str(sample.name), str(sample.dtype), sample.astype(str).tolist()] for sample in vocabulary.samples
    ]
    return key_of(codes, cell, values, lesson.groups, lesson.columns, epsilon, seed)


def _by_cell(
    grid: Grid,
    bins: NDArray[np.int64],
    cell: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    noise: Noise,
    rho: float,
) -> NDArray[np.float64]:
    """Count a column by cell with noise; cells of few people lean on all those of their label."""
    width = grid.width + 1
    exact = np.bincount(cell * width + bins, minlength=len(sizes) * width).reshape(len(sizes), width)
    noisy = noise.counts(exact, rho).astype(np.float64)
    found = np.empty((len(sizes), grid.width))
    for label in (0, 1):
        own = np.arange(label, len(sizes), 2)
        total = max(float(sizes[own].sum()), 1.0)
        common = closest(noisy[own].sum(axis=0), total) / total
        for code in own.tolist():
            size = max(float(sizes[code]), 1.0)
            # James and Stein: as much of a difference is kept as is more than noise.
            far = float(((noisy[code] / size - common) ** 2).sum())
            kept = max(0.0, 1 - width / (rho * size**2) / max(far, _LITTLE))
            mixed = closest(kept * noisy[code] + (1 - kept) * size * common, size)[:-1] + _LITTLE
            found[code] = mixed * size / mixed.sum()
    return found


def _tree(
    count: int, surprise: Mapping[tuple[int, int], float], noise: Noise, rho: float
) -> list[tuple[int, int]]:
    """Join all columns by pairs, the most surprising first, each picked with noise."""
    part = np.arange(count)
    picked: list[tuple[int, int]] = []
    while len(picked) < count - 1:
        able = [pair for pair in surprise if part[pair[0]] != part[pair[1]]]
        pair = able[noise.pick(np.array([surprise[each] for each in able]), rho)]
        part[part == part[pair[0]]] = part[pair[1]]
        picked.append(pair)
    return picked


def _from_root(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put the pairs of a tree in an order in which each begins with a column that is drawn already."""
    known, ordered, left = {pairs[0][0]}, [], list(pairs)
    while left:
        pair = next(each for each in left if each[0] in known or each[1] in known)
        left.remove(pair)
        parent, child = pair if pair[0] in known else pair[::-1]
        known.add(child)
        ordered.append((parent, child))
    return ordered


def _raked(
    pair: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit a table by cell and two columns to what is known of each two of the three."""
    share = left.sum(axis=1) / left.sum()
    found = np.maximum(pair[None] * share[:, None, None], _LITTLE**2)
    for _ in range(_ROUNDS):
        found *= (pair / found.sum(axis=0))[None]
        found *= (left / found.sum(axis=2))[:, :, None]
        found *= (right / found.sum(axis=1))[:, None, :]
        found = np.maximum(found, _LITTLE**2)
    return np.asarray(found, dtype=np.float64)


def _drawn(
    table: NDArray[np.float64], given: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a column of a table for each row, from the line that it is given."""
    total = np.cumsum(table, axis=1)
    at = generator.random(len(given)) * total[given, -1]
    found = np.empty(len(given), dtype=np.int64)
    for code in np.unique(given).tolist():
        rows = np.flatnonzero(given == code)
        found[rows] = np.searchsorted(total[code], at[rows], side="right")
    return np.asarray(np.minimum(found, table.shape[1] - 1), dtype=np.int64)
