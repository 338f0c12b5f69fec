"""Several models that decide together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.mitigation.reductions.oracle import HALF, scored
from audit.models.baseline import Fitted
from audit.models.constant import always
from audit.models.draws import decided, row_draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """Models with their shares.

    Parameters
    ----------
    models : tuple of Fitted or int
        Models; an int is a model that always says so.
    shares : tuple of float
        Their shares, which add up to 1.
    drawn : bool
        Whether one model is drawn for each person; otherwise the mean of the scores decides.
    """

    models: tuple[Fitted | int, ...]
    shares: tuple[float, ...]
    drawn: bool

    def score(self, frame: pd.DataFrame) -> Array:
        """Give the mean of the models' scores.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows.

        Returns
        -------
        ndarray of float64
            Where one model is drawn for each person, its chance of a positive decision instead.
        """
        total = np.zeros(len(frame))
        for model, share in zip(self.models, self.shares, strict=True):
            own = scored(model, frame)
            total += share * ((own >= HALF) if self.drawn else own)
        return total

    def chance(self, frame: pd.DataFrame) -> Array:
        """Give each row's probability of a positive decision.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows.

        Returns
        -------
        ndarray of float64
            0 or 1 where nothing is drawn.
        """
        score = self.score(frame)
        return score if self.drawn else (score >= HALF).astype(np.float64)

    def decide(self, frame: pd.DataFrame, *, seed: int) -> NDArray[np.int8]:
        """Decide about rows; where a model is drawn, it follows from the seed and the row's values.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows.
        seed : int
            Where the draws start.

        Returns
        -------
        ndarray of int8
            0 or 1.
        """
        looked_at = self.fitted([str(name) for name in frame.columns]).features
        return decided(self.chance(frame), row_draws(frame, looked_at, seed=seed)).astype(np.int8)

    def fitted(self, columns: Sequence[str]) -> Fitted:
        """Give the mixture as one model that can be handed over.

        Parameters
        ----------
        columns : sequence of str
            The columns of the rows, for a model that looks at none of them.

        Returns
        -------
        Fitted
            Its scores are those of the mixture; one model alone stays itself.
        """
        known = [model for model in self.models if not isinstance(model, int)]
        features = tuple(dict.fromkeys(name for one in known for name in one.features)) or tuple(columns)
        members = tuple(
            (share, always(model, features) if isinstance(model, int) else model)
            for model, share in zip(self.models, self.shares, strict=True)
        )
        if len(members) == 1:
            return members[0][1]
        return Fitted(
            title=f"Mixture of {len(members)} models",
            features=features,
            notes=(),
            predict=self.score,
            members=members,
            drawn=self.drawn,
        )
