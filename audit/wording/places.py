"""Sentences about data that are audited where they lie: which engine, which fingerprint, which sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.numbers import count

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE_TITLES: Final[Mapping[str, str]] = {"duckdb": "DuckDB", "spark": "Spark", "dask": "Dask"}
"""The engines as a reader knows them."""

FINGERPRINT_TITLES: Final[Mapping[str, str]] = {
    "bytes": "SHA-256 of the data",
    "files": "SHA-256 of the names and hashes of the files",
    "rows": "Hash of the rows in any order",
}
"""What a fingerprint is, as the record of a report names it."""

FINGERPRINT_SHORT: Final[Mapping[str, str]] = {
    "bytes": "SHA-256 of the file",
    "files": "SHA-256 over all files",
    "rows": "hash of the rows in any order",
}
"""What a fingerprint is, in a few words."""

FINGERPRINT_TEXTS: Final[Mapping[str, str]] = {
    "bytes": "SHA-256 of the bytes of the file",
    "files": "SHA-256 of the sorted names and SHA-256 values of the files",
    "rows": "a hash of the rows in any order, taken by the engine",
}
"""What a fingerprint was taken of, inside a sentence."""

OUTSIDE_SAMPLE: Final = "outside the sample, drawn by the seed"
"""Why rows were read and not audited, where a model had to see rows in memory."""


def in_place(engine: str, kind: str) -> str:
    """Say that data are read in place.

    Parameters
    ----------
    engine : {"duckdb", "spark", "dask"}
        Who counts them.
    kind : {"bytes", "files", "rows"}
        What the fingerprint was taken of.

    Returns
    -------
    str
        Two sentences.
    """
    return (
        f"The data are read in place by {ENGINE_TITLES.get(engine, engine)}; no row is copied or loaded. "
        f"Their fingerprint is {FINGERPRINT_TEXTS[kind]}."
    )


def sampled(n: int, of: int) -> str:
    """Say that a sample stands in for data that are too many to be held in memory.

    Parameters
    ----------
    n : int
        Rows of the sample.
    of : int
        Rows of the data.

    Returns
    -------
    str
        A sentence.
    """
    return (
        f"Models were trained, run and repaired on a sample of {count(n)} of the {count(of)} rows, drawn by the seed: "
        "they need their rows in memory."
    )
