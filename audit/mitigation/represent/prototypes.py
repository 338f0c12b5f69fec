"""Prototypes: a few typical persons, such that every group resembles each of them about as much as any other group.

The loss is that of Zemel and others (2013) with weights; its gradient is written out, so that hundreds of parameters
cost seconds where numerical gradients cost hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from audit.models.moves import resemblance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.progress import Progress

    Array = NDArray[np.float64]

MOST_STEPS: Final = 150
MOST_ROWS: Final = 10_000
"""Prototypes are learned from at most this many rows."""

_SMALL: Final = 1e-9
_SMOOTH: Final = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What prototypes are learned from.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        Standardised features.
    label : ndarray of shape (n,)
        0 or 1.
    share : ndarray of shape (groups, n)
        Weight of each row in its group; each line adds up to 1, groups without weight are left out.
    mass : ndarray of shape (groups,)
        Weight of each group; adds up to 1.
    weight : ndarray of shape (n,)
        Weight of each row; adds up to 1.
    """

    x: Array
    label: Array
    share: Array
    mass: Array
    weight: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prototypes:
    """The typical persons, and how much each feature counts when somebody is compared with them.

    Parameters
    ----------
    vectors : ndarray of shape (k, d)
        The prototypes.
    scale : ndarray of shape (d,)
        What each feature counts, 0 or more.
    chance : ndarray of shape (k,)
        Share of positive labels of each.
    """

    vectors: Array
    scale: Array
    chance: Array

    def of(self, x: Array) -> Array:
        """Say how much each row resembles each prototype.

        Parameters
        ----------
        x : ndarray of shape (n, d)
            Standardised features.

        Returns
        -------
        ndarray of shape (n, k)
            Each row adds up to 1.
        """
        return resemblance(x, self.vectors, self.scale)


def learn(
    rows: Rows,
    number: int,
    *,
    evenness: float,
    rebuild: float,
    seed: int,
    progress: Progress,
) -> Prototypes:
    """Learn prototypes.

    Parameters
    ----------
    rows : Rows
        What they are learned from.
    number : int
        How many.
    evenness : float
        Weight of how far groups are from everybody.
    rebuild : float
        Weight of how well rows can be rebuilt from their prototypes.
    seed : int
        Where the draw of the first prototypes starts.
    progress : callable
        Told after each step.

    Returns
    -------
    Prototypes
        The best that were found.
    """
    generator = np.random.default_rng(seed)
    n, d = rows.x.shape
    usable = int((rows.weight > 0).sum())
    first = generator.choice(n, size=number, p=rows.weight, replace=usable < number)
    start = np.concatenate(
        [
            (rows.x[first] + 0.1 * generator.standard_normal((number, d))).ravel(),
            np.zeros(number),
            np.full(d, 4.0 / d),
        ]
    )
    told = 0

    def objective(flat: Array) -> tuple[float, Array]:
        nonlocal told
        told += 1
        progress(
            min(told / (1.3 * MOST_STEPS), 1.0), f"Learning prototypes: step {told} of about {MOST_STEPS}"
        )
        return loss(flat, rows, number, evenness=evenness, rebuild=rebuild)

    bounds: list[tuple[float | None, float | None]] = [(None, None)] * (number * (d + 1)) + [(0.0, None)] * d
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": MOST_STEPS, "maxfun": int(1.3 * MOST_STEPS)},
    )
    vectors, logits, scale = _parts(found.x, number, d)
    return Prototypes(vectors=vectors, scale=scale, chance=expit(logits))


def loss(flat: Array, rows: Rows, number: int, *, evenness: float, rebuild: float) -> tuple[float, Array]:
    """Give the loss and its gradient.

    Parameters
    ----------
    flat : ndarray of shape (k d + k + d,)
        Prototypes, log-odds of their positive labels, and scales.
    rows : Rows
        The rows.
    number : int
        How many prototypes, k.
    evenness, rebuild : float
        Weights of the parts.

    Returns
    -------
    value : float
        Log loss + rebuild · mean squared error + evenness · distance of a group's mean resemblances from everybody's.
    gradient : ndarray of shape (k d + k + d,)
        Its slope.
    """
    x, w = rows.x, rows.weight[:, None]
    d = x.shape[1]
    v, logits, a = _parts(flat, number, d)
    m = resemblance(x, v, a)
    q = expit(logits)
    p = np.clip(m @ q, _SMALL, 1 - _SMALL)
    rest = x - m @ v
    by_group = rows.share @ m
    uneven, uneven_slope = _unevenness(by_group, rows.mass)
    value = float(
        -(rows.weight * (rows.label * np.log(p) + (1 - rows.label) * np.log1p(-p))).sum()
        + rebuild * (w * rest * rest).sum() / d
        + evenness * uneven
    )
    pull = (rows.weight * (p - rows.label) / (p * (1 - p)))[:, None]
    back = -2 * rebuild / d * w * rest
    slope = pull * q + back @ v.T + evenness * rows.share.T @ uneven_slope
    near = -m * (slope - (slope * m).sum(axis=1, keepdims=True))  # with respect to the distances
    near_x, near_sum = near.T @ x, near.sum(axis=0)
    to_v = -2 * a * (near_x - near_sum[:, None] * v) + m.T @ back
    to_a = near.sum(axis=1) @ (x * x) - 2 * (near_x * v).sum(axis=0) + near_sum @ (v * v)
    to_logits = (m * pull).sum(axis=0) * q * (1 - q)
    return value, np.concatenate([to_v.ravel(), to_logits, to_a])


def _unevenness(by_group: Array, mass: Array) -> tuple[float, Array]:
    """Mean absolute distance of a person's group from everybody, over all prototypes, with its slope by group."""
    apart = by_group - mass @ by_group
    size = np.sqrt(apart * apart + _SMOOTH)
    value = float((mass[:, None] * (size - np.sqrt(_SMOOTH))).sum())
    pull = mass[:, None] * apart / size
    return value, pull - mass[:, None] * pull.sum(axis=0)


def _parts(flat: Array, number: int, d: int) -> tuple[Array, Array, Any]:
    cut = number * d
    return flat[:cut].reshape(number, d), flat[cut : cut + number], flat[cut + number :]
