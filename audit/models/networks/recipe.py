"""Everything about a training that is not its objective: size, optimiser, penalties on weights, when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable

Optimiser = Literal["adamw", "adam", "sgd", "adagrad"]
Stop = Literal["overall", "worst_group"]

OPTIMISERS: Final = ("adamw", "adam", "sgd", "adagrad")

MOMENTUM: Final = 0.9
"""Of gradient descent with momentum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained; the defaults are those of the plain baseline.

    Parameters
    ----------
    hidden : tuple of int
        Width of each hidden layer.
    dropout : float
        Share of a layer that is left out at random while training, 0 to below 1.
    l1 : float
        The sum of the absolute weights times this is added to the loss.
    l2 : float
        How fast weights shrink.
    decoupled : bool
        Whether weights shrink by ``learning_rate * l2`` of themselves each step, whatever their gradient (as AdamW
        has it); otherwise ``l2 / 2`` times the sum of the squared weights is added to the loss.
    optimiser : {"adamw", "adam", "sgd", "adagrad"}
        How steps follow from gradients; "adamw" is "adam" that always shrinks decoupled.
    learning_rate : float
        Size of the steps.
    epochs : int
        Most passes over the training rows.
    patience : int
        Epochs without gain after which training ends; 0 trains all epochs and keeps the last.
    batch : int
        Rows of a step where there are many; see :func:`audit.models.networks.batches.portion`.
    stop : {"overall", "worst_group"}
        Whether the loss of everybody or of the worst group has to gain.
    averaged : int
        With patience 0: the weights are averaged over the steps of so many last epochs, which settles two networks
        that work against each other; 0 keeps the last ones.
    """

    hidden: tuple[int, ...] = (64, 64)
    dropout: float = 0.1
    l1: float = 0.0
    l2: float = 0.01
    decoupled: bool = True
    optimiser: Optimiser = "adamw"
    learning_rate: float = 2e-3
    epochs: int = 30
    patience: int = 4
    batch: int = 1024
    stop: Stop = "overall"
    averaged: int = 0


class Descent:
    """An optimiser with the penalties on weights that a recipe asks for.

    Parameters
    ----------
    parameters : iterable of Parameter
        What is trained.
    recipe : Recipe
        Optimiser, learning rate and penalties.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        self._parameters = list(parameters)
        self._recipe = recipe
        own = recipe.optimiser == "adamw" and recipe.decoupled  # AdamW shrinks by itself
        plain = 0.0 if recipe.decoupled else recipe.l2
        rate, after = recipe.learning_rate, recipe.l2 if recipe.decoupled else 0.0
        self._shrink = 0.0 if own else rate * after
        self._inner: torch.optim.Optimizer
        if own:
            self._inner = torch.optim.AdamW(self._parameters, lr=rate, weight_decay=recipe.l2)
        elif recipe.optimiser in {"adam", "adamw"}:
            self._inner = torch.optim.Adam(self._parameters, lr=rate, weight_decay=plain)
        elif recipe.optimiser == "sgd":
            self._inner = torch.optim.SGD(self._parameters, lr=rate, momentum=MOMENTUM, weight_decay=plain)
        else:
            self._inner = torch.optim.Adagrad(self._parameters, lr=rate, weight_decay=plain)

    def clear(self) -> None:
        """Forget the gradients."""
        self._inner.zero_grad()

    def step(self) -> None:
        """Move the weights along their gradients, and shrink them."""
        if self._shrink:
            with torch.no_grad():
                for parameter in self._parameters:
                    parameter.mul_(1.0 - self._shrink)
        self._inner.step()

    def down(self, loss: torch.Tensor) -> None:
        """Take one step that makes a loss smaller.

        Parameters
        ----------
        loss : Tensor of float32, scalar
            The loss, without the penalty on absolute weights.
        """
        self.clear()
        if self._recipe.l1:
            loss = loss + self._recipe.l1 * self.absolute()
        loss.backward()  # type: ignore[no-untyped-call]
        self.step()

    def absolute(self) -> torch.Tensor:
        """Sum the absolute weights; offsets of layers do not count.

        Returns
        -------
        Tensor of float32, scalar
            0 or more.
        """
        return torch.stack([p.abs().sum() for p in self._parameters if p.dim() > 1]).sum()
