"""Counts people by group, label and score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import display_order
from audit.engines.protocol import Key
from audit.gather.audited import place
from audit.tables.scores import BINS, ScoreCells
from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.gather.audited import Audited, Kept


def gather(audited: Audited) -> ScoreCells | None:
    """Count people by group, label and score.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    ScoreCells or None
        None where there is no score that is a number.
    """
    if audited.score is None:
        return None
    found = _span(audited)
    if found is None:
        return None
    low, high, n_distinct = found
    exact = n_distinct <= BINS
    threshold = audited.plan.roles.threshold
    if exact:
        keys = [Key(column=audited.score)]
        start, width = 0.0, 1.0
    else:
        start, width = (0.0, 1.0 / BINS) if low >= 0 and high <= 1 else (low, (high - low) / BINS)
        keys = [
            Key(column=audited.score, bins=(start, width, BINS)),
            Key(column=audited.score, at_least=threshold),
        ]
    kept = audited.count([*audited.group_keys, *keys], total=audited.score)
    known = [i for i, key in enumerate(kept.keys) if _known(key[len(audited.rules)])]
    missing = int(kept.n.sum() - kept.n[known].sum())
    if not known:
        return None
    if exact:
        values = np.array([float(kept.keys[i][-1]) for i in known])
        cuts, bins = np.unique(values, return_inverse=True)
    else:
        numbers = np.array([int(kept.keys[i][-2]) for i in known])
        above = np.array([bool(kept.keys[i][-1]) for i in known])
        cuts, bins = _split(start + width * np.arange(BINS), numbers, above, threshold)
    return _table(audited, kept, known, cuts, bins, exact=exact, missing=missing)


def _span(audited: Audited) -> tuple[float, float, int] | None:
    """Give the lowest and highest score and the number of different ones."""
    import pyarrow as pa

    if not isinstance(audited.source, pa.Table):
        profile = audited.dataset.column(audited.score or "", role="score")
        if profile.low is None or profile.high is None:
            return None
        return profile.low, profile.high, profile.n_distinct
    values = np.asarray(audited.source.column(audited.score).to_numpy(zero_copy_only=False), dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return float(values.min()), float(values.max()), len(np.unique(values))


def _known(value: Any) -> bool:
    return canonical(value) is not None and bool(np.isfinite(float(value)))


def _split(
    starts: NDArray[Any], numbers: NDArray[np.int64], above: NDArray[np.bool_], threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make the threshold a cut of its own, so that deciding by it counts exactly."""
    cuts = np.unique(np.append(starts, threshold))
    at = int(np.searchsorted(cuts, threshold))
    bins = np.searchsorted(cuts, starts)[numbers]
    return cuts, np.where(above, np.maximum(bins, at), np.minimum(bins, max(at - 1, 0)))


def _table(
    audited: Audited,
    kept: Kept,
    known: list[int],
    cuts: NDArray[np.float64],
    bins: NDArray[np.int64],
    *,
    exact: bool,
    missing: int,
) -> ScoreCells:
    # A group in which nobody has a score is a group all the same.
    attributes, codes = place(audited.rules, kept.keys)
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in codes.tolist()]
    groups = display_order(set(names), attributes)
    index = {group: g for g, group in enumerate(groups)}
    where = (np.array([index[names[i]] for i in known]), kept.label[known].astype(int), bins)
    shape = (len(groups), 2, len(cuts))

    def fill(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros(shape)
        np.add.at(out, where, values[known])
        return out

    total = kept.total if kept.total is not None else np.zeros(len(kept.n))
    weighted = not (np.array_equal(kept.w, kept.n) and np.array_equal(kept.w2, kept.n))
    return ScoreCells(
        attributes=attributes,
        groups=groups,
        cuts=tuple(float(cut) for cut in cuts),
        n=fill(kept.n),
        w=fill(kept.w),
        w2=fill(kept.w2),
        s=fill(total),
        exact=exact,
        weighted=weighted,
        missing=missing,
    )
