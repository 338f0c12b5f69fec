"""Reads the population that the data should stand for from a small table."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from audit.chapters.representation import rename_groups
from audit.errors import InputError, did_you_mean, listing, quote
from audit.grouping import shown
from audit.values import canonical
from audit.wording import csv_safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

MOST_BYTES: Final = 10_000_000
"""Largest table, in bytes."""

MOST_LINES: Final = 10_000
"""Most lines of the table."""

_COLUMN: Final = ("column", "feature", "attribute", "variable")
_GROUP: Final = ("group", "value", "level", "category")
_SHARE: Final = ("share", "proportion", "percent", "percentage", "%")
_COUNT: Final = ("count", "number", "people", "population", "n")
_SLACK: Final = 0.02
"""How far rounded shares may add up to something else than 1."""


def read_population(
    source: Path | bytes, sensitive: Sequence[str], *, name: str | None = None
) -> dict[str, dict[str, float]]:
    """Read how the population is made up from a small table.

    Parameters
    ----------
    source : Path or bytes
        A CSV, TSV, Excel, Parquet or Arrow file with the columns "column", "group" and "share" or "count". "column" may
        be left out where there is one sensitive column, or where the groups stand under the name of theirs.
    sensitive : sequence of str
        The sensitive columns that the table may speak of.
    name : str or None, default None
        Name of the file as shown; None takes the path's own.

    Returns
    -------
    dict of str to dict of str to float
        Sensitive column, its groups as canonical text, and each one's share or number of people.

    Raises
    ------
    InputError
        Where the file is not such a table, with what to mend.
    """
    from audit.data.ingest import ingest

    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        dataset = ingest(source, Path(folder), name=name, limit=MOST_BYTES)
        if dataset.n_rows > MOST_LINES:
            raise _refuse(
                f"The population table has {dataset.n_rows:,} lines.",
                why="It names each group once.",
                fix="Give one line for each group, with its share or its number of people.",
            )
        frame = dataset.frame()
    columns, groups, amounts, shares = _parts(frame, sensitive)
    found = _collect(columns, groups, amounts, sensitive)
    for column, people in found.items():
        _check(column, people, shares=shares)
    return found


def match(
    population: Mapping[str, Mapping[str, float]], levels: Mapping[str, Sequence[str]]
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Give the groups of a population the names that the data use, and say which ones are unknown there.

    Parameters
    ----------
    population : mapping of str to mapping of str to float
        Sensitive column, group, and share or number.
    levels : mapping of str to sequence of str
        Sensitive column and the groups that the data have.

    Returns
    -------
    population : dict of str to dict of str to float
        The same with the names of the data, where only the case of letters or a decimal differs.
    remarks : tuple of str
        One sentence for each group that the data do not have, with the nearest name.
    """
    found: dict[str, dict[str, float]] = {}
    remarks: list[str] = []
    for column, people in population.items():
        known = tuple(levels.get(column, ()))
        found[column] = rename_groups(people, known)
        remarks += [
            f"Nobody in the data has {quote(group)} as {quote(column)}. {did_you_mean(group, known)}".strip()
            for group in found[column]
            if group not in known
        ]
    return found, tuple(remarks)


def template(levels: Mapping[str, Sequence[str]]) -> str:
    """Write the table to be filled in.

    Parameters
    ----------
    levels : mapping of str to sequence of str
        Sensitive column and the groups that the data have.

    Returns
    -------
    str
        CSV with one line for each group, and an empty share.
    """
    import csv
    import io

    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["column", "group", "share"])
    for column, groups in levels.items():
        writer.writerows([csv_safe(column), csv_safe(group), ""] for group in groups)
    return target.getvalue()


def _parts(frame: pd.DataFrame, sensitive: Sequence[str]) -> tuple[list[Any], list[Any], list[Any], bool]:
    """Find the columns of the table by their headings."""
    heads = {str(head).strip().casefold(): str(head) for head in frame.columns}
    own = next((name for name in sensitive if name.casefold() in heads), None)
    group = _find(heads, _GROUP)
    column = _find(heads, _COLUMN)
    share, count = _find(heads, _SHARE), _find(heads, _COUNT)
    amount = share or count
    if amount is None:
        raise _headings(heads, "share, nor one called count")
    if group is None and own is not None:
        group = heads[own.casefold()]
    if group is None:
        raise _headings(heads, "group")
    if column is not None:
        columns = frame[column].tolist()
    elif own is not None or len(sensitive) == 1:
        columns = [own or sensitive[0]] * len(frame)
    else:
        raise _headings(heads, "column", why=f"It could speak of any of {listing(sensitive)}.")
    return columns, frame[group].tolist(), frame[amount].tolist(), share is not None


def _find(heads: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((heads[name] for name in names if name in heads), None)


def _headings(heads: Mapping[str, str], wanted: str, *, why: str = "") -> InputError:
    return _refuse(
        f"The population table has no column called {wanted}.",
        why=why or f"Its columns: {listing(heads.values())}.",
        fix="Head the columns with column, group and share (or count).",
    )


def _collect(
    columns: Sequence[Any], groups: Sequence[Any], amounts: Sequence[Any], sensitive: Sequence[str]
) -> dict[str, dict[str, float]]:
    known = {name.casefold(): name for name in sensitive}
    found: dict[str, dict[str, float]] = {}
    for line, (raw_column, raw_group, raw_amount) in enumerate(
        zip(columns, groups, amounts, strict=True), start=2
    ):
        named = canonical(raw_column) or ""
        column = known.get(named.casefold()) or known.get(named.removeprefix("'").casefold())
        if column is None:
            raise _refuse(
                f"Line {line} of the population table speaks of {quote(str(canonical(raw_column)))}, which is no "
                "sensitive feature.",
                why=f"Sensitive features: {listing(sensitive)}.",
                fix=did_you_mean(str(raw_column), sensitive) or "Name one of them.",
            )
        text = canonical(raw_group)
        if text is None:
            raise _refuse(
                f"Line {line} of the population table names no group.",
                fix="Name the group as the data name it.",
            )
        # The apostrophe keeps a spreadsheet from running a name as a formula; it is no part of the name.
        bare = text.removeprefix("'")
        group = shown(bare if csv_safe(bare) == text else text)
        if group in found.setdefault(column, {}):
            raise _refuse(
                f"The population table names {quote(group)} of {quote(column)} twice.",
                fix="Keep one line for each group.",
            )
        found[column][group] = _amount(raw_amount, line)
    return found


def _amount(raw: Any, line: int) -> float:
    text = canonical(raw)
    try:
        value = math.nan if text is None else float(text.removesuffix("%").replace(",", "").strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _refuse(
            f"Line {line} of the population table has no number of 0 or more as its share or count.",
            fix="Write a share such as 0.49, or a number of people.",
        )
    return value


def _check(column: str, people: Mapping[str, float], *, shares: bool) -> None:
    """Refuse shares that leave somebody out, so that nobody is compared with a part of the population."""
    total = sum(people.values())
    if total <= 0:
        raise _refuse(
            f"The population table gives {quote(column)} no people at all.",
            fix="Give at least one group a share above 0.",
        )
    whole = 100.0 if total > 2 else 1.0
    if shares and abs(total / whole - 1) > _SLACK:
        raise _refuse(
            f"The shares of {quote(column)} in the population table add up to {total:.4g}.",
            why="Shares of everybody add up to 1, or to 100 per cent.",
            fix="Add the groups that are left out, or head the column with count if these are numbers of people.",
        )


def _refuse(what: str, *, why: str = "", fix: str) -> InputError:
    return InputError(what, why=why, fix=fix, code="population_table")
