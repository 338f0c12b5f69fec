"""Scores for tests of thresholds by group."""

from __future__ import annotations

import numpy as np

from audit.mitigation.catalogue import make
from audit.mitigation.repair import Scores
from audit.progress import silent


def draw_scores(
    n=600, groups=2, seed=0, *, values=None, low=0.0, high=1.0, weighted=False, favourable="positive"
):
    """Scores that rank each group differently well, with base rates that differ."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    base = 0.25 + 0.4 * group / max(groups - 1, 1)
    label = (rng.random(n) < base).astype(np.int8)
    raw = rng.normal(label * (0.8 + 0.5 * (group % 2)) + 0.6 * base, 1.0)
    score = 1 / (1 + np.exp(-raw))
    if values is not None:
        score = np.round(score * values) / values
    return Scores(
        score=low + (high - low) * score,
        label=label,
        group=group,
        groups=tuple((f"g{k}",) for k in range(groups)),
        weight=rng.exponential(1.0, n) if weighted else np.ones(n),
        threshold=low + (high - low) * 0.6,
        favourable=favourable,
    )


def rates(scores, rule):
    """Rates of each group by hand: for each group (positives' rate, negatives' rate, selection, error)."""
    chance = rule.probability(scores.score, scores.group)
    found = []
    for code in range(len(scores.groups)):
        own = scores.group == code

        def mean(values, inside, own=own):
            rows = own & inside & (scores.weight > 0)
            return np.average(values[rows], weights=scores.weight[rows]) if rows.any() else np.nan

        everybody = np.ones(len(chance), dtype=bool)
        wrong = np.where(scores.label == 1, 1 - chance, chance)
        found.append(
            (
                mean(chance, scores.label == 1),
                mean(chance, scores.label == 0),
                mean(chance, everybody),
                mean(wrong, everybody),
            )
        )
    return np.array(found)


def gap(column):
    return np.nanmax(column) - np.nanmin(column)


def adjust(name, scores, **params):
    return make(name, params).adjust(scores, seed=0, progress=silent)
