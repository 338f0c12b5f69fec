"""What the store keeps of a search over repairs, while it runs and afterwards."""

from __future__ import annotations

import sqlite3

import pytest

from audit.plan import Plan
from audit.store import Store, schema


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv("EVENHAND_DATABASE", raising=False)
    return Store(tmp_path / "store")


def test_a_store_of_the_first_release_gets_the_tables_of_searches(store):
    audit_id = store.create_audit(None, Plan())
    with sqlite3.connect(store.root / "evenhand.sqlite") as raw:
        raw.execute("DROP TABLE studies")
        raw.execute("DROP TABLE study_parts")
        raw.execute("UPDATE schema_version SET version = 1")
    schema._OPEN.clear()
    upgraded = Store(store.root)
    assert upgraded.study(audit_id) is None
    upgraded.save_study(audit_id, "found")
    upgraded.save_study_part(audit_id, "s", "try-0001", "{}")
    assert upgraded.study(audit_id) == "found"


def test_what_a_search_found_lives_and_goes_with_its_audit(store):
    audit_id = store.create_audit(None, Plan())
    before = store.revision(audit_id)
    store.save_study_part(audit_id, "one", "try-0001", '"SECRET-PART"')
    store.save_study_part(audit_id, "one", "try-0001", '"newer"')
    store.save_study_part(audit_id, "two", "try-0001", '"other"')
    assert store.study_parts(audit_id, "one") == {"try-0001": '"newer"'}
    assert store.revision(audit_id) == before
    store.save_study(audit_id, "first")
    store.save_study(audit_id, "second")
    assert store.study(audit_id) == "second"
    copy = store.duplicate_audit(audit_id)
    assert (store.study(copy), store.study_parts(copy, "two")) == ("second", {"try-0001": '"other"'})
    store.clear_results(audit_id)
    assert store.study(audit_id) is None
    assert store.study_parts(audit_id, "one") == {}
    store.delete_study(copy)
    assert (store.study(copy), store.study_parts(copy, "one")) == (None, {})
    store.delete_audit(copy)
    store.save_study_part(copy, "one", "try-0001", "{}")  # a job that has not heard of it yet


def test_a_deleted_audit_leaves_nothing_of_its_searches_behind(store):
    audit_id = store.create_audit(None, Plan())
    store.save_study(audit_id, "SECRET-STUDY" * 500)
    store.save_study_part(audit_id, "SECRET-SEARCH", "SECRET-NAME", "SECRET-PART")

    def every_byte():
        return b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())

    assert b"SECRET" in every_byte()
    store.delete_audit(audit_id)
    assert b"SECRET" not in every_byte()
