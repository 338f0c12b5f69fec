"""How a cell of a table becomes text: one rule, used wherever values are compared or shown."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any, Final

import numpy as np

MISSING_TEXTS: Final = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "<NA>"})
"""Texts in a file that mean "nothing was recorded". "None" is not among them: it can be an answer."""

_WHOLE = re.compile(r"[+-]?\d+\.0+")


def canonical(value: Any) -> str | None:
    """Give the one text under which a value is compared and shown.

    Parameters
    ----------
    value : object
        A cell of a table: number, text, truth value, date or nothing.

    Returns
    -------
    str or None
        The text; None where nothing was recorded.

    Notes
    -----
    1, 1.0 and "1" are the same value, and so are "1.0" and " 1 ". Truth values read "True" and "False".

    Examples
    --------
    >>> [canonical(v) for v in (1, 1.0, "1", "1.0", " a ", True, float("nan"), None, 0.25)]
    ['1', '1', '1', '1', 'a', 'True', None, None, '0.25']
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if _WHOLE.fullmatch(text):
            text = text.split(".")[0]
        return text or None
    if isinstance(value, bool | np.bool_):
        return "True" if value else "False"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return canonical(value.decode("utf-8", errors="replace"))
    text = str(value).strip()
    return None if text in {"", "NaT", "<NA>"} else text


def natural_key(text: str) -> tuple[int, float, str]:
    """Sort numbers by size and before words.

    Parameters
    ----------
    text : str
        A canonical text.

    Returns
    -------
    tuple
        A key for :func:`sorted`.

    Examples
    --------
    >>> sorted(["10", "b", "9", "a"], key=natural_key)
    ['9', '10', 'a', 'b']
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # The word "nan" is read as a number that cannot be ordered: it is a word.
    return (1, 0.0, text) if math.isnan(number) else (0, number, text)
