"""A small neural network for tables: hidden layers over numbers and levels.

Levels enter as sums of learned vectors, which is what one-hot columns would give, without the columns. How networks
are trained, the plain one and those of the mitigations, is in :mod:`audit.models.networks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn

from audit.models.networks.recipe import Recipe
from audit.models.networks.rows import NetRows, inputs, keep_aside, offsets_of, one_thread
from audit.models.networks.trainer import Objective, Watch, train
from audit.progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.progress import Progress

PLAIN: Final = Recipe()
"""How the baseline is trained: two hidden layers of 64, AdamW, at most 30 epochs."""

_SCORED_AT_ONCE = 65_536


class Net(nn.Module):
    """Hidden layers with dropout, one output: the log-odds of the positive label.

    Parameters
    ----------
    n_numbers : int
        Standardised numbers per row.
    n_levels : int
        Levels of all columns together.
    hidden : tuple of int, default (64, 64)
        Width of each hidden layer.
    dropout : float, default 0.1
        Share of a layer that is left out at random while training.
    """

    def __init__(
        self,
        n_numbers: int,
        n_levels: int,
        hidden: tuple[int, ...] = PLAIN.hidden,
        dropout: float = PLAIN.dropout,
    ) -> None:
        super().__init__()
        self.numbers = nn.Linear(n_numbers, hidden[0])
        # The last place is for levels that training did not see: it stays zero.
        self.levels = nn.EmbeddingBag(n_levels + 1, hidden[0], mode="sum", padding_idx=n_levels)
        nn.init.normal_(self.levels.weight, std=0.1)
        with torch.no_grad():
            self.levels.weight[n_levels].zero_()
        layers: list[nn.Module] = [nn.ReLU(), nn.Dropout(dropout)]
        for before, after in pairwise(hidden):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.rest = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

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
        return _score(self.net, *inputs(numbers, codes, self.widths))


def as_network(net: Net, widths: NDArray[np.int64], notes: tuple[str, ...] = ()) -> Network:
    """Take layers as a trained network.

    Parameters
    ----------
    net : Net
        The layers.
    widths : array of int64
        How many levels each column has.
    notes : tuple of str, default ()
        How the training ended.

    Returns
    -------
    Network
        Ready to score rows.
    """
    return Network(net=net.eval(), offsets=offsets_of(widths), widths=widths, notes=notes)


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
    first, second = inputs(numbers, codes, sizes)
    rows = NetRows(
        numbers=first,
        codes=second,
        label=torch.from_numpy(target.astype(np.float32)),
        weight=torch.from_numpy(weights.astype(np.float32)),
        group=torch.zeros(len(target), dtype=torch.int64),
        groups=1,
    )
    aside = keep_aside(target, seed)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Net(numbers.shape[1], int(sizes.sum()))
        course = train(
            net,
            rows.take(~aside),
            rows.take(aside),
            PLAIN,
            Objective(),
            seed=seed,
            watch=Watch(progress=progress, areas=False),
        )
    return as_network(net, sizes, (f"Trained for {course.kept} epochs.",))


def _score(net: Net, numbers: torch.Tensor, codes: torch.Tensor) -> NDArray[np.float64]:
    with one_thread(), torch.inference_mode():
        pieces = zip(torch.split(numbers, _SCORED_AT_ONCE), torch.split(codes, _SCORED_AT_ONCE), strict=True)
        parts = [torch.sigmoid(net(part, levels).double()) for part, levels in pieces]
    return torch.cat(parts).numpy()
