"""The linear model whose worst group is best: smooth-max with its gradient, a path of trade-offs, and a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.mitigation.minimax.weights import smooth_max

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.minimax.losses import Loss
    from audit.mitigation.minimax.weights import Shares
    from audit.progress import Progress

    Array = NDArray[np.float64]

_COOLING: Final = (0.05, 0.015, 0.005)
_COLD: Final = (0.005, 0.002)
"""Temperatures of the smooth maximum, each started from the solution of the one before."""

_COLDEST: Final = 0.0005
"""Where the worst group is all that counts, for the certificate: it is as loose as the maximum is smooth."""

_MOST_STEPS: Final = 500
_TOLERANCE: Final = 1e-5
_BEND: Final = 0.1
"""About p (1 − p), by which a squared column bends the log-loss."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Rows as a matrix, and whose losses count.

    Parameters
    ----------
    table : ndarray or scipy.sparse array of shape (n, columns)
        Numbers that the model looks at.
    label : ndarray of int8 of shape (n,)
        0 or 1.
    shares : Shares
        What each row has to say.
    inside : ndarray of bool of shape (groups,)
        The groups whose losses compete; the others only count among everybody.
    loss : Loss
        What is lowered.
    ridge : float
        Factor of half the squared length of the coefficients; the intercept is free.
    """

    table: Any
    label: NDArray[np.int8]
    shares: Shares
    inside: NDArray[np.bool_]
    loss: Loss
    ridge: float

    def lengths(self) -> Array:
        """Give for each coefficient how far it moves the loss by about as much as any other.

        Returns
        -------
        ndarray of float64 of shape (columns + 1,)
            Above 0.
        """
        squares = np.asarray((self.table * self.table).T @ self.shares.everybody).ravel()
        return np.append(1 / np.sqrt(_BEND * squares + self.ridge), 1 / np.sqrt(_BEND))

    def margins(self, theta: Array) -> Array:
        """Give the log-odds of each row.

        Parameters
        ----------
        theta : ndarray of float64 of shape (columns + 1,)
            Coefficients, then the intercept.

        Returns
        -------
        ndarray of float64 of shape (n,)
            Any numbers.
        """
        return np.asarray(self.table @ theta[:-1] + theta[-1])

    def losses(self, theta: Array) -> tuple[Array, float]:
        """Give the loss that is trained on, by group and of everybody.

        Parameters
        ----------
        theta : ndarray of float64 of shape (columns + 1,)
            Coefficients, then the intercept.

        Returns
        -------
        by_group : ndarray of float64 of shape (groups,)
            NaN for a group of which no row counts.
        overall : float
            Everybody's.
        """
        row = self.loss.slope()(self.margins(theta), self.label)[0]
        return self.shares.by_group(row), self.shares.overall(row)

    def penalty(self, theta: Array) -> float:
        """Give what large coefficients cost.

        Parameters
        ----------
        theta : ndarray of float64 of shape (columns + 1,)
            Coefficients, then the intercept.

        Returns
        -------
        float
            0 or more.
        """
        return 0.5 * self.ridge * float(theta[:-1] @ theta[:-1])

    def weighted(self, theta: Array, of_group: Array, of_everybody: float) -> tuple[float, Array]:
        """Give a fixed mixture of group losses and everybody's, with penalty and gradient.

        Parameters
        ----------
        theta : ndarray of float64 of shape (columns + 1,)
            Coefficients, then the intercept.
        of_group : ndarray of float64 of shape (groups,)
            Factor of each group's loss.
        of_everybody : float
            Factor of everybody's loss.

        Returns
        -------
        value : float
            The mixture.
        gradient : ndarray of float64 of shape (columns + 1,)
            By coefficient.
        """
        row, slope = self.loss.slope()(self.margins(theta), self.label)
        weight = self.shares.blend(of_group, of_everybody)
        return float(weight @ row) + self.penalty(theta), self._gradient(theta, weight * slope)

    def mixed(self, theta: Array, focus: float, temperature: float) -> tuple[float, Array]:
        """Give focus × worst group + (1 − focus) × everybody, with penalty and gradient.

        Parameters
        ----------
        theta : ndarray of float64 of shape (columns + 1,)
            Coefficients, then the intercept.
        focus : float
            Share of the worst group, 0 to 1.
        temperature : float
            Of the smooth maximum.

        Returns
        -------
        value : float
            The objective.
        gradient : ndarray of float64 of shape (columns + 1,)
            By coefficient.
        """
        row, slope = self.loss.slope()(self.margins(theta), self.label)
        value, dual = smooth_max(self.shares.by_group(row)[self.inside], temperature)
        of_group = np.zeros(len(self.inside))
        of_group[self.inside] = focus * dual
        weight = self.shares.blend(of_group, 1 - focus)
        value = focus * value + (1 - focus) * self.shares.overall(row) + self.penalty(theta)
        return value, self._gradient(theta, weight * slope)

    def _gradient(self, theta: Array, pull: Array) -> Array:
        return np.append(self.table.T @ pull + self.ridge * theta[:-1], pull.sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One model of the path.

    Parameters
    ----------
    focus : float
        Share of the worst group in what was minimised, from 0 to 1: :math:`1 / (1 + ρ)`.
    theta : ndarray of float64 of shape (columns + 1,)
        Coefficients, then the intercept.
    dual : ndarray of float64 of shape (groups,)
        The weight that each group had in the end; they add up to 1.
    """

    focus: float
    theta: Array
    dual: Array


def solve_path(problem: Problem, focuses: Sequence[float], *, progress: Progress) -> tuple[Point, ...]:
    """Solve from everybody's loss towards the worst group's, each model started from the one before.

    Parameters
    ----------
    problem : Problem
        Rows and loss.
    focuses : sequence of float
        Rising shares of the worst group, from 0 to 1.
    progress : callable
        Told the share done; may raise to stop.

    Returns
    -------
    tuple of Point
        In the same order.
    """
    theta = np.zeros(problem.table.shape[1] + 1)
    points: list[Point] = []
    for place, focus in enumerate(focuses):
        progress(
            place / len(focuses), f"Model {place + 1} of {len(focuses)} between everybody and the worst group"
        )
        warm = bool(points) and points[-1].focus > 0
        temperatures = _temperatures(focus, warm=warm)
        for temperature in temperatures:
            theta = _descend(problem, theta, focus, temperature, progress=(progress, place / len(focuses)))
        points.append(Point(focus=focus, theta=theta, dual=dual_weights(problem, theta, temperatures[-1])))
    return tuple(points)


def _temperatures(focus: float, *, warm: bool) -> tuple[float, ...]:
    if focus == 0:
        return (1.0,)
    start = _COLD if warm else (*_COOLING, _COLD[-1])
    return (*start, _COLDEST) if focus == 1 else start


def dual_weights(problem: Problem, theta: Array, temperature: float) -> Array:
    """Give the weights of the groups at a model, those that its smooth maximum puts on them.

    Parameters
    ----------
    problem : Problem
        Rows and loss.
    theta : ndarray of float64 of shape (columns + 1,)
        Coefficients, then the intercept.
    temperature : float
        Of the smooth maximum.

    Returns
    -------
    ndarray of float64 of shape (groups,)
        They add up to 1; 0 for groups that do not compete.
    """
    dual = np.zeros(len(problem.inside))
    dual[problem.inside] = smooth_max(problem.losses(theta)[0][problem.inside], temperature)[1]
    return dual


def lower_bound(problem: Problem, point: Point, *, of_everybody: float = 0.0) -> float:
    r"""Give a value that no model of this kind can have a worst group below: one more weighted fit.

    Parameters
    ----------
    problem : Problem
        Rows and a convex loss.
    point : Point
        Where the weights of the groups come from, and where the fit starts.
    of_everybody : float, default 0.0
        Factor of everybody's loss beside the worst group's, for a bound of their sum.

    Returns
    -------
    float
        :math:`\min_h \sum_g q_g L_g(h) + ρ L(h)`, with the penalty of the coefficients.

    Notes
    -----
    For any weights q that add up to 1 and any h, :math:`\max_g L_g(h) \ge \sum_g q_g L_g(h)`.
    """
    found = _minimise(
        lambda theta: problem.weighted(theta, point.dual, of_everybody), point.theta, problem.lengths()
    )
    return problem.weighted(found, point.dual, of_everybody)[0]


def certificate(problem: Problem, point: Point, bound: float, *, of_everybody: float = 0.0) -> float:
    """Say by how much a model of this kind could at most have a better worst group.

    Parameters
    ----------
    problem : Problem
        Rows and a convex loss.
    point : Point
        The model.
    bound : float
        From :func:`lower_bound`.
    of_everybody : float, default 0.0
        As there.

    Returns
    -------
    float
        0 or more.
    """
    by_group, overall = problem.losses(point.theta)
    value = float(by_group[problem.inside].max()) + of_everybody * overall + problem.penalty(point.theta)
    return max(value - bound, 0.0)


def _descend(
    problem: Problem, start: Array, focus: float, temperature: float, *, progress: tuple[Progress, float]
) -> Array:
    tell, share = progress
    steps = 0

    def beat(_: Array) -> None:
        nonlocal steps
        steps += 1
        if steps % 25 == 0:
            tell(share, "Lowering the loss of the worst group")

    return _minimise(lambda theta: problem.mixed(theta, focus, temperature), start, problem.lengths(), beat)


def _minimise(function: Any, start: Array, length: Array, callback: Any = None) -> Array:
    """Minimise in coordinates in which every column bends the loss about as much, or rare levels take very long."""
    from scipy.optimize import minimize

    def scaled(place: Array) -> tuple[float, Array]:
        value, gradient = function(place * length)
        return value, gradient * length

    found = minimize(
        scaled,
        start / length,
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options={"maxiter": _MOST_STEPS, "maxcor": 20, "gtol": _TOLERANCE, "ftol": 1e-11, "maxfun": 2000},
    )
    return np.asarray(found.x * length, dtype=np.float64)
