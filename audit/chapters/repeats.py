"""Whether rows occur more than once, and whether test rows were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from audit.chapters.case import Chapter
from audit.inference.intervals import wilson

if TYPE_CHECKING:
    from audit.chapters.case import Case
    from audit.plan import Plan
    from audit.tables.profile import Profile

Where = Literal["data", "validation_in_train", "test_in_train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRow:
    """How many rows are the same as another one in every feature, sensitive column and the label.

    Parameters
    ----------
    where : {"data", "validation_in_train", "test_in_train"}
        Rows that repeat an earlier one anywhere in the data, or rows of a split that also occur in the training rows.
    sensitive : tuple of str
        Empty, since rows are compared and not groups.
    group : tuple of str or None
        None, for the same reason.
    value, low, high : float or None
        Their share of the rows looked at, with Wilson's interval.
    repeated : int
        Those rows.
    n : int
        Rows looked at.
    columns : int
        Columns that were compared.
    reason : str
        Why nothing was compared, as a code of the reasons.
    """

    where: Where
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    value: float | None
    low: float | None
    high: float | None
    repeated: int
    n: int
    columns: int
    reason: str = ""


def repeated_rows(profile: Profile, plan: Plan) -> tuple[RepeatRow, ...]:
    """Say how many rows are repeated, within the data and across its splits.

    Parameters
    ----------
    profile : Profile
        The data before a model.
    plan : Plan
        Confidence.

    Returns
    -------
    tuple of RepeatRow
        The data as a whole, then the test rows, then the validation rows where there are any.
    """
    found = profile.repeats
    counted: list[tuple[Where, int, int, str]] = [
        ("data", found.rows - found.distinct, found.rows, found.reason),
        ("test_in_train", found.test_in_train, found.test, found.split_reason),
    ]
    if found.validation:
        counted.append(
            ("validation_in_train", found.validation_in_train, found.validation, found.split_reason)
        )
    rows = []
    for where, repeated, n, reason in counted:
        known = not reason and n > 0
        low, high = wilson(repeated / n, n, alpha=1 - plan.confidence) if known else (None, None)
        rows.append(
            RepeatRow(
                where=where,
                sensitive=(),
                group=None,
                value=repeated / n if known else None,
                low=None if low is None else float(low),
                high=None if high is None else float(high),
                repeated=repeated,
                n=n,
                columns=found.columns,
                reason=reason or ("" if n else "empty"),
            )
        )
    return tuple(rows)


def _rows(case: Case) -> tuple[RepeatRow, ...]:
    return () if case.basis.profile is None else repeated_rows(case.basis.profile, case.plan)


CHAPTERS = (Chapter(id="repeats", title="Repeated rows", kinds=(RepeatRow,), rows=_rows),)
