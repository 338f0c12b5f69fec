"""What another tool says about the same people, and how it counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audit.cells import Cells

    Array = NDArray[np.float64]

Kind = Literal["rate", "gap", "difference", "ratio", "odds"]
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One number that another tool prints.

    Parameters
    ----------
    measure : str
        The measure in the tool's own words.
    ours : str
        Id of the rate, or of the disparity, that it is held against here.
    kind : {"rate", "gap", "difference", "ratio", "odds"}
        A rate of a group; a disparity over all groups; for a pair the difference or the ratio of a rate, or the larger
        difference of the true and the false positive rate.
    group, reference : tuple of str or None
        The group, or the pair; None for all groups together.
    value : float
        The number; NaN where the tool gives none.
    reason : str, default ""
        Why it differs where it does, as a code of :data:`audit.wording.peers.DIFFERENCES`; empty where the tool has no
        convention of its own.
    """

    measure: str
    ours: str
    kind: Kind
    group: Group | None
    reference: Group | None
    value: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another tool.

    Parameters
    ----------
    id : str
        Its name in lower case.
    title : str
        Its name.
    version : str
        The release that was run; its output is kept with the tests.
    weights : bool
        Whether it takes weights of rows.
    outcome : bool
        Whether it asks which outcome is the favourable one.
    says : callable
        From counts, the place of the reference group and the favourable outcome to what it prints.
    """

    id: str
    title: str
    version: str
    weights: bool
    outcome: bool
    says: Callable[[Counts, int, str], list[Said]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """The four counts of every group.

    Parameters
    ----------
    groups : tuple of tuple of str
        The groups.
    tn, fp, fn, tp : ndarray of shape (n_groups,)
        People, or weights, by label and decision.
    """

    groups: tuple[Group, ...]
    tn: Array
    fp: Array
    fn: Array
    tp: Array

    @property
    def all(self) -> Array:
        """Everybody in each group."""
        return self.tn + self.fp + self.fn + self.tp

    @property
    def selected(self) -> Array:
        """Positive decisions in each group."""
        return self.fp + self.tp

    def turned(self) -> Counts:
        """Swap positive and negative.

        Returns
        -------
        Counts
            Counts on 1 − label and 1 − decision.
        """
        return Counts(groups=self.groups, tn=self.tp, fp=self.fn, fn=self.fp, tp=self.tn)


def counts_of(cells: Cells, *, weighted: bool) -> Counts:
    """Take the four counts of every group from cells.

    Parameters
    ----------
    cells : Cells
        Counts with one decision.
    weighted : bool
        Whether the tool takes weights.

    Returns
    -------
    Counts
        Weights, or people.
    """
    w = cells.w if weighted else cells.n
    return Counts(groups=cells.groups, tn=w[:, 0, 0], fp=w[:, 0, 1], fn=w[:, 1, 0], tp=w[:, 1, 1])


def quotient(top: Array, bottom: Array, *, empty: float = np.nan) -> Array:
    """Divide, and say what nothing divided by nothing is.

    Parameters
    ----------
    top, bottom : ndarray
        Numerators and denominators, neither negative.
    empty : float, default NaN
        What stands where both are 0; a number over 0 is infinite.

    Returns
    -------
    ndarray
        The quotients.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((bottom == 0) & (top == 0), empty, top / np.asarray(bottom, dtype=float))


def rates_said(counts: Counts, measures: Sequence[tuple[str, str, Array]], *, reason: str = "") -> list[Said]:
    """List rates of every group.

    Parameters
    ----------
    counts : Counts
        The groups.
    measures : sequence of (measure, ours, values)
        The tool's words, our id, and the value of every group.
    reason : str, default ""
        Why they differ where they do.

    Returns
    -------
    list of Said
        Measure by measure, group by group.
    """
    return [
        Said(
            measure=measure,
            ours=ours,
            kind="rate",
            group=group,
            reference=None,
            value=float(value),
            reason=reason,
        )
        for measure, ours, values in measures
        for group, value in zip(counts.groups, values, strict=True)
    ]
