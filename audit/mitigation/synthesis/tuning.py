"""What a model does on the validation rows: to look for a strength, and to hold a generator against simpler means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from audit.progress import silent, within
from audit.rows.likeness import RivalRow
from audit.rows.series import Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.repair import Task
    from audit.mitigation.table import TrainingTable, Treated
    from audit.models.baseline import Fitted
    from audit.progress import Progress

STEPS: Final = (0.25, 0.5, 0.75)
"""Shares of the strength that are tried besides none and all of it."""

_DEAREST: Final = 0.01
_COPIES = 0xC0B1


def rates(task: Task, fitted: Fitted, rows: TrainingTable) -> tuple[NDArray[np.float64], float]:
    """Measure what a model decides.

    Parameters
    ----------
    task : Task
        Threshold, and which decision is good for the person.
    fitted : Fitted
        The model.
    rows : TrainingTable
        Rows to decide about.

    Returns
    -------
    tuple of ndarray of float64 of shape (2, groups) and float
        For each group its selection rate, and the share of people with the favourable label who get the favourable
        decision, NaN where nobody can be counted; and the accuracy.
    """
    positive = fitted.score(rows.frame) >= task.threshold
    good = int(task.favourable == "positive")
    found = np.full((2, len(rows.groups)), np.nan)
    for code in range(len(rows.groups)):
        inside = rows.group == code
        found[0, code] = _mean(positive, rows.weight, inside)
        found[1, code] = _mean(positive == good, rows.weight, inside & (rows.label == good))
    return found, _mean(positive == rows.label, rows.weight, np.ones(len(positive), dtype=bool))


def gaps(found: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Give the largest differences between groups.

    Parameters
    ----------
    found : ndarray of float64 of shape (2, groups)
        As :func:`rates` gives them.

    Returns
    -------
    tuple of float or None
        In selection rates and in chances; None with fewer than two groups that can be estimated.
    """
    known = [row[np.isfinite(row)] for row in found]
    first, second = (float(np.ptp(row)) if len(row) >= 2 else None for row in known)
    return first, second


def pick_strength(task: Task, tried: Sequence[tuple[float, Fitted]], *, aim: str) -> int:
    """Pick the strength with the smallest gap that costs little accuracy.

    Parameters
    ----------
    task : Task
        Its tuning rows are measured on.
    tried : sequence of tuple of float and Fitted
        Strengths and models, the first without any made row.
    aim : {"selection", "opportunity"}
        Which gap.

    Returns
    -------
    int
        Place of the one picked; of equal gaps the smaller strength.
    """
    measured = [rates(task, model, task.tuning) for _, model in tried]
    least = measured[0][1] - _DEAREST
    which = 0 if aim == "selection" else 1
    best, smallest = 0, np.inf
    for place, (found, accuracy) in enumerate(measured):
        gap = gaps(found)[which]
        if gap is not None and accuracy >= least and gap < smallest - 1e-12:
            best, smallest = place, gap
    return best


def tuning_series(task: Task, tried: Sequence[tuple[float, Fitted]], *, picked: float) -> Series:
    """Draw up what every strength did on the tuning rows.

    Parameters
    ----------
    task : Task
        Its tuning rows are measured on.
    tried : sequence of tuple of float and Fitted
        Strengths and models.
    picked : float
        The strength that was kept.

    Returns
    -------
    Series
        Selection rates and chances by group, and the accuracy of everybody.
    """
    return path_series(task, tried, picked=picked, id_="strength", title="Strengths tried", across="Strength")


def path_series(
    task: Task,
    tried: Sequence[tuple[float, Fitted]],
    *,
    picked: float,
    id_: str,
    title: str,
    across: str,
) -> Series:
    """Draw up what models over a setting did on the tuning rows.

    Parameters
    ----------
    task : Task
        Its tuning rows are measured on.
    tried : sequence of tuple of float and Fitted
        Values of the setting and models.
    picked : float
        The value that was kept.
    id_, title, across : str
        Names of the series and of the setting.

    Returns
    -------
    Series
        Selection rates and chances by group, and the accuracy of everybody.
    """
    measured = [rates(task, model, task.tuning) for _, model in tried]
    nothing = tuple(None for _ in tried)
    groups = task.tuning.groups

    def by_group(which: int) -> tuple[tuple[float | None, ...], ...]:
        found = [[_or_none(found[which, code]) for found, _ in measured] for code in range(len(groups))]
        return (nothing, *(tuple(row) for row in found))

    chance = "true_positive_rate" if task.favourable == "positive" else "true_negative_rate"
    return Series(
        id=id_,
        kind="path",
        title=title,
        across=across,
        measures=("accuracy", "selection_rate", chance),
        groups=(None, *groups),
        x=tuple(share for share, _ in tried),
        values=(
            (tuple(accuracy for _, accuracy in measured), *(nothing for _ in groups)),
            by_group(0),
            by_group(1),
        ),
        picked=picked,
        rows="train" if task.validation is None else "validation",
    )


def rivals_on(
    task: Task, fitted: Fitted, treated: Treated, *, progress: Progress = silent
) -> tuple[RivalRow, ...]:
    """Hold a model against the same kind of model without made rows, with copies, and with weights.

    Parameters
    ----------
    task : Task
        Its tuning rows are measured on.
    fitted : Fitted
        The model trained with made rows.
    treated : Treated
        Its training rows.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    tuple of RivalRow
        Before, made rows, copies of real rows in place of the made ones, and reweighing (Kamiran and Calders).
    """
    table = task.train
    n = len(table.label)
    made = np.flatnonzero(treated.synthetic)
    cell = table.group.astype(np.int64) * 2 + table.label
    models: dict[Literal["before", "made", "copies", "weights"], Fitted] = {
        "before": task.base,
        "made": fitted,
    }
    if len(made):
        rows = np.concatenate([np.arange(n), _copies(cell, treated, made, seed=task.seed)])
        frame = table.frame.iloc[rows].reset_index(drop=True)
        models["copies"] = task.fit(frame, table.label[rows], treated.weight, within(progress, 0.0, 0.5))
    progress(0.5, "Comparing with copies and weights")
    models["weights"] = task.fit(table.frame, table.label, _reweighed(table), within(progress, 0.5, 1.0))
    found = []
    for name, model in models.items():
        measured, accuracy = rates(task, model, task.tuning)
        selection, chance = gaps(measured)
        found.append(RivalRow(name=name, accuracy=accuracy, selection_gap=selection, opportunity_gap=chance))
    return tuple(found)


def _copies(
    cell: NDArray[np.int64], treated: Treated, made: NDArray[np.int64], *, seed: int
) -> NDArray[np.int64]:
    """Draw a real row of the same cell for every made row, evenly."""
    generator = np.random.default_rng([seed, _COPIES])
    wanted = treated.group[made].astype(np.int64) * 2 + treated.label[made]
    rows = np.empty(len(made), dtype=np.int64)
    for code in np.unique(wanted):
        at, own = np.flatnonzero(wanted == code), np.flatnonzero(cell == code)
        whole, rest = divmod(len(at), len(own))
        rows[at] = np.concatenate([np.tile(own, whole), generator.permutation(own)[:rest]])
    return rows


def _reweighed(table: TrainingTable) -> NDArray[np.float64]:
    """Weigh rows so that group and label are independent."""
    cell = table.group.astype(np.int64) * 2 + table.label
    sums = np.bincount(cell, weights=table.weight, minlength=2 * len(table.groups)).reshape(-1, 2)
    wanted = sums.sum(axis=1, keepdims=True) * sums.sum(axis=0, keepdims=True) / sums.sum()
    factor = np.divide(wanted, sums, out=np.ones_like(sums), where=sums > 0)
    return np.asarray(table.weight * factor.ravel()[cell], dtype=np.float64)


def _mean(values: NDArray[np.bool_], weight: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    total = weight[rows].sum()
    return float(np.average(values[rows], weights=weight[rows])) if total > 0 else float("nan")


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
