"""What happened on the way to a repaired model: curves by epoch, and curves of a trade-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

SeriesKind = Literal["training", "path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measures of every group over something that moves: epochs of a training, or a setting that was swept.

    Parameters
    ----------
    id : str
        Names it among the series of a trial.
    kind : {"training", "path"}
        Curves over the epochs of a training, or over a setting, where every point is a model of its own.
    title : str
        What it shows, for a reader.
    across : str
        What moves, such as "Epoch" or "Weight of everybody's loss (ρ)".
    measures : tuple of str
        Ids of what was measured, such as "loss" or "selection_rate".
    groups : tuple of (tuple of str or None)
        The groups; None stands for everybody.
    x : tuple of float
        The places on the axis, rising for epochs.
    values : tuple of tuple of tuple of (float or None)
        For each measure, for each group, the value at each place; None where it cannot be estimated.
    picked : float or None
        The place that was kept.
    rows : str, default "validation"
        On which rows it was measured: "train", "validation" or "both".
    """

    id: str
    kind: SeriesKind
    title: str
    across: str
    measures: tuple[str, ...]
    groups: tuple[tuple[str, ...] | None, ...]
    x: tuple[float, ...]
    values: tuple[tuple[tuple[float | None, ...], ...], ...]
    picked: float | None = None
    rows: str = "validation"

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Series:
        """Read a series from plain values.

        Parameters
        ----------
        raw : mapping
            Field names and values, as JSON holds them.

        Returns
        -------
        Series
            The series.
        """
        return cls(
            **{
                **raw,
                "measures": tuple(raw["measures"]),
                "groups": tuple(None if group is None else tuple(group) for group in raw["groups"]),
                "x": tuple(raw["x"]),
                "values": tuple(tuple(tuple(values) for values in by_group) for by_group in raw["values"]),
            }
        )
