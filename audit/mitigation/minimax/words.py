"""What a reader must know of a worst-group run, in sentences: what came of it, who pays, where the floor is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.mitigation.minimax.choice import Judge, Standing

SMALL: Final = 0.01
"""A relative gain below this is said to be next to nothing."""

_ROWS: Final = {
    "validation": "validation rows",
    "aside": "fifth of the training rows that was kept aside",
    "train": "training rows",
}

_MOST_NAMED: Final = 4
_EVEN: Final = 5e-4
_UNCHANGED: Final = 5e-5


def outcome(judge: Judge, before: Standing, after: Standing) -> tuple[str, ...]:
    """Tell what became of the worst group, of everybody, and of those whose loss rose.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    before, after : Standing
        Without and with the mitigation, on the same rows.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return (
        _worst(judge, before, after),
        *_chance(judge, before, after),
        *_who_pays(judge, before, after),
        *_errors(judge, before, after),
        *_selected(judge, before, after),
        *_collapse(after),
    )


def nothing_gained(judge: Judge, before: Standing, max_cost: float) -> str:
    """Say that the model stays as it was.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    before : Standing
        Without the mitigation.
    max_cost : float
        What was allowed.

    Returns
    -------
    str
        A sentence.
    """
    return (
        f"Nothing to gain: on the {_rows(judge)} no model that was tried has a lower {judge.loss.name} in its worst group "
        f"({_name(judge, before.worst_group)}, {before.worst:.4f}) at a cost to everybody of at most "
        f"{_share(max_cost)}. The model was left as it is without the mitigation."
    )


def floor(
    judge: Judge, before: Standing, after: Standing, *, own: float | None, reachable: float | None = None
) -> tuple[str, ...]:
    """Say how much of the worst group's loss no other model of this kind could take away.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    before, after : Standing
        Without and with the mitigation, on the rows of the judge.
    own : float or None
        Loss of its worst group under a model trained on that group alone; None where there is none.
    reachable : float or None, default None
        Relative gain on the training rows that no model of this kind can exceed; None where it is not known.

    Returns
    -------
    tuple of str
        No sentence where there is something to gain.
    """
    if judge.loss.counted is not None or before.worst - after.worst >= SMALL * before.worst:
        return ()
    name = _name(judge, before.worst_group)
    reasons = []
    if reachable is not None and reachable < SMALL:
        reasons.append(
            f"on the training rows no model of this kind can lower the worst group's loss by more than {_share(reachable)}"
        )
    if own is not None and own > before.worst * (1 - SMALL):
        reasons.append(
            f"a model trained on {name} alone does no better there: its {judge.loss.name} is {own:.4f}, that of the model "
            f"without the mitigation {before.worst:.4f}"
        )
    if not reasons:
        return ()
    return (
        (
            f"Floor: {', and '.join(reasons)}. What is left is mostly not a matter of how groups are weighed in training; "
            "better features or better labels for that group could lower it."
        ),
    )


def _worst(judge: Judge, before: Standing, after: Standing) -> str:
    old, new = _name(judge, before.worst_group), _name(judge, after.worst_group)
    whose = f"of {old}" if old == new else f"of {old} before, of {new} after"
    gain = (before.worst - after.worst) / before.worst if before.worst > 0 else 0.0
    small = ", which is next to nothing" if 0 <= gain < SMALL else ""
    everybody = judge.loss.name if judge.loss.counted is None else "error rate"
    return (
        f"On the {_rows(judge)} the worst group's {judge.loss.name} ({whose}) goes from {before.worst:.4f} to "
        f"{after.worst:.4f} ({_signed(-gain)}{small}); everybody's {everybody} goes from {before.overall:.4f} to "
        f"{after.overall:.4f}."
    )


def _chance(judge: Judge, before: Standing, after: Standing) -> tuple[str, ...]:
    """Say where the gain of the group that was worst is no larger than chance could make it."""
    rows = judge.rows.group == before.worst_group
    if judge.loss.counted is not None:
        rows &= judge.rows.label == judge.loss.counted
    weight, gain = judge.rows.weight[rows], (before.row - after.row)[rows]
    mean = float(np.average(gain, weights=weight))
    error = float(np.sqrt(np.sum((weight * (gain - mean)) ** 2)) / weight.sum())
    if judge.source == "train" or mean <= 0 or mean > 2 * error:
        return ()
    return (
        (
            f"The gain of {_name(judge, before.worst_group)} is no larger than chance could make it: "
            f"{mean:.4f} with a standard error of {error:.4f}."
        ),
    )


def _selected(judge: Judge, before: Standing, after: Standing) -> tuple[str, ...]:
    """Where one kind of error alone is lowered, say how much of that is deciding more people one way."""
    if judge.loss.counted is None:
        return ()
    return (
        (
            f"Positive decisions go from {_share(before.selected)} to {_share(after.selected)} of everybody: compare with the "
            "control, which only moves the threshold as far."
        ),
    )


def _who_pays(judge: Judge, before: Standing, after: Standing) -> tuple[str, ...]:
    """Name the groups that are levelled down, the largest rise first."""
    rise = after.by_group - before.by_group
    known = np.isfinite(rise) & judge.judged
    paying = [g for g in np.argsort(-np.where(known, rise, -np.inf)) if known[g] and rise[g] > _EVEN]
    if not paying:
        return ()
    told = [
        f"{_name(judge, int(g))} from {before.by_group[g]:.4f} to {after.by_group[g]:.4f}"
        + (f" ({_signed(rise[g] / before.by_group[g])})" if before.by_group[g] > 0 else "")
        for g in paying[:_MOST_NAMED]
    ]
    more = f", and {len(paying) - _MOST_NAMED} more" if len(paying) > _MOST_NAMED else ""
    return (f"Who pays: the {judge.loss.name} rises for {'; '.join(told)}{more}.",)


def _errors(judge: Judge, before: Standing, after: Standing) -> tuple[str, ...]:
    """Say where decisions get worse while probabilities get better."""
    if judge.loss.decided:
        return ()
    old, new = np.nanmax(before.errors[judge.judged]), np.nanmax(after.errors[judge.judged])
    if new <= old + _EVEN or after.worst >= before.worst:
        return ()
    return (
        (
            f"Decisions tell another story than probabilities: the highest error rate of a group rises from {old:.4f} to "
            f"{new:.4f}. Where decisions are what counts, choose the error rate as the loss."
        ),
    )


def _collapse(after: Standing) -> tuple[str, ...]:
    if 0.005 < after.selected < 0.995:
        return ()
    return (
        (
            f"The model has all but stopped telling people apart: {_share(after.selected)} of decisions are positive. Do not "
            "use it; allow a smaller cost, or choose another loss."
        ),
    )


def _name(judge: Judge, group: int) -> str:
    return group_name(judge.rows.groups[group])


def _rows(judge: Judge) -> str:
    return _ROWS[judge.source]


def _share(value: float) -> str:
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def _signed(value: float) -> str:
    if abs(value) < _UNCHANGED:
        return "unchanged"
    return f"{'+' if value > 0 else '−'}{_share(abs(value))}"


def kept_aside(judge: Judge) -> tuple[str, ...]:
    """Say on which rows the model was chosen, where the data have no validation rows.

    Parameters
    ----------
    judge : Judge
        Rows and loss.

    Returns
    -------
    tuple of str
        No sentence where there are validation rows.
    """
    if judge.source != "aside":
        return ()
    return ("There are no validation rows: a fifth of the training rows was kept aside to choose on.",)


def measured(before: Standing, after: Standing, own: float | None) -> dict[str, float]:
    """Give the worst group's loss before, after, and under a model of its own.

    Parameters
    ----------
    before, after : Standing
        Without and with the mitigation, on the same rows.
    own : float or None
        Loss of the group that was worst under a model trained on it alone; None where there is none.

    Returns
    -------
    dict of str to float
        By the ids of :data:`audit.wording.measured.MEASURED`.
    """
    found = {"worst_group_loss_before": before.worst, "worst_group_loss": after.worst}
    return found if own is None else {**found, "own_model_loss": own}


def at_more_cost(judge: Judge, standings: Sequence[Standing], at: int, max_cost: float) -> tuple[str, ...]:
    """Say what the worst group could have where everybody's loss may rise by more.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    standings : sequence of Standing
        Of all models that were tried; the first is that without the mitigation.
    at : int
        The one kept.
    max_cost : float
        What was allowed.

    Returns
    -------
    tuple of str
        No sentence where more cost would bring next to nothing.
    """
    best = min(standings, key=lambda one: one.worst)
    before, after = standings[0], standings[at]
    dear = best.overall > before.overall * (1 + max_cost) + 1e-12
    if not dear or after.worst - best.worst < SMALL * after.worst:
        return ()
    everybody = judge.loss.name if judge.loss.counted is None else "error rate"
    rise = f" ({_signed(best.overall / before.overall - 1)})" if before.overall > 0 else ""
    return (
        (
            f"More is possible at more cost: the lowest {judge.loss.name} of the worst group among the models tried is "
            f"{best.worst:.4f}, with everybody's {everybody} at {best.overall:.4f}{rise}; {_share(max_cost)} more was allowed."
        ),
    )
