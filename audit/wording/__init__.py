"""Words and number formats for readers, the same on every screen and page.

Nothing here computes: it takes values and rows and says them. Names that come from the data are cleaned, never trusted.
"""

from __future__ import annotations

from audit.wording.changes import LEVELLING, change, levelling_down
from audit.wording.cleaning import csv_safe, distinct, escape_plain, label, wrap
from audit.wording.criteria import COMPARISON_TEXTS, CRITERION_TEXTS, criterion_rates
from audit.wording.metrics import METRIC_TEXTS, MetricText, direction
from audit.wording.numbers import (
    count,
    gap_interval,
    level,
    not_estimable,
    percent,
    points,
    pvalue,
    rate_interval,
    ratio,
    ratio_interval,
    signed_points,
)
from audit.wording.sentences import (
    chance,
    group_phrase,
    headline,
    overview,
    small_denominator,
    verdict_sentence,
    worst_group,
)
from audit.wording.titles import TEXTS, column_title, disparity_title, metric_title, short_title, text
from audit.wording.verdicts import verdict_symbol, verdict_word

__all__ = [
    "COMPARISON_TEXTS",
    "CRITERION_TEXTS",
    "LEVELLING",
    "METRIC_TEXTS",
    "TEXTS",
    "MetricText",
    "chance",
    "change",
    "column_title",
    "count",
    "criterion_rates",
    "csv_safe",
    "direction",
    "disparity_title",
    "distinct",
    "escape_plain",
    "gap_interval",
    "group_phrase",
    "headline",
    "label",
    "level",
    "levelling_down",
    "metric_title",
    "not_estimable",
    "overview",
    "percent",
    "points",
    "pvalue",
    "rate_interval",
    "ratio",
    "ratio_interval",
    "short_title",
    "signed_points",
    "small_denominator",
    "text",
    "verdict_sentence",
    "verdict_symbol",
    "verdict_word",
    "worst_group",
    "wrap",
]
