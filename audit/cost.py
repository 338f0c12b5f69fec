"""What work cost: computing time and memory. It differs from run to run, so it is kept beside results, never in them."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a piece of work cost.

    Parameters
    ----------
    seconds : float
        Computing time, of this process and of those that it started and waited for.
    megabytes : float
        The most memory that the process held until the work's end, everything loaded before included.
    """

    seconds: float
    megabytes: float

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Cost:
        """Read a cost from plain values.

        Parameters
        ----------
        raw : mapping
            "seconds" and "megabytes".

        Returns
        -------
        Cost
            The cost.
        """
        return cls(seconds=float(raw["seconds"]), megabytes=float(raw["megabytes"]))


class Meter:
    """Measures from its making on what work costs."""

    def __init__(self) -> None:
        self._began = _computed()

    def read(self) -> Cost:
        """Give the cost until now.

        Returns
        -------
        Cost
            Computing time since the meter was made, and the peak of memory.
        """
        # Linux counts in kilobytes, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        return Cost(seconds=_computed() - self._began, megabytes=peak / 1e6)


def _computed() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
