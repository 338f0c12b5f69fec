"""What made rows are written as: the augmented table, and the generator as numbers and plain text.

No file holds code: tables are Parquet or CSV, a generator is safetensors and JSON.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from audit.errors import AuditError, InputError, quote
from audit.mitigation.synthesis.maker import RowMaker, Templates
from audit.mitigation.synthesis.protocol import named, part_of
from audit.mitigation.synthesis.values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.mitigation.synthesis.augmented import Augmented
    from audit.mitigation.synthesis.protocol import Generator

MARK: Final = "is_synthetic"
"""The column that says which rows were made."""

WEIGHT: Final = "row_weight"
"""The column that says what a row counts, where rows count differently."""

FORMAT: Final = 1
"""Version of the generator's file."""

_MOST_BYTES: Final = 500_000_000


def augmented_table(
    augmented: Augmented, *, label: str, labels: tuple[str, str], sensitive: tuple[str, ...]
) -> pd.DataFrame:
    """Give the training rows and the made ones as one table.

    Parameters
    ----------
    augmented : Augmented
        What an augmentation gave.
    label : str
        Name of the label's column.
    labels : tuple of str
        What it says for label 0 and for label 1.
    sensitive : tuple of str
        The columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        Features, sensitive columns, label, row weight where weights differ, and ``is_synthetic``; made rows are last.

    Raises
    ------
    InputError
        Where columns of the data are named like one that is added ("augmented_name").
    """
    treated = augmented.treated
    table = treated.frame.copy()
    groups = augmented.groups
    wide = len(sensitive) == len(groups[0]) if groups else False
    added: list[tuple[str, Any]] = []
    for place, name in enumerate(sensitive if wide else ("group",)):
        texts = [group[place] if wide else " × ".join(group) for group in groups]
        if name not in table.columns:
            added.append((name, np.array(texts, dtype=object)[treated.group]))
    added.append((label, np.array(labels, dtype=object)[treated.label]))
    if np.ptp(treated.weight) > 0:
        added.append((WEIGHT, treated.weight))
    added.append((MARK, treated.synthetic))
    for name, values in added:
        if name in table.columns:
            raise named_already(name)
        table[name] = values
    return table


def named_already(name: str) -> InputError:
    """Say that a column bears a name that the augmented table needs.

    Parameters
    ----------
    name : str
        The name.

    Returns
    -------
    InputError
        The error.
    """
    return InputError(
        f"The data have a column {quote(name)} already.",
        why="The augmented table needs that name for a column of its own.",
        fix="Rename the column in the data.",
        code="augmented_name",
    )


def table_bytes(table: pd.DataFrame, kind: str) -> bytes:
    """Write a table.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    kind : {"parquet", "csv"}
        The format; texts and names in a CSV that a spreadsheet would run are defused.

    Returns
    -------
    bytes
        The file.
    """
    buffer = io.BytesIO()
    if kind == "csv":
        from audit.wording import csv_safe

        table = table.set_axis([csv_safe(str(name)) for name in table.columns], axis=1)
        safe = table.apply(
            lambda column: (
                column.map(csv_safe, na_action="ignore")
                if column.dtype == object or str(column.dtype) in {"str", "string", "category"}
                else column
            )
        )
        safe.to_csv(buffer, index=False)
        return buffer.getvalue()
    plain = table.apply(_parquet_column, axis=0)
    plain.to_parquet(buffer, index=False)
    return buffer.getvalue()


def generator_files(maker: RowMaker | None) -> tuple[bytes, str]:
    """Write a generator down.

    Parameters
    ----------
    maker : RowMaker or None
        The generator with its vocabulary.

    Returns
    -------
    tuple of bytes and str
        A safetensors file and a JSON text. The text holds every distinct value of every column.

    Raises
    ------
    AuditError
        Where it holds real rows ("generator_holds_rows"), nothing was learned ("no_generator"), or a column holds
        values that JSON has no words for ("generator_values").
    """
    from safetensors.numpy import save

    if maker is None or maker.generator is None:
        raise AuditError(
            "There is no generator to hand over.",
            why="No rows were lacking, or no column varied, so none was trained.",
            code="no_generator",
        )
    arrays, info = maker.generator.state()
    vocabulary = maker.values  # noqa: PD011 - no frame
    templates = {"codes": maker.templates.codes, "counts": maker.templates.counts}
    whole = {**named(arrays, "generator"), **named(templates, "templates")}
    text = {
        "format": FORMAT,
        "kind": maker.generator.id,
        "generator": info,
        "groups": [list(group) for group in maker.groups],
        "fixed": list(maker.templates.columns),
        "columns": [
            _written_column(sample, ordered=ordered, missing=missing)
            for sample, ordered, missing in zip(
                vocabulary.samples, vocabulary.ordered, vocabulary.missing, strict=True
            )
        ],
    }
    return save({name: _plain_array(value) for name, value in whole.items()}), json.dumps(
        text, ensure_ascii=False, sort_keys=True, allow_nan=False
    )


def read_generator(tensors: bytes, text: str) -> RowMaker:
    """Read a generator that was written down.

    Parameters
    ----------
    tensors : bytes
        The safetensors file.
    text : str
        The JSON text.

    Returns
    -------
    RowMaker
        It makes the same rows from the same seed.

    Raises
    ------
    InputError
        Where the files are no generator of this format ("generator_file").
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        if len(tensors) > _MOST_BYTES or len(text) > _MOST_BYTES:
            raise ValueError("too large")  # noqa: TRY301 - one sentence for all that can be wrong
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise ValueError("another format")  # noqa: TRY301
        arrays = load(tensors)
        templates = part_of(arrays, "templates")
        columns = [_read_column(column) for column in raw["columns"]]
        return RowMaker(
            generator=_kind(raw["kind"]).restore(part_of(arrays, "generator"), raw["generator"]),
            values=Values(
                samples=tuple(column[0] for column in columns),
                ordered=tuple(column[1] for column in columns),
                missing=tuple(column[2] for column in columns),
            ),
            templates=Templates(
                columns=tuple(int(place) for place in raw["fixed"]),
                codes=templates["codes"],
                counts=templates["counts"],
            ),
            groups=tuple(tuple(map(str, group)) for group in raw["groups"]),
        )
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        raise InputError(
            "These files are not a generator that can be read.",
            fix="Bring generator.safetensors and generator.json of one export.",
            code="generator_file",
        ) from error


def _kind(name: str) -> type[Generator]:
    from audit.mitigation.synthesis.adversarial import ConditionalGan
    from audit.mitigation.synthesis.private.tables import NoisyTables
    from audit.mitigation.synthesis.trees import SequentialTrees

    kinds: dict[str, type[Generator]] = {
        ConditionalGan.id: ConditionalGan,
        SequentialTrees.id: SequentialTrees,
        NoisyTables.id: NoisyTables,
    }
    return kinds[name]


def _plain_array(value: Any) -> Any:
    """Give an array whose type safetensors knows, in one piece."""
    found = np.ascontiguousarray(value)
    return found if found.ndim or not np.isscalar(value) else found.reshape(1)


def _written_column(sample: pd.Series[Any], *, ordered: bool, missing: bool) -> dict[str, Any]:
    known = sample.iloc[: len(sample) - missing]
    kind = known.dtype
    words: list[Any]
    if pd.api.types.is_datetime64_any_dtype(kind):
        words = [value.isoformat() for value in known]
    elif isinstance(kind, pd.CategoricalDtype):
        words = [str(value) for value in known]
    else:
        words = [_word(value, str(sample.name)) for value in known]
    return {
        "name": str(sample.name),
        "dtype": str(kind),
        "categories": [str(value) for value in kind.categories]
        if isinstance(kind, pd.CategoricalDtype)
        else None,
        "values": words,
        "ordered": ordered,
        "missing": missing,
    }


def _word(value: Any, name: str) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {"date": value.isoformat()}
    raise AuditError(
        f"The values of column {quote(name)} cannot be written to a generator's file.",
        why="The file holds numbers, texts, truth values and dates only.",
        fix="Hand over the augmented table instead, or leave the column out.",
        code="generator_values",
    )


def _read_column(raw: Mapping[str, Any]) -> tuple[pd.Series[Any], bool, bool]:
    words = [
        dt.date.fromisoformat(word["date"]) if isinstance(word, dict) else word for word in raw["values"]
    ]
    missing = bool(raw["missing"])
    whole = pd.Series([*words, *([None] if missing else [])], dtype=object, name=raw["name"])
    if raw["categories"] is not None:
        found = whole.astype(pd.CategoricalDtype(raw["categories"]))
    elif str(raw["dtype"]).startswith("datetime64"):
        found = pd.to_datetime(whole, format="ISO8601").astype(raw["dtype"])
    elif str(raw["dtype"]).startswith("float"):
        found = whole.astype("float64").astype(raw["dtype"])
    else:
        found = whole.astype(raw["dtype"])
    return found, bool(raw["ordered"]), missing


def _parquet_column(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn values that Parquet has no type for into texts."""
    if column.dtype != object:
        return column
    kinds = {type(value) for value in column if value is not None and value == value}  # noqa: PLR0124 - not a number
    return (
        column
        if len(kinds) <= 1 and not kinds & {list, dict, set, tuple}
        else column.map(str, na_action="ignore")
    )
