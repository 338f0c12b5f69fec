"""Columns of a Dask frame in the types in which they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.text_types import LAST_ZEROS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd


def plainly(frame: Any, kinds: Mapping[str, str]) -> Any:
    """Cast columns that are stored in another type than the one in which they are counted.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The frame.
    kinds : mapping of str to str
        The type in which each column is counted; columns that are not in it stay as they are.

    Returns
    -------
    dask.dataframe.DataFrame
        Categories, times and columns without any value as texts; decimals and halves as numbers of 64 bits.
    """
    wanted = {name: kinds[name] for name in frame.columns if _odd(frame.dtypes[name], kinds.get(name, ""))}
    if not wanted:
        return frame
    cast = _caster(LAST_ZEROS)
    return frame.map_partitions(cast, wanted, meta=cast(frame._meta, wanted))  # noqa: SLF001 - Dask's word for the types


def _odd(stored: Any, kind: str) -> bool:
    name = str(stored)
    if kind == "double":
        return "decimal" in name or "half" in name
    return kind == "string" and (
        name == "category" or name.startswith(("dictionary", "null[", "time32[", "time64["))
    )


# What runs on a worker is made inside a function: it then travels whole, and workers need not have this program.


def _caster(zeros: str) -> Callable[[pd.DataFrame, dict[str, str]], pd.DataFrame]:
    """Make what casts one partition."""

    def cast(part: pd.DataFrame, kinds: dict[str, str]) -> pd.DataFrame:
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        def plain(column: Any, kind: str) -> Any:
            if kind == "double":
                return column.astype(pd.ArrowDtype(pa.float64()))
            values = pa.array(column, from_pandas=True)
            if pa.types.is_dictionary(values.type):
                values = values.cast(values.type.value_type)
            time = pa.types.is_time(values.type)
            values = values.cast(pa.string())
            if time:
                values = pc.replace_substring_regex(values, zeros, r"\1\2")
            return pd.Series(values, index=column.index, dtype=pd.ArrowDtype(pa.string()), name=column.name)

        return part.assign(**{name: plain(part[name], kind) for name, kind in kinds.items()})

    return cast
