"""The search itself: propose, try, note; then measure what was picked on the test rows, which nothing has seen."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import AuditError, Cancelled, PlanError, listing, quote
from audit.mitigation.catalogue import catalogue
from audit.mitigation.spec import MitigationSpec
from audit.models.split import TEST, TRAIN, VALIDATION
from audit.progress import silent, within
from audit.rows import plain
from audit.rows.studies import Standing, Study, StudyRow
from audit.tuning.choose import Point, best, broken, front, spread_out
from audit.tuning.journal import InMemory
from audit.tuning.nested import without_test
from audit.tuning.proposals import Proposer
from audit.tuning.space import dimensions, methods_of
from audit.tuning.standing import Target
from audit.tuning.tries import (
    Ground,
    Tried,
    after,
    as_row,
    choice_of,
    controlled,
    repaired,
    without_repair,
)
from audit.wording.tuning import best_so_far

if TYPE_CHECKING:
    from audit.before import Before
    from audit.bench import Bench
    from audit.plan import Plan
    from audit.progress import Progress
    from audit.tuning.journal import Journal
    from audit.wanted import Tuning
    from audit.work import Work

_SEARCHED: Final = 0.85
_NO_REPAIR: Final = MitigationSpec(
    id="none", title="No repair", stage="pre", summary="", assumes="", caution="", reading=""
)
"""What the model to compare with is trained for: nothing."""


class _TimeIsOver(Exception):  # noqa: N818 - it is no error
    """The search has used up its seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picked:
    """What was picked on the validation rows."""

    within: frozenset[int]
    pareto: tuple[Point, ...]
    chosen: Point | None


def tune(work: Work, *, journal: Journal | None = None, progress: Progress = silent) -> Study:
    """Search repairs and settings for the best trade-off, as the plan asks.

    Parameters
    ----------
    work : Work
        The audit; its plan says what to look for.
    journal : Journal or None
        Where tries are kept; a search goes on from what is there.
    progress : callable
        Where the work reports; may raise to stop.

    Returns
    -------
    Study
        Every try, and how the picked ones stand on the test rows.

    Raises
    ------
    PlanError
        Where the plan asks for what cannot be searched.

    Notes
    -----
    Models learn from training rows and are compared on the validation rows, on a bench that holds no test row. What is
    picked there is then run again on all training and validation rows and measured on the test rows, once. The same
    plan gives the same study, whether or not it was stopped on the way; only a limit of seconds makes it depend on the
    machine, and the study then holds fewer tries.
    """
    plan, tuning = work.plan, work.plan.tuning
    kept = journal or InMemory()
    target = target_of(plan)
    progress(0.0, "Setting the test rows aside")
    bench = work.rows()
    inner = without_test(bench, plan.seed)
    methods, notes = methods_of(tuning, _groups(inner, target))
    progress(0.0, "Training the model without a repair")
    before = work.start(plan.baseline, _NO_REPAIR)(inner, plan.seed, within(progress, 0.0, 0.03))
    reference, chance = without_repair(before, inner, target)
    _comparable(reference)
    ground = Ground(work=work, bench=inner, target=target, reference=reference)
    tried, exhausted = _searched(ground, methods, kept, within(progress, 0.03, _SEARCHED))
    picked = _pick(tried, reference, tuning)
    measured, missed = _measured(
        ground, bench, tried, picked, journal=kept, progress=within(progress, _SEARCHED, 1.0)
    )
    if not np.any(bench.split == VALIDATION):
        notes = (
            *notes,
            "No validation rows are kept: a quarter of the training rows was used to compare the tries.",
        )
    return Study(
        sensitive=target.sensitive,
        utility=target.utility,
        criterion=target.criterion,
        n_train=int(np.count_nonzero(inner.split == TRAIN)),
        n_validation=int(np.count_nonzero(inner.split == TEST)),
        n_test=int(np.count_nonzero(bench.split == TEST)),
        before=reference,
        chance=chance,
        exhausted=exhausted,
        repeats=sum(one.proposal.repeats for one in tried),
        rows=tuple(_row(one, picked, measured.get(one.number), target) for one in tried),
        notes=(*notes, *missed),
    )


def target_of(plan: Plan) -> Target:
    """Say what a search compares.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Target
        Groups, utility and criterion.

    Raises
    ------
    PlanError
        Where the groups are not those of a sensitive column, or nobody knows who was right.
    """
    asked = plan.tuning.group_by
    if asked not in {"", "all", *plan.roles.sensitive}:
        raise PlanError(
            f"A search is to compare the groups of {quote(asked)}, which is not a sensitive column.",
            why=f"Sensitive columns: {listing(plan.roles.sensitive)}.",
            fix='Name one of them, or "all" for their intersection.',
            code="group_by",
        )
    return Target.of(plan, plan.tuning)


def done_of(plan: Plan, study: Study) -> Plan:
    """Give the plan that a study answers: where the time was over first, the one of the tries that were made.

    Parameters
    ----------
    plan : Plan
        What was asked.
    study : Study
        What came of it.

    Returns
    -------
    Plan
        Without a limit of seconds, so that a run of it gives the same study.
    """
    trials = plan.tuning.trials if study.exhausted else len(study.rows)
    return replace(plan, tuning=replace(plan.tuning, trials=trials, seconds=0))


def journal_name(fingerprint: str, plan: Plan) -> str:
    """Name a search, so that it is only continued where nothing that decides its tries has changed.

    Parameters
    ----------
    fingerprint : str
        Of the data.
    plan : Plan
        What is asked.

    Returns
    -------
    str
        A fingerprint of the data, of the plan and of what the methods can be set to; how many tries there are to be, and
        how long they may take, does not count.
    """
    raw, known = plan.to_dict(), catalogue()
    wanted = {
        name: raw[name]
        for name in ("roles", "grouping", "model", "baseline", "confidence", "replicates", "seed")
    }
    asked = {name: value for name, value in raw["tuning"].items() if name not in {"trials", "seconds"}}
    methods = [name for name in known if name in plan.tuning.methods or not plan.tuning.methods]
    space = {name: [plain(found) for found in dimensions(known[name][0])] for name in methods}
    text = json.dumps([fingerprint, wanted, asked, space], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _groups(bench: Bench, target: Target) -> int:
    """Count the groups that repairs will work on."""
    places = [i for i, each in enumerate(bench.attributes) if each.column in target.sensitive]
    return len(np.unique(bench.codes[bench.rows(TRAIN)][:, places], axis=0))


def _comparable(reference: Standing) -> None:
    """Refuse a search whose goal cannot even be measured on the model without a repair."""
    if reference.utility is None or reference.gap is None:
        missing = "gap" if reference.gap is None else "utility"
        raise PlanError(
            f"The search has no {missing} to compare on the validation rows.",
            why="It is not estimable for the model without a repair: too few groups, labels or scores.",
            fix="Choose another criterion or utility, other groups, or bring more rows.",
            code="tuning_not_estimable",
        )
    if reference.selected is not None and not 0 < reference.selected < 1:
        raise PlanError(
            "The search has nothing to repair.",
            why="The model without a repair decides the same for everybody on the validation rows.",
            fix="Choose another threshold or another model.",
            code="tuning_not_estimable",
        )


def _searched(
    ground: Ground, methods: tuple[str, ...], journal: Journal, progress: Progress
) -> tuple[list[Tried], bool]:
    """Make the tries that are still to be made; say whether there are no others."""
    tuning = ground.work.plan.tuning
    proposer = Proposer(methods, sampler=tuning.sampler, seed=ground.work.plan.seed)
    tried = _earlier(journal, tuning.trials)
    for one in tried:
        proposer.tell(ground.outcome(one))
    until = time.monotonic() + tuning.seconds if tuning.seconds else None
    while len(tried) < tuning.trials:
        proposal = proposer.propose()
        if proposal is None:
            return tried, True
        report = _reporting(
            ground, tried, proposal.method, within(progress, *_shares(len(tried), tuning.trials))
        )
        try:
            one = ground.attempt(proposal, tried, _timed(report, until))
        except _TimeIsOver:
            break
        journal.write(f"try-{one.number:04d}", one.to_dict())
        tried.append(one)
        proposer.tell(ground.outcome(one))
    if not tried:
        raise PlanError(
            "The time was over before anything was tried.",
            fix="Give the search more seconds, or choose quicker repairs.",
            code="tuning_no_time",
        )
    return tried, False


def _earlier(journal: Journal, most: int) -> list[Tried]:
    """Read the tries that were made before, as far as there is no hole in them."""
    entries, found = journal.read(), list[Tried]()
    while len(found) < most and (entry := entries.get(f"try-{len(found) + 1:04d}")) is not None:
        found.append(Tried.from_dict(entry))
    return found


def _shares(place: int, trials: int) -> tuple[float, float]:
    return place / trials, (place + 1) / trials


def _reporting(ground: Ground, tried: list[Tried], method: str, progress: Progress) -> Progress:
    """Tell which try this is and what was best so far, whatever the method says."""
    tuning = ground.work.plan.tuning
    chosen = _pick(tried, ground.reference, tuning).chosen
    title = catalogue()[method][0].title
    said = f"Trial {len(tried) + 1} of {tuning.trials}: {title}"
    if chosen is not None and chosen.number:
        said += f"; {best_so_far(ground.target.utility, chosen.utility, chosen.gap)}"

    return _saying(said, progress)


def _saying(said: str, progress: Progress) -> Progress:
    """Say one thing, whatever the work below says."""

    def report(share: float, message: str) -> None:
        del message
        progress(share, said)

    report(0.0, "")
    return report


def _timed(progress: Progress, until: float | None) -> Progress:
    def report(share: float, message: str) -> None:
        progress(share, message)
        if until is not None and time.monotonic() > until:
            raise _TimeIsOver

    return report


def _pick(tried: list[Tried], reference: Standing, tuning: Tuning) -> _Picked:
    """Decide on the validation rows what is worth looking at."""
    before = Point(
        number=0, utility=reference.utility or 0.0, gap=1.0 if reference.gap is None else reference.gap
    )
    points = [point for one in tried if (point := one.point) is not None]
    kept = [p for p in (before, *points) if _keeps(p, before, tuning)]
    pareto = front(kept)
    chosen = best(kept, tuning)
    return _Picked(
        within=frozenset(p.number for p in kept if p.number),
        pareto=tuple(p for p in pareto if p.number),
        chosen=chosen if chosen is not None and chosen.number else None,
    )


def _keeps(point: Point, before: Point, tuning: Tuning) -> bool:
    return all(value <= 0 for value in broken(point.utility, point.gap, before.utility, tuning).values())


def _measured(
    ground: Ground,
    bench: Bench,
    tried: list[Tried],
    picked: _Picked,
    *,
    journal: Journal,
    progress: Progress,
) -> tuple[dict[int, dict[str, Any]], tuple[str, ...]]:
    """Measure what was picked on the test rows: trained again on all training rows, as it would be handed over."""
    entries = journal.read()
    wanted = spread_out(picked.pareto, picked.chosen)
    found: dict[int, dict[str, Any]] = {}
    missed: list[str] = []
    for place, point in enumerate(wanted):
        name = f"test-{point.number:04d}"
        said = f"Measuring {place + 1} of {len(wanted)} picked tries on the test rows"
        part = _saying(said, within(progress, *_shares(place, len(wanted))))
        if name not in entries:
            try:
                entry = _on_test(ground, bench, tried[point.number - 1], part)
            except Cancelled:
                raise
            except AuditError as error:
                missed.append(f"Try {point.number} could not be measured on the test rows. {error.what}")
                continue
            journal.write(name, entry)
        else:
            entry = dict(entries[name])
        found[point.number] = {key: None if raw is None else Standing(**raw) for key, raw in entry.items()}
    return found, tuple(missed)


def _on_test(ground: Ground, bench: Bench, one: Tried, progress: Progress) -> dict[str, Any]:
    work, target = ground.work, ground.target
    choice = choice_of(one.proposal, target)
    before: Before = work.before(choice, bench, work.kept)
    done = repaired(bench, work, choice, before, progress)
    control = controlled(done, target)
    return {
        "test": plain(after(done, target)),
        "control": None if control is None else plain(control),
        "before": plain(without_repair(before, bench, target)[0]),
    }


def _row(one: Tried, picked: _Picked, measured: dict[str, Any] | None, target: Target) -> StudyRow:
    return StudyRow(
        **as_row(one),
        params=dict(sorted(choice_of(one.proposal, target).params.items())),
        within=one.number in picked.within,
        pareto=any(point.number == one.number for point in picked.pareto),
        chosen=picked.chosen is not None and picked.chosen.number == one.number,
        **(measured or {}),
    )
