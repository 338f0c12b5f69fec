"""What a chapter is computed from, and what a chapter is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.cells import Cells
    from audit.plan import Plan
    from audit.rows import DataRecord, DisparityRow, MetricRow, ModelRecord
    from audit.tables.basis import Basis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Everything that a chapter may look at.

    Parameters
    ----------
    plan, data, model, cells, basis, metrics, disparities, larger
        As in :class:`audit.result.Audit`; disparities have their verdicts.
    groupings : tuple of tuple of str
        Each sensitive column, then their full intersection.
    chapter : callable
        Gives the rows of another chapter by its id.
    """

    plan: Plan
    data: DataRecord
    model: ModelRecord
    cells: Cells
    basis: Basis
    groupings: tuple[tuple[str, ...], ...]
    metrics: tuple[MetricRow, ...]
    disparities: tuple[DisparityRow, ...]
    larger: tuple[DisparityRow, ...]
    chapter: Callable[[str], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One kind of further result.

    Parameters
    ----------
    id : str
        Its name in the JSON, in lower case.
    title : str
        What it tells, in a few words.
    kinds : tuple of type
        The frozen dataclasses its rows are made of; their docstrings describe every field.
    rows : callable
        A pure function from a case to rows; an empty tuple where the case gives no reason for it.
    judged : bool, default False
        Whether it depends on the tolerances, and so is computed again when one moves.
    """

    id: str
    title: str
    kinds: tuple[type, ...]
    rows: Callable[[Case], tuple[Any, ...]]
    judged: bool = False
