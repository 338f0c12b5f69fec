"""What the failures of DuckDB mean to a person."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import duckdb

from audit.errors import EngineError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


MEMORY_MB: Final = 2048
"""What DuckDB may use where EVENHAND_ENGINE_MEMORY_MB says nothing."""


def memory_mb() -> int:
    """Give the memory that DuckDB may use, in MB.

    Returns
    -------
    int
        What EVENHAND_ENGINE_MEMORY_MB says, otherwise 2,048.
    """
    with suppress(ValueError):
        return max(int(float(os.environ.get("EVENHAND_ENGINE_MEMORY_MB", ""))), 64)
    return MEMORY_MB


@contextmanager
def understood() -> Iterator[None]:
    """Turn DuckDB's failures into sentences; its own may quote the data."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise _too_little(str(error)) from error
    except duckdb.IOException as error:
        raise _too_little(str(error)) if "No space left" in str(error) else _unread() from error
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise InputError(
            "The rows cannot be counted as they are.",
            why="A value does not fit the type of its column, or a row has too many or too few values.",
            fix="Save the table as Parquet, or mend the file.",
            code="unreadable_rows",
        ) from error


def _too_little(text: str) -> EngineError:
    if "No space left" in text or "max_temp_directory_size" in text or "temp directory" in text.lower():
        return EngineError(
            "The disk is full: counting needs room for what does not fit into memory.",
            why="There are very many different values or groups.",
            fix="Free some room in the folder of the store, raise EVENHAND_ENGINE_MEMORY_MB, or name columns with fewer values.",
            code="engine_disk",
        )
    return EngineError(
        f"Counting needs more memory than the {memory_mb():,} MB it may use.",
        why="There are very many different values or groups.",
        fix="Raise EVENHAND_ENGINE_MEMORY_MB, or name columns with fewer values.",
        code="engine_memory",
    )


def _unread() -> InputError:
    return InputError(
        "The rows cannot be read any more.",
        why="A file was moved, deleted or changed since it was opened.",
        fix="Open it again.",
        code="unreadable_rows",
    )
