"""Words and number formats for readers, the same on every screen and page.

Nothing here computes: it takes values and rows and says them. Names that come from the data are cleaned, never trusted.
"""

from __future__ import annotations

from audit.wording.changes import LEVELLING, change, flipped, levelling_down, over_seeds, runs, shown_change
from audit.wording.cleaning import csv_safe, distinct, escape_plain, label, wrap
from audit.wording.criteria import COMPARISON_TEXTS, CRITERION_TEXTS, criterion_rates
from audit.wording.data import DATA_TEXTS
from audit.wording.measured import MEASURED, measured
from audit.wording.metrics import METRIC_TEXTS, MetricText
from audit.wording.mitigations import AIMS, CRITERION_AIM, STAGES, aimed, cautions, cost
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
from audit.wording.people import (
    cannot_both,
    detectable,
    labels_apart,
    listed,
    missing_gap,
    repeated,
    represented,
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
from audit.wording.titles import (
    FAMILY_TITLES,
    TEXTS,
    column_title,
    direction,
    disparity_title,
    metric_title,
    short_title,
    text,
)
from audit.wording.units import (
    amount,
    amount_interval,
    gap_amount,
    gap_amount_interval,
    is_share,
    signed_gap_amount,
    unit_of,
)
from audit.wording.verdicts import verdict_symbol, verdict_word

__all__ = [
    "AIMS",
    "COMPARISON_TEXTS",
    "CRITERION_AIM",
    "CRITERION_TEXTS",
    "DATA_TEXTS",
    "FAMILY_TITLES",
    "LEVELLING",
    "MEASURED",
    "METRIC_TEXTS",
    "STAGES",
    "TEXTS",
    "MetricText",
    "aimed",
    "amount",
    "amount_interval",
    "cannot_both",
    "cautions",
    "chance",
    "change",
    "column_title",
    "cost",
    "count",
    "criterion_rates",
    "csv_safe",
    "detectable",
    "direction",
    "disparity_title",
    "distinct",
    "escape_plain",
    "flipped",
    "gap_amount",
    "gap_amount_interval",
    "gap_interval",
    "group_phrase",
    "headline",
    "is_share",
    "label",
    "labels_apart",
    "level",
    "levelling_down",
    "listed",
    "measured",
    "metric_title",
    "missing_gap",
    "not_estimable",
    "over_seeds",
    "overview",
    "percent",
    "points",
    "pvalue",
    "rate_interval",
    "ratio",
    "ratio_interval",
    "repeated",
    "represented",
    "runs",
    "short_title",
    "shown_change",
    "signed_gap_amount",
    "signed_points",
    "small_denominator",
    "text",
    "unit_of",
    "verdict_sentence",
    "verdict_symbol",
    "verdict_word",
    "worst_group",
    "wrap",
]
