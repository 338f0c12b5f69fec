"""The three verdicts: each has a word and a symbol, so that colour never carries the meaning alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, get_args

from audit.rows import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
"""Every verdict, in the order in which they are counted."""
_WORDS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {"within": "Within tolerance", "beyond": "Beyond tolerance", "cannot_tell": "Cannot tell"}
)
_SYMBOLS: Final[Mapping[Verdict, str]] = MappingProxyType({"within": "●", "beyond": "▲", "cannot_tell": "◇"})


def verdict_word(verdict: Verdict) -> str:
    """Write a verdict.

    Parameters
    ----------
    verdict : {"within", "beyond", "cannot_tell"}
        The verdict.

    Returns
    -------
    str
        "Within tolerance", "Beyond tolerance" or "Cannot tell".
    """
    return _WORDS[verdict]


def verdict_symbol(verdict: Verdict) -> str:
    """Give the symbol that stands beside a verdict's word.

    Parameters
    ----------
    verdict : {"within", "beyond", "cannot_tell"}
        The verdict.

    Returns
    -------
    str
        "●", "▲" or "◇".
    """
    return _SYMBOLS[verdict]
