"""The formulas that a report prints, in typst's notation, each with the sentence that stands for it.

This is the only text of a report that is read as notation, and none of it comes from data.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.wording import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula.

    Parameters
    ----------
    source : str
        The formula in typst's notation.
    alt : str
        The formula in words.
    """

    source: str
    alt: str


_OWN: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        "wilson": Formula(
            "(hat(p) + z^2 / (2n) plus.minus z sqrt((hat(p)(1 - hat(p))) / n + z^2 / (4n^2))) "
            "/ (1 + z^2 / n)",
            "The Wilson interval of a rate p over n people: p plus z squared over 2 n, plus or minus z times "
            "the square root of p times 1 minus p over n plus z squared over 4 n squared, all divided by 1 "
            "plus z squared over n.",
        ),
        "effective_size": Formula(
            'n_upright("eff") = (sum_i w_i)^2 / (sum_i w_i^2)',
            "The effective number of people is the square of the sum of weights divided by the sum of squared "
            "weights.",
        ),
        "change": Formula(
            'Delta M_g = M_g^upright("after") - M_g^upright("before")',
            "The change of a metric for a group is its value after minus its value before, on the same rows.",
        ),
        "reweighing": Formula(
            "w(g, y) = (n_g dot n_y) / (n dot n_(g y))",
            "The weight of a row of group g with label y is the size of the group times the number of rows "
            "with the label, divided by the number of rows times the number of rows with both.",
        ),
    }
)

FORMULAS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        name: Formula(said.typst, f"{said.title}: {said.formula}.")
        for name, said in TEXTS.items()
        if said.typst
    }
    | dict(_OWN)
)
"""Every formula by its name: those of metrics, criteria and comparisons, and those of the methods."""
