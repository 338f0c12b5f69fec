"""Which rows a model learns from, is tuned on and is audited on.

Either by seed, in shares of 60/20/20 within every group × label, or by a column of the data that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from audit.errors import RoleError, listing
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

TRAIN: Final = 0
VALIDATION: Final = 1
TEST: Final = 2
SPLITS: Final = ("train", "validation", "test")
"""Names of the splits; a row's code is the position of its split."""

SPLIT_WORDS: Final = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev", "calibration"), VALIDATION),
    **dict.fromkeys(("test", "testing", "holdout", "hold-out", "eval"), TEST),
}
"""What a split column may say, in any case."""


def split_rows(
    strata: Sequence[int] | NDArray[Any],
    *,
    seed: int,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    needed: bool = True,
) -> NDArray[np.int8]:
    """Draw which rows are for training, validation and test, with the same shares in every stratum.

    Parameters
    ----------
    strata : array of int, shape (n_rows,)
        Code of each row's stratum, usually one per group × label.
    seed : int
        Where the draw starts; the same seed gives the same split.
    fractions : tuple of three float, default (0.6, 0.2, 0.2)
        Shares of training, validation and test; they add up to 1.
    needed : bool, default True
        Whether rows to train on and to test are needed: a model that is brought along is audited on all rows.

    Returns
    -------
    array of int8, shape (n_rows,)
        0 for training, 1 for validation, 2 for test.

    Raises
    ------
    RoleError
        If there are too few rows for a training and a test part, where both are needed.

    Notes
    -----
    Every stratum gets its exact share, rounded down or up to whole rows. Which way it is rounded is decided by the
    largest remainder, carried over from stratum to stratum in random order: so strata of one row fall anywhere, and
    the whole still has the shares asked for.
    """
    if len(fractions) != len(SPLITS) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError("fractions must be three shares that add up to 1")
    codes = np.asarray(strata)
    if codes.ndim != 1:
        raise ValueError("strata must be one code per row")
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    _, starts = np.unique(codes[order], return_index=True)
    members = np.split(order, starts[1:]) if len(codes) else []
    split = np.full(len(codes), TRAIN, dtype=np.int8)
    carried = np.zeros(len(SPLITS))
    for position in draw.permutation(len(members)):
        rows = members[position]
        counts = _seats(len(rows), np.asarray(fractions), carried)
        split[rows] = np.repeat(np.arange(len(SPLITS), dtype=np.int8), counts)
    if needed:
        require_rows(split, by="")
    return split


def split_from_column(values: Iterable[Any], *, training: bool = True) -> NDArray[np.int8]:
    """Read the split of every row from a column of the data.

    Parameters
    ----------
    values : iterable
        One value per row, such as "train", "validation" or "test", in any case.
    training : bool, default True
        Whether rows to train on are needed: a model that is brought along needs none.

    Returns
    -------
    array of int8, shape (n_rows,)
        0 for training, 1 for validation, 2 for test.

    Raises
    ------
    RoleError
        If a value is missing or not understood, or if no row is for the test or, where they are needed, none for
        training.
    """
    known: dict[Any, int | None] = {}
    split = np.full(len(rows := list(values)), -1, dtype=np.int8)
    unknown: set[str] = set()
    for row, value in enumerate(rows):
        text = canonical(value)
        if text not in known:
            known[text] = SPLIT_WORDS.get(text.casefold()) if text is not None else None
        code = known[text]
        if code is None:
            unknown.add(text or "")
        else:
            split[row] = code
    if unknown:
        raise _unknown_values(unknown)
    require_rows(split, by=" in the split column", training=training)
    return split


def _seats(size: int, fractions: NDArray[np.float64], carried: NDArray[np.float64]) -> NDArray[np.int64]:
    """Deal the rows of one stratum to the splits; `carried` keeps what rounding still owes each split."""
    quota = size * fractions
    counts = np.floor(quota + 1e-9).astype(np.int64)
    carried += quota - counts
    for split in np.argsort(-carried, kind="stable")[: size - int(counts.sum())]:
        counts[split] += 1
        carried[split] -= 1
    return counts


def _unknown_values(unknown: set[str]) -> RoleError:
    n_missing = "" in unknown
    n_values = len(unknown) - n_missing
    parts = []
    if n_values:
        parts.append(
            f"{n_values:,} distinct value{'s' * (n_values != 1)} that {'are' if n_values != 1 else 'is'} not understood"
        )
    if n_missing:
        parts.append("missing values")
    return RoleError(
        f"The split column has {' and '.join(parts)}.",
        why="Every row has to be for training, validation or test.",
        fix=f"Use only {listing(SPLIT_WORDS)}.",
        code="unknown_split",
    )


def require_rows(split: NDArray[np.int8], *, by: str, training: bool = True) -> None:
    """Refuse a split that lacks rows.

    Parameters
    ----------
    split : array of int8, shape (n_rows,)
        0 for training, 1 for validation, 2 for test.
    by : str
        Where it comes from, as the end of a sentence; empty where it is drawn.
    training : bool, default True
        Whether rows to train on are needed.

    Raises
    ------
    RoleError
        If no row is for the test or, where they are needed, none for training.
    """
    needed = ((TRAIN, "training"), (TEST, "test")) if training else ((TEST, "test"),)
    for code, word in needed:
        if not np.any(split == code):
            raise RoleError(
                f"There are no {word} rows{by}.",
                why="A model is trained on the training rows and audited on the test rows.",
                fix="Mark some rows for it." if by else "Bring more rows.",
                code=f"no_{SPLITS[code]}_rows",
            )
