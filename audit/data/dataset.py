"""A table that has been read: where its Parquet file is, what it is called, and what its columns look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from audit.errors import InputError, RoleError, StoreError, quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from audit.data.place import Place
    from audit.engines.protocol import Source
    from audit.progress import Progress

Kind = Literal["binary", "categorical", "numeric", "date", "text", "empty"]

MAX_LEVELS: Final = 50
"""Values of a column that a profile lists."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_EXACT_IN_FLOAT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What one column looks like.

    Parameters
    ----------
    name : str
        Name in the table.
    kind : {"binary", "categorical", "numeric", "date", "text", "empty"}
        "binary" has exactly two values, "categorical" few enough to be groups, "empty" none at all.
    dtype : str
        The stored type as Arrow names it, such as "int64", "double", "string" or "bool".
    n_missing : int
        Rows in which nothing was recorded.
    n_distinct : int
        Different values, missing ones not counted.
    levels : tuple of (str, int)
        Values as canonical text with their number of rows, most frequent first, at most 50.
    low, high : float or None
        Smallest and largest finite value of a numeric column.
    renamed_from : str or None
        The name in the file, where it had to be changed.
    about : bool, default False
        Whether ``n_distinct`` is an estimate, and no levels are listed: so it is where a column of data in place has
        very many values.
    """

    name: str
    kind: Kind
    dtype: str
    n_missing: int
    n_distinct: int
    levels: tuple[tuple[str, int], ...] = ()
    low: float | None = None
    high: float | None = None
    renamed_from: str | None = None
    about: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the profile as plain values for JSON.

        Returns
        -------
        dict
            Field names and values; tuples become lists.
        """
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "levels": [list(level) for level in self.levels]}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ColumnProfile:
        """Read a profile from plain values.

        Parameters
        ----------
        raw : mapping
            As :meth:`to_dict` gives it.

        Returns
        -------
        ColumnProfile
            The profile.
        """
        levels = tuple((str(text), int(n)) for text, n in raw["levels"])
        return cls(**{**raw, "levels": levels})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A table as Parquet, with the fingerprint of the file it came from and a profile of every column.

    Parameters
    ----------
    path : Path
        The Parquet file; of data in place, the first of their files.
    fingerprint : str
        SHA-256 of the bytes that were given, in hexadecimal; of data in place, what their place says.
    name : str
        Name of the file as given.
    n_bytes : int
        Size of the file as given, in bytes.
    n_rows : int
        Number of rows.
    columns : tuple of ColumnProfile
        The columns, in the order of the file.
    notes : tuple of str
        What reading changed or noticed, as sentences.
    rows : Source or None
        Where the rows are, when they are not in the Parquet file.
    place : Place or None, default None
        What is remembered of data that are audited in place, whose rows are counted there and never loaded.
    """

    path: Path
    fingerprint: str
    name: str
    n_bytes: int
    n_rows: int
    columns: tuple[ColumnProfile, ...]
    notes: tuple[str, ...] = ()
    rows: Source | None = None
    place: Place | None = None

    @property
    def source(self) -> Source:
        """Where an engine counts the rows."""
        return self.path if self.rows is None else self.rows

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str, role: str = "") -> ColumnProfile:
        """Give the profile of one column.

        Parameters
        ----------
        name : str
            The column.
        role : str, default ""
            What the column is wanted for, such as "label"; it is named in the error.

        Returns
        -------
        ColumnProfile
            The profile.

        Raises
        ------
        RoleError
            Where there is no such column, with the nearest name, or where it is left out.
        """
        for column in self.columns:
            if column.name == name:
                return column
        for left_out in self.place.source.left_out if self.place is not None else ():
            if name in {left_out.name, left_out.stored}:
                raise RoleError.left_out_column(name, left_out.dtype, self.names, role=role)
        raise RoleError.unknown_column(name, self.names, role=role)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Read columns as an Arrow table.

        Parameters
        ----------
        columns : sequence of str or None, default None
            The columns wanted; None means all.

        Returns
        -------
        pyarrow.Table
            The columns in the order asked for, of ``n_rows`` rows.

        Raises
        ------
        RoleError
            Where there is no such column.
        """
        import pyarrow.parquet as pq

        if self.place is not None:
            raise _not_loaded(self.name)
        known = set(self.names)
        wanted = list(self.names if columns is None else columns)
        for name in wanted:
            if name not in known:
                raise RoleError.unknown_column(name, self.names)
        if self.rows is not None:
            return self.rows.select(wanted)  # type: ignore[union-attr] # a table: only data in place have other rows
        with pq.ParquetFile(self.path) as file:
            # Parquet takes "a.b" for a path and may read column "a" as well: select() keeps what was asked for.
            return file.read(columns=wanted).select(wanted)

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read columns as a pandas frame.

        Parameters
        ----------
        columns : sequence of str or None, default None
            The columns wanted; None means all.

        Returns
        -------
        pandas.DataFrame
            The columns in the order asked for; row i is row i of the file.

        Raises
        ------
        RoleError
            Where there is no such column.
        """
        import pandas as pd

        if columns is not None and not columns and self.place is None:
            return pd.DataFrame(index=pd.RangeIndex(self.n_rows))
        table = self.table(columns)
        frame: pd.DataFrame = table.to_pandas(date_as_object=False)
        large = {column.name for column in self.columns if _loses_digits(column)}
        for name in large.intersection(table.column_names):
            frame[name] = pd.array(
                table.column(name).to_pylist(),
                dtype="Int64" if "uint" not in self.column(name).dtype else "UInt64",
            )
        return frame

    def check(self, *, progress: Progress | None = None) -> None:
        """Make sure that data in place are what they were; data in the store cannot change.

        Parameters
        ----------
        progress : callable or None, default None
            Told while files that were written since are read again.

        Raises
        ------
        InputError
            With code "data_changed" where they are not.
        """
        if self.place is not None:
            from audit.progress import silent

            self.place.check(self.fingerprint, progress=progress or silent)

    def to_dict(self) -> dict[str, Any]:
        """Give what identifies the data set, small enough for a database row.

        The profiles are in it only for data in place: otherwise they are kept inside the Parquet file.

        Returns
        -------
        dict
            Plain values.
        """
        plain = {
            "fingerprint": self.fingerprint,
            "name": self.name,
            "n_bytes": self.n_bytes,
            "n_rows": self.n_rows,
            "notes": list(self.notes),
        }
        if self.place is None:
            return plain
        columns = [column.to_dict() for column in self.columns]
        return {**plain, "place": self.place.to_dict(), "columns": columns}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], folder: Path) -> Dataset:
        """Find a data set again.

        Parameters
        ----------
        raw : mapping
            As :meth:`to_dict` gives it.
        folder : Path
            The folder that holds its Parquet file.

        Returns
        -------
        Dataset
            Equal to the one that gave ``raw``.

        Raises
        ------
        StoreError
            Where the folder does not hold the data any more.
        """
        from audit.data.stored import open_parquet

        if raw.get("place"):
            return cls._in_place(raw)
        path = parquet_path(folder, str(raw["fingerprint"]))
        if not path.is_file():
            raise StoreError(
                f"The data of {quote(str(raw['name']))} are not in the store any more.",
                why="The file was deleted or moved.",
                fix="Open the file again.",
                code="data_missing",
            )
        return cls(
            path=path,
            fingerprint=str(raw["fingerprint"]),
            name=str(raw["name"]),
            n_bytes=int(raw["n_bytes"]),
            n_rows=int(raw["n_rows"]),
            columns=open_parquet(path).columns,
            notes=tuple(str(note) for note in raw["notes"]),
        )

    @classmethod
    def _in_place(cls, raw: Mapping[str, Any]) -> Dataset:
        """Find data in place again; whether they have changed is looked at before they are counted."""
        from pathlib import Path

        from audit.data.place import Place

        place = Place.from_dict(raw["place"])
        return cls(
            path=place.paths[0] if place.files else Path(),
            fingerprint=str(raw["fingerprint"]),
            name=str(raw["name"]),
            n_bytes=int(raw["n_bytes"]),
            n_rows=int(raw["n_rows"]),
            columns=tuple(ColumnProfile.from_dict(column) for column in raw["columns"]),
            notes=tuple(str(note) for note in raw["notes"]),
            rows=place.source,
            place=place,
        )


def _not_loaded(name: str) -> InputError:
    return InputError(
        f"The rows of {quote(name)} are not loaded.",
        why="They are counted where they lie; there may be more of them than fit in memory.",
        fix="Upload a part of them, or let the audit draw a sample.",
        code="rows_in_place",
    )


def _loses_digits(column: ColumnProfile) -> bool:
    """Say whether a whole-number column with gaps is too large for pandas' floating-point numbers."""
    largest = max(abs(column.low or 0), abs(column.high or 0))
    return "int" in column.dtype and column.n_missing > 0 and largest >= _EXACT_IN_FLOAT


def parquet_path(folder: Path, fingerprint: str) -> Path:
    """Say where the Parquet file of a fingerprint lies.

    Parameters
    ----------
    folder : Path
        The folder of the store.
    fingerprint : str
        64 hexadecimal digits.

    Returns
    -------
    Path
        A path directly inside the folder.

    Raises
    ------
    InputError
        Where the text is not a fingerprint, so that no text leads out of the folder.
    """
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise InputError(
            "The data set has no valid fingerprint.",
            why="A fingerprint is 64 hexadecimal digits.",
            fix="Open the file again.",
            code="bad_fingerprint",
        )
    return folder / f"{fingerprint}.parquet"
