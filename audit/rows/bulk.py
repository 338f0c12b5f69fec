"""Many rows at once, from columns: a table of hundreds of groups is made of thousands of rows."""

from __future__ import annotations

from collections import deque
from dataclasses import MISSING, fields
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = TypeVar("Row")


def rows_of(kind: type[Row], shared: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Make rows of one kind from columns, five times as fast as one by one.

    Parameters
    ----------
    kind : type
        A frozen dataclass with slots whose fields are plain values.
    shared : mapping of str to object
        Fields that are the same in all rows.
    columns : mapping of str to sequence
        The other fields, a value for each row; at least one, all equally long.

    Returns
    -------
    list
        Equal to ``kind(**shared, **values)`` for the values of each row.

    Raises
    ------
    TypeError
        Where a field without a default is missing, or one is named that there is not.
    ValueError
        Where columns differ in length.
    """
    known = fields(kind)  # type: ignore[arg-type]
    given = {**shared, **columns}
    strange = given.keys() - {field.name for field in known}
    missing = [field.name for field in known if field.name not in given and field.default is MISSING]
    if strange or missing:
        raise TypeError(f"{kind.__name__}: unknown fields {sorted(strange)}, missing fields {missing}")
    sizes = {len(column) for column in columns.values()}
    if len(sizes) != 1:
        raise ValueError(f"columns of {kind.__name__} differ in length: {sorted(sizes)}")
    made = [object.__new__(kind) for _ in range(sizes.pop())]
    for field in known:
        values = (
            columns[field.name] if field.name in columns else repeat(shared.get(field.name, field.default))
        )
        # A frozen row is written through its slots, once, before anybody has seen it.
        deque(map(getattr(kind, field.name).__set__, made, values), maxlen=0)
    return made
