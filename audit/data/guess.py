"""Which column may play which part: a first guess from names and contents, for the analyst to confirm."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from audit.plan import Roles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.data.dataset import ColumnProfile, Dataset
    from audit.plan import Outcome

# Whole names, most telling first. Every name is compared in small letters with words joined by "_".
_LABELS: Final = (
    "label", "y_true", "true_label", "target", "ground_truth", "y", "outcome", "actual", "observed", "truth",
    "two_year_recid", "is_recid", "recidivism", "reoffended", "class", "response", "income", "salary",
    "default", "defaulted", "default_payment_next_month", "credit_risk", "risk", "credit", "loan_status",
    "employed", "employment", "hired", "hire", "admitted", "admission", "admit", "accepted", "promoted", "promotion",
    "passed", "pass", "approved", "approval", "granted", "loan_approved", "deny", "denied", "churn", "churned",
    "survived", "died", "mortality", "readmitted", "fraud", "is_fraud", "diagnosis", "disease", "status", "result",
)  # fmt: skip
_LABEL_WORDS: Final = frozenset(
    {"label", "target", "outcome", "recid", "recidivism", "truth", "default", "hired"}
)
_DECISIONS: Final = (
    "decision", "y_pred", "ypred", "prediction", "pred", "predicted", "yhat", "y_hat", "predicted_label",
    "predicted_class", "prediction_label", "pred_label", "model_decision", "model_prediction", "predictions",
    "decision_made", "recommendation", "decile_label", "score_text",
)  # fmt: skip
_DECISION_WORDS: Final = frozenset({"decision", "pred", "predicted", "prediction", "yhat", "hat"})
_SCORES: Final = (
    "score", "y_score", "y_prob", "y_proba", "y_pred_proba", "y_pred_prob", "probability", "prob", "proba",
    "predicted_probability", "prediction_score", "risk_score", "model_score", "scores", "decile_score",
)  # fmt: skip
_SCORE_WORDS: Final = frozenset(
    {"score", "prob", "proba", "probability", "probabilities", "likelihood", "decile"}
)
_WEIGHTS: Final = (
    "sample_weight", "sample_weights", "weight", "weights", "row_weight", "case_weight", "survey_weight",
    "instance_weight", "observation_weight", "pwgtp", "perwt",
)  # fmt: skip
_SPLITS: Final = (
    "split",
    "set",
    "subset",
    "partition",
    "dataset",
    "fold",
    "sample",
    "split_name",
    "data_split",
)
_SPLIT_VALUES: Final = frozenset(
    {"train", "training", "test", "testing", "validation", "valid", "val", "dev", "holdout"}
)
# One concept, one column; the first concepts are proposed first.
_SENSITIVE: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("sex", frozenset({"sex", "gender", "female", "male", "woman", "women", "geschlecht"})),
    ("race", frozenset({"race", "racial", "ethnicity", "ethnic", "ethnicities", "hispanic", "latino", "black", "white"})),
    ("disability", frozenset({"disability", "disabled", "disabilities", "dis", "handicap", "impairment"})),
    ("age", frozenset({"age", "ages", "agegroup", "ageband", "agecat", "alter"})),
    ("religion", frozenset({"religion", "religious", "faith", "creed", "caste"})),
    ("nationality", frozenset({"nationality", "citizenship", "citizen", "foreign", "foreigner", "immigrant", "nativity"})),
    ("orientation", frozenset({"orientation", "lgbt", "lgbtq", "transgender"})),
    ("marital", frozenset({"marital", "married", "relationship"})),
    ("pregnancy", frozenset({"pregnant", "pregnancy", "parental"})),
    ("veteran", frozenset({"veteran"})),
    ("country", frozenset({"country"})),
)  # fmt: skip
_MOST_SENSITIVE: Final = 3
_MOST_GROUPS: Final = 200
_MOST_LEVELS: Final = 30
_QUARTERS: Final = 4

_POSITIVE: Final = (
    "1", "true", "yes", "y", "t", ">50k", ">50k.", "positive", "pos", "+", "good", "approved", "approve", "accepted",
    "accept", "admitted", "granted", "hired", "hire", "employed", "pass", "passed", "promoted", "success", "default",
    "recidivist", "selected", "favorable", "favourable", "high", "survived", "paid",
)  # fmt: skip
_NEGATIVE: Final = (
    "0", "false", "no", "n", "f", "<=50k", "<=50k.", "negative", "neg", "-", "-1", "bad", "denied", "deny", "rejected",
    "reject", "refused", "unemployed", "fail", "failed", "failure", "unfavorable", "unfavourable", "low", "none",
    "not hired", "died", "unpaid",
)  # fmt: skip
_NEGATION = re.compile(r"^(not?|non|un|in|dis)[\s_-]*")
# What a positive label says about a person where it is not good for them.
_HARMS: Final = frozenset(
    {"recid", "recidivism", "recidivist", "reoffended", "default", "defaulted", "fraud", "arrest", "arrested", "deny",
     "denied", "died", "mortality", "disease", "readmitted", "delinquent", "bad", "rejected", "churn", "churned"}
)  # fmt: skip
_HIGH_RISKS: Final = ("high", "medium")


@dataclass(slots=True)
class _Table:
    """The columns with their names in small letters, and which of them have a part already."""

    columns: tuple[ColumnProfile, ...]
    names: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def free(self) -> Iterable[ColumnProfile]:
        return (c for c in self.columns if c.name not in self.taken and c.kind != "empty")


def guess_roles(dataset: Dataset) -> Roles:
    """Propose which column plays which part.

    Parameters
    ----------
    dataset : Dataset
        The data.

    Returns
    -------
    Roles
        A proposal; the label is empty and there are no sensitive columns where nothing speaks for one.
    """
    table = _Table(columns=dataset.columns, names={c.name: _plain(c.name) for c in dataset.columns})
    split = _take(table, _split(table))
    score = _take(table, _score(table))
    decision = _take(table, _decision(table))
    label = _take(table, _label(table))
    weight = _take(table, _weight(table))
    positive = _positive(label) if label else "1"
    return Roles(
        label=label.name if label else "",
        positive=positive,
        favourable=_favourable(label, positive),
        decision=decision.name if decision else None,
        decision_positive=_decision_positive(decision, positive),
        score=score.name if score else None,
        sensitive=_sensitive(table),
        weight=weight.name if weight else None,
        split=split.name if split else None,
    )


def _plain(name: str) -> str:
    """Write a name in small letters with its words joined by "_": "isFemale" is "is_female"."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:200])
    return re.sub(r"[\W_]+", "_", name).strip("_").casefold()


def _words(table: _Table, column: ColumnProfile) -> set[str]:
    return set(table.names[column.name].split("_"))


def _take(table: _Table, column: ColumnProfile | None) -> ColumnProfile | None:
    if column is not None:
        table.taken.add(column.name)
    return column


def _first(table: _Table, names: tuple[str, ...], fitting: Iterable[ColumnProfile]) -> ColumnProfile | None:
    """Find the column whose whole name stands first in a list."""
    by_name: dict[str, ColumnProfile] = {}
    for column in fitting:
        by_name.setdefault(table.names[column.name], column)
    return next((by_name[name] for name in names if name in by_name), None)


def _with_word(
    table: _Table, words: frozenset[str], fitting: Iterable[ColumnProfile]
) -> ColumnProfile | None:
    return next((column for column in fitting if _words(table, column) & words), None)


def _binary(table: _Table) -> list[ColumnProfile]:
    return [column for column in table.free() if column.kind == "binary"]


def _label(table: _Table) -> ColumnProfile | None:
    fitting = [c for c in _binary(table) if not _concept(table, c)]
    return _first(table, _LABELS, fitting) or _with_word(table, _LABEL_WORDS, fitting)


def _decision(table: _Table) -> ColumnProfile | None:
    fitting = [c for c in table.free() if c.kind == "binary" or _is_risk(c)]
    named = _first(table, _DECISIONS, fitting)
    # "predicted_sex" and the like are groups, "score" with two values is a decision only by its whole name
    return named or _with_word(table, _DECISION_WORDS, [c for c in fitting if not _concept(table, c)])


def _is_risk(column: ColumnProfile) -> bool:
    texts = {text.casefold() for text, _ in column.levels}
    return column.n_distinct == 3 and texts == {"low", "medium", "high"}


def _score(table: _Table) -> ColumnProfile | None:
    fitting = [c for c in table.free() if _is_share(c)]
    return _first(table, _SCORES, fitting) or _with_word(table, _SCORE_WORDS, fitting)


def _is_share(column: ColumnProfile) -> bool:
    inside = column.low is not None and column.high is not None and column.low >= 0 and column.high <= 1
    return inside and column.n_distinct > 2


def _weight(table: _Table) -> ColumnProfile | None:
    if "height" in table.names.values():  # then "weight" is measured in kilograms
        return None
    fitting = [c for c in table.free() if c.low is not None and c.low >= 0 and c.n_distinct > 1]
    return _first(table, _WEIGHTS, fitting)


def _split(table: _Table) -> ColumnProfile | None:
    fitting = [
        c
        for c in table.free()
        if 2 <= c.n_distinct <= 3 and {text.casefold() for text, _ in c.levels} <= _SPLIT_VALUES
    ]
    return _first(table, _SPLITS, fitting) or (fitting[0] if fitting else None)


def _concept(table: _Table, column: ColumnProfile) -> str:
    """Name what a column says about a person, or nothing."""
    words = _words(table, column)
    return next((concept for concept, known in _SENSITIVE if words & known), "")


def _sensitive(table: _Table) -> tuple[str, ...]:
    """Choose one column for each concept, as long as the groups stay few enough to be audited together."""
    found: dict[str, ColumnProfile] = {}
    for column in table.free():
        concept = _concept(table, column)
        if concept and _makes_groups(column) and _better(table, column, found.get(concept)):
            found[concept] = column
    chosen: list[ColumnProfile] = []
    groups = 1
    for concept, _ in _SENSITIVE:
        column_or_none = found.get(concept)
        if column_or_none is None or len(chosen) == _MOST_SENSITIVE:
            continue
        width = _QUARTERS if column_or_none.kind == "numeric" else column_or_none.n_distinct
        if groups * width <= _MOST_GROUPS:
            groups *= width
            chosen.append(column_or_none)
    return tuple(column.name for column in chosen)


def _makes_groups(column: ColumnProfile) -> bool:
    few = column.kind in {"binary", "categorical"} and 2 <= column.n_distinct <= _MOST_LEVELS
    return few or column.kind == "numeric"


def _better(table: _Table, column: ColumnProfile, other: ColumnProfile | None) -> bool:
    """Prefer the shorter name and, of those alike, the first: "sex" before "sex_of_interviewer"."""
    return other is None or len(_words(table, column)) < len(_words(table, other))


def _positive(column: ColumnProfile) -> str:
    """Choose which of two values is the positive one."""
    texts = [text for text, _ in column.levels]
    folded = {text.casefold().strip(): text for text in texts}
    if len(texts) != 2:
        return texts[0] if texts else "1"
    for wanted in _POSITIVE:
        if wanted in folded:
            return folded[wanted]
    for text in texts:
        other = texts[1 - texts.index(text)]
        if text.casefold().strip() in _NEGATIVE or _negates(text, other):
            return other
    try:
        return max(texts, key=float)
    except ValueError:
        greater = [text for text in texts if text.startswith(">")]
        return greater[0] if greater else texts[1]  # levels are ordered by size: the rarer value


def _negates(text: str, other: str) -> bool:
    """Say whether one text is the other with "not" or the like before it."""
    short = _NEGATION.sub("", text.casefold().strip())
    return short != text.casefold().strip() and short == other.casefold().strip()


def _decision_positive(decision: ColumnProfile | None, positive: str) -> tuple[str, ...]:
    if decision is None:
        return ()
    texts = [text for text, _ in decision.levels]
    if _is_risk(decision):
        return tuple(text for risk in _HIGH_RISKS for text in texts if text.casefold() == risk)
    return () if positive in texts else (_positive(decision),)


def _favourable(label: ColumnProfile | None, positive: str) -> Outcome:
    """Guess whether the positive label is good for the person, from the words in name and value."""
    if label is None:
        return "positive"
    good = positive.casefold() in {"good", "approved", "accepted", "paid"}
    words = {*_plain(label.name).split("_"), *_plain(positive).split("_")}
    return "negative" if words & _HARMS and not good else "positive"
