"""Groups compared two by two by their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.chapters.case import Chapter
from audit.disparity.score_pairs import ScoreGapRow, score_gaps

if TYPE_CHECKING:
    from audit.chapters.case import Case


def rows(case: Case) -> tuple[ScoreGapRow, ...]:
    """Compare groups two by two over every grouping.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of ScoreGapRow
        Empty without scores.
    """
    scores = case.basis.scores
    if scores is None:
        return ()
    return tuple(
        row for sensitive in case.groupings for row in score_gaps(scores.marginal(sensitive), case.plan)
    )


CHAPTERS = (
    Chapter(
        id="score_gaps",
        title="Scores of two groups against each other: ranking across groups, ROC curves, distributions",
        kinds=(ScoreGapRow,),
        rows=rows,
    ),
)
