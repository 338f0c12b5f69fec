"""Where data lie that are audited in place, and whether they still are what they were."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.data.fingerprints import FingerprintKind, Stamp, changed_since, of_files, stamp
from audit.data.folders import checked, offered
from audit.engines.protocol import Column, Files, Held
from audit.errors import InputError
from audit.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.progress import Progress

ADDRESSES: Final[Mapping[str, str]] = {"spark": "EVENHAND_SPARK", "dask": "EVENHAND_DASK"}
"""The environment variables that say where a distributed engine runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the rows lie: nothing of them is kept but this.

    Parameters
    ----------
    engine : {"duckdb", "spark", "dask"}
        Who counts them.
    fingerprint_kind : {"bytes", "files", "rows"}
        What the fingerprint was taken of.
    files : tuple of Stamp, default ()
        The files, by name; empty for a table.
    root : str, default ""
        The data folder that no file may lie outside of; empty where whoever runs the audit may name any file.
    source : Files or Held
        The files or the table as an engine counts them, with columns and types.
    address : str, default ""
        Where the engine runs; it is never kept, because an address can hold a password.
    """

    engine: str
    fingerprint_kind: FingerprintKind
    source: Files | Held
    files: tuple[Stamp, ...] = ()
    root: str = ""
    address: str = field(default="", compare=False, repr=False)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return tuple(Path(each.path) for each in self.files)

    def to_dict(self) -> dict[str, Any]:
        """Give the place as plain values for JSON.

        Returns
        -------
        dict
            Where the rows lie, and none of them.
        """
        source = self.source
        if isinstance(source, Held) and source.frame is not None:
            raise InputError(
                "A data frame of a notebook cannot be kept in the store.",
                why="It lives only as long as the notebook.",
                fix="Write it to a file or register it as a table, and audit that.",
                code="live_frame",
            )
        return {
            "engine": self.engine,
            "fingerprint_kind": self.fingerprint_kind,
            "files": [each.to_dict() for each in self.files],
            "root": self.root,
            "table": source.table if isinstance(source, Held) else "",
            "format": source.format if isinstance(source, Files) else "",
            "delimiter": source.delimiter if isinstance(source, Files) else "",
            "columns": [[column.name, column.stored, column.dtype] for column in source.columns],
            "left_out": [[column.name, column.stored, column.dtype] for column in source.left_out],
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Place:
        """Read a place from plain values.

        Parameters
        ----------
        raw : mapping
            As :meth:`to_dict` gives it.

        Returns
        -------
        Place
            The place; whether the files are still there is not looked at.
        """
        files = tuple(Stamp(**each) for each in raw["files"])
        columns, left_out = (
            tuple(Column(name=name, stored=stored, dtype=dtype) for name, stored, dtype in raw.get(part, []))
            for part in ("columns", "left_out")
        )
        source: Files | Held = (
            Held(table=str(raw["table"]), columns=columns, left_out=left_out)
            if raw["table"]
            else Files(
                paths=tuple(each.path for each in files),
                format=raw["format"],
                columns=columns,
                left_out=left_out,
                delimiter=str(raw["delimiter"]),
            )
        )
        return cls(
            engine=str(raw["engine"]),
            fingerprint_kind=raw["fingerprint_kind"],
            source=source,
            files=files,
            root=str(raw["root"]),
        )

    def check(self, fingerprint: str, *, progress: Progress = silent) -> None:
        """Make sure that the files are where they were and what they were.

        Parameters
        ----------
        fingerprint : str
            Taken when they were first read.
        progress : callable
            Told while bytes are read again, which happens only where a file was written since.

        Raises
        ------
        InputError
            With code "data_changed" where a file is gone, larger or smaller or holds other bytes; "outside_folder" where
            its path leads out of its data folder now.
        """
        now = []
        for each in self.files:
            path = Path(each.path)
            if self.root and checked(path, offered(self.root)) != path:
                raise changed_since(path.name, "Its path leads to another file now.")
            now.append(stamp(path))
        larger = next((a for a, b in zip(self.files, now, strict=True) if a.n_bytes != b.n_bytes), None)
        if larger is not None:
            raise changed_since(Path(larger.path).name, "It is larger or smaller now.")
        if tuple(now) != self.files and of_files(now, progress=progress)[0] != fingerprint:
            name = next(Path(a.path).name for a, b in zip(self.files, now, strict=True) if a != b)
            raise changed_since(name, "It was written again, and its bytes are others now.")


def engine_of(dataset: Dataset, *, progress: Progress = silent) -> Engine:
    """Start the engine that counts the rows of some data.

    Parameters
    ----------
    dataset : Dataset
        The data: in place, they say which engine; in the store or in memory, DuckDB counts them.
    progress : callable
        Told about long scans; may raise to stop them.

    Returns
    -------
    Engine
        Ready to count.
    """
    from audit.engines.catalogue import make

    place = dataset.place
    if place is None:
        return make().watched(progress)
    address = place.address or os.environ.get(ADDRESSES.get(place.engine, ""), "")
    frame = place.source.frame if isinstance(place.source, Held) else None
    return make(place.engine, address, frame).watched(progress)
