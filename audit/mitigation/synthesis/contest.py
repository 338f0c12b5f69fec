"""The training of two networks in competition: one makes rows of a cell, the other tells them from real ones.

This module imports torch; import it only where a network is trained.
"""

from __future__ import annotations

import copy
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audit.mitigation.synthesis.network import Coder, Critic, Maker, arrays_of, load_arrays
from audit.mitigation.synthesis.twosample import MOST_TESTED, TwoSample, two_sample
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.codec import Codec
    from audit.mitigation.synthesis.shelf import Shelf
    from audit.progress import Progress

    Steer = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

BATCH: Final = 500
RATE: Final = 2e-3
BETAS: Final = (0.5, 0.9)
PENALTY: Final = 0.3
PENALTY_EVERY: Final = 4
KEEP: Final = 0.995
CHECKS: Final = 8
"""How often a training is tested, at most."""

PATIENCE: Final = 5
"""Tests without a better result after which a training ends."""

FEW_ASIDE: Final = 400
"""Rows set aside below which a test would show chance rather than progress, so that none is made."""

_SMALLEST_BATCH = 50
_STEPS_PER_EPOCH = 20
_MOST_STEPS = 60
_REPORT_STEPS = 10
_CALIBRATION_BATCHES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How a training has gone so far.

    Parameters
    ----------
    maker, critic : tuple of float
        Mean losses of each epoch; 0.693 and 1.386 where the critic can only guess.
    tests : tuple of (int, float)
        Epochs after which made rows were tested, and the area under the curve that was found.
    best : int
        Epoch whose network is kept; 0 where none was tested.
    ended : str
        "epochs", "time", "patience" or "even" where made rows could not be told apart; empty before the end.
    """

    maker: tuple[float, ...] = ()
    critic: tuple[float, ...] = ()
    tests: tuple[tuple[int, float], ...] = ()
    best: int = 0
    ended: str = ""

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.maker)


class Contest:
    """A maker and a critic of one coded table.

    Parameters
    ----------
    codec : Codec
        How the table is coded.
    codes : ndarray of int64 of shape (n, columns)
        Numbered values.
    cell : ndarray of int64 of shape (n,)
        The cell of each row.
    aside : ndarray of bool of shape (n,)
        Rows to test on.
    cells : int
        Number of cells.
    seed : int
        Where every random draw starts.
    device : torch.device
        Where the networks are trained.

    Notes
    -----
    Non-saturating loss; the critic's gradient on real rows is penalised every few batches. The network that makes
    rows is a running mean of the trained one, whose batch norms are measured again before it is used.
    """

    def __init__(
        self,
        codec: Codec,
        codes: NDArray[np.int64],
        cell: NDArray[np.int64],
        aside: NDArray[np.bool_],
        *,
        cells: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.coder = Coder(codec, cells, seed=seed, device=device)
        low, high = codec.bounds(codes)
        self._low = torch.from_numpy(low).to(device)
        self._spread = torch.from_numpy(high - low).to(device)
        self._levels = torch.from_numpy(codec.marks(codes)).to(device)
        self._cell = torch.from_numpy(cell).to(device)
        learned = np.flatnonzero(~aside)
        self._aside = torch.from_numpy(np.flatnonzero(aside)).to(device)
        counts = np.bincount(cell[learned], minlength=cells)
        self._order = torch.from_numpy(learned[np.argsort(cell[learned], kind="stable")]).to(device)
        self._counts = torch.from_numpy(counts.astype(np.int64)).to(device)
        self._starts = self._counts.cumsum(0) - self._counts
        # Rare cells are drawn more often than their share, or the network never learns them.
        self._frequency = torch.from_numpy(np.sqrt(counts).astype(np.float64))
        self.batch = int(min(BATCH, max(_SMALLEST_BATCH, len(learned) // _STEPS_PER_EPOCH)))
        self.steps_per_epoch = min(_MOST_STEPS, max(1, -(-len(learned) // self.batch)))
        self.history = History()
        self._resumed = 0
        self._seed = seed
        self._best: dict[str, NDArray[np.float32]] = {}
        shape = (cells, len(codec.numeric), self.coder.widths)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._maker, self.mean = Maker(*shape).to(device), Maker(*shape).to(device)
            self._critic = Critic(cells, codec.width).to(device)
        self.mean.load_state_dict(self._maker.state_dict())
        self.mean.requires_grad_(requires_grad=False)
        self._optimisers = (_adam(self._maker), _adam(self._critic))

    def train(
        self,
        *,
        epochs: int,
        seconds: float,
        shelf: Shelf | None = None,
        steer: Steer | None = None,
        tests: bool = True,
        progress: Progress = silent,
    ) -> History:
        """Train both networks, and keep the maker whose rows were hardest to tell from real ones.

        Parameters
        ----------
        epochs : int
            How often each row is seen at most, on average; of tables over 30,000 rows, an epoch sees 30,000.
        seconds : float
            Wall-clock seconds after which no new epoch starts.
        shelf : Shelf or None
            Where the training is kept every few seconds and when it is cut off, and found again afterwards.
        steer : callable or None
            (soft rows, cell) → what is added to the maker's loss.
        tests : bool, default True
            Whether made rows are tested on the way, and the training may end early.
        progress : callable
            Told the share done and the losses; may raise to stop.

        Returns
        -------
        History
            What was done.
        """
        self._resume(shelf)
        start = time.monotonic()
        every = max(1, epochs // CHECKS)
        with shelf or nullcontext():
            while not self.history.ended:
                self._epoch(epochs, steer, progress)
                done = self.history.epochs
                if tests and self.testable and (done % every == 0 or done >= epochs):
                    self._test()
                self._decide(epochs, out_of_time=time.monotonic() - start >= seconds)
                if shelf is not None:
                    shelf.keep(*self._state(), now=bool(self.history.ended))
                progress(min(done / epochs, 1.0), self._message(done, epochs))
        if self._best:
            load_arrays(self.mean, self._best, "mean")
        self.measure_norms()
        return self.history

    @property
    def testable(self) -> bool:
        """Whether enough rows were set aside for a test to say something."""
        return len(self._aside) >= FEW_ASIDE

    @property
    def counts(self) -> torch.Tensor:
        """Rows of each cell that are learned from."""
        return self._counts

    def batch_of(self, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw real rows as they are mixed.

        Parameters
        ----------
        size : int
            How many.

        Returns
        -------
        tuple of torch.Tensor
            Coded rows and their cells.
        """
        place = torch.randint(len(self._order), (size,), generator=self.coder.draws)
        rows = self._order[place.to(self.coder.device)]
        scores = self.coder.scores(self._low[rows], self._spread[rows])
        return self.coder.real(scores, self._levels[rows]), self._cell[rows]

    def fork(self) -> Contest:
        """Give a training that goes on from here and leaves this one as it is.

        Returns
        -------
        Contest
            With copies of the networks as they were at the end; random draws come from the same stream.
        """
        child = copy.copy(self)
        child._part_from(self)  # noqa: SLF001 - of its own kind
        return child

    def _part_from(self, other: Contest) -> None:
        """Take copies of everything that changes in a training."""
        self._maker, self.mean = copy.deepcopy(self._maker), copy.deepcopy(self._maker)
        self.mean.requires_grad_(requires_grad=False)
        self._critic = copy.deepcopy(self._critic)
        self._best, self.history = {}, History()
        self._optimisers = (_adam(self._maker), _adam(self._critic))
        for new, old in zip(self._optimisers, other._optimisers, strict=True):
            new.load_state_dict(copy.deepcopy(old.state_dict()))

    def measure_norms(self) -> None:
        """Measure the batch norms of the mean maker on the mixture of cells it was trained with."""
        norms = [part for part in self.mean.modules() if isinstance(part, nn.BatchNorm1d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        self.mean.train()
        with torch.no_grad():
            for _ in range(_CALIBRATION_BATCHES):
                _, cell = self._pick()
                self.mean(self.coder.noise(len(cell)), self.coder.one_hot(cell))
        self.mean.eval()

    def _epoch(self, epochs: int, steer: Steer | None, progress: Progress) -> None:
        done, losses = self.history.epochs, []
        self._maker.train()
        for step in range(self.steps_per_epoch):
            count = done * self.steps_per_epoch + step
            losses.append(self._step(count, steer))
            if step % _REPORT_STEPS == 0:
                share = min(count / (epochs * self.steps_per_epoch), 1.0)
                progress(share, self._message(done, epochs))
        maker, critic = torch.stack(losses).mean(dim=0).tolist()
        self.history = replace(
            self.history, maker=(*self.history.maker, maker), critic=(*self.history.critic, critic)
        )

    def _test(self) -> None:
        """Hold made rows against the real ones set aside."""
        found = self.tested()
        tests = (*self.history.tests, (self.history.epochs, found.auc))
        better = found.auc <= min(auc for _, auc in tests)
        if better:
            self._best = arrays_of(self.mean, "mean")
        self.history = replace(
            self.history,
            tests=tests,
            best=self.history.epochs if better else self.history.best,
            ended="" if found.told_apart else "even",
        )

    def tested(self) -> TwoSample:
        """Hold made rows of the mean maker against the real ones set aside, or where these are few against those learned.

        Returns
        -------
        TwoSample
            How well the two are told apart.
        """
        against = self._aside if self.testable else self._order
        against = against[:: max(1, len(against) // MOST_TESTED)]
        self.measure_norms()
        cell = self._cell[against]
        with torch.no_grad():
            made = self.coder.perturbed(self.mean(self.coder.noise(len(cell)), self.coder.one_hot(cell)))
            real = self.coder.scores(self._low[against], self._spread[against])
        flat = torch.column_stack([made[0], *(part.argmax(dim=1).float() for part in made[1:]), cell.float()])
        truth = torch.column_stack([real, self._levels[against].float(), cell.float()])
        return two_sample(truth.cpu().numpy(), flat.cpu().numpy(), seed=self._seed)

    def _decide(self, epochs: int, *, out_of_time: bool) -> None:
        """Say whether the training ends here, and why."""
        seen = self.history
        since = sum(epoch > seen.best for epoch, _ in seen.tests)
        if not seen.ended and since >= PATIENCE:
            self.history = replace(seen, ended="patience")
        elif not seen.ended and seen.epochs >= epochs:
            self.history = replace(seen, ended="epochs")
        elif not seen.ended and out_of_time:
            self.history = replace(seen, ended="time")

    def _step(self, count: int, steer: Steer | None) -> torch.Tensor:
        """Teach both networks with one batch; the same made rows serve both."""
        maker, critic = self._optimisers
        rows, cell = self._pick()
        condition = self.coder.one_hot(cell)
        fake = self.coder.soft(self._maker(self.coder.noise(len(cell)), condition))
        real = self.coder.real(self.coder.scores(self._low[rows], self._spread[rows]), self._levels[rows])
        judged = self._teach_critic(
            critic, real, fake.detach(), condition, penalised=count % PENALTY_EVERY == 0
        )
        self._critic.requires_grad_(requires_grad=False)
        loss = functional.softplus(-self._critic(fake, condition)).mean()
        whole = loss if steer is None else loss + steer(fake, cell)
        self._critic.requires_grad_(requires_grad=True)
        maker.zero_grad(set_to_none=True)
        whole.backward()  # type: ignore[no-untyped-call]
        maker.step()
        self._follow(count)
        return torch.stack([loss.detach(), judged])

    def _teach_critic(
        self,
        optimiser: torch.optim.Optimizer,
        real: torch.Tensor,
        fake: torch.Tensor,
        condition: torch.Tensor,
        *,
        penalised: bool,
    ) -> torch.Tensor:
        real.requires_grad_(penalised)
        verdict = self._critic(real, condition)
        loss = (
            functional.softplus(-verdict).mean() + functional.softplus(self._critic(fake, condition)).mean()
        )
        whole = loss
        if penalised:
            (slope,) = torch.autograd.grad(verdict.sum(), real, create_graph=True)
            whole = loss + PENALTY / 2 * PENALTY_EVERY * slope.square().sum(dim=1).mean()
        optimiser.zero_grad(set_to_none=True)
        whole.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.detach()

    def _follow(self, count: int) -> None:
        """Move the mean maker towards the trained one."""
        # A young mean forgets faster, so that a short training is not dominated by where it started.
        keep = min(KEEP, (1 + count) / (10 + count))
        with torch.no_grad():
            torch._foreach_lerp_(  # one call for all weights instead of one each
                list(self.mean.parameters()), list(self._maker.parameters()), 1 - keep
            )

    def _pick(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw a batch: cells by the root of their frequency, then rows within them."""
        cell = torch.multinomial(
            self._frequency, self.batch, replacement=True, generator=self.coder.draws
        ).to(self.coder.device)
        draw = torch.rand(self.batch, generator=self.coder.draws, dtype=torch.float64)
        place = (draw.to(self.coder.device) * self._counts[cell]).long()
        return self._order[self._starts[cell] + place], cell

    def _message(self, done: int, epochs: int) -> str:
        seen = self.history
        since = f" (went on from epoch {self._resumed})" if self._resumed else ""
        shown = f", loss {seen.maker[-1]:.2f}" if seen.maker else ""
        told = f", told from real rows {seen.tests[-1][1]:.2f}" if seen.tests else ""
        return f"Epoch {done} of {epochs}{since}{shown}{told}"

    def _state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Give everything that the training goes on from."""
        arrays: dict[str, NDArray[Any]] = {"draws": self.coder.draws.get_state().numpy().copy(), **self._best}
        for name, network in (("maker", self._maker), ("now", self.mean), ("critic", self._critic)):
            arrays.update(arrays_of(network, name))
        for name, optimiser in zip(("maker", "critic"), self._optimisers, strict=True):
            for place, slot in optimiser.state_dict()["state"].items():
                for key, value in slot.items():
                    arrays[f"adam.{name}.{place}.{key}"] = value.detach().cpu().numpy().copy()
        return arrays, asdict(self.history)

    def _resume(self, shelf: Shelf | None) -> None:
        """Go on from what lies on the shelf, where something does."""
        found = None if shelf is None else shelf.find()
        if found is None:
            return
        arrays, info = found
        for name, network in (("maker", self._maker), ("now", self.mean), ("critic", self._critic)):
            load_arrays(network, arrays, name)
        for name, optimiser in zip(("maker", "critic"), self._optimisers, strict=True):
            _load_adam(optimiser, arrays, f"adam.{name}")
        self._best = {key: value for key, value in arrays.items() if key.startswith("mean.")}
        self.coder.draws.set_state(torch.from_numpy(np.array(arrays["draws"])))
        self.history = History(
            maker=tuple(info["maker"]),
            critic=tuple(info["critic"]),
            tests=tuple((int(epoch), float(auc)) for epoch, auc in info["tests"]),
            best=int(info["best"]),
            # A time limit is one of the run that it ended; the next one has its own.
            ended="" if info.get("ended", "") == "time" else str(info.get("ended", "")),
        )
        self._resumed = self.history.epochs


def _adam(network: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=RATE, betas=BETAS, fused=True)


def _load_adam(optimiser: torch.optim.Optimizer, arrays: dict[str, NDArray[Any]], name: str) -> None:
    whole = optimiser.state_dict()
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith(f"{name}."):
            place, field = key.removeprefix(f"{name}.").split(".")
            slots.setdefault(int(place), {})[field] = torch.from_numpy(np.array(value))
    optimiser.load_state_dict({**whole, "state": slots})
