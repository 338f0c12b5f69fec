"""Counts people by cluster, and keeps clusters that look the same once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.cells import display_order
from audit.engines.protocol import Key
from audit.errors import RoleError, quote
from audit.gather.audited import place
from audit.tables.clusters import ClusterCells
from audit.values import canonical

if TYPE_CHECKING:
    from audit.gather.audited import Audited

MOST_CLUSTERS: Final = 5_000_000
"""Most clusters that are held in memory."""


def gather(audited: Audited) -> ClusterCells | None:
    """Count people by cluster.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    ClusterCells or None
        None without a cluster column. A row whose cluster is not recorded is a cluster of its own.

    Raises
    ------
    RoleError
        Where there are too many clusters.
    """
    column = audited.plan.roles.cluster
    if not column:
        return None
    number = audited.dataset.column(column, role="cluster column").n_distinct
    if number > MOST_CLUSTERS:
        raise RoleError(
            f"Column {quote(column)} makes about {number:,} clusters; at most {MOST_CLUSTERS:,} are counted.",
            why="Clusters are held in memory one by one.",
            fix="Name a coarser cluster column, or none where nearly every row is a cluster of its own.",
            code="too_many_clusters",
        )
    kept = audited.count([*audited.group_keys, Key(column=column)])
    attributes, codes = place(audited.rules, kept.keys)
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in codes.tolist()]
    groups = display_order(set(names), attributes)
    index = {group: g for g, group in enumerate(groups)}
    cell = np.array([index[name] for name in names]) * 4 + kept.label.astype(int) * 2 + kept.decision
    members: dict[Any, list[tuple[int, float, float, float]]] = {}
    kinds: dict[tuple[tuple[int, float, float, float], ...], int] = {}
    for i, key in enumerate(kept.keys):
        n, w, w2 = float(kept.n[i]), float(kept.w[i]), float(kept.w2[i])
        if canonical(key[-1]) is None:
            alone = ((int(cell[i]), 1.0, w / n, w2 / n),)
            kinds[alone] = kinds.get(alone, 0) + int(n)
        else:
            members.setdefault(key[-1], []).append((int(cell[i]), n, w, w2))
    for entries in members.values():
        kind = tuple(sorted(entries))
        kinds[kind] = kinds.get(kind, 0) + 1
    ordered = sorted(kinds)
    flat = [(k, *entry) for k, kind in enumerate(ordered) for entry in kind]
    table = np.asarray(flat, dtype=float).reshape(-1, 5)
    return ClusterCells(
        column=column,
        sensitive=tuple(rule.column for rule in audited.rules),
        groups=groups,
        number=np.array([kinds[kind] for kind in ordered], dtype=float),
        kind=table[:, 0].astype(np.int64),
        cell=table[:, 1].astype(np.int64),
        n=table[:, 2].copy(),
        w=table[:, 3].copy(),
        w2=table[:, 4].copy(),
    )
