"""How finely scores are counted, as a part of the forms in which scores are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from audit import wording
from audit.limits import EXACT, LEAST_BINS, MOST_BINS

if TYPE_CHECKING:
    from audit.plan import ScoreBins

_OFFERED: Final[tuple[ScoreBins, ...]] = (LEAST_BINS, 2_000, 5_000, MOST_BINS, EXACT)


def pick(now: ScoreBins, *, key: str, width: int | Literal["stretch"] = "stretch") -> ScoreBins:
    """Ask in how many bins scores are counted.

    Parameters
    ----------
    now : int or "exact"
        What is saved; a number that is not offered is offered too.
    key : str
        Key of the picker.
    width : int or "stretch", default "stretch"
        Width in pixels.

    Returns
    -------
    int or "exact"
        What is chosen now, not saved.
    """
    options = list(_OFFERED)
    if now not in options:
        options = sorted([now, *options], key=lambda bins: bins if isinstance(bins, int) else MOST_BINS + 1)
    return st.selectbox(
        "Count scores in",
        options,
        index=options.index(now),
        format_func=_said,
        help="More bins make areas under curves more exact and take longer; the result says how exact they are.",
        key=key,
        persist_state="session",
        width=width,
    )


def _said(bins: ScoreBins) -> str:
    return f"{wording.count(bins)} bins" if isinstance(bins, int) else "Bins of one score each: exact"
