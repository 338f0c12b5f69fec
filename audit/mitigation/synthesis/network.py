"""The two networks in competition, and how coded rows pass between them.

This module imports torch; import it only where a network is trained or used.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audit.mitigation.synthesis.codec import SCORE_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.codec import Codec

HIDDEN: Final = 128
NOISE: Final = 64
TEMPERATURE: Final = 0.2

_TINY = 1e-6
_SMALLEST = 1e-20


class Maker(nn.Module):
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


class Coder:
    """How coded rows look to the networks, with every random draw from one stream.

    Parameters
    ----------
    codec : Codec
        How the table is coded.
    cells : int
        Number of cells.
    seed : int
        Where the stream starts.
    device : torch.device
        Where the networks are; draws are made on the processor and moved there.
    """

    def __init__(self, codec: Codec, cells: int, *, seed: int, device: torch.device) -> None:
        self.widths = tuple(part.width for part in codec.levels)
        self.numeric = len(codec.numeric)
        self.cells = cells
        self.device = device
        self.draws = torch.Generator().manual_seed(seed)
        starts = np.concatenate([[0], np.cumsum(self.widths)[:-1]]) if self.widths else np.empty(0)
        self._starts = torch.from_numpy(starts.astype(np.int64)).to(device)

    @property
    def width(self) -> int:
        """Number of values of a coded row."""
        return self.numeric + sum(self.widths)

    def one_hot(self, cell: torch.Tensor) -> torch.Tensor:
        """Give cells as marks."""
        return functional.one_hot(cell, self.cells).float()

    def noise(self, rows: int) -> torch.Tensor:
        """Draw what rows are made from."""
        return torch.randn(rows, NOISE, generator=self.draws).to(self.device)

    def uniform(self, *shape: int) -> torch.Tensor:
        """Draw numbers from 0 to 1."""
        return torch.rand(*shape, generator=self.draws).to(self.device)

    def scores(self, low: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
        """Give the normal scores of numbers, somewhere within the jump of each."""
        share = low + spread * self.uniform(*low.shape)
        made: torch.Tensor = torch.special.ndtri(share.clamp(_TINY, 1 - _TINY)) / SCORE_SCALE
        return made

    def real(self, scores: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
        """Code real rows."""
        marks = torch.zeros(len(scores), sum(self.widths), device=self.device)
        if self.widths:
            marks.scatter_(1, levels + self._starts, 1.0)
        return torch.cat([scores, marks], dim=1)

    def soft(self, out: torch.Tensor) -> torch.Tensor:
        """Draw levels softly, so that the loss has a slope."""
        numbers, *drawn = self.perturbed(out)
        return torch.cat([numbers, *(functional.softmax(part / TEMPERATURE, dim=1) for part in drawn)], dim=1)

    def perturbed(self, out: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Split the output into its columns and add Gumbel noise to the levels."""
        numbers, logits = torch.split(out, [self.numeric, sum(self.widths)], dim=1)
        # Minus the logarithm of an even draw is an exponential one, at a quarter of the cost of asking for it.
        waiting = torch.rand(logits.shape, generator=self.draws).clamp_min_(_SMALLEST).log_().neg_()
        noisy = logits - waiting.clamp_min_(_SMALLEST).log_().to(self.device)
        return numbers, *(torch.split(noisy, list(self.widths), dim=1) if self.widths else ())


def best_device() -> torch.device:
    """Choose where networks are trained.

    Returns
    -------
    torch.device
        The graphics processor where there is one, else the processor.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def arrays_of(network: nn.Module, name: str) -> dict[str, NDArray[np.float32]]:
    """Give the weights of a network as arrays.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    name : str
        What their names begin with.

    Returns
    -------
    dict of str to ndarray
        Copies.
    """
    return {
        f"{name}.{key}": value.detach().cpu().numpy().copy() for key, value in network.state_dict().items()
    }


def load_arrays(network: nn.Module, arrays: dict[str, NDArray[np.float32]], name: str) -> None:
    """Put weights into a network.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    arrays : dict of str to ndarray
        As :func:`arrays_of` gave them; others are left alone.
    name : str
        What their names begin with.
    """
    network.load_state_dict(
        {key: torch.from_numpy(np.array(arrays[f"{name}.{key}"])) for key in network.state_dict()}
    )


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
