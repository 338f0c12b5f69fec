"""Counts people by the probability of belonging to a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.engines.protocol import Key
from audit.errors import RoleError
from audit.tables.probable import Probable, ProbableGroup
from audit.values import canonical

if TYPE_CHECKING:
    from audit.gather.audited import Audited

BINS: Final = 20
"""Most bins of probabilities that take more values than this."""

IN_A_BIN: Final = 50
"""People that a bin should have at least: with fewer, its own share of decisions is mostly chance."""

_SLACK: Final = 1e-6


def gather(audited: Audited) -> Probable | None:
    """Count people by the probability of belonging to a group.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Probable or None
        None where the plan names no column of probabilities.

    Raises
    ------
    RoleError
        Where the probabilities of a person add up to more than 1.
    """
    columns = audited.plan.roles.probabilities
    if not columns:
        return None
    if len(columns) > 1:
        _check_sums(audited, columns)
    return Probable(groups=tuple(_count(audited, column) for column in columns))


def _check_sums(audited: Audited, columns: tuple[str, ...]) -> None:
    """Refuse rows whose probabilities add up to more than 1."""
    n = audited.engine.over(audited.source, columns, 1 + _SLACK)
    if n:
        raise RoleError(
            f"The probabilities of {n:,} {'row adds' if n == 1 else 'rows add'} up to more than 1.",
            why="Each column is the probability of one group, and a person belongs to one group only.",
            fix="Mend the probabilities, or name columns of groups that exclude each other.",
            code="probabilities_over_one",
        )


def _count(audited: Audited, column: str) -> ProbableGroup:
    profile = audited.dataset.column(column, role="probability")
    exact = profile.n_distinct <= BINS
    cuts = () if exact else _cuts(audited, column)
    key = Key(column=column) if exact else Key(column=column, cuts=cuts)
    kept = audited.count([key], total=column)
    known = np.array([i for i, (value,) in enumerate(kept.keys) if canonical(value) is not None], dtype=int)
    raw = [kept.keys[i][0] for i in known]
    bins = (
        np.unique(np.array([float(value) for value in raw]), return_inverse=True)[1]
        if exact
        else np.array([int(value) for value in raw], dtype=np.int64)
    )
    total = kept.total if kept.total is not None else np.zeros(len(kept.n))
    return ProbableGroup(
        column=column,
        cuts=cuts,
        exact=exact,
        bin=np.asarray(bins, dtype=np.int64).reshape(-1),
        label=kept.label[known].astype(np.int64),
        decision=kept.decision[known].astype(np.int64),
        n=kept.n[known],
        w=kept.w[known],
        w2=kept.w2[known],
        p=total[known],
        p2=kept.w2[known] * _mean_square(audited, key, column, kept.keys, (kept.label, kept.decision))[known],
        missing=int(kept.n.sum() - kept.n[known].sum()),
    )


def _cuts(audited: Audited, column: str) -> tuple[float, ...]:
    """Cut into bins of about equal size; what is certain, at 0 and at 1, keeps bins of its own."""
    wanted = min(BINS, max(audited.dataset.n_rows // IN_A_BIN, 1))
    levels = [k / wanted for k in range(1, wanted)]
    found = audited.engine.quantiles(audited.dataset.source, column, levels) if levels else ()
    return tuple(sorted({cut for cut in found if 1e-9 < cut < 1} | {1e-9, 1.0}))


def _mean_square(
    audited: Audited, key: Key, column: str, keys: list[tuple[Any, ...]], outcomes: tuple[Any, Any]
) -> Any:
    """Give the mean squared probability of each entry: weighted by p, the sum of squared weights is Σp²."""
    squares = audited.count([key], weight=column)
    means = {
        (value, int(label), int(decision)): w2 / n
        for (value,), label, decision, w2, n in zip(
            squares.keys, squares.label, squares.decision, squares.w2, squares.n, strict=True
        )
    }
    return np.array(
        [
            means.get((value, int(label), int(decision)), 0.0)
            for (value,), label, decision in zip(keys, *outcomes, strict=True)
        ]
    )
