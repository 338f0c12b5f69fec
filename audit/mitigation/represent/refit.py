"""Says plainly when a model cannot be trained on columns that a repair has made."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told_plainly(title: str) -> Iterator[None]:
    """Turn a complaint about missing columns into what it means here.

    Parameters
    ----------
    title : str
        The repair.

    Raises
    ------
    ModelError
        Where the model takes its own columns only.
    """
    try:
        yield
    except ModelError as error:
        if error.code not in {"model_features", "model_width"}:
            raise
        raise ModelError(
            f"{title} makes other columns, and the uploaded model takes its own only.",
            why="It was built for the columns of the data, by their names or their number.",
            fix="Choose a repair that keeps the columns, such as the disparate impact remover or reweighing.",
            code="model_features",
        ) from error
