"""The conditional adversarial network as a generator of rows: coding, training, calibration and choice in one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from audit.errors import AuditError
from audit.mitigation.synthesis.calibration import Calibration, CellShares, count_shares, level_offsets
from audit.mitigation.synthesis.codec import Codec, fit_codec
from audit.mitigation.synthesis.judge import LEARNED, POOL, Judge, features_of, fit_judge
from audit.mitigation.synthesis.protocol import Generator, Lesson, named, part_of
from audit.progress import silent, within
from audit.rows.series import Series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.contest import Contest, History
    from audit.mitigation.synthesis.network import Coder, Maker
    from audit.mitigation.synthesis.protocol import State
    from audit.mitigation.synthesis.steering import Steered
    from audit.progress import Progress

MOST_INPUTS: Final = 4_000
"""Coded inputs above which a network is refused."""

_AT_ONCE: Final = 4096
_CALIBRATED_ON: Final = 4096
_TRAINING: Final = 0.85
_TRAINING_STEERED: Final = 0.5


class ConditionalGan(Generator):
    """Make rows of given cells with an adversarially trained network.

    Parameters
    ----------
    epochs : int
        How often the rows are seen at most.
    seconds : float
        Time limit of the training.
    folder : pathlib.Path or None
        Where an unfinished training is kept, so that it can go on.
    steering : {"off", "selection", "opportunity"}, default "off"
        Whether a second phase trains the network towards a smaller gap, and which.
    favourable : int, default 1
        Which label is good for the person.
    """

    id: ClassVar[str] = "gan"

    def __init__(
        self,
        *,
        epochs: int = 36,
        seconds: float = 600.0,
        folder: Path | None = None,
        steering: str = "off",
        favourable: int = 1,
    ) -> None:
        self.epochs = epochs
        self.seconds = seconds
        self.folder = folder
        self.steering = steering
        self.favourable = favourable
        self._steered: Steered | None = None
        self._codec: Codec
        self._cells = 0
        self._shares: CellShares
        self._maker: Maker
        self._reference: Maker
        self._judge: Judge | None = None
        self._history: History

    def fit(self, lesson: Lesson, *, seed: int, progress: Progress = silent) -> None:
        """Train the networks, then learn which of the rows they make are too common.

        Parameters
        ----------
        lesson : Lesson
            The rows; those aside are what the early stop is decided on.
        seed : int
            Where every random draw starts.
        progress : callable
            Told the share done and the losses; may raise to stop.

        Raises
        ------
        AuditError
            Where the columns need too many inputs ("gan_too_wide").
        """
        from audit.mitigation.synthesis.contest import Contest
        from audit.mitigation.synthesis.network import best_device, one_thread
        from audit.mitigation.synthesis.shelf import Shelf, key_of

        self._codec = fit_codec(lesson.values, lesson.codes, columns=lesson.columns)
        _refuse_wide(self._codec)
        self._cells = lesson.cells
        key = key_of(lesson.codes, lesson.cell, lesson.aside, lesson.columns, self.epochs, seed)
        learned = _TRAINING if self.steering == "off" else _TRAINING_STEERED
        with one_thread():
            contest = Contest(
                self._codec,
                lesson.codes,
                lesson.cell,
                lesson.aside,
                cells=lesson.cells,
                seed=seed,
                device=best_device(),
            )
            self._history = contest.train(
                epochs=self.epochs,
                seconds=self.seconds,
                shelf=Shelf(key, self.folder) if self.folder else None,
                progress=within(progress, 0.0, learned),
            )
            network = contest.mean
            if self.steering != "off":
                network = self._steer(
                    lesson, contest, seed=seed, progress=within(progress, learned, _TRAINING)
                )
            self._learn_choice(lesson, network, seed=seed, progress=within(progress, _TRAINING, 1.0))
            if self._steered is not None and self._steered.weight:
                self._maker = self._steered.maker.to("cpu").eval()

    def _steer(self, lesson: Lesson, contest: Contest, *, seed: int, progress: Progress) -> Maker:
        """Train on towards a smaller gap; give the network from which the shares of columns are to be learned."""
        from audit.mitigation.synthesis.steering import steer

        self._steered = steer(
            contest,
            lesson.groups,
            aim="selection" if self.steering == "selection" else "opportunity",
            favourable=self.favourable,
            epochs=max(2, self.epochs // 5),
            seed=seed,
            progress=progress,
        )
        # What is put right afterwards must be the faults of the network, not what it was steered to.
        return self._steered.control if self._steered.weight else contest.mean

    def _learn_choice(self, lesson: Lesson, network: Maker, *, seed: int, progress: Progress) -> None:
        """Take over a trained network; learn the shares of columns and which made rows are too common."""
        codes, cell = lesson.learned
        self._maker = self._reference = copy.deepcopy(network).to("cpu").eval()
        self._judge = None
        low, high = self._codec.bounds(codes)
        coder = self._coder(seed)
        scores = coder.scores(*_tensors(low, high - low)).numpy()
        self._shares = count_shares(
            scores, high - low < 1, self._codec.marks(codes), coder.widths, cell, cells=self._cells
        )
        progress(0.2, "Learning which made rows are too common")
        repeated = np.tile(cell, LEARNED)
        made = self._raw(repeated, seed=seed + 1, progress=within(progress, 0.2, 0.6))
        progress(0.6, "Learning which made rows are too common")
        self._judge = fit_judge(self._codec, codes, cell, made, repeated, cells=self._cells, seed=seed)
        progress(1.0, "Ready to make rows")

    def sample(self, cell: NDArray[np.int64], *, seed: int, progress: Progress = silent) -> NDArray[np.int64]:
        """Make twelve times as many rows as are wanted and draw those that look most like real ones.

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
            Numbered values.
        """
        from audit.mitigation.synthesis.network import one_thread

        with one_thread():
            if self._judge is None or not len(cell):
                return self._raw(cell, seed=seed, progress=progress)
            generator = np.random.default_rng([seed, POOL])
            made = np.empty((len(cell), self._codec.n_columns), dtype=np.int64)
            codes = np.unique(cell).tolist()
            for step, code in enumerate(codes):  # a cell at a time, so that little memory is needed
                rows = np.flatnonzero(cell == code)
                pool = np.full(len(rows) * POOL, code)
                part = within(progress, step / len(codes), (step + 1) / len(codes))
                found = self._raw(pool, seed=seed + code, progress=part)
                wanted = np.bincount([code], minlength=self._cells) * len(rows)
                kept = self._judge.choose(
                    features_of(self._codec, found),
                    pool,
                    wanted,
                    rake=self._reference is self._maker,
                    generator=generator,
                )
                made[rows] = found[kept]
        return made

    def _raw(self, cell: NDArray[np.int64], *, seed: int, progress: Progress) -> NDArray[np.int64]:
        """Make rows with calibrated columns, all of which are kept."""
        coder = self._coder(seed)
        generator = np.random.default_rng(seed)
        made = np.zeros((len(cell), self._codec.n_columns), dtype=np.int64)
        done = 0
        for code in np.unique(cell).tolist():
            calibration = self._calibration(coder, code)
            chosen = np.flatnonzero(cell == code)
            for rows in np.split(chosen, range(_AT_ONCE, len(chosen), _AT_ONCE)):
                progress(done / len(cell), "Making rows")
                numbers, drawn = self._draw(self._maker, coder, code, len(rows))
                levels = calibration.levels(drawn) if drawn else np.empty((len(rows), 0), dtype=np.int64)
                made[rows] = self._codec.decode(calibration.scores(numbers), levels, generator=generator)
                done += len(rows)
        return made

    def _coder(self, seed: int) -> Coder:
        import torch

        from audit.mitigation.synthesis.network import Coder

        return Coder(self._codec, self._cells, seed=seed, device=torch.device("cpu"))

    def _draw(
        self, maker: Maker, coder: Coder, code: int, rows: int
    ) -> tuple[NDArray[np.floating[Any]], list[NDArray[np.floating[Any]]]]:
        """Let the network make rows of one cell: numbers, and logits with noise."""
        import torch

        with torch.no_grad():
            condition = coder.one_hot(torch.full((rows,), code))
            numbers, *drawn = coder.perturbed(maker(coder.noise(rows), condition))
            return numbers.numpy(), [part.numpy() for part in drawn]

    def _calibration(self, coder: Coder, code: int) -> Calibration:
        """Compare what the network makes of one cell with the cell's real rows, a column at a time."""
        numbers, drawn = self._draw(self._reference, coder, code, _CALIBRATED_ON)
        return Calibration(
            made=tuple(np.sort(numbers, axis=0).T),
            real=self._shares.quantiles[code],
            offsets=tuple(
                level_offsets(part, share)
                for part, share in zip(drawn, self._shares.levels_of(code), strict=True)
            ),
        )

    @property
    def series(self) -> tuple[Series, ...]:
        """The losses of both networks and the two-sample test, by epoch."""
        seen = self._history
        if not seen.epochs:
            return ()
        tests = dict(seen.tests)
        steered = () if self._steered is None else (self._steered.series,)
        return (
            Series(
                id="contest",
                kind="training",
                title="Training of the two networks",
                across="Epoch",
                measures=("generator_loss", "critic_loss", "two_sample"),
                groups=(None,),
                x=tuple(float(epoch) for epoch in range(1, seen.epochs + 1)),
                values=(
                    (seen.maker,),
                    (seen.critic,),
                    (tuple(tests.get(epoch) for epoch in range(1, seen.epochs + 1)),),
                ),
                picked=float(seen.best or seen.epochs),
                rows="train",
            ),
            *steered,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Where and why the training ended, where that is not what was asked; and what the second phase did."""
        return (*self._ended(), *self._turned())

    def _turned(self) -> tuple[str, ...]:
        found = self._steered
        if found is None:
            return ()
        if not found.weight:
            return (
                (
                    "The second phase found no weight of the gap that made it smaller without making rows easier to "
                    "tell from real ones; the network of the first phase is used."
                ),
            )
        return (
            (
                f"The second phase made the gap in what a model decides about made rows smaller, from {found.before:.3f} "
                f"to {found.gap:.3f}, with weight {found.weight:g}. These rows are meant to differ from real ones."
            ),
        )

    def _ended(self) -> tuple[str, ...]:
        seen = self._history
        if seen.ended == "time":
            return (
                (
                    f"The time limit stopped the training after {seen.epochs} of {self.epochs} epochs: another run can "
                    "give other rows. Choose fewer epochs to repeat it exactly."
                ),
            )
        if seen.ended == "even":
            return (
                (
                    f"The training ended after {seen.epochs} of {self.epochs} epochs, because a classifier could no longer "
                    "tell made rows from real ones that were set aside."
                ),
            )
        if seen.ended == "patience":
            return (
                (
                    f"The training ended after {seen.epochs} of {self.epochs} epochs: rows came no closer to real ones that "
                    f"were set aside. The network of epoch {seen.best} is used."
                ),
            )
        return ()

    @property
    def measured(self) -> Mapping[str, float]:
        """Epochs done."""
        return {"epochs_done": float(self._history.epochs)}

    @property
    def folded(self) -> tuple[int, ...]:
        """Columns of which rare levels were imitated together."""
        return self._codec.folded

    def state(self) -> State:
        """Give weights, coding, shares and judge.

        Returns
        -------
        tuple of dict and dict
            Arrays by name, and plain values.
        """
        from audit.mitigation.synthesis.network import arrays_of

        coded, info = self._codec.state()
        arrays = {
            **named(arrays_of(self._maker, "maker"), "network"),
            **(
                {}
                if self._reference is self._maker
                else named(arrays_of(self._reference, "maker"), "reference")
            ),
            **named(coded, "codec"),
            **named(self._shares.state(), "shares"),
            **(named(self._judge.state(), "judge") if self._judge else {}),
        }
        return arrays, {"cells": self._cells, "epochs": self._history.epochs, "codec": info}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> ConditionalGan:
        """Read what :meth:`state` gave.

        Parameters
        ----------
        arrays, info : mapping
            Arrays by name, and plain values.

        Returns
        -------
        ConditionalGan
            It makes the same rows from the same seed.
        """
        from audit.mitigation.synthesis.contest import History
        from audit.mitigation.synthesis.network import Maker, load_arrays

        found = cls(epochs=int(info["epochs"]))
        found._codec = Codec.restore(part_of(arrays, "codec"), info["codec"])
        found._cells = int(info["cells"])
        found._shares = CellShares.restore(part_of(arrays, "shares"))
        widths = tuple(part.width for part in found._codec.levels)
        found._maker = Maker(found._cells, len(found._codec.numeric), widths).requires_grad_(
            requires_grad=False
        )
        load_arrays(found._maker, part_of(arrays, "network"), "maker")
        found._maker.eval()
        found._reference = found._maker
        first = part_of(arrays, "reference")
        if first:
            found._reference = copy.deepcopy(found._maker)
            load_arrays(found._reference, first, "maker")
        judged = part_of(arrays, "judge")
        found._judge = Judge.restore(judged) if judged else None
        found._history = History()
        return found


def _tensors(*arrays: NDArray[Any]) -> tuple[Any, ...]:
    import torch

    return tuple(torch.from_numpy(array) for array in arrays)


def _refuse_wide(codec: Codec) -> None:
    if codec.width > MOST_INPUTS:
        raise AuditError(
            f"The features need {codec.width:,} inputs of a network; at most {MOST_INPUTS:,} are trained.",
            why="Every level of a feature takes one input.",
            fix="Choose fewer features, or leave out those with many levels, or use another generator.",
            code="gan_too_wide",
        )
