"""Which rates a criterion compares, and the gaps that chance alone would show in them."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from audit.inference.gaps import drawn_gaps, equal_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.disparity.estimates import Estimates
    from audit.plan import Plan

CRITERION_RATES = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}
"""The rates each main criterion compares, after turning to the favourable outcome."""

MORE_CRITERION_RATES = {
    "average_odds": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity": ("precision",),
    "conditional_use_accuracy": ("precision", "negative_predictive_value"),
    "accuracy_equality": ("accuracy",),
}
"""The same for the further criteria."""

AVERAGED = frozenset({"average_odds"})
"""Criteria that take the mean of several gaps; the others take the worst."""

_TURNED = {
    "true_positive_rate": "true_negative_rate",
    "false_negative_rate": "false_positive_rate",
    "true_negative_rate": "true_positive_rate",
    "false_positive_rate": "false_negative_rate",
    "precision": "negative_predictive_value",
    "false_discovery_rate": "false_omission_rate",
    "negative_predictive_value": "precision",
    "false_omission_rate": "false_discovery_rate",
}
"""What a rate is called when the other outcome is the favourable one."""

_STREAM = {
    "selection_rate": "demographic_parity",
    "true_positive_rate": "equal_opportunity",
    "false_negative_rate": "equal_opportunity",
    "true_negative_rate": "false_positive_rate",
    "precision": "predictive_parity",
    "false_discovery_rate": "predictive_parity",
    "false_omission_rate": "negative_predictive_value",
    "accuracy": "accuracy_equality",
    "error_rate": "accuracy_equality",
}
"""Name of the stream that a rate draws from: a rate and its complement with one gap show one number for chance."""


def chance_draws(
    name: str, rates: Sequence[Estimates], sensitive: tuple[str, ...], plan: Plan
) -> NDArray[np.float64]:
    """Draw the gaps of a rate or a criterion that chance alone would show if all groups were equal.

    Parameters
    ----------
    name : str
        Id of the rate or criterion. Each rate has its own stream, so that adding one never changes another; a rate and
        its complement, whose gaps are the same, share one, and a criterion takes those of its rates.
    rates : sequence of Estimates
        The rates that it compares.
    sensitive : tuple of str
        The grouping.
    plan : Plan
        Seed and number of replicates.

    Returns
    -------
    ndarray of shape (replicates,)
        Gaps; NaN with fewer than two groups.
    """
    criterion = name in CRITERION_RATES or name in MORE_CRITERION_RATES
    # A criterion speaks of rates that are turned to the favourable outcome already.
    turn = plan.roles.favourable == "negative" and not criterion
    drawn = []
    for rate in rates:
        one = _TURNED.get(rate.rate.id, rate.rate.id) if turn else rate.rate.id
        sizes, pooled = equal_groups(rate.usable, rate.effective)
        stream = zlib.crc32("|".join([_STREAM.get(one, one), *sensitive]).encode())
        drawn.append(_drawn(plan.seed, stream, sizes.tobytes(), pooled, plan.replicates))
    # The worst of two rates is larger by chance than either of them: the larger is taken in every replicate.
    return np.asarray((np.mean if name in AVERAGED else np.max)(drawn, axis=0))


@lru_cache(maxsize=128)
def _drawn(seed: int, stream: int, sizes: bytes, pooled: float, replicates: int) -> NDArray[np.float64]:
    """Draw gaps once for all rates and criteria that share a stream."""
    rng = np.random.default_rng([seed, stream])
    found = drawn_gaps(np.frombuffer(sizes, dtype=np.int64), pooled, replicates=replicates, rng=rng)
    found.setflags(write=False)
    return found
