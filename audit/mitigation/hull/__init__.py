"""Thresholds by group: curves of what thresholds can reach, and programmes that choose among them."""
