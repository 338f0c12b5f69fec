"""What the footer of a stored file says about its numbers, so that a scan need not ask of every row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The ends of a column of numbers.

    Parameters
    ----------
    low, high : float
        The least and the largest number.
    complete : bool
        Whether no row lacks one.
    """

    low: float
    high: float
    complete: bool


def ends_of(path: Path, column: str) -> Ends | None:
    """Read the ends of a column from a file that this program stored.

    Parameters
    ----------
    path : Path
        The file; footers of other files leave out what is "not a number".
    column : str
        A column of numbers.

    Returns
    -------
    Ends or None
        None where the footer does not say.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    return _ends_of(str(path), column, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _ends_of(path: str, column: str, *_changed: int) -> Ends | None:
    import pyarrow.parquet as pq

    file = pq.read_metadata(path)
    if column not in file.schema.names:
        return None
    at = file.schema.names.index(column)
    low, high, missing = [], [], 0
    for i in range(file.num_row_groups):
        part = file.row_group(i)
        said = part.column(at).statistics
        if said is None or not said.has_null_count:
            return None
        missing += said.null_count
        if said.has_min_max:
            low.append(said.min)
            high.append(said.max)
        elif said.null_count < part.num_rows:
            return None
    numbers = [value for value in (*low, *high) if isinstance(value, int | float)]
    if not numbers or len(numbers) < 2 * len(low):
        return None
    return Ends(low=float(min(low)), high=float(max(high)), complete=missing == 0)
