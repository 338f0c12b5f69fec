"""Whether the roles of a plan fit the data, checked once before anything is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.engines.protocol import Key
from audit.errors import InputError, RoleError, quote
from audit.grouping import is_number
from audit.values import canonical

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from audit.data.dataset import ColumnProfile, Dataset
    from audit.plan import Plan

MOST_CLASSES: Final = 50
"""Most classes of a label and its predictions; a profile lists no more."""

ABOVE: Final = "1"
"""The key of a number that is above the median."""

_OPPOSITE: Final = {
    "1": {"0", "-1", "2"},
    "True": {"False"},
    "yes": {"no"},
    "Yes": {"No"},
    "y": {"n"},
    "Y": {"N"},
    "good": {"bad"},
    "positive": {"negative"},
}
_TRUTHS: Final = {"1": "True", "true": "True", "yes": "True", "0": "False", "false": "False", "no": "False"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What counts as positive.

    Parameters
    ----------
    label : str
        The label's positive value; "1" where the label is a number and is held against its median.
    decision : frozenset of str
        The decision's positive values; empty where there is no decision column.
    medians : tuple of (label, prediction) or None
        Where both are numbers: what they have to be above to count as positive.
    """

    label: str
    decision: frozenset[str]
    medians: tuple[float, float] | None = None

    def label_key(self, column: str) -> Key:
        """Say how the label becomes a key of a cell.

        Parameters
        ----------
        column : str
            The label's column.

        Returns
        -------
        Key
            The label itself; where it is a number, 1 strictly above the median and 0 otherwise.
        """
        return Key(column=column, at_least=None if self.medians is None else just_above(self.medians[0]))

    def positive(self, column: pd.Series) -> NDArray[np.int8]:
        """Say of rows in memory whether their label is positive.

        Parameters
        ----------
        column : pandas.Series
            Labels, none missing.

        Returns
        -------
        ndarray of int8 of shape (n_rows,)
            1 for positive.
        """
        if self.medians is not None:
            return (column.to_numpy(dtype=float) > self.medians[0]).astype(np.int8)
        import pandas as pd

        codes, values = pd.factorize(column)
        return np.array([canonical(value) == self.label for value in values], dtype=np.int8)[codes]


def just_above(number: float) -> float:
    """Give the next number after one, so that "at or above it" means "strictly above the first".

    Parameters
    ----------
    number : float
        Any number.

    Returns
    -------
    float
        The smallest number that is larger.
    """
    return math.nextafter(number, math.inf)


def check_roles(dataset: Dataset, plan: Plan) -> Outcomes:
    """Check every role that does not need a model.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        The roles.

    Returns
    -------
    Outcomes
        The texts that count as positive.

    Raises
    ------
    RoleError
        Where a column is missing, has the wrong type or has the wrong values.
    """
    roles = plan.roles
    _check_named(plan)
    label = dataset.column(roles.label, role="label")
    known = roles.decision_positive
    if roles.decision and plan.model.kind == "column":
        known = (*known, *_texts(dataset.column(roles.decision, role="decision")))
    if roles.task == "regression":
        _check_numbers(dataset, plan, label)
        positive = ABOVE
    else:
        positive = _label_positive(label, roles.positive, known, several=roles.task == "multiclass")
    for column in roles.sensitive:
        dataset.column(column, role="sensitive feature")
        if column in {roles.label, roles.decision, roles.score}:
            raise _twice(column, "sensitive feature", "an outcome")
    decision: frozenset[str] = frozenset()
    if plan.model.kind == "column":
        decision = _decisions(dataset, plan, label, positive)
    if roles.weight:
        _check_weight(dataset.column(roles.weight, role="weight"), plan)
    _check_further(dataset, plan)
    return Outcomes(label=positive, decision=decision)


def _check_further(dataset: Dataset, plan: Plan) -> None:
    """Check split, features, and the columns of comparable people, of clusters and of probabilities."""
    roles = plan.roles
    features = roles.features or ()
    parts = [(roles.split, "split"), (roles.cluster, "cluster column")]
    parts += [(name, "feature") for name in features] + [(name, "control column") for name in roles.control]
    for name, part in parts:
        if name:
            dataset.column(name, role=part)
    outcomes = {roles.label, roles.decision, roles.score}
    for name in features:
        if name in outcomes:
            raise _twice(name, "feature", "an outcome", why="A model that sees the outcome only repeats it.")
    for name in roles.control:
        if name in outcomes:
            raise _twice(name, "control column", "an outcome")
    if roles.control and set(roles.sensitive) <= set(roles.control):
        alone = "Within its own values a feature has one group only: nothing is left to compare."
        raise _twice(roles.sensitive[0], "control column", "a sensitive feature", why=alone)
    if roles.cluster and roles.cluster in {*outcomes, *roles.sensitive, roles.weight}:
        why = "Rows of one cluster count as drawn together, so each value would be a single draw."
        raise _twice(roles.cluster, "cluster column", "something else", why=why)
    _check_probabilities(dataset, plan)


def _twice(column: str, part: str, other: str, *, why: str = "") -> RoleError:
    what = f"Column {quote(column)} is both a {part} and {other}."
    return RoleError(what, why=why, fix="Give it one part only.", code="role_twice")


def _check_probabilities(dataset: Dataset, plan: Plan) -> None:
    roles = plan.roles
    taken = {roles.label, roles.decision, roles.score, roles.weight, roles.split, roles.cluster}
    for name in roles.probabilities:
        profile = dataset.column(name, role="probability")
        if name in {*taken, *roles.sensitive, *roles.control}:
            raise _twice(name, "probability", "something else")
        if not is_number(profile) or (profile.low or 0.0) < 0 or (profile.high or 0.0) > 1:
            raise RoleError(
                f"Column {quote(name)} does not hold probabilities.",
                why="The probability of belonging to a group is a number from 0 to 1.",
                fix="Name a column of such numbers, or divide percentages by 100.",
                code="not_probabilities",
            )


def _check_named(plan: Plan) -> None:
    if not plan.roles.label:
        raise RoleError(
            "No label column is named.",
            why="Without it nobody knows who was right.",
            fix="Name the label.",
            code="no_label",
        )
    if not plan.roles.sensitive:
        raise RoleError(
            "No sensitive column is named.",
            why="An audit compares groups of people.",
            fix="Name at least one column such as sex, race or age.",
            code="no_sensitive",
        )


def _texts(profile: ColumnProfile) -> list[str]:
    return [text for text, _ in profile.levels]


def _match(profile: ColumnProfile, value: str) -> str:
    """Give the value as the column writes it."""
    text = canonical(value) or ""
    levels = _texts(profile)
    if text not in levels and set(levels) <= {"True", "False"}:
        return _TRUTHS.get(text.casefold(), text)
    return text


def _refuse_empty(label: ColumnProfile) -> None:
    if label.kind == "empty" or not label.levels:
        raise RoleError(
            f"The label column {quote(label.name)} is empty: every value is missing.",
            fix="Name a column that holds what really happened.",
            code="label_missing",
        )


def _label_positive(label: ColumnProfile, value: str, known: tuple[str, ...], *, several: bool) -> str:
    _refuse_empty(label)
    levels = _texts(label)
    if several and label.n_distinct > MOST_CLASSES:
        raise _too_many_classes(label.n_distinct)
    if not several and (label.n_distinct > 2 or len(levels) > 2):
        number = ', as a number (task "regression")' if is_number(label) else ""
        raise RoleError(
            f"The label column {quote(label.name)} is not binary: it has {label.n_distinct:,} values.",
            why="Rates such as the true positive rate need one positive and one negative value.",
            fix=f'Audit it as several classes, one against the rest (task "multiclass"){number}, or name another label.',
            code="label_not_binary",
        )
    positive = _match(label, value)
    if positive in levels:
        return positive
    # With one class only, the positive value need not occur, if it is the plain opposite of the one that does or one
    # that decisions take.
    if len(levels) == 1 and (levels[0] in _OPPOSITE.get(positive, set()) or positive in known):
        return positive
    raise RoleError.unknown_value(positive, label.name, levels, role="positive value")


def _too_many_classes(n: int) -> RoleError:
    return RoleError(
        f"The label and the decision have {n:,} classes; at most {MOST_CLASSES} are audited.",
        why="With so many classes almost none has enough people in every group.",
        fix="Join classes that belong together.",
        code="too_many_classes",
    )


def _check_numbers(dataset: Dataset, plan: Plan, label: ColumnProfile) -> None:
    """Check label and prediction where both are numbers."""
    roles = plan.roles
    _refuse_empty(label)
    if not is_number(label):
        raise RoleError(
            f"The label column {quote(label.name)} does not hold numbers.",
            why="Errors of a predicted number need the number that really came about.",
            fix="Name a numeric label, or audit it as two values or several classes.",
            code="label_not_numeric",
        )
    if plan.model.kind != "column":
        raise RoleError(
            "A predicted number is audited from a column of the data.",
            why="The models that are trained or run here decide between two values.",
            fix="Name the column of predictions as the score, and take the decisions from a column.",
            code="numbers_need_a_column",
        )
    if not roles.score or roles.decision:
        raise RoleError(
            "A decision column is named where a prediction is due."
            if roles.decision
            else "There are no predictions to audit.",
            why="Where the label is a number, the prediction is one too.",
            fix="Name the column of predictions as the score, and no decision column.",
            code="no_predictions",
        )
    dataset.column(roles.score, role="prediction")


def _check_score(score: ColumnProfile) -> None:
    if score.kind == "empty":
        raise RoleError(
            f"The score column {quote(score.name)} is empty.",
            fix="Name another column.",
            code="score_missing",
        )
    if not is_number(score):
        raise RoleError(
            f"The score column {quote(score.name)} does not hold numbers.",
            why="A score is compared with a threshold.",
            fix="Name a numeric column, or name this one as the decision.",
            code="score_not_numeric",
        )


def _decisions(dataset: Dataset, plan: Plan, label: ColumnProfile, positive: str) -> frozenset[str]:
    roles = plan.roles
    if roles.score:
        _check_score(dataset.column(roles.score, role="score"))
    if not roles.decision:
        if roles.score:
            return frozenset()
        raise RoleError(
            "There are no decisions to audit.",
            why="The plan names neither a decision column, nor a score column, nor a model.",
            fix="Name one, or train a baseline.",
            code="no_decisions",
        )
    decision = dataset.column(roles.decision, role="decision")
    if decision.kind == "empty":
        raise RoleError(
            f"The decision column {quote(decision.name)} is empty.",
            fix="Name another column.",
            code="decision_missing",
        )
    _refuse_probabilities(decision)
    wanted = roles.decision_positive or (roles.positive,)
    levels = _texts(decision)
    found = [_match(decision, value) for value in wanted]
    unknown = [value for value in found if value not in levels]
    nobody = set(levels) <= set(_texts(label)) and positive not in levels and not roles.decision_positive
    if unknown and not nobody:
        raise RoleError.unknown_value(unknown[0], decision.name, levels, role="positive decision")
    if roles.task == "multiclass":
        together = {*_texts(label), *levels}
        if decision.n_distinct > MOST_CLASSES or len(together) > MOST_CLASSES:
            raise _too_many_classes(max(decision.n_distinct, len(together)))
    elif decision.n_distinct > 2 and not roles.decision_positive:
        raise RoleError(
            f"The decision column {quote(decision.name)} has {decision.n_distinct:,} values.",
            why="It is not clear which of them are positive decisions.",
            fix="Name every positive value of the decision.",
            code="decision_not_binary",
        )
    return frozenset(found)


def _refuse_probabilities(decision: ColumnProfile) -> None:
    if decision.low is None or decision.high is None:
        return
    fractions = any("." in text or "e" in text for text, _ in decision.levels) or decision.n_distinct > len(
        decision.levels
    )
    if decision.low >= 0 and decision.high <= 1 and fractions:
        raise RoleError(
            f"Column {quote(decision.name)} holds probabilities where decisions are due.",
            why="A probability becomes a decision only with a threshold.",
            fix="Name it as the score, with a threshold.",
            code="probabilities_not_decisions",
        )


def _check_weight(weight: ColumnProfile, plan: Plan) -> None:
    roles = plan.roles
    if weight.name in {roles.label, roles.decision, roles.score, *roles.sensitive}:
        raise _twice(weight.name, "weight", "something else")
    if not is_number(weight):
        raise RoleError(
            f"The weight column {quote(weight.name)} does not hold numbers.",
            fix="Name a numeric column.",
            code="weight_not_numeric",
        )
    if weight.low is not None and weight.low < 0:
        raise RoleError(
            f"The weight column {quote(weight.name)} holds negative weights.",
            why="A person cannot count less than nothing.",
            fix="Mend the weights; each is 0 or more.",
            code="weight_negative",
        )


def check_weights(total: float, of_squares: float) -> None:
    """Refuse weights that give no rates: without an end, or all of them 0.

    Parameters
    ----------
    total, of_squares : float
        Sum of the audited rows' weights, and of their squares.

    Raises
    ------
    RoleError
        Where the sum is infinite or nothing.
    """
    if not (math.isfinite(total) and math.isfinite(of_squares)):
        raise RoleError(
            "The weight column holds weights that are not finite or far too large.",
            why="One person would count more than everybody else.",
            fix="Mend the weights; each is an ordinary number of 0 or more.",
            code="weight_not_finite",
        )
    if total > 0 and of_squares <= 0:
        raise RoleError(
            "The weight column holds weights that are far too small.",
            why="Their squares cannot be told from 0, and without them there is no interval.",
            fix="Multiply every weight by the same large number.",
            code="weight_too_small",
        )
    if total <= 0:
        raise RoleError(
            "Every weight of the audited rows is 0.",
            why="Then nobody counts.",
            fix="Name another weight column, or none.",
            code="weight_zero",
        )


def nothing_left(reason: str) -> InputError:
    """Build the error for data of which no row can be audited.

    Parameters
    ----------
    reason : str
        Why rows were dropped.

    Returns
    -------
    InputError
        The error.
    """
    return InputError(
        "No row is left to audit.",
        why=f"Every row was dropped: {reason}.",
        fix="Check the columns that the plan names.",
        code="no_rows_left",
    )
