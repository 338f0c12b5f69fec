"""What each index, a measure that is no share of people, is called, how it is read and what it does not tell."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.metrics import MetricText
from audit.wording.numbers import fixed, percent, rate_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOKOLOVA: Final = (
    "M. Sokolova, G. Lapalme (2009). A systematic analysis of performance measures for classification tasks. "
    "doi:10.1016/j.ipm.2009.03.002"
)
_BRODERSEN: Final = (
    "K. H. Brodersen, C. S. Ong, K. E. Stephan, J. M. Buhmann (2010). The balanced accuracy and its posterior "
    "distribution. doi:10.1109/ICPR.2010.764"
)
_CHICCO: Final = (
    "D. Chicco, G. Jurman (2020). The advantages of the Matthews correlation coefficient (MCC) over F1 score and "
    "accuracy. doi:10.1186/s12864-019-6413-7"
)
_BERK: Final = (
    "R. Berk, H. Heidari, S. Jabbari, M. Kearns, A. Roth (2018). Fairness in criminal justice risk assessments: the "
    "state of the art. doi:10.1177/0049124118782533"
)
_SPEICHER: Final = "T. Speicher et al. (2018). A unified approach to quantifying algorithmic unfairness. doi:10.1145/3219819.3220046"
_SHORROCKS: Final = (
    "A. F. Shorrocks (1980). The class of additively decomposable inequality measures. doi:10.2307/1913126"
)
_BENEFIT: Final = "with the benefit b = decision − label + 1 and its mean μ"
_FAVOURABLE: Final = (
    "Benefit: 0 for a chance denied, 1 for a right decision, 2 for a chance given without the label."
)
_UNFAVOURABLE: Final = (
    "Benefit: 0 for being flagged without the label, 1 for a right decision, 2 for being overlooked."
)
_TURNED: Final = "with the benefit b = label − decision + 1 and its mean μ"

INDEX_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        "f1_score": MetricText(
            id="f1_score",
            title="Finding and being right (F1 score)",
            short="Finding and being right",
            term="F1 score",
            symbol="F1",
            reading="The harmonic mean of two shares: how many of the positive labels were found, and how many of those "
            "selected have one. From 0 to 1.",
            formula="2 TP / (2 TP + FP + FN)",
            latex=r"F_1 = \frac{2\,\mathrm{TP}}{2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN}}",
            typst='F_1 = (2 "TP") / (2 "TP" + "FP" + "FN")',
            caution="It does not look at people rightly declined, and it moves with the base rate: the same errors give "
            "a lower value where positive labels are rarer.",
            undefined="When nobody in the group has a positive label: other tools print 0.",
            references=(_SOKOLOVA,),
            unit="index",
            better="higher",
        ),
        "balanced_accuracy": MetricText(
            id="balanced_accuracy",
            title="Right for both labels (balanced accuracy)",
            short="Right for both labels",
            term="balanced accuracy",
            symbol="BA",
            reading="The mean of two shares: right decisions among positive and among negative labels. Chance gives 0.5.",
            formula="(TPR + TNR) / 2",
            latex=r"\mathrm{BA} = \tfrac{1}{2}\left(\mathrm{TPR} + \mathrm{TNR}\right)",
            typst='"BA" = ("TPR" + "TNR") / 2',
            caution="It does not tell which label the errors fall on: one group can be denied chances and another given "
            "them, at the same value.",
            undefined="When everybody in the group has the same label.",
            references=(_BRODERSEN,),
            unit="index",
            better="higher",
        ),
        "matthews_correlation": MetricText(
            id="matthews_correlation",
            title="Agreement with the label (Matthews correlation)",
            short="Agreement with the label",
            term="Matthews correlation",
            symbol="MCC",
            reading="The correlation of decision and label: 1 is full agreement, 0 is chance, −1 is full disagreement.",
            formula="(TP × TN − FP × FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))",
            latex=r"\mathrm{MCC} = \frac{\mathrm{TP}\,\mathrm{TN} - \mathrm{FP}\,\mathrm{FN}}"
            r"{\sqrt{(\mathrm{TP}+\mathrm{FP})(\mathrm{TP}+\mathrm{FN})(\mathrm{TN}+\mathrm{FP})(\mathrm{TN}+\mathrm{FN})}}",
            typst='"MCC" = ("TP" dot "TN" - "FP" dot "FN") / sqrt(("TP" + "FP")("TP" + "FN")("TN" + "FP")("TN" + "FN"))',
            caution="It moves with the base rate, and it does not tell which error is made.",
            undefined="When everybody in the group has the same label or the same decision.",
            references=(_CHICCO,),
            unit="index",
            better="higher",
        ),
        "treatment_equality": MetricText(
            id="treatment_equality",
            title="Missed for each false alarm (treatment equality)",
            short="Missed for each false alarm",
            term="treatment equality",
            symbol="FN/FP",
            reading="How many positive labels were missed for each false alarm. Equal values mean that errors lean the "
            "same way in all groups.",
            formula="FN / FP",
            latex=r"\frac{\mathrm{FN}}{\mathrm{FP}}",
            typst='"FN" / "FP"',
            caution="It does not tell how many errors there are, only which way they lean. It moves with the base rate, "
            "and with few errors it is very unsure.",
            undefined="When there is no false alarm in the group.",
            references=(_BERK,),
            unit="index",
        ),
        "mean_log_deviation": MetricText(
            id="mean_log_deviation",
            title="Uneven benefit, seen from below (mean log deviation)",
            short="Uneven benefit, seen from below",
            term="mean log deviation",
            symbol="GE(0)",
            reading="How unequally decisions treat the people of the group, seen from those who get least; 0 is all alike. "
            f"{_FAVOURABLE}",
            formula=f"mean of ln(μ / b), {_BENEFIT}",
            latex=r"\mathrm{GE}(0) = -\frac{1}{n}\sum_i \ln\frac{b_i}{\mu}",
            typst='"GE"(0) = -1/n sum_i ln(b_i / mu)',
            caution="It has no value as soon as one person's benefit is 0, which is nearly always. A group can be treated "
            "alike and badly.",
            undefined="When somebody in the group has a benefit of 0.",
            references=(_SPEICHER, _SHORROCKS),
            unit="index",
            better="lower",
        ),
        "theil_index": MetricText(
            id="theil_index",
            title="Uneven benefit (Theil index)",
            short="Uneven benefit",
            term="Theil index",
            symbol="GE(1)",
            reading=f"How unequally decisions treat the people of the group; 0 is all alike. {_FAVOURABLE}",
            formula=f"mean of (b / μ) ln(b / μ), {_BENEFIT}",
            latex=r"\mathrm{GE}(1) = \frac{1}{n}\sum_i \frac{b_i}{\mu}\ln\frac{b_i}{\mu}",
            typst='"GE"(1) = 1/n sum_i b_i / mu ln(b_i / mu)',
            caution="It does not tell which kind of error makes people unequal, and a group can be treated alike and badly.",
            undefined="When nobody in the group has a benefit above 0.",
            references=(_SPEICHER, _SHORROCKS),
            unit="index",
            better="lower",
        ),
        "generalized_entropy": MetricText(
            id="generalized_entropy",
            title="Uneven benefit, squared (generalized entropy, order 2)",
            short="Uneven benefit, squared",
            term="generalized entropy, order 2",
            symbol="GE(2)",
            reading="Half the squared coefficient of variation of what decisions give to people; 0 is all alike. "
            f"{_FAVOURABLE}",
            formula=f"mean of ((b / μ)² − 1) / 2, {_BENEFIT}",
            latex=r"\mathrm{GE}(2) = \frac{1}{2n}\sum_i \left(\frac{b_i^2}{\mu^2} - 1\right)",
            typst='"GE"(2) = 1/(2 n) sum_i (b_i^2 / mu^2 - 1)',
            caution="It does not tell which kind of error makes people unequal, and a group can be treated alike and badly.",
            undefined="When nobody in the group has a benefit above 0.",
            references=(_SPEICHER, _SHORROCKS),
            unit="index",
            better="lower",
        ),
    }
)
"""The texts by id, worded for a positive decision that is good for the person."""

TURNED_INDICES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "treatment_equality": {"short": "Overlooked for each false alarm"},
        "mean_log_deviation": {
            "reading": "How unequally decisions treat the people of the group, seen from those who get least; 0 is all alike. "
            f"{_UNFAVOURABLE}",
            "formula": f"mean of ln(μ / b), {_TURNED}",
        },
        "theil_index": {
            "reading": f"How unequally decisions treat the people of the group; 0 is all alike. {_UNFAVOURABLE}",
            "formula": f"mean of (b / μ) ln(b / μ), {_TURNED}",
        },
        "generalized_entropy": {
            "reading": "Half the squared coefficient of variation of what decisions give to people; 0 is all alike. "
            f"{_UNFAVOURABLE}",
            "formula": f"mean of ((b / μ)² − 1) / 2, {_TURNED}",
        },
    }
)
"""What changes where the negative decision is the good one."""


def between_groups(
    total: float | None,
    share: float | None,
    ends: tuple[float | None, float | None],
    *,
    confidence: float = 0.95,
) -> str:
    """Say how much of the inequality among people lies between groups.

    Parameters
    ----------
    total : float or None
        Inequality among all people.
    share : float or None
        The part of it between groups, 0 to 1.
    ends : tuple of float or None
        Ends of the share's interval.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "Of the inequality among all people (0.102), 0.4 % lies between these groups (95 % interval 0.2 to 0.7 %); the rest
        lies within them."; empty where it cannot be split.
    """
    if total is None or share is None:
        return ""
    interval = rate_interval(*ends, confidence=confidence)
    return (
        f"Of the inequality among all people ({fixed(total, 3)}), {percent(share)} lies between these groups"
        f"{f' ({interval})' if interval else ''}; the rest lies within them."
    )
