"""The tidy rows of an audit: what a table shows, a figure draws, a sentence says and the JSON holds.

One row is one statement with its interval, its n and, where nothing can be said, the reason. Every room that shows
something reads these rows; only :mod:`audit.result` makes them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Verdict = Literal["within", "beyond", "cannot_tell"]
Comparison = Literal["difference", "ratio", "worst_group", "to_reference"]
Severity = Literal["high", "medium", "low", "info"]

REASONS: Final[dict[str, str]] = {
    "no_positives": "no positive labels",
    "no_negatives": "no negative labels",
    "no_predicted_positives": "nobody was selected",
    "no_predicted_negatives": "everybody was selected",
    "empty": "nobody in the group",
    "single_class": "only one label",
    "below_minimum_size": "fewer people than the minimum group size",
    "zero_reference_rate": "the reference rate is 0",
    "fewer_than_two_groups": "fewer than two groups can be estimated",
    "no_scores": "the model gives no scores",
    "no_outcome": "the decision is its own label, so nobody knows who was right",
    "no_subgroup_large_enough": "no subgroup has enough people in both halves",
    "not_probabilities": "the scores are not probabilities",
    "constant_scores": "all scores are equal",
    "separated": "the scores separate the labels completely",
    "no_background": "there is nobody outside the group",
    "unknown_group": "the group is not recorded",
    "under_two_percent": "under 2 % of the people",
    "several_changes": "one kind of change in one group is not enough",
    "plays_no_part": "not used by this rate",
    "group_not_estimable": "a group cannot be estimated",
    "at_tolerance": "the value lies at the tolerance",
    "no_false_positives": "there was no false alarm",
    "zero_benefit": "somebody has a benefit of 0",
    "no_benefit": "nobody has a benefit above 0",
    "not_positive": "a value is 0 or below",
    "no_inequality": "everybody has the same benefit",
    "no_common_stratum": "no stratum has people of both groups",
    "no_split": "the data name no training and test rows",
    "no_features": "there is no column to compare but the groups and the label",
    "too_many_rows": "too many rows to compare them all",
    "too_many_columns": "too many columns to compare",
    "not_in_population": "the population table does not name this group",
    "too_few_people": "too few people to show any gap",
    "out_of_reach": "no rate between 0 and 100 % would do",
    "single_person": "one person alone does not show how much values vary",
    "not_finite": "a number is without an end",
    "constant_label": "everybody has the same label",
    "nobody_of_class": "nobody is of this class",
    "never_predicted": "nobody was put in this class",
    "only_this_class": "nobody is of another class",
    "too_few_rows": "too few rows to train a model and to measure it",
    "not_among_largest": "only the twelve largest groups have a model of their own",
    "nothing_to_learn_from": "there is no column to learn from",
    "suppressed": "withheld to protect people",
}
"""Why a value is not estimable, in words that follow "not estimable: "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One rate or other measure of one group, or of everybody.

    Parameters
    ----------
    metric : str
        Id of the measure, such as "true_positive_rate" or "f1_score"; "count" counts people.
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group's values, one for each column; None for everybody.
    value, low, high : float or None
        The measure and its interval, 0 to 1 for rates; None where it is not estimable.
    n : int
        People in the denominator; 0 where that is withheld too, and the reason is "suppressed".
    n_effective : float or None
        Effective number in the denominator when rows are weighted or clustered.
    reason : str
        Code of :data:`REASONS`, or empty.
    """

    metric: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_effective: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisparityRow:
    """How far the groups are apart in one rate, criterion or other measure.

    Parameters
    ----------
    metric : str
        Id of a rate, of a criterion such as "equal_opportunity" or of another measure.
    sensitive : tuple of str
        The columns that make the groups.
    comparison : {"difference", "ratio", "worst_group", "to_reference"}
        Largest minus smallest; smallest over largest; the worst group itself; a group minus the reference group.
    group, reference : tuple of str or None
        The groups compared: highest and lowest for a difference, the other way round for a ratio, worst and best.
    value, low, high : float or None
        The disparity and an interval that may contain "none".
    overall, distance, distance_low, distance_high : float or None
        For the worst group: the rate of everybody, and worst minus overall with its interval.
    groups_estimable, groups_total : int
        How many of the groups can be estimated.
    tolerance : float or None
        The tolerance, where the plan names one.
    verdict : {"within", "beyond", "cannot_tell"} or None
        None where the plan names no tolerance.
    reason : str
        Code of :data:`REASONS`, or empty.
    expected : float or None
        For a difference: the mean value that chance alone would give if all groups were equal.
    """

    metric: str
    sensitive: tuple[str, ...]
    comparison: Comparison
    group: tuple[str, ...] | None = None
    reference: tuple[str, ...] | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    overall: float | None = None
    distance: float | None = None
    distance_low: float | None = None
    distance_high: float | None = None
    groups_estimable: int = 0
    groups_total: int = 0
    tolerance: float | None = None
    verdict: Verdict | None = None
    reason: str = ""
    expected: float | None = None

    @property
    def id(self) -> str:
        """Name of the disparity as tolerances name it, such as "equal_opportunity_difference"."""
        return f"{self.metric}_{self.comparison}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One rate or disparity before and after a mitigation, on the same test rows.

    Parameters
    ----------
    mitigation : str
        Id of the mitigation.
    metric : str
        Id of a rate or criterion.
    sensitive : tuple of str
        The columns that make the groups.
    comparison : {"difference", "ratio", "worst_group"} or None
        None for a rate of one group or of everybody.
    group : tuple of str or None
        The group; None for everybody and for disparities.
    original : float or None
        The audited model, where it is not the one that was retrained.
    before, control, after : float or None
        The model without the mitigation; the same at the after model's selection rate; the model with it.
    change, low, high : float or None
        after − before, with a paired interval that covers the sampling of test rows.
    n : int
        People in the denominator.
    seeds : int
        How many further runs the change could be estimated in, each on rows drawn anew.
    least, typical, most : float or None
        Smallest, middle and largest change over all runs; None where there was one run only.
    """

    mitigation: str
    metric: str
    sensitive: tuple[str, ...]
    comparison: Comparison | None
    group: tuple[str, ...] | None
    original: float | None
    before: float | None
    control: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    n: int
    seeds: int = 0
    least: float | None = None
    typical: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the audit found, with its evidence and what to do about it.

    Parameters
    ----------
    code : str
        Stable code such as "FA101".
    severity : {"high", "medium", "low", "info"}
        How much it matters to the reader.
    title : str
        The finding in a few words.
    evidence : str
        One or two sentences with the numbers.
    advice : str
        What to do about it.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Rows that were read but not audited.

    Parameters
    ----------
    reason : str
        Why, as a sentence fragment for a reader.
    n : int
        How many rows.
    """

    reason: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecord:
    """What is remembered of the data in an audit.

    Parameters
    ----------
    name : str
        File name as given.
    fingerprint : str
        SHA-256 of the file's bytes, in hexadecimal; of data in place, what ``fingerprint_kind`` says.
    read, audited : int
        Rows read and rows audited.
    dropped : tuple of Dropped
        The difference between the two, explained.
    notes : tuple of str
        What ingest changed or noticed, as sentences.
    missing : tuple of (column, n)
        Missing values in the columns that play a part, largest first.
    split : str
        "all rows", or which part of the data the numbers are measured on.
    fingerprint_kind : {"bytes", "files", "rows"}
        What the fingerprint was taken of: the bytes of a file, the names and hashes of several, or the rows of a table in
        any order.
    engine : str, default ""
        The engine that counted the rows in place; empty where they were read into a store or into memory.
    sample : int, default 0
        Rows that were drawn for what needs rows in memory, such as a model; 0 where no sample was drawn.
    """

    name: str
    fingerprint: str
    read: int
    audited: int
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    split: str = "all rows"
    fingerprint_kind: str = "bytes"
    engine: str = ""
    sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """What is remembered of the model in an audit.

    Parameters
    ----------
    title : str
        One line for a reader, such as "Gradient boosting, trained here".
    kind : str
        "column", "train", "onnx" or "skops".
    has_scores : bool
        Whether scores, and not only decisions, are known.
    threshold : float or None
        A score at or above it is a positive decision.
    features : tuple of str
        What the model looks at; empty where it is not known.
    notes : tuple of str
        What a reader should know, as sentences.
    """

    title: str
    kind: str
    has_scores: bool = False
    threshold: float | None = None
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """How the audit's rates compare with Fairlearn's, computed on the same cells.

    Parameters
    ----------
    version : str
        Fairlearn's version.
    checked : int
        Number of values that both define.
    largest_difference : float
        Largest absolute difference among them.
    undefined : int
        Values that Fairlearn prints as a number and this audit calls not estimable.
    skipped : tuple of str
        Groupings left out, with the reason.
    """

    version: str
    checked: int
    largest_difference: float
    undefined: int
    skipped: tuple[str, ...] = ()


def plain(row: Any) -> dict[str, Any]:
    """Give a row as plain values for JSON.

    Parameters
    ----------
    row : dataclass
        Any row of this module.

    Returns
    -------
    dict
        Field names and plain values; tuples become lists.
    """
    return {name: _plain(value) for name, value in asdict(row).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def group_name(group: tuple[str, ...] | None) -> str:
    """Name a group as it is shown.

    Parameters
    ----------
    group : tuple of str or None
        The group's values; None for everybody.

    Returns
    -------
    str
        "Female × 25 to under 37", or "Everybody".
    """
    return "Everybody" if group is None else " × ".join(group)
