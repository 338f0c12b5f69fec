"""What each measure of the scores is called, how it is read and what it does not tell."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.metrics import FAWCETT, MetricText

if TYPE_CHECKING:
    from collections.abc import Mapping

_DELONG: Final = (
    "E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988). Comparing the areas under two or more correlated receiver "
    "operating characteristic curves. doi:10.2307/2531595"
)
_NEWCOMBE: Final = (
    "R. G. Newcombe (2006). Confidence intervals for an effect size measure based on the Mann–Whitney statistic. "
    "doi:10.1002/sim.2324"
)
_BORKAN: Final = (
    "D. Borkan, L. Dixon, J. Sorensen, N. Thain, L. Vasserman (2019). Nuanced metrics for measuring unintended bias "
    "with real data for text classification. arXiv:1903.04561"
)
_KLEINBERG: Final = (
    "J. Kleinberg, S. Mullainathan, M. Raghavan (2016). Inherent trade-offs in the fair determination of risk "
    "scores. arXiv:1609.05807"
)
_BRIER: Final = "G. W. Brier (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review 78, 1–3"
_MURPHY: Final = "A. H. Murphy (1973). A new vector partition of the probability score. Journal of Applied Meteorology 12, 595–600"
_KUMAR: Final = "A. Kumar, P. Liang, T. Ma (2019). Verified uncertainty calibration. arXiv:1909.10155"
_COX: Final = "D. R. Cox (1958). Two further applications of a model for binary regression. doi:10.1093/biomet/45.3-4.562"
_CALSTER: Final = "B. Van Calster et al. (2019). Calibration: the Achilles heel of predictive analytics. doi:10.1186/s12916-019-1466-7"
_KALLUS: Final = (
    "N. Kallus, A. Zhou (2019). The fairness of risk scores beyond classification: bipartite ranking and the xAUC "
    "metric. arXiv:1902.05826"
)
_GARDNER: Final = (
    "J. Gardner, C. Brooks, R. Baker (2019). Evaluating the fairness of predictive student models through slicing "
    "analysis. doi:10.1145/3303772.3303791"
)

_NO_SCORES: Final = "Where the decisions come without scores"
_NO_PROBABILITIES: Final = f"{_NO_SCORES}, or the scores are not probabilities from 0 to 1."
_POS_NEG: Final = f"{_NO_SCORES}, or when nobody in the group has one of the two labels."

SCORE_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        item.id: item
        for item in (
            MetricText(
                id="auc",
                title="Ranking (AUC)",
                short="Ranking",
                term="AUC",
                symbol="AUC",
                reading="How often a person with a positive label scores higher than one with a negative label of the same "
                "group; ties count half. 0.5 is a coin, 1 is a perfect ranking.",
                formula="share of pairs (positive, negative) of the group with score₊ > score₋, plus half of the ties",
                latex=r"\mathrm{AUC}_g = P(s_+ > s_-) + \tfrac12 P(s_+ = s_-)",
                typst='"AUC"_g = P(s_+ > s_-) + 1/2 P(s_+ = s_-)',
                caution="It looks inside each group only: both groups can be ranked well while one is placed below the "
                "other. It says nothing about the threshold that is used.",
                undefined=_POS_NEG,
                references=(FAWCETT, _DELONG, _NEWCOMBE),
                unit="index",
                better="higher",
            ),
            MetricText(
                id="bpsn_auc",
                title="Group's negatives ranked low (BPSN AUC)",
                short="Group's negatives ranked low",
                term="BPSN AUC",
                symbol="BPSN",
                reading="How often a person with a positive label from outside the group scores higher than a negative one of "
                "the group. Low values mean that the group's negatives are mistaken for positives.",
                formula="AUC of the positives of everybody else against the negatives of the group",
                latex=r"\mathrm{AUC}(D^+_{\bar g} \cup D^-_g)",
                typst='"AUC"(D^+_(not g) union D^-_g)',
                caution="It moves with how hard the group is to tell from the others, not only with how it is treated.",
                undefined="When nobody outside the group has a positive label, or nobody in it a negative one.",
                references=(_BORKAN, _DELONG),
                unit="index",
                better="higher",
            ),
            MetricText(
                id="bnsp_auc",
                title="Group's positives ranked high (BNSP AUC)",
                short="Group's positives ranked high",
                term="BNSP AUC",
                symbol="BNSP",
                reading="How often a person of the group with a positive label scores higher than a negative one from outside "
                "it. Low values mean that the group's positives are overlooked.",
                formula="AUC of the positives of the group against the negatives of everybody else",
                latex=r"\mathrm{AUC}(D^-_{\bar g} \cup D^+_g)",
                typst='"AUC"(D^-_(not g) union D^+_g)',
                caution="It moves with how hard the group is to tell from the others, not only with how it is treated.",
                undefined="When nobody in the group has a positive label, or nobody outside it a negative one.",
                references=(_BORKAN, _DELONG),
                unit="index",
                better="higher",
            ),
            MetricText(
                id="mean_score",
                title="Average score (mean score)",
                short="Average score",
                term="mean score",
                symbol="MS",
                reading="The average score of the group's people.",
                formula="Σ score / n",
                latex=r"\bar s_g = \frac{1}{n_g}\sum_{i \in g} s_i",
                typst="overline(s)_g = 1/n_g sum_(i in g) s_i",
                caution="Groups with different shares of positive labels have different average scores even if every score is "
                "right.",
                undefined=f"{_NO_SCORES}, or for one person alone.",
                unit="score",
            ),
            MetricText(
                id="positive_class_balance",
                title="Average score of the positives (balance for the positive class)",
                short="Average score of the positives",
                term="balance for the positive class",
                symbol="BPC",
                reading="The average score of the group's people whose label is positive.",
                formula="Σ score / n, over positive labels",
                latex=r"E[s \mid y = 1, g]",
                typst="E[s | y = 1, g]",
                caution="With different base rates it cannot be equal, together with the balance for the negative class and "
                "with calibration, unless scores are perfect.",
                undefined=f"{_NO_SCORES}, or when fewer than two people of the group have a positive label.",
                references=(_KLEINBERG,),
                unit="score",
            ),
            MetricText(
                id="negative_class_balance",
                title="Average score of the negatives (balance for the negative class)",
                short="Average score of the negatives",
                term="balance for the negative class",
                symbol="BNC",
                reading="The average score of the group's people whose label is negative.",
                formula="Σ score / n, over negative labels",
                latex=r"E[s \mid y = 0, g]",
                typst="E[s | y = 0, g]",
                caution="With different base rates it cannot be equal, together with the balance for the positive class and "
                "with calibration, unless scores are perfect.",
                undefined=f"{_NO_SCORES}, or when fewer than two people of the group have a negative label.",
                references=(_KLEINBERG,),
                unit="score",
            ),
            MetricText(
                id="brier_score",
                title="Squared error of the score (Brier score)",
                short="Squared error of the score",
                term="Brier score",
                symbol="BS",
                reading="The mean squared distance of score and label: 0 is perfect, 0.25 is what always saying one half gives.",
                formula="Σ (score − label)² / n",
                latex=r"\mathrm{BS}_g = \frac{1}{n_g}\sum_{i \in g} (s_i - y_i)^2",
                typst='"BS"_g = 1/n_g sum_(i in g) (s_i - y_i)^2',
                caution="It moves with the base rate: groups with rarer labels score better without being served better. Its "
                "parts tell ranking and calibration apart.",
                undefined=_NO_PROBABILITIES,
                references=(_BRIER, _MURPHY),
                unit="index",
                better="lower",
            ),
            MetricText(
                id="log_loss",
                title="Surprise at the labels (log loss)",
                short="Surprise at the labels",
                term="log loss",
                symbol="LL",
                reading="How surprised somebody who believes the scores is by the labels, on average: 0 is not at all, 0.69 is "
                "what always saying one half gives. Scores are taken to be at least 0.000001 and at most 0.999999.",
                formula="−Σ ln(score if positive, 1 − score if negative) / n",
                latex=r"\mathrm{LL}_g = -\frac{1}{n_g}\sum_{i \in g} \ln\left(y_i s_i + (1-y_i)(1-s_i)\right)",
                typst='"LL"_g = -1/n_g sum_(i in g) ln(y_i s_i + (1 - y_i)(1 - s_i))',
                caution="A few people with scores near 0 or 1 that turn out wrong can decide it.",
                undefined=_NO_PROBABILITIES,
                unit="index",
                better="lower",
            ),
            MetricText(
                id="calibration_error",
                title="Broken promises (expected calibration error)",
                short="Broken promises",
                term="expected calibration error",
                symbol="ECE",
                reading="How far the observed share of positive labels is from the average score, on average over ten bins of "
                "scores that hold about equally many of everybody.",
                formula="Σ over bins of share of people × |mean score − observed rate|",
                latex=r"\mathrm{ECE}_g = \sum_b \frac{n_{gb}}{n_g}\left|\bar s_{gb} - \bar y_{gb}\right|",
                typst='"ECE"_g = sum_b n_(g b)/n_g abs(overline(s)_(g b) - overline(y)_(g b))',
                caution="Chance alone makes it positive, the more so the fewer people: read it beside the value expected "
                "under perfect calibration. Its interval takes that bias off and begins at 0 where honest scores could have "
                "given the value.",
                undefined=f"{_NO_SCORES}, for one person alone, or when scores are not probabilities.",
                references=(_KUMAR, _MURPHY),
                unit="score",
                better="lower",
            ),
            MetricText(
                id="calibration_in_the_large",
                title="Promise minus outcome (calibration-in-the-large)",
                short="Promise minus outcome",
                term="calibration-in-the-large",
                symbol="CITL",
                reading="The average score minus the share of positive labels: above 0 the scores promise too much for the "
                "group, below 0 too little.",
                formula="mean score − base rate",
                latex=r"\bar s_g - \bar y_g",
                typst="overline(s)_g - overline(y)_g",
                caution="Scores that are too high for some people and too low for others of the group can cancel out.",
                undefined=f"{_NO_SCORES}, for one person alone, or when scores are not probabilities.",
                references=(_COX, _CALSTER),
                unit="score",
            ),
            MetricText(
                id="calibration_slope",
                title="Boldness of the scores (calibration slope)",
                short="Boldness of the scores",
                term="calibration slope",
                symbol="CS",
                reading="The slope of the label on the logit of the score: 1 is right, below 1 high scores are too high and "
                "low scores too low, above 1 they are too timid.",
                formula="b in logit P(label) = a + b · logit(score)",
                latex=r"\operatorname{logit} P(y = 1) = a + b\,\operatorname{logit} s",
                typst='"logit" P(y = 1) = a + b dot "logit" s',
                caution="A slope of 1 does not mean that scores are right on average: read it with calibration-in-the-large.",
                undefined=f"{_POS_NEG[:-1]}, when all scores are equal or separate the labels completely, or when "
                "scores are not probabilities.",
                references=(_COX, _CALSTER),
                unit="index",
            ),
            MetricText(
                id="xauc",
                title="Ranking across groups (xAUC)",
                short="Ranking across groups",
                term="xAUC",
                symbol="xAUC",
                reading="How often a person of one group with a positive label scores higher than a person of the other with "
                "a negative label.",
                formula="AUC of the positives of one group against the negatives of the other",
                latex=r"P(s_+ > s_- \mid g_+ = a,\ g_- = b)",
                typst="P(s_+ > s_- | g_+ = a, g_- = b)",
                caution="Read both directions: a group that is scored low overall loses in one and gains in the other.",
                undefined="When nobody has the label that is needed in one of the groups.",
                references=(_KALLUS, _DELONG),
                unit="index",
                better="higher",
            ),
            MetricText(
                id="abroca",
                title="Area between the ROC curves (ABROCA)",
                short="Area between the ROC curves",
                term="ABROCA",
                symbol="ABROCA",
                reading="The area between the ROC curves of two groups, whichever lies above.",
                formula="∫ |ROC of one group − ROC of the other| over the false positive rate",
                latex=r"\int_0^1 \left|\mathrm{ROC}_a(t) - \mathrm{ROC}_b(t)\right| dt",
                typst='integral_0^1 abs("ROC"_a (t) - "ROC"_b (t)) dif t',
                caution="It is never negative, so chance alone makes it positive: read it beside the value expected of equal "
                "groups. It weighs thresholds that nobody would use like those in use.",
                undefined=_POS_NEG,
                references=(_GARDNER,),
                unit="index",
                better="lower",
            ),
            MetricText(
                id="score_ks_distance",
                title="Largest difference of the scores' distributions (Kolmogorov–Smirnov distance)",
                short="Largest difference of the scores' distributions",
                term="Kolmogorov–Smirnov distance",
                symbol="KS",
                reading="The largest gap in selection that any common threshold would make between the two groups.",
                formula="max over thresholds of |share below in one group − share below in the other|",
                latex=r"\max_t \left|F_a(t) - F_b(t)\right|",
                typst="max_t abs(F_a (t) - F_b (t))",
                caution="It is never negative, so chance alone makes it positive: read it beside the value expected of equal "
                "groups. Different labels can explain different scores.",
                undefined="When one of the groups has nobody to compare.",
                unit="index",
                better="lower",
            ),
            MetricText(
                id="score_wasserstein_distance",
                title="Distance of the scores' distributions (Wasserstein distance)",
                short="Distance of the scores' distributions",
                term="Wasserstein distance",
                symbol="W",
                reading="How far scores of one group would have to move, on average, to be spread like those of the other.",
                formula="∫ |share below in one group − share below in the other| over the scores",
                latex=r"\int \left|F_a(t) - F_b(t)\right| dt",
                typst="integral abs(F_a (t) - F_b (t)) dif t",
                caution="It is never negative, so chance alone makes it positive: read it beside the value expected of equal "
                "groups. Different labels can explain different scores.",
                undefined="When one of the groups has nobody to compare.",
                unit="score",
                better="lower",
            ),
        )
    }
)
"""The texts by id."""
