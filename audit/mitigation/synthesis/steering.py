"""Fair generation: a second phase that trains the maker of rows towards a smaller gap between groups.

Groups and labels are given to the network, so their shares are right already. What is steered is what a model would
make of the rows: a small network that has learned the label from the real rows decides about made ones, and the gap
in its decisions is added to the maker's loss.

This module imports torch; import it only where a network is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from audit.progress import silent, within
from audit.rows.series import Series

if TYPE_CHECKING:
    from audit.mitigation.synthesis.contest import Contest, Steer
    from audit.mitigation.synthesis.network import Maker
    from audit.progress import Progress

    Aim = Literal["selection", "opportunity"]

WEIGHTS: Final = (10.0, 30.0, 100.0)
"""Weights of the gap in the loss that are tried besides none."""

DEAREST: Final = 0.05
"""How much better made rows may be told from real ones for the sake of a smaller gap (AUC)."""

_HIDDEN: Final = 64
_STEPS: Final = 300
_BATCH: Final = 512
_RATE: Final = 3e-3
_FEWEST: Final = 8
_MEASURED: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steered:
    """What came out of the second phase.

    Parameters
    ----------
    maker : Maker
        The network that is kept.
    control : Maker
        The network trained on as long with weight 0.
    weight : float
        Its weight of the gap; 0 where no steering was worth its price.
    gap : float
        The gap that is left in the decisions about its rows.
    before : float
        The gap without steering.
    series : Series
        Every weight that was tried.
    """

    maker: Maker
    control: Maker
    weight: float
    gap: float
    before: float
    series: Series


class Gap:
    """The gap between groups in what a probe decides about made rows.

    Parameters
    ----------
    contest : Contest
        Its real rows teach the probe.
    aim : {"selection", "opportunity"}
        Everybody, or only people with the favourable label.
    favourable : int
        Which label is good for the person, 0 or 1.
    seed : int
        Where every random draw starts.
    """

    def __init__(self, contest: Contest, *, aim: Aim, favourable: int, seed: int) -> None:
        self._contest = contest
        self._groups = contest.coder.cells // 2
        counts = contest.counts.reshape(self._groups, 2).float()
        labels = counts.sum(dim=0) / counts.sum()
        self._shares = labels if aim == "selection" else torch.eye(2)[favourable].to(counts.device)
        self._present = (counts > 0).all(dim=1)
        self._probe = _probe(contest, seed=seed)

    def rates(self, rows: torch.Tensor, cell: torch.Tensor, *, fewest: int = _FEWEST) -> torch.Tensor:
        """Give for each group the mean decision about its made rows, with the labels in the shares wanted.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, width)
            Soft rows.
        cell : torch.Tensor of shape (n,)
            Their cells.
        fewest : int
            Rows of a cell below which its group is left out.

        Returns
        -------
        torch.Tensor of shape (groups,)
            NaN for groups that are left out.
        """
        chance = torch.sigmoid(self._probe(rows)).squeeze(1)
        cells = 2 * self._groups
        count = torch.zeros(cells, device=rows.device).index_add(0, cell, torch.ones_like(chance))
        total = torch.zeros(cells, device=rows.device).index_add(0, cell, chance)
        mean = (total / count.clamp_min(1)).reshape(self._groups, 2)
        needed = (count.reshape(self._groups, 2) >= fewest) | (self._shares == 0)
        known = needed.all(dim=1) & self._present
        return torch.where(known, (mean * self._shares).sum(dim=1), torch.nan)

    def penalty(self, rows: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Give the variance of the rates between groups, which is smooth at 0.

        Parameters
        ----------
        rows, cell : torch.Tensor
            As for :meth:`rates`.

        Returns
        -------
        torch.Tensor
            A number; 0 with fewer than two groups.
        """
        found = self.rates(rows, cell)
        known = found[~found.isnan()]
        return (known - known.mean()).square().mean() if len(known) >= 2 else found.new_zeros(())

    def measured(self, maker: Maker) -> list[float | None]:
        """Measure the rates of rows that a network makes.

        Parameters
        ----------
        maker : Maker
            The network.

        Returns
        -------
        list of float or None
            By group.
        """
        coder = self._contest.coder
        cell = torch.arange(coder.cells, device=coder.device).repeat_interleave(
            max(_MEASURED // coder.cells, 200)
        )
        with torch.no_grad():
            rows = coder.soft(maker(coder.noise(len(cell)), coder.one_hot(cell)))
            found = self.rates(rows, cell).tolist()
        return [None if np.isnan(value) else float(value) for value in found]


def steer(
    contest: Contest,
    groups: tuple[tuple[str, ...], ...],
    *,
    aim: Aim,
    favourable: int,
    epochs: int,
    seed: int,
    progress: Progress = silent,
) -> Steered:
    """Train the maker on with growing weights of the gap, and keep the strongest that costs little likeness.

    Parameters
    ----------
    contest : Contest
        The first phase, finished; it stays as it is.
    groups : tuple of tuple of str
        The groups.
    aim : {"selection", "opportunity"}
        Which gap.
    favourable : int
        Which label is good for the person, 0 or 1.
    epochs : int
        Epochs for each weight.
    seed : int
        Where every random draw starts.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    Steered
        The network kept, and the path.
    """
    progress(0.0, "Learning what a model decides about rows")
    gap = Gap(contest, aim=aim, favourable=favourable, seed=seed)
    tried: list[tuple[float, Maker, list[float | None], float]] = []
    weights = (0.0, *WEIGHTS)
    for step, weight in enumerate(weights):
        part = within(progress, step / len(weights), (step + 1) / len(weights))
        child = contest.fork()
        child.train(
            epochs=epochs,
            seconds=np.inf,
            steer=_weighed(gap, weight) if weight else None,
            progress=_under(f"Weight of the gap {weight:g}", part),
            tests=False,
        )
        told = child.tested().auc
        tried.append((weight, child.mean, gap.measured(child.mean), told))
    picked = _pick([(_spread(rates), told) for _, _, rates, told in tried])
    measure = "selection_rate" if aim == "selection" else _CHANCES[favourable]
    return Steered(
        maker=tried[picked][1],
        control=tried[0][1],
        weight=tried[picked][0],
        gap=_spread(tried[picked][2]),
        before=_spread(tried[0][2]),
        series=Series(
            id="steering",
            kind="path",
            title="Steering made rows towards a smaller gap",
            across="Weight of the gap",
            measures=(measure, "two_sample"),
            groups=(None, *groups),
            x=weights,
            values=(
                (
                    (None,) * len(tried),
                    *(tuple(rates[code] for _, _, rates, _ in tried) for code in range(len(groups))),
                ),
                (tuple(told for *_, told in tried), *((None,) * len(tried) for _ in groups)),
            ),
            picked=tried[picked][0],
            rows="train",
        ),
    )


def _weighed(gap: Gap, weight: float) -> Steer:
    return lambda rows, cell: weight * gap.penalty(rows, cell)


def _under(name: str, progress: Progress) -> Progress:
    return lambda share, message: progress(share, f"{name}: {message[:1].lower()}{message[1:]}")


_CHANCES: Final = {1: "true_positive_rate", 0: "true_negative_rate"}


def _pick(tried: list[tuple[float, float]]) -> int:
    """Keep the smallest gap of those that are told from real rows hardly more easily than without steering."""
    first = tried[0][1]
    best = 0
    for place, (gap, told) in enumerate(tried):
        if told <= first + DEAREST and gap < tried[best][0]:
            best = place
    return best


def _spread(rates: list[float | None]) -> float:
    known = [rate for rate in rates if rate is not None]
    return max(known) - min(known) if len(known) >= 2 else 0.0


def _probe(contest: Contest, *, seed: int) -> nn.Module:
    """Teach a small network the label from the real rows; it does not see the group."""
    coder = contest.coder
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        probe = nn.Sequential(nn.Linear(coder.width, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1)).to(
            coder.device
        )
    optimiser = torch.optim.Adam(probe.parameters(), lr=_RATE)
    for _ in range(_STEPS):
        rows, cell = contest.batch_of(_BATCH)
        loss = functional.binary_cross_entropy_with_logits(probe(rows).squeeze(1), (cell % 2).float())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return probe.requires_grad_(requires_grad=False)
