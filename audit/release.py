"""Which release of Evenhand this is."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
"""The release, as the change log names it."""
