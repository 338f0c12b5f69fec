"""The parts of the screen Thresholds: the answer, the curves with their slider, what changes for whom, and what it costs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from audit import wording
from audit.disparity.score_lines import metric_lines
from audit.disparity.thresholds import (
    costs,
    equalising,
    gap_at,
    least_cost,
    least_cost_each,
    rates_at,
    smallest_gap,
    sweep,
)
from audit.figures.curves import threshold_alt, threshold_curves
from audit.metrics.rates import RATE
from audit.metrics.scores import are_probabilities
from audit.plan import RATES
from audit.rows import group_name
from audit.wording.thresholds import AGAIN, LAWFUL, Closest, promise_answer, threshold_answer
from ui import actions, cached, controls, overview, scoresview, show, text, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.disparity.thresholds import Sweep
    from audit.plan import Outcome
    from audit.result import Audit
    from audit.rows import MetricRow
    from audit.tables.scores import ScoreCells
    from ui.screen import Screen
    from ui.tables import Lines

METRICS: Final = tuple(name for name in RATES if name in RATE and name != "base_rate")
"""Rates that a threshold moves."""

_WAYS: Final = {
    "one": "One for all groups",
    "selection": "For each group: equal selection",
    "chances": "For each group: equal true positive rates",
    "cost": "For each group: least cost",
    "own": "For each group: my own",
}
_COSTS: Final = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 10.0)
_MOST_OWN: Final = 8
_STEPS: Final = 100


def draw(screen: Screen) -> None:
    """Draw the screen.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    audit = screen.audit
    if audit.basis.scores is None:
        show.empty(
            "This audit has no scores.",
            "A threshold can only be moved where each decision comes from a score. Name the column that holds scores, or "
            "let a model that gives scores decide.",
            label="Name the score column",
            slug="data",
        )
        return
    favourable = audit.plan.roles.favourable
    with st.container(horizontal=True, gap="medium"):
        leading = overview.lead(audit)
        sensitive = controls.grouping(audit.groupings, first=leading.sensitive if leading else None)
        opportunity = "true_negative_rate" if favourable == "negative" else "true_positive_rate"
        metric = controls.metric(favourable, METRICS, default=opportunity)
    scores = audit.basis.scores.marginal(sensitive)
    found = sweep(scores, audit.plan)
    _answer(audit, found, metric)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        way = controls.choose("thresholds", "Thresholds", _WAYS)
        ratio = _cost()
    at = _chosen(audit, found, way, ratio)
    _picture(audit, found, metric, at)
    _changes(audit, scores, metric, at)
    if way != "one":
        show.note(LAWFUL)
    _spent(audit, found, ratio, at)
    _adopt(screen, at, way)
    scoresview.draw(audit, sensitive)


def present(audit: Audit) -> float:
    """Give the threshold that is in use.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    float
        The plan's.
    """
    return audit.plan.roles.threshold


def by_score(audit: Audit) -> bool:
    """Tell whether the audited decisions are scores held against the threshold.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    bool
        False where decisions are a column of their own.
    """
    return audit.plan.model.kind != "column" or audit.plan.roles.decision is None


def _answer(audit: Audit, found: Sweep, metric: str) -> None:
    plan, sensitive = audit.plan, found.scores.sensitive
    row = gap_at(found.scores, present(audit), metric, plan)
    best = smallest_gap(found, metric)
    accuracy = found.overall("accuracy")
    now = rates_at(found.scores, present(audit), "accuracy", plan)[0].value
    closest = None
    if best is not None and now is not None:
        closest = Closest(
            threshold=float(found.thresholds[best]),
            gap=float(found.gaps(metric)[best]),
            accuracy=float(accuracy[best]),
            accuracy_now=now,
        )
    roles, confidence = plan.roles, plan.confidence
    said = threshold_answer(row, present(audit), closest, favourable=roles.favourable, confidence=confidence)
    measure = "calibration_in_the_large"
    promised = promise_answer(
        audit.disparity(measure, "difference", sensitive),
        audit.metric_rows(measure, sensitive),
        confidence=confidence,
    )
    show.answer(" ".join(part for part in (said, promised) if part))
    if not by_score(audit):
        show.note(_beside(audit))


def _beside(audit: Audit) -> str:
    """Say how scores at the threshold agree with a column of decisions."""
    cells = audit.basis.scores.at(present(audit)) if audit.basis.scores else None
    same = (
        cells is not None
        and cells.groups == audit.cells.groups
        and bool(np.array_equal(cells.n, audit.cells.n))
    )
    column = wording.escape_plain(audit.plan.roles.decision or "", 60)
    if same:
        return f"Scores from {present(audit):.4g} on give as many positive decisions in every group as the column {column} holds."
    return (
        f"The audited decisions are those in {column}. Scores from {present(audit):.4g} on would not give the same numbers: "
        "this screen is about the scores."
    )


def _cost() -> float:
    options = {f"{value:g}": _said_cost(value) for value in _COSTS}
    return float(controls.choose("cost", "A missed positive costs", options, first="1", width=300))


def _said_cost(value: float) -> str:
    if value == 1:
        return "as much as a false alarm"
    return f"{value:g} times a false alarm"


def _chosen(audit: Audit, found: Sweep, way: str, ratio: float) -> tuple[float, ...]:
    """Give the threshold of every group."""
    groups = found.scores.groups
    now = present(audit)
    if way == "one":
        return (_slider("threshold", "Threshold", found.scores, now),) * len(groups)
    if way == "cost":
        return least_cost_each(found, ratio)
    if way == "own":
        return _own(audit, found)
    metric = "selection_rate" if way == "selection" else "true_positive_rate"
    target = rates_at(found.scores, now, metric, audit.plan)[0].value
    if target is None:
        return (now,) * len(groups)
    show.note(
        f"Each group's threshold is the one at which its {wording.text(metric).term} is closest to everybody's now, "
        f"{wording.percent(target)}."
    )
    return tuple(now if math.isnan(value) else value for value in equalising(found, metric, target))


def _own(audit: Audit, found: Sweep) -> tuple[float, ...]:
    """Let the reader set the threshold of each of the largest groups; the others keep the one in use."""
    scores = found.scores
    largest = sorted(np.argsort(-scores.sizes, kind="stable")[:_MOST_OWN].tolist())
    if len(largest) < len(scores.groups):
        show.note(f"The {_MOST_OWN} largest groups have a slider; the others keep the threshold in use.")
    names = controls.distinct([group_name(scores.groups[g]) for g in largest], 40)
    by, now = audit.groupings.index(scores.sensitive), present(audit)
    values = [now] * len(scores.groups)
    columns = st.columns(2, gap="medium")
    for k, (g, name) in enumerate(zip(largest, names, strict=True)):
        with columns[k % 2]:
            values[g] = _slider(f"threshold_{by}_{g}", text.md(name), scores, now)
    return tuple(values)


def _slider(key: str, title: str, scores: ScoreCells, now: float) -> float:
    """Show one slider: over the values that occur where they are few, in steps otherwise."""
    if scores.exact and len(scores.cuts) <= _STEPS:
        options = sorted({*scores.cuts, now})
        return float(
            st.select_slider(
                title,
                options,
                value=now,
                format_func=lambda value: f"{value:g}",
                key=key,
                bind="query-params",
            )
        )
    low, high, step = 0.0, 1.0, 0.01
    if not are_probabilities(scores):
        held = scores.n.sum(axis=(0, 1)) > 0
        ends = np.asarray(scores.cuts)[held]
        step = float(10.0 ** math.floor(math.log10((ends.max() - ends.min()) / 10)))
        low, high = (step * math.floor(ends.min() / step), step * math.ceil(ends.max() / step))
    return float(
        st.slider(
            title,
            min(low, now),
            max(high, now),
            value=now,
            step=step,
            format="%.4g",
            key=key,
            bind="query-params",
        )
    )


def _picture(audit: Audit, found: Sweep, metric: str, at: tuple[float, ...]) -> None:
    favourable, scores = audit.plan.roles.favourable, found.scores
    rows = rates_at(scores, at, metric, audit.plan)
    lines = metric_lines(found, metric)
    show.figure(
        cached.drawn(
            threshold_curves,
            lines,
            rows,
            at=at,
            present=present(audit),
            theme=show.theme(),
            favourable=favourable,
        ),
        key="curves",
        alt=threshold_alt(rows, at=at, favourable=favourable),
        name=f"thresholds-{metric}",
        words=(metric, "difference"),
        favourable=favourable,
    )
    if set(at) == {present(audit)}:
        return  # the answer above has said it already
    gap = gap_at(scores, at, metric, audit.plan)
    said = wording.points(gap.value, reason=gap.reason)
    interval = wording.gap_interval(gap.low, gap.high, confidence=audit.plan.confidence)
    show.answer(f"Gap at the chosen threshold: {said}{f' ({interval})' if interval else ''}.")


def _changes(audit: Audit, scores: ScoreCells, metric: str, at: tuple[float, ...]) -> None:
    """Table what the chosen threshold changes for each group."""
    plan = audit.plan
    wanted = tuple(dict.fromkeys((metric, "selection_rate", "accuracy")))
    now = {name: rates_at(scores, present(audit), name, plan) for name in wanted}
    then = {name: rates_at(scores, at, name, plan) for name in wanted}
    show.table(
        _lines(plan.roles.favourable, now, then, at, moved=set(at) != {present(audit)}),
        key="changes",
        alt="What the chosen threshold changes for each group.",
    )


def _lines(
    favourable: Outcome,
    now: Mapping[str, Sequence[MetricRow]],
    then: Mapping[str, Sequence[MetricRow]],
    at: Sequence[float],
    *,
    moved: bool,
) -> Lines:
    lines: Lines = []
    first = next(iter(now))
    for k, row in enumerate(now[first]):
        line = {
            "Group": group_name(row.group),
            "Threshold": f"{at[k - 1]:.4g}" if k else ("" if len(set(at)) > 1 else f"{at[0]:.4g}"),
        }
        for name in now:
            before, after = now[name][k], then[name][k]
            title = wording.short_title(name, favourable)
            line[title] = wording.percent(after.value, reason=after.reason)
            change = None
            if before.value is not None and after.value is not None:
                change = after.value - before.value
            if moved:
                line[f"{title}: change"] = "" if change is None else wording.signed_points(change)
        line["n"] = wording.count(row.n)
        lines.append(line)
    return lines


def _spent(audit: Audit, found: Sweep, ratio: float, at: tuple[float, ...]) -> None:
    """Say what errors cost at the threshold in use, at the chosen one, and at the cheapest."""
    cells = found.scores.at(at).overall().w[0]
    total = float(cells.sum()) or 1.0
    chosen = float(cells[0, 1] + ratio * cells[1, 0]) / total
    cost, least = costs(found, ratio), least_cost(found, ratio)
    now = found.scores.at(present(audit)).overall().w[0]
    used = float(now[0, 1] + ratio * now[1, 0]) / total
    moved = "" if set(at) == {present(audit)} else f" and {100 * chosen:.1f} at the chosen one"
    show.note(
        f"If a missed positive costs {_said_cost(ratio)}, all errors together cost as much as {100 * used:.1f} false alarms "
        f"per 100 people at the threshold in use{moved}. The cheapest threshold for all groups is {least:.3g}, with "
        f"{100 * float(cost.min()):.1f}."
    )


def _adopt(screen: Screen, at: tuple[float, ...], way: str) -> None:
    """Offer to put the chosen threshold into the plan."""
    audit = screen.audit
    if way != "one":
        return
    if not by_score(audit):
        show.note(
            "To look at only: the audited decisions are a column of their own, and moving this changes none of them."
        )
        return
    threshold = at[0]
    if threshold == present(audit):
        return
    with st.container(border=True, gap="small"):
        show.note(AGAIN)
        if st.button(f"Adopt {threshold:.4g} as the threshold", key="adopt"):
            plan = replace(screen.plan, roles=replace(screen.plan.roles, threshold=threshold))
            actions.save_plan(screen, plan)
            workspace.notify(f"The threshold is now {threshold:.4g}. Run the audit again to see its numbers.")
            actions.open_page("model")
