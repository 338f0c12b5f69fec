"""What scores promise, how they rank and how they are spread: the parts of a screen below the thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from audit import wording
from audit.disparity.areas import AREAS
from audit.disparity.score_lines import precision_lines, roc_lines
from audit.figures.curves import ranking_alt, ranking_curves
from audit.figures.promises import promises, promises_alt
from audit.figures.scores import score_bins, scores_alt
from audit.figures.scores import scores as distributions
from audit.limits import EXACT
from audit.metrics.scores import are_probabilities
from audit.rows import group_name
from audit.wording.thresholds import counting, promise_answer, ranking_answer
from ui import cached, controls, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.chapters.calibration import PromiseRow, ReliabilityRow
    from audit.disparity.score_pairs import ScoreGapRow
    from audit.result import Audit
    from audit.tables.scores import ScoreCells
    from ui.tables import Lines

_PROMISES = ("calibration_in_the_large", "calibration_slope", "brier_score", "log_loss")
_PAIRED = ("xauc", "abroca")
_SPREAD = ("mean_score", "positive_class_balance", "negative_class_balance")


def draw(audit: Audit, sensitive: tuple[str, ...]) -> None:
    """Show calibration, ranking and distributions of one grouping, each in its own tab.

    Parameters
    ----------
    audit : Audit
        An audit with scores.
    sensitive : tuple of str
        The grouping.
    """
    if audit.basis.scores is None:
        return
    st.header("What the scores say", anchor=False)
    scores = audit.basis.scores.marginal(sensitive)
    parts = {
        "Do they keep their promise?": _calibration,
        "How do they rank?": _ranking,
        "How are they spread?": spread,
    }
    tabs = st.tabs(list(parts), on_change="rerun", key="score_parts", bind="query-params")
    for tab, part in zip(tabs, parts.values(), strict=True):
        if tab.open:  # the parts of closed tabs are not computed
            with tab:
                part(audit, scores)
    _caveats(audit)


def _caveats(audit: Audit) -> None:
    """Say what the numbers of scores leave out."""
    cells = audit.basis.scores
    if cells is not None and cells.missing:
        show.note(f"{wording.count(cells.missing)} audited people have no score and are left out here.")
    if audit.plan.roles.cluster:
        show.note(
            "Intervals of these measures take rows as independent; the clusters of the plan would widen them."
        )


def _calibration(audit: Audit, scores: ScoreCells) -> None:
    sensitive, confidence = scores.sensitive, audit.plan.confidence
    measure = "calibration_in_the_large"
    show.answer(
        promise_answer(
            audit.disparity(measure, "difference", sensitive),
            audit.metric_rows(measure, sensitive),
            confidence=confidence,
        )
    )
    rows = [row for row in audit.chapter("calibration") if row.sensitive == sensitive]
    bins = [row for row in rows if hasattr(row, "bin")]
    probabilities = are_probabilities(scores)
    show.figure(
        cached.drawn(promises, bins, probabilities=probabilities, theme=show.theme()),
        key="promises",
        alt=promises_alt(bins, probabilities=probabilities),
        rows=_bins(bins, confidence),
        name="calibration",
        words=("calibration_error", *_PROMISES),
        favourable=audit.plan.roles.favourable,
    )
    if not probabilities:
        return
    show.table(
        _kept(audit, [row for row in rows if not hasattr(row, "bin")]),
        key="kept",
        alt="How scores of each group keep their promise.",
    )
    show.note(
        "By chance: the calibration error that would be seen if every score kept its promise. The Brier score is "
        "reliability (0 is best) less resolution (what scores tell apart) plus the uncertainty of the labels, and what "
        "differs inside a bin."
    )


def _bins(rows: Iterable[ReliabilityRow], confidence: float) -> Lines:
    return [
        {
            "Group": group_name(row.group),
            "Bin": str(row.bin),
            "Mean score": wording.amount("mean_score", row.score, reason="empty"),
            "Observed": wording.percent(row.value, reason="empty"),
            f"{wording.level(confidence)} interval": wording.rate_interval(row.low, row.high).partition(
                " interval "
            )[2],
            "n": wording.count(row.n),
        }
        for row in rows
    ]


def _kept(audit: Audit, rows: Iterable[PromiseRow]) -> Lines:
    lines: Lines = []
    for row in rows:
        large, slope = (audit.metric(name, row.sensitive, row.group) for name in _PROMISES[:2])
        lines.append(
            {
                "Group": group_name(row.group),
                "Promise minus outcome": _with(
                    large.metric, large.value, large.low, large.high, large.reason
                ),
                "Boldness": _with(slope.metric, slope.value, slope.low, slope.high, slope.reason),
                "Calibration error": _plain(row.calibration_error, row.reason),
                "By chance": _plain(row.expected, row.reason),
                "Brier score": _plain(row.brier, row.reason),
                "Reliability": _plain(row.reliability, row.reason),
                "Resolution": _plain(row.resolution, row.reason),
                "n": wording.count(row.n),
            }
        )
    return lines


def _plain(value: float | None, reason: str) -> str:
    return wording.amount("calibration_error", value, reason=reason)


def _with(metric: str, value: float | None, low: float | None, high: float | None, reason: str = "") -> str:
    """Write a measure with its interval beside it."""
    written = wording.amount(metric, value, reason=reason)
    ends = wording.amount_interval(metric, low, high).partition(" interval ")[2]
    return f"{written} ({ends})" if ends else written


def _ranking(audit: Audit, scores: ScoreCells) -> None:
    sensitive, favourable = scores.sensitive, audit.plan.roles.favourable
    areas = audit.metric_rows("auc", sensitive)
    show.answer(
        ranking_answer(
            audit.disparity("auc", "difference", sensitive), areas, confidence=audit.plan.confidence
        )
    )
    found, alarms = (
        wording.short_title(name, favourable) for name in ("true_positive_rate", "false_positive_rate")
    )
    kinds = {"roc": f"{found} against {alarms.lower()} (ROC)", "precision": "Precision over recall"}
    kind = controls.choose("curve", "Curve", kinds, width=420)
    lines = roc_lines(scores) if kind == "roc" else precision_lines(scores)
    show.figure(
        cached.drawn(
            ranking_curves, lines, kind=kind, areas=areas, theme=show.theme(), favourable=favourable
        ),
        key="ranking",
        alt=ranking_alt(lines, kind=kind, areas=areas),
        rows=_measures(audit, sensitive, AREAS),
        name=f"ranking-{kind}",
        words=(*AREAS, *_PAIRED),
        favourable=favourable,
    )
    show.note(binning(audit, sensitive))
    if not scores.exact and audit.plan.score_bins != EXACT:
        show.go(
            "Count scores more finely",
            "data" if audit.plan.model.kind == "column" else "model",
            key="finer_scores",
        )
    pairs = [
        row
        for row in audit.chapter("score_gaps")
        if row.sensitive == sensitive and row.metric in _PAIRED and row.comparison == "to_reference"
    ]
    with st.expander("Across groups: each against the reference group", key="across"):
        show.table(_pairs(pairs), key="across_table", alt="Groups ranked across groups.")


def binning(audit: Audit, sensitive: tuple[str, ...], metrics: Iterable[str] = (*AREAS, *_PAIRED)) -> str:
    """Say how scores are counted, and how far that can move an area under a curve.

    Parameters
    ----------
    audit : Audit
        The audit.
    sensitive : tuple of str
        The grouping.
    metrics : iterable of str
        Ids of the measures that are shown; by default all areas, of groups and of pairs of groups.

    Returns
    -------
    str
        One or two sentences; empty where there are no scores, or none of the measures is an area.
    """
    cells = audit.basis.scores
    wanted = {*metrics} & {*AREAS, *_PAIRED}
    if cells is None or not wanted:
        return ""
    # Comparing all pairs takes a while: it is done where pairs are shown.
    chapters = ("scores", "score_gaps") if wanted & {*_PAIRED} else ("scores",)
    bounds = [
        row.bound
        for chapter in chapters
        for row in audit.chapter(chapter)
        if row.sensitive == sensitive and row.metric in wanted and hasattr(row, "bound")
    ]
    return counting(len(cells.cuts), bounds, exact=cells.exact, asked=audit.plan.score_bins)


def _measures(audit: Audit, sensitive: tuple[str, ...], names: tuple[str, ...]) -> Lines:
    found = {name: (audit.metric(name, sensitive), *audit.metric_rows(name, sensitive)) for name in names}
    favourable = audit.plan.roles.favourable
    return [
        {
            "Group": group_name(row.group),
            **{
                wording.short_title(name, favourable): _with(
                    name, rows[k].value, rows[k].low, rows[k].high, rows[k].reason
                )
                for name, rows in found.items()
            },
            "n": wording.count(row.n),
        }
        for k, row in enumerate(found[names[0]])
    ]


def _pairs(rows: Iterable[ScoreGapRow]) -> Lines:
    return [
        {
            "Measure": wording.short_title(row.metric),
            **({"Among": row.among} if row.metric.startswith("score_") else {}),
            "Group": group_name(row.group),
            "Against": group_name(row.reference),
            "Value": _with(row.metric, row.value, row.low, row.high, row.reason),
            "Expected of equal groups": ""
            if row.expected is None
            else wording.amount(row.metric, row.expected),
            "n": f"{wording.count(row.n)} and {wording.count(row.n_reference)}",
        }
        for row in rows
    ]


def spread(audit: Audit, scores: ScoreCells) -> None:
    """Show how scores are spread in each group.

    Parameters
    ----------
    audit : Audit
        The audit.
    scores : ScoreCells
        The scores of one grouping.
    """
    bins = score_bins(scores)
    threshold = audit.plan.roles.threshold
    show.figure(
        cached.drawn(distributions, bins, threshold=threshold, theme=show.theme()),
        key="spread",
        alt=scores_alt(bins, threshold=threshold),
        rows=_measures(audit, scores.sensitive, _SPREAD),
        name="scores",
        words=(*_SPREAD, "score_ks_distance", "score_wasserstein_distance"),
        favourable=audit.plan.roles.favourable,
    )
    pairs = [
        row
        for row in audit.chapter("score_gaps")
        if row.sensitive == scores.sensitive
        and row.metric.startswith("score_")
        and row.comparison == "to_reference"
    ]
    if pairs:
        with st.expander("Distances between the groups", key="distances"):
            show.table(_pairs(pairs), key="distances_table", alt="Distances of the distributions of scores.")


def beside_model(audit: Audit) -> None:
    """Offer the distributions of scores beside the choice of the model.

    Parameters
    ----------
    audit : Audit
        An audit with a result.
    """
    if audit.basis.scores is None:
        return
    with st.expander("Scores of the last run by group", key="model_scores", on_change="rerun") as box:
        if box.open:
            sensitive = controls.grouping(audit.groupings)
            spread(audit, audit.basis.scores.marginal(sensitive))
