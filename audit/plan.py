"""What is to be audited and how: one frozen value that a file can hold and a run can repeat.

The screens edit a plan, the command line reads one, and every report carries it. It decides nothing about the data
itself: whether its columns exist is checked where the data are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from audit.errors import PlanError
from audit.limits import check, choice
from audit.names import BASELINES, CRITERIA, DEFAULT_TOLERANCES, KNOWN_TOLERANCES, RATES
from audit.reading import build
from audit.wanted import Tuning

__all__ = [
    "BASELINES",
    "CRITERIA",
    "DEFAULT_TOLERANCES",
    "KNOWN_TOLERANCES",
    "RATES",
    "SCHEMA_VERSION",
    "About",
    "Grouping",
    "MitigationChoice",
    "ModelChoice",
    "Plan",
    "Roles",
    "ScoreBins",
    "Search",
    "Tuning",
    "with_tolerance",
]

SCHEMA_VERSION: Final = 1
"""Version of the plan and of the audit that is made from it."""

Outcome = Literal["positive", "negative"]
Task = Literal["binary", "multiclass", "regression"]
ScoreBins = int | Literal["exact"]
SmallGroups = Literal["keep", "merge", "suppress"]
ModelKind = Literal["column", "train", "onnx", "skops"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a reader of the report wants to know about the audit itself; every field may be empty.

    Parameters
    ----------
    title, system, organisation, purpose, auditor, notes : str, default ""
        Free text, shown literally.
    """

    title: str = ""
    system: str = ""
    organisation: str = ""
    purpose: str = ""
    auditor: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which column plays which part.

    Parameters
    ----------
    label : str
        The column that holds what really happened.
    positive : str, default "1"
        The label's positive value, as canonical text.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person it is about.
    decision : str or None
        The column that holds the decisions, if there is one.
    decision_positive : tuple of str, default ()
        The decision's positive values; empty means the label's positive value.
    score : str or None
        The column that holds scores, if there is one.
    threshold : float, default 0.5
        A score at or above it is a positive decision.
    sensitive : tuple of str
        The columns whose values make the groups, in the order in which they are shown.
    weight : str or None
        The column of row weights, each 0 or more.
    split : str or None
        The column that says train, validation or test; with it, only test rows are audited.
    features : tuple of str or None
        What a model may look at; None means every column without another part.
    control : tuple of str, default ()
        Columns within whose values people are compared, such as the department applied to.
    cluster : str or None
        The column that says which rows belong together, such as a household; intervals allow for it.
    probabilities : tuple of str, default ()
        Columns of probabilities, each the probability of belonging to one group, where the group itself is not known.
    task : {"binary", "multiclass", "regression"}, default "binary"
        Whether the label has two values, several classes, or is a number. With several classes the positive one is
        held against the rest; a number counts as positive above the median of its column.
    """

    label: str = ""
    positive: str = "1"
    favourable: Outcome = "positive"
    decision: str | None = None
    decision_positive: tuple[str, ...] = ()
    score: str | None = None
    threshold: float = 0.5
    sensitive: tuple[str, ...] = ()
    weight: str | None = None
    split: str | None = None
    features: tuple[str, ...] | None = None
    control: tuple[str, ...] = ()
    cluster: str | None = None
    probabilities: tuple[str, ...] = ()
    task: Task = "binary"

    @property
    def no_outcome(self) -> bool:
        """Whether the decision is its own label: nothing is known of who was right, and selection alone is compared."""
        return bool(self.label) and self.label == self.decision

    def taken(self) -> tuple[str, ...]:
        """Name the columns that have a part and are therefore not features unless asked for.

        Returns
        -------
        tuple of str
            Column names, without repeats, in the order of the fields.
        """
        outcomes = (self.label, self.decision, self.score)
        parts = (*outcomes, *self.sensitive, self.weight, self.split, self.cluster, *self.probabilities)
        return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How people are put into groups.

    Parameters
    ----------
    bins : mapping of str to tuple of float
        Cut points for numeric columns; an empty tuple keeps every value as a group of its own. A numeric column
        that is not named here is cut at its quartiles when it has more than 20 values.
    references : mapping of str to str
        The reference group of a column, or of columns joined by " × "; otherwise the largest group.
    min_size : int, default 1
        Smallest denominator of a rate that is still estimated.
    include_unknown : bool, default False
        Whether people whose group is not recorded count as a group in gaps.
    small : {"keep", "merge", "suppress"}, default "keep"
        What becomes of groups of fewer than ``small_size`` people: they are kept, joined to one group of each column,
        or kept out of every export together with what would give them away.
    small_size : int, default 10
        Where a group, or a count of people, is small.
    """

    bins: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    min_size: int = 1
    include_unknown: bool = False
    small: SmallGroups = "keep"
    small_size: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Where the decisions come from.

    Parameters
    ----------
    kind : {"column", "train", "onnx", "skops"}, default "column"
        A column of the data, a baseline trained here, or an uploaded file.
    algorithm : str, default ""
        For "train": one of :data:`BASELINES`.
    name : str, default ""
        For a file: its name, as shown.
    sha256 : str, default ""
        For a file: the fingerprint of its bytes.
    inputs : tuple of str, default ()
        For a model with one input of many numbers: the columns in the order it takes them.
    """

    kind: ModelKind = "column"
    algorithm: str = ""
    name: str = ""
    sha256: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationChoice:
    """A repair to try, with its settings.

    Parameters
    ----------
    id : str
        The mitigation's id, such as "reweighing".
    params : mapping of str to bool, int, float or str
        Settings that differ from the defaults of its spec.
    """

    id: str = ""
    params: Mapping[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which subgroups to search for the ones that are treated worst.

    Parameters
    ----------
    columns : tuple of str, default ()
        Columns whose values make subgroups; empty means that nothing is searched.
    depth : int, default 3
        Most columns in one subgroup, 1 to 3.
    metric : str, default "error_rate"
        The rate by which subgroups are compared with everybody else.
    min_size : int, default 30
        Smallest denominator of a subgroup in each half.
    false_discovery : float, default 0.05
        Share of false discoveries that is allowed for.
    """

    columns: tuple[str, ...] = ()
    depth: int = 3
    metric: str = "error_rate"
    min_size: int = 30
    false_discovery: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides the numbers of an audit, apart from the data and the model.

    Parameters
    ----------
    about : About
        Title, purpose and people.
    roles : Roles
        Which column plays which part.
    grouping : Grouping
        How people are put into groups.
    model : ModelChoice
        Where the decisions come from.
    baseline : str, default "logistic_regression"
        What a mitigation retrains when the audited model cannot be refitted.
    mitigations : tuple of MitigationChoice
        Repairs to try.
    tuning : Tuning
        Which repairs and settings to search.
    tolerances : mapping of str to float
        The criteria: a disparity's id and its tolerance; a difference at most, a ratio at least.
    population : mapping of str to mapping of str to float
        The population that the data stand for: a sensitive column, its groups, and each one's share or number of people.
    search : Search
        Which subgroups to search.
    regret : bool, default False
        Whether to train a model of each group's own and hold the decisions against it.
    confidence : float, default 0.95
        Confidence level of every interval, between 0.5 and 1.
    replicates : int, default 1000
        Number of simulated replicates, at least 100.
    seed : int, default 0
        Where every random draw starts.
    sample_rows : int, default 200000
        Rows that are drawn for models and repairs where the data are read in place; they need their rows in memory.
    score_bins : int or "exact", default 1000
        Bins in which scores are counted, 1,000 to 10,000; "exact" counts every score by itself.
    sections : tuple of str, default ()
        Sections of the report; empty means all.
    dated : str, default ""
        The date in the report, in ISO format; written on the first run.
    """

    about: About = field(default_factory=About)
    roles: Roles = field(default_factory=Roles)
    grouping: Grouping = field(default_factory=Grouping)
    model: ModelChoice = field(default_factory=ModelChoice)
    baseline: str = "logistic_regression"
    mitigations: tuple[MitigationChoice, ...] = ()
    tuning: Tuning = field(default_factory=Tuning)
    tolerances: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_TOLERANCES))
    population: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    search: Search = field(default_factory=Search)
    regret: bool = False
    confidence: float = 0.95
    replicates: int = 1000
    seed: int = 0
    sample_rows: int = 200_000
    score_bins: ScoreBins = 1000
    sections: tuple[str, ...] = ()
    dated: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain lists, dicts, texts and numbers.

        Returns
        -------
        dict
            Ready for JSON; :meth:`from_dict` reads it back.
        """
        return {"schema_version": SCHEMA_VERSION, **_plain(asdict(self))}

    def to_json(self) -> str:
        """Give the plan as the text of a file.

        Returns
        -------
        str
            JSON with a stable order, ending in a new line.
        """
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Plan:
        """Read a plan from what :meth:`to_dict` gave or a person wrote.

        Parameters
        ----------
        raw : mapping
            Names and values; what is left out takes its default.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        PlanError
            Where a name is unknown, a type is wrong or a value is out of its range.
        """
        given = dict(raw)
        version = given.pop("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise PlanError(
                f"The plan has schema version {version!r}.",
                why=f"This release reads version {SCHEMA_VERSION}.",
                fix="Make the plan again with this release.",
                code="plan_version",
            )
        parts = {
            "about": About,
            "roles": Roles,
            "grouping": Grouping,
            "model": ModelChoice,
            "mitigations": MitigationChoice,
            "search": Search,
            "tuning": Tuning,
        }
        return build(cls, given, "plan", parts)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan from the text of a file.

        Parameters
        ----------
        text : str
            JSON, as :meth:`to_json` writes it.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        PlanError
            Where the text is not JSON or not a plan.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PlanError(
                "The plan is not readable as JSON.",
                why="It is nested far too deep." if isinstance(error, RecursionError) else f"{error}.",
                fix="Take the plan.json that an earlier run wrote as a pattern.",
                code="plan_not_json",
            ) from error
        if any("\ud800" <= character <= "\udfff" for character in _texts(raw)):
            raise PlanError(
                "The plan holds half a character.",
                why="A text with one half of a surrogate pair, such as \\ud800, cannot be shown or written.",
                fix="Write that text again.",
                code="plan_not_json",
            )
        if not isinstance(raw, dict):
            raise PlanError(
                "The plan is not a JSON object.",
                fix="It starts with { and names its parts.",
                code="plan_not_json",
            )
        return cls.from_dict(raw)


def _texts(raw: Any) -> str:
    """Give all texts of a JSON value in one, names included."""
    return json.dumps(raw, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in sorted(value.items())}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def with_tolerance(plan: Plan, name: str, value: float | None) -> Plan:
    """Give the plan with one tolerance changed, added or removed.

    Parameters
    ----------
    plan : Plan
        The plan to start from.
    name : str
        A disparity's id such as "equal_opportunity_difference"; without "_difference" or "_ratio", the difference.
    value : float or None
        The tolerance from 0 to 1; None removes the criterion.

    Returns
    -------
    Plan
        A new plan.

    Raises
    ------
    PlanError
        Where there is no such disparity or the tolerance is out of range.
    """
    known = name if name in KNOWN_TOLERANCES else f"{name}_difference"
    choice("tolerance", name if known not in KNOWN_TOLERANCES else known, KNOWN_TOLERANCES)
    kept = {key: old for key, old in plan.tolerances.items() if key != known}
    return replace(plan, tolerances=kept if value is None else {**kept, known: value})
