"""Two networks in competition: one makes rows of a cell, the other tells them from real ones.

This module imports torch; import it only where a network is trained.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audit.mitigation.synthesis.calibration import Calibration, level_offsets
from audit.mitigation.synthesis.codec import SCORE_SCALE
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.codec import Codec
    from audit.progress import Progress

HIDDEN: Final = 128
NOISE: Final = 64
TEMPERATURE: Final = 0.2
BATCH: Final = 500
RATE: Final = 2e-3
BETAS: Final = (0.5, 0.9)
PENALTY: Final = 0.3
PENALTY_EVERY: Final = 4
KEEP: Final = 0.995

_SMALLEST_BATCH = 50
_STEPS_PER_EPOCH = 20
_MOST_STEPS = 100
_REPORT_SECONDS = 0.25
_CALIBRATION_BATCHES = 20
_SAMPLE_ROWS = 4096
_TINY = 1e-6
_SMALLEST = 1e-20


class Generator(nn.Module):
    """Make coded rows from noise and a cell; every layer also sees what the layers before it saw."""

    def __init__(self, cells: int, numeric: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        start = NOISE + cells
        self.first = nn.Linear(start, HIDDEN)
        self.first_norm = nn.BatchNorm1d(HIDDEN)
        self.second = nn.Linear(start + HIDDEN, HIDDEN)
        self.second_norm = nn.BatchNorm1d(HIDDEN)
        self.last = nn.Linear(start + 2 * HIDDEN, numeric + sum(widths))

    def forward(self, noise: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Give the numbers, followed by the logits of each column of levels."""
        seen = torch.cat([noise, cell], dim=1)
        seen = torch.cat([functional.relu(self.first_norm(self.first(seen))), seen], dim=1)
        seen = torch.cat([functional.relu(self.second_norm(self.second(seen))), seen], dim=1)
        out: torch.Tensor = self.last(seen)
        return out


class Critic(nn.Module):
    """Say how real a coded row of a cell looks."""

    def __init__(self, cells: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width + cells, HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, 1),
        )

    def forward(self, row: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Give a logit per row; the larger, the more real."""
        out: torch.Tensor = self.layers(torch.cat([row, cell], dim=1))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a training went.

    Parameters
    ----------
    epochs : int
        Epochs done.
    steps : int
        Batches seen.
    stopped : bool
        Whether the time limit ended it early.
    loss : float
        The generator's mean loss in the last epoch; 0.693 where the critic cannot tell rows apart.
    """

    epochs: int
    steps: int
    stopped: bool
    loss: float


class Adversaries:
    """A generator and a critic of one coded table.

    Parameters
    ----------
    codec : Codec
        How the table is coded.
    cell : ndarray of int of shape (n,)
        The cell of each row.
    cells : int
        Number of cells.
    seed : int
        Where every random draw starts.

    Notes
    -----
    Non-saturating loss; the critic's gradient on real rows is penalised every few batches. The generator that makes
    rows is a running mean of the trained one, whose batch norms are measured again at the end.
    """

    def __init__(self, codec: Codec, cell: NDArray[np.integer], cells: int, *, seed: int) -> None:
        self._draws = torch.Generator().manual_seed(seed)
        self._cells = cells
        low, high = codec.bounds
        self._low, self._spread = torch.from_numpy(low), torch.from_numpy(high - low)
        self._codes = torch.from_numpy(codec.codes)
        widths = tuple(part.width for part in codec.levels)
        self._offsets = (
            torch.tensor([0, *widths[:-1]]).cumsum(0) if widths else torch.zeros(0, dtype=torch.int64)
        )
        self._level_width = sum(widths)
        self._widths = widths
        self._numeric = len(codec.numeric)
        order = np.argsort(cell, kind="stable")
        counts = np.bincount(cell, minlength=cells)
        self._order = torch.from_numpy(order.astype(np.int64))
        self._counts = torch.from_numpy(counts.astype(np.int64))
        self._starts = self._counts.cumsum(0) - self._counts
        # Rare cells are drawn more often than their share, or the network never learns them.
        self._frequency = torch.from_numpy(np.sqrt(counts).astype(np.float64))
        self.batch = int(min(BATCH, max(_SMALLEST_BATCH, len(cell) // _STEPS_PER_EPOCH)))
        self.steps_per_epoch = min(_MOST_STEPS, max(1, -(-len(cell) // self.batch)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._generator = Generator(cells, self._numeric, widths)
            self._mean = Generator(cells, self._numeric, widths)
            self._critic = Critic(cells, codec.width)
        self._mean.load_state_dict(self._generator.state_dict())
        self._mean.requires_grad_(requires_grad=False)

    def train(self, *, epochs: int, seconds: float, progress: Progress = silent) -> Training:
        """Train both networks.

        Parameters
        ----------
        epochs : int
            How often each row is seen, on average; of tables over 50,000 rows, an epoch sees 50,000.
        seconds : float
            Wall-clock seconds after which no new epoch starts.
        progress : callable
            Told the share done and the loss; may raise to stop.

        Returns
        -------
        Training
            What was done.
        """
        make = {"lr": RATE, "betas": BETAS, "fused": True}
        maker = torch.optim.Adam(self._generator.parameters(), **make)  # type: ignore[arg-type]
        critic = torch.optim.Adam(self._critic.parameters(), **make)  # type: ignore[arg-type]
        start = reported = time.monotonic()
        done, loss = 0, float("nan")
        self._generator.train()
        while done < epochs and (done == 0 or time.monotonic() - start < seconds):
            losses = []
            for step in range(self.steps_per_epoch):
                count = done * self.steps_per_epoch + step
                losses.append(self._step(maker, critic, count))
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    progress(count / (epochs * self.steps_per_epoch), _message(done, epochs, loss))
            done, loss = done + 1, float(torch.stack(losses).mean())
            progress(done / epochs, _message(done, epochs, loss))
        self._calibrate()
        return Training(epochs=done, steps=done * self.steps_per_epoch, stopped=done < epochs, loss=loss)

    def sample(self, cell: NDArray[np.integer]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Make coded rows.

        Parameters
        ----------
        cell : ndarray of int of shape (m,)
            The cell of each row to make.

        Returns
        -------
        tuple of ndarray
            Normal scores of shape (m, numeric) and levels of shape (m, levels).
        """
        scores = np.empty((len(cell), self._numeric), dtype=np.float32)
        codes = np.empty((len(cell), len(self._widths)), dtype=np.int64)
        for code in np.unique(cell).tolist():
            calibration = self._calibration(code)
            chosen = np.flatnonzero(cell == code)
            for rows in np.split(chosen, range(_SAMPLE_ROWS, len(chosen), _SAMPLE_ROWS)):
                numbers, drawn = self._draw(code, len(rows))
                scores[rows] = calibration.scores(numbers)
                if drawn:
                    codes[rows] = calibration.levels(drawn)
        return scores, codes

    def _draw(self, code: int, rows: int) -> tuple[NDArray[np.floating], list[NDArray[np.floating]]]:
        """Let the mean generator make rows of one cell: numbers, and logits with noise."""
        self._mean.eval()
        with torch.no_grad():
            condition = self._one_hot(torch.full((rows,), code))
            numbers, *drawn = self._perturbed(self._mean(self._noise(rows), condition))
            return numbers.numpy(), [part.numpy() for part in drawn]

    def _calibration(self, code: int) -> Calibration:
        """Compare what the generator makes of one cell with the cell's real rows, a column at a time."""
        numbers, drawn = self._draw(code, _SAMPLE_ROWS)
        start = int(self._starts[code])
        rows = self._order[start : start + int(self._counts[code])]
        real = self._scores(rows).numpy()
        known = self._spread[rows].numpy() < 1
        codes = self._codes[rows].numpy()
        shares = [
            np.bincount(codes[:, place], minlength=width) / len(rows)
            for place, width in enumerate(self._widths)
        ]
        return Calibration(
            made=tuple(np.sort(numbers, axis=0).T),
            real=tuple(np.sort(real[known[:, place], place]) for place in range(self._numeric)),
            offsets=tuple(level_offsets(part, share) for part, share in zip(drawn, shares, strict=True)),
        )

    def _step(self, maker: torch.optim.Optimizer, critic: torch.optim.Optimizer, count: int) -> torch.Tensor:
        """Teach both networks with one batch; the same made rows serve both."""
        rows, cell = self._pick()
        condition = self._one_hot(cell)
        fake = self._soft(self._generator(self._noise(len(cell)), condition))
        self._teach_critic(
            critic, self._real(rows), fake.detach(), condition, penalised=count % PENALTY_EVERY == 0
        )
        self._critic.requires_grad_(requires_grad=False)
        loss = functional.softplus(-self._critic(fake, condition)).mean()
        self._critic.requires_grad_(requires_grad=True)
        maker.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        maker.step()
        self._follow(count)
        return loss.detach()

    def _teach_critic(
        self,
        optimiser: torch.optim.Optimizer,
        real: torch.Tensor,
        fake: torch.Tensor,
        condition: torch.Tensor,
        *,
        penalised: bool,
    ) -> None:
        real.requires_grad_(penalised)
        verdict = self._critic(real, condition)
        loss = (
            functional.softplus(-verdict).mean() + functional.softplus(self._critic(fake, condition)).mean()
        )
        if penalised:
            (slope,) = torch.autograd.grad(verdict.sum(), real, create_graph=True)
            loss = loss + PENALTY / 2 * PENALTY_EVERY * slope.square().sum(dim=1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    def _follow(self, count: int) -> None:
        """Move the mean generator towards the trained one."""
        # A young mean forgets faster, so that a short training is not dominated by where it started.
        keep = min(KEEP, (1 + count) / (10 + count))
        with torch.no_grad():
            torch._foreach_lerp_(  # one call for all weights instead of one each
                list(self._mean.parameters()), list(self._generator.parameters()), 1 - keep
            )

    def _calibrate(self) -> None:
        """Measure the batch norms of the mean generator on the mixture of cells it was trained with."""
        norms = [part for part in self._mean.modules() if isinstance(part, nn.BatchNorm1d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        self._mean.train()
        with torch.no_grad():
            for _ in range(_CALIBRATION_BATCHES):
                _, cell = self._pick()
                self._mean(self._noise(len(cell)), self._one_hot(cell))

    def _pick(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw a batch: cells by the root of their frequency, then rows within them."""
        cell = torch.multinomial(self._frequency, self.batch, replacement=True, generator=self._draws)
        place = (
            torch.rand(self.batch, generator=self._draws, dtype=torch.float64) * self._counts[cell]
        ).long()
        return self._order[self._starts[cell] + place], cell

    def _real(self, rows: torch.Tensor) -> torch.Tensor:
        """Code real rows."""
        levels = torch.zeros(len(rows), self._level_width)
        if self._level_width:
            levels.scatter_(1, self._codes[rows] + self._offsets, 1.0)
        return torch.cat([self._scores(rows), levels], dim=1)

    def _scores(self, rows: torch.Tensor) -> torch.Tensor:
        """Give the normal scores of the numbers of real rows, somewhere within the jump of each."""
        low, spread = self._low[rows], self._spread[rows]
        share = low + spread * torch.rand(low.shape, generator=self._draws)
        scores: torch.Tensor = torch.special.ndtri(share.clamp(_TINY, 1 - _TINY)) / SCORE_SCALE
        return scores

    def _soft(self, out: torch.Tensor) -> torch.Tensor:
        """Draw levels softly, so that the loss has a slope."""
        numbers, *drawn = self._perturbed(out)
        return torch.cat([numbers, *(functional.softmax(part / TEMPERATURE, dim=1) for part in drawn)], dim=1)

    def _perturbed(self, out: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Split the output into its columns and add Gumbel noise to the levels."""
        numbers, logits = torch.split(out, [self._numeric, self._level_width], dim=1)
        noise = torch.empty(logits.shape).exponential_(generator=self._draws).clamp_min_(_SMALLEST).log_()
        return numbers, *(torch.split(logits - noise, list(self._widths), dim=1) if self._widths else ())

    def _noise(self, rows: int) -> torch.Tensor:
        return torch.randn(rows, NOISE, generator=self._draws)

    def _one_hot(self, cell: torch.Tensor) -> torch.Tensor:
        return functional.one_hot(cell, self._cells).float()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread, so that sums come out the same on every machine; the setting is put back.

    Yields
    ------
    None
        The work is done inside.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _message(done: int, epochs: int, loss: float) -> str:
    shown = "" if loss != loss else f", loss {loss:.2f}"  # noqa: PLR0124 - not a number before the first epoch
    return f"Epoch {done} of {epochs}{shown}"
