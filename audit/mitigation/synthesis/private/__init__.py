"""Rows made from noisy counts: what made rows say about one person is bounded by a number chosen beforehand."""
