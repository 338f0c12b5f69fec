"""A real server and a real browser for the walks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

expect.set_options(timeout=120_000)

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Server:
    """A server that the tests started, and may stop and start again on the same store."""

    port: int
    home: Path
    process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.address",
                "127.0.0.1",
                "--server.port",
                str(self.port),
                "--server.headless",
                "true",
                "--server.fileWatcherType",
                "none",
            ],
            cwd=ROOT,
            env={**os.environ, "EVENHAND_HOME": str(self.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own server
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
            self.process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def fresh_server(tmp_path):
    server = Server(free_port(), tmp_path / "home")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(free_port(), tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "chromium is not installed; tests/browser/install.sh installs it"
    return path


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield watched(context.new_page())
    context.close()


@pytest.fixture
def look(browser):
    """Open a page whose system asks for light or dark colours, at a given width."""
    contexts = []

    def look(*, scheme="light", width=1280):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        return watched(context.new_page())

    yield look
    for context in contexts:
        context.close()


def watched(opened):
    """Keep what the browser complains about, and any dialog that a script opens."""
    opened.set_default_timeout(120_000)
    opened.complaints = []
    opened.on("console", lambda message: _hear(opened, message))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("dialog", lambda dialog: _close(opened, dialog))
    return opened


def _hear(opened, message):
    # Streamlit looks for its server below the address of the page first, and finds it one level up.
    looking = "/_stcore/" in (message.location or {}).get("url", "")
    if message.type == "error" and not (looking and "404" in message.text):
        opened.complaints.append(f"{message.text} ({(message.location or {}).get('url', '')})")


def _close(opened, dialog):
    opened.complaints.append(f"dialog: {dialog.message[:100]}")
    dialog.dismiss()
