"""What a model's answers mean: the score or the decision for the positive label, whichever way they were given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import ModelError, listing, quote
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_USUAL_CLASSES: Final = (("0", "1"), ("-1", "1"), ("False", "True"))
"""Pairs of classes whose second one is positive, where the positive value has another name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """What a model says about every row.

    Parameters
    ----------
    score : array of float64, shape (n_rows,), or None
        For the positive label, usually its probability; None for a model that only decides.
    decision : array of int8, shape (n_rows,), or None
        1 for the positive decision; only where there is no score.
    notes : tuple of str
        How the model's answers were read.
    """

    score: NDArray[np.float64] | None
    decision: NDArray[np.int8] | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """A model's answers as it gave them.

    Parameters
    ----------
    labels : array, shape (n_rows,), or None
        One class per row.
    table : array of float64, shape (n_rows, n_columns), or None
        One number per row, or one per class.
    classes : tuple of str
        The class of each column of a table, as canonical text, or of a margin the lower and the upper one; empty
        where unknown.
    margin : bool, default False
        Whether the table is one column that is above zero for the second class.
    """

    labels: NDArray[Any] | None
    table: NDArray[np.float64] | None
    classes: tuple[str, ...] = ()
    margin: bool = False


def interpret(answers: Answers, *, positive: str, n_rows: int) -> Scored:
    """Read a model's answers as scores or decisions for the positive label.

    Parameters
    ----------
    answers : Answers
        What the model gave.
    positive : str
        The positive label, as canonical text.
    n_rows : int
        How many answers there must be.

    Returns
    -------
    Scored
        With notes on everything that was assumed.

    Raises
    ------
    ModelError
        If there are not two classes, too few answers, missing ones, or no class is the positive label.

    Notes
    -----
    Two columns that are not probabilities are turned into probabilities by softmax, and a margin by the logistic
    function: both keep the model's own decisions at 0.5.
    """
    notes: list[str] = []
    labels = None if answers.labels is None else _texts(answers.labels, n_rows)
    if answers.table is None:
        if labels is None:
            raise _wrong(
                "gave neither labels nor numbers", "An audit needs a decision or a score for every row."
            )
        return Scored(score=None, decision=_decisions(labels, positive, notes), notes=tuple(notes))
    table = _table(answers.table, n_rows)
    if table.shape[1] == 1:
        score = _one_column(table[:, 0], answers, labels, positive, notes)
    else:
        score = _two_columns(table, answers.classes, labels, positive, notes)
    if score.size and (score.min() < 0 or score.max() > 1):
        notes.append(
            "Some scores lie outside 0 to 1. They are compared with the threshold as they are: check that the "
            "threshold is where the model decides."
        )
    return Scored(score=score, decision=None, notes=tuple(notes))


def positive_class(classes: Sequence[str], positive: str) -> tuple[int, str]:
    """Find the class that is the positive label.

    Parameters
    ----------
    classes : sequence of str
        Two classes, as canonical text.
    positive : str
        The positive label, as canonical text.

    Returns
    -------
    tuple of int and str
        Its position, and a note where its name had to be guessed.

    Raises
    ------
    ModelError
        If none of the classes can be it.
    """
    if positive in classes:
        return list(classes).index(positive), ""
    for usual in _USUAL_CLASSES:
        if set(classes) <= set(usual) and usual[1] in classes:
            return list(classes).index(
                usual[1]
            ), f"The model's class {quote(usual[1])} is read as {quote(positive)}."
    raise _wrong(
        f"does not know the label {quote(positive)}",
        f"Its classes: {listing(classes)}.",
        fix="Choose the positive value by the model's name for it.",
    )


def _wrong(
    what: str, why: str, *, fix: str = "Upload a model that scores or decides one yes-or-no label."
) -> ModelError:
    return ModelError(f"The model {what}.", why=why, fix=fix, code="model_output")


def _texts(labels: NDArray[Any], n_rows: int) -> NDArray[Any]:
    flat = np.asarray(labels)
    if flat.size != n_rows:
        raise _wrong(f"gave {flat.size:,} labels for {n_rows:,} rows", "Every row needs exactly one.")
    values, codes = np.unique(flat.ravel(), return_inverse=True)
    texts = [canonical(value.item() if hasattr(value, "item") else value) for value in values]
    if any(text is None for text in texts):
        raise _wrong("left some labels empty", "Every row needs a label.")
    if len(texts) > 2:
        raise _wrong(f"tells {len(texts):,} labels apart", "An audit is about one yes-or-no label.")
    return np.array(texts, dtype=object)[codes]


def _table(table: NDArray[np.float64], n_rows: int) -> NDArray[np.float64]:
    numbers = np.asarray(table, dtype=np.float64)
    if numbers.ndim == 1 or (numbers.ndim > 2 and numbers.size == n_rows):
        numbers = numbers.reshape(-1, 1)
    if numbers.ndim != 2 or len(numbers) != n_rows:
        raise _wrong(
            f"gave answers of shape {numbers.shape} for {n_rows:,} rows", "Every row needs one answer."
        )
    if numbers.shape[1] not in {1, 2}:
        raise _wrong(f"gave {numbers.shape[1]:,} numbers per row", "A yes-or-no label has one or two.")
    broken = int(np.sum(~np.isfinite(numbers).all(axis=1)))
    if broken:
        raise _wrong(
            f"gave no usable number in {broken:,} of {n_rows:,} rows",
            "Missing values among the features are the usual reason.",
            fix="Fill the missing values in the data, or in the model's own pipeline.",
        )
    return numbers


def _decisions(labels: NDArray[Any], positive: str, notes: list[str]) -> NDArray[np.int8]:
    values = sorted(set(labels))
    usual = {value for pair in _USUAL_CLASSES for value in pair}
    if positive not in values and (len(values) == 1 or set(values) <= usual):
        if set(values) <= usual:
            wanted = next((value for value in ("1", "True") if value in values), "")
            if wanted:
                notes.append(f"The model's label {quote(wanted)} is read as {quote(positive)}.")
        else:
            wanted = ""
        if not wanted:
            notes.append(
                f"The model gave {quote(values[0])} for every row: nobody has the positive decision."
            )
        return np.fromiter((label == wanted for label in labels), dtype=np.int8, count=len(labels))
    if values and positive not in values:
        positive_class(values, positive)
    return np.fromiter((label == positive for label in labels), dtype=np.int8, count=len(labels))


def _one_column(
    column: NDArray[np.float64],
    answers: Answers,
    labels: NDArray[Any] | None,
    positive: str,
    notes: list[str],
) -> NDArray[np.float64]:
    margin, turned = answers.margin, False
    if answers.classes:
        place, note = positive_class(answers.classes, positive)
        turned = place == 0
        notes.extend([note] if note else [])
    elif labels is not None and len(labels):
        chosen = _decisions(labels, positive, notes).astype(bool)
        above_half, above_zero = column >= 0.5, column > 0
        inside = column.min() >= 0 and column.max() <= 1
        margin = not inside and bool((above_zero == chosen).all() or (above_zero != chosen).all())
        turned = not chosen.all() and bool(((above_zero if margin else above_half) != chosen).all())
    if margin:
        notes.append(
            "The model gives margins; the logistic function maps them to scores, with 0.5 where it decides."
        )
        column = 0.5 * (1.0 + np.tanh(0.5 * column))
    if turned:
        notes.append("The model's number is for the other label; one minus it is the score.")
        column = 1.0 - column
    return column


def _two_columns(
    table: NDArray[np.float64],
    classes: tuple[str, ...],
    labels: NDArray[Any] | None,
    positive: str,
    notes: list[str],
) -> NDArray[np.float64]:
    sums = np.abs(table.sum(axis=1) - 1) < 1e-3
    if not (sums.all() and table.min(initial=0.0) >= -1e-6 and table.max(initial=0.0) <= 1 + 1e-6):
        notes.append("The model's two numbers per row are no probabilities; softmax turns them into scores.")
        shifted = np.exp(table - table.max(axis=1, keepdims=True))
        table = shifted / shifted.sum(axis=1, keepdims=True)
    table = np.clip(table, 0.0, 1.0)
    if classes:
        place, note = positive_class(classes, positive)
        notes.extend([note] if note else [])
        return table[:, place]
    if labels is not None and len(labels):
        chosen = _decisions(labels, positive, notes)
        agreement = [
            float(np.mean(table.argmax(axis=1) == chosen)),
            float(np.mean(table.argmax(axis=1) != chosen)),
        ]
        return table[:, 1] if agreement[0] >= agreement[1] else table[:, 0]
    notes.append(
        f"The model does not name its classes; its second number is read as the score for {quote(positive)}."
    )
    return table[:, 1]
