"""Rows for networks, written by hand."""

from __future__ import annotations

import torch

from audit.models.networks.rows import NetRows


def net_rows(label, group, weight=None, numbers=None):
    n = len(label)
    return NetRows(
        numbers=torch.zeros(n, 1) if numbers is None else torch.tensor(numbers, dtype=torch.float32),
        codes=torch.zeros(n, 0, dtype=torch.int64),
        label=torch.tensor(label, dtype=torch.float32),
        weight=torch.ones(n) if weight is None else torch.tensor(weight, dtype=torch.float32),
        group=torch.tensor(group),
        groups=int(max(group)) + 1,
    )


def value_of(series):
    return series.values
