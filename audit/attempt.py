"""Mitigations tried on a bench: repair the model from training and validation rows, decide on the test rows.

Each is tried several times. Where the split is drawn by the seed, every time has a split of its own; where the data
name their test rows, these stay and the training and validation rows are drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from audit.before import AS_IT_IS, BASELINE, GROUP_BY, SEEDS, control_decisions, own_params, seeds_of
from audit.bench import decide, flat_codes
from audit.errors import PlanError, listing, quote
from audit.mitigation.repair import NO_AIDS
from audit.models.split import TEST, TRAIN, VALIDATION, split_rows
from audit.progress import named, silent, within
from audit.rows.trials import TrialRecord
from audit.trial import COLUMNS, Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from audit.before import Before
    from audit.bench import Bench
    from audit.cells import Attribute, Cells
    from audit.mitigation.repair import Aids, Repaired
    from audit.mitigation.spec import Mitigation
    from audit.mitigation.table import TrainingTable
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress

    Start: TypeAlias = Callable[[Bench, int, Progress], Before]

_FIRST_SHARE = 0.4
_REDRAW = 0xB007
"""Names the stream of random numbers by which training rows are drawn again."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attempt:
    """One run of a mitigation.

    Parameters
    ----------
    bench : Bench
        The rows it ran on.
    before : Before
        The model it started from.
    repaired : Repaired
        The model after.
    decisions : dict of str to ndarray of int8
        Decisions on the test rows, by column of a trial.
    control_rate : float or None
        Selection rate that the control reached; None without a control.
    after_rate : float
        Selection rate of the model after.
    group : ndarray of int64
        Position of each test row's group among the training groups; −1 for any other.
    """

    bench: Bench
    before: Before
    repaired: Repaired
    decisions: dict[str, NDArray[np.int8]]
    control_rate: float | None
    after_rate: float
    group: NDArray[np.int64]

    def cells(self) -> tuple[tuple[str, ...], Cells]:
        """Count the test rows by group, label and every decision.

        Returns
        -------
        columns : tuple of str
            Which decisions there are, in order.
        cells : Cells
            The test rows.
        """
        columns = tuple(name for name in COLUMNS if name in self.decisions)
        found = self.bench.cells(self.bench.rows(TEST), [self.decisions[name] for name in columns])
        return columns, found


def attempt(
    bench: Bench,
    plan: Plan,
    choice: MitigationChoice,
    start: Start,
    *,
    before: Before | None = None,
    aids: Aids = NO_AIDS,
    progress: Progress = silent,
) -> tuple[Trial, Attempt]:
    """Try one mitigation, as often as its settings say.

    Parameters
    ----------
    bench : Bench
        The rows.
    plan : Plan
        Seed and roles.
    choice : MitigationChoice
        Which mitigation, with its settings.
    start : callable
        (bench, seed, progress) → the model to start from, trained on the bench's training rows.
    before : Before or None
        That model for the plan's own split and seed, where it is trained already.
    aids : Aids
        What may be used besides the rows.
    progress : callable
        Where the work reports.

    Returns
    -------
    trial : Trial
        Decisions of every model on the same test rows, and the same again for every further seed.
    first : Attempt
        The first run, whose model can be adopted.
    """
    from audit.mitigation.catalogue import make

    method = make(choice.id, own_params(choice))
    seeds = seeds_of(choice)
    ends = [_FIRST_SHARE + (1 - _FIRST_SHARE) * i / max(seeds - 1, 1) for i in range(seeds)]
    if seeds == 1:
        ends = [1.0]
    first = run_once(
        bench,
        plan,
        choice,
        method,
        before or start(bench, plan.seed, silent),
        aids=aids,
        progress=within(progress, 0.0, ends[0]),
    )
    columns, cells = first.cells()
    again = []
    for i in range(1, seeds):
        part = named(within(progress, ends[i - 1], ends[i]), f"Seed {i + 1} of {seeds}")
        drawn, seed = redrawn(bench, plan.seed + i), plan.seed + i
        started = start(drawn, seed, within(part, 0.0, 0.3))
        run = run_once(
            drawn,
            replace(plan, seed=seed),
            choice,
            method,
            started,
            aids=aids,
            progress=within(part, 0.3, 1.0),
        )
        again.append(run.cells()[1])
    record = _record(choice, first, method, n_train=len(bench.rows(TRAIN)), n_test=len(bench.rows(TEST)))
    return Trial(record=record, columns=columns, cells=cells, again=tuple(again)), first


def run_once(
    bench: Bench,
    plan: Plan,
    choice: MitigationChoice,
    method: Mitigation,
    before: Before,
    *,
    aids: Aids = NO_AIDS,
    progress: Progress = silent,
) -> Attempt:
    """Repair the model once and decide on the test rows.

    Parameters
    ----------
    bench : Bench
        The rows.
    plan : Plan
        Seed and roles.
    choice : MitigationChoice
        Its settings say whose groups are worked on.
    method : Mitigation
        The mitigation, with its settings.
    before : Before
        The model it starts from.
    aids : Aids
        What may be used besides the rows.
    progress : callable
        Where the work reports.

    Returns
    -------
    Attempt
        The model after, and every decision on the test rows.
    """
    from audit.mitigation.repair import Task

    attributes, codes = _grouped(bench, str(choice.params.get(GROUP_BY, "all")))
    flat = flat_codes(codes, [len(a.levels) for a in attributes])
    present = np.unique(flat[bench.rows(TRAIN)])
    # A group that training does not know is −1 everywhere else.
    place = np.searchsorted(present, flat)
    group = np.where(present[np.minimum(place, len(present) - 1)] == flat, place, -1)
    names = tuple(_name(int(code), attributes, [len(a.levels) for a in attributes]) for code in present)
    seen = bench.features if before.baseline != AS_IT_IS else before.fitted.features
    rows = _Rows(
        bench=bench, columns=seen, group=group, names=names, sensitive=frozenset(a.column for a in attributes)
    )
    validation = bench.rows(VALIDATION)
    validation = validation[group[validation] >= 0]
    repaired = method.repair(
        Task(
            train=rows.table(bench.rows(TRAIN)),
            validation=rows.table(validation) if len(validation) else None,
            fit=before.fit,
            base=before.fitted,
            threshold=before.threshold,
            favourable=plan.roles.favourable,
            seed=plan.seed,
            aids=aids,
        ),
        progress=within(progress, 0.0, 0.95),
    )
    progress(0.95, "Measuring on the test rows")
    test = bench.rows(TEST)
    after = repaired.decide(bench.frame.loc[test], group[test])
    return _measured(bench, before, repaired, np.asarray(after, dtype=np.int8), group[test])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    bench: Bench
    columns: tuple[str, ...]
    group: NDArray[np.int64]
    names: tuple[tuple[str, ...], ...]
    sensitive: frozenset[str]

    def table(self, rows: NDArray[np.int64]) -> TrainingTable:
        from audit.mitigation.table import TrainingTable

        bench = self.bench
        return TrainingTable(
            frame=bench.frame.loc[rows, list(self.columns)].reset_index(drop=True),
            label=bench.label[rows],
            group=self.group[rows],
            groups=self.names,
            weight=np.ones(len(rows)) if bench.weight is None else bench.weight[rows],
            fixed=tuple(name for name in self.columns if name in self.sensitive),
        )


def _measured(
    bench: Bench, before: Before, repaired: Repaired, after: NDArray[np.int8], group: NDArray[np.int64]
) -> Attempt:
    test = bench.rows(TEST)
    weight = None if bench.weight is None else bench.weight[test]
    target = float(np.average(after, weights=weight))
    decisions: dict[str, NDArray[np.int8]] = {
        "before": decide(before.score, before.threshold),
        "after": after,
    }
    reached = None
    if len(np.unique(before.score)) > 2:
        decisions["control"], reached = control_decisions(before.score, weight, target)
    if before.original is not None:
        decisions["original"] = before.original
    return Attempt(
        bench=bench,
        before=before,
        repaired=repaired,
        decisions=decisions,
        control_rate=reached,
        after_rate=target,
        group=group,
    )


def _record(
    choice: MitigationChoice, first: Attempt, method: Mitigation, *, n_train: int, n_test: int
) -> TrialRecord:
    before, repaired = first.before, first.repaired
    named = before.original is not None and before.baseline != "skops" and not method.spec.own_model
    return TrialRecord(
        mitigation=choice.id,
        title=method.spec.title,
        params={
            **method.get_params(),
            GROUP_BY: str(choice.params.get(GROUP_BY, "all")),
            SEEDS: seeds_of(choice),
            **({BASELINE: before.baseline} if named else {}),
        },
        baseline=before.baseline,
        n_train=n_train,
        n_test=n_test,
        cells=tuple(repaired.cells),
        control_rate=first.control_rate,
        after_rate=first.after_rate,
        reason="no_scores" if first.control_rate is None else "",
        notes=tuple(repaired.notes),
        quality={name: float(value) for name, value in repaired.quality.items()},
        measured={name: float(value) for name, value in repaired.measured.items()},
        series=tuple(repaired.series),
        resplit=not first.bench.named,
        likeness=repaired.likeness,
    )


def redrawn(bench: Bench, seed: int) -> Bench:
    """Give the same rows with others to train on.

    Parameters
    ----------
    bench : Bench
        The rows.
    seed : int
        Where the draw starts.

    Returns
    -------
    Bench
        With another split in the same shares; where the data name the test rows, with the training and the
        validation rows drawn again with replacement within every group and label.
    """
    strata = flat_codes(bench.codes, [len(a.levels) for a in bench.attributes]) * 2 + bench.label
    if not bench.named:
        return replace(bench, split=split_rows(strata, seed=seed))
    generator = np.random.default_rng([seed, _REDRAW])
    picked = [bench.rows(TEST)]
    for part in (TRAIN, VALIDATION):
        rows = bench.rows(part)
        order = rows[np.argsort(strata[rows], kind="stable")]
        ends = np.flatnonzero(np.diff(strata[order])) + 1
        picked += [generator.choice(cell, len(cell)) for cell in np.split(order, ends) if len(cell)]
    take = np.sort(np.concatenate(picked))
    return replace(
        bench,
        frame=bench.frame.iloc[take].reset_index(drop=True),
        label=bench.label[take],
        codes=bench.codes[take],
        weight=None if bench.weight is None else bench.weight[take],
        split=bench.split[take],
    )


def _grouped(bench: Bench, group_by: str) -> tuple[tuple[Attribute, ...], NDArray[np.int64]]:
    """Pick the sensitive columns whose groups a mitigation works on."""
    names = [a.column for a in bench.attributes]
    if group_by == "all":
        return bench.attributes, bench.codes
    if group_by not in names:
        raise PlanError(
            f"A mitigation is to work on the groups of {quote(group_by)}, which is not a sensitive column.",
            why=f"Sensitive columns: {listing(names)}.",
            fix='Name one of them, or "all" for their intersection.',
            code="group_by",
        )
    at = names.index(group_by)
    return (bench.attributes[at],), bench.codes[:, [at]]


def _name(code: int, attributes: tuple[Attribute, ...], sizes: list[int]) -> tuple[str, ...]:
    parts = []
    for each, size in zip(reversed(attributes), reversed(sizes), strict=True):
        code, level = divmod(code, size)
        parts.append(each.levels[level])
    return tuple(reversed(parts))
