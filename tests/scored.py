"""Score cells counted by hand from plain lists, for tests."""

from __future__ import annotations

import numpy as np

from audit.cells import Attribute
from audit.tables.scores import ScoreCells


def counted(score, label, group, *, weight=None, bins=None, missing=None):
    """Score cells of one column g; every value is a bin of its own, or ``bins`` equal ones from 0 to 1."""
    score, label = np.asarray(score, dtype=float), np.asarray(label, dtype=int)
    names = [str(name) for name in group]
    w = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=float)
    if bins is None:
        cuts, where = np.unique(score, return_inverse=True)
    else:
        cuts = np.arange(bins) / bins
        where = np.minimum(np.searchsorted(cuts, score, side="right") - 1, bins - 1)
    levels = tuple(sorted(set(names)))
    g = np.array([levels.index(name) for name in names])
    arrays = [np.zeros((len(levels), 2, len(cuts))) for _ in range(4)]
    for array, each in zip(arrays, (np.ones(len(score)), w, w * w, w * score), strict=True):
        np.add.at(array, (g, label, where), each)
    n, sums, squares, totals = arrays
    return ScoreCells(
        attributes=(Attribute(column="g", levels=levels, missing=missing),),
        groups=tuple((level,) for level in levels),
        cuts=tuple(cuts.tolist()),
        n=n,
        w=sums,
        w2=squares,
        s=totals,
        exact=bins is None,
        weighted=weight is not None,
    )


def drawn(n=600, *, seed=1, groups="ab", shift=0.0):
    """Scores that keep their promise but for a shift of the second group's labels."""
    rng = np.random.default_rng(seed)
    group = rng.choice(list(groups), n)
    score = rng.beta(2, 2, n)
    chance = np.clip(score + shift * (group == groups[1]), 0, 1)
    return score, (rng.random(n) < chance).astype(int), group
