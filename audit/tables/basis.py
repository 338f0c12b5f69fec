"""Everything that was counted besides the cells: what the further chapters of an audit are computed from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from audit.cells import Cells
from audit.tables.classes import Classes
from audit.tables.clusters import ClusterCells
from audit.tables.probable import Probable
from audit.tables.profile import Profile
from audit.tables.regrets import Regrets
from audit.tables.scores import ScoreCells
from audit.tables.searched import Searched
from audit.tables.values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """Tables of counts; each is None where the plan or the data give no reason for it.

    Parameters
    ----------
    scores : ScoreCells or None
        People by group, label and score.
    strata : Cells or None
        People by the sensitive and the control columns, label and decision.
    clusters : ClusterCells or None
        The cells by cluster.
    classes : Classes or None
        People by group, class and predicted class.
    values : Values or None
        Sums of numbers and of their errors by group.
    probable : Probable or None
        People by the probability of belonging to a group.
    profile : Profile or None
        The data before a model: missing values, repeated rows, labels by group.
    searched : Searched or None
        Subgroups by label and decision.
    regrets : Regrets or None
        Errors of the decisions and of a model of each group's own.
    """

    scores: ScoreCells | None = None
    strata: Cells | None = None
    clusters: ClusterCells | None = None
    classes: Classes | None = None
    values: Values | None = None
    probable: Probable | None = None
    profile: Profile | None = None
    searched: Searched | None = None
    regrets: Regrets | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the tables as plain values for JSON.

        Returns
        -------
        dict
            Name to table; None where there is none.
        """
        tables = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: None if table is None else table.to_dict() for name, table in tables.items()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Basis:
        """Read what :meth:`to_dict` gave.

        Parameters
        ----------
        raw : mapping
            Name to table; what is left out is None.

        Returns
        -------
        Basis
            The tables.
        """
        return cls(
            **{name: kind.from_dict(raw[name]) for name, kind in TABLES.items() if raw.get(name) is not None}
        )


TABLES: Final[dict[str, Any]] = {
    "scores": ScoreCells,
    "strata": Cells,
    "clusters": ClusterCells,
    "classes": Classes,
    "values": Values,
    "probable": Probable,
    "profile": Profile,
    "searched": Searched,
    "regrets": Regrets,
}
"""The tables by name."""
