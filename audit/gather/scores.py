"""Counts people by group, label and score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.cells import display_order
from audit.engines.protocol import Key
from audit.errors import RoleError, quote
from audit.gather.audited import place
from audit.limits import EXACT, MOST_BINS
from audit.tables.scores import ScoreCells
from audit.values import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.data.dataset import Dataset
    from audit.gather.audited import Audited, Kept
    from audit.plan import Plan

MOST_EXACT: Final = 1_000_000
"""Most different scores that are counted one by one."""

MOST_HELD: Final = 4_000_000
"""Most different scores times groups that are counted one by one: so many counts are held for each label."""


LARGEST: Final = 1e100
"""Largest size of a score: a hundred million squares of it still have a sum."""


def check_exact(dataset: Dataset, plan: Plan) -> None:
    """Refuse to count every score of a column by itself where there are too many, before anything is counted.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Names the column, and says how its scores are counted.

    Raises
    ------
    RoleError
        Where every score is to be counted by itself and there are too many.
    """
    if plan.score_bins != EXACT or plan.model.kind != "column" or not plan.roles.score:
        return
    profile = dataset.column(plan.roles.score, role="score")
    if profile.n_distinct > MOST_EXACT:
        raise RoleError(
            f"Column {quote(profile.name)} takes about {profile.n_distinct:,} values; at most {MOST_EXACT:,} are counted "
            "one by one.",
            why="Every score of every group would be held in memory.",
            fix="Count scores in bins: the areas come with a bound of their error.",
            code="too_many_scores",
        )


def gather(audited: Audited) -> ScoreCells | None:
    """Count people by group, label and score, as finely as the plan asks for.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    ScoreCells or None
        None where there is no score that is a number.

    Raises
    ------
    RoleError
        Where every score of a column is to be counted by itself and there are too many, or a score is huge.

    Notes
    -----
    Where there are no more different scores than bins, each is a bin of its own. How many scores a model gives, and to
    how many groups, is known only once its work is done: where they are too many to be counted one by one, they are
    counted in as many bins as there may be.
    """
    check_exact(audited.dataset, audited.plan)
    if audited.score is None:
        return None
    found = _span(audited)
    if found is None:
        return None
    low, high, n_distinct = found
    _refuse_huge(low, high)
    asked = audited.plan.score_bins
    bins_wanted = asked if isinstance(asked, int) else MOST_BINS
    exact = n_distinct <= bins_wanted or (asked == EXACT and _can_be_held(audited, n_distinct))
    threshold = audited.plan.roles.threshold
    start, width = (0.0, 1.0 / bins_wanted) if low >= 0 and high <= 1 else (low, (high - low) / bins_wanted)
    if not exact and np.floor((high - start) / width) == bins_wanted:
        bins_wanted += 1  # the highest score has a bin of its own
    # The bin that the threshold parts, and with it the number above which a decision is positive.
    parted = min(max(np.floor((threshold - start) / width), 0), bins_wanted - 1) if not exact else 0
    binned = Key(column=audited.score, bins=(start, width, bins_wanted), at_least=threshold)
    kept = audited.count(
        [*audited.group_keys, Key(column=audited.score) if exact else binned],
        total=audited.score,
        decided=(lambda score: score >= threshold) if exact else (lambda number: number > parted),
    )
    at = len(audited.rules)
    recorded = {value: _known(value) for value in {key[at] for key in kept.keys}}
    known = [i for i, key in enumerate(kept.keys) if recorded[key[at]]]
    missing = int(kept.n.sum() - kept.n[known].sum())
    if not known:
        return None
    if exact:
        values = np.array([float(kept.keys[i][-1]) for i in known])
        cuts, bins = np.unique(values, return_inverse=True)
    else:
        numbers = np.array([int(kept.keys[i][-1]) for i in known])
        above = numbers > parted
        cuts, bins = _split(start + width * np.arange(bins_wanted), numbers - above, above, threshold)
    return _table(audited, kept, known, cuts, bins, exact=exact, missing=missing)


def _refuse_huge(low: float, high: float) -> None:
    """Refuse scores whose sums and squares no number could hold."""
    furthest = low if -low > high else high
    if abs(furthest) > LARGEST:
        raise RoleError(
            f"Scores reach {furthest:.2g}; at most {LARGEST:.0e} can be measured.",
            why="Means and squares of larger numbers are beyond what a computer can hold.",
            fix="Divide the scores by a number, and the threshold by the same: who is selected stays as it is.",
            code="scores_too_large",
        )


def _can_be_held(audited: Audited, n_distinct: int) -> bool:
    """Say whether every score of every group can be counted by itself."""
    if n_distinct > MOST_EXACT:
        return False
    groups = audited.engine.count(audited.source, audited.group_keys)
    return n_distinct * len(groups.keys) <= MOST_HELD


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
    different, rows = np.unique(codes, axis=0, return_inverse=True)
    names = [tuple(a.levels[c] for a, c in zip(attributes, row, strict=True)) for row in different.tolist()]
    groups = display_order(set(names), attributes)
    index = {group: g for g, group in enumerate(groups)}
    place_of = np.array([index[name] for name in names], dtype=np.int64)[rows.reshape(-1)]
    where = (place_of[known], kept.label[known].astype(int), bins)
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
        s=_repeatable(fill(total)),
        exact=exact,
        weighted=weighted,
        missing=missing,
    )


def _repeatable(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round sums to twelve digits: in which order rows are added is up to the engine, and moves the last ones."""
    with np.errstate(all="ignore"):
        scale = 10.0 ** (11 - np.floor(np.log10(np.abs(sums))))
        rounded = np.round(sums * scale) / scale
    # What has no such scale, as 0 and endless sums, stays as it is.
    return np.where(np.isfinite(rounded), rounded, sums)
