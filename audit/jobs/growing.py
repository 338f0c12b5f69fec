"""What a running job has so far, as curves for whoever watches: one small file, gone when the job ends."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from audit.rows import plain
from audit.rows.series import Series
from audit.store.records import checked_id

if TYPE_CHECKING:
    from pathlib import Path

    from audit.store import Store

MOST_BYTES: Final = 200_000
"""A file that would be larger is not written."""

_MOST_GROUPS: Final = 9


def growing(store: Store, job_id: str) -> Series | None:
    """Give the curves of a running job as far as they are known.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job.

    Returns
    -------
    Series or None
        None where the job has none, or has ended.
    """
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        with _file(store, job_id).open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
        if len(raw) <= MOST_BYTES:
            series = Series.from_dict(json.loads(raw))
            return series if _whole(series) else None
    return None


def keep(store: Store, job_id: str, series: Series) -> None:
    """Write down the curves of a job in place of those before.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job.
    series : Series
        The curves; of many groups everybody and the first eight.
    """
    # Whoever made the curves must not be able to stop the thread that watches over the job.
    with suppress(OSError, TypeError, ValueError, AttributeError):
        few = replace(
            series,
            groups=series.groups[:_MOST_GROUPS],
            values=tuple(by_group[:_MOST_GROUPS] for by_group in series.values),
        )
        written = json.dumps(plain(few), ensure_ascii=False).encode()
        if len(written) > MOST_BYTES:
            return
        target = _file(store, job_id)
        partial = target.with_suffix(".part")
        # Who reads meanwhile has the whole of the old ones, never a part of the new.
        partial.touch(mode=0o600)
        partial.write_bytes(written)
        partial.replace(target)


def forget(store: Store, job_id: str) -> None:
    """Remove the curves of a job that has ended.

    Parameters
    ----------
    store : Store
        The store.
    job_id : str
        The job.
    """
    target = _file(store, job_id)
    for path in (target, target.with_suffix(".part")):
        path.unlink(missing_ok=True)


def _file(store: Store, job_id: str) -> Path:
    return store.jobs_folder / f"{checked_id(job_id)}.curves.json"


def _whole(series: Series) -> bool:
    """Say whether every measure has a line for every group, and every line a value for every place."""
    return len(series.values) == len(series.measures) and all(
        len(by_group) == len(series.groups) and all(len(line) == len(series.x) for line in by_group)
        for by_group in series.values
    )
