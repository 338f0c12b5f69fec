"""Rows in memory for data that lie in place: a sample drawn by the seed, where all of them would be too many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from audit.errors import InputError, quote
from audit.progress import silent
from audit.rows import Dropped
from audit.wording.places import OUTSIDE_SAMPLE, sampled

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.plan import Plan
    from audit.progress import Progress

MOST_CELLS: Final = 400_000_000
"""Rows times columns that are held in memory."""


def in_memory(dataset: Dataset, plan: Plan, engine: Engine, *, progress: Progress = silent) -> Dataset:
    """Give rows that can be held in memory: all of them where they are few, otherwise a sample.

    Parameters
    ----------
    dataset : Dataset
        The data; unless they lie in place, they are given back as they are.
    plan : Plan
        Its seed decides which rows are drawn and ``sample_rows`` how many.
    engine : Engine
        Reads the rows where they lie.
    progress : callable
        Where the work reports.

    Returns
    -------
    Dataset
        Rows as a table in memory, in the order of the data.

    Raises
    ------
    InputError
        Where even the sample has too many cells.

    Notes
    -----
    Every row has the same chance, and the same seed draws the same rows of files that have not changed. Nothing is
    written to the disk.
    """
    if dataset.place is None:
        return dataset
    rows = min(plan.sample_rows, dataset.n_rows)
    if rows * len(dataset.columns) > MOST_CELLS:
        raise InputError(
            f"A sample of {rows:,} rows of {len(dataset.columns):,} columns of {quote(dataset.name)} is too large.",
            why=f"At most {MOST_CELLS:,} cells are held in memory.",
            fix="Draw fewer rows (sample_rows in the plan, --sample-rows on the command line).",
            code="sample_too_large",
        )
    import pyarrow as pa

    from audit.data.columns import plain_column
    from audit.data.profile import profile_table

    progress(0.0, f"Drawing {rows:,} of {dataset.n_rows:,} rows")
    names = list(dataset.names)
    drawn = engine.draw(dataset.source, names, rows=rows, of=dataset.n_rows, seed=plan.seed)
    columns: dict[str, Any] = {}
    for name, column in zip(names, drawn.columns, strict=True):
        plain = plain_column(column)
        columns[name] = pa.nulls(drawn.num_rows, pa.string()) if plain is None else plain
    table = pa.table(columns)
    return replace(dataset, n_rows=table.num_rows, columns=profile_table(table), rows=table, place=None)


def outside(dataset: Dataset, held: Dataset) -> tuple[Dropped, ...]:
    """Say how many rows are outside the sample.

    Parameters
    ----------
    dataset, held : Dataset
        The data, and the rows in memory.

    Returns
    -------
    tuple of Dropped
        Empty where all rows are in memory.
    """
    n = dataset.n_rows - held.n_rows
    return (Dropped(reason=OUTSIDE_SAMPLE, n=n),) if n else ()


def sample_notes(dataset: Dataset, held: Dataset | None) -> tuple[str, ...]:
    """Say that a sample was drawn.

    Parameters
    ----------
    dataset : Dataset
        The data.
    held : Dataset or None
        The rows in memory, if any were needed.

    Returns
    -------
    tuple of str
        One sentence, or none where nothing was left out.
    """
    if held is None or held.n_rows == dataset.n_rows:
        return ()
    return (sampled(held.n_rows, dataset.n_rows),)
