"""The audited rows, wherever they are: counted by any keys, with the same rows left out as in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.engines.protocol import Key
from audit.grouping import attribute
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.cells import Attribute
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine, Source
    from audit.grouping import Rule
    from audit.plan import Plan
    from audit.roles import Outcomes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """Audited rows, counted by keys, label and decision.

    Parameters
    ----------
    keys : list of tuple
        The further key values of each entry as the engine gives them; None where a value is missing.
    label, decision : ndarray of int8 of shape (n_entries,)
        1 for positive.
    n, w, w2 : ndarray of shape (n_entries,)
        Rows, sum of weights and of squared weights; rows without a weight are left out.
    total : ndarray of shape (n_entries,) or None
        Sum of weight × the column that was asked for.
    """

    keys: list[tuple[Any, ...]]
    label: NDArray[np.int8]
    decision: NDArray[np.int8]
    n: NDArray[np.float64]
    w: NDArray[np.float64]
    w2: NDArray[np.float64]
    total: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audited:
    """Where the audited rows are and which of them count.

    Parameters
    ----------
    source : Path or pyarrow.Table
        The rows: the stored file, or test rows in memory with the decisions of a model beside them.
    dataset : Dataset
        The data they come from, with profiles of the columns.
    plan : Plan
        The plan.
    outcomes : Outcomes
        The texts that count as positive.
    rules : tuple of Rule
        How the sensitive columns make groups.
    engine : Engine
        Where rows are counted.
    decision : str or None
        The column of decisions; None where a score is held against the threshold.
    made : bool
        Whether the decision column holds 0 and 1 of a model run here.
    score : str or None
        The column of scores, where there are scores.
    split : str or None
        The column that says train, validation or test; None where all of these rows are audited.
    weight : str or None
        The column of weights.
    bench : Bench or None
        The rows in memory that these are taken from, with their split; None for a stored file.
    """

    source: Source
    dataset: Dataset
    plan: Plan
    outcomes: Outcomes
    rules: tuple[Rule, ...]
    engine: Engine
    decision: str | None
    made: bool
    score: str | None
    split: str | None
    weight: str | None
    bench: Bench | None = None

    @property
    def group_keys(self) -> list[Key]:
        """The keys that make the groups."""
        return [Key(column=rule.column, cuts=rule.cuts) for rule in self.rules]

    @property
    def outcome_keys(self) -> list[Key]:
        """The keys of label, decision and, where a column names it, split."""
        outcome = (
            Key(column=self.score or "", at_least=self.plan.roles.threshold)
            if self.decision is None
            else Key(column=self.decision)
        )
        keys = [self.outcomes.label_key(self.plan.roles.label), outcome]
        return [*keys, Key(column=self.split)] if self.split else keys

    def count(
        self,
        keys: Sequence[Key],
        *,
        weight: str | None = None,
        total: str | None = None,
        decided: Callable[[Any], bool] | None = None,
    ) -> Kept:
        """Count the audited rows by some keys, the label and the decision.

        Parameters
        ----------
        keys : sequence of Key
            Further keys.
        weight : str or None
            Another column of weights than the plan's.
        total : str or None
            A numeric column that is summed, times the weight.
        decided : callable or None
            Where decisions come from scores, whether a value of the last key is a positive decision: it spares the
            engine one key.

        Returns
        -------
        Kept
            One entry for each combination that occurs.
        """
        label, outcome, *split = self.outcome_keys
        spared = decided is not None and self.decision is None
        rows = [*keys, label, *([] if spared else [outcome]), *split]
        counted = self.engine.count(self.source, rows, weight=weight or self.weight, total=total)
        return _kept(self, counted, len(keys), decided if spared else None)


def _kept(audited: Audited, counted: Any, width: int, decided: Callable[[Any], bool] | None) -> Kept:
    parts = None
    if audited.split:
        from audit.models.split import TEST, split_from_column

        parts = split_from_column([*(key[-1] for key in counted.keys), "train"])[:-1] == TEST
    # A table of scores has many entries and few labels: each value is turned into its text once.
    at = width + 1 if decided is None else width - 1
    label = _texts(counted, width)
    decision = [key[at] for key in counted.keys]
    recorded = [text is not None for text in _texts(counted, at)]
    left = counted.n - counted.weightless
    keep = [
        i
        for i in range(len(left))
        if left[i] > 0 and (parts is None or parts[i]) and label[i] is not None and recorded[i]
    ]
    by_number = audited.decision is None or audited.made
    says: Callable[[Any], bool] = decided or (
        bool if by_number else lambda value: canonical(value) in audited.outcomes.decision
    )
    positive = {value: says(value) for value in {decision[i] for i in keep}}
    return Kept(
        keys=[counted.keys[i][:width] for i in keep],
        label=np.array([label[i] == audited.outcomes.label for i in keep], dtype=np.int8),
        decision=np.array([positive[decision[i]] for i in keep], dtype=np.int8),
        n=left[keep].astype(float),
        w=counted.w[keep],
        w2=counted.w2[keep],
        total=None if counted.total is None else counted.total[keep],
    )


def _texts(counted: Any, at: int) -> list[str | None]:
    """Turn the values of a key into texts: a table of scores has many entries and few labels, each is turned once."""
    values = [key[at] for key in counted.keys]
    texts = {value: canonical(value) for value in set(values)}
    return [texts[value] for value in values]


def place(
    rules: Sequence[Rule], keys: Sequence[tuple[Any, ...]]
) -> tuple[tuple[Attribute, ...], NDArray[np.int64]]:
    """Turn the raw key values of some columns into attributes and positions of levels.

    Parameters
    ----------
    rules : sequence of Rule
        How the columns make groups.
    keys : sequence of tuple
        For each entry the raw values of these columns, in their order; more values may follow.

    Returns
    -------
    attributes : tuple of Attribute
        The columns with the levels that occur.
    codes : ndarray of int of shape (n_entries, n_rules)
        Position of each entry's level.
    """
    found, codes = [], np.zeros((len(keys), len(rules)), dtype=np.int64)
    for j, rule in enumerate(rules):
        known = {value: canonical(value) is not None for value in {key[j] for key in keys}}
        raw = [key[j] if known[key[j]] else None for key in keys]
        each, positions = attribute(rule, set(raw))
        found.append(each)
        codes[:, j] = [positions[value] for value in raw]
    return tuple(found), codes
