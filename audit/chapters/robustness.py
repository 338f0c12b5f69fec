"""How firm each verdict is: how many decisions, labels or people would make it another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from audit.chapters.case import Chapter
from audit.disparity.chance import AVERAGED, CRITERION_RATES, MORE_CRITERION_RATES
from audit.disparity.estimates import estimates
from audit.disparity.judged import Judged, judged, people_needed
from audit.disparity.robustness import DECISIONS, LABELS, first_turn, plays_a_part
from audit.inference.clusters import ties
from audit.metrics.rates import RATE

if TYPE_CHECKING:
    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.inference.clusters import Ties
    from audit.rows import DisparityRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessRow:
    """The fewest decisions or labels in one group, or people in all, that would change a verdict.

    Parameters
    ----------
    metric : str
        Id of the rate or criterion that is judged.
    comparison : {"difference", "ratio"}
        Which comparison is judged.
    sensitive : tuple of str
        The columns that make the groups.
    verdict : {"within", "beyond", "cannot_tell"}
        The verdict now.
    what : {"decisions", "labels", "people"}
        What would differ: decisions or labels of one group, or the number of people at the same rates.
    value : int or None
        How many; for people, how many there would be in all.
    group : tuple of str or None
        The group of the decisions or labels.
    n : int
        People in this group, or in all, now.
    label, decision : int or None
        Label and decision of the people concerned as they are now, 1 for positive.
    becomes : {"within", "beyond", "cannot_tell"} or None
        The verdict then.
    reason : str
        Why there is no number, as a code, or empty.
    """

    metric: str
    comparison: Literal["difference", "ratio"]
    sensitive: tuple[str, ...]
    verdict: Literal["within", "beyond", "cannot_tell"]
    what: Literal["decisions", "labels", "people"]
    value: int | None
    group: tuple[str, ...] | None
    n: int
    label: int | None = None
    decision: int | None = None
    becomes: Literal["within", "beyond", "cannot_tell"] | None = None
    reason: str = ""


def robustness(case: Case) -> tuple[RobustnessRow, ...]:
    """Say of every verdict what it would take to change it.

    Parameters
    ----------
    case : Case
        The audit with its verdicts.

    Returns
    -------
    tuple of RobustnessRow
        For each verdict: decisions and labels; for one that cannot be told also people.

    Notes
    -----
    People of one group move from one cell to another, with the weight they have. Changes in several groups at once
    could be fewer.
    """
    rows: list[RobustnessRow] = []
    every = {**CRITERION_RATES, **MORE_CRITERION_RATES}
    for sensitive in case.groupings:
        wanted = [row for row in case.disparities if row.sensitive == sensitive and row.verdict]
        if not wanted:
            continue
        cells = case.cells.marginal(sensitive)
        tied = ties(case.basis.clusters, cells)
        turned = (cells.flipped(), tied and tied.flipped())
        for row in wanted:
            flip = row.metric in every and case.plan.roles.favourable == "negative"
            names = every.get(row.metric, (row.metric,))
            rows += _of_verdict(case, row, names, turned if flip else (cells, tied), flip=flip)
    return tuple(rows)


def _of_verdict(
    case: Case, row: DisparityRow, names: tuple[str, ...], part: tuple[Cells, Ties | None], *, flip: bool
) -> list[RobustnessRow]:
    cells, tied = part
    common: dict[str, Any] = {
        "metric": row.metric,
        "comparison": row.comparison,
        "sensitive": row.sensitive,
        "verdict": row.verdict,
    }
    if row.value is None:
        kinds: tuple[Literal["decisions", "labels", "people"], ...] = ("decisions", "labels", "people")
        return [
            RobustnessRow(**common, what=kind, value=None, group=None, n=0, reason=row.reason)
            for kind in kinds
        ]
    rates = [estimates(RATE[name], cells, case.plan, tied) for name in names]
    prepared = judged(
        rates,
        cells,
        ratio=row.comparison == "ratio",
        averaged=row.metric in AVERAGED,
        tolerance=float(row.tolerance or 0.0),
        verdict=row.verdict or "cannot_tell",
        alpha=1 - case.plan.confidence,
        least=case.plan.grouping.min_size,
    )
    rows = [_turn(common, "decisions", prepared, flip=flip), _turn(common, "labels", prepared, flip=flip)]
    if row.verdict == "cannot_tell":
        value, becomes, reason = people_needed(prepared, row.value, cells.total)
        rows.append(
            RobustnessRow(
                **common,
                what="people",
                value=value,
                group=None,
                n=cells.total,
                becomes=becomes,
                reason=reason,
            )
        )
    return rows


def _turn(
    common: dict[str, Any], what: Literal["decisions", "labels"], prepared: Judged, *, flip: bool
) -> RobustnessRow:
    moves = DECISIONS if what == "decisions" else LABELS
    found = first_turn(prepared, moves)
    if found is None:
        reason = "several_changes" if plays_a_part(prepared, moves) else "plays_no_part"
        return RobustnessRow(**common, what=what, value=None, group=None, n=0, reason=reason)
    return RobustnessRow(
        **common,
        what=what,
        value=found.people,
        group=prepared.cells.groups[found.group],
        n=int(prepared.cells.sizes[found.group]),
        label=1 - found.label if flip else found.label,
        decision=1 - found.decision if flip else found.decision,
        becomes=found.becomes,
    )


CHAPTERS = (
    Chapter(
        id="robustness",
        title="What it would take to change each verdict",
        kinds=(RobustnessRow,),
        rows=robustness,
        judged=True,
    ),
)
