"""Machinery of the methods that change what the model sees: quantiles by group, and columns as a matrix of numbers."""
