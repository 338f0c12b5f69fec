"""Simulation studies of the intervals, tests and guards; ``python -m tests.studies`` writes their table."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np

from audit.cells import Attribute, Cells
from audit.disparity.verdict import decide
from audit.inference.chance import chance_gaps
from audit.inference.clusters import Ties, design_effects
from audit.inference.gaps import difference_gap, ratio_gap, worst_group
from audit.inference.guards import debiased_gap, shrunken, split_worst
from audit.inference.intervals import newcombe
from audit.inference.tests import benjamini_hochberg, compare_rates, exceedance, holm, homogeneity
from audit.rows import DisparityRow

ALPHA = 0.05
SELECTED = (((0, 1), (1, 1)), ((0, 0), (0, 1), (1, 0), (1, 1)))


def spread(k, truth, centre=0.5):
    """k rates around the centre, the first and the last of them the gap apart."""
    return np.linspace(centre - truth / 2, centre + truth / 2, k)


def difference(k, n, truth, runs, seed=0):
    """How often the interval of the largest gap holds the true one."""
    rng = np.random.default_rng([k, n, seed])
    m, p, hit = np.full(k, n), spread(k, truth), 0
    for q in rng.binomial(n, p, size=(runs, k)) / n:
        found = difference_gap(q, m.astype(float), alpha=ALPHA, sizes=m)
        hit += found.low <= truth + 1e-12 and truth <= found.high
    return hit / runs


def ratio(k, n, low, high, runs):
    """The same for the ratio of the lowest to the highest rate."""
    rng = np.random.default_rng([k, n, 7])
    m, hit = np.full(k, n), 0
    for q in rng.binomial(n, np.linspace(low, high, k), size=(runs, k)) / n:
        found = ratio_gap(q, m.astype(float), alpha=ALPHA, sizes=m)
        hit += found.low <= low / high <= found.high + 1e-12
    return hit / runs


def worst(k, n, runs):
    """How often the bounds of the worst group hold the truly worst rate, and its distance to everybody."""
    rng = np.random.default_rng([k, n, 9])
    m, p = np.full(k, n), np.linspace(0.2, 0.35, k)
    rate = distance = 0
    for q in rng.binomial(n, p, size=(runs, k)) / n:
        others = (q.sum() - q) / (k - 1)
        rest = (others, m * (k - 1.0), np.full(k, 1 / k))
        found = worst_group(q, m.astype(float), rest, alpha=ALPHA, highest=True, sizes=m)
        rate += found.low <= p.max() <= found.high
        distance += found.distance_low <= p.max() - p.mean() <= found.distance_high
    return rate / runs, distance / runs


def weighted(k, n, truth, runs, sigma=0.7):
    """Coverage with row weights, through the effective number."""
    rng = np.random.default_rng([k, n, 11])
    p, hit, sizes = spread(k, truth), 0, np.full(k, n)
    for _ in range(runs):
        w = rng.lognormal(0, sigma, (k, n))
        q = (w * (rng.random((k, n)) < p[:, None])).sum(axis=1) / w.sum(axis=1)
        effective = w.sum(axis=1) ** 2 / (w**2).sum(axis=1)
        found = difference_gap(q, effective, alpha=ALPHA, sizes=sizes)
        hit += found.low <= truth + 1e-12 and truth <= found.high
    return hit / runs


def in_clusters(k, clusters, size, truth, runs, *, alike=0.3, across=False):
    """Coverage with and without allowing for clusters whose members are alike.

    Within: all members are of one group. Across: one member of each group.
    """
    rng = np.random.default_rng([k, clusters, size, 13, int(across)])
    p, with_, without = spread(k, truth), 0, 0
    for _ in range(runs):
        found, cells = _across(rng, p, clusters, alike) if across else _within(rng, p, clusters, size, alike)
        n = cells.n.sum(axis=(1, 2))
        q = cells.n[:, :, 1].sum(axis=1) / n
        effect = design_effects(found, *SELECTED, cells)
        sizes = n.astype(np.int64)
        one = difference_gap(q, n / effect, alpha=ALPHA, sizes=sizes)
        other = difference_gap(q, n, alpha=ALPHA, sizes=sizes)
        with_ += one.low <= truth + 1e-12 and truth <= one.high
        without += other.low <= truth + 1e-12 and truth <= other.high
    return with_ / runs, without / runs


def _cells(hits, totals):
    n = np.zeros((len(hits), 2, 2))
    n[:, 0, 1], n[:, 0, 0] = hits, totals - hits
    levels = tuple(f"g{i}" for i in range(len(hits)))
    groups = tuple((level,) for level in levels)
    return Cells(attributes=(Attribute(column="g", levels=levels),), groups=groups, n=n, w=n, w2=n)


def _pairs(number, kind, group, hits, sizes, k):
    w = np.zeros((len(kind), 2, 2))
    w[:, 0, 1], w[:, 0, 0] = hits, sizes - hits
    return Ties(number=number, kind=kind, group=group, w=w, n_groups=k)


def _within(rng, p, clusters, size, alike):
    k, kinds = len(p), np.arange(size + 1)
    scale = (1 - alike) / alike
    own = rng.beta(p[:, None] * scale, (1 - p[:, None]) * scale, (k, clusters))
    counts = np.stack([np.bincount(row, minlength=size + 1) for row in rng.binomial(size, own)])
    found = _pairs(
        counts.ravel().astype(float),
        np.arange(k * (size + 1)),
        np.repeat(np.arange(k), size + 1),
        np.tile(kinds, k),
        np.full(k * (size + 1), size),
        k,
    )
    return found, _cells((counts * kinds).sum(axis=1).astype(float), np.full(k, clusters * size, dtype=float))


def _across(rng, p, clusters, alike):
    """Households of one member of each group, who share their luck with some probability."""
    k = len(p)
    luck = np.where(rng.random((clusters, 1)) < alike, rng.random((clusters, 1)), rng.random((clusters, k)))
    hits = (luck < p).astype(float)
    found = _pairs(
        np.ones(clusters),
        np.repeat(np.arange(clusters), k),
        np.tile(np.arange(k), clusters),
        hits.ravel(),
        np.ones(clusters * k),
        k,
    )
    return found, _cells(hits.sum(axis=0), np.full(k, float(clusters)))


def discoveries(k, n, runs, *, centre=0.3):
    """How often anything is called different when all groups are equal, by each way of saying so."""
    rng = np.random.default_rng([k, n, 17])
    sizes = np.full(k, float(n))
    any_holm = any_q = by_gap = by_square = by_interval = 0
    for q in rng.binomial(n, centre, size=(runs, k)) / n:
        p = [compare_rates(q[i], n, q[0], n)[0] for i in range(1, k)]
        any_holm += holm(p).min() <= ALPHA
        any_q += benjamini_hochberg(p).min() <= ALPHA
        by_gap += exceedance(q.max() - q.min(), chance_gaps(q, sizes, replicates=199, rng=rng)) <= ALPHA
        by_square += homogeneity([(q, sizes)], replicates=199, rng=rng) <= ALPHA
        by_interval += difference_gap(q, sizes, alpha=ALPHA, sizes=sizes.astype(np.int64)).low > 0
    return {
        "Holm": any_holm / runs,
        "q": any_q / runs,
        "largest gap": by_gap / runs,
        "homogeneity": by_square / runs,
        "interval": by_interval / runs,
    }


def decisions(truth, seeds=200, n=2000):
    """How often two groups are judged rightly at a tolerance of 10 points."""
    right, wanted = 0, "beyond" if truth > 0.1 else "within"
    for seed in range(seeds):
        rng = np.random.default_rng([2, seed])
        q, sizes = rng.binomial(n, [0.70, 0.70 - truth]) / n, np.full(2, n)
        found = difference_gap(q, sizes.astype(float), alpha=ALPHA, sizes=sizes)
        row = DisparityRow(
            metric="equal_opportunity",
            sensitive=("g",),
            comparison="difference",
            value=found.value,
            low=found.low,
            high=found.high,
            groups_estimable=2,
            groups_total=2,
        )
        right += decide(row, 0.10) == wanted
    return right / seeds


def no_wider_than_bonferroni(k=20, runs=200):
    """The most by which the interval reaches beyond the pairwise Newcombe intervals with Bonferroni's level."""
    rng, most = np.random.default_rng(19), 0.0
    for _ in range(runs):
        q, n = rng.uniform(0.2, 0.8, k), rng.integers(20, 400, k).astype(float)
        found = difference_gap(q, n, alpha=ALPHA, sizes=n.astype(np.int64))
        i, j = (np.array(index) for index in zip(*combinations(range(k), 2), strict=True))
        low, high = newcombe(q[i], n[i], q[j], n[j], alpha=ALPHA / len(i))
        most = max(most, found.high - max(high.max(), (-low).max()))
        most = max(most, max(0.0, low.max(), (-high).max()) - found.low)
    return most


def guarded(k, n, truth, runs, *, centre=0.5):
    """Mean observed and debiased gap."""
    rng = np.random.default_rng([k, n, 23])
    rates = rng.binomial(n, spread(k, truth, centre), size=(runs, k)) / n
    sizes = np.full(k, float(n))
    observed = rates.max(axis=1) - rates.min(axis=1)
    return float(observed.mean()), float(np.mean([debiased_gap(q, sizes) for q in rates]))


def chosen(k, n, runs, *, centre=0.8):
    """Mean worst rate of equal groups: as observed, shrunken, and on the other half."""
    rng = np.random.default_rng([k, n, 29])
    sizes, found = np.full(k, float(n)), []
    for q in rng.binomial(n, centre, size=(runs, k)) / n:
        split = split_worst(q, sizes, highest=False, replicates=20, rng=rng)
        found.append((q.min(), shrunken(q, sizes, float(q.mean())).min(), split.fresh))
    return tuple(float(value) for value in np.mean(found, axis=0))


def _table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def report(runs=2000):
    """Write all studies as Markdown."""
    share, number = (lambda value: f"{100 * value:.1f} %"), (lambda value: f"{value:.3f}")
    kinds = [(k, n, t) for k in (2, 5, 20) for n in (50, 200, 1000) for t in (0.0, 0.15)]
    parts = [
        (Path(__file__).parent / "studies.md")
        .read_text(encoding="utf-8")
        .replace("RUNS", f"{runs:,}")
        .rstrip(),
        "## The largest difference",
        _table(
            ("groups", "people in each", "true gap", "coverage"),
            [(str(k), str(n), number(t), share(difference(k, n, t, runs))) for k, n, t in kinds],
        ),
        "## The ratio of lowest to highest",
        _table(
            ("groups", "lowest rate", "highest rate", "coverage"),
            [
                (str(k), f"{a:g}", f"{b:g}", share(ratio(k, 200, a, b, runs)))
                for k in (2, 5, 20)
                for a, b in ((0.5, 0.5), (0.4, 0.5), (0.05, 0.1))
            ],
        ),
        "## The worst group",
        _table(
            ("groups", "its rate", "its distance to everybody"),
            [(str(k), *(share(value) for value in worst(k, 150, runs))) for k in (2, 5, 20)],
        ),
        "## Weighted rows",
        _table(
            ("groups", "people in each", "true gap", "coverage"),
            [
                (str(k), "300", number(t), share(weighted(k, 300, t, runs)))
                for k in (2, 5, 20)
                for t in (0.0, 0.15)
            ],
        ),
        "## Clustered rows",
        _table(
            ("groups", "clusters", "of", "true gap", "coverage", "were rows independent"),
            [
                (
                    str(k),
                    f"{c} {'across groups' if across else 'in each group'}",
                    f"{k if across else 4} people",
                    number(t),
                    *(share(value) for value in in_clusters(k, c, 4, t, runs // 2, across=across)),
                )
                for k, c, across in (
                    (2, 25, False),
                    (2, 100, False),
                    (5, 100, False),
                    (20, 50, False),
                    (2, 200, True),
                )
                for t in (0.0, 0.15)
            ],
        ),
        "## Nothing is there: how often is anything found?",
        _table(
            ("groups", "people in each", *discoveries(2, 50, 2)),
            [
                (str(k), str(n), *(share(value) for value in discoveries(k, n, runs // 2).values()))
                for k, n in ((2, 200), (5, 100), (20, 30), (20, 200))
            ],
        ),
        "## Decisions at a tolerance of 10 points, two groups of 2,000 positives",
        _table(
            ("true gap", "verdict", "share of 200 seeds"),
            [("0.20", "beyond", share(decisions(0.20))), ("0.00", "within", share(decisions(0.0)))],
        ),
        f"For 20 groups the interval reaches {no_wider_than_bonferroni():.1e} beyond Bonferroni–Newcombe's: it is no wider.",
        "## Gaps with the part that chance adds taken out",
        _table(
            ("groups", "people in each", "true gap", "observed", "debiased"),
            [
                (str(k), str(n), number(t), *(number(value) for value in guarded(k, n, t, runs)))
                for k, n, t in (
                    *((k, n, 0.0) for k, n in ((2, 1000), (5, 200), (10, 50), (20, 20), (40, 10))),
                    *((k, n, 0.15) for k, n in ((2, 200), (5, 100), (20, 50), (20, 200))),
                )
            ],
        ),
        "## The worst of equal groups, true rate .800",
        _table(
            ("groups", "people in each", "observed", "shrunken", "on the other half"),
            [
                (str(k), str(n), *(number(value) for value in chosen(k, n, runs // 2)))
                for k, n in ((2, 500), (5, 100), (10, 50), (20, 20), (40, 10))
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(report())
