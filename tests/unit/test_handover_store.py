"""An adopted model in the store: made by a job, kept with its trial, gone with it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from audit import tasks
from audit.before import SEEDS
from audit.data.ingest import ingest_frame
from audit.errors import StoreError
from audit.handover.files import NAMES
from audit.store import Store
from tests.handing import people, plan_of


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def tried(store):
    audit_id = store.create_audit(ingest_frame(people(), store.data_folder), plan_of())
    tasks.run_audit(store, audit_id, {})
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {SEEDS: 1}})
    (key,) = store.trials(audit_id)
    return audit_id, key


def archives(store):
    return sorted(store.models_folder.glob("*.zip"))


def test_a_job_keeps_the_files_and_they_go_with_the_trial_or_the_audit(store, tried):
    audit_id, key = tried
    assert store.adopted_path(audit_id, key) is None
    tasks.adopt(store, audit_id, {"trial": key})
    path = store.adopted_path(audit_id, key)
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert tuple(archive.namelist()) == NAMES
    tasks.adopt(store, audit_id, {"trial": key})
    assert [each.read_bytes() for each in archives(store)] == [content]
    store.purge()
    assert archives(store) == [path]
    copy = store.duplicate_audit(audit_id)
    store.delete_trial(audit_id, key)
    assert store.adopted_path(audit_id, key) is None
    assert store.adopted_path(copy, key) == path
    store.delete_audit(copy)
    assert archives(store) == []


def test_files_of_an_earlier_trial_do_not_outlive_it(store, tried):
    audit_id, key = tried
    tasks.adopt(store, audit_id, {"trial": key})
    store.save_trial(audit_id, key, store.trials(audit_id)[key])
    assert archives(store) == []
    tasks.adopt(store, audit_id, {"trial": key})
    store.clear_results(audit_id)
    assert archives(store) == []


def test_nothing_is_kept_where_the_model_decides_otherwise_or_the_trial_is_gone(store, tried):
    audit_id, key = tried
    raw = json.loads(store.trials(audit_id)[key])
    raw["record"]["params"]["strength"] = 0.2
    store.save_trial(audit_id, key, json.dumps(raw))
    with pytest.raises(StoreError) as caught:
        tasks.adopt(store, audit_id, {"trial": key})
    assert caught.value.code == "decisions_changed"
    store.delete_trial(audit_id, key)
    with pytest.raises(StoreError) as caught:
        tasks.adopt(store, audit_id, {"trial": key})
    assert caught.value.code == "unknown_trial"
    with pytest.raises(StoreError) as caught:
        store.save_adopted(audit_id, key, b"PK")
    assert caught.value.code == "unknown_trial"
    assert archives(store) == []
