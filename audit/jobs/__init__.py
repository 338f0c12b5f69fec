"""Work that takes longer than a moment: each job in a process of its own, which can be watched and stopped.

A job that is killed, runs out of memory or out of time says so and harms neither the application nor the audit.
"""

from __future__ import annotations

from audit.jobs.control import cancel, dismiss, poll, start, wait
from audit.jobs.growing import growing
from audit.jobs.listing import active, recent
from audit.jobs.record import JobRecord

__all__ = ["JobRecord", "active", "cancel", "dismiss", "growing", "poll", "recent", "start", "wait"]
