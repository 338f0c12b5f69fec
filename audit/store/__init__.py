"""Where audits live: a database for what is small, files named by their hash for data and models.

An audit survives a refresh, a closed tab and a restart, and its id is all that is needed to find it again.
"""

from __future__ import annotations

from audit.store.audits import Store
from audit.store.records import AuditRecord, AuditSummary

__all__ = ["AuditRecord", "AuditSummary", "Store"]
