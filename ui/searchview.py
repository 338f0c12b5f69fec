"""Subgroups that stand out, as a part of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the part; nothing where there is nothing to say.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    del screen
