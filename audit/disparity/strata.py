"""People arranged by stratum and group, and what becomes of a gap within the strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.cells import Cells, display_order
from audit.inference.strata import Effect, Strata
from audit.metrics.rates import rate_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.metrics.rates import Rate
    from audit.rows.comparable import Pattern


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layers:
    """One sensitive column within the strata that the control columns make.

    Parameters
    ----------
    column : str
        The sensitive column.
    control : tuple of str
        The control columns.
    groups : tuple of str
        Its groups, in display order.
    unknown_groups : ndarray of bool of shape (n_groups,)
        Whether the group stands for "not recorded".
    strata : tuple of tuple of str
        Values of the control columns, in display order.
    unknown_strata : ndarray of bool of shape (n_strata,)
        Whether a control value was not recorded.
    cells : Cells
        Counts of every stratum × group, strata first; where nobody is, the counts are 0.
    """

    column: str
    control: tuple[str, ...]
    groups: tuple[str, ...]
    unknown_groups: NDArray[np.bool_]
    strata: tuple[tuple[str, ...], ...]
    unknown_strata: NDArray[np.bool_]
    cells: Cells

    @property
    def shape(self) -> tuple[int, int]:
        """Number of strata and of groups."""
        return len(self.strata), len(self.groups)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """People of each stratum × group, of shape (n_strata, n_groups)."""
        return self.cells.sizes.reshape(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerRates:
    """One rate of every stratum × group, each array of shape (n_strata, n_groups).

    Parameters
    ----------
    value : ndarray
        The rate; NaN where it is not estimable.
    n : ndarray
        People in the denominator.
    effective : ndarray
        Effective number in the denominator.
    weight : ndarray
        Sum of weights in the denominator.
    """

    value: NDArray[np.float64]
    n: NDArray[np.float64]
    effective: NDArray[np.float64]
    weight: NDArray[np.float64]


def layers(strata: Cells, n_sensitive: int, column: str) -> Layers | None:
    """Arrange people by stratum and by the groups of one sensitive column.

    Parameters
    ----------
    strata : Cells
        Cells whose attributes are the sensitive columns, then the control columns.
    n_sensitive : int
        How many of them are sensitive.
    column : str
        A sensitive column; as a control column of its own it is left out.

    Returns
    -------
    Layers or None
        None where no control column is left.
    """
    names = strata.sensitive
    at = names.index(column)
    picks = [i for i in range(n_sensitive, len(names)) if names[i] != column]
    if not picks:
        return None
    attributes = tuple(strata.attributes[i] for i in picks)
    keys = [tuple(group[i] for i in picks) for group in strata.groups]
    found = display_order(set(keys), attributes)
    levels = strata.attributes[at].levels
    row = {key: i for i, key in enumerate(found)}
    place = {level: i for i, level in enumerate(levels)}
    flat = np.array(
        [row[key] * len(levels) + place[group[at]] for key, group in zip(keys, strata.groups, strict=True)]
    )

    def gather(array: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((len(found) * len(levels), 2, 2))
        np.add.at(out, flat, array)
        return out

    missing = [attribute.missing for attribute in attributes]
    return Layers(
        column=column,
        control=tuple(names[i] for i in picks),
        groups=levels,
        unknown_groups=np.array([level == strata.attributes[at].missing for level in levels]),
        strata=found,
        unknown_strata=np.array(
            [any(m is not None and m == part for m, part in zip(missing, key, strict=True)) for key in found]
        ),
        cells=Cells(
            attributes=(),
            groups=((),) * (len(found) * len(levels)),
            n=gather(strata.n),
            w=gather(strata.w),
            w2=gather(strata.w2),
            weighted=strata.weighted,
        ),
    )


def layer_rates(rate: Rate, layered: Layers) -> LayerRates:
    """Compute a rate for every stratum × group.

    Parameters
    ----------
    rate : Rate
        Which rate.
    layered : Layers
        The people.

    Returns
    -------
    LayerRates
        Value, n, effective n and weight.
    """
    table = rate_table(rate, layered.cells)
    weight = sum(layered.cells.w[:, label, decision] for label, decision in rate.denominator)
    return LayerRates(
        value=table.value.reshape(layered.shape),
        n=table.n.reshape(layered.shape),
        effective=table.n_effective.reshape(layered.shape),
        weight=np.asarray(weight).reshape(layered.shape),
    )


def pair_up(rates: LayerRates, group: int, reference: int, use: NDArray[np.bool_]) -> Strata:
    """Put two groups beside each other in every stratum that has both.

    Parameters
    ----------
    rates : LayerRates
        One rate.
    group, reference : int
        Positions of the groups.
    use : ndarray of bool of shape (n_strata,)
        Strata that may be used.

    Returns
    -------
    Strata
        The strata in which both rates are known.
    """
    kept = both_known(rates, group, reference) & use
    return Strata(
        p1=rates.value[kept, group],
        n1=rates.effective[kept, group],
        p0=rates.value[kept, reference],
        n0=rates.effective[kept, reference],
        weight=rates.weight[kept, group] + rates.weight[kept, reference],
    )


def both_known(rates: LayerRates, group: int, reference: int) -> NDArray[np.bool_]:
    """Say in which strata two groups can both be estimated.

    Parameters
    ----------
    rates : LayerRates
        One rate.
    group, reference : int
        Positions of the groups.

    Returns
    -------
    ndarray of bool of shape (n_strata,)
        True where somebody of each is in the denominator.
    """
    return np.asarray(~np.isnan(rates.value[:, group]) & ~np.isnan(rates.value[:, reference]))


def pattern(crude: Effect, adjusted: Effect) -> Pattern:
    """Say what becomes of a difference when comparable people are compared.

    Parameters
    ----------
    crude : Effect
        The difference over everybody, with its interval.
    adjusted : Effect
        The difference within strata, with its interval.

    Returns
    -------
    {"remains", "shrinks", "vanishes", "reverses", "appears", "cannot_tell"}
        What the two intervals allow to say.

    Notes
    -----
    A difference is *shown* where its interval leaves out 0. Where the crude one is shown: *reverses* if the adjusted one
    is shown with the other sign; *shrinks* if it is shown with the same sign and its whole interval is nearer to 0 than
    the crude difference; *remains* if it is shown with the same sign otherwise; *vanishes* if it is not shown and its
    whole interval is nearer to 0 than the crude difference. Where only the adjusted one is shown, the difference
    *appears*. Everything else is *cannot tell*.
    """
    if np.isnan(adjusted.value) or np.isnan(crude.value):
        return "cannot_tell"
    before, after = _sign(crude), _sign(adjusted)
    if before == 0:
        return "appears" if after else "cannot_tell"
    if after == -before:
        return "reverses"
    nearer = max(abs(adjusted.low), abs(adjusted.high)) < abs(crude.value)
    if after == 0:
        return "vanishes" if nearer else "cannot_tell"
    return "shrinks" if nearer else "remains"


def _sign(effect: Effect) -> int:
    """Give the sign of a difference whose interval leaves out 0, or 0."""
    return 1 if effect.low > 0 else -1 if effect.high < 0 else 0
