"""What each measure of the data before a model is called, how it is read and what it does not tell."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from audit.wording.metrics import MetricText

if TYPE_CHECKING:
    from collections.abc import Mapping

DAS: Final = (
    "S. Das, M. Donini, J. Gelman et al. (2021). Fairness measures for machine learning in finance. "
    "doi:10.3905/jfds.2021.1.075"
)
WACHTER: Final = (
    "S. Wachter, B. Mittelstadt, C. Russell (2021). Why fairness cannot be automated. "
    "doi:10.1016/j.clsr.2021.105567"
)
LIN: Final = "J. Lin (1991). Divergence measures based on the Shannon entropy. doi:10.1109/18.61115"

_NO_LABELS: Final = "When one of the two groups has nobody with a label."
_NO_MODEL: Final = "It is about the labels, not about any decision: a difference may be real, or recorded."
_CHANCE: Final = "It is never negative, so chance alone makes it larger than 0; small groups most."


def _said(id_: str, short: str, term: str, symbol: str, **said: Any) -> MetricText:
    return MetricText(
        id=id_,
        title=f"{short} ({term})",
        short=short,
        term=term,
        symbol=symbol,
        **{"references": (DAS,), "undefined": _NO_LABELS, "caution": _NO_MODEL, **said},
    )


def _disparity(id_: str, short: str, term: str, symbol: str, *, what: str, within: bool) -> MetricText:
    """Word a group's share among the unfavourable outcomes minus its share among the favourable ones."""
    strata = ", averaged over the values of the control columns by their people" if within else ""
    plain = "D = n_g(unfavourable) / n(unfavourable) - n_g(favourable) / n(favourable)"
    latex = r"D = \frac{n_g^{(0)}}{n^{(0)}} - \frac{n_g^{(1)}}{n^{(1)}}"
    typst = "D = n_g^((0)) / n^((0)) - n_g^((1)) / n^((1))"
    return _said(
        id_,
        short,
        term,
        symbol,
        reading=(
            f"The group's share of the people with the unfavourable {what} minus its share of those with the favourable "
            f"one{strata}."
        ),
        formula="sum over strata of n_s D_s / n" if within else plain,
        latex=r"\frac{1}{n}\sum_s n_s D_s, \quad " + latex if within else latex,
        typst="1 / n sum_s n_s D_s, quad " + typst if within else typst,
        caution="It grows with the size of the group, so groups of different size cannot be ranked by it.",
        undefined=f"When nobody, or everybody, has the favourable {what}; such strata are left out of a mean.",
        references=(WACHTER, DAS),
        unit="index",
    )


DATA_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        said.id: said
        for said in (
            _said(
                "class_imbalance",
                "Imbalance of people",
                "class imbalance",
                "CI",
                reading="How much larger the reference group is than the group, as a part of both together.",
                formula="(n_a - n_d) / (n_a + n_d)",
                latex=r"\frac{n_a - n_d}{n_a + n_d}",
                typst="(n_a - n_d) / (n_a + n_d)",
                caution="It does not say whether the population is as uneven as the data.",
                undefined="When both groups are empty.",
                unit="index",
            ),
            _said(
                "label_difference",
                "Difference of labels",
                "difference in proportions of labels",
                "DPL",
                reading="The share of positive labels in the group minus that of the reference group.",
                formula="q_d - q_a",
                latex="q_d - q_a",
                typst="q_d - q_a",
            ),
            _said(
                "label_ratio",
                "Ratio of labels",
                "disparate impact of the label",
                "DI",
                reading="The share of positive labels in the group over that of the reference group.",
                formula="q_d / q_a",
                latex=r"\frac{q_d}{q_a}",
                typst="q_d / q_a",
                undefined="When nobody in the reference group has the positive label.",
                unit="index",
            ),
            _said(
                "kl_divergence",
                "Divergence of labels",
                "Kullback–Leibler divergence",
                "KL",
                reading="How badly the group's labels stand for those of the reference group, in nats.",
                formula="sum over labels of P_a ln(P_a / P_d)",
                latex=r"\sum_y P_a(y) \ln \frac{P_a(y)}{P_d(y)}",
                typst="sum_y P_a (y) ln (P_a (y)) / (P_d (y))",
                caution=_CHANCE,
                undefined="When a label of the reference group never occurs in the group.",
                unit="index",
            ),
            _said(
                "js_divergence",
                "Unlikeness of labels",
                "Jensen–Shannon divergence",
                "JS",
                reading="How unlike the labels of both groups are, from 0 (the same) to 1 (nothing in common).",
                formula="KL_2(P_a, P) / 2 + KL_2(P_d, P) / 2 with P = (P_a + P_d) / 2",
                latex=r"\tfrac12 KL_2(P_a\|P) + \tfrac12 KL_2(P_d\|P), \quad P = \tfrac12(P_a + P_d)",
                typst='1/2 "KL"_2 (P_a, P) + 1/2 "KL"_2 (P_d, P), quad P = 1/2 (P_a + P_d)',
                caution=_CHANCE,
                references=(LIN, DAS),
                unit="index",
            ),
            _said(
                "js_distance",
                "Distance of labels",
                "Jensen–Shannon distance",
                "√JS",
                reading="The root of the Jensen–Shannon divergence, which is a distance.",
                formula="root of JS",
                latex=r"\sqrt{JS}",
                typst='sqrt("JS")',
                caution=_CHANCE,
                references=(LIN,),
                unit="index",
            ),
            _said(
                "total_variation",
                "Labels to be changed",
                "total variation distance",
                "TVD",
                reading="The share of one group whose label would have to change to be spread like the other's.",
                formula="half of the sum over labels of |P_a - P_d|",
                latex=r"\tfrac12 \sum_y |P_a(y) - P_d(y)|",
                typst="1/2 sum_y abs(P_a (y) - P_d (y))",
                caution=_CHANCE,
                unit="index",
            ),
            _said(
                "lp_distance",
                "Straight distance of labels",
                "L2 distance",
                "LP",
                reading="The straight-line distance between the shares of the labels.",
                formula="root of the sum over labels of (P_a - P_d)^2",
                latex=r"\sqrt{\sum_y (P_a(y) - P_d(y))^2}",
                typst="sqrt(sum_y (P_a (y) - P_d (y))^2)",
                caution=_CHANCE,
                unit="index",
            ),
            _said(
                "ks_distance",
                "Largest difference of a label",
                "Kolmogorov–Smirnov",
                "KS",
                reading="The largest difference in the share of one label.",
                formula="largest |P_a - P_d| over labels",
                latex=r"\max_y |P_a(y) - P_d(y)|",
                typst="max_y abs(P_a (y) - P_d (y))",
                caution=_CHANCE,
                unit="index",
            ),
            _disparity(
                "demographic_disparity",
                "Tilt of labels",
                "demographic disparity of labels",
                "DD",
                what="label",
                within=False,
            ),
            _disparity(
                "conditional_demographic_disparity",
                "Tilt of labels among comparable people",
                "conditional demographic disparity of labels",
                "CDDL",
                what="label",
                within=True,
            ),
            _disparity(
                "decision_disparity",
                "Tilt of decisions",
                "demographic disparity of decisions",
                "DD",
                what="decision",
                within=False,
            ),
            _disparity(
                "conditional_decision_disparity",
                "Tilt of decisions among comparable people",
                "conditional demographic disparity of decisions",
                "CDD",
                what="decision",
                within=True,
            ),
        )
    }
)
"""The texts by id, in the order in which they are shown."""
