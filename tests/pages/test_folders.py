"""The data folders on the first screen, and audits of what lies in them."""

from __future__ import annotations

import os

import pytest

from audit.data.folders import VARIABLE
from audit.data.place import Place
from audit.jobs import wait
from tests.commands import frame
from ui import actions

HOSTILE = "**bold** <b>[x](http:e.xyz) $y$ :red[r].csv"


@pytest.fixture
def folder(known, tmp_path, monkeypatch):
    root = tmp_path / "registry"
    root.mkdir()
    frame(600).to_parquet(root / "people.parquet", index=False)
    (root / "broken.parquet").write_bytes(b"PAR1 and no more")
    (root / "empty.csv").touch()
    (root / HOSTILE).write_text("a,b\n1,2\n")
    (root / ".hidden.csv").write_text("a\n1\n")
    (root / "out.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "elsewhere.csv").write_text("a\n1\n")
    parts = root / "parts"
    parts.mkdir()
    for i in range(2):
        frame(300, seed=i).to_parquet(parts / f"{i}.parquet", index=False)
    monkeypatch.setenv(VARIABLE, str(root))
    return root


def words(at):
    """Everything the screen says, as a reader sees it."""
    said = " ".join(
        str(one.value) for one in (*at.markdown, *at.caption, *at.error, *at.subheader, *at.header)
    )
    return said.replace("\\", "").replace("\u2060", "")


def opened(at):
    """Id of the audit that the address names."""
    found = at.query_params["audit"]
    return found[0] if isinstance(found, list) else found


def button(at, name, *, within=""):
    return next(
        one for one in at.button if one.label == name and (not within or within in (one.proto.help or ""))
    )


def no_error(at):
    assert not at.exception
    assert [error.value for error in at.error] == []


def forget(known, at):
    known.store.delete_audit(opened(at))


def test_without_a_folder_the_first_screen_says_nothing_of_them(visit, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert "Data folders" not in words(visit("01_start"))


def test_a_folder_shows_its_tables_and_nothing_else(folder, visit):
    at = visit("01_start")
    no_error(at)
    said = words(at)
    assert "people.parquet" in said
    assert "600 rows" in said
    assert "It cannot be read" in said
    assert "CSV, empty" in said
    assert "2 other names are left out" in said
    assert "hidden" not in said.replace("hidden, no table", "")
    raw = " ".join(str(one.value) for one in at.markdown)
    assert "<b>" not in raw
    assert HOSTILE in said
    assert "out.csv" not in said
    disabled = {one.proto.help: one.disabled for one in at.button if one.label == "Audit in place"}
    assert {key.split()[1] for key, off in disabled.items() if off} == {"broken\\.parquet", "empty\\.csv"}


def test_a_file_is_audited_in_place(folder, known, visit):
    at = visit("01_start")
    at = button(at, "Audit in place", within="people").click().run()
    no_error(at)
    assert "read in place by DuckDB" in words(at)
    record = known.store.get(opened(at))
    assert record.n_rows == 600
    assert Place.from_dict(record.dataset["place"]).paths == (folder / "people.parquet",)
    at.switch_page("pages/03_model.py")
    at = at.run()
    no_error(at)
    at = button(at, "Run the audit").click().run()
    no_error(at)
    assert known.store.get(record.id).has_result
    sidebar = " ".join(str(one.value) for one in at.sidebar.markdown)
    assert "Read in place by: DuckDB; fingerprint: SHA-256 of the file" in sidebar
    forget(known, at)
    assert (folder / "people.parquet").is_file()


def test_a_folder_in_the_folder_is_one_table(folder, known, visit):
    at = visit("01_start")
    at = button(at, "Open", within="parts").click().run()
    no_error(at)
    assert "registry / parts" in words(at)
    at = button(at, "Audit all 2 files as one table").click().run()
    no_error(at)
    assert known.store.get(opened(at)).n_rows == 600
    forget(known, at)


def test_a_large_file_is_looked_at_and_counted_by_jobs(folder, known, visit, monkeypatch):
    monkeypatch.setattr(actions, "LOOKED_AT_ONCE", 10)
    started = []
    start = actions.jobs.start

    def starting(store, audit_id, kind, *given, **named):
        started.append((kind, start(store, audit_id, kind, *given, **named)))
        return started[-1][1]

    monkeypatch.setattr(actions.jobs, "start", starting)
    at = visit("01_start")
    at = button(at, "Audit in place", within="people").click().run()
    assert not at.exception
    assert [kind for kind, _ in started] == ["open"]
    audit_id = opened(at)
    assert wait(known.store, started[0][1], seconds=120).state == "done"
    assert known.store.undo_steps(audit_id) == 0
    monkeypatch.setattr("audit.data.inplace.JOB_ROWS", 100)
    monkeypatch.setattr("ui.dataview.JOB_ROWS", 100)
    at.switch_page("pages/02_data.py")
    at = at.run()
    no_error(at)
    assert "appear here once the audit has been run" in words(at)
    at.switch_page("pages/03_model.py")
    at = button(at.run(), "Run the audit").click().run()
    assert not at.exception
    assert [kind for kind, _ in started] == ["open", "audit"]
    assert wait(known.store, started[1][1], seconds=120).state == "done"
    at.switch_page("pages/02_data.py")
    at = at.run()
    no_error(at)
    assert "over the audited rows" in words(at)
    forget(known, at)


def test_a_job_that_cannot_open_the_data_says_so_and_leads_away(folder, known, visit, monkeypatch):
    monkeypatch.setattr(actions, "LOOKED_AT_ONCE", 10)
    (folder / "parts" / "2.parquet").write_bytes(b"PAR1 and no more")
    at = visit("01_start")
    at = button(at, "Open", within="parts").click().run()
    at = button(at, "Audit all 3 files as one table").click().run()
    assert not at.exception
    job = actions.jobs.active(known.store) or actions.jobs.recent(known.store, opened(at))
    assert wait(known.store, job[0].id, seconds=120).state == "failed"
    at.switch_page("pages/02_data.py")
    at = at.run()
    assert not at.exception
    assert "This audit has no data" in words(at)
    assert any("2.parquet" in str(one.proto).replace("\\", "") for one in at.sidebar.error)
    forget(known, at)


def test_a_changed_file_is_told_and_nothing_is_mixed(folder, known, visit):
    at = visit("01_start")
    at = button(at, "Audit in place", within="people").click().run()
    audit_id = opened(at)
    frame(700).to_parquet(folder / "people.parquet", index=False)
    at.switch_page("pages/03_model.py")
    at = button(at.run(), "Run the audit").click().run()
    assert not at.exception
    assert any("has changed since" in str(error.proto) for error in at.error)
    assert not known.store.get(audit_id).has_result
    forget(known, at)


def test_folders_that_cannot_be_read_and_empty_ones_are_told(known, visit, tmp_path, monkeypatch):
    (tmp_path / "bare").mkdir()
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(tmp_path / "bare"), str(tmp_path / "gone")]))
    at = visit("01_start")
    no_error(at)
    assert "holds no Parquet, CSV or TSV file and no folder" in words(at)
    at = at.selectbox(key="data_folder").select("gone").run()
    no_error(at)
    assert "The folder gone cannot be read" in words(at)
