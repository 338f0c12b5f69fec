"""Thresholds tried on counts alone: half of the people set them, the other half measures them, and no row is read.

What a mitigation after the model needs is in the score cells already, so that trying one costs the same whether
they count a thousand rows or a hundred million.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.before import AS_IT_IS, GROUP_BY, SEEDS, control_decisions, own_params, seeds_of
from audit.cells import Cells
from audit.errors import PlanError, listing, quote
from audit.gather.halves import deal
from audit.progress import silent, within
from audit.rows.trials import TrialRecord
from audit.trial import Trial
from audit.wording.numbers import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.cells import Attribute
    from audit.mitigation.repair import Adjusted, PostProcessing
    from audit.mitigation.rule import GroupRule
    from audit.mitigation.spec import MitigationSpec
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress
    from audit.tables.scores import ScoreCells

    Array = NDArray[np.float64]

MOST_LOADED: Final = 2_000_000
"""With more rows than this, thresholds are tried on counts."""

_DEAL: Final = 0x4A1F
_DRAW: Final = 0x4A20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Thresholds that were set on counts: what there is to adopt where no row was read.

    Parameters
    ----------
    rule : GroupRule
        The thresholds.
    attributes : tuple of Attribute
        The columns that make its groups.
    """

    rule: GroupRule
    attributes: tuple[Attribute, ...]


def on_counts(dataset: Any, plan: Plan, scores: ScoreCells | None, spec: MitigationSpec) -> bool:
    """Say whether a mitigation should be tried on counts.

    Parameters
    ----------
    dataset : Dataset
        The data: counts serve where they are many, or lie in place.
    plan : Plan
        The audited scores must be a column.
    scores : ScoreCells or None
        The counts, where there are any.
    spec : MitigationSpec
        It must work after the model.

    Returns
    -------
    bool
        Whether :func:`try_on_scores` serves better than loading rows.
    """
    column = plan.model.kind == "column" and bool(plan.roles.score)
    large = dataset.n_rows > MOST_LOADED or getattr(dataset, "place", None) is not None
    return scores is not None and spec.stage == "post" and column and large


def try_on_scores(
    scores: ScoreCells, cells: Cells, plan: Plan, choice: MitigationChoice, *, progress: Progress = silent
) -> tuple[Trial, Counted]:
    """Try a mitigation after the model on counts by group, label and score.

    Parameters
    ----------
    scores : ScoreCells
        Everybody audited, by all sensitive columns, label and bin of the score.
    cells : Cells
        The same people by label and audited decision, to see whether the decision is that of the score.
    plan : Plan
        Threshold, favourable outcome and seed.
    choice : MitigationChoice
        Which mitigation, with its settings.
    progress : callable
        Where the work reports.

    Returns
    -------
    trial : Trial
        Before, control and after for the half of the people on whom nothing was set; the same for other halves.
    first : Counted
        The thresholds of the first halves, which can be adopted.

    Raises
    ------
    PlanError
        Where the mitigation needs rows, or a setting is wrong.

    Notes
    -----
    People in one bin are exchangeable, so a coin for each of them is a binomial draw for the bin. A threshold can only
    lie between bins; where every value is a bin of its own, nothing is lost.
    """
    from audit.mitigation.catalogue import make
    from audit.mitigation.repair import PostProcessing

    method = make(choice.id, own_params(choice))
    if not isinstance(method, PostProcessing):
        raise PlanError(
            f"{method.spec.title} trains a model and needs the rows themselves.",
            why="Counts are enough for mitigations that only decide otherwise about given scores.",
            fix="Choose one that works after the model, or audit a sample of the rows.",
            code="rows_needed",
        )
    seeds = seeds_of(choice)
    by = str(choice.params.get(GROUP_BY, "all"))
    codes, names = _grouped(scores, by)
    runs = [
        _run(
            scores,
            plan,
            method,
            (codes, names),
            seed=plan.seed + i,
            progress=within(progress, i / seeds, (i + 1) / seeds),
        )
        for i in range(seeds)
    ]
    progress(1.0, "Measured on the other half")
    first = runs[0]
    trial = Trial(
        record=_record(scores, cells, plan=plan, choice=choice, method=method, first=first),
        columns=first.columns,
        cells=first.cells,
        again=tuple(run.cells for run in runs[1:]),
    )
    made = tuple(a for a in scores.attributes if by in {"all", a.column})
    return trial, Counted(rule=first.adjusted.rule, attributes=made)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    adjusted: Adjusted
    columns: tuple[str, ...]
    cells: Cells
    n_set: int
    control_rate: float | None
    after_rate: float


def _run(
    scores: ScoreCells,
    plan: Plan,
    method: PostProcessing,
    grouped: tuple[NDArray[np.int64], tuple[tuple[str, ...], ...]],
    *,
    seed: int,
    progress: Progress,
) -> _Run:
    """Deal the people to halves, set thresholds on the first and measure them on the second."""
    from audit.mitigation.repair import Scores

    codes, names = grouped
    progress(0.0, "Dealing the people to two halves")
    first, second = halves(scores, seed=seed)
    where = np.nonzero(first.n)
    cuts = np.asarray(first.cuts)
    present, own = np.unique(codes[where[0]], return_inverse=True)
    adjusted = method.adjust(
        Scores(
            score=cuts[where[2]],
            label=where[1].astype(np.int8),
            group=own,
            groups=tuple(names[code] for code in present),
            weight=first.w[where],
            threshold=plan.roles.threshold,
            favourable=plan.roles.favourable,
            people=first.n[where],
        ),
        seed=seed,
        progress=within(progress, 0.1, 0.9),
    )
    progress(0.9, "Measuring on the other half")
    # A group that is not in the first half is −1: it keeps the threshold.
    place = np.searchsorted(present, codes)
    known = present[np.minimum(place, len(present) - 1)] == codes
    return _measured(second, plan, adjusted, np.where(known, place, -1), seed=seed, n_set=int(first.n.sum()))


def halves(scores: ScoreCells, *, seed: int) -> tuple[ScoreCells, ScoreCells]:
    """Deal everybody to one of two halves by a fair coin.

    Parameters
    ----------
    scores : ScoreCells
        Counts.
    seed : int
        Where the draws start.

    Returns
    -------
    first, second : ScoreCells
        They add up to what was given.
    """
    shape = scores.n.shape
    parts = deal(
        scores.n.ravel(),
        scores.w.ravel(),
        scores.w2.ravel(),
        np.random.default_rng([seed, _DEAL]),
        weighted=scores.weighted,
    )
    n, w, w2 = (part.reshape(shape).copy() for part in parts)
    share = np.divide(w, scores.w, out=np.zeros(shape), where=scores.w > 0)
    first = replace(scores, n=n, w=w, w2=w2, s=scores.s * share, missing=0)
    second = replace(
        scores,
        n=scores.n - n,
        w=np.maximum(scores.w - w, 0),
        w2=np.maximum(scores.w2 - w2, 0),
        s=scores.s * (1 - share),
        missing=0,
    )
    return first, second


def _measured(
    second: ScoreCells, plan: Plan, adjusted: Adjusted, codes: NDArray[np.int64], *, seed: int, n_set: int
) -> _Run:
    cuts = np.asarray(second.cuts)
    selected = _selected(second, adjusted.rule, codes, seed=seed)
    before = cuts >= plan.roles.threshold
    total = float(second.w.sum())
    share = np.divide(selected, second.n, out=np.zeros_like(selected), where=second.n > 0)
    target = float((second.w * share).sum() / total)
    decisions = [before]
    columns: tuple[str, ...] = ("before", "after")
    reached = None
    held = second.w.sum(axis=(0, 1))
    occurs = held > 0
    if np.count_nonzero(occurs) > 2:
        control = np.zeros(len(cuts), dtype=bool)
        found, reached = control_decisions(cuts[occurs], held[occurs], target)
        control[occurs] = found == 1
        decisions.append(control)
        columns = ("before", "control", "after")
    return _Run(
        adjusted=adjusted,
        columns=columns,
        cells=_paired(second, decisions, share),
        n_set=n_set,
        control_rate=reached,
        after_rate=target,
    )


def _selected(scores: ScoreCells, rule: GroupRule, codes: NDArray[np.int64], *, seed: int) -> Array:
    """Count the people in each bin who get a positive decision; where a draw decides, it is drawn for the bin."""
    cuts = np.asarray(scores.cuts)
    chance = np.stack([rule.probability(cuts, np.full(len(cuts), code)) for code in codes])
    drawn = np.random.default_rng([seed, _DRAW]).binomial(
        scores.n.astype(np.int64), np.broadcast_to(chance[:, None, :], scores.n.shape)
    )
    return np.asarray(drawn, dtype=np.float64)


def _paired(scores: ScoreCells, sure: list[NDArray[np.bool_]], share: Array) -> Cells:
    """Count people by group, label, the decisions that follow from the bin, and the one that has a share."""
    known = scores.n.sum(axis=(1, 2)) > 0
    place = np.zeros(len(scores.cuts), dtype=np.int64)
    for decision in sure:
        place = place * 2 + decision
    size = 2 ** len(sure)
    shape = (int(known.sum()), 2, *([2] * len(sure)), 2)

    def counted(values: Array) -> Array:
        out = np.zeros((len(known), 2, size, 2))
        for at in range(size):
            inside = place == at
            out[:, :, at, 1] = (values * share)[:, :, inside].sum(axis=2)
            out[:, :, at, 0] = (values * (1 - share))[:, :, inside].sum(axis=2)
        return np.ascontiguousarray(out[known].reshape(shape))

    n = np.rint(counted(scores.n))
    return Cells(
        attributes=scores.attributes,
        groups=tuple(group for group, there in zip(scores.groups, known, strict=True) if there),
        n=n,
        w=counted(scores.w) if scores.weighted else n.copy(),
        w2=counted(scores.w2) if scores.weighted else n.copy(),
        weighted=scores.weighted,
    )


def _grouped(scores: ScoreCells, group_by: str) -> tuple[NDArray[np.int64], tuple[tuple[str, ...], ...]]:
    """Pick the groups that thresholds are set for; gives the position of each group of the counts among them."""
    if group_by == "all":
        return np.arange(len(scores.groups)), scores.groups
    if group_by not in scores.sensitive:
        raise PlanError(
            f"A mitigation is to work on the groups of {quote(group_by)}, which is not a sensitive column.",
            why=f"Sensitive columns: {listing(scores.sensitive)}.",
            fix='Name one of them, or "all" for their intersection.',
            code="group_by",
        )
    at = scores.sensitive.index(group_by)
    names = tuple((level,) for level in scores.attributes[at].levels)
    return np.array([names.index((group[at],)) for group in scores.groups]), names


def _record(
    scores: ScoreCells,
    cells: Cells,
    *,
    plan: Plan,
    choice: MitigationChoice,
    method: PostProcessing,
    first: _Run,
) -> TrialRecord:
    return TrialRecord(
        mitigation=choice.id,
        title=method.spec.title,
        params={
            **method.get_params(),
            GROUP_BY: str(choice.params.get(GROUP_BY, "all")),
            SEEDS: seeds_of(choice),
        },
        baseline=AS_IT_IS,
        n_train=first.n_set,
        n_test=first.cells.total,
        control_rate=first.control_rate,
        after_rate=first.after_rate,
        reason="no_scores" if first.control_rate is None else "",
        notes=(*_notes(scores, cells, plan, first), *first.adjusted.notes),
        measured=dict(first.adjusted.measured),
        series=tuple(first.adjusted.series),
    )


def _notes(scores: ScoreCells, cells: Cells, plan: Plan, first: _Run) -> tuple[str, ...]:
    """Say on whom thresholds were set and measured, and where counts fall short of rows."""
    said = [
        (
            f"Tried on counts: {count(first.n_set)} people, dealt by chance, set the thresholds, and the other "
            f"{count(first.cells.total)} measure them. No row was read again."
        )
    ]
    if not scores.exact:
        said.append(
            f"Scores were counted in bins up to {scores.coarseness:.3g} wide, and a threshold can only lie between two "
            "bins."
        )
    if scores.missing:
        said.append(f"{count(scores.missing)} people without a score are in neither half.")
    decided = scores.at(plan.roles.threshold)
    same = decided.groups == cells.groups and np.array_equal(decided.n, cells.n)
    if plan.roles.decision and not same:
        said.append(
            f"The audited decisions are not those of the score at {plan.roles.threshold:.6g}: before is a positive "
            "decision from that score on."
        )
    return tuple(said)
