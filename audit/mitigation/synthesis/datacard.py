"""Which rows of an augmentation may leave, and the card that says what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.errors import listing
from audit.mitigation.synthesis.export import MARK
from audit.mitigation.synthesis.values import is_ordered, read_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from audit.mitigation.synthesis.augmented import Augmented

_NAMING = 0.5
"""Share of people that hold a text alone above which a column names people."""
_NUMBERING = 0.9
"""The same for whole numbers, such as amounts of money, which can be rare without naming anybody."""
_FEW_TO_NAME = 20
"""Among fewer people than these, values that differ say nothing about a column."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaving:
    """The rows of an augmentation that are handed over.

    Parameters
    ----------
    augmented : Augmented
        With these rows only.
    real : bool
        Whether real rows are among them.
    withheld : int
        Below how many people a count is withheld; 0 where none is.
    left : tuple of str
        What is not among them, and why, as sentences.
    guarantee : str
        What bounds how much these rows tell about one person; empty where nothing does.
    """

    augmented: Augmented
    real: bool
    withheld: int = 0
    left: tuple[str, ...] = ()
    guarantee: str = ""


def leaving(augmented: Augmented, *, real: bool, withheld: int = 0) -> Leaving:
    """Pick the rows of an augmentation that may be handed over.

    Parameters
    ----------
    augmented : Augmented
        What an augmentation gave.
    real : bool
        Whether real rows are asked for.
    withheld : int, default 0
        Where the audit withholds small groups, below how many people; 0 where it does not.

    Returns
    -------
    Leaving
        The rows. Where the audit withholds small groups these are made ones only, of cells that are not small, and none
        of them equals the rows of fewer real people than that, or holds a text that fewer have. Columns in which people
        have values of their own are left out then; otherwise they are named.
    """
    made = augmented.treated.synthetic
    inner = augmented.maker.generator if augmented.maker else None
    guarantee = inner.guarantee if inner else ""
    lost = inner.lost if inner and guarantee else ()
    own = () if guarantee else identifiers(augmented.treated.frame[~made])
    if not withheld:
        rows = augmented if real else _only(augmented, made)
        told = _named(own) if made.any() else ()
        return Leaving(augmented=rows, real=real, left=(*told, *lost), guarantee="" if real else guarantee)
    augmented = _without(augmented, own)
    treated = augmented.treated
    cell = treated.group.astype(np.int64) * 2 + treated.label
    small = np.bincount(cell[~made], minlength=2 * len(augmented.groups)) < withheld
    of_small, alike, rare = (
        made & small[cell],
        np.zeros(len(made), dtype=bool),
        np.zeros(len(made), dtype=bool),
    )
    if not guarantee:  # looking at real rows once more would undo it, and it hides single people already
        alike = made & _like_few(augmented, withheld)
        rare = made & _texts_of_few(augmented, withheld)
    keep = made & ~of_small & ~alike & ~rare
    left = [
        (
            f"This audit withholds groups of fewer than {withheld} people from every file. So the rows of real people are not "
            "in this table, and counts by group are not on this card."
        )
    ]
    if of_small.any():
        left.append(f"Rows that were made for cells of fewer than {withheld} people are left out.")
    if (alike & ~of_small).any():
        left.append(f"Made rows that equal those of 1 to {withheld - 1} real people are left out.")
    if (rare & ~alike & ~of_small).any():
        left.append(f"Made rows with a text that 1 to {withheld - 1} real people have are left out.")
    if own:
        left.append(f"Columns in which people have values of their own are left out: {listing(own)}.")
    if not guarantee:
        left.append("A single number or date in a made row can be one that a real person alone has.")
    left += lost
    left.append(
        "How many rows were made for a cell follows from how many people it holds: who knows the other counts can work it out."
    )
    return Leaving(
        augmented=_only(augmented, keep), real=False, withheld=withheld, left=tuple(left), guarantee=guarantee
    )


def _only(augmented: Augmented, keep: NDArray[np.bool_]) -> Augmented:
    treated = augmented.treated
    frame = treated.frame[keep].reset_index(drop=True)
    for name in frame.columns[[isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes]]:
        frame[name] = frame[
            name
        ].cat.remove_unused_categories()  # they would name levels that no row here holds
    return replace(
        augmented,
        treated=replace(
            treated,
            frame=frame,
            label=treated.label[keep],
            group=treated.group[keep],
            weight=treated.weight[keep],
            synthetic=treated.synthetic[keep],
        ),
    )


def identifiers(real: pd.DataFrame) -> tuple[str, ...]:
    """Name the columns in which people have values of their own, as names and numbers of files are.

    Parameters
    ----------
    real : pandas.DataFrame
        Rows of real people.

    Returns
    -------
    tuple of str
        Columns of texts that more than half of the people hold alone, and of whole numbers that nine in ten hold alone.
        Other numbers and dates differ between people without naming them.
    """
    found = []
    for name in real.columns:
        known = real[name].dropna()
        if len(known) < _FEW_TO_NAME:
            continue
        in_order = is_ordered(known)
        if in_order and not _whole(known):
            continue
        alone = float((known.map(known.value_counts()).to_numpy(dtype=float) == 1).mean())
        if alone > (_NUMBERING if in_order else _NAMING):
            found.append(str(name))
    return tuple(found)


def _whole(known: pd.Series[Any]) -> bool:
    """Say whether numbers are whole ones, in whatever type they came."""
    if pd.api.types.is_datetime64_any_dtype(known.dtype) or pd.api.types.is_timedelta64_dtype(known.dtype):
        return False
    numbers = pd.to_numeric(known, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return bool(np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all())


def _named(own: tuple[str, ...]) -> tuple[str, ...]:
    if not own:
        return ()
    which = f"the column {listing(own)}" if len(own) == 1 else f"these columns: {listing(own)}"
    return (
        f"People have values of their own in {which}. Made rows hold values of real people there, who can be found by them.",
    )


def _without(augmented: Augmented, names: tuple[str, ...]) -> Augmented:
    treated = augmented.treated
    return replace(augmented, treated=replace(treated, frame=treated.frame.drop(columns=list(names))))


def _texts_of_few(augmented: Augmented, few: int) -> NDArray[np.bool_]:
    """Mark the rows that hold a text that some real people have, but fewer than so many."""
    treated = augmented.treated
    found = np.zeros(len(treated.label), dtype=bool)
    texts = [name for name in treated.frame.columns if not is_ordered(treated.frame[name])]
    vocabulary, codes = read_values(treated.frame[texts])
    for place, width in enumerate(vocabulary.widths):
        real = np.bincount(codes[~treated.synthetic, place], minlength=width)
        if vocabulary.missing[place]:
            real[-1] = 0
        held = real[codes[:, place]]
        found |= (held > 0) & (held < few)
    return found


def _like_few(augmented: Augmented, few: int) -> NDArray[np.bool_]:
    """Mark the rows that hold the same as some real people, but fewer than so many."""
    _, codes = read_values(augmented.treated.frame)
    _, kind = np.unique(codes, axis=0, return_inverse=True)
    real = np.bincount(kind.ravel()[~augmented.treated.synthetic], minlength=int(kind.max(initial=-1)) + 1)
    held = real[kind.ravel()]
    return np.asarray((held > 0) & (held < few))


def data_card(
    rows: Leaving, *, title: str, params: Mapping[str, Any], source: str, notes: tuple[str, ...] = ()
) -> str:
    """Write what a reader of the table must know.

    Parameters
    ----------
    rows : Leaving
        The rows of the table.
    title : str
        Name of the method.
    params : mapping
        Its settings.
    source : str
        Fingerprint of the data.
    notes : tuple of str
        What was noticed on the way; left out where counts are withheld, as they can hold some.

    Returns
    -------
    str
        Markdown; names from the data are escaped.
    """
    treated = rows.augmented.treated
    made = int(treated.synthetic.sum())
    real = len(treated.label) - made
    counted = (
        f"{real:,} real training rows, unchanged, and {made:,} made ones" if rows.real else "all of them made"
    )
    told = bool(rows.withheld or rows.guarantee)
    lines = [
        f"# Data card of {'an augmented table' if rows.real else 'made rows'}",
        "",
        "\n\n".join(
            [
                f"{len(treated.label):,} rows: {counted}.",
                *_beware(rows),
                *(_plain(each, 2_000) for each in rows.left),
            ]
        ),
        "",
        f"- Method: {_plain(title)}",
        *(f"- {_plain(name)}: {_plain(value)}" for name, value in params.items()),
        *(
            []
            if rows.guarantee
            else [f"- SHA-256 of the source: {source}" if source else "- Source: not recorded"]
        ),
        "",
        *([] if told else _counts(rows)),
        *([] if rows.guarantee else _measures(rows)),
        *([] if told else [f"- {_plain(note, 2_000)}" for note in notes]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _beware(rows: Leaving) -> list[str]:
    """Say what the rows must not be used for, and what they can tell about people."""
    marked = f"Made rows have `{MARK}` true. They must not be used to test or to validate a model"
    if rows.guarantee:
        return [
            f"{marked}.",
            rows.guarantee,
            (
                "So that this card tells no more than the rows do, it holds no measure, no count and no fingerprint of the real "
                "rows. What is bounded adds up over everything that is handed over of the same people."
            ),
        ]
    beside = "the real rows beside them" if rows.real else "rows of real people"
    lines = [f"{marked}, and they are not anonymous by themselves: they were learned from {beside}."]
    if rows.real:
        lines.append(
            "The real rows are those of people: hand this table only to whom you may give the data themselves."
        )
    return lines


def _counts(rows: Leaving) -> list[str]:
    return [
        "| group | label | real rows learned from | made rows |",
        "|---|---|---|---|",
        *(
            f"| {_plain(' × '.join(cell.group))} | {cell.label} | {int(cell.before):,} | {cell.added:,} |"
            for cell in rows.augmented.treated.cells
        ),
        "",
    ]


def _measures(rows: Leaving) -> list[str]:
    quality = rows.augmented.treated.quality
    if not quality:
        return []
    return [
        "Measured on real rows that what made them never saw:",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {name} | {value:.4g} |" for name, value in sorted(quality.items())),
        "",
    ]


def _plain(text: object, limit: int = 60) -> str:
    from audit.wording import escape_plain

    return escape_plain(str(text), limit).replace("|", "/")
