"""What each rate is called, how it is read and what it does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


Unit = Literal["share", "index", "score", "label"]
Better = Literal["higher", "lower", "neither"]

FAWCETT: Final = "T. Fawcett (2006). An introduction to ROC analysis. doi:10.1016/j.patrec.2005.10.010"
HARDT: Final = (
    "M. Hardt, E. Price, N. Srebro (2016). Equality of opportunity in supervised learning. arXiv:1610.02413"
)
CHOULDECHOVA: Final = (
    "A. Chouldechova (2017). Fair prediction with disparate impact. doi:10.1089/big.2016.0047"
)
WILSON: Final = "E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference. doi:10.1080/01621459.1927.10502953"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricText:
    """How a rate, a criterion or a comparison is named and explained.

    Parameters
    ----------
    id : str
        Id as in the rows, such as "true_positive_rate".
    title : str
        Plain words first, the field's term in brackets.
    short : str
        The plain words alone, for narrow places.
    term : str
        The field's term alone.
    symbol : str
        The field's abbreviation.
    reading : str
        One sentence that says what the number is.
    formula : str
        The formula as plain text.
    latex, typst : str
        The formula for LaTeX and for Typst's mathematics.
    caution : str
        What this does not tell.
    undefined : str
        When there is no value.
    references : tuple of str
        Where it comes from.
    unit : {"share", "index", "score", "label"}, default "share"
        What the number counts in: shares of people are written in per cent and points, an index as a plain number, a
        score on the scale of the scores and a label in the unit of the label.
    better : {"higher", "lower", "neither"}, default "neither"
        Which way is better for a group; of a measure that is no share of people.
    """

    id: str
    title: str
    short: str
    term: str
    symbol: str
    reading: str
    formula: str
    latex: str
    typst: str
    caution: str
    undefined: str
    references: tuple[str, ...] = ()
    unit: Unit = "share"
    better: Better = "neither"


def _rate(  # noqa: PLR0917 - a table row reads best as one line per cell
    id_: str, short: str, term: str, symbol: str, top: str, bottom: str, **said: Any
) -> MetricText:
    """Write a rate whose formula is a plain fraction of sums of cells."""

    def quoted(sum_: str) -> str:
        return " + ".join(f'"{part}"' for part in sum_.split(" + "))

    def roman(sum_: str) -> str:
        return " + ".join(rf"\mathrm{{{part}}}" for part in sum_.split(" + "))

    bracketed = f"({bottom})" if " + " in bottom else bottom
    topped = f"({top})" if " + " in top else top
    return MetricText(
        id=id_,
        title=f"{short} ({term})",
        short=short,
        term=term,
        symbol=symbol,
        formula=f"{topped} / {bracketed}",
        latex=rf"\mathrm{{{symbol}}} = \frac{{{roman(top)}}}{{{roman(bottom)}}}",
        typst=f'"{symbol}" = ({quoted(top)}) / ({quoted(bottom)})',
        **said,
    )


_ALL = "TP + FP + FN + TN"

METRIC_TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        item.id: item
        for item in (
            MetricText(
                id="count",
                title="People (count)",
                short="People",
                term="count",
                symbol="n",
                reading="The number of rows in the group.",
                formula="TP + FP + FN + TN",
                latex=r"n = \mathrm{TP} + \mathrm{FP} + \mathrm{FN} + \mathrm{TN}",
                typst='n = "TP" + "FP" + "FN" + "TN"',
                caution="It does not tell whether the group is represented as it is in the population.",
                undefined="Never.",
            ),
            _rate(
                "base_rate",
                "Positive labels",
                "base rate",
                "BR",
                "TP + FN",
                _ALL,
                reading="The share of people whose label is positive.",
                caution="It does not tell why the shares differ, nor whether the label was recorded alike for all groups.",
                undefined="When nobody is in the group.",
                references=(WILSON,),
            ),
            _rate(
                "selection_rate",
                "Selected",
                "selection rate",
                "SR",
                "TP + FP",
                _ALL,
                reading="The share of people who received the positive decision.",
                caution="It does not tell whether the right people were selected.",
                undefined="When nobody is in the group.",
                references=(WILSON,),
            ),
            _rate(
                "accuracy",
                "Right decisions",
                "accuracy",
                "ACC",
                "TP + TN",
                _ALL,
                reading="The share of people whose decision agrees with their label.",
                caution="It does not tell which kind of error is made: where one label is rare, always guessing the other scores high.",
                undefined="When nobody is in the group.",
                references=(FAWCETT, WILSON),
            ),
            _rate(
                "error_rate",
                "Wrong decisions",
                "error rate",
                "ERR",
                "FP + FN",
                _ALL,
                reading="The share of people whose decision differs from their label.",
                caution="It does not tell who bears the error: a chance denied and a chance given count alike.",
                undefined="When nobody is in the group.",
                references=(FAWCETT, WILSON),
            ),
            _rate(
                "true_positive_rate",
                "Chances given",
                "true positive rate",
                "TPR",
                "TP",
                "TP + FN",
                reading="Of the people whose label is positive, the share who were selected.",
                caution="It does not tell how many were selected without a positive label, nor whether the label itself is sound.",
                undefined="When nobody in the group has a positive label.",
                references=(HARDT, FAWCETT, WILSON),
            ),
            _rate(
                "false_positive_rate",
                "False alarms",
                "false positive rate",
                "FPR",
                "FP",
                "FP + TN",
                reading="Of the people whose label is negative, the share who were selected.",
                caution="It does not tell how many people with a positive label were missed.",
                undefined="When nobody in the group has a negative label.",
                references=(HARDT, FAWCETT, WILSON),
            ),
            _rate(
                "true_negative_rate",
                "Rightly declined",
                "true negative rate",
                "TNR",
                "TN",
                "FP + TN",
                reading="Of the people whose label is negative, the share who were not selected.",
                caution="It does not tell how many people with a positive label were missed.",
                undefined="When nobody in the group has a negative label.",
                references=(FAWCETT, WILSON),
            ),
            _rate(
                "false_negative_rate",
                "Missed chances",
                "false negative rate",
                "FNR",
                "FN",
                "TP + FN",
                reading="Of the people whose label is positive, the share who were not selected.",
                caution="It does not tell how many were selected without a positive label, nor whether the label itself is sound.",
                undefined="When nobody in the group has a positive label.",
                references=(HARDT, FAWCETT, WILSON),
            ),
            _rate(
                "precision",
                "Right when selected",
                "precision",
                "PPV",
                "TP",
                "TP + FP",
                reading="Of the people who were selected, the share whose label is positive.",
                caution="It moves with the base rate: groups with different base rates can differ here with the same errors.",
                undefined="When nobody in the group was selected.",
                references=(CHOULDECHOVA, FAWCETT, WILSON),
            ),
            _rate(
                "negative_predictive_value",
                "Right when declined",
                "negative predictive value",
                "NPV",
                "TN",
                "TN + FN",
                reading="Of the people who were not selected, the share whose label is negative.",
                caution="It moves with the base rate: groups with different base rates can differ here with the same errors.",
                undefined="When everybody in the group was selected.",
                references=(CHOULDECHOVA, FAWCETT, WILSON),
            ),
            _rate(
                "false_discovery_rate",
                "Wrong when selected",
                "false discovery rate",
                "FDR",
                "FP",
                "TP + FP",
                reading="Of the people who were selected, the share whose label is negative.",
                caution="It moves with the base rate, and it does not tell how many people with a positive label were missed.",
                undefined="When nobody in the group was selected.",
                references=(CHOULDECHOVA, FAWCETT, WILSON),
            ),
            _rate(
                "false_omission_rate",
                "Wrong when declined",
                "false omission rate",
                "FOR",
                "FN",
                "TN + FN",
                reading="Of the people who were not selected, the share whose label is positive.",
                caution="It moves with the base rate: where positive labels are rare, it is low even if most of them are missed.",
                undefined="When everybody in the group was selected.",
                references=(CHOULDECHOVA, FAWCETT, WILSON),
            ),
        )
    }
)
"""People and the rates, worded for a positive decision that is good for the person."""

TURNED_METRICS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "selection_rate": {
            "short": "Flagged",
            "reading": "The share of people who received the positive decision, which is the unfavourable one.",
            "caution": "It does not tell whether the right people were flagged.",
        },
        "true_positive_rate": {
            "short": "Rightly flagged",
            "reading": "Of the people whose label is positive, the share who were flagged.",
            "caution": "It does not tell how many people with a negative label were flagged.",
        },
        "false_positive_rate": {
            "short": "False alarms",
            "reading": "Of the people whose label is negative, the share who were flagged: a chance they missed.",
            "caution": "It does not tell how many people with a positive label were overlooked.",
        },
        "true_negative_rate": {
            "short": "Chances given",
            "reading": "Of the people whose label is negative, the share who were not flagged.",
            "caution": "It does not tell how many people with a positive label were overlooked.",
        },
        "false_negative_rate": {
            "short": "Overlooked",
            "reading": "Of the people whose label is positive, the share who were not flagged.",
            "caution": "It does not tell how many people with a negative label were flagged.",
        },
        "precision": {
            "short": "Right when flagged",
            "reading": "Of the people who were flagged, the share whose label is positive.",
            "undefined": "When nobody in the group was flagged.",
        },
        "negative_predictive_value": {
            "short": "Right when cleared",
            "reading": "Of the people who were not flagged, the share whose label is negative.",
            "undefined": "When everybody in the group was flagged.",
        },
        "false_discovery_rate": {
            "short": "Wrong when flagged",
            "reading": "Of the people who were flagged, the share whose label is negative.",
            "caution": "It moves with the base rate, and it does not tell how many people with a positive label were "
            "overlooked.",
            "undefined": "When nobody in the group was flagged.",
        },
        "false_omission_rate": {
            "short": "Wrong when cleared",
            "reading": "Of the people who were not flagged, the share whose label is positive.",
            "caution": "It moves with the base rate: where positive labels are rare, it is low even if most of them "
            "are overlooked.",
            "undefined": "When everybody in the group was flagged.",
        },
    }
)
"""What changes where the negative decision is the good one."""
