"""A small neural network for tables: two hidden layers over numbers and levels.

Levels enter as sums of learned vectors, which is what one-hot columns would give, without the columns.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import nn

from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.progress import Progress

WIDTH: Final = 64
DROPOUT: Final = 0.1
LEARNING_RATE: Final = 2e-3
BATCH: Final = 1024
MOST_EPOCHS: Final = 30
PATIENCE: Final = 4
_SMALLEST_SLICE = 20
_SCORED_AT_ONCE = 65_536


class Net(nn.Module):
    """Two hidden layers of 64 with dropout, one output: the log-odds of the positive label.

    Parameters
    ----------
    n_numbers : int
        Standardised numbers per row.
    n_levels : int
        Levels of all columns together.
    """

    def __init__(self, n_numbers: int, n_levels: int) -> None:
        super().__init__()
        self.numbers = nn.Linear(n_numbers, WIDTH)
        # The last place is for levels that training did not see: it stays zero.
        self.levels = nn.EmbeddingBag(n_levels + 1, WIDTH, mode="sum", padding_idx=n_levels)
        nn.init.normal_(self.levels.weight, std=0.1)
        with torch.no_grad():
            self.levels.weight[n_levels].zero_()
        self.rest = nn.Sequential(
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(WIDTH, WIDTH),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(WIDTH, 1),
        )

    def forward(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Give the log-odds of each row.

        Parameters
        ----------
        numbers : Tensor of float32, shape (n_rows, n_numbers)
            Standardised.
        codes : Tensor of int64, shape (n_rows, n_texts)
            Positions among the levels of all columns; `n_levels` for unknown ones.

        Returns
        -------
        Tensor of float32, shape (n_rows,)
            Any numbers.
        """
        first: torch.Tensor = self.numbers(numbers)
        if codes.shape[1]:
            first = first + self.levels(codes)
        out: torch.Tensor = self.rest(first)
        return out.squeeze(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """A trained network.

    Parameters
    ----------
    net : Net
        The layers.
    offsets, widths : array of int64
        Where each column's levels begin among all levels, and how many there are.
    notes : tuple of str
        How the training ended.
    """

    net: Net
    offsets: NDArray[np.int64]
    widths: NDArray[np.int64]
    notes: tuple[str, ...]

    def score(self, numbers: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Estimate the probability of the positive label.

        Parameters
        ----------
        numbers : array of float64, shape (n_rows, n_numbers)
            Standardised.
        codes : array of int64, shape (n_rows, n_texts)
            From 0 within each column, -1 for unknown levels.

        Returns
        -------
        array of float64, shape (n_rows,)
            Between 0 and 1.
        """
        table = _tensors(numbers, codes, self.offsets, int(self.widths.sum()))
        return _score(self.net, *table)


def fit_network(
    numbers: NDArray[np.float64],
    codes: NDArray[np.int64],
    widths: tuple[int, ...],
    target: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    seed: int,
    progress: Progress = silent,
) -> Network:
    """Train the network, and stop when a tenth of the rows, kept aside, gains nothing more.

    Parameters
    ----------
    numbers : array of float64, shape (n_rows, n_numbers)
        Standardised, without NaN.
    codes : array of int64, shape (n_rows, n_texts)
        From 0 within each column, -1 for unknown levels.
    widths : tuple of int
        How many levels each column has.
    target : array of int64, shape (n_rows,)
        0 and 1.
    weights : array of float64, shape (n_rows,)
        With a mean of 1.
    seed : int
        Where every random draw starts.
    progress : callable
        Told after each epoch.

    Returns
    -------
    Network
        With the weights of its best epoch.
    """
    sizes = np.asarray(widths, dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if sizes.size else sizes
    table = _tensors(numbers, codes, offsets, int(sizes.sum()))
    aside = _slice(target, seed)
    wanted = torch.from_numpy(target.astype(np.float32)), torch.from_numpy(weights.astype(np.float32))
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Net(numbers.shape[1], int(sizes.sum()))
        epochs = _train(net, (*table, *wanted), aside, seed=seed, progress=progress)
    return Network(net=net.eval(), offsets=offsets, widths=sizes, notes=(f"Trained for {epochs} epochs.",))


def _train(
    net: Net,
    table: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor],
    aside: NDArray[np.bool_],
    *,
    seed: int,
    progress: Progress,
) -> int:
    """Train in place; give the number of epochs after which the network was kept."""
    numbers, codes, wanted, counts = table
    rows = torch.from_numpy(np.flatnonzero(~aside))
    held = torch.from_numpy(np.flatnonzero(aside))
    judge = nn.BCEWithLogitsLoss(reduction="none")
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE)
    best, kept, kept_at = np.inf, _copy(net), MOST_EPOCHS
    for epoch in range(1, MOST_EPOCHS + 1):
        net.train()
        for batch in _batches(rows, seed + epoch):
            optimiser.zero_grad()
            losses = judge(net(numbers[batch], codes[batch]), wanted[batch])
            (losses * counts[batch]).mean().backward()
            optimiser.step()
        progress(
            0.1 + 0.9 * epoch / MOST_EPOCHS, f"Training the network: epoch {epoch} of at most {MOST_EPOCHS}"
        )
        if not len(held):
            continue
        net.eval()
        with torch.inference_mode():
            losses = judge(net(numbers[held], codes[held]), wanted[held]) * counts[held]
        loss = float(losses.mean())
        if loss < best:
            best, kept, kept_at = loss, _copy(net), epoch
        elif epoch - kept_at >= PATIENCE:
            break
    if len(held):
        net.load_state_dict(kept)
    return kept_at


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute sums in one order, so that a seed gives the same network however many processors there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _batches(rows: torch.Tensor, seed: int) -> Iterator[torch.Tensor]:
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return iter(torch.split(rows[order], BATCH))


def _copy(net: Net) -> dict[str, Any]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def _slice(target: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Mark a tenth of each label's rows, or nothing where that would be too few to judge by."""
    draw = np.random.default_rng(seed)
    aside = np.zeros(len(target), dtype=bool)
    for value in (0, 1):
        rows = draw.permutation(np.flatnonzero(target == value))
        aside[rows[: len(rows) // 10]] = True
    return aside if aside.sum() >= _SMALLEST_SLICE else np.zeros(len(target), dtype=bool)


def _tensors(
    numbers: NDArray[np.float64], codes: NDArray[np.int64], offsets: NDArray[np.int64], n_levels: int
) -> tuple[torch.Tensor, torch.Tensor]:
    shifted = np.where(codes >= 0, codes + offsets, n_levels)
    return torch.from_numpy(numbers.astype(np.float32)), torch.from_numpy(shifted)


def _score(net: Net, numbers: torch.Tensor, codes: torch.Tensor) -> NDArray[np.float64]:
    with _one_thread(), torch.inference_mode():
        pieces = zip(torch.split(numbers, _SCORED_AT_ONCE), torch.split(codes, _SCORED_AT_ONCE), strict=True)
        parts = [torch.sigmoid(net(part, levels).double()) for part, levels in pieces]
    return torch.cat(parts).numpy()
