"""The linear programme over the hulls: the cheapest thresholds whose rates are alike within a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import AuditError
from audit.mitigation.hull.aims import rate_of, wide
from audit.mitigation.hull.curves import reached
from audit.mitigation.rule import GroupRule, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.mitigation.hull.aims import Aim
    from audit.mitigation.hull.curves import Curve

    Array = NDArray[np.float64]

_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What is to be chosen, and under which conditions.

    Parameters
    ----------
    curves : tuple of Curve
        The groups whose thresholds are set.
    others : tuple of Curve
        Groups that keep the threshold of now: too few of their people are in a rate of the aim.
    aim : Aim
        What is to be alike.
    cost : tuple of (float, float)
        What a false positive and a false negative cost.
    floors : tuple of float
        For each of ``curves``, the least chance that its people may have.
    groups : tuple of tuple of str
        Every group.
    threshold : float
        The threshold of now.
    """

    curves: tuple[Curve, ...]
    others: tuple[Curve, ...]
    aim: Aim
    cost: tuple[float, float]
    floors: tuple[float, ...]
    groups: tuple[tuple[str, ...], ...]
    threshold: float

    def costs(self, curve: Curve, tp: Array, fp: Array) -> Array:
        """Give the cost of the errors of one group.

        Parameters
        ----------
        curve : Curve
            The group.
        tp, fp : ndarray
            Weight of the selected people of each label.

        Returns
        -------
        ndarray
            Weight of the errors, times what they cost.
        """
        return np.asarray(self.cost[0] * fp + self.cost[1] * (curve.positives - tp))

    @property
    def mass(self) -> float:
        """Weight of everybody whose thresholds are set."""
        return sum(curve.positives + curve.negatives for curve in self.curves)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What thresholds lead to on the rows that they were set on.

    Parameters
    ----------
    steps : tuple of tuple of Step
        For every group its thresholds with their shares.
    rates : dict of str to list of float
        Each rate of the aim, for each of the problem's curves.
    gap : float
        The widest gap in a rate of the aim.
    accuracy : float
        Share of right decisions, of everybody in a group that is listed.
    cost : float
        Mean cost of the errors of those whose thresholds are set.
    """

    steps: tuple[tuple[Step, ...], ...]
    rates: dict[str, list[float]]
    gap: float
    accuracy: float
    cost: float

    def rule(self, problem: Problem) -> GroupRule:
        """Give the thresholds as a rule.

        Parameters
        ----------
        problem : Problem
            Groups and the threshold of now, for people of any other group.

        Returns
        -------
        GroupRule
            The rule.
        """
        return GroupRule(groups=problem.groups, steps=self.steps, otherwise=problem.threshold)


def weigh(problem: Problem, steps: Sequence[tuple[Step, ...]]) -> Outcome:
    """Say what thresholds lead to.

    Parameters
    ----------
    problem : Problem
        The groups.
    steps : sequence of tuple of Step
        For each of its curves the thresholds with their shares.

    Returns
    -------
    Outcome
        With the threshold of now for every other group.
    """
    now: tuple[Step, ...] = (Step(threshold=problem.threshold),)
    every = [now] * len(problem.groups)
    for curve, own in zip(problem.curves, steps, strict=True):
        every[curve.code] = own
    favourable = problem.aim.favourable
    masses = [reached(curve, own) for curve, own in zip(problem.curves, steps, strict=True)]
    rates = {
        rate: [
            float(rate_of(rate, curve, favourable, *mass))
            for curve, mass in zip(problem.curves, masses, strict=True)
        ]
        for rate in problem.aim.rates
    }
    right = total = 0.0
    for curve in (*problem.curves, *problem.others):
        tp, fp = reached(curve, every[curve.code])
        right += tp + curve.negatives - fp
        total += curve.positives + curve.negatives
    cost = sum(
        float(problem.costs(curve, np.array(tp), np.array(fp)))
        for curve, (tp, fp) in zip(problem.curves, masses, strict=True)
    )
    return Outcome(
        steps=tuple(every),
        rates=rates,
        gap=max(wide(values) for values in rates.values()),
        accuracy=right / total,
        cost=cost / problem.mass,
    )


def solve(problem: Problem, tolerance: float) -> Outcome:
    r"""Find the cheapest thresholds whose rates are alike within a tolerance; draws are allowed.

    Parameters
    ----------
    problem : Problem
        The groups and the conditions.
    tolerance : float
        The widest gap allowed in each rate of the aim, 0 to 1.

    Returns
    -------
    Outcome
        At most two thresholds for each group; three where two rates are to be alike.

    Raises
    ------
    AuditError
        Where the solver finds no answer, which selecting everybody or nobody always is.

    Notes
    -----
    With :math:`w_{gk}` the share of the corner k of the hull of group g, and :math:`u_j` the lowest value of rate j:

    .. math:: \min \sum_{g,k} w_{gk} c_{gk} \quad \text{with} \quad \sum_k w_{gk} = 1, \quad
              0 \le \sum_k w_{gk} r_{jgk} - u_j \le \text{tolerance}, \quad \sum_k w_{gk} r_{0gk} \ge \text{floor}_g

    References
    ----------
    .. [1] Hardt, Price, Srebro (2016), "Equality of opportunity in supervised learning", NeurIPS 29.
    .. [2] Cruz, Hardt (2024), "Unprocessing seven years of algorithmic fairness", ICLR.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    corners = [(curve, curve.tp[curve.corners], curve.fp[curve.corners]) for curve in problem.curves]
    c = np.concatenate([problem.costs(curve, tp, fp) for curve, tp, fp in corners]) / problem.mass
    owner = np.repeat(np.arange(len(corners)), [len(curve.corners) for curve in problem.curves])
    low, bound = _conditions(problem, corners, owner, tolerance)
    n_rates = len(problem.aim.rates)
    place = np.arange(len(c))
    one: Any = csr_array((np.ones(len(c)), (owner, place)), shape=(len(corners), len(c) + n_rates))
    found = linprog(
        np.concatenate([c, np.zeros(n_rates)]),
        A_ub=low,
        b_ub=bound,
        A_eq=one,
        b_eq=np.ones(len(corners)),
        bounds=(0, 1),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.x is None:
        raise AuditError(
            "No thresholds could be found.",
            why=str(found.message),
            fix="Try a larger tolerance or other conditions.",
            code="thresholds_infeasible",
        )
    share = found.x[: len(c)]
    return weigh(
        problem,
        [_steps(curve.threshold[curve.corners], share[owner == g]) for g, curve in enumerate(problem.curves)],
    )


def _conditions(
    problem: Problem, corners: list[tuple[Curve, Array, Array]], owner: NDArray[np.int64], tolerance: float
) -> tuple[Any, Array]:
    """Write the conditions as rows that must not exceed a bound."""
    from scipy.sparse import csr_array, hstack, vstack

    favourable, n_groups, n_rates = problem.aim.favourable, len(corners), len(problem.aim.rates)
    place = np.arange(len(owner))

    def spread(rate: str) -> csr_array:
        values = np.concatenate([rate_of(rate, curve, favourable, tp, fp) for curve, tp, fp in corners])
        return csr_array((values, (owner, place)), shape=(n_groups, len(owner)))

    rows, bounds = [], []
    for j, rate in enumerate(problem.aim.rates):
        own = spread(rate)
        lowest = np.zeros((n_groups, n_rates))
        lowest[:, j] = 1.0
        rows += [hstack([-own, csr_array(lowest)]), hstack([own, csr_array(-lowest)])]
        bounds += [np.zeros(n_groups), np.full(n_groups, tolerance)]
    floors = np.array(problem.floors)
    wanted = np.flatnonzero(floors > 0)
    if len(wanted):
        chance = spread("chance")[wanted]
        rows.append(hstack([-chance, csr_array((len(wanted), n_rates))]))
        bounds.append(-floors[wanted])
    return vstack(rows, format="csr"), np.concatenate(bounds)


def _steps(threshold: Array, share: Array) -> tuple[Step, ...]:
    """Keep the thresholds that have a share, with shares that add up to 1."""
    kept = np.flatnonzero(share > _TINY)
    total = float(share[kept].sum())
    return tuple(Step(threshold=float(threshold[k]), share=float(share[k] / total)) for k in kept)
