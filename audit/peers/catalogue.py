"""The other tools, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from audit.peers import aequitas, aif360, aiverify, fairlearn, oxonfair

PEERS: Final = (fairlearn.PEER, aif360.PEER, aequitas.PEER, oxonfair.PEER, aiverify.PEER)
"""Fairlearn, AIF360, Aequitas, OxonFair and AI Verify."""
