"""The curve of a sweep or of rounds, as a series for figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from audit.rows.series import Series, SeriesKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.mitigation.minimax.choice import Judge, Standing


def curve(
    judge: Judge,
    standings: Sequence[Standing],
    x: Sequence[float],
    *,
    kind: SeriesKind,
    title: str,
    across: str,
    picked: float | None,
) -> Series:
    """Give the losses of every group and of everybody along a curve.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    standings : sequence of Standing
        One for each place.
    x : sequence of float
        The places.
    kind : {"training", "path"}
        Whether they are rounds, or models of their own.
    title, across : str
        What is shown, and what moves.
    picked : float or None
        The place that was kept.

    Returns
    -------
    Series
        The loss by group, and the error rate beside it.
    """
    groups = [int(g) for g in np.flatnonzero(judge.judged)]
    losses: Callable[[Standing], list[float]] = lambda one: [  # noqa: E731 - two of a kind, side by side
        _everybody(judge, one),
        *(float(one.by_group[g]) for g in groups),
    ]

    def errors(one: Standing) -> list[float]:
        return [
            one.error,
            *(float(one.errors[g]) for g in groups),
        ]

    measures = {judge.loss.measure: losses, "error_rate": errors}
    return Series(
        id=judge.loss.measure,
        kind=kind,
        title=title,
        across=across,
        measures=tuple(measures),
        groups=(None, *(judge.rows.groups[g] for g in groups)),
        x=tuple(float(place) for place in x),
        values=tuple(
            tuple(
                tuple(map(_known, values)) for values in zip(*(read(one) for one in standings), strict=True)
            )
            for read in measures.values()
        ),
        picked=picked,
        rows="train" if judge.source == "train" else "validation",
    )


def _everybody(judge: Judge, one: Standing) -> float:
    """Give everybody's loss in the unit of the groups' losses."""
    if judge.loss.counted is None:
        return one.overall
    counted = (judge.rows.label == judge.loss.counted) * judge.rows.weight
    mass = np.bincount(judge.rows.group, weights=counted, minlength=len(one.by_group))
    return float(np.nansum(mass * np.nan_to_num(one.by_group)) / mass.sum())


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
