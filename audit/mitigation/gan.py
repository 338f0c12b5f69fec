"""GAN augmentation: an adversarially trained network makes the rows that cells of group and label lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pandas as pd

from audit.errors import AuditError, listing
from audit.mitigation.balance import FEW_ROWS, STRENGTH, TARGET, Target, describe_plan, plan_counts
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.synthesis.codec import Codec, fit_codec, take_values
from audit.mitigation.synthesis.quality import compare_with, independent_donors
from audit.mitigation.table import Treated, count_changes, group_name
from audit.progress import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.network import Adversaries, Training
    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

MOST_INPUTS: Final = 4_000
"""Coded inputs above which a network is refused."""

_QUALITY_ROWS = 20_000
_TRAINING_SHARE = 0.9

SPEC = MitigationSpec(
    id="gan",
    title="GAN augmentation",
    stage="pre",
    summary=(
        "Trains two neural networks against each other on the training rows: one makes rows of a given group and "
        "label, the other tries to tell them from real ones. Then makes only the rows that cells of group and label "
        "lack. Real rows stay as they are, and made rows never enter the rows that are tested on."
    ),
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "Each cell that lacks rows has enough real ones to learn from. "
        "The labels and values of the real rows are taken as they are."
    ),
    caution=(
        "Made rows hold no information about people that was not measured, and they smooth over rare combinations. "
        "Compare with resampling, which needs no network. Made rows are drawn from real ones and are not anonymous by "
        "themselves. Making rows by a protected characteristic is a use of that characteristic in training; whether "
        "that is lawful depends on place and purpose, so have it checked."
    ),
    reading=(
        "Pair trends say how well made rows keep the links between two columns: 1 is the same as real, and the value "
        "must be above that of drawing every column by itself. The base rates of the training rows are equal; the "
        "selection rates of the retrained model come closer and are usually not equal. Read the change on the test rows."
    ),
    params=(
        TARGET,
        STRENGTH,
        Param(
            id="epochs",
            title="Epochs",
            kind="int",
            default=40,
            low=1,
            high=200,
            help=(
                "How often the network sees the training rows; of more than 50,000 rows, 50,000 at a time. 25,000 rows "
                "and 40 epochs take about 40 seconds. More epochs make better rows."
            ),
            tuned=False,
        ),
        Param(
            id="min_cell",
            title="Smallest cell to learn from",
            kind="int",
            default=FEW_ROWS,
            low=10,
            high=10_000,
            help="A cell of group and label with fewer real rows is refused instead of being imitated.",
            tuned=False,
        ),
        Param(
            id="seconds",
            title="Time limit in seconds",
            kind="int",
            default=600,
            low=1,
            high=3_600,
            help=(
                "An emergency brake: no new epoch starts after this time. A training that was stopped cannot be "
                "repeated exactly; use fewer epochs instead."
            ),
            tuned=False,
        ),
    ),
    references=(
        (
            "Goodfellow, I. et al. (2014). Generative adversarial nets. Advances in Neural Information Processing "
            "Systems 27. arXiv:1406.2661"
        ),
        "Mirza, M. and Osindero, S. (2014). Conditional generative adversarial nets. arXiv:1411.1784",
        (
            "Mescheder, L., Geiger, A. and Nowozin, S. (2018). Which training methods for GANs do actually converge? "
            "International Conference on Machine Learning. arXiv:1801.04406"
        ),
        (
            "Xu, L., Skoularidou, M., Cuesta-Infante, A. and Veeramachaneni, K. (2019). Modeling tabular data using "
            "conditional GAN. Advances in Neural Information Processing Systems 32. arXiv:1907.00503"
        ),
        (
            "Engelmann, J. and Lessmann, S. (2021). Conditional Wasserstein GAN-based oversampling of tabular data for "
            "imbalanced learning. Expert Systems with Applications 174, 114582. doi:10.1016/j.eswa.2021.114582"
        ),
    ),
    slow=True,
)


class GanAugmentation(PreProcessing):
    """Make the rows that cells of group and label lack with a conditional adversarial network.

    Parameters
    ----------
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing rows that is made, from 0 to 1.
    epochs : int, default 40
        How often the network sees the training rows, 1 to 200.
    min_cell : int, default 50
        Fewest real rows of a cell that is to be imitated.
    seconds : int, default 600
        Time limit of the training; an emergency brake.

    Notes
    -----
    Same table, settings and seed give the same rows, unless the time limit stops the training: the number of epochs
    done then depends on the machine, a note says so, and ``quality["epochs_done"]`` gives it.
    """

    spec = SPEC

    def __init__(
        self,
        target: str = "base_rate",
        strength: float = 1.0,
        epochs: int = 40,
        min_cell: int = FEW_ROWS,
        seconds: int = 600,
    ) -> None:
        self.target = target
        self.strength = strength
        self.epochs = epochs
        self.min_cell = min_cell
        self.seconds = seconds

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Train the networks and add the rows that cells lack.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done and the loss; may raise to stop.

        Returns
        -------
        Treated
            The real rows followed by the made ones, cell by cell, with the quality of the made rows.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        AuditError
            Where a cell that lacks rows is too small to learn from ("gan_small_cells"), or the table is too wide
            ("gan_too_wide").
        """
        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Planning cells")
        before = table.counts()
        after = plan_counts(
            before,
            strategy="oversample",
            target=cast("Target", settings["target"]),
            strength=float(settings["strength"]),
        )
        _refuse_small_cells(table, before, after, smallest=int(settings["min_cell"]))
        cells = count_changes(table.groups, before, after)
        made_cell = np.repeat(np.arange(before.size), (after - before).ravel())
        made = (
            _make(table, made_cell, settings, seed=seed, progress=progress)
            if len(made_cell)
            else _Made(
                rows=table.frame.iloc[:0],
                notes=(
                    "Under this plan no cell that holds rows lacks any: none were made and no network was trained.",
                ),
                quality={},
            )
        )
        progress(1.0, "Rows are made")
        return Treated(
            frame=pd.concat([table.frame, made.rows], ignore_index=True),
            label=np.concatenate([table.label, (made_cell % 2).astype(table.label.dtype)]),
            group=np.concatenate([table.group, (made_cell // 2).astype(table.group.dtype)]),
            weight=np.concatenate([table.weight, _mean_weights(table)[made_cell]]),
            synthetic=np.arange(len(table.label) + len(made_cell)) >= len(table.label),
            cells=cells,
            notes=(*made.notes, *describe_plan(table.groups, before, after)),
            quality=made.quality,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Made:
    rows: pd.DataFrame
    notes: tuple[str, ...]
    quality: Mapping[str, float]


def _refuse_small_cells(
    table: TrainingTable, before: NDArray[np.int64], after: NDArray[np.int64], *, smallest: int
) -> None:
    """Refuse to imitate people of whom there are too few."""
    small = np.argwhere((after > before) & (before < smallest)).tolist()
    if not small:
        return
    named = [
        f"{group_name(table.groups[code])} with label {label}: {int(before[code, label])} rows, "
        f"{smallest - int(before[code, label])} more needed"
        for code, label in small
    ]
    raise AuditError(
        f"The network cannot learn from cells of fewer than {smallest} training rows: {'; '.join(named[:12])}"
        f"{f'; and {len(named) - 12} more' if len(named) > 12 else ''}.",
        why="From so few people it would learn single persons by heart, or nothing.",
        fix="Collect more rows, merge small groups, or use resampling.",
        code="gan_small_cells",
    )


def _make(
    table: TrainingTable,
    made_cell: NDArray[np.int64],
    settings: Mapping[str, bool | int | float | str],
    *,
    seed: int,
    progress: Progress,
) -> _Made:
    """Train the networks, make the rows and measure how good they are."""
    codec = fit_codec(table.frame, skip=table.fixed)
    if codec.width > MOST_INPUTS:
        raise AuditError(
            f"The features need {codec.width:,} inputs of a network; at most {MOST_INPUTS:,} are trained.",
            why="Every level of a feature takes one input.",
            fix="Choose fewer features, or leave out those with many levels, or use resampling.",
            code="gan_too_wide",
        )
    generator = np.random.default_rng(seed)
    cell = table.group.astype(np.int64) * 2 + table.label
    # One real row of the same cell serves for every column that is constant or goes with the group.
    template = independent_donors(cell, made_cell, 1, generator=generator)
    fixed = [place for place, name in enumerate(table.frame.columns) if name in table.fixed]
    if codec.width == 0:
        donors = np.repeat(template, codec.n_columns, axis=1)
        note = "No feature varies, so the rows made are copies and no network was trained."
        return _Made(rows=take_values(table.frame, donors), notes=(note,), quality={})
    donors, mixture, training = _imitate(
        codec, cell, made_cell, settings, seed=seed, generator=generator, progress=progress
    )
    donors[:, fixed] = template
    progress(_TRAINING_SHARE, "Comparing made rows with real ones")
    quality = _quality(
        table.frame,
        codec,
        cell,
        made_cell=made_cell,
        donors=donors,
        mixture=mixture,
        generator=generator,
    )
    return _Made(
        rows=take_values(table.frame, donors),
        notes=_notes(table, codec, training, quality, epochs=int(settings["epochs"])),
        quality={**quality, "epochs_done": float(training.epochs)},
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Mixture:
    """Made rows with the mixture of cells of the real ones, only to be compared with them."""

    cell: NDArray[np.int64]
    donors: NDArray[np.int64]


def _imitate(
    codec: Codec,
    cell: NDArray[np.int64],
    made_cell: NDArray[np.int64],
    settings: Mapping[str, bool | int | float | str],
    *,
    seed: int,
    generator: np.random.Generator,
    progress: Progress,
) -> tuple[NDArray[np.int64], _Mixture, Training]:
    """Train the networks and make the rows wanted, and as many with the mixture of cells of the real rows."""
    from audit.mitigation.synthesis.network import Adversaries, one_thread

    with one_thread():
        networks: Adversaries = Adversaries(codec, cell, int(cell.max()) + 1, seed=seed)
        training = networks.train(
            epochs=int(settings["epochs"]),
            seconds=float(settings["seconds"]),
            progress=within(progress, 0.0, _TRAINING_SHARE),
        )
        donors = codec.decode(*networks.sample(made_cell), generator=generator)
        mixed = generator.permutation(cell)[:_QUALITY_ROWS]
        mixture = codec.decode(*networks.sample(mixed), generator=generator)
    return donors, _Mixture(cell=mixed, donors=mixture), training


def _quality(
    frame: pd.DataFrame,
    codec: Codec,
    cell: NDArray[np.int64],
    *,
    made_cell: NDArray[np.int64],
    donors: NDArray[np.int64],
    mixture: _Mixture,
    generator: np.random.Generator,
) -> dict[str, float]:
    """Measure made rows against real ones, and rows made by drawing every column by itself likewise."""
    likeness = compare_with(frame, codec.columns)
    alone = independent_donors(cell, mixture.cell, codec.n_columns, generator=generator)
    alone_added = independent_donors(cell, made_cell, codec.n_columns, generator=generator)
    even = np.ones(len(cell))
    # Real rows count so that their cells have the shares of the rows added.
    sizes = np.bincount(cell)
    like_added = (np.bincount(made_cell, minlength=len(sizes)) / np.maximum(sizes, 1))[cell]
    return {
        "pair_trends": likeness.pair_trends(mixture.donors, even),
        "independent_pair_trends": likeness.pair_trends(alone, even),
        "marginals": likeness.marginals(mixture.donors, even),
        "added_pair_trends": likeness.pair_trends(donors, like_added),
        "added_independent_pair_trends": likeness.pair_trends(alone_added, like_added),
        "copies": likeness.copies(donors),
        "real_repeats": likeness.repeats(),
    }


def _mean_weights(table: TrainingTable) -> NDArray[np.float64]:
    """Give the mean row weight of each cell: what a made row of it counts."""
    cell = table.group.astype(np.int64) * 2 + table.label
    counts = table.counts().ravel()
    sums = np.bincount(cell, weights=table.weight, minlength=len(counts))
    return np.asarray(sums / np.maximum(counts, 1), dtype=np.float64)


def _notes(
    table: TrainingTable, codec: Codec, training: Training, quality: Mapping[str, float], *, epochs: int
) -> tuple[str, ...]:
    """Say what a reader must know about this training."""
    notes = []
    if training.stopped:
        notes.append(
            f"The time limit stopped the training after {training.epochs} of {epochs} epochs: another run can give "
            "other rows. Choose fewer epochs to repeat it exactly."
        )
    if quality["pair_trends"] <= quality["independent_pair_trends"]:
        notes.append(
            "The made rows keep the links between columns no better than drawing every column by itself: use more "
            "epochs, or resampling instead."
        )
    if codec.folded:
        names = listing(str(table.frame.columns[place]) for place in codec.folded)
        notes.append(f"Rare levels were imitated together, and then drawn from the real ones: {names}.")
    if np.ptp(table.weight) > 0:
        notes.append(
            "Balance is counted in rows; a made row has the mean weight of the real rows of its cell."
        )
    return tuple(notes)
