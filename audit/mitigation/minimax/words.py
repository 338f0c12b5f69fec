"""What a reader must know of a worst-group run, in sentences: what came of it, who pays, where the floor is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.table import group_name

if TYPE_CHECKING:
    from audit.mitigation.minimax.choice import Judge, Standing

SMALL: Final = 0.01
"""A relative gain below this is said to be next to nothing."""

_MOST_NAMED: Final = 4
_EVEN: Final = 5e-4


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
        *_who_pays(judge, before, after),
        *_errors(judge, before, after),
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
        f"({_name(judge, before.worst_group)}, {before.worst:.4f}) without costing everybody more than "
        f"{_share(max_cost)}. The model was left as it is without the mitigation."
    )


def floor(judge: Judge, before: Standing, *, own: float | None, reachable: float | None) -> tuple[str, ...]:
    """Say how much of the worst group's loss no other model of this kind could take away.

    Parameters
    ----------
    judge : Judge
        Rows and loss.
    before : Standing
        Without the mitigation, on the rows of the judge.
    own : float or None
        Loss of its worst group under a model trained on that group alone; None where there is none.
    reachable : float or None
        Relative gain on the training rows that no model of this kind can exceed; None where it is not known.

    Returns
    -------
    tuple of str
        No sentence where there is something to gain.
    """
    name = _name(judge, before.worst_group)
    reasons = []
    if reachable is not None and reachable < SMALL:
        reasons.append(
            f"on the training rows no model of this kind can lower the worst group's loss by more than {_share(reachable)}"
        )
    if own is not None and own > before.worst * (1 - SMALL):
        reasons.append(
            f"a model trained on {name} alone has there a {judge.loss.name} of {own:.4f} and this one {before.worst:.4f}"
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
    return "validation rows" if judge.validated else "training rows"


def _share(value: float) -> str:
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '−'}{_share(abs(value))}"
