"""What a search over repairs found: every try, how it stood on the validation rows, and the picked ones on the test rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["done", "pruned", "collapsed", "failed"]

_PARTS: Final = ("validation", "test", "control", "before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one model stands on one set of rows.

    Parameters
    ----------
    utility, utility_low, utility_high : float or None
        What is to be large, and its interval; None where it is not estimable.
    gap, gap_low, gap_high : float or None
        The largest difference between groups, and its interval.
    selected : float or None
        Share of people with a positive decision.
    """

    utility: float | None
    utility_low: float | None
    utility_high: float | None
    gap: float | None
    gap_low: float | None
    gap_high: float | None
    selected: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One repair with one choice of settings.

    Parameters
    ----------
    number : int
        Its place in the search, from 1.
    method : str
        Id of the mitigation.
    title : str
        Its name as a reader sees it.
    params : mapping of str to bool, int, float or str
        Its settings, with the groups it worked on.
    state : {"done", "pruned", "collapsed", "failed"}
        Whether it was measured; given up after a part of the rows; measured but deciding the same for nearly everybody; or
        impossible.
    reason : str
        Why it was not measured, as a sentence; empty where it was.
    within : bool
        Whether it keeps the limits of the search on the validation rows.
    pareto : bool
        Whether nothing else was better in one respect and at least as good in the other, on the validation rows.
    chosen : bool
        Whether it is the one that the search recommends.
    validation : Standing or None
        The rows on which it was compared.
    test : Standing or None
        The test rows, for those that were picked: trained on the training rows, set on the validation rows.
    control : Standing or None
        The model before on the same test rows, with its threshold moved to the same selection rate.
    before : Standing or None
        The model before on the same test rows.
    """

    number: int
    method: str
    title: str
    params: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    state: State = "done"
    reason: str = ""
    within: bool = False
    pareto: bool = False
    chosen: bool = False
    validation: Standing | None = None
    test: Standing | None = None
    control: Standing | None = None
    before: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a search over repairs found.

    Parameters
    ----------
    sensitive : tuple of str
        The columns whose groups are compared.
    utility : str
        Id of what was to be large.
    criterion : str
        Id of the criterion or rate whose gap was to be small.
    n_train, n_validation, n_test : int
        Rows that the tries learned from, were compared on, and that the picked ones were measured on.
    before : Standing
        The model without a repair, on the validation rows.
    chance : float or None
        The gap on the validation rows that chance alone would show if all groups were equal.
    exhausted : bool
        Whether the search ended because no other settings were left to try.
    repeats : int
        How often settings came up that had been tried already; they were not tried again.
    rows : tuple of StudyRow
        The tries in their order.
    notes : tuple of str
        What a reader must know, as sentences.
    """

    sensitive: tuple[str, ...]
    utility: str
    criterion: str
    n_train: int
    n_validation: int
    n_test: int
    before: Standing
    chance: float | None
    exhausted: bool
    repeats: int
    rows: tuple[StudyRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def front(self) -> tuple[StudyRow, ...]:
        """The picked tries, smallest gap on the validation rows first."""
        return tuple(sorted((row for row in self.rows if row.pareto), key=_gap))

    @property
    def chosen(self) -> StudyRow | None:
        """The try that the search recommends; None where nothing is better than the model before."""
        return next((row for row in self.rows if row.chosen), None)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Study:
        """Read a study from plain values.

        Parameters
        ----------
        raw : mapping
            As :func:`audit.rows.plain` gives it.

        Returns
        -------
        Study
            The study.
        """
        return cls(
            **{
                **raw,
                "sensitive": tuple(raw["sensitive"]),
                "before": Standing(**raw["before"]),
                "rows": tuple(_row(row) for row in raw["rows"]),
                "notes": tuple(raw["notes"]),
            }
        )


def _gap(row: StudyRow) -> tuple[float, int]:
    gap = row.validation.gap if row.validation else None
    return (1.0 if gap is None else gap, row.number)


def _row(raw: Mapping[str, Any]) -> StudyRow:
    parts = {name: None if raw[name] is None else Standing(**raw[name]) for name in _PARTS}
    return StudyRow(**{**raw, **parts})
