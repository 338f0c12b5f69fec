"""Whether the roles of a plan fit the data, checked once before anything is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.errors import InputError, RoleError, quote
from audit.grouping import is_number
from audit.values import canonical

if TYPE_CHECKING:
    from audit.data.dataset import ColumnProfile, Dataset
    from audit.plan import Plan

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
    """The texts that count as positive.

    Parameters
    ----------
    label : str
        The label's positive value.
    decision : frozenset of str
        The decision's positive values; empty where there is no decision column.
    """

    label: str
    decision: frozenset[str]


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
    if not roles.label:
        raise RoleError(
            "No label column is named.",
            why="Without it nobody knows who was right.",
            fix="Name the label.",
            code="no_label",
        )
    if not roles.sensitive:
        raise RoleError(
            "No sensitive column is named.",
            why="An audit compares groups of people.",
            fix="Name at least one column such as sex, race or age.",
            code="no_sensitive",
        )
    label = dataset.column(roles.label, role="label")
    known = roles.decision_positive
    if roles.decision and plan.model.kind == "column":
        known = (*known, *_texts(dataset.column(roles.decision, role="decision")))
    positive = _label_positive(label, roles.positive, known)
    for column in roles.sensitive:
        dataset.column(column, role="sensitive feature")
        if column in {roles.label, roles.decision, roles.score}:
            raise RoleError(
                f"Column {quote(column)} is both a sensitive feature and an outcome.",
                fix="Give it one part only.",
                code="role_twice",
            )
    decision: frozenset[str] = frozenset()
    if plan.model.kind == "column":
        decision = _decisions(dataset, plan, label, positive)
    if roles.weight:
        _check_weight(dataset.column(roles.weight, role="weight"), plan)
    if roles.split:
        dataset.column(roles.split, role="split")
    for name in roles.features or ():
        dataset.column(name, role="feature")
    return Outcomes(label=positive, decision=decision)


def _texts(profile: ColumnProfile) -> list[str]:
    return [text for text, _ in profile.levels]


def _match(profile: ColumnProfile, value: str) -> str:
    """Give the value as the column writes it."""
    text = canonical(value) or ""
    levels = _texts(profile)
    if text not in levels and set(levels) <= {"True", "False"}:
        return _TRUTHS.get(text.casefold(), text)
    return text


def _label_positive(label: ColumnProfile, value: str, known: tuple[str, ...]) -> str:
    if label.kind == "empty" or not label.levels:
        raise RoleError(
            f"The label column {quote(label.name)} is empty: every value is missing.",
            fix="Name a column that holds what really happened.",
            code="label_missing",
        )
    levels = _texts(label)
    if label.n_distinct > 2 or len(levels) > 2:
        raise RoleError(
            f"The label column {quote(label.name)} is not binary: it has {label.n_distinct:,} values.",
            why="Rates such as the true positive rate need one positive and one negative value.",
            fix="Make a column with two values, or name another label.",
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


def _decisions(dataset: Dataset, plan: Plan, label: ColumnProfile, positive: str) -> frozenset[str]:
    roles = plan.roles
    if roles.score:
        score = dataset.column(roles.score, role="score")
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
    if decision.n_distinct > 2 and not roles.decision_positive:
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
        raise RoleError(
            f"Column {quote(weight.name)} is the weight and has another part as well.",
            fix="Give it one part only.",
            code="role_twice",
        )
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
