"""A model of each group's own, trained on the group's training rows and measured on its test rows.

How much worse the decisions are for a group than such a model is the group's regret (minimax regret).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.bench import column_decisions, decide, set_up
from audit.errors import ModelError
from audit.models.split import TEST, TRAIN
from audit.progress import silent, within
from audit.tables.regrets import CELLS, Regret, Regrets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.grouping import Rule
    from audit.plan import Plan
    from audit.progress import Progress
    from audit.roles import Outcomes
    from audit.tables.basis import Basis

MOST_GROUPS: Final = 12
"""Groups of one column that get a model of their own, the largest first."""
LEAST_TRAIN: Final = 50
"""Fewest training rows of a group."""
LEAST_TEST: Final = 30
"""Fewest test rows of a group."""

_HALF: Final = 0.5


def with_own_models(
    basis: Basis,
    plan: Plan,
    bench: Bench,
    rows: NDArray[np.int64],
    decisions: NDArray[np.int8],
    *,
    progress: Progress = silent,
) -> Basis:
    """Train a model of each group's own, where the plan asks for it.

    Parameters
    ----------
    basis : Basis
        What was counted so far.
    plan : Plan
        Whether it is asked for, which baseline is trained, and the seed.
    bench : Bench
        The rows in memory with their split.
    rows : ndarray of int
        Positions of the rows that were decided about.
    decisions : ndarray of int8
        The audited decision about each of them.
    progress : callable
        Where the work reports.

    Returns
    -------
    Basis
        With the errors of decisions and own models; unchanged where the plan does not ask for them or the label is a
        number.
    """
    if not plan.regret or plan.roles.task == "regression":
        return basis
    decided = np.full(len(bench.label), -1, dtype=np.int8)
    decided[rows] = decisions
    found: list[Regret] = []
    for j, attribute in enumerate(bench.attributes):
        codes = bench.codes[:, j]
        share = within(progress, j / len(bench.attributes), (j + 1) / len(bench.attributes))
        sizes = np.bincount(codes, minlength=len(attribute.levels))
        chosen = set(np.argsort(-sizes, kind="stable")[:MOST_GROUPS].tolist())
        for level, name in enumerate(attribute.levels):
            if not sizes[level]:
                continue
            share(level / len(attribute.levels), "Training a model of each group's own")
            members = np.flatnonzero(codes == level)
            reason = "" if level in chosen else "not_among_largest"
            found.append(_regret(bench, plan, (attribute.column, name), members, decided, reason=reason))
    return replace(basis, regrets=Regrets(baseline=plan.baseline, groups=tuple(found)))


def beside_columns(
    basis: Basis,
    dataset: Dataset,
    plan: Plan,
    outcomes: Outcomes,
    how: tuple[Rule, ...],
    *,
    progress: Progress = silent,
) -> Basis:
    """Do the same for decisions that are a column of the data; the seed splits the rows, or a split column does.

    Parameters
    ----------
    basis : Basis
        What was counted so far.
    dataset : Dataset
        The data.
    plan : Plan
        As in :func:`with_own_models`.
    outcomes : Outcomes
        What counts as positive.
    how : tuple of Rule
        How the sensitive columns make groups.
    progress : callable
        Where the work reports.

    Returns
    -------
    Basis
        As in :func:`with_own_models`.
    """
    if not plan.regret or plan.roles.task == "regression":
        return basis
    bench = set_up(dataset, plan, outcomes, how)
    rows = np.arange(len(bench.label))
    decisions = column_decisions(bench, rows, plan, outcomes)
    return with_own_models(basis, plan, bench, rows, decisions, progress=progress)


def _regret(
    bench: Bench,
    plan: Plan,
    name: tuple[str, str],
    members: NDArray[np.int64],
    decided: NDArray[np.int8],
    *,
    reason: str,
) -> Regret:
    train = members[bench.split[members] == TRAIN]
    test = members[(bench.split[members] == TEST) & (decided[members] >= 0)]
    row = Regret(column=name[0], group=name[1], n_train=len(train), n_test=len(test))
    reason = reason or _too_little(bench, train, test)
    if reason:
        return replace(row, reason=reason)
    from audit.models.baseline import fit_baseline

    weight = np.ones(len(bench.label)) if bench.weight is None else bench.weight
    frame = bench.frame.loc[train, list(bench.features)].reset_index(drop=True)
    try:
        fitted = fit_baseline(plan.baseline, frame, bench.label[train], weight=weight[train], seed=plan.seed)
    except ModelError:
        # What was checked above is all that is known to go wrong; nothing else may stop an audit that is computed.
        return replace(row, reason="nothing_to_learn_from")
    own = decide(fitted.score(bench.frame.loc[test]), _HALF) != bench.label[test]
    wrong = decided[test] != bench.label[test]
    parts = (own & wrong, own & ~wrong, ~own & wrong, ~own & ~wrong)
    sums = {
        name: (float(part.sum()), float(w.sum()), float((w * w).sum()))
        for name, part in zip(CELLS, parts, strict=True)
        for w in (weight[test][part],)
    }
    return replace(row, **sums)  # type: ignore[arg-type]


def _too_little(bench: Bench, train: NDArray[np.int64], test: NDArray[np.int64]) -> str:
    """Say why a group is given no model of its own."""
    if not bench.features:
        return "nothing_to_learn_from"
    if len(train) < LEAST_TRAIN or len(test) < LEAST_TEST:
        return "too_few_rows"
    counted = bench.weight is None or bench.weight[train] > 0
    labels = bench.label[train][counted] if bench.weight is not None else bench.label[train]
    if len(np.unique(labels)) < 2 or (bench.weight is not None and bench.weight[test].sum() <= 0):
        return "single_class"
    return ""
