"""Whether values are missing more often for one group than for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.chapters.case import Chapter
from audit.inference.gaps import difference_gap
from audit.inference.intervals import wilson

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.profile import GroupCounts, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """How often one column is missing in one group.

    Parameters
    ----------
    column : str
        The column.
    sensitive : tuple of str
        The sensitive column.
    group : tuple of str
        The group.
    value, low, high : float or None
        Share of the group's rows in which it is missing, with Wilson's interval.
    missing : int
        Those rows.
    n : int
        Rows of the group.
    reason : str
        Why there is no share, as a code of the reasons.
    """

    column: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    missing: int
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingGapRow:
    """How far the groups are apart in the share of missing values of one column.

    Parameters
    ----------
    column : str
        The column.
    sensitive : tuple of str
        The sensitive column.
    group : tuple of str or None
        The group in which it is missing most often.
    reference : tuple of str or None
        The group in which it is missing least often.
    value, low, high : float or None
        Largest minus smallest share, with bounds that are simultaneous over the groups and may hold 0.
    n : int
        Rows of the groups that are compared.
    groups_estimable, groups_total : int
        How many of the groups can be estimated.
    reason : str
        Why there is no gap, as a code of the reasons.
    """

    column: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    reference: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    groups_estimable: int
    groups_total: int
    reason: str = ""


def missing_values(profile: Profile, plan: Plan) -> tuple[MissingGapRow | MissingRow, ...]:
    """Compare the groups in how often each column is missing.

    Parameters
    ----------
    profile : Profile
        The data before a model.
    plan : Plan
        Confidence, smallest group and whether people without a recorded group count as a group.

    Returns
    -------
    tuple of MissingGapRow and MissingRow
        By sensitive column: the columns with missing values, the widest gap first; each followed by its groups.
    """
    found: list[MissingGapRow | MissingRow] = []
    for counts in profile.groups:
        parts = [
            _column(counts, name, at, plan)
            for at, name in enumerate(profile.columns)
            if name != counts.column
        ]
        parts.sort(key=lambda part: (part[0].value is None, -(part[0].value or 0.0)))
        for gap, rows in parts:
            found += [gap, *rows]
    return tuple(found)


def _column(counts: GroupCounts, name: str, at: int, plan: Plan) -> tuple[MissingGapRow, list[MissingRow]]:
    alpha = 1 - plan.confidence
    n, gone = counts.rows, counts.missing[:, at]
    with np.errstate(invalid="ignore"):
        share = np.where(n > 0, gone / np.maximum(n, 1), np.nan)
    low, high = wilson(share, n, alpha=alpha)
    rows = [
        MissingRow(
            column=name,
            sensitive=(counts.column,),
            group=(level,),
            value=float(share[i]) if n[i] else None,
            low=float(low[i]) if n[i] else None,
            high=float(high[i]) if n[i] else None,
            missing=int(gone[i]),
            n=int(n[i]),
            reason="" if n[i] else "empty",
        )
        for i, level in enumerate(counts.attribute.levels)
    ]
    counted = plan.grouping.include_unknown | ~counts.unknown
    use = counted & (n >= plan.grouping.min_size)
    gap = difference_gap(np.where(use, share, np.nan), n, alpha=alpha, sizes=n.astype(np.int64))
    known = gap.first >= 0
    return (
        MissingGapRow(
            column=name,
            sensitive=(counts.column,),
            group=(counts.attribute.levels[gap.first],) if known else None,
            reference=(counts.attribute.levels[gap.second],) if known else None,
            value=gap.value if known else None,
            low=gap.low if known else None,
            high=gap.high if known else None,
            n=int(n[use].sum()),
            groups_estimable=int((use & (n > 0)).sum()),
            groups_total=int(counted.sum()),
            reason="" if known else "fewer_than_two_groups",
        ),
        rows,
    )


def _rows(case: Case) -> tuple[MissingGapRow | MissingRow, ...]:
    return () if case.basis.profile is None else missing_values(case.basis.profile, case.plan)


CHAPTERS = (
    Chapter(
        id="missing",
        title="Missing values by group",
        kinds=(MissingGapRow, MissingRow),
        rows=_rows,
    ),
)
