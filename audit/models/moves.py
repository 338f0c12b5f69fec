"""How features are moved before a model sees them: the arithmetic that repairs and the files of their models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """The values of a column in some rows, each with the middle of the ranks it takes up.

    Parameters
    ----------
    values : ndarray of float64
        Distinct values, rising.
    ranks : ndarray of float64
        P(X < value) + ½ P(X = value) for each.
    """

    values: Array
    ranks: Array


def to_median(
    values: Array,
    group: NDArray[np.integer[Any]],
    *,
    groups: Sequence[Distribution | None],
    everybody: Distribution,
) -> Array:
    """Bring values to the median over groups of the quantile they have within their own.

    Parameters
    ----------
    values : ndarray of float64 of shape (n,)
        Values; those that are not finite stay.
    group : ndarray of int of shape (n,)
        Group codes; −1 for a group that training did not know.
    groups : sequence of (Distribution or None)
        Of each group; None where it has too few values and is read like everybody.
    everybody : Distribution
        Of all rows.

    Returns
    -------
    ndarray of float64 of shape (n,)
        The values after a full repair.
    """
    found = values.copy()
    known = np.isfinite(values)
    own = [each for each in groups if each is not None] or [everybody]
    for code in (-1, *range(len(groups))):
        rows = known & (group == code)
        if not rows.any():
            continue
        mine = (groups[code] if code >= 0 else None) or everybody
        rank = np.interp(values[rows], mine.values, mine.ranks)
        quantiles = [np.interp(rank, each.ranks, each.values) for each in own]
        found[rows] = np.median(quantiles, axis=0)
    return found


def resemblance(x: Array, vectors: Array, scale: Array) -> Array:
    """Say how much each row resembles each of a few vectors.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        Rows.
    vectors : ndarray of shape (k, d)
        The vectors.
    scale : ndarray of shape (d,)
        What each column counts, 0 or more.

    Returns
    -------
    ndarray of shape (n, k)
        softmax(−Σ_j a_j (x_j − v_j)²); each row adds up to 1.
    """
    far = (x * x) @ scale[:, None] - 2 * (x * scale) @ vectors.T + (vectors * vectors) @ scale
    far -= far.min(axis=1, keepdims=True)
    near = np.exp(-far)
    return np.asarray(near / near.sum(axis=1, keepdims=True))
