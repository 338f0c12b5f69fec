"""The application: Streamlit starts here."""

from __future__ import annotations

from ui.shell import run

run()
