"""What a repair does to the features of any later row, in a form that a file can hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.errors import listing
from audit.mitigation.represent.quantiles import apply_repairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.represent.matrix import Matrix
    from audit.mitigation.represent.prototypes import Prototypes
    from audit.mitigation.represent.quantiles import Repair
    from audit.models.moves import Distribution

    Groups = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """A change of features as a part of a model file.

    Parameters
    ----------
    part : object
        One of the changes of :mod:`audit.models.changed`.
    seen : pandas.DataFrame
        Rows as the model sees them: they say which of its columns hold numbers, dates or texts.
    told : tuple of str
        What whoever gets the file must know, as sentences.
    tells_ranks : bool
        Whether sizes of groups can be worked out from the file.
    """

    part: Any
    seen: pd.DataFrame
    told: tuple[str, ...] = ()
    tells_ranks: bool = False


class Change(ABC):
    """How the features of any row are changed before the model sees them.

    Attributes
    ----------
    groups : tuple of tuple of str
        The training groups, in the order of their codes; empty where the change does not ask for the group.
    """

    groups: tuple[tuple[str, ...], ...]

    @abstractmethod
    def __call__(self, frame: pd.DataFrame, group: Groups) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.
        group : ndarray of int
            Position among the training groups; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """

    @abstractmethod
    def written(self, frame: pd.DataFrame, features: tuple[str, ...]) -> Written:
        """Write the change as a part of a file.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows as the data hold them.
        features : tuple of str
            The columns that the model looks at.

        Returns
        -------
        Written
            The part.
        """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeansTakenOut(Change):
    """Rows as numbers, each less what its group is off the common mean.

    Parameters
    ----------
    matrix : Matrix
        How rows become numbers.
    moves : ndarray of shape (groups + 1, columns)
        What is taken from each group; the last line is for the code −1.
    groups : tuple of tuple of str
        The training groups.
    """

    matrix: Matrix
    moves: NDArray[np.float64]
    groups: tuple[tuple[str, ...], ...]

    def __call__(self, frame: pd.DataFrame, group: Groups) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.
        group : ndarray of int
            Position among the training groups; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        return self.matrix.frame(self.matrix.of(frame) - self.moves[group])

    def written(self, frame: pd.DataFrame, features: tuple[str, ...]) -> Written:
        """Write the change as a part of a file.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows as the data hold them.
        features : tuple of str
            The columns that the model looks at.

        Returns
        -------
        Written
            The part.
        """
        from audit.models.changed import MovedByGroup, plain_encoder

        del frame, features
        names = list(self.matrix.names)
        part = MovedByGroup(encoder=plain_encoder(self.matrix.encoder), names=names, moves=self.moves)
        return Written(part=part, seen=_numbers(names))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RanksKept(Change):
    """Numbers brought towards what their rank within the own group is worth in the typical group.

    Parameters
    ----------
    repairs : tuple of Repair
        One for each column that is moved.
    strength : float
        How far, 0 to 1.
    groups : tuple of tuple of str
        The training groups.
    """

    repairs: tuple[Repair, ...]
    strength: float
    groups: tuple[tuple[str, ...], ...]

    def __call__(self, frame: pd.DataFrame, group: Groups) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.
        group : ndarray of int
            Position among the training groups; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        return apply_repairs(self.repairs, frame, group, strength=self.strength)

    def written(self, frame: pd.DataFrame, features: tuple[str, ...]) -> Written:
        """Write the change as a part of a file.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows as the data hold them.
        features : tuple of str
            The columns that the model looks at.

        Returns
        -------
        Written
            The part.
        """
        from audit.models.changed import RanksOfGroups

        moved = [repair for repair in self.repairs if repair.name in features]
        columns = [
            {
                "name": repair.name,
                "whole": bool(pd.api.types.is_integer_dtype(frame[repair.name].dtype)),
                "everybody": _pair(repair.everybody),
                "groups": [None if own is None else _pair(own) for own in repair.groups],
            }
            for repair in moved
        ]
        told = (
            "The model file holds every distinct value that the training rows have in these columns, with its rank within "
            f"each group, because the repair reads ranks from them: {listing([repair.name for repair in moved])}. Guard it "
            "like the data."
        )
        return Written(
            part=RanksOfGroups(columns=columns, strength=float(self.strength), features=list(features)),
            seen=frame,
            told=(told,) if moved else (),
            tells_ranks=bool(moved),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resembling(Change):
    """Resemblances to a few typical persons; the group is not looked at.

    Parameters
    ----------
    matrix : Matrix
        How rows become numbers.
    prototypes : Prototypes
        The typical persons.
    names : tuple of str
        What the resemblances are called.
    groups : tuple, default ()
        Nobody's group is asked for.
    """

    matrix: Matrix
    prototypes: Prototypes
    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = ()

    def __call__(self, frame: pd.DataFrame, group: Groups) -> pd.DataFrame:
        """Change rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with at least the features.
        group : ndarray of int
            Position among the training groups; −1 for any other.

        Returns
        -------
        pandas.DataFrame
            What the model sees.
        """
        del group
        return pd.DataFrame(self.prototypes.of(self.matrix.of(frame)), columns=list(self.names))

    def written(self, frame: pd.DataFrame, features: tuple[str, ...]) -> Written:
        """Write the change as a part of a file.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows as the data hold them.
        features : tuple of str
            The columns that the model looks at.

        Returns
        -------
        Written
            The part.
        """
        from audit.models.changed import Resemblances, plain_encoder

        del frame, features
        part = Resemblances(
            encoder=plain_encoder(self.matrix.encoder),
            names=list(self.names),
            vectors=self.prototypes.vectors,
            scale=self.prototypes.scale,
        )
        return Written(part=part, seen=_numbers(list(self.names)))


def _numbers(names: list[str]) -> pd.DataFrame:
    """Give a table of numbers with these columns, without a row of the data."""
    return pd.DataFrame(np.zeros((1, len(names))), columns=names)


def _pair(distribution: Distribution) -> NDArray[np.float64]:
    return np.stack([distribution.values, distribution.ranks])  # noqa: PD011 - a class of ours
