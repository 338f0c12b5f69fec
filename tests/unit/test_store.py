from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from audit.errors import ModelError, StoreError
from audit.plan import About, ModelChoice, Plan, Roles
from audit.store import Store, files, schema

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Table:
    """The part of a data set that the store looks at."""

    path: Path
    fingerprint: str
    name: str = "people.csv"
    n_rows: int = 3
    place: None = None

    def to_dict(self):
        return {"fingerprint": self.fingerprint, "name": self.name, "n_rows": self.n_rows}


def a_table(store, content=b"rows", name="people.csv"):
    sha = files.fingerprint(content)
    path = store.data_folder / f"{sha}.parquet"
    path.write_bytes(content)
    return Table(path=path, fingerprint=sha, name=name)


def titled(title):
    return Plan(about=About(title=title))


@pytest.fixture
def store(tmp_path, monkeypatch):
    for name in ("EVENHAND_HOME", "EVENHAND_DATABASE", "EVENHAND_RETENTION_DAYS"):
        monkeypatch.delenv(name, raising=False)
    return Store(tmp_path / "home")


def every_byte(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_an_audit_comes_back_as_it_was_saved(store):
    table = a_table(store)
    plan = Plan(about=About(title="Hiring <b>2026</b>"), roles=Roles(label="hired", sensitive=("sex",)))
    audit_id = store.create_audit(table, plan, sample="adult")
    found = Store(store.root).get(audit_id)
    assert len(audit_id) == 12
    assert found.read_plan() == plan
    assert (found.title, found.sample, found.fingerprint) == (
        "Hiring <b>2026</b>",
        "adult",
        table.fingerprint,
    )
    assert found.dataset == table.to_dict()
    assert (found.result, found.model_sha, found.model_info, dict(found.verdicts)) == (None, None, None, {})
    assert found.created == found.updated
    assert found.created.endswith("+00:00")


def test_a_title_falls_back_to_the_name_of_the_data(store):
    assert store.get(store.create_audit(a_table(store), Plan())).title == "people.csv"
    assert store.get(store.create_audit(None, Plan())).title == "Untitled audit"


@pytest.mark.parametrize("bad", ["", "nobody000000", "../../../etc", "x' OR '1'='1", "é" * 12, None, 7])
def test_an_unknown_or_hostile_id_is_told(store, bad):
    for act in (
        store.get,
        store.delete_audit,
        store.revision,
        store.result,
        store.trials,
        store.duplicate_audit,
    ):
        with pytest.raises(StoreError) as told:
            act(bad)
        assert told.value.code == "unknown_audit"
    with pytest.raises(StoreError):
        store.save_result(bad, "{}", {})


@pytest.mark.parametrize("bad", ["", "../secret", "a" * 63, "A" * 64, "a" * 64 + "\n", "/etc/passwd", None])
def test_a_hostile_fingerprint_names_no_file(store, bad):
    for act in (store.model_path, store.model_info):
        with pytest.raises(StoreError) as told:
            act(bad)
        assert told.value.code == "bad_fingerprint"
    with pytest.raises(StoreError):
        store.create_audit(Table(path=store.root / "x", fingerprint=bad), Plan())


@pytest.mark.parametrize("kind", [None, "", "../onnx", "on nx", "ONNX", "a" * 13])
def test_a_hostile_kind_names_no_file(store, kind):
    with pytest.raises(ModelError):
        store.add_model(b"bytes", "m", {"kind": kind})
    assert not list(store.models_folder.iterdir())


def test_data_outside_the_store_are_copied_into_it_and_missing_data_are_told(store, tmp_path):
    outside = tmp_path / "sample.parquet"
    outside.write_bytes(b"sample")
    sha = files.fingerprint(b"sample")
    store.create_audit(Table(path=outside, fingerprint=sha), Plan())
    assert (store.data_folder / f"{sha}.parquet").read_bytes() == b"sample"
    gone = Table(path=store.data_folder / f"{'0' * 64}.parquet", fingerprint="0" * 64)
    with pytest.raises(StoreError) as told:
        store.create_audit(gone, Plan())
    assert told.value.code == "data_missing"
    assert len(store.list_audits()) == 1


def test_a_real_table_goes_in_and_comes_out(store):
    ingest = pytest.importorskip("audit.data.ingest")
    dataset = ingest.ingest(b"sex,hired\nf,1\nm,0\n", store.data_folder, name="hired.csv")
    audit_id = store.create_audit(dataset, Plan())
    again = Store(store.root).dataset(audit_id)
    assert again == dataset
    dataset.path.unlink()
    with pytest.raises(StoreError) as told:
        store.dataset(audit_id)
    assert told.value.code == "data_missing"


def test_plans_are_undone_one_by_one_and_fifty_are_kept(store):
    audit_id = store.create_audit(None, titled("0"))
    assert store.undo_plan(audit_id) is None
    store.save_plan(audit_id, titled("1"))
    store.save_plan(audit_id, titled("1"))
    assert store.undo_steps(audit_id) == 1
    assert store.undo_plan(audit_id) == titled("0")
    assert store.get(audit_id).title == "0"
    for number in range(1, 61):
        store.save_plan(audit_id, titled(str(number)))
    assert store.undo_steps(audit_id) == 50
    back = [store.undo_plan(audit_id).about.title for _ in range(50)]
    assert back == [str(number) for number in range(59, 9, -1)]
    assert store.undo_plan(audit_id) is None


def test_the_revision_rises_with_results_and_not_with_plans(store):
    audit_id = store.create_audit(None, Plan())
    seen = [store.revision(audit_id)]
    seen.append(store.save_result(audit_id, '{"a": 1}', {"beyond": 2}))
    seen.append(store.save_trial(audit_id, "reweighing", "{}"))
    store.save_plan(audit_id, titled("new"))
    assert store.revision(audit_id) == seen[-1]
    store.delete_trial(audit_id, "reweighing")
    seen.append(store.revision(audit_id))
    seen.append(store.clear_results(audit_id))
    assert seen == sorted(set(seen))
    assert not store.delete_trial(audit_id, "reweighing")
    assert store.revision(audit_id) == seen[-1]


def test_a_result_is_apart_from_trials_and_both_are_cleared_together(store):
    audit_id = store.create_audit(None, Plan())
    store.save_result(audit_id, "first", {})
    store.save_result(audit_id, "second Ü", {"beyond": 2, "findings": ["A <b>gap</b>"]})
    for key in ("b", "a", "b"):
        store.save_trial(audit_id, key, f"trial {key}")
    assert store.result(audit_id) == "second Ü"
    assert list(store.trials(audit_id)) == ["a", "b"]
    (row,) = store.list_audits()
    assert row.has_result
    assert row.verdicts == {"beyond": 2, "findings": ["A <b>gap</b>"]}
    assert not hasattr(row, "result")
    store.clear_results(audit_id)
    found = store.get(audit_id)
    assert (found.result, found.has_result, dict(found.verdicts), store.trials(audit_id)) == (
        None,
        False,
        {},
        {},
    )
    for key in ("", "x" * 201):
        with pytest.raises(StoreError, match="name"):
            store.save_trial(audit_id, key, "{}")


def test_the_list_shows_the_latest_change_first(store):
    first, second, third = (store.create_audit(None, titled(name)) for name in "abc")
    store.save_plan(first, titled("a2"))
    assert [row.id for row in store.list_audits()] == [first, third, second]
    assert [row.title for row in store.list_audits(limit=1)] == ["a2"]
    assert store.list_audits(limit=0) == ()


def test_a_model_is_kept_under_its_hash_and_known_to_the_plan_that_names_it(store):
    sha = store.add_model(b"model", "risk.onnx", {"kind": "onnx", "n_features": 3})
    assert sha == files.fingerprint(b"model")
    assert store.model_path(sha) == store.models_folder / f"{sha}.onnx"
    assert store.model_path(sha).read_bytes() == b"model"
    audit_id = store.create_audit(None, Plan(model=ModelChoice(kind="onnx", sha256=sha, name="risk.onnx")))
    assert store.get(audit_id).model_sha == sha
    assert store.get(audit_id).model_info == {"kind": "onnx", "n_features": 3}
    assert store.model_info(sha)["name"] == "risk.onnx"
    with pytest.raises(StoreError) as told:
        store.model_path("0" * 64)
    assert told.value.code == "unknown_model"


def test_deleting_removes_everything_that_belongs_to_the_audit(store):
    table = a_table(store, b"SECRET-DATA")
    sha = store.add_model(b"SECRET-MODEL", "SECRET-NAME", {"kind": "skops"})
    plan = Plan(about=About(title="SECRET-TITLE"), model=ModelChoice(kind="skops", sha256=sha))
    audit_id = store.create_audit(table, plan)
    store.save_plan(audit_id, replace(plan, seed=1))
    store.save_result(audit_id, json.dumps("SECRET-RESULT" * 2000), {"text": "SECRET-SUMMARY"})
    store.save_trial(audit_id, "SECRET-KEY", "SECRET-TRIAL")
    (store.data_folder / f"{table.fingerprint}.cells.json").write_text("SECRET-SIDECAR")
    assert b"SECRET" in every_byte(store.root)
    store.delete_audit(audit_id)
    assert b"SECRET" not in every_byte(store.root)
    assert not list(store.data_folder.iterdir())
    assert not list(store.models_folder.iterdir())
    with store.database.read() as connection:
        for name in schema.metadata.tables.keys() - {"schema_version"}:
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() == 0, name  # noqa: S608
    with pytest.raises(StoreError):
        store.delete_audit(audit_id)


def test_files_that_another_audit_uses_stay(store):
    table = a_table(store)
    sha = store.add_model(b"model", "m", {"kind": "onnx"})
    plan = Plan(model=ModelChoice(kind="onnx", sha256=sha))
    first, second = store.create_audit(table, plan), store.create_audit(table, Plan())
    store.add_model(b"model", "m", {"kind": "onnx"}, audit_id=second)
    store.delete_audit(first)
    assert table.path.exists()
    assert store.model_path(sha).exists()
    store.delete_audit(second)
    assert not table.path.exists()
    assert not list(store.models_folder.iterdir())


def test_a_model_that_comes_after_the_plan_that_names_it_goes_with_its_audit(store):
    sha = files.fingerprint(b"late")
    audit_id = store.create_audit(None, Plan(model=ModelChoice(kind="onnx", sha256=sha)))
    assert store.get(audit_id).model_info is None
    store.add_model(b"late", "m", {"kind": "onnx"})
    assert store.get(audit_id).model_info == {"kind": "onnx"}
    store.delete_audit(audit_id)
    assert not list(store.models_folder.iterdir())


def test_other_data_clear_the_results_and_the_old_file(store):
    old, new = a_table(store, b"old"), a_table(store, b"new", name="new.csv")
    audit_id = store.create_audit(old, Plan())
    store.save_result(audit_id, "{}", {})
    store.save_dataset(audit_id, new, sample="ricci")
    found = store.get(audit_id)
    assert (found.title, found.fingerprint, found.sample) == ("new.csv", new.fingerprint, "ricci")
    assert found.result is None
    assert not old.path.exists()
    store.save_dataset(audit_id, new)
    assert new.path.exists()


def test_a_copy_lives_on_its_own(store):
    sha = store.add_model(b"model", "m", {"kind": "onnx"})
    audit_id = store.create_audit(
        a_table(store), Plan(about=About(title="A"), model=ModelChoice(kind="onnx", sha256=sha))
    )
    store.save_result(audit_id, "found", {"beyond": 1})
    store.save_trial(audit_id, "gan", "tried")
    copy = store.duplicate_audit(audit_id)
    store.delete_audit(audit_id)
    found = store.get(copy)
    assert (found.title, found.read_plan().about.title, found.result) == ("A (copy)", "A (copy)", "found")
    assert store.trials(copy) == {"gan": "tried"}
    assert store.model_path(sha).exists()
    assert (store.data_folder / f"{found.fingerprint}.parquet").exists()


def age(store, audit_id, moment="2020-01-01T00:00:00.000000+00:00"):
    with store.database.write() as connection:
        connection.execute(
            schema.audits.update().where(schema.audits.c.id == audit_id).values(updated=moment)
        )


def test_the_retention_time_deletes_what_nobody_touched(store, monkeypatch):
    old, fresh = store.create_audit(a_table(store), Plan()), store.create_audit(None, Plan())
    age(store, old)
    assert store.purge() == ()
    monkeypatch.setenv("EVENHAND_RETENTION_DAYS", "30")
    assert store.purge() == (old,)
    assert [row.id for row in store.list_audits()] == [fresh]
    assert not list(store.data_folder.iterdir())
    for bad in ("0", "-1", "soon", "nan"):
        monkeypatch.setenv("EVENHAND_RETENTION_DAYS", bad)
        with pytest.raises(StoreError, match="retention"):
            store.purge()


def test_purging_sweeps_files_that_nobody_refers_to_once_they_are_a_day_old(store):
    table = a_table(store, b"used")
    store.create_audit(table, Plan())
    forgotten, partial, fresh = (
        store.data_folder / name for name in ("a" * 64 + ".parquet", ".partial-x", "b" * 64)
    )
    for path in (forgotten, partial, fresh):
        path.write_bytes(b"")
    for path in (forgotten, partial, table.path):
        os.utime(path, (0, 0))
    store.purge()
    assert sorted(store.data_folder.iterdir()) == sorted([table.path, fresh])


def test_a_store_of_a_newer_release_is_refused_and_left_alone(store):
    audit_id = store.create_audit(None, Plan())
    path = store.root / "evenhand.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE schema_version SET version = 99")
    schema._OPEN.clear()
    with pytest.raises(StoreError) as told:
        Store(store.root)
    assert told.value.code == "store_newer"
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE schema_version SET version = ?", (schema.VERSION,))
    assert Store(store.root).get(audit_id).id == audit_id


def test_a_store_of_an_older_release_is_upgraded_step_by_step(store, monkeypatch):
    audit_id = store.create_audit(None, Plan())
    now = schema.VERSION
    steps = {
        now: lambda c: c.exec_driver_sql("ALTER TABLE audits ADD COLUMN colour TEXT DEFAULT 'red'"),
        now + 1: lambda c: c.exec_driver_sql("UPDATE audits SET colour = colour || 'dish'"),
    }
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    monkeypatch.setattr(schema, "VERSION", now + 2)
    schema._OPEN.clear()
    upgraded = Store(store.root)
    assert upgraded.get(audit_id).id == audit_id
    with upgraded.database.read() as connection:
        assert connection.exec_driver_sql("SELECT colour FROM audits").scalar() == "reddish"
        assert connection.exec_driver_sql("SELECT version FROM schema_version").scalar() == now + 2


def test_a_step_that_fails_leaves_the_older_store_whole(store, monkeypatch):
    def broken(connection):
        connection.exec_driver_sql("DROP TABLE trials")
        raise RuntimeError

    monkeypatch.setattr(schema, "MIGRATIONS", {schema.VERSION: broken})
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    schema._OPEN.clear()
    with pytest.raises(RuntimeError):
        Store(store.root)
    monkeypatch.undo()
    again = Store(store.root)
    assert again.trials(again.create_audit(None, Plan())) == {}


def test_what_cannot_be_opened_is_told_without_the_password(tmp_path):
    for url in ("nonsense", "nosuch://user:hunter2@host/db"):
        with pytest.raises(StoreError) as told:
            Store(tmp_path / "a", url=url)
        assert told.value.code == "store_url"
        assert "hunter2" not in str(told.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as told:
        Store(tmp_path / "file")
    assert told.value.code == "store_folder"
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "evenhand.sqlite").write_bytes(b"this is not a database, " * 100)
    with pytest.raises(StoreError) as told:
        Store(broken)
    assert told.value.code == "store_unavailable"


def test_a_store_is_for_its_owner_only_and_shows_no_address(store):
    assert store.root.stat().st_mode & 0o077 == 0
    assert "sqlite" not in repr(store)


def test_the_folder_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("EVENHAND_DATABASE", raising=False)
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path / "elsewhere"))
    assert Store().root == tmp_path / "elsewhere"
    monkeypatch.delenv("EVENHAND_HOME")
    monkeypatch.chdir(tmp_path)
    assert Store().root == tmp_path / ".evenhand"
    monkeypatch.setenv("EVENHAND_DATABASE", f"sqlite:///{tmp_path / 'team.sqlite'}")
    Store(tmp_path / "third")
    assert (tmp_path / "team.sqlite").exists()


def test_a_store_whose_file_was_removed_begins_again(store):
    store.create_audit(None, Plan())
    for path in store.root.glob("evenhand.sqlite*"):
        path.unlink()
    assert Store(store.root).list_audits() == ()


WRITER = """
import sys
from pathlib import Path
from audit.plan import About, Plan
from audit.store import Store
who, root, shared = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
store = Store(root)
for number in range(40):
    store.save_result(shared, f"{who} {number}", {"by": who})
    store.save_trial(shared, f"{who} {number}", "{}")
    store.save_plan(shared, Plan(about=About(title=f"{who} {number}")))
    store.get(shared)
"""


def run_together(code, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, who, *arguments],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for who in ("one", "two", "three")
    ]
    for process in running:
        _, problems = process.communicate(timeout=60)
        assert process.returncode == 0, problems.decode()


def test_processes_write_at_once_and_nothing_is_lost(store):
    shared = store.create_audit(None, Plan())
    run_together(WRITER, str(store.root), shared)
    assert len(store.trials(shared)) == 120
    assert store.revision(shared) == 240
    assert store.undo_steps(shared) == 50
    assert store.result(shared).endswith(" 39")


def test_processes_make_a_new_store_at_once(tmp_path):
    code = """
import sys
from pathlib import Path
from audit.plan import Plan
from audit.store import Store
Store(Path(sys.argv[2])).create_audit(None, Plan())
"""
    run_together(code, str(tmp_path / "new"))
    assert len(Store(tmp_path / "new").list_audits()) == 3


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "file"
    files.write_atomic(target, b"before")
    with pytest.raises(FileNotFoundError):
        files.write_atomic(target, tmp_path / "missing")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"before"
