"""What cannot hold at once on this data, because the groups' base rates differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.chapters.case import Chapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.chapters.case import Case
    from audit.rows import MetricRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibilityRow:
    """The precision of one group, were everybody's error rates its own.

    Parameters
    ----------
    sensitive : tuple of str
        The sensitive column.
    group : tuple of str
        The group.
    value, low, high : float or None
        The precision that its base rate would give with everybody's error rates; the interval is that of the base rate.
    observed, observed_low, observed_high : float or None
        The precision that it has, with Wilson's interval.
    base_rate, base_low, base_high : float or None
        Its base rate, with Wilson's interval.
    true_positive_rate, false_positive_rate, precision : float or None
        Those of everybody.
    observed_false_positive_rate : float or None
        Its own false positive rate.
    needed_false_positive_rate : float or None
        The false positive rate it would need for everybody's precision and true positive rate; None where none would do.
    n : int
        People of the group.
    reason : str
        Why there is no value, as a code of the reasons.
    needed_reason : str
        Why no false positive rate would do, as a code of the reasons.
    """

    sensitive: tuple[str, ...]
    group: tuple[str, ...]
    value: float | None
    low: float | None
    high: float | None
    observed: float | None
    observed_low: float | None
    observed_high: float | None
    base_rate: float | None
    base_low: float | None
    base_high: float | None
    true_positive_rate: float | None
    false_positive_rate: float | None
    precision: float | None
    observed_false_positive_rate: float | None
    needed_false_positive_rate: float | None
    n: int
    reason: str = ""
    needed_reason: str = ""


def precision_from(base: float, tpr: float, fpr: float) -> float | None:
    """Give the precision that follows from a base rate and two error rates.

    Parameters
    ----------
    base : float
        Share of positive labels.
    tpr, fpr : float
        True and false positive rate.

    Returns
    -------
    float or None
        TPR·b / (TPR·b + FPR·(1 − b)); None where nobody is selected.

    Examples
    --------
    >>> round(precision_from(0.5, 0.6, 0.2), 4)
    0.75
    """
    selected = tpr * base + fpr * (1 - base)
    return tpr * base / selected if selected > 0 else None


def needed_rate(base: float, tpr: float, precision: float) -> float | None:
    """Give the false positive rate that a base rate needs for a given precision and true positive rate.

    Parameters
    ----------
    base : float
        Share of positive labels.
    tpr, precision : float
        True positive rate and precision.

    Returns
    -------
    float or None
        b / (1 − b) · (1 − PPV) / PPV · TPR; None where that is above 1 or undefined.

    Examples
    --------
    >>> round(needed_rate(0.5, 0.6, 0.75), 4)
    0.2
    """
    if base >= 1 or precision <= 0:
        return None
    rate = base / (1 - base) * (1 - precision) / precision * tpr
    return rate if rate <= 1 else None


def _rows(case: Case) -> tuple[ImpossibilityRow, ...]:
    found = {(row.metric, row.sensitive, row.group): row for row in case.metrics}
    apart = [
        row.sensitive
        for row in case.disparities
        if (row.metric, row.comparison) == ("base_rate", "difference")
        and len(row.sensitive) == 1
        and row.low is not None
        and row.low > 0
    ]
    return tuple(row for sensitive in apart for row in _grouping(case, sensitive, found))


def _grouping(
    case: Case,
    sensitive: tuple[str, ...],
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...] | None], MetricRow],
) -> Iterator[ImpossibilityRow]:
    cells = case.cells.marginal(sensitive)
    names = ("true_positive_rate", "false_positive_rate", "precision")
    everybody = [found.get((name, sensitive, None)) for name in names]
    tpr, fpr, ppv = (None if row is None else row.value for row in everybody)
    for group, unknown in zip(cells.groups, cells.unknown, strict=True):
        if unknown and not case.plan.grouping.include_unknown:
            continue
        base, own, errors = (
            found.get((name, sensitive, group)) for name in ("base_rate", "precision", "false_positive_rate")
        )
        if base is None or own is None or errors is None:
            continue  # withheld to protect a few people
        value, low, high = (_follows(rate, tpr, fpr) for rate in (base.value, base.low, base.high))
        needed = (
            None if base.value is None or tpr is None or ppv is None else needed_rate(base.value, tpr, ppv)
        )
        yield ImpossibilityRow(
            sensitive=sensitive,
            group=group,
            value=value,
            low=low,
            high=high,
            observed=own.value,
            observed_low=own.low,
            observed_high=own.high,
            base_rate=base.value,
            base_low=base.low,
            base_high=base.high,
            true_positive_rate=tpr,
            false_positive_rate=fpr,
            precision=ppv,
            observed_false_positive_rate=errors.value,
            needed_false_positive_rate=needed,
            n=base.n,
            reason="" if value is not None else base.reason or "no_predicted_positives",
            needed_reason="" if needed is not None else base.reason or "out_of_reach",
        )


def _follows(base: float | None, tpr: float | None, fpr: float | None) -> float | None:
    return None if base is None or tpr is None or fpr is None else precision_from(base, tpr, fpr)


CHAPTERS = (
    Chapter(
        id="impossibility",
        title="What cannot hold at once where base rates differ",
        kinds=(ImpossibilityRow,),
        rows=_rows,
    ),
)
