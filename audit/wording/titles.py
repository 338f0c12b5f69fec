"""Titles and texts by id, turned to the decision that is good for the person."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording.cleaning import escape_plain
from audit.wording.criteria import COMPARISON_TEXTS, CRITERION_TEXTS, TURNED_CRITERIA
from audit.wording.data import DATA_TEXTS
from audit.wording.indices import INDEX_TEXTS, TURNED_INDICES
from audit.wording.metrics import METRIC_TEXTS, TURNED_METRICS, MetricText
from audit.wording.scores import SCORE_TEXTS
from audit.wording.values import VALUE_TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.plan import Outcome
    from audit.rows import DisparityRow

TEXTS: Final[Mapping[str, MetricText]] = MappingProxyType(
    {
        **METRIC_TEXTS,
        **INDEX_TEXTS,
        **SCORE_TEXTS,
        **VALUE_TEXTS,
        **DATA_TEXTS,
        **CRITERION_TEXTS,
        **COMPARISON_TEXTS,
    }
)
"""Every metric, criterion and comparison, worded for a positive decision that is good for the person."""

_TURNED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {**TURNED_METRICS, **TURNED_INDICES, **TURNED_CRITERIA}
)

_LOWER_IS_BETTER = frozenset(
    {
        "error_rate",
        "false_positive_rate",
        "false_negative_rate",
        "false_discovery_rate",
        "false_omission_rate",
    }
)
_NO_DIRECTION = frozenset({"base_rate", "count"})


FAMILY_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"indices": "Indices", "scores": "Scores and probabilities", "values": "Predicted numbers"}
)
"""What the families of measures that are no rates are called, by their chapter."""


def text(id_: str, favourable: Outcome = "positive") -> MetricText:
    """Explain a metric, a criterion or a comparison.

    Parameters
    ----------
    id_ : str
        An id of :data:`TEXTS`.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person; the wording follows it.

    Returns
    -------
    MetricText
        Title, reading, formula and cautions.

    Raises
    ------
    KeyError
        Where there is no such id.
    """
    said = TEXTS[id_]
    turned = dict(_TURNED.get(id_, {})) if favourable == "negative" else {}
    if "short" in turned:
        turned["title"] = f"{turned['short']} ({said.term})"
    return replace(said, **turned) if turned else said  # type: ignore[arg-type]


def direction(metric: str, favourable: Outcome = "positive") -> int:
    """Say whether a higher or a lower value of a measure is better for a group.

    Parameters
    ----------
    metric : str
        Id of a rate or another measure.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    int
        1 when higher is better, −1 when lower is better, 0 when neither.
    """
    if metric in {"selection_rate", "demographic_parity"}:
        return 1 if favourable == "positive" else -1
    if metric in _LOWER_IS_BETTER:
        return -1
    said = TEXTS.get(metric)
    if metric in _NO_DIRECTION or (said is not None and said.unit != "share"):
        return {"higher": 1, "lower": -1, "neither": 0}[said.better if said else "neither"]
    return 1


def metric_title(metric: str, favourable: Outcome = "positive") -> str:
    """Name a metric or criterion, plain words first.

    Parameters
    ----------
    metric : str
        Id of a metric, criterion or comparison; another text is cleaned and shown as it is.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        "Missed chances (false negative rate)".
    """
    return text(metric, favourable).title if metric in TEXTS else escape_plain(metric.replace("_", " "))


def short_title(metric: str, favourable: Outcome = "positive") -> str:
    """Name a metric or criterion in plain words alone.

    Parameters
    ----------
    metric : str
        Id of a metric, criterion or comparison; another text is cleaned and shown as it is.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        "Missed chances".
    """
    return text(metric, favourable).short if metric in TEXTS else escape_plain(metric.replace("_", " "))


def disparity_title(row: DisparityRow, favourable: Outcome = "positive") -> str:
    """Name a disparity between groups.

    Parameters
    ----------
    row : DisparityRow
        The disparity.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        "Equal chances (equal opportunity), gap".
    """
    return f"{metric_title(row.metric, favourable)}, {TEXTS[row.comparison].short.lower()}"


def column_title(sensitive: tuple[str, ...]) -> str:
    """Name a grouping by its columns.

    Parameters
    ----------
    sensitive : tuple of str
        One or more columns.

    Returns
    -------
    str
        "race × sex", cleaned for display.
    """
    return " × ".join(escape_plain(name, 60) for name in sensitive)
