"""What a reader must know of a reduction: whether it had anything to do, and what it reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.wording.numbers import percent, points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.hull.aims import Aim
    from audit.mitigation.reductions.rows import Rows

    Array = NDArray[np.float64]


def nothing_to_do(rows: Rows, aim: Aim, decided: Array, bound: float | None) -> tuple[str, ...]:
    """Say where the model as it is meets the constraint on its own training rows.

    Parameters
    ----------
    rows : Rows
        The training rows.
    aim : Aim
        What is to be alike.
    decided : ndarray of float64
        Decisions of the model as it is about them.
    bound : float or None
        The difference that is allowed.

    Returns
    -------
    tuple of str
        Empty where there is something to do.
    """
    if rows.error(decided) == 0 and aim.id != "selection":
        return (
            (
                "The model makes no mistake on the rows it was trained on, so every group's rates are perfect there and "
                "the constraint has nothing to change: this mitigation then does nothing. Take a simpler model, or set "
                "thresholds by group on rows that the model has not seen."
            ),
        )
    gap, _ = rows.gap(aim, decided)
    if bound is not None and gap <= bound:
        return (
            (
                f"On its training rows the model before has a gap of {points(gap)}, within what is allowed: there was "
                "nothing to change."
            ),
        )
    return ()


def reached(
    aim: Aim, *, before: tuple[Rows, Array], train: tuple[Rows, Array], tuning: tuple[Rows, Array] | None
) -> tuple[str, ...]:
    """Say what gap is left where it was trained and where it was not.

    Parameters
    ----------
    aim : Aim
        What is to be alike.
    before : tuple of (Rows, ndarray)
        The training rows with the decisions of the model before.
    train : tuple of (Rows, ndarray)
        The training rows with the decisions after.
    tuning : tuple of (Rows, ndarray) or None
        The validation rows with the decisions after, where there are any.

    Returns
    -------
    tuple of str
        Sentences.
    """
    gaps = [rows.gap(aim, chance)[0] for rows, chance in (before, train)]
    said = f"On the training rows the widest gap went from {points(gaps[0])} to {points(gaps[1])}"
    if tuning is not None:
        said += f"; on validation rows, which no model saw, it is {points(tuning[0].gap(aim, tuning[1])[0])}"
    notes = [f"{said}."]
    rows, chance = tuning or train
    share = float(np.average(chance, weights=rows.weight))
    if share in {0.0, 1.0}:
        notes.append(
            f"The model gives a positive decision to {'everybody' if share else 'nobody'}: it has collapsed, and its "
            "rates are equal because nothing is decided."
        )
    elif chance.std() < 0.02:
        notes.append(f"The model decides almost everybody alike: {percent(share)} get a positive decision.")
    return tuple(notes)
