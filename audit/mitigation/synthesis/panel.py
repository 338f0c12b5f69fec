"""The quality panel: every measure of made rows, on real rows that the generator never saw, and for each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from audit.mitigation.synthesis.coded import code_rows
from audit.mitigation.synthesis.likeness import (
    column_likeness,
    equal_rows,
    impossible,
    marginals,
    outside,
    pair_trends,
)
from audit.mitigation.synthesis.telling import FEW, detection, learnable, membership
from audit.progress import silent
from audit.rows.likeness import CellLikeness, ColumnLikeness, GroupLikeness, LikenessRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.coded import Coded, Comparison
    from audit.progress import Progress

MOST_ROWS: Final = 10_000
"""Rows of each kind that are compared, unless more are asked for."""

_DISTANCE_ROWS: Final = 2_000
_MOST_PICTURES: Final = 12
_MOST_BINS: Final = 8
_FEWEST_IN_BIN: Final = 10
_FEW_IN_CELL: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Rows of one kind.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, columns)
        What they hold.
    cell : ndarray of int64 of shape (n,)
        Twice the group, plus the label.
    """

    frame: pd.DataFrame
    cell: NDArray[np.int64]

    def first(self, most: int, generator: np.random.Generator) -> Rows:
        """Draw some of the rows.

        Parameters
        ----------
        most : int
            How many at most.
        generator : numpy.random.Generator
            Draws.

        Returns
        -------
        Rows
            All of them where there are no more.
        """
        if len(self.cell) <= most:
            return self
        keep = np.sort(generator.permutation(len(self.cell))[:most])
        return Rows(frame=self.frame.iloc[keep].reset_index(drop=True), cell=self.cell[keep])


def measure_quality(
    learned: Rows,
    held: Rows,
    mixture: Rows,
    added: Rows,
    *,
    columns: Sequence[int],
    groups: tuple[tuple[str, ...], ...],
    held_from: Literal["validation", "train"],
    seed: int,
    most: int = MOST_ROWS,
    progress: Progress = silent,
) -> tuple[dict[str, float], LikenessRecord]:
    """Measure made rows against real ones.

    Parameters
    ----------
    learned : Rows
        Real rows that the generator saw.
    held : Rows
        Real rows that it did not see.
    mixture : Rows
        Made rows with the mixture of cells of the real ones.
    added : Rows
        Made rows that go into the training table.
    columns : sequence of int
        Columns to compare: those that were imitated.
    groups : tuple of tuple of str
        The groups.
    held_from : {"validation", "train"}
        Where the rows that it did not see come from.
    seed : int
        Where random draws start.
    most : int, default 10,000
        Most rows of each kind.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    tuple of dict and LikenessRecord
        Every measure by id, each beside what to hold it against; and the tables by cell, group and column.
    """
    generator = np.random.default_rng(seed)
    tables = [rows.first(most, generator) for rows in (learned, held, mixture, added)]
    progress(0.0, "Comparing made rows with real ones")
    comparison, (real, unseen, made, new) = code_rows(
        [rows.frame for rows in tables], [rows.cell for rows in tables], columns
    )
    alone = _independent(real, len(made), made.cell, generator)
    found: dict[str, float | None] = {
        "marginals": marginals(comparison, unseen, made),
        "real_marginals": marginals(comparison, unseen, real),
        "pair_trends": pair_trends(_with_cell(unseen), _with_cell(made)),
        "real_pair_trends": pair_trends(_with_cell(unseen), _with_cell(real)),
        "independent_pair_trends": pair_trends(_with_cell(unseen), _with_cell(alone)),
    }
    progress(0.15, "Telling made rows from real ones")
    found["detection_boosting"] = detection(comparison, unseen, made, kind="boosting", seed=seed)
    progress(0.4, "Telling made rows from real ones")
    found["detection_linear"] = detection(comparison, unseen, made, kind="linear", seed=seed)
    progress(0.55, "Learning from made rows")
    count = len(groups)
    tstr, tstr_of = learnable(comparison, made, unseen, groups=count, seed=seed)
    trtr, trtr_of = learnable(comparison, real.take(np.arange(min(len(real), len(made)))), unseen, groups=count, seed=seed)  # fmt: skip
    found.update(tstr=tstr, trtr=trtr)
    progress(0.75, "Measuring distances to real rows")
    found.update(membership(comparison, real, unseen, made, rows=_DISTANCE_ROWS, seed=seed))
    every = new if len(new) else made
    known = np.vstack([real.bins, unseen.bins])
    found.update(
        copies=equal_rows(every.codes, real.codes),
        real_copies=equal_rows(unseen.codes, real.codes),
        outside=outside(comparison, made.codes, real.codes),
        impossible_pairs=impossible(made.bins, known),
        real_impossible_pairs=impossible(unseen.bins, real.bins),
    )
    progress(0.85, "Comparing cell by cell")
    record = LikenessRecord(
        held=held_from,
        n_real=len(unseen),
        n_made=len(made),
        cells=_cells(comparison, (real, unseen, made, new), groups, seed=seed),
        groups=_groups(groups, unseen, tstr_of, trtr_of),
        columns=_columns(comparison, unseen, made),
    )
    progress(1.0, "Compared")
    return {name: value for name, value in found.items() if value is not None}, record


def _with_cell(rows: Coded) -> NDArray[np.int64]:
    """Give the bins of the columns, with the group and the label as two more."""
    return np.column_stack([rows.bins, rows.cell // 2, rows.cell % 2])


def _independent(real: Coded, size: int, cell: NDArray[np.int64], generator: np.random.Generator) -> Coded:
    """Draw every column by itself from the real rows of the same cell: what a generator must beat."""
    donors = np.zeros((size, real.codes.shape[1]), dtype=np.int64)
    for code in np.unique(cell):
        rows, own = np.flatnonzero(cell == code), np.flatnonzero(real.cell == code)
        if len(own):
            donors[rows] = generator.choice(own, size=(len(rows), donors.shape[1]))
    places = np.arange(donors.shape[1])
    return type(real)(
        codes=real.codes[donors, places],
        bins=real.bins[donors, places],
        raw=real.raw[donors, places],
        cell=cell,
    )


def _cells(
    comparison: Comparison,
    tables: tuple[Coded, Coded, Coded, Coded],
    groups: tuple[tuple[str, ...], ...],
    *,
    seed: int,
) -> tuple[CellLikeness, ...]:
    """Measure each cell; rows added and rows of the mixture count together, as they come from one generator."""
    real, unseen, made, new = tables
    found = []
    for code, group in enumerate(groups):
        for label in (0, 1):
            own, there = (part.take(part.cell == 2 * code + label) for part in (real, unseen))
            parts = [part.take(part.cell == 2 * code + label) for part in (made, new)]
            both = type(real)(
                codes=np.vstack([part.codes for part in parts]),
                bins=np.vstack([part.bins for part in parts]),
                raw=np.vstack([part.raw for part in parts]),
                cell=np.concatenate([part.cell for part in parts]),
            )
            row = CellLikeness(group=group, label=label, n_real=len(there), n_made=len(both))
            if len(there) < _FEW_IN_CELL or not len(both) or not len(own):
                found.append(replace(row, reason="too_few_rows"))
                continue
            found.append(
                replace(
                    row,
                    marginals=marginals(comparison, there, both),
                    pair_trends=pair_trends(there.bins, both.bins),
                    real_pair_trends=pair_trends(there.bins, own.bins),
                    detection=detection(comparison, there, both, kind="boosting", seed=seed),
                    copies=equal_rows(both.codes, own.codes),
                    reason="" if min(len(there), len(both)) >= FEW else "too_few_rows",
                )
            )
    return tuple(found)


def _groups(
    groups: tuple[tuple[str, ...], ...],
    unseen: Coded,
    tstr: tuple[float | None, ...],
    trtr: tuple[float | None, ...],
) -> tuple[GroupLikeness, ...]:
    sizes = np.bincount(unseen.cell // 2, minlength=len(groups)).tolist()
    return tuple(
        GroupLikeness(
            group=group,
            n=sizes[code],
            tstr=tstr[code],
            trtr=trtr[code],
            reason="" if tstr[code] is not None and trtr[code] is not None else "single_class",
        )
        for code, group in enumerate(groups)
    )


def _columns(comparison: Comparison, real: Coded, made: Coded) -> tuple[ColumnLikeness, ...]:
    """Draw up the columns that are least alike."""
    found = []
    for place, name in enumerate(comparison.names):
        ordered = comparison.ordered[place]
        one, other = real.codes[:, place], made.codes[:, place]
        bin_of, names = _named_bins(comparison.samples[place], one, ordered=ordered)
        shares = [np.bincount(bin_of[codes], minlength=len(names)) / len(codes) for codes in (one, other)]
        found.append(
            ColumnLikeness(
                column=name,
                kind="numbers" if ordered else "levels",
                likeness=column_likeness(one, other, in_order=ordered, width=int(comparison.widths[place])),
                bins=names,
                real=tuple(shares[0].tolist()),
                made=tuple(shares[1].tolist()),
            )
        )
    return tuple(sorted(found, key=lambda column: column.likeness)[:_MOST_PICTURES])


def _named_bins(
    sample: pd.Series[Any], real: NDArray[np.int64], *, ordered: bool
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Give each value a bin that no single person stands out in, and each bin a name."""
    counts = np.bincount(real, minlength=len(sample))
    missing = len(sample) - 1
    if ordered:
        bin_of, names = _ranges(sample, counts[:-1])
    else:
        common = [code for code in np.argsort(-counts[:-1], kind="stable") if counts[code] >= _FEWEST_IN_BIN][
            :_MOST_BINS
        ]
        bin_of = np.full(missing, len(common), dtype=np.int64)
        bin_of[common] = np.arange(len(common))
        names = [str(sample.iloc[code])[:60] for code in common]
        if (bin_of == len(common)).any():
            names.append("other")
    gap = counts[missing] >= _FEWEST_IN_BIN
    return np.append(bin_of, len(names) if gap else max(len(names) - 1, 0)), (*names, *(("missing",) if gap else ())) or ("other",)  # fmt: skip


def _ranges(sample: pd.Series[Any], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[str]]:
    """Cut numbers into ranges of about as many real rows each, named by where they begin."""
    below = (np.cumsum(counts) - counts) / max(counts.sum(), 1)
    bin_of = np.floor(below * _MOST_BINS + 1e-9).astype(np.int64)
    _, bin_of = np.unique(bin_of, return_inverse=True)
    edges = np.flatnonzero(np.diff(bin_of)) + 1
    starts = [_written(sample.iloc[code]) for code in edges.tolist()]
    if not starts:
        return bin_of, ["all values"]
    inner = [f"{low} to below {high}" for low, high in pairwise(starts)]
    return bin_of, [f"below {starts[0]}", *inner, f"{starts[-1]} or more"]


def _written(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, int | float | np.integer | np.floating):
        return f"{value:,.4g}"
    return str(value)[:30]
