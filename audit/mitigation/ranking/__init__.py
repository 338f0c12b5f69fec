"""Machinery of the methods that ask a quick model which training rows lie near the boundary."""
