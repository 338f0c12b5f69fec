"""From a table with decisions to cells: the one step that sees the rows of a predictions-only audit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.cells import Cells, display_order
from audit.engines.protocol import Counted, Key
from audit.grouping import MOST_GROUPS, Rule, attribute, too_many_groups
from audit.roles import Outcomes, check_weights, just_above, nothing_left
from audit.rows import Dropped
from audit.values import canonical

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.plan import Plan, Roles


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What counting gave.

    Parameters
    ----------
    cells : Cells
        The audited people.
    read, audited : int
        Rows read and rows audited.
    dropped : tuple of Dropped
        The difference between the two, explained.
    """

    cells: Cells
    read: int
    audited: int
    dropped: tuple[Dropped, ...]


def count_decisions(
    dataset: Dataset, roles: Roles, outcomes: Outcomes, rules: tuple[Rule, ...], engine: Engine
) -> Tally:
    """Count a table whose decisions, or scores, are one of its columns.

    Parameters
    ----------
    dataset : Dataset
        The data.
    roles : Roles
        Which column plays which part.
    outcomes : Outcomes
        The texts that count as positive.
    rules : tuple of Rule
        How the sensitive columns make groups.
    engine : Engine
        Where the rows are counted.

    Returns
    -------
    Tally
        Cells and row flow.
    """
    keys = [Key(column=rule.column, cuts=rule.cuts) for rule in rules]
    keys.append(outcomes.label_key(roles.label))
    by_score = roles.decision is None
    if by_score:
        keys.append(Key(column=roles.score or "", at_least=roles.threshold))
    else:
        keys.append(Key(column=roles.decision or ""))
    if roles.split:
        keys.append(Key(column=roles.split))
    counted = engine.count(dataset.source, keys, weight=roles.weight)
    return tally(counted, rules, outcomes, by_score=by_score, split=bool(roles.split))


def at_medians(dataset: Dataset, plan: Plan, outcomes: Outcomes, engine: Engine) -> tuple[Plan, Outcomes]:
    """Settle what counts as high where label and prediction are numbers.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        The plan.
    outcomes : Outcomes
        What :func:`audit.roles.check_roles` gave.
    engine : Engine
        Finds the medians.

    Returns
    -------
    plan : Plan
        With the threshold just above the median prediction, and the positive value in words, such as "above 41,200";
        unchanged where the label is no number.
    outcomes : Outcomes
        With the medians.

    Raises
    ------
    InputError
        Where no row has both a label and a prediction.

    Notes
    -----
    A prediction strictly above the median of all audited rows counts as positive: the share of such predictions is
    the scoring rate of New York City's Local Law 144 (6 RCNY § 5-300). Every row counts once in a median, whatever
    its weight.
    """
    roles = plan.roles
    if roles.task != "regression":
        return plan, outcomes
    columns = (roles.label, roles.score or "")
    known = [*columns, *([roles.weight] if roles.weight else [])]
    among = None
    if roles.split:
        from audit.models.split import TEST, split_from_column

        values = [key[0] for key in engine.count(dataset.source, [Key(column=roles.split)]).keys]
        parts = split_from_column(values, training=False)
        among = (roles.split, [value for value, part in zip(values, parts, strict=True) if part == TEST])
    found = [engine.quantiles(dataset.source, name, (0.5,), known=known, among=among) for name in columns]
    if not all(found):
        raise nothing_left("no row has a label, a prediction and a weight where one is named")
    label, prediction = (median[0] for median in found)
    settled = replace(roles, positive=f"above {label:,.6g}", threshold=just_above(prediction))
    return replace(plan, roles=settled), replace(outcomes, medians=(label, prediction))


def tally(
    counted: Counted, rules: tuple[Rule, ...], outcomes: Outcomes, *, by_score: bool, split: bool
) -> Tally:
    """Turn counted keys into cells.

    Parameters
    ----------
    counted : Counted
        Keys in the order: sensitive columns, label, decision or 0/1, split if any.
    rules : tuple of Rule
        How the sensitive columns make groups.
    outcomes : Outcomes
        The texts that count as positive.
    by_score : bool
        Whether the decision key is already 0 or 1.
    split : bool
        Whether the last key says which split a row is in.

    Returns
    -------
    Tally
        Cells and row flow.
    """
    from audit.models.split import split_from_column

    width = len(rules)
    dropped: dict[str, int] = {}
    kept: list[tuple[int, int, int, int]] = []
    parts = np.zeros(len(counted.n), dtype=np.int8)
    if split:
        parts = split_from_column((key[-1] for key in counted.keys), training=False)
    for i, key in enumerate(counted.keys):
        label, decision = canonical(key[width]), key[width + 1]
        reason = ""
        if split and parts[i] != 2:
            reason = "not in the test split"
        elif label is None:
            reason = "label missing"
        elif canonical(decision) is None:
            reason = "score missing" if by_score else "decision missing"
        if reason:
            dropped[reason] = dropped.get(reason, 0) + int(counted.n[i])
            continue
        if counted.weightless[i]:
            dropped["weight missing"] = dropped.get("weight missing", 0) + int(counted.weightless[i])
        n = int(counted.n[i] - counted.weightless[i])
        if n:
            positive = bool(decision) if by_score else canonical(decision) in outcomes.decision
            kept.append((i, n, int(label == outcomes.label), int(positive)))
    if not kept:
        raise nothing_left(", ".join(dropped) or "nobody is in the data")
    # Weights that add up to the number of rows need not be 1 each: their squares tell.
    rows = counted.n.astype(float)
    weighted = not (np.array_equal(counted.w, rows) and np.array_equal(counted.w2, rows))
    cells = _cells(counted, rules, kept, weighted=weighted)
    audited = sum(n for _, n, _, _ in kept)
    left_out = tuple(
        Dropped(reason=reason, n=n) for reason, n in sorted(dropped.items(), key=lambda item: -item[1])
    )
    return Tally(cells=cells, read=int(counted.n.sum()), audited=audited, dropped=left_out)


def _cells(
    counted: Counted, rules: tuple[Rule, ...], kept: list[tuple[int, int, int, int]], *, weighted: bool
) -> Cells:
    found = [
        attribute(rule, {_hashable(counted.keys[i][j]) for i, _, _, _ in kept})
        for j, rule in enumerate(rules)
    ]
    attributes = tuple(each for each, _ in found)
    names = [
        tuple(a.levels[positions[_hashable(counted.keys[i][j])]] for j, (a, positions) in enumerate(found))
        for i, _, _, _ in kept
    ]
    groups = display_order(set(names), attributes)
    if len(groups) > MOST_GROUPS:
        raise too_many_groups(len(groups), " × ".join(a.column for a in attributes))
    index = {group: g for g, group in enumerate(groups)}
    shape = (len(groups), 2, 2)
    n, w, w2 = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for name, (i, rows, label, decision) in zip(names, kept, strict=True):
        at = (index[name], label, decision)
        n[at] += rows
        w[at] += counted.w[i]
        w2[at] += counted.w2[i]
    if weighted:
        check_weights(float(w.sum()), float(w2.sum()))
    return Cells(
        attributes=attributes,
        groups=groups,
        n=n,
        w=w if weighted else n,
        w2=w2 if weighted else n,
        weighted=weighted,
    )


def _hashable(value: Any) -> Any:
    """Put every missing value under one key."""
    return None if canonical(value) is None else value
