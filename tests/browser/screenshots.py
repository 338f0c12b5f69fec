"""Takes the picture of the README: a real audit, as a person sees it. Run: python -m tests.browser.screenshots."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from audit import tasks
from audit.data.samples import open_sample, sample
from audit.progress import silent
from audit.store import Store
from tests.browser import steps
from tests.browser.conftest import FLAGS, ROOT, Server, chromium, free_port, watched

TARGET = ROOT / "docs" / "images" / "overview.png"
SIZE = {"width": 1280, "height": 1000}
LARGEST = 300_000


def take(home: Path) -> None:
    store = Store(home)
    dataset = open_sample("acs_employment", store.data_folder)
    audit_id = store.create_audit(dataset, sample("acs_employment").plan, sample="acs_employment")
    tasks.run_audit(store, audit_id, {}, silent)
    server = Server(free_port(), home)
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            page = watched(browser.new_page(viewport=SIZE, color_scheme="light"))
            page.goto(f"{server.address}/overview?audit={audit_id}")
            steps.arrive(page, "Overview")
            steps.drawn(page)
            TARGET.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=TARGET)
            browser.close()
    finally:
        server.stop()
    if TARGET.stat().st_size > LARGEST:
        raise SystemExit(f"{TARGET.name} is larger than {LARGEST:,} bytes.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder))
