"""What a network does to each group after an epoch, and the curves that this makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from audit.rows.series import Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from audit.models.networks.rows import NetRows

MEASURES: Final = (
    "log_loss",
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "auc",
)
"""What is measured after every epoch, for everybody and for each group."""

FLAT: Final = 0.02
"""Standard deviation of scores below which a network says nearly the same of everybody."""

_FEW: Final = 20
"""Groups with fewer rows than this do not decide when to stop, unless all are so small."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """How a network does on rows that it was not trained on.

    Parameters
    ----------
    loss : float
        Weighted mean of the log-loss.
    losses : ndarray of float64, shape (groups,)
        The same of each group; NaN where nobody counts.
    rows : ndarray of int64, shape (groups,)
        Rows of each group.
    cells : ndarray of float64, shape (groups, 2, 2)
        Weight by group, label and decision.
    areas : ndarray of float64, shape (groups + 1,)
        Area under the ROC curve, of everybody first; NaN where there is only one label.
    spread : float
        Standard deviation of the scores.
    """

    loss: float
    losses: NDArray[np.float64]
    rows: NDArray[np.int64]
    cells: NDArray[np.float64]
    areas: NDArray[np.float64]
    spread: float

    @property
    def collapsed(self) -> bool:
        """Whether everybody or nobody is selected, or nearly the same is said of everybody."""
        selected = self.cells[..., 1].sum()
        return self.spread < FLAT or selected == 0 or selected == self.cells.sum()

    @property
    def worst(self) -> float:
        """Loss of the worst group, among those that are large enough to be judged."""
        enough = self.rows >= _FEW
        return float(np.nanmax(self.losses[enough] if enough.any() else self.losses))

    def rates(self) -> NDArray[np.float64]:
        """Give every measure but the first and the last, of everybody and of each group.

        Returns
        -------
        ndarray of float64, shape (4, groups + 1)
            Accuracy, selection rate, true and false positive rate; NaN where undefined.
        """
        cells = np.concatenate([self.cells.sum(axis=0, keepdims=True), self.cells])
        n, by_label = cells.sum(axis=(1, 2)), cells.sum(axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.stack(
                [
                    (cells[:, 0, 0] + cells[:, 1, 1]) / n,
                    cells[:, :, 1].sum(axis=1) / n,
                    cells[:, 1, 1] / by_label[:, 1],
                    cells[:, 0, 1] / by_label[:, 0],
                ]
            )

    def every(self) -> NDArray[np.float64]:
        """Give all of :data:`MEASURES`, of everybody and of each group.

        Returns
        -------
        ndarray of float64, shape (6, groups + 1)
            NaN where undefined.
        """
        mass = self.cells.sum(axis=(1, 2))
        everybody = np.nansum(self.losses * mass) / mass.sum()
        return np.vstack([np.concatenate([[everybody], self.losses]), self.rates(), self.areas])


def judge(logits: torch.Tensor, rows: NetRows, *, cut: float, areas: bool = True) -> Judged:
    """Measure what log-odds do to each group.

    Parameters
    ----------
    logits : Tensor of float32, shape (n,)
        Log-odds of the positive label.
    rows : NetRows
        The rows they belong to.
    cut : float
        Log-odds from which on the decision is positive.
    areas : bool, default True
        Whether areas under the ROC curve are wanted.

    Returns
    -------
    Judged
        Losses, decisions and areas by group.
    """
    each = cross_entropy(logits, rows.label, reduction="none") * rows.weight
    label = rows.label.numpy().astype(np.int64)
    group, weight, score = rows.group.numpy(), rows.weight.numpy().astype(np.float64), logits.numpy()
    place = group * 4 + label * 2 + (score >= cut)
    cells = np.bincount(place, weights=weight, minlength=4 * rows.groups).astype(np.float64).reshape(-1, 2, 2)
    mass = cells.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        losses = np.bincount(group, weights=each.numpy(), minlength=rows.groups) / mass
    order = np.argsort(score, kind="stable") if areas else np.empty(0, dtype=np.int64)
    return Judged(
        loss=float(each.mean()),
        losses=losses,
        rows=np.bincount(group, minlength=rows.groups),
        cells=cells,
        areas=_areas(score[order], label[order], weight[order], group[order], rows.groups),
        spread=float(np.std(1 / (1 + np.exp(-np.clip(score, -60, 60).astype(np.float64))))),
    )


def _areas(
    score: NDArray[np.float32],
    label: NDArray[np.int64],
    weight: NDArray[np.float64],
    group: NDArray[np.int64],
    groups: int,
) -> NDArray[np.float64]:
    """Give the area under the ROC curve of everybody and of each group, from rows in rising order of score."""
    found = np.full(groups + 1, np.nan)
    if not len(score):
        return found
    found[0] = area(score, label, weight)
    for code in range(groups if groups > 1 else 0):
        mine = group == code
        found[code + 1] = area(score[mine], label[mine], weight[mine])
    if groups == 1:
        found[1] = found[0]
    return found


def area(score: NDArray[np.float32], label: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
    """Give the weighted area under the ROC curve; equal scores count half.

    Parameters
    ----------
    score : ndarray, shape (n,)
        In rising order.
    label : ndarray of int64, shape (n,)
        0 or 1.
    weight : ndarray of float64, shape (n,)
        What each row counts.

    Returns
    -------
    float
        0 to 1; NaN where a label has no weight.
    """
    up, down = weight * label, weight * (1 - label)
    positives, negatives = up.sum(), down.sum()
    if positives <= 0 or negatives <= 0:
        return float("nan")
    starts = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
    tied_up, tied_down = np.add.reduceat(up, starts), np.add.reduceat(down, starts)
    below = np.cumsum(tied_down) - tied_down
    return float((tied_up * (below + 0.5 * tied_down)).sum() / (positives * negatives))


def curves(
    course: Sequence[Judged],
    *,
    groups: tuple[tuple[str, ...], ...],
    picked: int | None,
    title: str,
    id_: str = "training",
) -> Series:
    """Give what was measured after every epoch as curves.

    Parameters
    ----------
    course : sequence of Judged
        One for each epoch.
    groups : tuple of tuple of str
        The groups.
    picked : int or None
        The epoch that was kept, from 1.
    title : str
        What is shown.
    id_ : str, default "training"
        Names the series among those of a trial.

    Returns
    -------
    Series
        Of kind "training".
    """
    table = np.stack([one.every() for one in course], axis=2) if course else np.empty((len(MEASURES), 0, 0))
    return Series(
        id=id_,
        kind="training",
        title=title,
        across="Epoch",
        measures=MEASURES,
        groups=(None, *groups),
        x=tuple(float(k + 1) for k in range(len(course))),
        values=tuple(tuple(_known(line) for line in by_group) for by_group in table),
        picked=None if picked is None else float(picked),
    )


def _known(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else round(float(value), 6) for value in values)
