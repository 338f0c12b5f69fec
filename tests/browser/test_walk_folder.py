"""From a data folder to an overview and its thresholds, without a copy of the file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import Server, free_port
from tests.commands import frame

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PEOPLE = 2_400_000
HOSTILE = "**bold** <b>[x](http:e.xyz) $y$ :red[r].csv"


@pytest.fixture
def folder(tmp_path):
    """A data folder with a file of more rows than are counted while one waits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    root = tmp_path / "registry"
    (root / "archive").mkdir(parents=True)
    piece = pa.Table.from_pandas(
        frame(PEOPLE // 20, gap=0.2).drop(columns=["x", "weight", "split"]), preserve_index=False
    )
    with pq.ParquetWriter(root / "people.parquet", piece.schema) as writer:
        for _ in range(20):
            writer.write_table(piece)
    (root / "broken.parquet").write_bytes(b"PAR1 and no more")
    (root / HOSTILE).write_text("a,b\n1,2\n")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (root / "secret.csv").symlink_to(tmp_path / "secret.csv")
    return root


@pytest.fixture
def offering(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("EVENHAND_DATA_FOLDERS", str(folder))
    server = Server(free_port(), tmp_path / "home")
    server.start()
    yield server
    server.stop()


def test_a_file_in_a_folder_is_audited_where_it_lies(offering, folder, page, tmp_path):
    before = (folder / "people.parquet").stat()
    page.goto(offering.address)
    steps.arrive(page, "Start")
    _look_around(page)
    _button_beside(page, "people.parquet", "Audit in place").click()
    steps.arrive(page, "Data")
    words = steps.said(page)
    assert f"people.parquet has {PEOPLE:,} rows" in words
    assert "The data are read in place by DuckDB; no row is copied or loaded." in words
    assert "appear here once the audit has been run" in words
    expect(steps.sidebar(page)).to_contain_text("Read in place by: DuckDB; fingerprint: SHA-256 of the file")
    steps.picture(page, "folder-data")
    save = page.get_by_role("button", name="Save the roles")
    if save.is_enabled():
        save.click()
    page.get_by_role("button", name="Continue to the model").click()
    steps.arrive(page, "Model")
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=steps.LONG)
    steps.arrive(page, "Overview")
    steps.drawn(page)
    assert f"{PEOPLE:,} people of people.parquet were audited" in steps.said(page)
    steps.picture(page, "folder-overview")

    # Everything from here on is a function of the counts: the file may be gone.
    hidden = folder.parent / "moved.parquet"
    (folder / "people.parquet").rename(hidden)
    steps.go(page, "Thresholds")
    steps.drawn(page)
    assert not page.get_by_role("alert").count(), steps.said(page)
    steps.picture(page, "folder-thresholds")
    steps.go(page, "Report")
    audit = steps.results(page, tmp_path)
    assert audit["data"]["engine"] == "duckdb"
    assert audit["rows"]["audited"] == PEOPLE
    hidden.rename(folder / "people.parquet")
    after = (folder / "people.parquet").stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert not list((tmp_path / "home" / "data").iterdir())
    _delete(page)
    assert (folder / "people.parquet").is_file()
    assert page.complaints == []


def _button_beside(page, name, button):
    return steps.main(page).locator(
        f"xpath=//p[strong[text()='{name}']]/following::button[.//p[text()='{button}']][1]"
    )


def _look_around(page):
    expect(page.get_by_role("heading", name="Data folders")).to_be_visible()
    words = steps.said(page)
    assert f"{PEOPLE:,} rows" in words
    assert HOSTILE in words.replace("\N{WORD JOINER}", "")  # shown as it is written, and nothing of it works
    assert "secret.csv" not in words
    assert "It cannot be read" in words
    steps.picture(page, "folder-start")
    _button_beside(page, "archive", "Open").click()
    expect(page.get_by_text("holds no Parquet, CSV or TSV file")).to_be_visible()
    steps.picture(page, "folder-empty")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_text(re.compile("people.parquet")).first).to_be_visible()
    steps.settled(page)


def _delete(page):
    steps.go(page, "Start")
    steps.main(page).get_by_role("button", name="Delete", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Files that were read in place stay where they are")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", name="Recent audits")).to_have_count(0)
