"""Fairlearn's reductions: constraints as weights and labels of training rows, for any kind of model."""
