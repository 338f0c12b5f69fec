"""Counts what the further chapters of an audit are computed from: one file for each table of the basis."""
