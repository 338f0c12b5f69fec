"""From a task to rows for a network, and from a trained network to an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from audit.mitigation.repair import by_threshold
from audit.models.baseline import Fitted, training_target
from audit.models.features import build_encoder
from audit.models.network import PLAIN, Net, as_network
from audit.models.networks.judged import curves
from audit.models.networks.rows import NetRows, inputs, keep_aside, one_thread
from audit.models.networks.trainer import Course, Watch, train
from audit.progress import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.repair import Repaired, Task
    from audit.mitigation.table import TrainingTable
    from audit.models.features import Encoder
    from audit.models.networks.judged import Judged
    from audit.models.networks.recipe import Recipe
    from audit.models.networks.trainer import Objective
    from audit.progress import Progress
    from audit.rows.series import Series

_ALMOST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """What a network learns from and is judged by.

    Parameters
    ----------
    rows : NetRows
        The training rows that count.
    held : NetRows
        The validation rows that count; where there are none a tenth of the training rows, where that is too few all.
    encoder : Encoder
        How columns become numbers.
    groups : tuple of tuple of str
        The groups.
    cut : float
        Log-odds from which on the decision is positive.
    threshold : float
        The same as a score.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    seed : int
        Where every random draw starts.
    judges : {"validation", "aside", "train"}
        Whether the rows to judge by are validation rows, a tenth of the training rows, or the training rows themselves.
    """

    rows: NetRows
    held: NetRows
    encoder: Encoder
    groups: tuple[tuple[str, ...], ...]
    cut: float
    threshold: float
    favourable: str
    seed: int
    judges: str

    @property
    def widths(self) -> NDArray[np.int64]:
        """Levels of each column of texts."""
        return np.array([column.width for column in self.encoder.texts], dtype=np.int64)

    @property
    def good(self) -> int:
        """The label of those to whom the decision that is good for the person is due."""
        return 1 if self.favourable == "positive" else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """A network after its training.

    Parameters
    ----------
    net : Net
        The network of the epoch that was kept.
    course : Course
        What happened.
    series : Series
        The same as curves.
    """

    net: Net
    course: Course
    series: Series


def lesson(task: Task) -> Lesson:
    """Make the rows of a task ready for a network.

    Parameters
    ----------
    task : Task
        The rows and the model.

    Returns
    -------
    Lesson
        Rows of weight 0 are left out; weights have a mean of 1.

    Raises
    ------
    ModelError
        Where the rows that count have one label only, or no column can be a feature.
    """
    encoder = task.base.encoder or build_encoder(task.train.frame)
    rows = _rows(encoder, task.train)
    training_target(rows.label.numpy().astype(int), None, n_rows=len(rows))  # refuses a single label
    held = None if task.validation is None else _rows(encoder, task.validation)
    judges = "validation"
    if held is None or not len(held):
        aside = keep_aside((rows.group * 2 + rows.label.long()).numpy(), task.seed)
        judges = "aside" if aside.any() else "train"
        rows, held = rows.take(~aside), rows.take(aside) if aside.any() else rows
    inside = min(max(task.threshold, _ALMOST), 1 - _ALMOST)
    return Lesson(
        rows=rows,
        held=held,
        encoder=encoder,
        groups=task.train.groups,
        cut=math.log(inside / (1 - inside)),
        threshold=task.threshold,
        favourable=task.favourable,
        seed=task.seed,
        judges=judges,
    )


def _rows(encoder: Encoder, table: TrainingTable) -> NetRows:
    widths = np.array([column.width for column in encoder.texts], dtype=np.int64)
    numbers, codes = inputs(encoder.standard(table.frame), encoder.codes(table.frame), widths)
    counted = table.weight > 0
    weight = table.weight / (table.weight[counted].mean() if counted.any() else 1.0)
    every = NetRows(
        numbers=numbers,
        codes=codes,
        label=torch.from_numpy(table.label.astype(np.float32)),
        weight=torch.from_numpy(weight.astype(np.float32)),
        group=torch.from_numpy(table.group.astype(np.int64)),
        groups=len(table.groups),
    )
    return every if counted.all() else every.take(counted)


def learn(
    taught: Lesson,
    recipe: Recipe,
    objective: Objective,
    *,
    progress: Progress,
    title: str = "What happened while the network was trained",
    message: str = "Training the network",
) -> Learned:
    """Train a network for an objective, from the same first weights for the same seed.

    Parameters
    ----------
    taught : Lesson
        The rows.
    recipe : Recipe
        How it is trained.
    objective : Objective
        What is made small.
    progress : callable
        Told the share done; may raise to stop.
    title : str
        What the curves show.
    message : str
        What is being done.

    Returns
    -------
    Learned
        The network and its course.
    """
    show = shown(progress)

    def grown(course: list[Judged]) -> None:
        if show is not None:
            show(curves(course, groups=taught.groups, picked=None, title=title))

    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(taught.seed)
        net = Net(taught.rows.numbers.shape[1], int(taught.widths.sum()), recipe.hidden, recipe.dropout)
        watch = Watch(progress=progress, message=message, cut=taught.cut, show=grown)
        course = train(net, taught.rows, taught.held, recipe, objective, seed=taught.seed, watch=watch)
    series = curves(
        course.judged,
        groups=taught.groups,
        picked=course.kept,
        title=title,
    )
    return Learned(net=net.eval(), course=course, series=series)


def answer(
    taught: Lesson,
    learned: Learned,
    *,
    title: str,
    notes: tuple[str, ...] = (),
    measured: Mapping[str, float] | None = None,
    series: tuple[Series, ...] = (),
) -> Repaired:
    """Give a trained network as the answer of a mitigation.

    Parameters
    ----------
    taught : Lesson
        The rows.
    learned : Learned
        The network.
    title : str
        What the model is called.
    notes : tuple of str, default ()
        What else a reader must know.
    measured : mapping of str to float or None
        What else was measured.
    series : tuple of Series, default ()
        Curves beside those of the training.

    Returns
    -------
    Repaired
        It decides by the threshold that the model had.
    """
    network = as_network(learned.net, taught.widths, (f"Trained for {learned.course.kept} epochs.",))
    encoder = taught.encoder
    fitted = Fitted(
        title=title,
        features=encoder.features,
        notes=(*encoder.notes, *network.notes),
        predict=lambda frame: network.score(encoder.standard(frame), encoder.codes(frame)),
        encoder=encoder,
        estimator=network,
    )
    return replace(
        by_threshold(fitted, taught.threshold),
        notes=(*_said(taught, learned), *notes),
        measured=dict(measured or {}),
        series=(learned.series, *series),
    )


def _said(taught: Lesson, learned: Learned) -> tuple[str, ...]:
    """Say which epoch was kept, by which rows that was decided, and whether the network says anything at all."""
    course, rows = learned.course, f"{len(taught.held):,} {_JUDGES[taught.judges]}"
    kept = f"The network of epoch {course.kept} of {len(course.judged)} was kept, judged by {rows}."
    if course.averaged is not None:
        kept = (
            f"Trained for {course.kept} epochs; the weights of the last ones were averaged. Curves: {rows}."
        )
    said = [kept]
    if taught.judges != "validation":
        said.append(f"There are no validation rows. {_INSTEAD[taught.judges]}")
    final = course.final
    if final is not None and final.collapsed:
        said.append(COLLAPSED)
    return tuple(said)


_JUDGES: Final = {"validation": "validation rows", "aside": "rows kept aside", "train": "training rows"}
_INSTEAD: Final = {
    "aside": "A tenth of the training rows was kept aside to stop and to choose by.",
    "train": "There are too few training rows to keep some aside: what was chosen was chosen on the rows learned from.",
}

COLLAPSED: Final = (
    "The network has collapsed: it selects everybody or nobody, or says nearly the same of everybody. Gaps are small "
    "then because nothing is decided. Choose a weaker setting."
)
"""The note for a network that no longer tells people apart."""

__all__ = ["COLLAPSED", "PLAIN", "Learned", "Lesson", "answer", "learn", "lesson"]
