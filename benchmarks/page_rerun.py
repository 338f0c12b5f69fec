"""What a rerun of a page costs: server CPU seconds and bytes to the browser, with an audit of 100,000 rows open.

Starts a server of its own, opens every page that shows a result in a real browser and presses "r" (rerun) ten times.
Run it with ``python benchmarks/page_rerun.py [rows]``.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from conftest import FLAGS, Server, free_port
from playwright.sync_api import sync_playwright

from audit.data.ingest import ingest
from audit.plan import Plan, Roles
from audit.store import Store
from audit.tasks import run_audit

PAGES = (
    "overview",
    "groups",
    "intersections",
    "comparable",
    "thresholds",
    "certainty",
    "data",
    "report",
    "methods",
)
TIMES = 10


def make_audit(home: Path, n: int) -> str:
    rng = np.random.default_rng(0)
    sex, race = rng.choice(["Female", "Male"], n), rng.choice(list("ABCDEFGH"), n)
    label = rng.random(n) < 0.4
    score = np.clip(rng.normal(np.where(label, 0.6, 0.4) + 0.05 * (sex == "Male"), 0.2), 0, 1)
    rows = pd.DataFrame(
        {
            "sex": sex,
            "race": race,
            "office": rng.choice(list("VWXYZ"), n),
            "label": label.astype(int),
            "score": score,
        }
    )
    path = home.parent / "rows.csv"
    rows.to_csv(path, index=False)
    store = Store(home)
    dataset = ingest(path, store.data_folder)
    plan = Plan(
        roles=Roles(label="label", score="score", sensitive=("sex", "race"), control=("office",)),
        dated="2026-01-01",
    )
    audit_id = store.create_audit(dataset, plan)
    run_audit(store, audit_id, {})
    return audit_id


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(page) -> None:
    page.wait_for_timeout(1500)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=60_000)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        audit_id = make_audit(home, n)
        server = Server(free_port(), home)
        server.start()
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
            page = browser.new_page()
            received: list[int] = []
            page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
            print(f"{n:,} rows; a rerun of a page that is open, median of {TIMES}")
            for name in PAGES:
                page.goto(f"{server.address}/{name}?audit={audit_id}")
                page.get_by_role("heading", level=1).first.wait_for(timeout=60_000)
                settle(page)
                costs, sizes = [], []
                for _ in range(TIMES):
                    received.clear()
                    before = cpu_seconds(server.process.pid)
                    page.keyboard.press("r")
                    settle(page)
                    costs.append(cpu_seconds(server.process.pid) - before)
                    sizes.append(sum(received))
                print(
                    f"  {name:14} {statistics.median(costs):6.2f} s CPU   {statistics.median(sizes) / 1000:7.1f} kB"
                )
            browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
