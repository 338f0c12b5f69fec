"""The parts of the screen Certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui import show

if TYPE_CHECKING:
    from ui.screen import Screen


def draw(screen: Screen) -> None:
    """Draw the screen.

    Parameters
    ----------
    screen : Screen
        The open audit.
    """
    del screen
    show.note("Nothing to show yet.")
