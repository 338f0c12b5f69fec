"""The process of a job: `python -m audit.jobs FOLDER JOB`. People do not start it; :func:`audit.jobs.start` does."""

from __future__ import annotations

import sys
from pathlib import Path

from audit.jobs.worker import work
from audit.store import Store

if __name__ == "__main__":
    work(Store(Path(sys.argv[1])), sys.argv[2])
