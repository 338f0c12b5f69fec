"""What may be made equal, as rates that are linear in the people selected, and turned to the favourable outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.mitigation.spec import Param

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.hull.curves import Curve

    Array = NDArray[np.float64]

FEWEST: Final = 20
"""With fewer people than this in a rate, a group keeps the threshold it has."""

_RATES: Final = {
    "opportunity": ("chance",),
    "selection": ("share",),
    "odds": ("chance", "favour"),
    "false_positive_rate": ("favour",),
    "error": ("error",),
}

AIM: Final = Param(
    id="constraint",
    title="What to make equal",
    kind="choice",
    default="opportunity",
    choices=("opportunity", "selection", "odds", "false_positive_rate", "error"),
    choice_titles=(
        "Chances of those who merit the favourable decision (equal opportunity)",
        "Favourable decisions (demographic parity)",
        "Chances and wrongly favourable decisions (equalized odds)",
        "Wrongly favourable decisions (false positive rate)",
        "Errors (error rate)",
    ),
    help=(
        "Which rate is to be alike in all groups. Where the negative decision is the favourable one, chances are those "
        "of people with the negative label."
    ),
)
"""The setting that says what is made equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Rates that are to be alike in all groups.

    Parameters
    ----------
    id : str
        One of the choices of :data:`AIM`.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    """

    id: str
    favourable: str

    @property
    def rates(self) -> tuple[str, ...]:
        """The rates: "chance", "favour", "share" or "error"."""
        return _RATES[self.id]

    @property
    def main(self) -> str:
        """The first of the rates."""
        return self.rates[0]

    def shown(self, rate: str) -> tuple[str, bool]:
        """Name the rate of the audit that a rate is, or is the complement of.

        Parameters
        ----------
        rate : str
            One of the rates.

        Returns
        -------
        id : str
            Id of a rate, as in the tables of the audit.
        same : bool
            False where this rate is 1 minus that of the audit.
        """
        positive = self.favourable == "positive"
        return {
            "chance": ("true_positive_rate" if positive else "true_negative_rate", True),
            "favour": ("false_positive_rate" if positive else "false_negative_rate", True),
            "share": ("selection_rate", positive),
            "error": ("error_rate", True),
        }[rate]

    def who(self, rate: str) -> str:
        """Name the people in the denominator of a rate.

        Parameters
        ----------
        rate : str
            One of the rates.

        Returns
        -------
        str
            Such as "people with the positive label".
        """
        if rate in {"share", "error"}:
            return "people"
        of_positives = (rate == "chance") == (self.favourable == "positive")
        return f"people with the {'positive' if of_positives else 'negative'} label"

    def people(self, curve: Curve, rate: str) -> float:
        """Count the people in the denominator of a rate.

        Parameters
        ----------
        curve : Curve
            The group.
        rate : str
            One of the rates.

        Returns
        -------
        float
            People, not weighted.
        """
        if rate in {"share", "error"}:
            return curve.n_positive + curve.n_negative
        of_positives = (rate == "chance") == (self.favourable == "positive")
        return curve.n_positive if of_positives else curve.n_negative

    def usable(self, curve: Curve) -> bool:
        """Say whether a group has enough people for every rate of the aim.

        Parameters
        ----------
        curve : Curve
            The group.

        Returns
        -------
        bool
            False where it should keep its threshold.
        """
        return min(self.people(curve, rate) for rate in self.rates) >= FEWEST


def rate_of(rate: str, curve: Curve, favourable: str, tp: Array | float, fp: Array | float) -> Array:
    """Evaluate a rate of one group.

    Parameters
    ----------
    rate : {"chance", "favour", "share", "error"}
        Favourable decisions among those with the favourable label, among those with the other label, and among all;
        wrong decisions among all.
    curve : Curve
        The group.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    tp, fp : float or ndarray
        Weight of the selected people of each label.

    Returns
    -------
    ndarray
        0 to 1; NaN where nobody is in the denominator.
    """
    p, n = curve.positives, curve.negatives
    positive = favourable == "positive"
    top, bottom = {
        "chance": (tp, p) if positive else (n - np.asarray(fp), n),
        "favour": (fp, n) if positive else (p - np.asarray(tp), p),
        "share": (np.add(tp, fp) if positive else p + n - np.add(tp, fp), p + n),
        "error": (np.asarray(fp) + p - np.asarray(tp), p + n),
    }[rate]
    return np.asarray(top, dtype=np.float64) / bottom if bottom > 0 else np.full(np.shape(top), np.nan)


def wide(values: list[float]) -> float:
    """Give the gap between the highest and the lowest of some rates.

    Parameters
    ----------
    values : list of float
        A rate of each group; NaN is left out.

    Returns
    -------
    float
        0 for fewer than two.
    """
    known = [value for value in values if not np.isnan(value)]
    return float(max(known) - min(known)) if len(known) > 1 else 0.0
