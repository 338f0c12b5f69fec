"""How much worse a network does on rows that it did not learn from, for everybody and for each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from audit.models.networks.trainer import scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.network import Net
    from audit.models.networks.rows import NetRows

_TIMES: Final = 2.0
_Z: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Generalisation:
    """The gap between training rows and others.

    Parameters
    ----------
    group : int or None
        Position of the group; None for everybody.
    gap : float
        Log-loss on other rows less that on training rows.
    error : float
        Standard error of the gap.
    train, held : float
        The two losses.
    """

    group: int | None
    gap: float
    error: float
    train: float
    held: float


def generalisation(net: Net, rows: NetRows, held: NetRows) -> tuple[Generalisation, ...]:
    """Compare the loss on training rows with that on others.

    Parameters
    ----------
    net : Net
        The network.
    rows, held : NetRows
        The rows that it learned from, and others.

    Returns
    -------
    tuple of Generalisation
        Everybody first, then every group that has at least two rows in both.
    """
    one, other = _losses(net, rows), _losses(net, held)
    mine, its = rows.group.numpy(), held.group.numpy()
    found = []
    for code in (None, *range(rows.groups)):
        a = _mean(one, rows, slice(None) if code is None else mine == code)
        b = _mean(other, held, slice(None) if code is None else its == code)
        if a is not None and b is not None:
            error = float(np.hypot(a[1], b[1]))
            found.append(Generalisation(group=code, gap=b[0] - a[0], error=error, train=a[0], held=b[0]))
    return tuple(found)


def stands_out(one: Generalisation, everybody: Generalisation) -> bool:
    """Say whether a group's gap is more than twice everybody's, beyond chance.

    Parameters
    ----------
    one, everybody : Generalisation
        The gaps of a group and of everybody.

    Returns
    -------
    bool
        True where it is, and where its 95 % interval lies above everybody's gap.
    """
    least = max(everybody.gap, 0.0)
    return one.gap > _TIMES * least and one.gap - _Z * one.error > least


def _losses(net: Net, rows: NetRows) -> NDArray[np.float64]:
    with torch.inference_mode():
        return cross_entropy(scored(net, rows), rows.label, reduction="none").double().numpy()


def _mean(
    losses: NDArray[np.float64], rows: NetRows, mask: NDArray[np.bool_] | slice
) -> tuple[float, float] | None:
    """Give the weighted mean of some losses and its standard error."""
    some, weight = losses[mask], rows.weight.numpy().astype(np.float64)[mask]
    if len(some) < 2 or weight.sum() <= 0:
        return None
    mean = float(np.average(some, weights=weight))
    return mean, float(np.sqrt((weight**2 * (some - mean) ** 2).sum()) / weight.sum())
