"""Which rates a criterion compares, and the gaps that chance alone would show in them."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from audit.inference.chance import AT_ONCE, drawn_gaps, equal_groups

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

_SECOND = frozenset({"false_positive_rate", "negative_predictive_value"})
"""Streams that a criterion holds beside another one: the two must not share their normal numbers."""


def chance_draws(
    name: str, rates: Sequence[Estimates], sensitive: tuple[str, ...], plan: Plan
) -> NDArray[np.float64]:
    """Draw the gaps of a rate or a criterion that chance alone would show if all groups were equal.

    Parameters
    ----------
    name : str
        Id of the rate or criterion. What one shows never depends on which others are asked for; a rate and its
        complement, whose gaps are the same, share a stream, and a criterion takes those of its rates. Large groups of
        rates that no criterion holds together start from the same normal numbers, which are dear to draw.
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
        stream = (_STREAM.get(one, one), *sensitive)
        drawn.append(_drawn(plan.seed, stream, sizes.tobytes(), pooled, plan.replicates))
    # The worst of two rates is larger by chance than either of them: the larger is taken in every replicate.
    return np.asarray((np.mean if name in AVERAGED else np.max)(drawn, axis=0))


@lru_cache(maxsize=128)
def _drawn(
    seed: int, stream: tuple[str, ...], sizes: bytes, pooled: float, replicates: int
) -> NDArray[np.float64]:
    """Draw gaps once for all rates and criteria that share a stream."""
    name, *sensitive = stream
    shared = ("second" if name in _SECOND else "first", *sensitive)

    def scores(lot: int) -> NDArray[np.float32]:
        return _scores(seed, shared, lot, replicates)

    found = drawn_gaps(
        np.frombuffer(sizes, dtype=np.int64),
        pooled,
        replicates=replicates,
        rng=np.random.default_rng([seed, _number(stream)]),
        scores=scores,
    )
    found.setflags(write=False)
    return found


@lru_cache(maxsize=32)
def _scores(seed: int, shared: tuple[str, ...], lot: int, replicates: int) -> NDArray[np.float32]:
    """Draw the normal numbers of a lot of groups once for all rates that may share them."""
    rng = np.random.default_rng([seed, _number(shared), lot])
    drawn = rng.standard_normal((AT_ONCE, replicates), dtype=np.float32)
    drawn.setflags(write=False)
    return drawn


def _number(stream: tuple[str, ...]) -> int:
    return zlib.crc32("|".join(stream).encode())


def forget_draws() -> None:
    """Forget what was drawn, as a new process has nothing drawn yet."""
    _drawn.cache_clear()
    _scores.cache_clear()
