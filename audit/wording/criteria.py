"""What each criterion and each comparison between groups is called, how it is read and what it does not tell."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.metrics import CHOULDECHOVA, HARDT, MetricText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.plan import Outcome

_DWORK: Final = (
    "C. Dwork, M. Hardt, T. Pitassi, O. Reingold, R. Zemel (2012). Fairness through awareness. "
    "doi:10.1145/2090236.2090255"
)
_KLEINBERG: Final = (
    "J. Kleinberg, S. Mullainathan, M. Raghavan (2016). Inherent trade-offs in the fair determination of risk "
    "scores. arXiv:1609.05807"
)
_BELLAMY: Final = (
    "R. K. E. Bellamy et al. (2018). AI Fairness 360: an extensible toolkit for detecting, understanding, and "
    "mitigating unwanted algorithmic bias. arXiv:1810.01943"
)
_BERK: Final = (
    "R. Berk, H. Heidari, S. Jabbari, M. Kearns, A. Roth (2018). Fairness in criminal justice risk assessments: the "
    "state of the art. doi:10.1177/0049124118782533"
)
_VERMA: Final = "S. Verma, J. Rubin (2018). Fairness definitions explained. doi:10.1145/3194770.3194776"
_UGESP: Final = "Uniform Guidelines on Employee Selection Procedures (1978). 29 CFR 1607.4(D), the four-fifths rule of thumb"
_NEWCOMBE: Final = (
    "R. G. Newcombe (1998). Interval estimation for the difference between independent proportions. Statistics "
    "in Medicine 17, 873–890"
)
_KATZ: Final = (
    "D. Katz, J. Baptista, S. P. Azen, M. C. Pike (1978). Obtaining confidence intervals for the risk ratio in "
    "cohort studies. doi:10.2307/2530610"
)
_MARTINEZ: Final = (
    "N. Martinez, M. Bertran, G. Sapiro (2020). Minimax Pareto fairness: a multi objective perspective. "
    "arXiv:2011.01821"
)
_DIANA: Final = (
    "E. Diana, W. Gill, M. Kearns, K. Kenthapadi, A. Roth (2021). Minimax group fairness: algorithms and "
    "experiments. doi:10.1145/3461702.3462523"
)

CRITERION_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        "demographic_parity": MetricText(
            id="demographic_parity",
            title="Equal selection (demographic parity)",
            short="Equal selection",
            term="demographic parity",
            symbol="DP",
            reading="How far the groups' selection rates are apart.",
            formula="max SR − min SR over the groups; as a ratio, min SR / max SR",
            latex=r"\max_g \mathrm{SR}_g - \min_g \mathrm{SR}_g",
            typst='max_g "SR"_g - min_g "SR"_g',
            caution="It does not look at the label: equal selection can go with very unequal errors, and unequal "
            "selection can mirror unequal labels.",
            undefined="When fewer than two groups have anybody in them; as a ratio, when nobody is selected.",
            references=(_DWORK, _UGESP, _NEWCOMBE, _KATZ),
        ),
        "equal_opportunity": MetricText(
            id="equal_opportunity",
            title="Equal chances (equal opportunity)",
            short="Equal chances",
            term="equal opportunity",
            symbol="EO",
            reading="Among people whose label is positive, how far the groups' rates of being selected are apart: "
            "the true positive rate gap.",
            formula="max TPR − min TPR over the groups; as a ratio, min TPR / max TPR",
            latex=r"\max_g \mathrm{TPR}_g - \min_g \mathrm{TPR}_g",
            typst='max_g "TPR"_g - min_g "TPR"_g',
            caution="It does not look at people whose label is negative, and it trusts the label: where the label "
            "itself was recorded unequally, this gap hides it.",
            undefined="When fewer than two groups have people with a positive label.",
            references=(HARDT, _KLEINBERG, _NEWCOMBE),
        ),
        "equalized_odds": MetricText(
            id="equalized_odds",
            title="Equal errors (equalized odds)",
            short="Equal errors",
            term="equalized odds",
            symbol="EOdds",
            reading="The larger of two gaps: between the groups' true positive rates and between their false "
            "positive rates.",
            formula="max(TPR gap, FPR gap); as a ratio, min(TPR ratio, FPR ratio)",
            latex=r"\max\left(\max_g \mathrm{TPR}_g - \min_g \mathrm{TPR}_g,\ "
            r"\max_g \mathrm{FPR}_g - \min_g \mathrm{FPR}_g\right)",
            typst='max(max_g "TPR"_g - min_g "TPR"_g, max_g "FPR"_g - min_g "FPR"_g)',
            caution="It does not tell which of the two gaps it is, nor who gains from it: the table by group does. "
            "It cannot in general hold together with equal precision where base rates differ.",
            undefined="When either rate can be estimated in fewer than two groups.",
            references=(HARDT, CHOULDECHOVA, _KLEINBERG),
        ),
        "average_odds": MetricText(
            id="average_odds",
            title="Mean of both error gaps (average odds)",
            short="Mean of both error gaps",
            term="average odds",
            symbol="AOdds",
            reading="The mean of two gaps: between the groups' true positive rates and between their false positive "
            "rates.",
            formula="(TPR gap + FPR gap) / 2; as a ratio, (TPR ratio + FPR ratio) / 2",
            latex=r"\tfrac{1}{2}\left(\max_g \mathrm{TPR}_g - \min_g \mathrm{TPR}_g + "
            r"\max_g \mathrm{FPR}_g - \min_g \mathrm{FPR}_g\right)",
            typst='1/2 (max_g "TPR"_g - min_g "TPR"_g + max_g "FPR"_g - min_g "FPR"_g)',
            caution="Never read it alone: a small gap in one rate hides a large one in the other. A mean of signed "
            "differences, as other tools take it, can even be 0 where the odds differ.",
            undefined="When either rate can be estimated in fewer than two groups.",
            references=(_BELLAMY, HARDT),
        ),
        "predictive_parity": MetricText(
            id="predictive_parity",
            title="Equally right when selected (predictive parity)",
            short="Equally right when selected",
            term="predictive parity",
            symbol="PP",
            reading="Among people who were selected, how far the groups' shares with a positive label are apart: the "
            "precision gap.",
            formula="max PPV − min PPV over the groups; as a ratio, min PPV / max PPV",
            latex=r"\max_g \mathrm{PPV}_g - \min_g \mathrm{PPV}_g",
            typst='max_g "PPV"_g - min_g "PPV"_g',
            caution="It does not look at people who were not selected. Where base rates differ, it cannot in general "
            "hold together with equal errors.",
            undefined="When fewer than two groups have people who were selected.",
            references=(CHOULDECHOVA, _VERMA),
        ),
        "conditional_use_accuracy": MetricText(
            id="conditional_use_accuracy",
            title="Equal worth of a decision (conditional use accuracy)",
            short="Equal worth of a decision",
            term="conditional use accuracy",
            symbol="CUA",
            reading="The larger of two gaps: between the groups' shares of right decisions among those selected and "
            "among those not selected.",
            formula="max(PPV gap, NPV gap); as a ratio, min(PPV ratio, NPV ratio)",
            latex=r"\max\left(\max_g \mathrm{PPV}_g - \min_g \mathrm{PPV}_g,\ "
            r"\max_g \mathrm{NPV}_g - \min_g \mathrm{NPV}_g\right)",
            typst='max(max_g "PPV"_g - min_g "PPV"_g, max_g "NPV"_g - min_g "NPV"_g)',
            caution="It does not tell which of the two gaps it is. Where base rates differ, it cannot in general hold "
            "together with equal errors.",
            undefined="When either share can be estimated in fewer than two groups.",
            references=(_BERK, CHOULDECHOVA),
        ),
        "accuracy_equality": MetricText(
            id="accuracy_equality",
            title="Equally often right (overall accuracy equality)",
            short="Equally often right",
            term="overall accuracy equality",
            symbol="AE",
            reading="How far the groups' shares of right decisions are apart: the accuracy gap.",
            formula="max ACC − min ACC over the groups; as a ratio, min ACC / max ACC",
            latex=r"\max_g \mathrm{ACC}_g - \min_g \mathrm{ACC}_g",
            typst='max_g "ACC"_g - min_g "ACC"_g',
            caution="It does not tell which error is made: one group can be denied chances and another given them, with "
            "equal accuracy.",
            undefined="When fewer than two groups have anybody in them.",
            references=(_BERK, _VERMA),
        ),
        "minimax": MetricText(
            id="minimax",
            title="Worst-off group (minimax)",
            short="Worst-off group",
            term="minimax",
            symbol="max ERR",
            reading="The error rate of the group with the highest error rate, and how far it is from everybody's.",
            formula="max ERR over the groups",
            latex=r"\max_g \mathrm{ERR}_g",
            typst='max_g "ERR"_g',
            caution="The worst of many small groups looks bad by chance alone. It does not tell how low that "
            "group's error could be made.",
            undefined="When nobody is in any group.",
            references=(_MARTINEZ, _DIANA),
        ),
    }
)
"""The criteria, the main ones first, and the worst group, worded for a positive decision that is good for the person."""

TURNED_CRITERIA: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "demographic_parity": {
            "reading": "How far the groups' rates of the favourable decision, not being flagged, are apart.",
            "formula": "max (1 − SR) − min (1 − SR) over the groups; as a ratio, min (1 − SR) / max (1 − SR)",
            "latex": r"\max_g (1 - \mathrm{SR}_g) - \min_g (1 - \mathrm{SR}_g)",
            "typst": 'max_g (1 - "SR"_g) - min_g (1 - "SR"_g)',
            "undefined": "When fewer than two groups have anybody in them; as a ratio, when everybody is flagged.",
        },
        "equal_opportunity": {
            "reading": "Among people whose label is negative, how far the groups' rates of not being flagged are "
            "apart: the true negative rate gap.",
            "formula": "max TNR − min TNR over the groups; as a ratio, min TNR / max TNR",
            "latex": r"\max_g \mathrm{TNR}_g - \min_g \mathrm{TNR}_g",
            "typst": 'max_g "TNR"_g - min_g "TNR"_g',
            "caution": "It does not look at people whose label is positive, and it trusts the label: where the label "
            "itself was recorded unequally, this gap hides it.",
            "undefined": "When fewer than two groups have people with a negative label.",
        },
        "equalized_odds": {
            "reading": "The larger of two gaps: between the groups' true negative rates and between their false "
            "negative rates.",
            "formula": "max(TNR gap, FNR gap); as a ratio, min(TNR ratio, FNR ratio)",
            "latex": r"\max\left(\max_g \mathrm{TNR}_g - \min_g \mathrm{TNR}_g,\ "
            r"\max_g \mathrm{FNR}_g - \min_g \mathrm{FNR}_g\right)",
            "typst": 'max(max_g "TNR"_g - min_g "TNR"_g, max_g "FNR"_g - min_g "FNR"_g)',
        },
        "average_odds": {
            "reading": "The mean of two gaps: between the groups' true negative rates and between their false negative "
            "rates.",
            "formula": "(TNR gap + FNR gap) / 2; as a ratio, (TNR ratio + FNR ratio) / 2",
            "latex": r"\tfrac{1}{2}\left(\max_g \mathrm{TNR}_g - \min_g \mathrm{TNR}_g + "
            r"\max_g \mathrm{FNR}_g - \min_g \mathrm{FNR}_g\right)",
            "typst": '1/2 (max_g "TNR"_g - min_g "TNR"_g + max_g "FNR"_g - min_g "FNR"_g)',
        },
        "predictive_parity": {
            "short": "Equally right when cleared",
            "reading": "Among people who were not flagged, how far the groups' shares with a negative label are apart: "
            "the gap in negative predictive value.",
            "formula": "max NPV − min NPV over the groups; as a ratio, min NPV / max NPV",
            "latex": r"\max_g \mathrm{NPV}_g - \min_g \mathrm{NPV}_g",
            "typst": 'max_g "NPV"_g - min_g "NPV"_g',
            "caution": "It does not look at people who were flagged. Where base rates differ, it cannot in general hold "
            "together with equal errors.",
            "undefined": "When fewer than two groups have people who were not flagged.",
        },
        "conditional_use_accuracy": {
            "reading": "The larger of two gaps: between the groups' shares of right decisions among those flagged and "
            "among those not flagged.",
        },
    }
)
"""What changes where the negative decision is the good one."""

COMPARISON_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        "difference": MetricText(
            id="difference",
            title="Gap (difference)",
            short="Gap",
            term="difference",
            symbol="max − min",
            reading="The highest rate of any group minus the lowest, in percentage points.",
            formula="max − min over the groups that can be estimated",
            latex=r"\max_g r_g - \min_g r_g",
            typst="max_g r_g - min_g r_g",
            caution="It does not tell how many people are concerned. With many small groups chance alone makes it "
            "large: the value expected by chance stands beside it.",
            undefined="When fewer than two groups can be estimated.",
            references=(_NEWCOMBE,),
        ),
        "ratio": MetricText(
            id="ratio",
            title="Lowest over highest (ratio)",
            short="Ratio",
            term="ratio",
            symbol="min / max",
            reading="The lowest rate of any group divided by the highest; 1 means equal.",
            formula="min / max over the groups that can be estimated",
            latex=r"\frac{\min_g r_g}{\max_g r_g}",
            typst="(min_g r_g) / (max_g r_g)",
            caution="It says little where both rates are low. Four fifths is a rule of thumb and no test.",
            undefined="When the highest rate is 0, or fewer than two groups can be estimated.",
            references=(_UGESP, _KATZ),
        ),
        "worst_group": MetricText(
            id="worst_group",
            title="Worst group (minimax)",
            short="Worst group",
            term="worst group",
            symbol="worst",
            reading="The group with the worst rate, that rate, and its distance from the rate of everybody.",
            formula="the highest rate of errors, or the lowest rate of what is good",
            latex=r"r_{\mathrm{worst}} - r_{\mathrm{all}}",
            typst='r_"worst" - r_"all"',
            caution="It was chosen because it looks worst, so part of it is chance: its interval allows for that choice.",
            undefined="When no group can be estimated.",
            references=(_MARTINEZ, _DIANA),
        ),
        "to_reference": MetricText(
            id="to_reference",
            title="Against the reference group (signed difference)",
            short="Against the reference",
            term="difference to the reference group",
            symbol="g − ref",
            reading="The rate of a group minus the rate of the reference group, with its sign.",
            formula="rate of the group − rate of the reference group",
            latex=r"r_g - r_{\mathrm{ref}}",
            typst='r_g - r_"ref"',
            caution="It depends on the group chosen as reference. A group that is level with the reference may still "
            "be far from others.",
            undefined="When either group cannot be estimated.",
            references=(_NEWCOMBE,),
        ),
    }
)
"""The four ways in which groups are compared."""


def criterion_rates(metric: str, favourable: Outcome = "positive") -> tuple[str, ...]:
    """Name the rates that a criterion compares.

    Parameters
    ----------
    metric : str
        Id of a criterion or of a rate.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    tuple of str
        Ids of rates; a rate stands for itself.

    Notes
    -----
    With a favourable negative decision, demographic parity compares 1 − selection rate: the difference is the same,
    the ratio is not.
    """
    good = favourable == "positive"
    return {
        "demographic_parity": ("selection_rate",),
        "equal_opportunity": ("true_positive_rate",) if good else ("true_negative_rate",),
        "equalized_odds": ("true_positive_rate", "false_positive_rate")
        if good
        else ("true_negative_rate", "false_negative_rate"),
        "average_odds": ("true_positive_rate", "false_positive_rate")
        if good
        else ("true_negative_rate", "false_negative_rate"),
        "predictive_parity": ("precision",) if good else ("negative_predictive_value",),
        "conditional_use_accuracy": ("precision", "negative_predictive_value")
        if good
        else ("negative_predictive_value", "precision"),
        "accuracy_equality": ("accuracy",),
        "minimax": ("error_rate",),
    }.get(metric, (metric,))
