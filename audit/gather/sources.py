"""Where the audited rows of an audit are: in the stored file, or in memory beside what a model decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.gather.audited import Audited

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.grouping import Rule
    from audit.plan import Plan
    from audit.roles import Outcomes


def stored(
    dataset: Dataset, plan: Plan, outcomes: Outcomes, rules: tuple[Rule, ...], engine: Engine
) -> Audited:
    """Point at rows whose decisions or scores are a column of the data.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Roles.
    outcomes : Outcomes
        The texts that count as positive.
    rules : tuple of Rule
        How the sensitive columns make groups.
    engine : Engine
        Where rows are counted.

    Returns
    -------
    Audited
        The rows, not loaded.
    """
    roles = plan.roles
    return Audited(
        source=dataset.source,
        dataset=dataset,
        plan=plan,
        outcomes=outcomes,
        rules=rules,
        engine=engine,
        decision=roles.decision,
        made=False,
        score=roles.score,
        split=roles.split,
        weight=roles.weight,
    )


def on_bench(
    bench: Bench,
    rows: NDArray[np.int64],
    decisions: NDArray[np.int8],
    score: NDArray[np.float64] | None,
    *,
    dataset: Dataset,
    plan: Plan,
    outcomes: Outcomes,
    rules: tuple[Rule, ...],
    engine: Engine,
) -> Audited:
    """Put what a model decided beside the rows in memory.

    Parameters
    ----------
    bench : Bench
        The rows.
    rows : ndarray of int
        Positions of the audited rows.
    decisions : ndarray of int8
        The model's decision about each of them.
    score : ndarray of float64 or None
        The model's score of each of them.
    dataset, plan, outcomes, rules, engine
        As in :func:`stored`.

    Returns
    -------
    Audited
        A table in memory.
    """
    import pyarrow as pa

    table = pa.Table.from_pandas(bench.frame.iloc[rows], preserve_index=False)
    names = _free(table.column_names, 2)
    table = table.append_column(names[0], pa.array(decisions.astype("int64")))
    if score is not None:
        table = table.append_column(names[1], pa.array(score.astype("float64")))
    return Audited(
        source=table,
        dataset=dataset,
        plan=plan,
        outcomes=outcomes,
        rules=rules,
        engine=engine,
        decision=names[0],
        made=True,
        score=None if score is None else names[1],
        split=None,
        weight=plan.roles.weight,
        bench=bench,
    )


def _free(taken: list[str], number: int) -> list[str]:
    """Find names that no column has, in any case of letters."""
    known = {name.casefold() for name in taken}
    found: list[str] = []
    i = 0
    while len(found) < number:
        if f"model {i}" not in known:
            found.append(f"model {i}")
        i += 1
    return found
