"""The one rule by which a disparity is held against its tolerance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.rows import DisparityRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.rows import Verdict


def decide(row: DisparityRow, tolerance: float) -> Verdict:
    """Hold one disparity against a tolerance.

    Parameters
    ----------
    row : DisparityRow
        A difference or a ratio with its interval.
    tolerance : float
        Largest difference or smallest ratio that is tolerated.

    Returns
    -------
    {"within", "beyond", "cannot_tell"}
        Beyond where the whole interval is; within where the whole interval is and every group could be estimated.

    Notes
    -----
    More groups can only widen a gap: with a group left out, *beyond* stays and *within* becomes *cannot tell*.
    """
    if row.value is None or row.low is None or row.high is None:
        return "cannot_tell"
    complete = row.groups_estimable == row.groups_total
    if row.comparison == "ratio":
        if row.high < tolerance:
            return "beyond"
        return "within" if row.low >= tolerance and complete else "cannot_tell"
    if row.low > tolerance:
        return "beyond"
    return "within" if row.high <= tolerance and complete else "cannot_tell"


def judge(rows: Iterable[DisparityRow], tolerances: Mapping[str, float]) -> tuple[DisparityRow, ...]:
    """Give every criterion its verdict; nothing is computed again.

    Parameters
    ----------
    rows : iterable of DisparityRow
        Disparities.
    tolerances : mapping of str to float
        The criteria: a disparity's id and its tolerance.

    Returns
    -------
    tuple of DisparityRow
        The same rows with tolerance and verdict; both None where there is no tolerance.
    """
    judged = []
    for row in rows:
        tolerance = tolerances.get(row.id) if row.comparison != "to_reference" else None
        if tolerance is None and row.tolerance is None and row.verdict is None:
            judged.append(row)
            continue
        verdict = None if tolerance is None else decide(row, tolerance)
        judged.append(replace(row, tolerance=tolerance, verdict=verdict))
    return tuple(judged)


def judge_among(rows: Iterable[Any], tolerances: Mapping[str, float]) -> tuple[Any, ...]:
    """Give the disparities among rows of several kinds their verdicts.

    Parameters
    ----------
    rows : iterable
        Rows of any kind.
    tolerances : mapping of str to float
        As in :func:`judge`.

    Returns
    -------
    tuple
        The same rows in the same order; those that are no disparities as they were.
    """
    return tuple(judge([row], tolerances)[0] if isinstance(row, DisparityRow) else row for row in rows)


def leading_gap(rows: Iterable[DisparityRow], larger: Iterable[DisparityRow] = ()) -> DisparityRow | None:
    """Pick the gap to speak of first: what is surest beyond its tolerance, or else the widest.

    Parameters
    ----------
    rows : iterable of DisparityRow
        Disparities, of one grouping or of several.
    larger : iterable of DisparityRow, default ()
        The disparities that change over larger groups: they rest on few people and stand back.

    Returns
    -------
    DisparityRow or None
        A difference with a verdict; None where none can be estimated.
    """
    thin = {(row.metric, row.comparison, row.sensitive) for row in larger}
    gaps = [row for row in rows if row.verdict and row.comparison == "difference" and row.value is not None]

    def rank(row: DisparityRow) -> tuple[bool, bool, float]:
        beyond = row.verdict == "beyond"
        few = (row.metric, row.comparison, row.sensitive) in thin
        return not beyond, few, -((row.low if beyond else row.value) or 0.0)

    return min(gaps, key=rank, default=None)


def leading(disparities: Iterable[DisparityRow], larger: Iterable[DisparityRow] = ()) -> DisparityRow | None:
    """Choose the one gap to remember of an audit: by a single column where one can be estimated.

    Parameters
    ----------
    disparities : iterable of DisparityRow
        All disparities of the audit.
    larger : iterable of DisparityRow, default ()
        The disparities that change over larger groups.

    Returns
    -------
    DisparityRow or None
        The gap that overview and cover tell first; None where none has been judged and can be estimated.
    """
    rows, few = list(disparities), list(larger)
    return leading_gap([row for row in rows if len(row.sensitive) == 1], few) or leading_gap(rows, few)
