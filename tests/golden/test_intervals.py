"""Intervals of the papers that introduced or compared them."""

from __future__ import annotations

import pytest

from audit.inference.intervals import newcombe, newcombe_paired, wilson

# Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3 (Wilson).
SINGLE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]

# Newcombe (1998), "Interval estimation for the difference between independent proportions", table II, method 10.
INDEPENDENT = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]

# (both, only the first, only the second, neither), interval of first − second, decimals printed:
# Newcombe (1998), paired data, method 10; Altman et al. (2000), table 6.2; Fagerland et al. (2017), Bentur's study.
PAIRED = [
    ((20, 12, 2, 16), 0.0562, 0.3292, 4),
    ((14, 5, 0, 22), 0.011, 0.226, 3),
    ((1, 1, 7, 12), -0.507, -0.026, 3),
]


@pytest.mark.parametrize(("x", "n", "low", "high"), SINGLE)
def test_wilson(x, n, low, high):
    found = wilson(x / n, n)
    assert [round(float(end), 4) for end in found] == [low, high]


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), INDEPENDENT)
def test_newcombe(a, m, b, n, low, high):
    found = newcombe(a / m, m, b / n, n)
    assert [round(float(end), 4) for end in found] == [low, high]


@pytest.mark.parametrize(("table", "low", "high", "decimals"), PAIRED)
def test_newcombe_paired(table, low, high, decimals):
    both, first, second, neither = table
    n = both + first + second + neither
    # Ours is second − first, so the columns are exchanged.
    found = newcombe_paired(both / n, second / n, first / n, n)
    assert [round(float(end), decimals) for end in found] == [low, high]
