"""The rows that a search may see: training and validation rows, split once more, and no test row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.bench import flat_codes
from audit.models.split import TEST, TRAIN, VALIDATION, split_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.bench import Bench

_TUNED: Final = (0.8, 0.0, 0.2)
"""Of the training rows: for models to learn from, and for repairs to set thresholds and to stop on."""

_WITHOUT_VALIDATION: Final = (0.6, 0.15, 0.25)
"""The same where no validation rows are kept: a quarter is for comparing."""

_STREAM: Final = 0x57D1


def without_test(bench: Bench, seed: int) -> Bench:
    """Give a bench without its test rows, on which repairs can be compared.

    Parameters
    ----------
    bench : Bench
        The rows of the audit.
    seed : int
        Where the draw starts.

    Returns
    -------
    Bench
        The training and validation rows alone. Its "test" rows are the validation rows, so that what is compared on
        them was neither trained nor set on them; its validation rows are a fifth of the training rows.
    """
    rows = np.flatnonzero(bench.split != TEST)
    inner = taken(bench, rows)
    learned = np.flatnonzero(inner.split == TRAIN)
    kept = bool(np.any(inner.split == VALIDATION))
    split = np.full(len(rows), TEST, dtype=np.int8)
    drawn = split_rows(
        _strata(inner)[learned],
        seed=_seed(seed),
        fractions=(_TUNED[0], _TUNED[1], _TUNED[2]) if kept else _WITHOUT_VALIDATION,
    )
    # What the draw calls test is a fifth to set thresholds on, where the rows to compare on are there already.
    split[learned] = np.where(drawn == TEST, VALIDATION, drawn) if kept else drawn
    return replace(inner, split=split)


def thinned(bench: Bench, share: float, seed: int) -> Bench:
    """Give a bench with fewer training rows, and all its others.

    Parameters
    ----------
    bench : Bench
        The rows.
    share : float
        How much of the training rows to keep, 0 to 1, within every group and label.
    seed : int
        Where the draw starts.

    Returns
    -------
    Bench
        Fewer rows.
    """
    learned = np.flatnonzero(bench.split == TRAIN)
    drawn = split_rows(_strata(bench)[learned], seed=_seed(seed), fractions=(share, 0.0, 1.0 - share))
    gone = learned[drawn == TEST]
    return taken(bench, np.setdiff1d(np.arange(len(bench.label)), gone))


def taken(bench: Bench, rows: NDArray[np.int64]) -> Bench:
    """Give a bench with some of its rows.

    Parameters
    ----------
    bench : Bench
        The rows.
    rows : ndarray of int
        Positions, rising.

    Returns
    -------
    Bench
        These rows alone.
    """
    return replace(
        bench,
        frame=bench.frame.iloc[rows].reset_index(drop=True),
        label=bench.label[rows],
        codes=bench.codes[rows],
        weight=None if bench.weight is None else bench.weight[rows],
        split=bench.split[rows],
    )


def _strata(bench: Bench) -> NDArray[np.int64]:
    return flat_codes(bench.codes, [len(a.levels) for a in bench.attributes]) * 2 + bench.label


def _seed(seed: int) -> int:
    return int(np.random.SeedSequence([seed, _STREAM]).generate_state(1)[0])
