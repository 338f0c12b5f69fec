"""The case that worst-group training is for: a small group in which another rule holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.mitigation.table import TrainingTable

NAMES = (("many",), ("few",))


def two_rules(n=20_000, seed=0, share=0.1):
    """Rows of which a tenth follow another rule, and only what is common to both can be learned for both."""
    rng = np.random.default_rng(seed)
    few = rng.random(n) < share
    x = rng.normal(size=(n, 5))
    margin = np.where(few, -0.4 * x[:, 0] + 2.1 * x[:, 1], 2.1 * x[:, 0])
    label = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    return TrainingTable(
        frame=pd.DataFrame(x, columns=list("abcde")),
        label=label,
        group=few.astype(np.int64),
        groups=NAMES,
        weight=np.ones(n),
    )


def published_solver(fit, losses, shares, fits, *, a=1.0, b=0.5):
    """Multiplicative weights as Diana et al. (2021) publish them: their step, and the mean over all rounds.

    ``fit`` takes the weight of each group and gives a model, ``losses`` its group losses, ``shares`` starts the weights.
    Gives the mean group losses so far, and the mean weights so far, after each round.
    """
    weights, total, heaped, path = np.array(shares, dtype=float), 0.0, 0.0, []
    for t in range(1, fits + 1):
        found = losses(fit(weights))
        total, heaped = total + found, heaped + weights
        path.append((total / t, heaped / t))
        weights = weights * np.exp(a * t**-b * found)
        weights = weights / weights.sum()
    return path
